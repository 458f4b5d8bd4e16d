"""
Sockets that the service manager opened for us (socket activation).

They stay open while the server restarts, so that whoever connects meanwhile waits in their queue
instead of being refused; and they may be on ports that the server's user could not open.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Iterable, Iterator
from contextlib import suppress
from itertools import count
from typing import Any

from twisted.internet.endpoints import serverFromString

from ..config import BadConfig


def inherited(reactor: Any, named: Iterable[str]) -> list[str]:
    """
    Endpoints for the sockets that were passed, in their order.

    :param named: endpoints that the configuration has already; a socket that is among them
        (``systemd:domain=INET6:name=web``) is left out
    :raises BadConfig: something else was passed
    """
    # Twisted has taken the variables out of the environment as it was loaded, and answers this way.
    taken = set()
    for endpoint in named:
        if endpoint.startswith("systemd:"):
            with suppress(Exception):  # a bad one fails as it is listened on, in a sentence
                taken.add(_descriptor(reactor, endpoint))
    return [
        f"systemd:domain={_family(descriptor)}:index={index}"
        for index, descriptor in enumerate(_passed(reactor))
        if descriptor not in taken
    ]


def _passed(reactor: Any) -> Iterator[int]:
    for index in count():
        try:
            yield _descriptor(reactor, f"systemd:domain=INET:index={index}")
        except IndexError:
            return


def _descriptor(reactor: Any, endpoint: str) -> int:
    adopted: Any = serverFromString(reactor, endpoint)
    return int(adopted.fileno)


def _family(descriptor: int) -> str:
    """
    As endpoints write it: ``INET6`` for ``AF_INET6``.

    :raises BadConfig: it is no socket that listens for connections
    """
    try:
        with socket.socket(fileno=os.dup(descriptor)) as passed:
            if passed.type == socket.SOCK_STREAM and passed.getsockopt(
                socket.SOL_SOCKET, socket.SO_ACCEPTCONN
            ):
                return passed.family.name.removeprefix("AF_")
    except OSError:
        pass
    raise BadConfig(f"file descriptor {descriptor} is no listening socket")
