"""The officials' keys, as the box itself hands them out: its owner needs no other right."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import attrs
import msgspec

from ..asking import Asked
from ..domain import text
from ..domain.events import SERVER
from ..domain.values import Refused
from ..domain.venue.commands import NewOfficial, RevokeOfficial
from ..domain.venue.state import Official
from ..registry import Registry
from ..wire.messages import Ack
from .control import Answer, Doing
from .joining import refused

FIRST_NAME = "Organiser"

Role = Literal["judge", "organiser"]


@attrs.frozen(kw_only=True)
class Key:
    """One official, and what opens his place."""

    id: str
    name: str
    role: Role
    secret: str = attrs.field(repr=False)
    used: bool
    """Some device has been let in with it."""
    revoked: bool
    devices: int
    """How many hold the place now."""


class Keys:
    """
    Makes, lists and revokes keys, through the venue's own log like everybody else.

    :raises Refused: from any of it, in words
    """

    def __init__(self, registry: Registry) -> None:
        self._registry = registry

    async def new(self, name: str, role: Role) -> Key:
        try:
            name = text.name(name)
        except ValueError as e:
            raise Refused("bad_value", str(e), "name") from None
        detail = await self._do(NewOfficial(name=name, role=role))
        return self._key(self._registry.venue.venue.official(str(detail["official"])))

    def list(self) -> list[Key]:
        return [self._key(official) for official in self._registry.venue.venue.officials.values()]

    async def revoke(self, id_: str) -> Key:
        await self._do(RevokeOfficial(official=id_))
        return self._key(self._registry.venue.venue.official(id_))

    async def first(self) -> Key | None:
        """
        The organiser's key of the first start, made now if there is none.

        :returns: None once it has been used, or revoked: nobody needs to be shown it again
        """
        if not self._registry.venue.venue.officials:
            return await self.new(FIRST_NAME, "organiser")
        organisers = [key for key in self.list() if key.role == "organiser"]
        first = organisers[0]  # the last organiser cannot be revoked, so there is one
        return None if first.used or first.revoked else first

    def _key(self, official: Official) -> Key:
        return Key(
            id=official.id,
            name=official.name,
            role=official.role,
            secret=self._registry.around.secrets.official(official.ordinal),
            used=official.used,
            revoked=official.revoked,
            devices=len(official.devices),
        )

    async def _do(self, command: NewOfficial | RevokeOfficial) -> dict[str, object]:
        registry = self._registry
        asked = Asked(
            command=command, device="", now=registry.store.now(), type="official", by=SERVER
        )
        outcome = await registry.submit(registry.venue, asked)
        if outcome.code != "ack":
            raise refused(outcome.code, outcome.body)
        return msgspec.json.decode(outcome.body, type=Ack).detail


def doings(keys: Keys, link: Callable[[str], str]) -> dict[str, Doing]:
    """
    What the control socket can be asked about keys, by name; each may raise as :class:`Keys` does.

    :param link: makes a link of a secret
    """

    def told(key: Key) -> Answer:
        about = attrs.asdict(key)
        del about["secret"]
        return about

    async def new(request: Answer) -> Answer:
        role: Role = "judge" if request.get("judge") else "organiser"
        key = await keys.new(str(request.get("name", "")), role)
        return {**told(key), "key": key.secret, "link": link(key.secret)}

    async def list_(request: Answer) -> Answer:
        return {"keys": [told(key) for key in keys.list()]}

    async def revoke(request: Answer) -> Answer:
        return told(await keys.revoke(str(request.get("id", ""))))

    return {"key.new": new, "key.list": list_, "key.revoke": revoke}
