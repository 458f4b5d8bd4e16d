"""The room of one match."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

from . import access
from .asking import Around, Asked
from .domain.commands import Create, Expire, FallFlag, Invite, Join
from .domain.events import By, Placed
from .domain.log import Match
from .domain.rules import Decision
from .domain.seats import place_of
from .domain.state import Game
from .domain.values import Millis, Version
from .domain.view import Audience, View, deadline, view
from .room import Room
from .store import Answer, Change, Saved

LINK_PATIENCE_MS: Millis = 15_000
"""Silence of every device that may press, after which the clock no longer runs."""

VenueHolds: TypeAlias = Callable[[str, str], access.Held]
"""What a device has in a game by the venue's word."""


class GameRoom(Room[Match]):
    secretive = (Invite,)

    def __init__(self, id_: str, around: Around, venue_holds: VenueHolds) -> None:
        super().__init__(id_, around)
        self._venue_holds = venue_holds

    @property
    def game(self) -> Game:
        assert self.stream is not None, "a room is used once it is loaded"
        return self.stream.game

    @property
    def listed(self) -> bool:
        """Whether everybody may find and watch it."""
        if self.stream is None or self.game.settings.get("visibility") != "listed":
            return False
        return not self._venue_holds("", self.id).hidden

    @property
    def public(self) -> View:
        """What everybody may see."""
        public: View = self.view_for("public")
        return public

    def who(self, device: str, game: Game | None = None) -> access.Actor:
        """What *device* holds here."""
        if game is None and self.stream is not None:
            game = self.stream.game
        return access.actor(game, device, self._venue_holds(device, self.id))

    def eyes(self, device: str) -> Audience:
        return "match" if self.who(device).rights else "public"

    def rights(self, command: Any, device: str, stream: Match) -> Iterator[By]:
        return access.permitted(command, self.who(device, stream.game), stream.game)

    def decide(self, stream: Match, asked: Asked, by: By) -> Decision:
        return stream.decide(
            asked.command,
            by,
            asked.now,
            dice=self.around.dice(),
            # The table's own screen is wired to the box: what it loses on the way is its own.
            lag_ms=0 if by.role == "host" else asked.lag_ms,
            backdate_max_ms=asked.backdate_max_ms,
        )

    def joining(self, device: str, command: Join) -> By:
        return By(role=command.role, device=device, player=command.player, name=command.name)

    def first(self, command: Any) -> tuple[Any, ...] | None:
        return command.facts if isinstance(command, Create) else None

    def begun(self, entry: Any) -> Match:
        return Match((entry,))

    def seen(self, stream: Match, audience: Audience) -> View:
        return view(stream.game, audience)

    def change(
        self, entries: tuple[Any, ...], stream: Match | None, answers: tuple[Answer, ...]
    ) -> Change:
        if not entries or stream is None:
            return Change(game_id=self.id, base=self.version, answers=answers)
        return Change(
            game_id=self.id,
            base=self.version,
            entries=entries,
            state=stream.game,
            deadline_ms=deadline(stream.game),
            codes=access.live_codes(self.around.secrets, self.id, stream.game),
            answers=answers,
        )

    @property
    def deadline(self) -> Millis | None:
        return deadline(self.game)

    def due(self, now: Millis) -> tuple[Any, ...]:
        falls = self.game.clock.flag_at()
        return (FallFlag(),) if falls is not None and falls <= now else (Expire(),)

    def played(self, saved: Saved) -> Match | None:
        if not saved.entries:
            return None
        match = Match(saved.entries)
        self.touched_ms = max(self.touched_ms, match.game.touched_ms)
        return match

    def same_eyes_since(self, since: Version, device: str) -> bool:
        if self.stream is None or not 0 < since <= self.version:
            return False
        then = self.stream.entries[since - 1].at_ms
        return all(d.at_ms <= then for d in self.game.devices if d.id == device)

    # -- ways in

    def ways(self, place: Placed | None = None) -> dict[str, dict[str, object]]:
        """Link and typed codes of each place (or one), for those who may show them."""
        secrets = self.around.secrets
        return {
            name: {
                "link": f"#g={self.id}&p={name}&k={secrets.link(self.id, name, ways.link)}",
                "key": secrets.link(self.id, name, ways.link),
                "codes": [secrets.code(self.id, name, ordinal) for ordinal in ways.codes],
            }
            for name, ways in self.game.places.items()
            if place is None or name == place
        }

    def opened_by(self, key: str) -> Placed | None:
        """The place that a link's secret opens; a player's until the result is signed."""
        found: Placed | None = None
        final = self.game.status in ("signed", "void")
        for name, ways in self.game.places.items():
            right = access.same(key, self.around.secrets.link(self.id, name, ways.link))
            if right and not (final and name.startswith("player:")):
                found = name
        return found

    def besides(self, command: Any, detail: dict[str, Any], device: str) -> dict[str, Any]:
        assert isinstance(command, Invite)
        # It may be the answer to a command of long ago, from a device that is nothing here now.
        if not {"host", "organiser"} & set(self.who(device).rights):
            return {}
        place = place_of(command.role, command.player)
        return {"place": place, **self.ways(place)[place]}

    # -- silence

    def silent_since(self, now: Millis) -> Millis | None:
        """
        When the last device that may press was heard, if all of them have been silent too long.

        None while one is there, or while no clock runs.
        """
        if not self.game.clock.running or self.game.status != "playing":
            return None
        pressers = [w for w in self.watchers if self.who(w.device).may_press]
        if any(now - w.heard_ms < w.patience_ms for w in pressers):
            return None
        heard = max([self._heard_ms, *(w.heard_ms for w in pressers)])
        return heard if now - heard >= LINK_PATIENCE_MS else None
