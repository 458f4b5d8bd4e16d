"""What docs/examples holds works against a real server, and what it recorded is what happens."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from .needs import needs
from .server import ServerProcess
from .talker import Talker

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"
LINES_MAX = 40
RECORD = "GAMESYNC_RECORD"
"""Set in the environment: write the transcripts anew instead of comparing them."""


def run(*command: str) -> list[str]:
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.splitlines()


def node() -> list[str]:
    needs("node")
    found = shutil.which("node")
    assert found is not None
    major = int(run(found, "--version")[0].removeprefix("v").split(".")[0])
    return [found, *(["--experimental-websocket"] if major < 22 else [])]


def checked(lines: list[str]) -> None:
    """It saw its game begin, its score, its resuming, and that a message sent twice counts once."""
    assert sum(line.startswith("score_update 4") for line in lines) == 1
    assert sum(line.startswith("ack 4") for line in lines) == 2
    assert re.search(r"recovered true|connect 4 True", "\n".join(lines))
    assert re.fullmatch(r"score \[ ?5, 0 ?\]", lines[-1])


def test_the_python_client(server: ServerProcess) -> None:
    checked(run(sys.executable, str(EXAMPLES / "client.py"), server.url))


def test_the_javascript_client(server: ServerProcess) -> None:
    checked(run(*node(), str(EXAMPLES / "client.mjs"), server.url))


@pytest.mark.parametrize("name", ["client.py", "client.mjs"])
def test_they_are_short(name: str) -> None:
    assert len((EXAMPLES / name).read_text("utf-8").splitlines()) <= LINES_MAX


def test_the_seeds_client(server: ServerProcess) -> None:
    """Greeted, heartbeats, sends ``game_state``, is answered."""
    lines = [
        line.strip() for line in run(sys.executable, str(EXAMPLES / "seed_client.py"), server.url)
    ]
    assert lines[0] == "connect"
    # A heartbeat is answered at once, what changes the game once it is on the disk: which of the
    # two comes first is the disk's to say.
    assert lines.count("heartbeat") == 1
    assert [line for line in lines[1:] if line not in ("heartbeat", "presence")] == [
        *("game_state ready", "ack"),
        *("game_state playing", "ack"),
    ]


# -------------------------------------------------------------------- recorded conversations


class Scene:
    """Several people talking to one server, and everything that is said, in order."""

    def __init__(self, server: ServerProcess) -> None:
        self._server = server
        self._open = ExitStack()
        self.said: list[dict[str, Any]] = []

    def enter(self, who: str, token: str | None = None) -> Recorded:
        talker = self._open.enter_context(Recorded(self, who, self._server.url))
        talker.token = token
        return talker

    def close(self) -> None:
        self._open.close()


class Recorded(Talker):
    def __init__(self, scene: Scene, who: str, url: str) -> None:
        self._scene, self._who, self._count = scene, who, 0
        super().__init__(url)

    def hear(self, seconds: float = 10.0) -> dict[str, Any]:
        message = super().hear(seconds)
        if message["type"] != "presence" and not message["data"].get("beat"):
            self._note("server", message)  # but for what comes when it likes
        return message

    def say(
        self,
        type_: str,
        data: dict[str, Any] | None = None,
        *,
        game_id: str | None = None,
        id_: str | None = None,
    ) -> str:
        self._count += 1
        id_ = id_ or f"{self._who}-{self._count:08}"
        message: dict[str, Any] = {"type": type_, "id": id_}
        message |= {"data": data} if data is not None else {}
        message |= {"game_id": game_id} if game_id is not None else {}
        self._note("client", message)
        return super().say(type_, data, game_id=game_id, id_=id_)

    def _note(self, side: str, message: dict[str, Any]) -> None:
        self._scene.said.append({"from": side, "who": self._who, "message": message})


@pytest.fixture
def scene(server: ServerProcess) -> Iterator[Scene]:
    found = Scene(server)
    yield found
    found.close()


def a_game(scene: Scene) -> tuple[Recorded, str, dict[str, Any]]:
    host = scene.enter("host")
    host.connect(client_type="host")
    made = host.create(player1_name="Anna", player2_name="Marek", ruleset="wh40k-10e")
    return host, made["game_id"], made["data"]["detail"]["places"]


def joining(scene: Scene) -> None:
    """A host makes a game; a player comes by link, another by code, and somebody only watches."""
    host, game_id, places = a_game(scene)
    anna = scene.enter("anna")
    key = places["player:1"]["key"]
    anna.connect(game_id=game_id, client_type="player", name="Anna", key=key)
    marek = scene.enter("marek")
    code = places["player:2"]["codes"][0]
    marek.connect(client_type="player", name="Marek", code=code.lower())
    scene.enter("tv").connect(game_id=game_id)
    late = scene.enter("late")
    assert late.ask("connect", {"code": code})["data"]["code"] == "bad_credentials"
    host.ask("heartbeat", {"t0": 1000.5})


def scoring(scene: Scene) -> None:
    """Steps, values, a conflict, a refusal, a correction; then the last is taken back."""
    host, game_id, places = a_game(scene)
    host.do("setup", {"op": "skip", "first_player": 1})
    host.do("timer_update", {"op": "start"})
    anna = scene.enter("anna")
    anna.connect(game_id=game_id, client_type="player", key=places["player:1"]["key"])
    cell = {"player": 1, "category": "secondary", "round": 1}
    anna.do("score_update", {**cell, "delta": 5})
    host.do("score_update", {**cell, "value": 3, "if_version": anna.heard[-1]["version"]})
    stale = anna.ask("score_update", {**cell, "value": 8, "if_version": 0})
    assert stale["data"]["code"] == "conflict"
    assert (
        anna.ask("score_update", {**cell, "player": 2, "delta": 1})["data"]["code"] == "not_yours"
    )
    assert anna.ask("score_update", {**cell, "delta": "5"})["data"]["code"] == "wrong_type"
    host.do("score_update", {"player": 1, "cp_delta": -1, "reason": "re-roll"})
    host.do("undo", {"dry_run": True})
    host.do("undo", {})
    anna.do("turn_change", {"player": 1, "turn": 1})
    assert host.do("turn_change", {"player": 1, "turn": 1})["data"]["already"]


def resuming(scene: Scene) -> None:
    """A lost connection: what was missed comes, in order; what was sent is not done twice."""
    host, game_id, _ = a_game(scene)
    host.do("setup", {"op": "skip", "first_player": 2})
    host.do("timer_update", {"op": "start"})
    tv = scene.enter("tv")
    seen = tv.connect(game_id=game_id)
    tv.close()
    tap = {"player": 2, "category": "secondary", "delta": 4}
    version = host.do("score_update", tap, id_="host-tap-one")["version"]
    assert host.do("score_update", tap, id_="host-tap-one")["version"] == version
    other = {**tap, "delta": 6}
    assert host.ask("score_update", other, id_="host-tap-one")["data"]["code"] == "id_reused"
    again = scene.enter("tv2", tv.token)
    resume = {"epoch": seen["data"]["epoch"], "version": seen["version"]}
    assert again.connect(game_id=game_id, resume=resume)["data"]["recovered"]
    assert again.hear()["version"] == version
    lost = scene.enter("tv3", tv.token)
    resume = {"epoch": "another", "version": seen["version"]}
    assert not lost.connect(game_id=game_id, resume=resume)["data"]["recovered"]


def finishing(scene: Scene) -> None:
    """A priority pass, a pause; the two agree that time is up, and sign; then one has doubts."""
    host, game_id, places = a_game(scene)
    host.do("setup", {"op": "skip", "first_player": 1})
    host.do("timer_update", {"op": "start"})
    players = []
    for seat, who in ((1, "anna"), (2, "marek")):
        player = scene.enter(who)
        player.connect(game_id=game_id, key=places[f"player:{seat}"]["key"])
        players.append(player)
    anna, marek = players
    anna.do("timer_update", {"op": "switch", "player": 1, "run": 1})
    host.do("timer_update", {"op": "pause"})
    host.do("timer_update", {"op": "resume"})
    asked = marek.do("propose", {"kind": "time_call"})["version"]
    assert marek.ask("answer", {"proposal": asked, "accept": True})["data"]["code"] == "not_yours"
    ended = anna.do("answer", {"proposal": asked, "accept": True})["version"]
    early = marek.ask("game_end", {"op": "confirm", "version": 1})
    assert early["data"]["code"] == "conflict"
    marek.do("game_end", {"op": "confirm", "version": ended})
    anna.do("game_end", {"op": "confirm", "version": ended})
    assert anna.state()["status"] == "signed"
    anna.do("dispute", {"op": "open", "text": "Round 2 was 10", "player": 1})


SCENES: tuple[Callable[[Scene], None], ...] = (joining, scoring, resuming, finishing)


@pytest.mark.parametrize("play", SCENES, ids=lambda play: play.__name__)
def test_a_recorded_conversation_is_what_happens(
    play: Callable[[Scene], None], scene: Scene
) -> None:
    """
    The same messages in the same order, but for what differs each time: secrets, ids, times.

    ``GAMESYNC_RECORD=1 pytest tests/system/test_examples.py`` writes them anew.
    """
    play(scene)
    file = EXAMPLES / f"{play.__name__}.jsonl"
    if os.environ.get(RECORD):
        lines = (json.dumps(line, ensure_ascii=False) for line in scene.said)
        file.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    recorded = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    assert _steady(scene.said) == _steady(recorded)


NAMES = {"client_id", "token", "epoch", "device", "key", "code", "codes", "game_id", "id"}
"""Fields of strings that are new each time; the same one is the same wherever it stands."""
PASSING = {"timestamp", "now", "at", "link", "flag_at", "expires_at", "time_remaining"}
"""Fields that tell of an instant, or hold names within."""


def _steady(value: Any, key: str = "", names: dict[str, str] | None = None) -> Any:
    """*value* with what differs each time replaced by the order in which it appears."""
    names = {} if names is None else names
    if key in PASSING or key.endswith("_ms"):
        return key
    if isinstance(value, dict):
        return {k: _steady(v, k, names) for k, v in value.items()}
    if isinstance(value, list):
        return [_steady(v, key, names) for v in value]
    if key in NAMES and isinstance(value, str):
        return names.setdefault(value, f"{key} {len(names)}")
    return value
