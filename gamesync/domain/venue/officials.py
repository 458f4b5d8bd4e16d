"""Officials and their keys, the devices that may not come in, the games that are hidden."""

from __future__ import annotations

from msgspec.structs import replace

from ..commands import RevokeDevice
from ..events import Revoked
from ..values import Refused
from .commands import (
    Enter,
    HideGame,
    InviteOfficial,
    NewOfficial,
    RenameOfficial,
    RestoreDevice,
    RevokeOfficial,
)
from .events import (
    GameHidden,
    OfficialAdded,
    OfficialEntered,
    OfficialRenamed,
    OfficialRevoked,
    ParticipantJoined,
    Restored,
)
from .places import paired
from .state import (
    Official,
    Venue,
    VenueContext,
    VenueDecision,
    already,
    apply,
    check_device,
    check_name,
    check_room,
    decide,
    one,
    without_device,
)

OFFICIALS_MAX = 100
"""Officials whose key opens something."""
REVOKED_MAX = 2_000
HIDDEN_MAX = 2_000
OFFICIAL_DEVICES = 5
"""With one more, the oldest loses its place."""

# Officials


@decide.register
def _(command: NewOfficial, venue: Venue, ctx: VenueContext) -> VenueDecision:
    id_ = venue.next_id("o")
    fact = OfficialAdded(official=id_, name=command.name, role=command.role)
    return one(fact, venue, ctx, official=id_)


def _names(venue: Venue) -> list[str]:
    return [o.name for o in venue.officials.values() if not o.revoked]


@apply.register
def _(fact: OfficialAdded, venue: Venue, ctx: VenueContext) -> Venue:
    check_room(_names(venue), OFFICIALS_MAX, "officials")
    check_name(fact.name, _names(venue))
    venue = replace(venue, made=venue.made + 1)
    return venue.with_official(
        Official(id=fact.official, name=fact.name, role=fact.role, ordinal=venue.made)
    )


@decide.register
def _(command: RenameOfficial, venue: Venue, ctx: VenueContext) -> VenueDecision:
    if venue.official(command.official).name == command.name:
        return already()
    return one(OfficialRenamed(official=command.official, name=command.name), venue, ctx)


@apply.register
def _(fact: OfficialRenamed, venue: Venue, ctx: VenueContext) -> Venue:
    official = venue.official(fact.official)
    check_name(fact.name, (name for name in _names(venue) if name != official.name))
    return venue.with_official(replace(official, name=fact.name))


@decide.register
def _(command: InviteOfficial, venue: Venue, ctx: VenueContext) -> VenueDecision:
    official = venue.official(command.official)
    if official.revoked:
        raise Refused("not_now", f"official: {official.name}'s key has been revoked", "official")
    return VenueDecision((), {"official": official.id})


@decide.register
def _(command: RevokeOfficial, venue: Venue, ctx: VenueContext) -> VenueDecision:
    official = venue.official(command.official)
    if official.revoked:
        return already()
    return one(OfficialRevoked(official=official.id), venue, ctx, devices=official.devices)


@apply.register
def _(fact: OfficialRevoked, venue: Venue, ctx: VenueContext) -> Venue:
    official = venue.official(fact.official)
    organisers = [o.id for o in venue.officials.values() if o.role == "organiser" and not o.revoked]
    if organisers == [official.id]:
        raise Refused("not_now", "official: the last organiser; make another first", "official")
    return venue.with_official(replace(official, revoked=True, devices=()))


@apply.register
def _(fact: OfficialEntered, venue: Venue, ctx: VenueContext) -> Venue:
    check_device(venue, fact.device)
    official = venue.official(fact.official)
    if official.revoked:
        raise Refused("not_yours", "this key has been revoked")
    devices = (*official.devices, fact.device)[-OFFICIAL_DEVICES:]
    return venue.with_official(replace(official, used=True, devices=devices))


# Devices, and games to be hidden


@decide.register
def _(command: Enter, venue: Venue, ctx: VenueContext) -> VenueDecision:
    if command.place == "table":
        return paired(command.id, command.device, venue, ctx)
    if command.place == "official":
        if command.device in venue.official(command.id).devices:
            return already(official=command.id)
        fact = OfficialEntered(official=command.id, device=command.device)
        return one(fact, venue, ctx, official=command.id)
    if command.device in venue.event(command.event).participant(command.id).devices:
        return already(participant=command.id)
    joined = ParticipantJoined(event=command.event, participant=command.id, device=command.device)
    return one(joined, venue, ctx, participant=command.id)


@decide.register
def _(command: RevokeDevice, venue: Venue, ctx: VenueContext) -> VenueDecision:
    if command.device in venue.revoked:
        return already()
    if command.device == ctx.by.device:
        raise Refused("not_now", "device: this is your own; revoke it from another", "device")
    return one(Revoked(device=command.device), venue, ctx)


@apply.register
def _(fact: Revoked, venue: Venue, ctx: VenueContext) -> Venue:
    check_room(venue.revoked, REVOKED_MAX, "revoked devices; restore some")
    events = {
        id_: replace(event, participants=without_device(event.participants, fact.device))
        for id_, event in venue.events.items()
    }
    return replace(
        venue,
        revoked=(*venue.revoked, fact.device),
        tables=without_device(venue.tables, fact.device),
        officials=without_device(venue.officials, fact.device),
        displays=without_device(venue.displays, fact.device),
        events=events,
    )


@decide.register
def _(command: RestoreDevice, venue: Venue, ctx: VenueContext) -> VenueDecision:
    if command.device not in venue.revoked:
        return already()
    return one(Restored(device=command.device), venue, ctx)


@apply.register
def _(fact: Restored, venue: Venue, ctx: VenueContext) -> Venue:
    return replace(venue, revoked=tuple(d for d in venue.revoked if d != fact.device))


@decide.register
def _(command: HideGame, venue: Venue, ctx: VenueContext) -> VenueDecision:
    if (command.game in venue.hidden) == command.hidden:
        return already()
    return one(GameHidden(game=command.game, hidden=command.hidden), venue, ctx)


@apply.register
def _(fact: GameHidden, venue: Venue, ctx: VenueContext) -> Venue:
    hidden = tuple(game for game in venue.hidden if game != fact.game)
    if fact.hidden:
        check_room(hidden, HIDDEN_MAX, "hidden games")
        hidden = (*hidden, fact.game)
    return replace(venue, hidden=hidden)
