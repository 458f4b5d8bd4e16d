"""
The report of a match: how it went, turn by turn and round by round, from its log alone.

It is the report of what holds: what was taken back is not in it, but for being counted. All times
are of the one clock, so that those of the turns and of what lies between them add up to what the
clock says.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct
from msgspec.structs import replace

from . import sheet
from .events import CellSet, CellStepped, DownTime, Entry, GameFact, JudgeCalled, Undone
from .log import begin, context, evolve, fold, struck
from .rules import apply
from .state import Game, Gap, Result, Status
from .times import Pause, Time, Timekeeper, TurnReport
from .values import Millis, Player, Refused, Version
from .view import Audience, PlayerView, ScoreView, SignatureView, view


class RoundScore(Struct, frozen=True, kw_only=True):
    """What one player scored in one battle round, and what he had by its end."""

    round: int
    """0: what counts once for the whole game, and corrections of the total."""
    points: dict[str, int]
    """Category -> points entered for this round."""
    total: int
    """The score by the end of the round, caps and round 0 included."""


class Report(Struct, frozen=True, kw_only=True):
    """How a match went."""

    version: Version
    ruleset: str
    """Its id."""
    ruleset_name: str
    edition: str
    profile: str
    table: str
    status: Status
    result: Result | None
    signatures: tuple[SignatureView, ...]
    players: tuple[PlayerView, PlayerView]
    scores: tuple[ScoreView, ScoreView]
    scores_by_round: tuple[tuple[RoundScore, ...], tuple[RoundScore, ...]]
    """Player 1's rounds, player 2's rounds; the last ``total`` of each is the score."""
    as_of: Millis
    """Game time up to which the times are told: the newest entry's, or the end of the clock."""
    turns: tuple[TurnReport, ...]
    outside: Time
    """Time in no turn: set-up, between rounds, and while the match was over before a reopening."""
    time: Time
    """All of it: that of the turns and ``outside``."""
    pauses: tuple[Pause, ...]
    gaps: tuple[Gap, ...]
    """Down time, all there was."""
    undos: int
    """Undos that are in force."""
    corrections: int
    """Cells that were corrected, as opposed to scored."""
    judge_calls: int
    began_at: Millis | None
    """Game time at which the first turn began."""
    ended_at: Millis | None
    """Game time of the end, if the match is over."""
    began_wall: str
    """Time of day in UTC, ISO 8601, for people; empty: it has not begun."""
    ended_wall: str


def report(entries: Sequence[Entry], audience: Audience = "match") -> Report:
    """
    The report of a whole log, oldest entry first, as *audience* may see it.

    While the sheet is frozen, the public's has the frozen one.
    """
    game = fold(entries).game
    shown = view(game, audience)
    hidden = game.frozen if audience == "public" else None
    if hidden is not None:
        game = replace(game, cells=hidden.cells)
    story = _Story(entries)
    told = [e for e in story.held if hidden is None or e.version <= hidden.version]
    facts = [fact for entry in told for fact in entry.facts]
    time = story.times.close(story.game, entries[-1].at_ms)
    return Report(
        version=entries[-1].version,
        ruleset=game.ruleset.id,
        ruleset_name=game.ruleset.name,
        edition=game.ruleset.edition,
        profile=game.options.profile,
        table=game.table,
        status=shown.status,
        result=shown.result,
        signatures=shown.signatures,
        players=shown.players,
        scores=shown.scores.players,
        scores_by_round=(_rounds(game, 1), _rounds(game, 2)),
        as_of=story.times.as_of,
        turns=tuple(story.times.turns),
        outside=story.times.outside,
        time=time,
        pauses=tuple(story.times.pauses),
        gaps=tuple(story.gaps),
        undos=_count(facts, Undone),
        corrections=sum(isinstance(f, CellSet | CellStepped) and f.correct for f in facts),
        judge_calls=_count(facts, JudgeCalled),
        began_at=story.began_at,
        ended_at=story.ended_at,
        began_wall=story.began_wall,
        ended_wall=story.ended_wall,
    )


def _count(facts: Sequence[GameFact], kind: type) -> int:
    return sum(isinstance(fact, kind) for fact in facts)


def _rounds(game: Game, player: Player) -> tuple[RoundScore, ...]:
    cells = {key: (int(key.rpartition("/")[2]), cell) for key, cell in game.cells.items()}
    last = max([game.turn.round, *(round_ for round_, _ in cells.values())])
    found = []
    for number in range(last + 1):
        up_to = {key: cell for key, (round_, cell) in cells.items() if round_ <= number}
        points = {
            key.split("/")[1]: cell.value
            for key, (round_, cell) in cells.items()
            if round_ == number and key.startswith(f"{player}/")
        }
        total = sheet.total(replace(game, cells=up_to), player)
        found.append(RoundScore(round=number, points=points, total=total))
    return tuple(found)


class _Story:
    """
    The log told in order, without what was taken back or no longer fits.

    :ivar held: the entries that hold
    """

    def __init__(self, entries: Sequence[Entry]) -> None:
        self.game = begin(entries[0])
        self.held = [entries[0]]
        self.times = Timekeeper()
        self.gaps: list[Gap] = []
        self.began_at: Millis | None = None
        self.ended_at: Millis | None = None
        self.began_wall = self.ended_wall = ""
        gone = struck(entries)
        for entry in entries[1:]:
            if entry.version not in gone:
                self._tell(entry)

    def _tell(self, entry: Entry) -> None:
        try:
            after = evolve(self.game, entry)
        except Refused:
            return
        self.held.append(entry)
        # Several presses that a cut-off table made are one entry: each has its own instant.
        game, ctx = self.game, context(entry)
        for fact in entry.facts[:-1]:
            then = apply(fact, game, ctx)
            self.times.passed(game, then, fact, entry.at_ms)
            game = then
        self.times.passed(game, after, entry.facts[-1], entry.at_ms)
        for fact in entry.facts:
            if isinstance(fact, DownTime):
                self.gaps.append(after.gaps[-1])
        self._walls(entry, after)
        self.game = after

    def _walls(self, entry: Entry, after: Game) -> None:
        if not self.game.turn.ordinal and after.turn.ordinal:
            self.began_at, self.began_wall = self.times.moved_at, entry.wall
        if after.over and not self.game.over:
            self.ended_at, self.ended_wall = self.times.moved_at, entry.wall
        elif not after.over:
            self.ended_at, self.ended_wall = None, ""
