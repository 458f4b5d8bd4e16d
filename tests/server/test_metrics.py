"""What the server counts and measures: each figure moves when it should, and only then."""

from __future__ import annotations

from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families
from twisted.internet.defer import Deferred
from twisted.logger import Logger

from gamesync.server.gate import Gate
from gamesync.server.health import Signs
from gamesync.server.metered import Metered
from gamesync.server.metrics import Metrics
from gamesync.server.monitor import Monitor
from gamesync.server.watch import LATE_MS, SLOW_COMMIT_MS, Lateness, Watch
from gamesync.storage.sqlite import SqliteStore
from gamesync.store import Unavailable

from ..house import ControlledStore, House, Match, result
from .kit import log_entries

SCORE: dict[str, Any] = {"player": 1, "category": "secondary", "delta": 1}


def figures(metrics: Metrics) -> dict[str, float]:
    """Each sample: its name with its labels, and its value."""
    found = {}
    for family in text_string_to_metric_families(metrics.text().decode()):
        for sample in family.samples:
            labels = ",".join(f"{k}={v}" for k, v in sorted(sample.labels.items()))
            found[f"{sample.name}{{{labels}}}" if labels else sample.name] = sample.value
    return found


class Monitored:
    """A house with a monitor that runs; `moved` is what has changed since the last look."""

    def __init__(self, **signs: Any) -> None:
        self.watch = Watch()
        self.house = House(wrap=self._wrapped)
        self.house.hub.watch = self.watch
        self.monitor = Monitor(self.house.hub, signs=Signs(**signs), now_s=lambda: 1_000_000.0)
        self.monitor.startService()
        self._before = figures(self.watch.metrics)

    def _wrapped(self, store: SqliteStore) -> Metered:
        self.store = ControlledStore(store)
        seconds = store._reactor.seconds  # type: ignore[union-attr]
        return Metered(self.store, self.watch, seconds)

    def moved(self) -> dict[str, float]:
        now = figures(self.watch.metrics)
        before, self._before = self._before, now
        return {
            name: value - before.get(name, 0.0)
            for name, value in now.items()
            if name.startswith("gamesync_") and value != before.get(name, 0.0)
        }


@pytest.fixture
def monitored() -> Any:
    made = Monitored()
    yield made
    made.monitor.stopService()


def test_messages_by_type_and_by_what_they_came_to(monitored: Monitored) -> None:
    match = Match(monitored.house)
    monitored.moved()
    match.anna.do("score_update", SCORE)
    code = match.marek.code("turn_change")
    match.anna.do("heartbeat")
    match.anna.send("{")
    watcher = match.watcher()
    watcher.code("score_update", SCORE)
    moved = monitored.moved()
    assert moved["gamesync_messages_total{result=ack,type=score_update}"] == 1
    assert code != "ok"
    assert moved[f"gamesync_messages_total{{result={code},type=turn_change}}"] == 1
    assert moved["gamesync_messages_total{result=ok,type=heartbeat}"] == 1
    assert moved["gamesync_messages_total{result=bad_json,type=malformed}"] == 1
    assert moved["gamesync_messages_total{result=ok,type=connect}"] == 1
    assert moved["gamesync_messages_total{result=not_yours,type=score_update}"] == 1
    assert sum(v for k, v in moved.items() if k.startswith("gamesync_messages_total")) == 6


def test_who_is_too_fast_is_counted(monitored: Monitored) -> None:
    match = Match(monitored.house)
    monitored.moved()
    limit = monitored.house.hub.limits.commands_burst
    for _ in range(limit + 1):
        match.anna.say("game_list")
    assert monitored.moved()["gamesync_messages_total{result=rate_limited,type=game_list}"] >= 1


def test_a_fault_counts_as_internal_and_in_the_log(
    monitored: Monitored, monkeypatch: pytest.MonkeyPatch
) -> None:
    match = Match(monitored.house)
    monitored.moved()
    monkeypatch.setattr(match.anna.session.guest, "asked", lambda _: 1 / 0)
    match.anna.say("game_list")
    moved = monitored.moved()
    assert moved["gamesync_messages_total{result=internal,type=game_list}"] == 1
    assert moved["gamesync_log_entries_total{level=critical}"] == 1


def test_how_long_answers_and_commits_take_and_what_is_in_them(monitored: Monitored) -> None:
    house = monitored.house
    first, second = Match(house), Match(house)
    monitored.moved()
    monitored.store.hold()
    first.anna.say("score_update", SCORE)
    first.marek.say("score_update", {**SCORE, "player": 2})
    second.anna.say("score_update", SCORE)
    house.wait(0.4)
    monitored.store.release()
    moved = monitored.moved()
    # The first command is alone in its commit; what came meanwhile shares the next.
    assert moved["gamesync_commit_games_count"] == 2
    assert moved["gamesync_commit_games_sum"] == 3
    assert moved["gamesync_entries_total"] == 3
    assert moved["gamesync_commit_seconds_sum"] == pytest.approx(0.4)
    assert moved["gamesync_commit_seconds_bucket{le=0.25}"] == 1
    assert moved["gamesync_commit_seconds_bucket{le=0.5}"] == 2
    assert moved["gamesync_ack_seconds_count"] == 3
    assert moved["gamesync_ack_seconds_sum"] == pytest.approx(1.2)
    # The host and two phones watch each game.
    assert moved["gamesync_broadcast_watchers_count"] == 3
    assert moved["gamesync_broadcast_watchers_sum"] == 9


def test_commits_that_the_disk_refuses(monitored: Monitored) -> None:
    match = Match(monitored.house)
    monitored.moved()
    monitored.store.commit_fails = [Unavailable("full")]
    match.anna.say("score_update", SCORE)
    moved = monitored.moved()
    assert moved["gamesync_commit_failures_total"] == 1
    assert "gamesync_commit_seconds_count" not in moved
    monitored.store.commit_fails = [RuntimeError("a fault of the program's")]
    match.anna.say("score_update", SCORE)
    assert "gamesync_commit_failures_total" not in monitored.moved()


def test_a_slow_commit_is_worth_an_entry(monitored: Monitored) -> None:
    house, match = monitored.house, Match(monitored.house)
    for seconds, said in ((1.9, []), (2.1, [2_100])):
        monitored.store.hold()
        match.anna.say("score_update", SCORE)
        house.wait(seconds)
        with log_entries() as entries:
            monitored.store.release()
        assert [entry["ms"] for entry in entries if "entries" in entry] == said
    assert SLOW_COMMIT_MS == 2_000


def test_connections_by_role_and_how_they_end(monitored: Monitored) -> None:
    house = monitored.house
    match = Match(house)
    match.watcher()
    house.person()
    official = house.person()
    official.connect(key=house.official("judge"))
    moved = monitored.moved()
    assert moved["gamesync_connections{role=host}"] == 1
    assert moved["gamesync_connections{role=player}"] == 2
    assert moved["gamesync_connections{role=observer}"] == 1
    assert moved["gamesync_connections{role=judge}"] == 1
    assert moved["gamesync_connections{role=none}"] == 1
    assert moved["gamesync_connections_opened_total"] == 6
    official.connect(match.id)
    assert "gamesync_connections{role=judge}" not in monitored.moved()
    for code in (4408, 4408, 1000, None, 4007, 77):
        house.person().session.closed(code, "")
    match.anna.hang_up()
    moved = monitored.moved()
    assert moved["gamesync_connections_closed_total{code=4408}"] == 2
    assert moved["gamesync_connections_closed_total{code=1000}"] == 1
    assert moved["gamesync_connections_closed_total{code=none}"] == 2
    assert moved["gamesync_connections_closed_total{code=other}"] == 2
    assert moved["gamesync_connections{role=player}"] == -1


def test_games_clocks_and_what_waits(monitored: Monitored) -> None:
    match = Match(monitored.house)
    Match(monitored.house, begun=False)
    moved = monitored.moved()
    assert moved["gamesync_games{status=playing}"] == 1
    assert moved["gamesync_games{status=waiting}"] == 1
    assert moved["gamesync_clocks_running"] == 1
    match.anna.line.debt, match.anna.line.jammed = 1_000, True
    match.marek.line.debt = 24
    monitored.store.hold()
    match.anna.say("score_update", SCORE)
    match.marek.say("score_update", {**SCORE, "player": 2})
    moved = monitored.moved()
    assert moved["gamesync_send_queue_bytes"] == 1_024
    assert moved["gamesync_send_queue_connections"] == 1
    assert moved["gamesync_commands_waiting"] == 1
    monitored.store.release()


def test_refusals_by_reason() -> None:
    gate = Gate(lambda: 0.0)
    made = Monitored(refused=lambda: dict(gate.refusals))
    for _ in range(gate.limits.public_open + 1):
        gate.connect("8.8.8.8")
    for status in (400, 403, 413, 421, 421, 418):
        gate.denied(status)
    moved = made.moved()
    assert {k: v for k, v in moved.items() if "refused" in k} == {
        "gamesync_connections_refused_total{reason=address}": 1,
        "gamesync_connections_refused_total{reason=head}": 2,
        "gamesync_connections_refused_total{reason=host}": 2,
        "gamesync_connections_refused_total{reason=origin}": 1,
        "gamesync_connections_refused_total{reason=other}": 1,
    }
    assert gate.refused == 1
    gate.open = gate.limits.connections
    gate.connect("8.8.4.4")
    assert made.moved()["gamesync_connections_refused_total{reason=connections}"] == 1
    made.monitor.stopService()


def test_how_late_the_reactor_is() -> None:
    house = House()
    late = Lateness(house.reactor, house.hub.watch)
    late.start()
    metrics = house.hub.watch.metrics
    house.wait(0.5)
    assert figures(metrics)["gamesync_reactor_lag_seconds_sum"] == 0
    with log_entries() as entries:
        house.wait(0.5 + 0.3)
        assert house.hub.watch.late_ms == 300
        house.wait(0.5 + LATE_MS / 1000 + 0.2)
    now = figures(metrics)
    assert now["gamesync_reactor_lag_seconds_count"] == 3
    assert now["gamesync_reactor_lag_seconds_sum"] == pytest.approx(1.5)
    assert [entry["ms"] for entry in entries] == [1_200]
    late.stop()
    house.wait(9)
    assert figures(metrics)["gamesync_reactor_lag_seconds_count"] == 3
    late.stop()


def test_what_is_not_known_is_not_told() -> None:
    made = Monitored()
    now = figures(made.watch.metrics)
    assert "gamesync_certificate_expiry_timestamp_seconds" not in now
    assert "gamesync_backup_last_timestamp_seconds" not in now
    assert "gamesync_disk_free_bytes" not in now
    made.monitor.stopService()
    known = Monitored(certificate_ends=lambda: 2_000_000.0)
    now = figures(known.watch.metrics)
    assert now["gamesync_certificate_expiry_timestamp_seconds"] == 2_000_000
    known.monitor.stopService()


def test_two_servers_in_one_process_do_not_share_figures() -> None:
    one, other = Monitored(), Monitored()
    Match(one.house)
    assert one.moved()["gamesync_connections_opened_total"] == 3
    assert "gamesync_connections_opened_total" not in other.moved()
    for made in (one, other):
        made.monitor.stopService()


def test_what_the_log_warns_of_is_counted_while_it_runs(monitored: Monitored) -> None:
    said = Logger("gamesync.test")
    said.warn("a warning")
    said.info("no warning")
    assert monitored.moved()["gamesync_log_entries_total{level=warn}"] == 1
    monitored.monitor.stopService()
    said.error("nobody counts any more")
    assert "gamesync_log_entries_total{level=error}" not in monitored.moved()
    monitored.monitor.startService()


def test_messages_are_logged_only_where_that_is_asked_for() -> None:
    for traffic in (False, True):
        house = House()
        house.hub.watch = Watch(traffic=traffic)
        with log_entries() as entries:
            match = Match(house)
            match.anna.do("score_update", SCORE)
            match.anna.do("heartbeat")
        debug = [entry for entry in entries if entry["log_level"].name == "debug"]
        assert bool(debug) is traffic
        if traffic:
            (scored,) = [entry for entry in debug if entry.get("type") == "score_update"]
            assert (scored["result"], scored["ms"]) == ("ack", 0)
            assert scored["bytes"] > 60
            assert "category" not in str(scored)
        joined = [
            entry for entry in entries if entry["log_format"].endswith("joined {game} as {role}")
        ]
        assert [(entry["role"], entry["player"]) for entry in joined] == [
            ("host", 0),
            ("player", 1),
            ("player", 2),
        ]
        assert all(len(entry["device"]) == 6 for entry in joined)


def test_the_end_of_a_connection_is_logged_with_its_reason() -> None:
    house = House()
    match = Match(house)
    house.wait(7)
    with log_entries() as entries:
        match.anna.session.closed(4408, "too slow")
        match.anna.session.closed(4408, "again")
    (closed,) = entries
    assert (closed["code"], closed["reason"], closed["role"]) == (4408, "too slow", "player")
    assert (closed["open_ms"], closed["peer"]) == (7_000, "192.168.1.11")


def test_the_store_s_answers_pass_unchanged() -> None:
    made = Monitored()
    match = Match(made.house)
    made.store.stale = [frozenset({match.id})]
    before = match.version
    match.anna.do("score_update", SCORE)
    assert match.version == before + 1
    done: Deferred[Any] = made.house.registry.store.read(match.id)
    assert result(done).version == match.version
    made.monitor.stopService()
