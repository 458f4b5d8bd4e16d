"""The terminal client: ``gamesync watch URL`` and ``gamesync play URL``."""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import time
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TextIO

from twisted.internet import stdio, task
from twisted.internet.defer import Deferred, ensureDeferred
from twisted.protocols.basic import LineReceiver

from . import unseen
from .board import Shown, board
from .client import GameClient
from .entering import parse_link
from .envelope import Message
from .ink import Ink, printable
from .link import State
from .mirror import Status
from .outbox import Answer, ClientRefused
from .talk import Reason
from .telling import told
from .tls import BadTrust
from .tokens import FileTokens, MemoryTokens, TokenStore
from .words import HELP, Unclear, order

LOG_LINES = 6
REDRAW_SECONDS = 0.25
_OPEN, _SHUT = "\x1b[?1049h\x1b[2J", "\x1b[?1049l"
_HOME, _TO_END, _REST, _KEEP, _BACK = "\x1b[H", "\x1b[K", "\x1b[J", "\x1b7", "\x1b8"


def watch(argv: Sequence[str]) -> int:
    """Follow a game; with none named, whichever is on. Returns the exit status."""
    return _run(_options("watch", argv), typing=False)


def play(argv: Sequence[str]) -> int:
    """Take part in a game, by typed commands; with none named, host a new one."""
    return _run(_options("play", argv), typing=True)


def _options(name: str, argv: Sequence[str]) -> argparse.Namespace:
    what = watch.__doc__ if name == "watch" else play.__doc__
    parser = argparse.ArgumentParser(
        prog=f"gamesync {name}",
        description=(what or "").partition(" Returns")[0],
        epilog=HELP if name == "play" else None,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("url", help="ws://host:8765; - asks for the link of a QR code, or a key's")
    parser.add_argument("--game", metavar="ID", help="id of the game")
    parser.add_argument("--code", action="store_true", help="ask for a join code")
    parser.add_argument("--ca-file", metavar="PEM", help="authorities to trust, for wss")
    parser.add_argument("--plain", action="store_true", help="a line a change, no board")
    if name == "play":
        parser.add_argument("--names", nargs=2, metavar="NAME", default=("Anna", "Marek"),
                            help="who plays, in a new game")  # fmt: skip
        parser.add_argument("--ruleset", default="wh40k-10e", help="of a new game")
        parser.add_argument("--device", default="terminal", metavar="LABEL",
                            help="keeps the seats of several terminals apart")  # fmt: skip
    found = parser.parse_args(argv)
    try:
        found.url = unseen.link_of(found.url)
        found.code = unseen.line("Code: ") if found.code else None
    except ValueError as error:
        parser.error(str(error))
    return found


def _run(options: argparse.Namespace, typing: bool) -> int:
    from twisted.internet import reactor

    # The program is ours, and so is its reactor: nothing in it goes by the wall's clock.
    vars(reactor)["seconds"] = time.monotonic

    def main(_: object) -> Deferred[None]:
        return ensureDeferred(Terminal(reactor, options, sys.stdout, typing).run())

    try:
        task.react(main)
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 0
    except (ValueError, BadTrust) as error:
        sys.stderr.write(f"gamesync: {error}\n")
        return 2


def state_file() -> Path:
    """Where the devices of this account's terminals are kept."""
    base = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    return Path(base) / "gamesync" / "devices.json"


class _Lines(LineReceiver):
    delimiter = b"\n"

    def __init__(self, typed: Callable[[str], None], ended: Callable[[], None]) -> None:
        self._typed = typed
        self._ended = ended

    def lineReceived(self, line: bytes) -> None:
        self._typed(line.decode("utf-8", "replace"))

    def connectionLost(self, reason: object = None) -> None:
        self._ended()


class Terminal:
    """
    One terminal: what it shows of a game, and what is typed into it.

    :param out: a terminal gets the board, redrawn in place; anything else a line a change
    :param typing: whether lines are read and obeyed
    :param client: makes the client; another one for tests
    """

    def __init__(
        self,
        reactor: Any,
        options: argparse.Namespace,
        out: TextIO,
        typing: bool,
        client: Callable[..., GameClient] = GameClient,
    ) -> None:
        url, way = parse_link(options.url)
        self.options = options
        self.out = out
        self.typing = typing
        self.drawing = out.isatty() and not options.plain
        self.ink = Ink(self.drawing and "NO_COLOR" not in os.environ)
        self.log: deque[str] = deque(maxlen=LOG_LINES)
        self.done: Deferred[None] = Deferred()
        self.way = (options.game or way.game_id, options.code, way.key)
        self._reactor = reactor
        self._before: dict[str, Any] | None = None
        self._said = ""
        self._open = 0
        self._height = 0
        self._input_over = False
        tokens: TokenStore = MemoryTokens()
        if typing:
            tokens = FileTokens(state_file(), options.device)
        self.client = client(
            url, reactor=reactor, client_type="player" if typing else "observer",
            name="terminal", tokens=tokens, ca_file=options.ca_file, on_change=self.changed,
            on_connection=self.connection, on_status=self.status, on_lobby=self.lobby,
        )  # fmt: skip

    async def run(self) -> None:
        """Until ``quit``, the end of what is typed, or the end of the program."""
        self._reactor.addSystemEventTrigger("before", "shutdown", self._leave)
        if self.drawing:
            self.out.write(_OPEN)
        ticking = task.LoopingCall(self.draw)
        ticking.clock = self._reactor
        if self.drawing:
            ticking.start(REDRAW_SECONDS)
        try:
            await self.client.connect()
            await self._enter()
            if self.typing:
                stdio.StandardIO(_Lines(self.typed, self.input_over), reactor=self._reactor)
            await self.done
        finally:
            if ticking.running:
                ticking.stop()
            await self._leave()

    async def _enter(self) -> None:
        game_id, code, key = self.way
        try:
            if game_id or code or key:
                await self.client.join(game_id, code=code, key=key)
            elif self.typing:
                one, two = self.options.names
                made = await self.client.create_game(self.options.ruleset, one, two)
                address = self.client.server_url.replace("ws", "http", 1)
                for place, ways in made.detail.get("places", {}).items():
                    code = f"code {ways['codes'][-1]} or " if ways["codes"] else ""
                    self.tell(f"{place}: {code}{address}/{ways['link']}")
            else:
                self.tell("waiting for a game")
                self.client.watch_lobby()
        except ClientRefused as no:
            self.tell(f"not let in: {no.message}")
            if not self.drawing:
                self.quit()

    def _leave(self) -> Deferred[None]:
        if self.drawing:
            self.drawing = False
            self.out.write(_SHUT)
            for line in self._lines():  # the last of it stays
                self._write(line)
        return self.client.stop()

    def quit(self) -> None:
        if not self.done.called:
            self.done.callback(None)

    # -- what the client says

    def changed(self, state: dict[str, Any], message: Message) -> None:
        said = told(message, state, self._before)
        self._before = state
        if said:
            scores = [p["score"] for p in state["scores"]["players"]]
            self.tell(f"{said}   [{scores[0]} : {scores[1]}]")
        elif message.type == "connect":
            names = " against ".join(p["name"] or f"player {p['player']}" for p in state["players"])
            self.tell(f"game {self.client.game_id}: {names}, {state['status']}")
        if self.drawing:
            self.draw()

    def connection(self, state: State, reason: Reason) -> None:
        retry = f"; trying again in {reason.retry_in:.1f} s" if reason.retry_in else ""
        self._said = f"{state}: {reason}{retry}"
        if not self.drawing:
            self.tell(self._said)

    def status(self, status: Status) -> None:
        if self.drawing:
            self.draw()

    def lobby(self, games: dict[str, dict[str, Any]]) -> None:
        """Follow a game that is on; when it is over, the next one."""
        current = games.get(self.client.game_id or "", {})
        if current.get("status") in ("waiting", "setup", "ready", "playing"):
            return
        playing = [g for g in games.values() if g["status"] == "playing"]
        if playing or (games and not current):
            best = max(playing or list(games.values()), key=lambda g: g["version"])
            joining = self.client.join(best["game_id"])
            joining.addErrback(lambda failure: self.tell(failure.getErrorMessage()))

    # -- what is typed

    def typed(self, line: str) -> None:
        """Obey a line."""
        client = self.client
        seat = 0 if "host" in client.mirror.rights else client.mirror.player
        try:
            wanted = order(line, client.state or {}, seat)
        except Unclear as error:
            self.tell(str(error))
            wanted = None
        if wanted is not None:
            self._obey(wanted.method, wanted.args, wanted.kwargs)
        if self.drawing:
            self.out.write(_HOME + _REST)
            self.draw(whole=True)

    def _obey(self, method: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        if method == "quit":
            if self.client.status is Status.LIVE and not self._input_over:
                self.input_over()  # what was asked is still answered; a second quit is at once
            else:
                self.quit()
        elif method == "help":
            for line in HELP.splitlines():
                self.tell(line)
        else:
            self._open += 1
            asked: Deferred[Answer] = getattr(self.client, method)(*args, **kwargs)
            asked.addCallbacks(self._obeyed, lambda failure: self.tell(f"no: {failure.value}"))
            asked.addBoth(self._closed)

    def _obeyed(self, answer: Answer) -> None:
        if answer.already:
            self.tell("that had happened already")

    def _closed(self, _: object) -> None:
        self._open -= 1
        self._perhaps_over()

    def input_over(self) -> None:
        """No more lines: go when everything is answered."""
        self._input_over = True
        self._perhaps_over()

    def _perhaps_over(self) -> None:
        if self._input_over and not self._open:
            self.quit()

    # -- what is shown

    def tell(self, line: str) -> None:
        line = printable(line)
        self.log.append(line)
        if not self.drawing:
            self._write(line)

    def shown(self) -> Shown:
        client = self.client
        mirror = client.mirror
        ago = {}
        now = mirror.clock.at(client.conversation.now_ms())
        judge = mirror.section("judge")
        if judge and now is not None:
            ago["judge"] = max(0, round(now) - int(judge["at_ms"]))
        devices = mirror.presence.get("devices", ())
        return Shown(
            state=client.state, status=client.status, connection=self._said,
            clocks=(client.clock_shown(1), client.clock_shown(2)), version=client.version,
            game_id=client.game_id or "", rtt_ms=mirror.clock.rtt_ms,
            watching=len(devices) + int(mirror.presence.get("observers", 0)),
            log=tuple(self.log), ago=ago,
        )  # fmt: skip

    def _lines(self) -> list[str]:
        return board(self.shown(), shutil.get_terminal_size().columns, self.ink)

    def draw(self, whole: bool = False) -> None:
        """Redraw the board in place; what is being typed below it stays."""
        if not self.drawing:
            return
        shown = self._lines()
        if len(shown) > self._height:
            self._height, whole = len(shown), True
        shown += [""] * (self._height - len(shown))  # what is typed stays on its line
        lines = "".join(f"{line}{_TO_END}\r\n" for line in shown)
        if self.typing and not whole:
            self.out.write(f"{_KEEP}{_HOME}{lines}{_BACK}")
        else:
            self.out.write(f"{_HOME}{lines}{_TO_END}{'> ' if self.typing else ''}{_REST}")
        self.out.flush()

    def _write(self, line: str) -> None:
        self.out.write(f"{line}\n")
        self.out.flush()
