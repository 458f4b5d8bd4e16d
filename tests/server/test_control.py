"""The control socket, and the keys that are asked for through it."""

from __future__ import annotations

import json
import os
import socket
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import pytest_twisted  # type: ignore[import-untyped]
from twisted.internet.defer import ensureDeferred
from twisted.internet.threads import deferToThread

from gamesync.config import Settings
from gamesync.domain.values import Refused
from gamesync.server.assembly import Parts, build
from gamesync.server.control import (
    PATH_BYTES,
    Answer,
    Control,
    NoAnswer,
    NoServer,
    ask,
    socket_path,
    too_long,
)
from gamesync.server.keys import Keys, doings
from gamesync.store import Unavailable

from .kit import in_reactor


@pytest.fixture
def reactor() -> Any:
    from twisted.internet import reactor

    return reactor


async def _echo(request: Answer) -> Answer:
    return {"said": request.get("word")}


async def _refuse(request: Answer) -> Answer:
    raise Refused("not_now", "not today")


async def _unavailable(request: Answer) -> Answer:
    raise Unavailable("disk full")


async def _break(request: Answer) -> Answer:
    raise ZeroDivisionError


DOINGS = {"echo": _echo, "refuse": _refuse, "unavailable": _unavailable, "break": _break}


@pytest.fixture
def control(reactor: Any, tmp_path: Path) -> Iterator[Control]:
    made = Control(reactor, str(tmp_path / "game.db.sock"), DOINGS)
    yield made
    if made.running:
        pytest_twisted.blockon(made.stopService())


@in_reactor
async def test_a_request_a_line_an_answer_a_line(control: Control) -> None:
    control.startService()
    assert stat.S_IMODE(os.stat(control.path).st_mode) == 0o600
    answer = await deferToThread(ask, control.path, {"do": "echo", "word": "ü"})
    assert answer == {"ok": True, "said": "ü"}
    answer = await deferToThread(ask, control.path, {"do": "refuse"})
    assert answer == {"ok": False, "error": "not today"}
    answer = await deferToThread(ask, control.path, {"do": "unavailable"})
    assert "try again" in answer["error"]
    nonsense: list[Any] = [{"do": "fly"}, {}, []]
    for strange in nonsense:
        answer = await deferToThread(ask, control.path, strange)
        assert answer == {"ok": False, "error": "this server knows no such request"}


@in_reactor
async def test_our_own_fault_is_logged_and_said(control: Control) -> None:
    control.startService()
    answer = await deferToThread(ask, control.path, {"do": "break"})
    assert answer["error"] == "a fault of the server's own; it is in its log"


@in_reactor
async def test_a_socket_left_over_is_replaced_and_our_own_taken_away(control: Control) -> None:
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(control.path)
    with pytest.raises(NoServer):
        await deferToThread(ask, control.path, {})
    control.startService()
    assert (await deferToThread(ask, control.path, {"do": "echo"}))["ok"]
    stopping = control.stopService()
    if stopping is not None:
        await stopping
    assert not os.path.exists(control.path)


@in_reactor
async def test_a_socket_that_somebody_took_away(control: Control) -> None:
    control.startService()
    os.unlink(control.path)
    stopping = control.stopService()
    assert stopping is not None
    await stopping


def test_what_is_no_socket_stays(control: Control) -> None:
    Path(control.path).write_text("somebody's file")
    control.startService()
    assert Path(control.path).read_text() == "somebody's file"
    assert control.stopService() is None


def test_a_path_too_long_is_said(reactor: Any, tmp_path: Path) -> None:
    path = socket_path(str(tmp_path / ("x" * PATH_BYTES)))
    assert too_long(path)
    control = Control(reactor, path, DOINGS)
    control.startService()
    assert not os.path.exists(path)
    with pytest.raises(NoServer):
        ask(path, {})


@in_reactor
async def test_a_server_that_says_nothing(tmp_path: Path) -> None:
    path = str(tmp_path / "s")
    with socket.socket(socket.AF_UNIX) as mute:
        mute.bind(path)
        mute.listen()
        with pytest.raises(NoAnswer, match="does not answer"):
            await deferToThread(ask, path, {}, 0.05)

        def hang_up() -> None:
            line, _ = mute.accept()
            line.recv(100)
            line.close()

        mute.settimeout(5)
        mute.accept()[0].close()
        hanging = deferToThread(hang_up)
        with pytest.raises(NoAnswer, match="hung up"):
            await deferToThread(ask, path, {})
        await hanging


def test_another_users_socket(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object) -> None:
        raise PermissionError

    monkeypatch.setattr(socket.socket, "connect", refused)
    with pytest.raises(NoAnswer, match="another user's"):
        ask("/run/x.sock", {})


# -- keys


@pytest.fixture
def parts(reactor: Any, tmp_path: Path) -> Iterator[Parts]:
    made = build(Settings(database_uri=f"sqlite:///{tmp_path}/game.db"), reactor)
    pytest_twisted.blockon(ensureDeferred(made.hub.registry.open()))
    yield made
    made.hub.registry.close()
    pytest_twisted.blockon(made.hub.registry.store.close())


@in_reactor
async def test_the_first_organiser_is_made_once(parts: Parts) -> None:
    keys = Keys(parts.hub.registry)
    first = await keys.first()
    assert first is not None
    assert (first.id, first.role, first.used) == ("o1", "organiser", False)
    assert await keys.first() == first
    assert "secret" not in repr(first)
    assert first.secret not in repr(first)
    second = await keys.new("Bea", "organiser")
    assert second.secret != first.secret
    await keys.revoke(first.id)
    assert await keys.first() is None


@in_reactor
async def test_keys_are_asked_for_by_name(parts: Parts) -> None:
    keys = Keys(parts.hub.registry)
    asked = doings(keys, lambda secret: f"link:{secret}")
    made = await asked["key.new"]({"name": " Ann ", "judge": True})
    assert made["link"] == f"link:{made['key']}"
    assert (made["name"], made["role"]) == ("Ann", "judge")
    listed = (await asked["key.list"]({}))["keys"]
    assert [key["name"] for key in listed] == ["Ann"]
    assert made["key"] not in json.dumps(listed)
    assert (await asked["key.revoke"]({"id": made["id"]}))["revoked"] is True
    for request in ({"name": ""}, {"name": "x" * 41}, {}):
        with pytest.raises(Refused):
            await asked["key.new"](request)
    with pytest.raises(Refused, match="there is no 'o77'"):
        await asked["key.revoke"]({"id": "o77"})
