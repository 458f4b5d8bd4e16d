"""
The one way from the state of a match to what anybody sees of it.

Table, phone, TV, REST and export all show a :class:`View`; a change is told as the sections of it
that differ. Nothing in a view depends on when it is made: the clock is given as the instant its run
began and what it showed then, so a section changes only when something happened.
"""

from __future__ import annotations

from typing import Any, Literal, TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from . import sheet
from .commands import Scalar
from .consent import unstarted_until
from .events import By
from .profile import GameOptions
from .ruleset import ClockRules, Ruleset
from .setting_up import step_due
from .state import Call, Dispute, Game, Gap, Proposal, Result, Status
from .values import PLAYERS, Millis, Player, Side, Version

Audience: TypeAlias = Literal["match", "public"]
"""``match``: players, host, officials. ``public``: everybody who only watches."""


class PlayerView(Struct, frozen=True, kw_only=True):
    """Who sits at a seat."""

    player: Player
    name: str
    faction: str
    detachment: str
    disposition: str
    team: str
    list_link: str
    ready: bool


class CellView(Struct, frozen=True, kw_only=True):
    """One cell of the score sheet; ``version`` is what ``if_version`` compares with."""

    player: Player
    category: str
    round: int
    value: int
    version: Version
    by: By


class ScoreView(Struct, frozen=True, kw_only=True):
    """One player's score: the total, the total of each category, and command points."""

    player: Player
    score: int
    categories: dict[str, int]
    cp: int
    cp_version: Version


class ScoresView(Struct, frozen=True, kw_only=True):
    players: tuple[ScoreView, ScoreView]
    cells: tuple[CellView, ...]
    frozen: bool
    """The public goes on seeing an older sheet."""


class TurnView(Struct, frozen=True, kw_only=True):
    round: int
    """Battle round, from 1; 0 before play."""
    turn: int
    """Ordinal of the turn in the match; a ``turn_change`` names it."""
    active_player: Side
    phase: str
    first_player: Side
    attacker: Side
    awaiting: str
    """Between rounds: ``order`` (who goes first?) or ``consent`` (may there be a round?)."""


class ClockView(Struct, frozen=True, kw_only=True):
    """
    The two clocks, as of game time ``at``.

    While ``running``, the clock of ``side`` moves on from what it showed at ``at``, after
    ``free_ms`` that cost nothing; the other stands. ``p1_ms`` and ``p2_ms`` are what the clocks
    show: time left (mode ``down``; below 0 is overtime) or time spent (``up``).
    """

    mode: Literal["none", "up", "down"]
    side: Side
    running: bool
    started: bool
    run: int
    """Ordinal of the clock run; a ``switch`` names it."""
    at: Millis
    p1_ms: Millis
    p2_ms: Millis
    free_ms: Millis
    flag_at: Millis | None
    """Game time at which the running side's flag falls, if nothing happens."""
    flagged: tuple[Millis | None, Millis | None]
    paused: tuple[str, ...]
    neutral_ms: Millis
    rules: ClockRules


class SetupView(Struct, frozen=True, kw_only=True):
    step: str
    """Id of the step that is next; empty when there is none."""
    name: str
    kind: str
    chooser: Side
    options: tuple[str, ...]
    rolls: tuple[int, int]
    tied: bool
    choices: dict[str, str]


class SignatureView(Struct, frozen=True, kw_only=True):
    player: Player
    version: Version
    by: By


class DeviceView(Struct, frozen=True, kw_only=True):
    id: str
    role: str
    player: Side
    name: str


class View(Struct, frozen=True, kw_only=True):
    """Everything that is shown of a match, in sections."""

    status: Status
    players: tuple[PlayerView, PlayerView]
    scores: ScoresView
    turn: TurnView
    clock: ClockView
    setup: SetupView
    result: Result | None
    signatures: tuple[SignatureView, ...]
    dispute: Dispute | None
    judge: Call | None
    proposals: tuple[Proposal, ...]
    contested: tuple[dict[str, int | str], ...]
    settings: dict[str, Scalar]
    devices: tuple[DeviceView, ...]
    gaps: tuple[Gap, ...]
    table: str
    profile: str
    options: GameOptions
    ruleset: Ruleset


SECTIONS = View.__struct_fields__


def view(game: Game, audience: Audience = "match") -> View:
    """What *audience* sees of *game*. The public sees no devices, and a frozen sheet as frozen."""
    public = audience == "public"
    if public:
        game = as_public(game)
    return View(
        status=game.status,
        players=_players(game),
        scores=_scores(game),
        turn=TurnView(
            round=game.turn.round,
            turn=game.turn.ordinal,
            active_player=game.turn.active_player,
            phase=game.turn.phase,
            first_player=game.turn.first_player,
            attacker=game.turn.attacker,
            awaiting=game.turn.awaiting,
        ),
        clock=clock_view(game),
        setup=_setup(game),
        result=game.result,
        signatures=tuple(
            SignatureView(player=s.player, version=s.version, by=s.by) for s in game.signatures
        ),
        dispute=game.dispute,
        judge=game.call,
        proposals=game.proposals,
        contested=game.contested,
        settings=game.settings,
        devices=()
        if public
        else tuple(
            DeviceView(id=d.id, role=d.role, player=d.player, name=d.name) for d in game.devices
        ),
        gaps=game.gaps,
        table=game.table,
        profile=game.options.profile,
        options=game.options,
        ruleset=game.ruleset,
    )


def as_public(game: Game) -> Game:
    """*game* with the sheet that the public sees: while it is frozen, as it was then."""
    frozen = game.frozen
    if frozen is None:
        return game
    game = replace(
        game,
        cells=frozen.cells,
        result=frozen.result,
        status="ended" if game.status == "signed" else game.status,
    )
    for player in PLAYERS:
        cp, version = frozen.cp[player - 1], frozen.cp_versions[player - 1]
        game = game.with_player(player, cp=cp, cp_version=version)
    return game


def changed(before: View, after: View) -> dict[str, Any]:
    """The sections that differ, as they are afterwards: merge them into what you have."""
    return {
        name: getattr(after, name)
        for name in SECTIONS
        if getattr(before, name) != getattr(after, name)
    }


def _players(game: Game) -> tuple[PlayerView, PlayerView]:
    def one(player: Player) -> PlayerView:
        state = game.player(player)
        return PlayerView(
            player=player,
            name=state.name,
            faction=state.faction,
            detachment=state.detachment,
            disposition=state.disposition,
            team=state.team,
            list_link=state.list_link,
            ready=state.ready,
        )

    return one(1), one(2)


def _scores(game: Game) -> ScoresView:
    def one(player: Player) -> ScoreView:
        return ScoreView(
            player=player,
            score=sheet.total(game, player),
            categories={c.id: sheet.subtotal(game, player, c) for c in game.ruleset.categories},
            cp=game.player(player).cp,
            cp_version=game.player(player).cp_version,
        )

    return ScoresView(
        players=(one(1), one(2)), cells=tuple(_cells(game)), frozen=game.frozen is not None
    )


def _cells(game: Game) -> list[CellView]:
    """Cells in the order of the sheet, whatever the order they were filled in."""
    columns = {c.id: place for place, c in enumerate(game.ruleset.categories)}
    found = []
    for key, cell in game.cells.items():
        player, column, round_ = key.split("/")
        shown = CellView(
            player=1 if player == "1" else 2,
            category=column,
            round=int(round_),
            value=cell.value,
            version=cell.version,
            by=cell.by,
        )
        found.append(shown)
    found.sort(key=lambda c: (c.player, columns.get(c.category, len(columns)), c.round))
    return found


def clock_view(game: Game, now: Millis | None = None) -> ClockView:
    """The clocks as of the instant they last changed, or as of *now* (for the slow beat)."""
    clock = game.clock
    at = clock.anchor if now is None else max(now, clock.anchor)
    return ClockView(
        mode=clock.rules.mode,
        side=clock.side,
        running=clock.running,
        started=clock.started,
        run=clock.run,
        at=at,
        p1_ms=clock.shown(1, at),
        p2_ms=clock.shown(2, at),
        free_ms=clock.free_left(at),
        flag_at=clock.flag_at(),
        flagged=clock.flagged,
        paused=clock.paused,
        neutral_ms=clock.accounts(at).neutral_ms,
        rules=clock.rules,
    )


def _setup(game: Game) -> SetupView:
    step, state = step_due(game), game.setup
    return SetupView(
        step=step.id if step else "",
        name=step.name if step else "",
        kind=step.kind if step else "",
        chooser=state.winners.get(step.by, 0) if step else 0,
        options=step.options if step else (),
        rolls=state.rolls,
        tied=state.tied,
        choices=state.choices,
    )


def deadline(game: Game) -> Millis | None:
    """Game time at which the match wants to be looked at again: a flag, a lapse, an expiry."""
    due = [p.expires_at for p in game.proposals]
    falls = game.clock.flag_at()
    if falls is not None:
        due.append(falls + game.clock.rules.flag_grace_ms)
    until = unstarted_until(game)
    if until is not None:
        due.append(until)
    return min(due, default=None)
