"""The terminal client: what it prints, what it draws, what it does with what is typed."""

from __future__ import annotations

import argparse
import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from twisted.internet.defer import Deferred, ensureDeferred
from twisted.internet.task import Clock

from gamesync.client import GameClient
from gamesync.client.terminal import Terminal, _Lines, play, state_file, watch
from gamesync.domain import commands as c

from .kit import Network, PeerFactory, Scene, Table


class Screen(io.StringIO):
    """A terminal, or a pipe."""

    def __init__(self, tty: bool) -> None:
        super().__init__()
        self.tty = tty

    def isatty(self) -> bool:
        return self.tty

    def take(self) -> str:
        """What was written since the last time."""
        said = self.getvalue()
        self.seek(0)
        self.truncate()
        return said


class Reactor(Clock):
    def __init__(self) -> None:
        super().__init__()
        self.triggers: list[Any] = []

    def addSystemEventTrigger(self, phase: str, event: str, call: Any) -> None:
        self.triggers.append((phase, event, call))


SEATS: list[Seat] = []


@pytest.fixture(autouse=True)
def _all_leave() -> Iterator[None]:
    yield
    while SEATS:
        seat = SEATS.pop()
        seat.terminal.quit()
        seat.step(5)


class Seat:
    """A terminal in front of a server in memory."""

    def __init__(self, *, tty: bool = False, typing: bool = False, **options: Any) -> None:
        self.reactor = Reactor()
        self.reactor.advance(100)
        factory = PeerFactory(self.reactor)
        network = Network(factory, self.reactor)
        self.screen = Screen(tty)
        chosen = {"url": "box", "game": None, "code": None, "ca_file": None,
                  "plain": False, "names": ("Anna", "Marek"), "ruleset": "wh40k-10e",
                  "device": "test"} | options  # fmt: skip

        def client(*args: Any, **kwargs: Any) -> GameClient:
            return GameClient(*args, **kwargs, endpoint=network, monotonic=self.reactor.seconds,
                              delay=float)  # fmt: skip

        self.terminal = Terminal(self.reactor, argparse.Namespace(**chosen), self.screen, typing,
                                 client)  # fmt: skip
        self.scene = Scene(self.reactor, factory, network, self.terminal.client, Table())
        factory.opened, factory.said = self.scene.opened, self.scene.said
        SEATS.append(self)

    def run(self) -> Deferred[None]:
        done = ensureDeferred(self.terminal.run())
        self.scene.step()
        self.scene.step(1)
        return done

    def step(self, seconds: float = 0.0) -> None:
        self.scene.step(seconds)

    def answer(self, type_: str, **more: Any) -> None:
        self.step()
        self.scene.ack(self.scene.peer.of(type_)[-1], **more)
        self.step()


def test_piped_it_prints_a_line_a_change() -> None:
    seat = Seat(game="g1")
    done = seat.run()
    assert seat.screen.take().splitlines() == [
        "reconnecting: connecting",
        "connected: connected",
        "game g1: Anna against Marek, waiting",
    ]
    seat.scene.tell(c.SkipSetup(first_player=1))
    seat.scene.tell(c.StartClock())
    seat.scene.tell(c.ScoreUpdate(player=2, category="secondary", round=1, value=5))
    assert seat.screen.take().splitlines() == [
        "Anna goes first   [0 : 0]",
        "the clock runs for Anna   [0 : 0]",
        "Marek: Secondary, round 1: 5   [0 : 5]",
    ]
    seat.scene.network.cut()
    assert "the connection broke; trying again in 1.0 s" in seat.screen.take()
    seat.terminal.quit()
    seat.terminal.quit()
    seat.step(5)
    assert done.called


def test_on_a_terminal_the_board_is_drawn_in_place_and_its_last_state_stays() -> None:
    seat = Seat(tty=True, game="g1")
    done = seat.run()
    drawn = seat.screen.take()
    assert drawn.startswith("\x1b[?1049h")
    assert "● Anna" in drawn
    assert "● LIVE" in drawn
    seat.scene.tell(c.SkipSetup(first_player=1))
    seat.scene.tell(c.StartClock())
    assert "ROUND 1 of 5" in seat.screen.take()
    seat.step(0.25)
    assert seat.screen.take().count("\x1b[H") >= 1  # the clock moves by itself
    ((_, _, leave),) = [t for t in seat.reactor.triggers if t[:2] == ("before", "shutdown")]
    leave()
    left = seat.screen.take()
    assert left.startswith("\x1b[?1049l")
    assert "ROUND 1 of 5" in left
    seat.terminal.quit()
    seat.step(5)
    assert done.called


def test_a_stale_board_says_so_at_once() -> None:
    seat = Seat(tty=True, game="g1")
    seat.run()
    seat.screen.take()
    seat.scene.network.cut()
    assert "NOT LIVE" in seat.screen.take()


def test_with_no_game_named_it_follows_what_is_on_and_then_the_next() -> None:
    seat = Seat()
    seat.run()
    assert "waiting for a game" in seat.screen.take()

    def games(*listed: tuple[str, str, int]) -> dict[str, Any]:
        rows = [{"game_id": i, "status": s, "version": v} for i, s, v in listed]
        return {"games": rows, "whole": True}

    asked = seat.scene.peer.of("game_list")[0]
    seat.scene.peer.say("game_list", games(("g7", "waiting", 9), ("g1", "playing", 4)),
                        id=asked["id"])  # fmt: skip
    seat.step()
    assert seat.terminal.client.game_id == "g1"
    joins = len(seat.scene.peer.of("connect"))
    seat.scene.peer.say("game_list", games(("g1", "playing", 5)))
    seat.step()
    assert len(seat.scene.peer.of("connect")) == joins
    seat.scene.peer.say("game_list", games(("g1", "signed", 6), ("g8", "playing", 2)))
    seat.step()
    assert seat.scene.peer.of("connect")[-1]["game_id"] == "g8"


def test_not_let_in_it_says_so_and_ends() -> None:
    seat = Seat(game="g1", key="k" * 22)
    seat.scene.answers = False
    done = ensureDeferred(seat.terminal.run())
    seat.step()
    seat.scene.peer.tell(seat.scene.table.greeting())
    seat.step()
    asked = seat.scene.peer.of("connect")[-1]
    seat.scene.let_in(seat.scene.peer, {"data": {}, "id": asked["id"]})
    seat.step()
    asked = seat.scene.peer.of("connect")[-1]
    error = {"code": "bad_credentials", "message": "this opens nothing (any more)"}
    seat.scene.peer.say("error", error, id=asked["id"])
    seat.step()
    assert "not let in: this opens nothing (any more)" in seat.screen.take()
    seat.step(5)
    assert done.called


class TestTyping:
    @pytest.fixture
    def seat(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Seat]:
        monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
        monkeypatch.setattr("twisted.internet.stdio.StandardIO", lambda *a, **k: None)
        return iter([Seat(typing=True, game="g1")])

    @pytest.fixture
    def at(self, seat: Iterator[Seat]) -> Seat:
        made = next(seat)
        made.scene.own = {"role": "host", "rights": ["host"]}
        made.scene.table.playing(made.scene.now)
        made.run()
        made.screen.take()
        return made

    def test_a_line_is_sent_and_its_answer_awaited(self, at: Seat) -> None:
        at.terminal.typed("score 1 sec 5")
        at.step()
        heard = at.scene.peer.of("score_update")[0]["data"]
        assert heard == {"player": 1, "category": "secondary", "round": 1, "value": 5}
        at.terminal.input_over()
        assert not at.terminal.done.called
        at.answer("score_update")
        assert at.terminal.done.called

    def test_refusals_and_repetitions_are_said(self, at: Seat) -> None:
        at.terminal.typed("pass")
        at.answer("timer_update", data={"already": True})
        assert at.screen.take() == "that had happened already\n"
        at.terminal.typed("cp 1 -5")
        at.step()
        heard = at.scene.peer.of("score_update")[-1]
        at.scene.peer.say("error", {"code": "out_of_range", "message": "too few"}, id=heard["id"])
        at.step()
        assert at.screen.take() == "no: too few\n"

    def test_help_nonsense_and_quit(self, at: Seat) -> None:
        at.terminal.typed("")
        at.terminal.typed("dance")
        assert at.screen.take() == "dance? Type help.\n"
        at.terminal.typed("help")
        assert "score [PLAYER]" in at.screen.take()
        at.terminal.typed("quit")
        assert at.terminal.done.called

    def test_quit_waits_for_what_was_asked_and_the_second_does_not(self, at: Seat) -> None:
        at.terminal.typed("cp 1 +1")
        at.terminal.typed("quit")
        assert not at.terminal.done.called
        at.terminal.typed("quit")
        assert at.terminal.done.called

    def test_its_token_is_kept_for_the_next_time(self, at: Seat, tmp_path: Path) -> None:
        assert state_file() == tmp_path / "gamesync" / "devices.json"
        assert "ws://box:8765 test" in state_file().read_text()

    def test_what_is_being_typed_stays_while_the_board_is_redrawn(
        self, seat: Iterator[Seat], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        at = Seat(tty=True, typing=True, game="g1")
        at.run()
        first = at.screen.take()
        assert first.endswith("> \x1b[J") or "\x1b7" in first
        at.step(0.25)
        redrawn = at.screen.take()
        assert redrawn.startswith("\x1b7\x1b[H")
        assert redrawn.endswith("\x1b8")
        at.terminal.typed("dance")
        whole = at.screen.take()
        assert "> " in whole
        assert "dance? Type help." in whole

    def test_with_no_game_named_it_hosts_one_and_shows_the_ways_in(
        self, seat: Iterator[Seat]
    ) -> None:
        at = Seat(typing=True, names=("Zoe", "Bo"))
        at.scene.own = {"role": "host", "rights": ["host"]}
        at.run()
        heard = at.scene.peer.of("game_create")[0]["data"]
        assert (heard["player1_name"], heard["player2_name"]) == ("Zoe", "Bo")
        ways = {"player:1": {"link": "#g=g1&p=player:1&k=secret", "codes": ["ABCD"]},
                "observer": {"link": "#g=g1&p=observer", "codes": []}}  # fmt: skip
        at.answer("game_create", data={"detail": {"places": ways}})
        said = at.screen.take()
        assert "player:1: code ABCD or http://box:8765/#g=g1&p=player:1&k=secret" in said
        assert "observer: http://box:8765/#g=g1&p=observer" in said


def test_lines_come_as_they_are_typed() -> None:
    lines: list[str] = []
    ended: list[bool] = []
    reader = _Lines(lines.append, lambda: ended.append(True))
    reader.dataReceived(b"end\nsco")
    reader.dataReceived(b"re 1\r\n\xff\n")
    reader.connectionLost()
    assert lines == ["end", "score 1\r", "\ufffd"]
    assert ended == [True]


@pytest.mark.parametrize("run", [watch, play])
def test_help_and_wrong_addresses(run: Any, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        run(["--help"])
    assert left.value.code == 0
    assert "ws://host:8765" in capsys.readouterr().out
    with pytest.raises(SystemExit) as left:
        run([])
    assert left.value.code == 2


def test_colours_are_off_where_nobody_wants_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    seat = Seat(tty=True, game="g1")
    seat.run()
    assert not re.search(r"\x1b\[[0-9;]+m", seat.screen.take())
