"""What an operator sees of a real server: log, health, figures, alerts and dashboard."""

from __future__ import annotations

import json
import re
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from .alerts import STORIES, promtool_tests
from .certificates import Authority
from .needs import needs
from .server import ServerProcess
from .talker import Talker

ETC = Path(__file__).parents[2] / "etc"
ALERTS = ETC / "prometheus-alerts.yml"
DASHBOARD = ETC / "grafana-dashboard.json"
NAME = re.compile(r"\b(?:gamesync|process)_[a-z_]+")
NASTY = 'Zoë\u2028"}{ \u202e'
FORGED = 'bye\n{"event":"forged","level":"critical"}\r\n'
SCORE: dict[str, Any] = {"player": 1, "category": "secondary", "delta": 1}


def entries(server: ServerProcess) -> list[dict[str, Any]]:
    return [json.loads(line) for line in server.log.splitlines()]


@pytest.fixture(scope="module")
def monitored(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A server with TLS and a log in JSON, on which something has been done."""
    folder = tmp_path_factory.mktemp("monitored")
    certificate, key = Authority(folder).issue("box")
    server = ServerProcess(
        folder,
        *("--certificate", str(certificate), "--private-key", str(key)),
        *("--listen", "tcp:0:interface=127.0.0.1", "--log-format", "json"),
        *("--log-file", "server.log", "--log-without-addresses"),
    ).start()
    try:
        server.scheme = "ws"
        server.port = [e["port"] for e in entries(server) if e["event"] == "listening"][-1]
        with Talker(server.url) as host, Talker(server.url) as anna:
            made = host.create(player1_name="Anna", player2_name="Marek")
            anna.connect(
                game_id=made["game_id"], key=made["data"]["detail"]["places"]["player:1"]["key"]
            )
            host.do("setup", {"op": "skip", "first_player": 1})
            host.do("timer_update", {"op": "start"})
            anna.do("score_update", SCORE)
            yield server
    finally:
        server.stop()
    assert "Traceback" not in server.log


def test_each_entry_is_one_json_object_and_the_file_is_its_owner_s(
    monitored: ServerProcess,
) -> None:
    with Talker(monitored.url) as passer:
        passer.connect(name=NASTY)
        passer.socket.close(4000, FORGED)
    _until(lambda: any(e["event"] == "closed" for e in entries(monitored)))
    found = entries(monitored)
    assert [e["reason"] for e in found if e["event"] == "closed"][-1] == FORGED
    assert "forged" not in {entry["event"] for entry in found}
    assert {"listening", "serving", "organiser_link", "joined", "closed"} <= {
        entry["event"] for entry in found
    }
    assert all({"time", "level", "event", "message", "logger"} <= set(entry) for entry in found)
    assert {entry.get("peer", "-") for entry in found} == {"-"}
    assert monitored.log_file.stat().st_mode & 0o777 == 0o600


def test_the_journal_gets_levels_and_one_line_an_entry(tmp_path: Path) -> None:
    """As systemd starts it: its standard output is said to be the journal."""
    stream = tmp_path / "server.log"
    stream.touch()
    found = stream.stat()
    server = ServerProcess(
        tmp_path, environment={"JOURNAL_STREAM": f"{found.st_dev}:{found.st_ino}"}
    ).start()
    server.stop()
    lines = server.log.splitlines()
    assert len(lines) > 5
    assert all(re.match(r"<[2-7]>\S", line) for line in lines), server.log


def _get(server: ServerProcess, path: str, **headers: str) -> tuple[int, bytes]:
    request = urllib.request.Request(server.http + path, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


def _until(done: Any) -> None:
    end = time.monotonic() + 20.0
    while not done():
        assert time.monotonic() < end, "it never came to that"
        time.sleep(0.01)


def test_alive_ready_and_figures_through_the_port(monitored: ServerProcess) -> None:
    assert _get(monitored, "/healthz") == (200, b'{"status":"ok"}')
    status, body = _get(monitored, "/readyz")
    assert (status, json.loads(body)["reasons"]) == (200, [])
    assert json.loads(body)["status"] == "ready"
    assert _get(monitored, "/metrics", **{"X-Forwarded-For": "127.0.0.1"})[0] == 403
    assert _get(monitored, "/api/v1/health")[0] == 401
    figures = _families(monitored)
    samples = {
        (sample.name, *sample.labels.values()): sample.value
        for family in figures.values()
        for sample in family.samples
    }
    assert samples["gamesync_messages_total", "ack", "score_update"] == 1
    assert samples["gamesync_connections", "player"] == 1
    assert samples["gamesync_clocks_running",] == 1
    assert samples["gamesync_check_failed", "storage"] == 0
    assert samples["gamesync_certificate_expiry_timestamp_seconds",] > 1.7e9
    assert samples["gamesync_disk_free_bytes",] > 0
    assert samples["process_open_fds",] > 5


def _families(server: ServerProcess) -> dict[str, Any]:
    status, body = _get(server, "/metrics")
    assert status == 200
    return {family.name: family for family in text_string_to_metric_families(body.decode())}


def _series(server: ServerProcess) -> set[str]:
    """Every name under which something could be asked of Prometheus."""
    ends = {"counter": ("_total",), "histogram": ("_bucket", "_sum", "_count"), "gauge": ("",)}
    return {
        family.name + end
        for family in _families(server).values()
        for end in ends.get(family.type, ("",))
    }


def test_every_figure_of_the_dashboard_and_of_the_alerts_is_told(
    monitored: ServerProcess,
) -> None:
    told = _series(monitored)
    dashboard = json.loads(DASHBOARD.read_text("utf-8"))
    asked = [t["expr"] for panel in dashboard["panels"] for t in panel.get("targets", ())]
    assert len(asked) > 20
    for text in (*asked, ALERTS.read_text("utf-8")):
        assert set(NAME.findall(text)) - {"gamesync_info"} <= told, text
    used = {name for text in asked for name in NAME.findall(text)}
    ours = {name for name in told if name.startswith("gamesync_")}
    # Of a histogram the dashboard needs not show each part.
    unused = {n for n in ours - used if not n.endswith(("_sum", "_count", "_info"))}
    assert unused == set()


def test_the_dashboard_s_panels_do_not_lie_on_one_another() -> None:
    taken: set[tuple[int, int]] = set()
    ids = set()
    for panel in json.loads(DASHBOARD.read_text("utf-8"))["panels"]:
        place = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not taken & cells, panel["title"]
        assert max(x for x, _ in cells) < 24
        taken |= cells
        ids.add(panel["id"])
    assert len(ids) > 20


def test_every_query_of_the_dashboard_is_one(tmp_path: Path) -> None:
    needs("promtool")
    dashboard = json.loads(DASHBOARD.read_text("utf-8"))
    asked = [t["expr"] for panel in dashboard["panels"] for t in panel.get("targets", ())]
    rules = [
        {"record": f"panel:{n}", "expr": text.replace("$__rate_interval", "1m")}
        for n, text in enumerate(asked)
    ]
    file = tmp_path / "rules.yml"
    file.write_text(json.dumps({"groups": [{"name": "dashboard", "rules": rules}]}))
    _promtool("check", "rules", str(file))


def _promtool(*words: str) -> None:
    ran = subprocess.run(["promtool", *words], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr


def test_the_sample_configuration_and_the_rules_are_good() -> None:
    needs("promtool")
    _promtool("check", "rules", str(ALERTS))
    _promtool("check", "config", str(ETC / "prometheus.yml"))


def test_each_alert_fires_when_it_should_and_not_else(tmp_path: Path) -> None:
    needs("promtool")
    named = set(re.findall(r"- alert: (\w+)", ALERTS.read_text("utf-8")))
    assert named == {story.alert for story in STORIES if story.fires}
    assert named == {story.alert for story in STORIES if not story.fires}
    file = tmp_path / "stories.yml"
    file.write_text(json.dumps(promtool_tests(str(ALERTS))))
    _promtool("test", "rules", str(file))
