"""The room of one match."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

from . import access
from .asking import Around, Asked
from .domain.commands import Create, Join
from .domain.events import By
from .domain.log import Match
from .domain.rules import Decision
from .domain.state import Game
from .domain.values import Millis
from .domain.view import Audience, View, deadline, view
from .room import Room
from .store import Answer, Change, Saved

LINK_PATIENCE_MS: Millis = 15_000
"""Silence of every device that may press, after which the clock no longer runs."""

VenueHolds: TypeAlias = Callable[[str, str], access.Held]
"""What a device has in a game by the venue's word."""


class GameRoom(Room[Match]):
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
        return self.stream is not None and self.game.settings.get("visibility") == "listed"

    @property
    def public(self) -> View:
        """What everybody may see."""
        return view(self.game, "public")

    def who(self, device: str, game: Game | None = None) -> access.Actor:
        """What *device* holds here."""
        if game is None and self.stream is not None:
            game = self.stream.game
        return access.actor(game, device, self._venue_holds(device, self.id))

    def audience(self, device: str) -> Audience:
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

    def played(self, saved: Saved) -> Match | None:
        if not saved.entries:
            return None
        match = Match(saved.entries)
        self.touched_ms = match.game.touched_ms
        return match

    def turn_out(self) -> None:
        for watcher in tuple(self.watchers):
            if watcher.audience == "public" and watcher.seated:
                watcher.removed()

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
