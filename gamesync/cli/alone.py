"""One request to a database that no server holds: opened here, asked, and let go of again."""

from __future__ import annotations

from typing import Any

from twisted.internet.defer import Deferred, ensureDeferred
from twisted.internet.task import react

from ..config import BadConfig, Settings
from ..domain.values import Refused
from ..server.control import Answer
from ..server.keys import Keys, doings
from ..server.reach import Reach
from ..server.service import build
from ..storage.schema import BadDatabase, InUse
from ..store import Unavailable

_HINT = " If it is the server's that is just starting, try again in a moment."


def answer(settings: Settings, request: Answer) -> Answer:
    """
    The answer that a server's control socket would give.

    May be called once a process: a reactor runs for it.
    """
    found: list[Answer] = []

    async def work(reactor: Any) -> None:
        found.append(await _answer(settings, request, reactor))

    try:
        react(lambda reactor: ensureDeferred(work(reactor)))
    except SystemExit as end:  # react's way to return
        if end.code:
            raise
    return found[0]


async def _answer(settings: Settings, request: Answer, reactor: Any) -> Answer:
    try:
        parts = build(settings, reactor)
        registry = parts.hub.registry
        await registry.open()
    except InUse as e:
        return {"ok": False, "error": f"{e}{_HINT}"}
    except (BadConfig, BadDatabase, Unavailable) as e:
        return {"ok": False, "error": str(e)}
    link = Reach.of(settings, settings.ws_port).organiser
    try:
        told = await doings(Keys(registry), link)[request["do"]](request)
        return {"ok": True, **told}
    except (Refused, Unavailable) as e:
        return {"ok": False, "error": str(e)}
    finally:
        registry.close()
        settled: Deferred[None] = registry.commits.settled()
        await settled
        await parts.hub.registry.store.close()
