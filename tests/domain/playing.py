"""A match at a table, for tests: it keeps the log, and asks as whoever is to ask."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from gamesync.domain.commands import GameCommand, ScoreUpdate, SkipSetup, StartClock, TurnChange
from gamesync.domain.events import By, Created, Entry, GameFact
from gamesync.domain.log import Match, fold
from gamesync.domain.profile import NO_OVERRIDES, Overrides, ProfileName, options
from gamesync.domain.rulebook import shipped
from gamesync.domain.rules import Decision
from gamesync.domain.ruleset import Ruleset
from gamesync.domain.sheet import total
from gamesync.domain.state import Game
from gamesync.domain.values import Millis, Player, Refused

SECOND = 1_000
MINUTE = 60 * SECOND

HOST = By(role="host", device="table")
ANNA = By(role="player", device="anna", player=1, name="Anna")
MAREK = By(role="player", device="marek", player=2, name="Marek")
JUDGE = By(role="judge", device="tom", name="Tom")
ORGANISER = By(role="organiser", device="olga", name="Olga")
SERVER = By(role="server")
PHONES = {1: ANNA, 2: MAREK}


class Table:
    """
    One match and the time of day. What is done happens a second after what was done before.

    :ivar match: the match as it stands
    :ivar now: game time
    """

    def __init__(
        self,
        ruleset: str | Ruleset = "wh40k-10e",
        profile: ProfileName = "club",
        overrides: Overrides = NO_OVERRIDES,
        names: tuple[str, str] = ("Anna", "Marek"),
        unstarted_expires_ms: Millis = 0,
    ) -> None:
        rules = shipped()[ruleset] if isinstance(ruleset, str) else ruleset
        settled = replace(
            options(profile, rules, overrides), unstarted_expires_ms=unstarted_expires_ms
        )
        one, two = names
        created = Created(ruleset=rules, options=settled, player1_name=one, player2_name=two)
        self.now: Millis = 1_000_000
        self.match = Match((self._entry(1, HOST, (created,)),))

    @classmethod
    def of(cls, match: Match, now: Millis) -> Table:
        """The table of a match that goes on from here."""
        table = cls()
        table.match, table.now = match, now
        return table

    @property
    def game(self) -> Game:
        return self.match.game

    @property
    def version(self) -> int:
        return self.game.version

    def total(self, player: Player) -> int:
        return total(self.game, player)

    def shown(self, player: Player) -> Millis:
        return self.game.clock.shown(player, self.now)

    def cp(self) -> tuple[int, int]:
        return self.game.players[0].cp, self.game.players[1].cp

    def wait(self, ms: Millis) -> Table:
        self.now += ms
        return self

    def do(
        self,
        command: GameCommand,
        by: By = HOST,
        *,
        wait: Millis = SECOND,
        dice: int = 0,
        lag_ms: Millis = 0,
        backdate_max_ms: Millis | None = None,
    ) -> Decision:
        """Give a command, and keep what comes of it."""
        self.now += wait
        decision = self.match.decide(
            command, by, self.now, dice=dice, lag_ms=lag_ms, backdate_max_ms=backdate_max_ms
        )
        if decision.facts:
            entry = self._entry(self.version + 1, by, decision.facts)
            try:
                self.match = self.match.after(entry)
            except Refused as no:
                raise AssertionError("it was decided, but it does not fit") from no
        return decision

    def server(self, command: GameCommand, *, wait: Millis = SECOND) -> Decision:
        return self.do(command, SERVER, wait=wait)

    def refused(self, command: GameCommand, by: By = HOST, *, wait: Millis = 0) -> Refused:
        """The refusal that a command meets; nothing has changed by it."""
        before = self.match, self.game
        with pytest.raises(Refused) as caught:
            self.do(command, by, wait=wait)
        assert (self.match, self.match.game) == before
        return caught.value

    def already(self, command: GameCommand, by: By = HOST) -> Decision:
        """The answer to a command that has nothing left to do."""
        before = self.match
        decision = self.do(command, by, wait=0)
        assert decision.data["already"] is True
        assert self.match is before
        return decision

    def _entry(self, version: int, by: By, facts: tuple[GameFact, ...]) -> Entry:
        return Entry(version=version, type="test", by=by, at_ms=self.now, wall="", facts=facts)

    # -- short ways

    def begin(self, first: Player = 1) -> Table:
        """Past the set-up and into the first turn, with the clock on."""
        self.do(SkipSetup(first_player=first))
        self.do(StartClock())
        return self

    def turns(self, number: int = 1, wait: Millis = SECOND) -> Table:
        for _ in range(number):
            self.do(TurnChange(), wait=wait)
        return self

    def score(self, player: Player, category: str, value: int, round_: int | None = None) -> None:
        self.do(ScoreUpdate(player=player, category=category, value=value, round=round_))

    def refolded(self) -> Game:
        """The game as a restarted server would have it."""
        return fold(self.match.entries).game
