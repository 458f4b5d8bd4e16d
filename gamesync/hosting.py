"""Making games: who may, how many, and what a new game is played under."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import attrs
from msgspec import UNSET
from msgspec.structs import replace

from .domain import profile
from .domain.events import Created, GameFact, Invited, Joined, ProfileSet
from .domain.profile import Visibility
from .domain.ruleset import BadRuleset, Ruleset
from .domain.state import Game
from .domain.values import PLAYERS, Millis, Refused, other
from .venue_room import VenueRoom
from .wire.messages import GameCreateData


@attrs.frozen(kw_only=True)
class Hosting:
    """What open hosting allows, so that one guest cannot fill the box."""

    a_device: int = 3
    an_address: int = 20
    in_all: int = 2_000
    unstarted_ms: Millis = 3_600_000


class Maker:
    """
    Says whether a game may be made, and with which facts it begins.

    :ivar made_by: unfinished games, each with the device and the address that made it
    :ivar rulesets: those that games are played by here
    """

    def __init__(self, hosting: Hosting, rulesets: Mapping[str, Ruleset], venue: VenueRoom) -> None:
        self.made_by: dict[str, tuple[str, str]] = {}
        self._hosting = hosting
        self.rulesets = rulesets
        self._venue = venue

    def found(self, game_id: str, device: str = "") -> None:
        """An unfinished game of before a restart: *device* made it, nobody knows from where."""
        self.made_by[game_id] = (device, "")

    def forget(self, game_id: str) -> None:
        """The game is over, or did not come about."""
        self.made_by.pop(game_id, None)

    def hosts(self, device: str) -> bool:
        """Whether *device* has made a game that is not over; officials make games for others."""
        if self._venue.official(device)[0] is not None:
            return False
        return any(by == device for by, _ in self.made_by.values())

    def admit(self, game_id: str, device: str, address: str) -> None:
        """
        Count one more game of *device*.

        :raises Refused: it may not make games here, or not so many
        """
        if game_id in self.made_by:  # the same command is on its way already
            return
        official, _ = self._venue.official(device)
        if official is None:
            self._may_host(device, address)
        self.made_by[game_id] = (device, address)

    def _may_host(self, device: str, address: str) -> None:
        if not self._venue.open_hosting:
            raise Refused("not_yours", "here the organiser makes the games")
        made, most = self.made_by.values(), self._hosting
        if sum(by == device for by, _ in made) >= most.a_device:
            raise Refused("too_many", f"at most {most.a_device} unfinished games a device")
        if sum(at == address for _, at in made) >= most.an_address:
            raise Refused("too_many", f"at most {most.an_address} unfinished games an address")
        if len(made) >= most.in_all:
            raise Refused("too_many", f"at most {most.in_all} unfinished games here")

    def facts(self, data: GameCreateData, device: str, old: Game | None) -> tuple[GameFact, ...]:
        """
        The facts with which the game begins.

        :param old: the match of which it is a rematch
        :raises Refused: what was asked for does not exist
        """
        ruleset = self.rulesets.get(data.ruleset)
        names = data.player1_name or "", data.player2_name or ""
        if old is not None:
            ruleset, names = old.ruleset, (old.players[0].name, old.players[1].name)
            if data.swap:
                names = names[1], names[0]
        if ruleset is None:
            known = ", ".join(sorted(self.rulesets))
            raise Refused("not_found", f"ruleset: there are {known}", "ruleset")
        created = Created(
            ruleset=ruleset,
            options=self._options(data, device, ruleset),
            player1_name=names[0],
            player2_name=names[1],
            table=data.table or "",
            rematch_of=data.rematch_of or "",
        )
        if not data.host and self._venue.official(device)[0] is None:
            raise Refused(
                "not_yours", "host: who makes a game hosts it; officials need not", "host"
            )
        return (
            created,
            *((Joined(device=device, role="host"),) if data.host else ()),
            *_factions(data),
            *_seated(old, data.swap),
            Invited(place="player:1"),
            Invited(place="player:2"),
        )

    def _options(self, data: GameCreateData, device: str, ruleset: Ruleset) -> profile.GameOptions:
        try:
            options = profile.options(data.profile, ruleset, data.options)
        except BadRuleset as e:
            raise Refused("bad_value", f"options: {e}", "options") from None
        official, _ = self._venue.official(device)
        if official is None and self._hosting.unstarted_ms:
            options = replace(options, unstarted_expires_ms=self._hosting.unstarted_ms)
        if data.options.visibility is UNSET:
            options = replace(options, visibility=self._visibility())
        return options

    def _visibility(self) -> Visibility:
        """Of a game whose maker does not say: as the venue has it, or by who may make one."""
        wanted = self._venue.venue.settings.get("visibility")
        if wanted is None:
            return "listed" if self._venue.open_hosting else "link"
        return "link" if wanted == "link" else "listed"


def _seated(old: Game | None, swap: bool) -> Iterator[Joined]:
    """The players' devices sit down at the rematch by themselves."""
    for device in old.devices if old is not None else ():
        if device.player:
            seat = other(device.player) if swap else device.player
            yield Joined(device=device.id, role="player", player=seat, name=device.name)


def _factions(data: GameCreateData) -> Iterator[ProfileSet]:
    for player, faction in zip(PLAYERS, (data.player1_faction, data.player2_faction), strict=True):
        if faction:
            yield ProfileSet(player=player, faction=faction)
