"""``gamesync backup``, ``verify``, ``restore``, ``accept``, ``export``, ``import``, ``erase``."""

from __future__ import annotations

import io
import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from gamesync.cli import alone, box, takeout
from gamesync.cli import backup as command
from gamesync.config import PREFIX
from gamesync.server.control import Answer, NoAnswer, NoServer
from gamesync.storage import generations

from .storage.played import change, play
from .test_cli import Say, say

__all__ = ["say"]

EXAMINED = {"epoch": "e", "schema": 3, "game_ms": 1, "games": 2, "entries": 20, "findings": []}


class Server:
    """Answers at the control socket, in the place of one."""

    def __init__(self) -> None:
        self.runs = True
        self.heard: list[Answer] = []
        self.answers: dict[str, Any] = {}

    def ask(self, path: str, request: Answer, seconds: float = 15.0) -> Answer:
        if not self.runs:
            raise NoServer(path)
        self.heard.append(request)
        answer = self.answers.get(request["do"], {})
        if isinstance(answer, Exception):
            raise answer
        if isinstance(answer, list):
            return {"ok": True, **answer.pop(0)}
        if "error" in answer:
            return {"ok": False, **answer}
        return {"ok": True, **answer}


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Server:
    for name in [name for name in os.environ if name.startswith(PREFIX)]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    made = Server()
    monkeypatch.setattr(box, "ask", made.ask)
    monkeypatch.setattr(command, "ask", made.ask)
    return made


@pytest.fixture
def stopped(server: Server, tmp_path: Path) -> Server:
    """There was play, and the server is stopped."""
    server.runs = False
    play(str(tmp_path / "game_state.db"))
    return server


# -- with a server


def test_a_running_server_makes_the_backup(server: Server, say: Say, tmp_path: Path) -> None:
    server.answers["backup"] = {"path": "/b/x.zip", "bytes": 9, "examined": EXAMINED}
    status, out, _ = say("backup")
    assert (status, out) == (0, "/b/x.zip (9 bytes): whole; 2 games, 20 entries in their logs\n")
    assert server.heard == [{"do": "backup"}]
    server.answers["verify"] = {"examined": EXAMINED}
    assert say("verify")[1] == "game_state.db: whole; 2 games, 20 entries in their logs\n"


def test_what_a_running_server_finds_wrong(server: Server, say: Say) -> None:
    server.answers["verify"] = {"examined": {**EXAMINED, "findings": ["one", "two"]}}
    assert say("verify") == (1, "", "gamesync: it is not whole:\n  one\n  two\n")
    server.answers["verify"] = {}
    assert say("verify")[2] == "gamesync: it was not tried out\n"
    server.answers["verify"] = {"error": "no room"}
    assert say("verify")[2] == "gamesync: no room\n"
    server.answers["backup"] = NoAnswer("it does not answer")
    assert say("backup")[2] == "gamesync: it does not answer\n"


@pytest.mark.parametrize("words", [("restore", "x"), ("import", "x"), ("accept",)])
@pytest.mark.parametrize("answer", [{}, {"error": "?"}, NoAnswer("busy")])
def test_under_a_server_nothing_is_replaced(
    answer: Any, words: tuple[str, ...], server: Server, say: Say
) -> None:
    server.answers[""] = answer
    status, _, err = say(*words)
    assert (status, err) == (1, "gamesync: a server runs on game_state.db; stop it first\n")


def test_all_games_are_asked_for_one_by_one(server: Server, say: Say, tmp_path: Path) -> None:
    server.answers["export.games"] = [{"games": ["a", "b"]}, {"games": []}] * 2
    server.answers["export.game"] = [{"body": body} for body in ("A", "B", "A\n", "B\n")]
    assert say("export", "--all", "--form", "report", "-o", "out")[0] == 0
    assert sorted(os.listdir("out")) == ["gamesync-a.json", "gamesync-b.json"]
    assert (tmp_path / "out" / "gamesync-b.json").read_text() == "B"
    assert say("export", "--all", "--form", "log", "-o", "log")[0] == 0
    assert (tmp_path / "log").read_text() == "A\nB\n"
    assert [each.get("form") for each in server.heard if "game" in each] == ["report"] * 2 + [
        "log"
    ] * 2


def test_a_server_that_stops_half_way(server: Server, say: Say, tmp_path: Path) -> None:
    server.answers["export.games"] = [{"games": ["a", "b"]}]
    server.answers["export.game"] = NoServer("it has gone")
    assert say("export", "--all", "--form", "log", "-o", "log")[0] == 1
    assert not (tmp_path / "log").exists()


def test_one_game_or_event(server: Server, say: Say, tmp_path: Path) -> None:
    server.answers["export.game"] = {"body": "{}"}
    server.answers["export.event"] = {"body": "a,b\n"}
    assert say("export", "g1")[1] == "{}"
    assert say("export", "--event", "e4", "--form", "csv", "-o", "e.csv")[0] == 0
    assert (tmp_path / "e.csv").read_text() == "a,b\n"
    assert server.heard == [
        {"do": "export.game", "game": "g1", "form": "export.json"},
        {"do": "export.event", "event": "e4", "form": "csv"},
    ]
    assert say("export", "--event", "e4", "--form", "log")[2] == (
        "gamesync: an event is told as json or csv\n"
    )
    assert "say where to with --output" in say("export", "--all")[2]
    assert "none/x" in say("export", "g1", "-o", "none/x")[2]
    Path("file").touch()
    assert "file" in say("export", "--all", "-o", "file")[2]
    for words in (
        ("export",),
        ("export", "g", "--all"),
        ("erase",),
        ("erase", "g", "--person", "x"),
    ):
        assert say(*words)[0] == 2


def test_forgetting_by_a_server(server: Server, say: Say) -> None:
    server.answers["erase.game"] = [{"changed": True}, {"changed": False}]
    assert say("erase", "g1")[1] == "g1: forgotten\n"
    assert say("erase", "g1")[1] == "g1: nobody to forget\n"
    server.answers["erase.person"] = {"games": ["g1", "g2"], "participants": 1}
    assert say("erase", "--person", "Ann")[1] == (
        "forgotten in 2 games g1 g2\nforgotten as 1 participants of events\n"
    )


# -- without one


def test_without_a_server_it_is_all_done_here(stopped: Server, say: Say, tmp_path: Path) -> None:
    status, out, err = say("backup", "copy.zip")
    assert status == 0, err
    first, second = out.splitlines()
    made = first.split(" (")[0]
    assert second == "copy.zip: the same"
    assert Path("copy.zip").read_bytes() == Path(made).read_bytes()
    assert Path("copy.zip").stat().st_mode & 0o777 == 0o600
    (tmp_path / "stick").mkdir()
    assert say("backup", "stick")[0] == 0
    assert len(os.listdir("stick")) == 1
    listed = say("backup", "--list")[1].splitlines()
    assert len(listed) == 2
    assert listed[0].startswith(made)
    for words in (("verify",), ("verify", "copy.zip"), ("verify", "game_state.db")):
        assert say(*words)[1].endswith(": whole; 2 games, 20 entries in their logs\n")
    status, out, err = say("restore", "copy.zip")
    assert status == 0, err
    assert "game_state.db is as it was at 20" in out
    assert "No key came with it" in out
    assert "What was there before is game_state.db.aside-" in out
    assert "certificates" not in out
    assert say("accept")[1].startswith(
        "game_state.db is taken as it is, with what was done until 2"
    )
    os.unlink("game_state.db")
    assert "the next start makes a new one" in say("accept")[1]
    for words in (("backup",), ("verify",), ("import", "copy.zip")):
        assert "there is no database game_state.db here" in say(*words)[2]
    assert say("restore", made)[0] == 0


def test_a_backup_s_certificates_and_those_that_are_here(stopped: Server, say: Say) -> None:
    tls = Path("tls")
    tls.mkdir()
    (tls / "ca.crt").write_text("one")
    made = say("backup")[1].split(" (")[0]
    (tls / "ca.crt").write_text("another")
    here = f"{Path.cwd()}/tls"
    assert (
        f"The certificates in {here} stay. Those of the backup are others"
        in (say("restore", made)[1])
    )
    tls.rename("away")
    assert f"The certificates came with it: they are in {here}.\n" in say("restore", made)[1]
    assert (tls / "ca.crt").read_text() == "one"


def test_what_cannot_be_done_here(stopped: Server, say: Say, tmp_path: Path) -> None:
    assert "none.zip cannot be read: No such file" in say("restore", "none.zip")[2]
    assert "none.zip cannot be read: No such file" in say("verify", "none.zip")[2]
    Path("text").write_text("dear diary")
    assert "text is not a backup" in say("restore", "text")[2]
    assert "line 1 is not a match" in say("import", "text")[2]
    assert "No such file" in say("import", "none")[2]
    assert "none" in say("backup", "none/x.zip")[2]
    Path(generations.folder_beside("game_state.db")).rename("elsewhere")
    Path("backups").touch()
    assert "backups: File exists" in say("backup")[2]
    change("game_state.db", "UPDATE scores SET score = score + 1")
    os.unlink("backups")
    assert "it is not whole" in say("verify")[2]
    assert "it is not whole" in say("verify", "game_state.db")[2]
    Path("game_state.db").write_bytes(b"rubbish" * 1000)
    for words in (("backup",), ("verify",), ("accept",)):
        assert "is not a SQLite database" in say(*words)[2]


def test_matches_come_from_a_file_or_a_pipe(
    stopped: Server, say: Say, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bodies: list[str] = []

    def talk(_: object, talk: box.Talk, first: Answer) -> None:
        bodies.append(json.dumps(first))
        with pytest.raises(StopIteration):
            talk.send({"ok": True, "body": "{}"})

    monkeypatch.setattr(alone, "answer", talk)
    assert say("export", "g1", "--form", "log")[1] == "{}"
    assert bodies == ['{"do": "export.game", "game": "g1", "form": "log"}']

    class Pipe:
        buffer = io.BytesIO(b"{}\n")

    monkeypatch.setattr(sys, "stdin", Pipe())
    assert "line 1 is not a match" in say("import", "-")[2]
    assert takeout.FORMS["json"] == "export.json"
