"""``gamesync``: its commands, what they print, and what they say when it cannot be done."""

from __future__ import annotations

import os
import sqlite3
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from gamesync import cli
from gamesync.cli import alone, box
from gamesync.client import terminal
from gamesync.config import PREFIX, Settings
from gamesync.server.control import Answer, NoAnswer, NoServer

from .server.kit import in_reactor

Say = Callable[..., tuple[int, str, str]]


@pytest.fixture(autouse=True)
def no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith(PREFIX)]:
        monkeypatch.delenv(name)


@pytest.fixture
def say(capsys: pytest.CaptureFixture[str]) -> Say:
    def run(*words: str) -> tuple[int, str, str]:
        try:
            status = cli.main(words)
        except SystemExit as end:
            status = int(str(end.code))
        out, err = capsys.readouterr()
        return status, out, err

    return run


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[Answer]:
    """What a server was asked; it knows Ann."""
    heard: list[Answer] = []
    ann: Answer = {
        "id": "o2",
        "name": "Ann",
        "role": "judge",
        "used": True,
        "revoked": False,
        "devices": 2,
    }
    answers: dict[str, Answer] = {
        "key.new": {**ann, "key": "SECRET", "link": "http://box/#k=SECRET"},
        "key.list": {"keys": [ann, {**ann, "id": "o3", "revoked": True}]},
        "key.revoke": ann,
    }

    def ask(path: str, request: Answer, seconds: float) -> Answer:
        heard.append({"path": path, **request})
        return {"ok": True, **answers[request["do"]]}

    monkeypatch.setattr(box, "ask", ask)
    return heard


def test_help_and_unknown_words(say: Say) -> None:
    status, out, _ = say("--help")
    assert status == 0
    for word in ("key", "backup", "restore", "export", "erase", "watch", "play", "twistd"):
        assert word in out
    assert say("--version")[1].startswith("gamesync 1")
    for words in ((), ("fly",), ("key",), ("key", "eat"), ("key", "new")):
        status, _, err = say(*words)
        assert status == 2
        assert err.splitlines()[-1].startswith("gamesync")


def test_a_key_is_printed_once_with_its_link(say: Say, asked: list[Answer]) -> None:
    status, out, _ = say("key", "new", "Ann", "--judge", "--database-uri", "sqlite:////d/g.db")
    assert status == 0
    assert "o2: Ann, judge" in out
    assert "http://box/#k=SECRET" in out
    assert asked == [{"path": "/d/g.db.sock", "do": "key.new", "name": "Ann", "judge": True}]


def test_the_list_shows_no_key(say: Say, asked: list[Answer]) -> None:
    _, out, _ = say("key", "list")
    assert out.splitlines()[1:] == [
        "o2    judge      used           2  Ann",
        "o3    judge      revoked        2  Ann",
    ]
    assert say("key", "revoke", "o2")[1] == "o2: the key of Ann opens nothing any more\n"


def test_the_database_is_found_as_the_server_finds_it(
    say: Say, asked: list[Answer], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / "g.toml"
    file.write_text("database_uri = 'sqlite:////a/file.db'\n")
    say("key", "list", "-c", str(file))
    monkeypatch.setenv("GAMESYNC_CONFIG", str(file))
    say("key", "list")
    monkeypatch.setenv("GAMESYNC_DATABASE_URI", "sqlite:////b/variable.db")
    say("key", "list")
    assert [each["path"] for each in asked] == [
        "/a/file.db.sock",
        "/a/file.db.sock",
        "/b/variable.db.sock",
    ]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--database-uri", "mysql://x"), "database_uri: starts with sqlite:///"),
        (("--config", "none.toml"), "none.toml cannot be read"),
        (("--database-uri", "sqlite:///:memory:"), "a database in memory is the server's alone"),
        (("--database-uri", "sqlite:///none.db"), "there is no database none.db here"),
    ],
)
def test_what_cannot_be_asked(
    words: tuple[str, ...],
    sentence: str,
    say: Say,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    for what in (("list",), ("revoke", "o1"), ("new", "Ann")):
        status, out, err = say("key", *what, *words)
        assert (status, out) == (1, "")
        assert err.startswith("gamesync: ")
        assert sentence in err
        assert err.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_a_server_that_says_no_or_nothing(say: Say, monkeypatch: pytest.MonkeyPatch) -> None:
    def no(*_: object) -> Answer:
        return {"ok": False, "error": "not today"}

    def hang_up(*_: object) -> Answer:
        raise NoAnswer("the server has hung up")

    for ask, said in ((no, "not today"), (hang_up, "the server has hung up")):
        monkeypatch.setattr(box, "ask", ask)
        assert say("key", "list") == (1, "", f"gamesync: {said}\n")


def answered(talk: box.Talk) -> Iterator[Answer]:
    """What it asks for next, until it has been told enough."""
    with suppress(StopIteration):
        while True:
            yield talk.send({"ok": True, "keys": []})


def test_without_a_server_the_database_is_asked(
    say: Say, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def nobody(*_: object) -> Answer:
        raise NoServer

    file = tmp_path / "g.db"
    file.touch()
    monkeypatch.setattr(box, "ask", nobody)
    monkeypatch.setattr(alone, "answer", lambda _, talk, first: list(answered(talk)))
    status, out, _ = say("key", "list", "--database-uri", f"sqlite:///{file}")
    assert (status, len(out.splitlines())) == (0, 1)


def test_watch_and_play_have_words_of_their_own(say: Say, monkeypatch: pytest.MonkeyPatch) -> None:
    heard: list[tuple[str, list[str]]] = []

    def runs(name: str) -> Callable[[list[str]], int]:
        def run(argv: list[str]) -> int:
            heard.append((name, argv))
            return 7

        return run

    for name in ("watch", "play"):
        monkeypatch.setattr(terminal, name, runs(name))
    assert say("watch", "ws://box", "--plain")[0] == 7
    assert say("play", "--game", "g", "ws://box")[0] == 7
    assert heard == [("watch", ["ws://box", "--plain"]), ("play", ["--game", "g", "ws://box"])]


@pytest.mark.parametrize(
    ("problem", "status"), [(KeyboardInterrupt(), 130), (BrokenPipeError(), 141)]
)
def test_it_is_broken_off_without_a_traceback(
    problem: BaseException, status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> Answer:
        raise problem

    class Closable:
        def write(self, _: str) -> None: ...
        def close(self) -> None: ...

    monkeypatch.setattr(box, "ask", broken)
    monkeypatch.setattr(sys, "stderr", Closable())
    assert cli.main(["key", "list"]) == status


# -- the database itself


async def ask_alone(folder: Path, request: Answer) -> Answer:
    from twisted.internet import reactor

    heard: list[Answer] = []

    def talk() -> box.Talk:
        heard.append((yield request))

    settings = Settings(database_uri=f"sqlite:///{folder}/g.db")
    asking = talk()
    try:
        await alone.converse(settings, asking, next(asking), reactor)
    except box.Sorry as sorry:
        return {"ok": False, "error": str(sorry)}
    return heard[0]


@in_reactor
async def test_keys_of_a_database_that_nobody_serves(tmp_path: Path) -> None:
    made = await ask_alone(tmp_path, {"do": "key.new", "name": "Ann"})
    assert made["ok"]
    assert made["link"].endswith(f":8765/#k={made['key']}")
    again = await ask_alone(tmp_path, {"do": "key.new", "name": "Ann"})
    assert again["error"].startswith("name: ")
    listed = await ask_alone(tmp_path, {"do": "key.list"})
    assert [each["name"] for each in listed["keys"]] == ["Ann"]


@in_reactor
async def test_a_database_that_is_held_or_strange(tmp_path: Path) -> None:
    assert (await ask_alone(tmp_path, {"do": "key.list"}))["keys"] == []
    holder = sqlite3.connect(tmp_path / "g.db")
    holder.execute("PRAGMA locking_mode = EXCLUSIVE")
    holder.execute("CREATE TABLE t (x)")
    holder.commit()
    held = await ask_alone(tmp_path, {"do": "key.list"})
    assert "is in use by another process. If it is the server's" in held["error"]
    holder.execute("PRAGMA application_id = 1")
    holder.commit()
    holder.close()
    strange = await ask_alone(tmp_path, {"do": "key.list"})
    assert "is a database of another program" in strange["error"]


def test_the_reactor_returns_what_came_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    async def conversed(*_: Any) -> None:
        if sorry is not None:
            raise sorry

    def react(main: Callable[[object], Any]) -> None:
        main(object())
        raise SystemExit(status)

    def talk() -> box.Talk:
        yield {}

    monkeypatch.setattr(alone, "converse", conversed)
    monkeypatch.setattr(alone, "react", react)
    status, sorry = 0, None
    alone.answer(Settings(), talk(), {})
    status = 1
    with pytest.raises(SystemExit):
        alone.answer(Settings(), talk(), {})
    status, sorry = 0, box.Sorry("no")
    with pytest.raises(box.Sorry, match="no"):
        alone.answer(Settings(), talk(), {})
