"""What people are shown at the start: where the server is, and how to look at it."""

from __future__ import annotations

import io
import shutil
import sys
from pathlib import Path
from typing import Any, TextIO

import segno
from twisted.application.service import Service
from twisted.internet.defer import Deferred
from twisted.internet.task import LoopingCall
from twisted.logger import Logger

from .. import __version__
from ..server.keys import Key
from ..server.reach import Reach, addresses
from ..server.service import Server
from .demonstration import Match

AGAIN_S = 30.0
"""How often to look whether the box has got another address."""


class Banner(Service):
    """Prints the links once it is started, and again when the box's address has changed."""

    _log = Logger()

    def __init__(self, reactor: Any, server: Server, out: TextIO) -> None:
        self._server = server
        self._out = out
        self._shown: Reach | None = None
        self._look = LoopingCall(self._again)
        self._look.clock = reactor

    def startService(self) -> None:
        super().startService()
        self._look.start(AGAIN_S)

    def stopService(self) -> None:
        super().stopService()
        if self._look.running:
            self._look.stop()

    def match(self, match: Match) -> None:
        """Show how to look at a match of the demonstration."""
        self._print(
            f"\n  A match that plays itself; to watch it:\n"
            f"    {match.watch}\n"
            f"  as its host:\n"
            f"    {match.host}\n\n"
        )

    def _print(self, text: str) -> None:
        self._out.write(text)
        self._out.flush()

    def _again(self) -> Deferred[None]:
        showing: Deferred[None] = Deferred.fromCoroutine(self._show())
        return showing.addErrback(lambda f: self._log.failure("no links shown", failure=f))

    async def _show(self) -> None:
        reach = self._server.reach
        if reach == self._shown:
            return
        self._shown = reach
        first = await self._server.keys.first()
        self._print(banner(reach, first, tuple(addresses())))


def banner(reach: Reach, first: Key | None, others: tuple[str, ...] = (), qr: bool = True) -> str:
    """
    :param first: the organiser's key, while nobody has used it
    :param others: addresses at which the box may be reached as well
    """
    lines = [
        f"gamesync {__version__} serves.",
        "",
        f"  open        {reach.http()}",
        f"  for the TV  {reach.http('/?view=board')}",
        f"  for clients {reach.ws}",
        f"  in here     {command()} watch {reach.ws}",
    ]
    if others := tuple(other for other in others if other != reach.host):
        lines.append(f"  this box is also {', '.join(others)}")
    if first is not None:
        lines += [
            f"  organiser   {reach.organiser(first.secret)}",
            "              Keep it to yourself: who has it runs the venue. Shown until it is used.",
        ]
    if qr:
        lines += ["", "  For a phone:", _code(reach.http())]
    return "\n".join(["", *lines, ""])


def command() -> str:
    """How this installation's ``gamesync`` is called from here."""
    ours = Path(sys.executable).with_name("gamesync")
    found = shutil.which("gamesync")
    if not ours.exists() or (found is not None and Path(found).resolve() == ours.resolve()):
        return "gamesync"
    here = Path.cwd()
    return str(ours.relative_to(here) if ours.is_relative_to(here) else ours)


def _code(link: str) -> str:
    """As lines of white on black, whatever the terminal's own colours are."""
    text = io.StringIO()
    segno.make(link, micro=False).terminal(text, compact=True, border=2)
    lines = text.getvalue().splitlines()
    return "\n".join(f"  \x1b[97;40m{line}\x1b[0m" for line in lines)
