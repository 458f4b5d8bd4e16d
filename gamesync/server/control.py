"""
The box's own way in: a Unix socket beside the database, which only the server's user can open.

One request a line, one answer a line, both JSON objects: ``{"do": "key.new", "name": "Ann", "role":
"judge"}`` and ``{"ok": true, ...}`` or ``{"ok": false, "error": "a sentence"}``. While a server
runs, it holds its database alone; so the commands of the box (``gamesync key``) ask here.
"""

from __future__ import annotations

import json
import os
import socket
import stat
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import Any

from twisted.application.service import Service
from twisted.internet.defer import Deferred, succeed
from twisted.internet.error import CannotListenError
from twisted.internet.interfaces import IAddress, IListeningPort
from twisted.internet.protocol import Factory
from twisted.logger import Logger
from twisted.protocols.basic import LineOnlyReceiver
from twisted.python.failure import Failure

from ..domain.values import Refused
from ..store import Unavailable

PATH_BYTES = 107
"""What fits into a Unix socket's address; the system allows no longer one."""

Answer = dict[str, Any]
Doing = Callable[[dict[str, Any]], Awaitable[Answer]]


class NoServer(Exception):
    """Nobody answers at the socket: no server runs there."""


class NoAnswer(Exception):
    """A server is there, but said nothing that could be used; one sentence."""


def socket_path(database: str) -> str:
    return f"{os.path.abspath(database)}.sock"


def too_long(path: str) -> bool:
    return len(os.fsencode(path)) > PATH_BYTES


def ask(path: str, request: Mapping[str, Any], seconds: float = 15.0) -> Answer:
    """
    Put one request to the server whose socket is at *path*, and wait for the answer.

    :raises NoServer: nobody is there
    :raises NoAnswer: somebody is
    """
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
        line.settimeout(seconds)
        try:
            line.connect(path)
        except PermissionError:
            raise NoAnswer(f"{path} is another user's: run this as the server's user") from None
        except OSError as e:  # not there, left over from a killed server, or too long a path
            raise NoServer(f"{path}: {e.strerror or e}") from e
        try:
            line.sendall(json.dumps(request).encode() + b"\n")
            said = line.makefile("rb").readline()
        except OSError as e:
            raise NoAnswer(f"the server does not answer ({e.strerror or e})") from e
    try:
        answer: Answer = json.loads(said)
    except ValueError:
        raise NoAnswer("the server has hung up without an answer") from None
    return answer


class Control(Service):
    """
    Listens while it runs. To be started once the database is held: then whatever lies at the path
    is left over from a server that was killed.

    :param doings: what can be asked for, by its name under ``do``
    """

    _log = Logger()

    def __init__(self, reactor: Any, path: str, doings: Mapping[str, Doing]) -> None:
        self.path = path
        self._reactor = reactor
        self._doings = doings
        self._listening: IListeningPort | None = None

    def startService(self) -> None:
        """Play is worth more than this socket: if it cannot be had, that is only said."""
        super().startService()
        if too_long(self.path):
            self._log.error(
                "no control socket: the path {path} is longer than {most} bytes;"
                " `gamesync key` works only while this server is stopped",
                path=self.path,
                most=PATH_BYTES,
            )
            return
        with suppress(OSError):
            if stat.S_ISSOCK(os.lstat(self.path).st_mode):
                os.unlink(self.path)
        before = os.umask(0o177)  # not for a moment open to others
        try:
            self._listening = self._reactor.listenUNIX(self.path, _Lines(self), mode=0o600)
        except CannotListenError as e:
            self._log.error("no control socket: {why}", why=str(e))
        finally:
            os.umask(before)

    def stopService(self) -> Deferred[None] | None:
        super().stopService()
        listening, self._listening = self._listening, None
        stopping: Deferred[None] | None = listening.stopListening() if listening else None
        if stopping is not None:  # somebody may have taken the file away
            stopping.addErrback(_taken_away)
        return stopping

    def answer(self, line: bytes) -> Deferred[Answer]:
        """What one line comes to; never fails."""
        try:
            request = json.loads(line)
            doing = self._doings[request["do"]]
        except (ValueError, TypeError, KeyError, RecursionError):
            return succeed(_no("this server knows no such request"))
        return Deferred.fromCoroutine(_awaited(doing, request)).addErrback(self._failed)

    def _failed(self, failure: Failure) -> Answer:
        if failure.check(Refused):
            return _no(str(failure.value))
        if failure.check(Unavailable):
            return _no("nothing can be made durable just now; try again")
        self._log.failure("a request at the control socket broke", failure=failure)
        return _no("a fault of the server's own; it is in its log")


def _taken_away(failure: Failure) -> None:
    failure.trap(OSError)


async def _awaited(doing: Doing, request: dict[str, Any]) -> Answer:
    return {"ok": True, **await doing(request)}


def _no(error: str) -> Answer:
    return {"ok": False, "error": error}


class _Line(LineOnlyReceiver):
    delimiter = b"\n"
    factory: _Lines

    def lineReceived(self, line: bytes) -> None:
        self.factory.control.answer(line).addCallback(self._say)

    def _say(self, answer: Answer) -> None:
        self.sendLine(json.dumps(answer).encode())


class _Lines(Factory[_Line]):
    noisy = False

    def __init__(self, control: Control) -> None:
        self.control = control

    def buildProtocol(self, addr: IAddress | None) -> _Line:
        line = _Line()
        line.factory = self
        return line
