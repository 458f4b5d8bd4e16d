"""What the control socket can be asked about backups."""

from __future__ import annotations

import msgspec

from ..domain.values import Refused
from ..storage.archive import Reason
from .control import Answer, Doing
from .safety import Safety


def doings(safety: Safety) -> dict[str, Doing]:
    async def made(reason: Reason) -> Answer:
        found = await safety.back_up(reason)
        if found.error:
            raise Refused("storage", found.error)
        told: Answer = msgspec.to_builtins(found)
        return told

    async def backup(request: Answer) -> Answer:
        return await made("request")

    async def verify(request: Answer) -> Answer:
        return await made("verify")

    return {"backup": backup, "verify": verify}
