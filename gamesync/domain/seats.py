"""Who is at the match with which device, and the ways in that are open."""

from __future__ import annotations

from typing import Literal, TypedDict

from msgspec.structs import replace

from .commands import Invite, Join, RenameDevice, RevokeDevice, SwapSeats
from .events import DeviceRenamed, GameFact, Invited, Joined, Placed, Revoked, SeatsSwapped
from .rules import Context, Decision, already, apply, decide
from .state import Device, Game, Place
from .text import NAME_LIMIT, line
from .values import Refused, Side, other

DEVICES_A_PLACE = 3
CODES_A_PLACE = 3


def place_of(role: str, player: Side | None) -> Placed:
    """
    :raises Refused: (``missing_field``) a player's place needs to say whose
    """
    if role == "player":
        if not player:
            raise Refused("missing_field", "player: which seat", "player")
        return "player:1" if player == 1 else "player:2"
    return "host" if role == "host" else "observer"


class Role(TypedDict):
    role: Literal["player", "host"]
    player: Side


def role_at(place: Placed) -> Role:
    """
    The role and the seat that a place gives.

    :raises Refused: watching needs no right
    """
    match place:
        case "player:1":
            return {"role": "player", "player": 1}
        case "player:2":
            return {"role": "player", "player": 2}
        case "host":
            return {"role": "host", "player": 0}
    raise Refused("bad_value", "role: who watches takes no place", "role")


def _device(game: Game, id_: str) -> Device:
    for device in game.devices:
        if device.id == id_:
            return device
    raise Refused("not_found", "device: not in this game", "device")


def _one(fact: GameFact, game: Game, ctx: Context) -> Decision:
    apply(fact, game, ctx)
    return Decision((fact,))


@decide.register
def _(command: Join, game: Game, ctx: Context) -> Decision:
    for device in game.devices:
        if (device.id, device.role, device.player) == (
            command.device,
            command.role,
            command.player,
        ):
            return already()
    there = _at(game, place_of(command.role, command.player))
    fact = Joined(
        device=command.device,
        role=command.role,
        player=command.player,
        name=_cleaned(command.name),
        ended=tuple(device.id for device in there if device.id in command.ended),
    )
    return _one(fact, game, ctx)


def _at(game: Game, place: Placed) -> list[Device]:
    return [d for d in game.devices if place_of(d.role, d.player) == place]


def _cleaned(name: str) -> str:
    try:
        return line(name, NAME_LIMIT)
    except ValueError as error:
        raise Refused("bad_value", f"name: {error}", "name") from None


@apply.register
def _(fact: Joined, game: Game, ctx: Context) -> Game:
    if game.status in ("signed", "void") and fact.role == "player":
        raise Refused("not_now", f"the game is {game.status}", status=game.status)
    place = place_of(fact.role, fact.player)
    there = _at(game, place)
    left = [device for device in there if device.id in fact.ended]
    if len(there) - len(left) >= DEVICES_A_PLACE:
        raise Refused("too_many", f"at most {DEVICES_A_PLACE} devices a place; revoke one")
    device = Device(
        id=fact.device, role=fact.role, player=fact.player, name=fact.name, at_ms=ctx.now
    )
    # The seat is taken: the typed codes have done their work.
    kept = tuple(d for d in game.devices if d not in left)
    return _without_codes(replace(game, devices=(*kept, device)), place)


def _without_codes(game: Game, *places: Placed) -> Game:
    shut = {place: replace(game.places.get(place, Place()), codes=()) for place in places}
    return replace(game, places={**game.places, **shut})


@decide.register
def _(command: RevokeDevice, game: Game, ctx: Context) -> Decision:
    return _one(Revoked(device=command.device), game, ctx)


@apply.register
def _(fact: Revoked, game: Game, ctx: Context) -> Game:
    """Its place has new ways in: who was sent out does not come back by the old link."""
    gone = [d for d in game.devices if d.id == fact.device]
    if not gone:
        raise Refused("not_found", "device: not in this game", "device")
    places = dict(game.places)
    for device in gone:
        place = place_of(device.role, device.player)
        ways = places[place]
        places[place] = replace(ways, link=ways.link + 1, codes=())
    kept = tuple(d for d in game.devices if d.id != fact.device)
    return replace(game, devices=kept, places=places)


@decide.register
def _(command: RenameDevice, game: Game, ctx: Context) -> Decision:
    name = _cleaned(command.name)
    if not name:
        raise Refused("bad_value", "name: at least one visible sign", "name")
    return _one(DeviceRenamed(device=command.device, name=name), game, ctx)


@apply.register
def _(fact: DeviceRenamed, game: Game, ctx: Context) -> Game:
    _device(game, fact.device)
    devices = tuple(replace(d, name=fact.name) if d.id == fact.device else d for d in game.devices)
    return replace(game, devices=devices)


@decide.register
def _(command: SwapSeats, game: Game, ctx: Context) -> Decision:
    return _one(SeatsSwapped(), game, ctx)


@apply.register
def _(fact: SeatsSwapped, game: Game, ctx: Context) -> Game:
    devices = tuple(replace(d, player=other(d.player)) if d.player else d for d in game.devices)
    return _without_codes(replace(game, devices=devices), "player:1", "player:2")


@decide.register
def _(command: Invite, game: Game, ctx: Context) -> Decision:
    fact = Invited(place=place_of(command.role, command.player), renew=command.renew)
    return _one(fact, game, ctx)


@apply.register
def _(fact: Invited, game: Game, ctx: Context) -> Game:
    if game.status in ("signed", "void"):
        raise Refused("not_now", f"the game is {game.status}", status=game.status)
    place = game.places.get(fact.place, Place())
    made = place.made + 1
    codes = (made,) if fact.renew else (*place.codes, made)[-CODES_A_PLACE:]
    link = place.link + 1 if fact.renew else place.link
    return replace(
        game, places={**game.places, fact.place: Place(link=link, codes=codes, made=made)}
    )
