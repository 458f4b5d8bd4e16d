"""The app in docs/clients.md runs: it shows the clocks, and a press of its button passes them."""

from __future__ import annotations

import re
import signal
from pathlib import Path

import pytest

from ..system.server import ServerProcess
from ..system.talker import Talker
from .apps import AppProcess, needs_kivy

PAGE = Path(__file__).parents[2] / "docs" / "clients.md"
LINKS = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", PAGE.read_text("utf-8"))


def test_the_documents_app_runs(tmp_path: Path) -> None:
    needs_kivy()
    text = PAGE.read_text("utf-8")
    (code,) = re.findall(r"<!-- This is run by a test. -->\n```python\n(.*?)```", text, re.S)
    assert len(code.splitlines()) <= 55
    file = tmp_path / "clocks.py"
    file.write_text(code)
    server = ServerProcess(tmp_path).start()
    with Talker(server.url) as host:
        made = host.create(ruleset="wh40k-11e", player1_name="Anna", player2_name="Marek")
        places = made["data"]["detail"]["places"]
        host.connect(game_id=host.game_id)
        host.do("setup", {"op": "skip", "first_player": 1})
        host.do("timer_update", {"op": "start"})
        code, tokens = places["player:1"]["codes"][0], str(tmp_path / "tokens.json")
        command = ("-m", "tests.client.pressing", str(file), server.url, tokens)
        with AppProcess(tmp_path / "app", *command) as app:
            app.say(code)
            app.until(lambda said: said["shown"][0] == "live, round 1")
            app.until(lambda said: bool(re.fullmatch(r"Anna  00:0\d", said["shown"][1])))
            assert host.state()["clock"]["side"] == 1
            app.say()
            host.hear_until(lambda m: m["data"].get("state", {}).get("clock", {}).get("side") == 2)
            app.until(lambda said: said["shown"][2] == "Marek  00:01")
            app.process.send_signal(signal.SIGTERM)
            assert app.wait() == 0, app.errors
            assert "Traceback" not in app.errors, app.errors
    server.stop()


@pytest.mark.parametrize("target", LINKS)
def test_every_link_of_the_page_leads_somewhere(target: str) -> None:
    assert (PAGE.parent / target).exists(), target
