"""Options become settings, and what a process owes its operator: signals, sentences, links."""

from __future__ import annotations

import io
import os
import resource
import shutil
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest
from twisted.python.failure import Failure

from gamesync import __version__, plugin
from gamesync.config import PREFIX, Settings
from gamesync.running import banner as banners
from gamesync.running import process
from gamesync.running.banner import Banner, banner, command
from gamesync.running.demonstration import Demonstration, Match
from gamesync.running.process import Process
from gamesync.server.assembly import Parts, build
from gamesync.server.keys import Key
from gamesync.server.listen import CannotListen
from gamesync.server.reach import Reach
from gamesync.store import Unavailable

from .server.kit import in_reactor


@pytest.fixture(autouse=True)
def no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith(PREFIX)]:
        monkeypatch.delenv(name)


def said(*words: str) -> plugin.Options:
    options = plugin.Options()
    options.parseOptions(list(words))
    return options


def test_options_become_settings(tmp_path: Path) -> None:
    file = tmp_path / "g.toml"
    file.write_text("ws_port = 1\nrestart_grace = 2\n")
    settings = said(
        *("--config", str(file), "--ws-port", "0", "--demo", "--listen", "tcp:1"),
        *("--listen", "tcp:2", "--hosts", "a", "--origins", "https://b", "--proxies", "10.0.0.1"),
        *("--limit", "backlog=7", "--limit", "connections=8"),
    ).settings()
    assert (settings.ws_port, settings.restart_grace) == (0, 2)
    assert (settings.demo, settings.banner) == (True, False)
    assert settings.listen == ("tcp:1", "tcp:2")
    assert (settings.hosts, settings.origins) == (("a",), ("https://b",))
    assert settings.proxies == ("10.0.0.1",)
    assert (settings.limits.backlog, settings.limits.connections) == (7, 8)


def test_nothing_said_is_the_default() -> None:
    assert said().settings() == Settings()


@pytest.mark.parametrize(
    "words", [("--ws-port", "x"), ("--wings",), ("--config", "none.toml"), ("surplus",)]
)
def test_nonsense_ends_in_one_sentence(words: tuple[str, ...]) -> None:
    with pytest.raises(SystemExit) as end:
        said(*words)
    assert str(end.value.code).startswith("gamesync: ")
    assert "\n" not in str(end.value.code)


def test_the_version_is_our_own(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        said("--version")
    assert end.value.code == 0
    assert capsys.readouterr().out == f"gamesync {__version__}\n"


def test_a_service_is_made_or_a_sentence(tmp_path: Path) -> None:
    uri = f"sqlite:///{tmp_path}/g.db"
    assert isinstance(plugin.makeService(said("--database-uri", uri)), Process)
    with pytest.raises(SystemExit, match="cannot be used"):
        plugin.makeService(said("--database-uri", f"sqlite:///{tmp_path}/no/g.db"))
    with pytest.raises(SystemExit, match="is not a folder"):
        plugin.makeService(said("--database-uri", uri, "--rulesets", str(tmp_path / "none")))


# -- the process


class Reactor:
    """Passes on to the real reactor, but for what would end it."""

    def __init__(self) -> None:
        from twisted.internet import reactor

        self._real = reactor
        self.triggers: list[tuple[Any, ...]] = []
        self.stopped = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    def addSystemEventTrigger(self, *what: Any) -> None:
        self.triggers.append(what)

    def stop(self) -> None:
        self.stopped = True


@pytest.fixture
def handlers() -> Iterator[None]:
    numbers = (signal.SIGHUP, signal.SIGTERM, signal.SIGINT)
    before = [signal.getsignal(number) for number in numbers]
    yield
    for number, handler in zip(numbers, before, strict=True):
        signal.signal(number, handler)


def parts_of(folder: Path, reactor: Any, **more: Any) -> Parts:
    uri = f"sqlite:///{folder}/g.db"
    return build(Settings(database_uri=uri, ws_host="127.0.0.1", ws_port=0, **more), reactor)


@in_reactor
async def test_a_whole_life(
    tmp_path: Path, handlers: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = io.StringIO()
    monkeypatch.setattr(sys, "__stdout__", out)
    reactor = Reactor()
    parts = parts_of(tmp_path, reactor, banner=True, demo=True)
    running = Process(reactor, parts)
    matches: list[Match] = []
    monkeypatch.setattr(Banner, "match", lambda self, match: matches.append(match))
    running.privilegedStartService()
    running.startService()
    await parts.server.ready
    reload_calls: list[bool] = []
    monkeypatch.setattr(parts.server, "reload", lambda: reload_calls.append(True))
    signal.raise_signal(signal.SIGHUP)
    for _ in range(500):
        if matches and reload_calls:
            break
        await _soon(reactor)
    assert reload_calls
    assert f"http://127.0.0.1:{parts.server.listeners[0].port}/#g={matches[0].game_id}" in (
        matches[0].watch
    )
    assert "&p=host&" in matches[0].host
    assert "organiser " in out.getvalue()
    (deaf,) = [what[2] for what in reactor.triggers if what[2] == running._go_deaf]
    deaf()
    signal.raise_signal(signal.SIGTERM)  # and we are still here
    await running.stopService()
    assert not parts.hub.sessions


def _soon(reactor: Any) -> Any:
    from twisted.internet.task import deferLater

    return deferLater(reactor._real, 0.02)


@in_reactor
async def test_a_port_that_is_taken_is_one_sentence(
    tmp_path: Path, handlers: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    err = io.StringIO()
    monkeypatch.setattr(sys, "__stderr__", err)
    reactor = Reactor()
    parts = parts_of(tmp_path, reactor, listen=("nonsense:1",))
    monkeypatch.setattr(sys, "excepthook", None)
    with pytest.raises(CannotListen) as end:
        Process(reactor, parts).privilegedStartService()
    sys.excepthook(CannotListen, end.value, None)
    assert err.getvalue().startswith("gamesync: cannot listen on nonsense:1")
    assert err.getvalue().count("\n") == 1
    await _unlisten(parts)


async def _unlisten(parts: Parts) -> None:
    stopping = parts.server.listeners[0].stopService()
    if stopping is not None:
        await stopping


@pytest.mark.parametrize(("error", "logged"), [(Unavailable("gone"), 0), (KeyError("x"), 1)])
def test_a_store_that_does_not_open_ends_the_process_as_failed(
    error: Exception, logged: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    err = io.StringIO()
    monkeypatch.setattr(sys, "__stderr__", err)
    log = Mock()
    monkeypatch.setattr(Process, "_log", log)
    reactor = Reactor()
    parts = parts_of(tmp_path, reactor)
    Process(reactor, parts)
    parts.server.ready.errback(Failure(error))
    assert err.getvalue() == f"gamesync: {error}\n"
    assert reactor.stopped
    assert reactor.triggers == [("after", "shutdown", os._exit, 1)]
    assert log.failure.call_count == logged


@pytest.mark.parametrize(
    ("allowed", "raised", "warned"),
    [
        ((1024, 4096), None, 0),
        ((256, 4096), (700, 4096), 0),
        ((256, 512), (512, 512), 1),
        ((256, resource.RLIM_INFINITY), (700, resource.RLIM_INFINITY), 0),
        ((resource.RLIM_INFINITY, resource.RLIM_INFINITY), None, 0),
    ],
)
def test_there_is_room_for_every_connection(
    allowed: tuple[int, int],
    raised: tuple[int, int] | None,
    warned: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    log, said = Mock(), []
    monkeypatch.setattr(Process, "_log", log)
    monkeypatch.setattr(resource, "getrlimit", lambda _: allowed)
    monkeypatch.setattr(resource, "setrlimit", lambda _, limits: said.append(limits))
    reactor = Reactor()
    Process(reactor, parts_of(tmp_path, reactor))._make_room(700)
    assert said == ([] if raised is None else [raised])
    assert log.warn.call_count == warned


# -- links


FIRST = Key(
    id="o1", name="O", role="organiser", secret="S" * 43, used=False, revoked=False, devices=0
)


def test_the_banner_says_what_there_is() -> None:
    text = banner(Reach("192.168.1.5", 8765, False), FIRST, ("192.168.1.5", "10.0.0.2"))
    assert "open        http://192.168.1.5:8765/\n" in text
    assert "ws://192.168.1.5:8765/" in text
    assert "this box is also 10.0.0.2\n" in text
    assert f"http://192.168.1.5:8765/#k={'S' * 43}" in text
    assert "█" in text
    without = banner(Reach("192.168.1.5", 8765, False), None, qr=False)
    assert "organiser" not in without
    assert "also" not in without
    assert "█" not in without


def test_the_command_is_called_as_it_can_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours = tmp_path / "venv" / "bin" / "gamesync"
    monkeypatch.setattr(sys, "executable", str(ours.with_name("python")))
    assert command() == "gamesync"
    ours.parent.mkdir(parents=True)
    ours.touch()
    monkeypatch.setattr(shutil, "which", lambda _: None)
    assert command() == str(ours)
    monkeypatch.chdir(tmp_path)
    assert command() == "venv/bin/gamesync"
    monkeypatch.setattr(shutil, "which", lambda _: str(ours))
    assert command() == "gamesync"


@in_reactor
async def test_the_links_are_shown_again_when_the_address_has_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from twisted.internet.task import Clock

    reactor, clock, out = Reactor(), Clock(), io.StringIO()
    parts = parts_of(tmp_path, reactor)
    await parts.hub.registry.open()
    await parts.server.keys.first()
    where = ["192.168.1.5"]
    monkeypatch.setattr(
        type(parts.server), "reach", property(lambda _: Reach(where[0], 8765, False))
    )
    showing = Banner(clock, parts.server, out)
    showing.startService()
    clock.advance(banners.AGAIN_S)
    assert out.getvalue().count("  open  ") == 1
    where[0] = "192.168.1.6"
    clock.advance(banners.AGAIN_S)
    assert "open        http://192.168.1.6:8765/\n" in out.getvalue()
    showing.match(Match(game_id="G1", watch="http://w/#1", host="http://h/#2"))
    assert "    http://w/#1\n" in out.getvalue()
    showing.stopService()
    parts.hub.registry.close()
    await parts.hub.registry.store.close()


@in_reactor
async def test_a_demonstration_that_was_stopped_before_it_began(tmp_path: Path) -> None:
    reactor = Reactor()
    parts = parts_of(tmp_path, reactor)
    await parts.hub.registry.open()
    showing = Demonstration(reactor, parts.server, process._unshown)
    showing.startService()
    showing.stopService()
    await _soon(reactor)
    await _soon(reactor)
    assert list(showing) == []
    parts.hub.registry.close()
    await parts.hub.registry.store.close()
