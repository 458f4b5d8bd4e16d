"""How the server fares: each thing that can be wrong is seen, and told to those who may know."""

from __future__ import annotations

import re
from collections import namedtuple
from pathlib import Path
from typing import Any

import pytest
from twisted.web.server import Request, Site
from twisted.web.test.requesthelper import DummyChannel

from gamesync.config import Settings
from gamesync.server import health
from gamesync.server.answers import Folder
from gamesync.server.head import Visitor
from gamesync.server.health import Backups, Check, Signs
from gamesync.server.health_site import hang_health
from gamesync.server.monitor import LOOK_S, Monitor
from gamesync.server.pages import WEB
from gamesync.store import Unavailable

from ..house import House, Match, Person
from .kit import failures, log_entries
from .test_site import Answer

ROOT = Path(__file__).parents[2]
NOW_S = 1_800_000_000.0
DAY_S = 86_400
Disk = namedtuple("Disk", "f_bavail f_frsize")


class Told(Answer):
    """An answer of a site whose monitor is the test's."""

    def __init__(
        self,
        monitor: Monitor,
        path: str,
        method: str = "GET",
        peer: Visitor | str | None = None,
        settings: Settings | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        self.channel = DummyChannel()
        root, api, v1 = (Folder(monitor.hub) for _ in range(3))
        root.putChild(b"api", api)
        api.putChild(b"v1", v1)
        hang_health(root, v1, monitor, settings or Settings())
        self.channel.site = Site(root)
        self.request = Request(self.channel)
        if peer is not None:
            given = Visitor(peer, None, False) if isinstance(peer, str) else peer
            self.request.visitor = given  # type: ignore[attr-defined]
        for name, value in (headers or {}).items():
            self.request.requestHeaders.addRawHeader(
                name.replace("_", "-").encode(), value.encode()
            )
        self.request.gotLength(0)
        self.request.requestReceived(method.encode(), path.encode(), b"HTTP/1.1")


def monitor_of(house: House, database: str = ":memory:", **signs: Any) -> Monitor:
    return Monitor(house.hub, database, Signs(**signs), now_s=lambda: NOW_S)


def check(monitor: Monitor, name: str) -> Check:
    (found,) = [each for each in monitor.health.checks() if each.name == name]
    return found


def ready(monitor: Monitor) -> tuple[int, list[str], list[str]]:
    answer = Told(monitor, "/readyz")
    while not answer.finished:
        monitor.hub.reactor.advance(0.01)  # type: ignore[attr-defined]
    body = answer.json
    assert body["status"] == ("ready" if answer.code == 200 else "not_ready")
    return answer.code, body["reasons"], body["warnings"]


# -- alive, and ready


def test_alive_is_whoever_answers() -> None:
    house = House()
    monitor = monitor_of(house)
    house.registry.commits.trouble = "full"
    house.hub.stopping = True
    answer = Told(monitor, "/healthz")
    assert (answer.code, answer.json) == (200, {"status": "ok"})


def test_ready_after_a_real_round_trip() -> None:
    house = House()
    monitor = monitor_of(house)
    house.wait(5)
    before = len(house.store.log)
    assert ready(monitor) == (200, [], [])
    assert house.store.log[before:] == [("pulse",)]
    assert ready(monitor) == (200, [], [])
    assert len(house.store.log) == before + 1, "what is fresh is not tried again"


def test_however_many_ask_one_write_is_on_its_way() -> None:
    house = House()
    monitor = monitor_of(house)
    house.wait(5)
    house.store.hold()
    before = len(house.store.log)
    asked = [Told(monitor, "/readyz") for _ in range(5)]
    assert not any(answer.finished for answer in asked)
    house.store.release()
    house.wait(0.01)
    assert {answer.code for answer in asked} == {200}
    assert house.store.log[before:] == [("pulse",)]


def test_a_disk_that_takes_nothing_any_more() -> None:
    house = House()
    monitor = monitor_of(house)
    house.wait(5)
    house.store.pulse_fails = [Unavailable("full")]
    assert ready(monitor) == (503, ["storage"], [])
    assert ready(monitor) == (200, [], []), "it is tried again"


def test_a_disk_that_does_not_answer() -> None:
    house = House()
    monitor = monitor_of(house)
    house.wait(5)
    house.store.hold()
    began = house.hub.seconds()
    assert ready(monitor) == (503, ["storage"], [])
    assert 3.0 <= house.hub.seconds() - began <= 3.1
    house.store.release()
    assert ready(monitor) == (200, [], [])


def test_before_it_is_open_and_while_it_stops() -> None:
    house = House(opened=False)
    monitor = monitor_of(house)
    assert "starting" in ready(monitor)[1]
    house.open()
    assert ready(monitor) == (200, [], [])
    house.hub.stopping = True
    assert ready(monitor) == (503, ["stopping"], [])


def test_the_file_is_gone_or_too_much_waits_or_the_reactor_is_late() -> None:
    house = House()
    moved = [""]
    monitor = monitor_of(house, database_moved=lambda: moved[0])
    assert ready(monitor) == (200, [], [])
    moved[0] = "it was replaced"
    assert ready(monitor) == (503, ["database_moved"], [])
    moved[0] = ""
    house.hub.watch.late_ms = 2_001
    assert ready(monitor) == (503, ["late"], [])
    house.hub.watch.late_ms = 2_000
    assert ready(monitor) == (200, [], [])
    match = Match(house)
    house.store.hold()
    for person in (match.anna, match.marek, match.host):
        person.say("score_update", {"player": 1, "category": "secondary", "delta": 1})
    assert check(monitor, "queue") == Check(name="queue", values={"commands": 2})
    full = Check(name="queue", state="failed", reason="overloaded", values={"commands": 200})
    room = match.room
    room._waiting.extend([room._waiting[0]] * 198)
    assert check(monitor, "queue") == full


@pytest.mark.parametrize(
    ("free", "state", "reason"),
    [
        (300 * 2**20, "ok", ""),
        (255 * 2**20, "warning", "disk_low"),
        (31 * 2**20, "failed", "disk_full"),
        (None, "failed", "disk_full"),
    ],
)
def test_the_disk(
    free: int | None, state: str, reason: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def statvfs(path: Path) -> Disk:
        assert path == tmp_path
        if free is None:
            raise OSError
        return Disk(free // 4096, 4096)

    monitor = monitor_of(House(), str(tmp_path / "g.db"))
    monkeypatch.setattr("gamesync.server.health.os.statvfs", statvfs)
    found = check(monitor, "disk")
    assert (found.state, found.reason) == (state, reason)


def test_the_size_of_the_database(tmp_path: Path) -> None:
    path = tmp_path / "g.db"
    house = House(str(path))
    monitor = monitor_of(house, str(path))
    wal = path.with_name("g.db-wal")
    expected = path.stat().st_size + wal.stat().st_size
    assert check(monitor, "database").values == {"database_bytes": expected}
    found = check(monitor, "disk")
    assert found.state in ("ok", "warning")
    house.close()
    monitor = monitor_of(house, str(tmp_path / "none.db"))
    assert check(monitor, "database").values == {"database_bytes": None}


@pytest.mark.parametrize(
    ("left_s", "state", "reason"),
    [
        (31 * DAY_S, "ok", ""),
        (30 * DAY_S - 1, "warning", "certificate_ends"),
        (1, "warning", "certificate_ends"),
        (0, "failed", "certificate_over"),
    ],
)
def test_the_certificate(left_s: int, state: str, reason: str) -> None:
    monitor = monitor_of(House(), certificate_ends=lambda: NOW_S + left_s)
    found = check(monitor, "certificate")
    assert (found.state, found.reason, found.values) == (state, reason, {"left_s": left_s})


@pytest.mark.parametrize(
    ("known", "state", "reason"),
    [
        (None, "ok", ""),
        (Backups(every_s=0, last_at=None, good=True), "ok", ""),
        (Backups(every_s=3600, last_at=None, good=True), "ok", ""),
        (Backups(every_s=3600, last_at=NOW_S - 7200, good=True), "ok", ""),
        (Backups(every_s=3600, last_at=NOW_S - 7201, good=True), "warning", "backup_late"),
        (Backups(every_s=3600, last_at=NOW_S, good=False), "warning", "backup_bad"),
    ],
)
def test_the_backups(known: Backups | None, state: str, reason: str) -> None:
    found = check(monitor_of(House(), backups=lambda: known), "backup")
    assert (found.state, found.reason) == (state, reason)


def test_games_that_differ(monkeypatch: pytest.MonkeyPatch) -> None:
    monitor = monitor_of(House())
    monkeypatch.setattr(type(monitor.consistency), "differing", ("g1", "g2"))
    assert ready(monitor) == (503, ["state_differs"], [])
    assert check(monitor, "state").values == {"games": 2}


def test_the_log_says_when_it_was_not_ready_and_when_it_is_again() -> None:
    house = House()
    monitor = monitor_of(house)
    monitor.startService()
    with log_entries() as entries:
        house.registry.commits.trouble = "full"
        step_by_step(house, 2 * LOOK_S)
        house.registry.commits.trouble = ""
        step_by_step(house, 2 * LOOK_S)
    said = [entry["log_format"] for entry in entries if "ready" in entry["log_format"]]
    assert said == ["not ready: {reasons}", "ready again"]
    monitor.stopService()
    house.registry.commits.trouble = "full"
    with log_entries() as entries:
        step_by_step(house, LOOK_S)
    assert entries == []


def step_by_step(house: House, seconds: float) -> None:
    """So that no timer is late."""
    for _ in range(round(seconds * 10)):
        house.wait(0.1)


def test_each_reason_is_explained_to_the_operator_and_to_the_organiser() -> None:
    reasons = {reason: state for reason, state in health.REASONS.items() if reason}
    operating = (ROOT / "docs" / "operating.md").read_text("utf-8")
    (table,) = re.findall(r"\| reason \| 503 \|.*?\n\n", operating, re.S)
    told: dict[str, str] = {}
    for names, failed in re.findall(r"(?m)^\| (`[a-z_`, ]+) \| (yes|no) \|", table):
        told |= dict.fromkeys(
            re.findall(r"`(\w+)`", names), "failed" if failed == "yes" else "warning"
        )
    assert told == reasons
    for language in ("en", "de"):
        texts = (WEB / "i18n" / f"{language}.js").read_text("utf-8")
        (words,) = re.findall(r"    box: \{.*?\n      reason: \{(.*?)\n      \}", texts, re.S)
        assert set(re.findall(r"(?m)^        (\w+):", words)) == set(reasons)


# -- figures, for whom


@pytest.mark.parametrize(
    ("peer", "headers", "status"),
    [
        ("127.0.0.1", {}, 200),
        ("::1", {}, 200),
        ("::ffff:127.0.0.1", {}, 200),
        ("unix", {}, 200),
        ("192.168.1.7", {}, 200),
        ("fd00::7", {}, 200),
        ("192.168.1.8", {}, 403),
        ("8.8.8.8", {}, 403),
        # An unnamed proxy on the box: who is behind it is not known.
        ("127.0.0.1", {"x_forwarded_for": "127.0.0.1"}, 403),
        ("127.0.0.1", {"forwarded": "for=127.0.0.1"}, 403),
        ("unix", {"via": "1.1 proxy"}, 403),
        # A named one, which tells of somebody on the box, and of somebody else.
        (Visitor("127.0.0.1", "unix", False), {"x_forwarded_for": "127.0.0.1"}, 200),
        (Visitor("203.0.113.9", "127.0.0.1", False), {"x_forwarded_for": "203.0.113.9"}, 403),
    ],
)
def test_figures_are_for_this_box_and_those_who_are_named(
    peer: Visitor | str, headers: dict[str, str], status: int
) -> None:
    settings = Settings(metrics_from=("192.168.1.7", "fd00::/8"))
    answer = Told(monitor_of(House()), "/metrics", peer=peer, settings=settings, headers=headers)
    assert answer.code == status
    assert (b"gamesync_connections" in answer.body) == (status == 200)
    assert answer.header("access-control-allow-origin") is None
    assert answer.header("cache-control") == "no-store"


# -- all of it, for the organiser


def organiser(house: House, role: Any = "organiser") -> Person:
    person = house.person()
    person.connect(key=house.official(role))
    return person


def report(monitor: Monitor, person: Person | None, path: str = "", method: str = "GET") -> Told:
    headers = {} if person is None else {"authorization": f"Bearer {person.token}"}
    answer = Told(monitor, f"/api/v1/health{path}", method, "192.168.1.5", headers=headers)
    while not answer.finished:
        monitor.hub.reactor.advance(0.01)  # type: ignore[attr-defined]
    return answer


def test_the_organiser_is_told_everything() -> None:
    house = House()
    monitor = monitor_of(house)
    match = Match(house)
    me = organiser(house)
    match.watcher()
    house.wait(12)
    answer = report(monitor, me)
    told = answer.json
    assert (answer.code, told["ready"], told["up_ms"]) == (200, True, 12_000)
    assert answer.header("cache-control") == "private, no-store"
    assert answer.header("access-control-allow-origin") is None
    assert [each["name"] for each in told["checks"]] == [
        *("server", "storage", "database", "queue", "reactor", "disk", "certificate"),
        *("backup", "state"),
    ]
    assert told["connections"] == {"host": 1, "player": 2, "observer": 1, "organiser": 1}
    assert told["games"] == {"playing": 1}
    assert told["clocks_running"] == 1
    assert told["queues"] == {"commands": 0, "send_bytes": 0, "jammed": 0}
    assert told["resources"]["memory_bytes"] > 1_000_000
    assert told["resources"]["open_files"] > 2
    assert told["consistency"] == {"looking": False, "at": None, "games": 0, "differing": []}


def test_the_organiser_can_have_the_state_compared_now() -> None:
    house = House()
    monitor = monitor_of(house)
    Match(house)
    me = organiser(house)
    answer = report(monitor, me, "/check", "POST")
    assert (answer.code, answer.json) == (202, {"looking": True})
    house.wait(1)
    house.wait(1)
    told = report(monitor, me).json["consistency"]
    assert told == {"looking": False, "at": house.wall(), "games": 2, "differing": []}
    assert report(monitor, me, "/check").code == 404
    assert report(monitor, me, "/none").code == 404


@pytest.mark.parametrize("path", ["", "/check"])
def test_others_are_told_nothing(path: str) -> None:
    house = House()
    monitor = monitor_of(house)
    match = Match(house)
    method = "POST" if path else "GET"
    for person in (None, match.host, match.anna, organiser(house, "judge")):
        answer = report(monitor, person, path, method)
        assert (answer.code, answer.json) == (401, {"error": "bad_credentials"})
        assert answer.header("www-authenticate") == "Bearer"
    assert not monitor.consistency.looking


def test_a_bug_in_it_is_a_plain_500(monkeypatch: pytest.MonkeyPatch) -> None:
    house = House()
    monitor = monitor_of(house)
    me = organiser(house)
    for path, method, broken in (("", "GET", health), ("/check", "POST", monitor.consistency)):
        name = "resources" if broken is health else "ask"
        with monkeypatch.context() as patch:
            patch.setattr(broken, name, lambda: 1 / 0)
            with failures() as found:
                answer = report(monitor, me, path, method)
        assert (answer.code, answer.json["error"], len(found)) == (500, "internal", 1)
