"""Requests to a database that no server holds: opened here, asked, and let go of again."""

from __future__ import annotations

from typing import Any

from twisted.internet.defer import Deferred, ensureDeferred
from twisted.internet.task import react

from ..config import BadConfig, Settings
from ..domain.values import Refused
from ..server.assembly import build
from ..server.control import Answer
from ..server.reach import Reach
from ..storage.schema import BadDatabase, InUse
from ..store import Unavailable
from .box import Sorry, Talk

_HINT = " If it is the server's that is just starting, try again in a moment."


def answer(settings: Settings, talk: Talk, first: Answer) -> None:
    """
    Answer *talk* as a server's control socket would.

    May be called once a process: a reactor runs for it.

    :param first: what it has asked already
    :raises Sorry: one of the answers was no
    """
    sorry: list[Sorry] = []

    async def work(reactor: Any) -> None:
        try:
            await converse(settings, talk, first, reactor)
        except Sorry as e:
            sorry.append(e)

    try:
        react(lambda reactor: ensureDeferred(work(reactor)))
    except SystemExit as end:  # react's way to return
        if end.code:
            raise
    if sorry:
        raise sorry[0]


async def converse(settings: Settings, talk: Talk, request: Answer, reactor: Any) -> None:
    """:raises Sorry: one of the answers was no"""
    try:
        parts = build(settings, reactor)
        registry = parts.hub.registry
        await registry.open()
    except InUse as e:
        raise Sorry(f"{e}{_HINT}") from e
    except (BadConfig, BadDatabase, Unavailable) as e:
        raise Sorry(str(e)) from e
    doings = parts.server.doings(Reach.of(settings, settings.ws_port))
    try:
        while True:
            told = await doings[request["do"]](request)
            request = talk.send({"ok": True, **told})
    except StopIteration:
        return
    except (Refused, Unavailable) as e:
        raise Sorry(str(e)) from e
    finally:
        registry.close()
        settled: Deferred[None] = registry.commits.settled()
        await settled
        await registry.store.close()
