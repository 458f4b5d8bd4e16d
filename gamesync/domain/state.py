"""One match as a value: everything that the log of facts adds up to."""

from __future__ import annotations

from typing import Literal, TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from .clock import Clock
from .commands import How, Scalar
from .events import By, Placed
from .profile import GameOptions
from .ruleset import Ruleset
from .values import Millis, Player, Side, Version

Status: TypeAlias = Literal["waiting", "setup", "ready", "playing", "ended", "signed", "void"]
"""``waiting`` for players; ``setup`` roll-offs and choices; ``ready`` to start; ``playing``;
``ended`` until both have ``signed``; ``void`` if struck from the record."""


class PlayerState(Struct, frozen=True, kw_only=True):
    name: str = ""
    faction: str = ""
    detachment: str = ""
    disposition: str = ""
    team: str = ""
    list_link: str = ""
    ready: bool = False
    cp: int = 0
    cp_version: Version = 0
    cp_gained: int = 0
    """Command points gained beyond the automatic ones in the present round."""


class Cell(Struct, frozen=True, kw_only=True):
    """One entry of the score sheet, with who made it and when it last changed."""

    value: int
    version: Version
    by: By
    at_ms: Millis


class Turn(Struct, frozen=True, kw_only=True):
    round: int = 0
    """Battle round in play, from 1; 0 before the first."""
    ordinal: int = 0
    """Turns begun in the whole match; a ``turn_change`` names it."""
    active_player: Side = 0
    phase: str = ""
    first_player: Side = 0
    """Who has the first turn of the round."""
    attacker: Side = 0
    began_ms: Millis = 0
    """Game time at which the turn began; 0 before the first."""
    awaiting: Literal["", "order", "consent"] = ""
    """Between rounds: ``order`` waits for who goes first, ``consent`` for a round that the
    ruleset's time rule forbids."""


class SetupState(Struct, frozen=True, kw_only=True):
    step: int = 0
    """Index of the ruleset's step that is next."""
    rolls: tuple[int, int] = (0, 0)
    """Dice of the roll-off in hand; 0 is not yet rolled."""
    tied: bool = False
    winners: dict[str, Player] = {}
    """Roll step id -> who won it."""
    choices: dict[str, str] = {}
    """Choice step id -> what was chosen."""


class Result(Struct, frozen=True, kw_only=True):
    how: How
    winner: Side = 0
    """0 is a draw, or nobody."""
    player: Player | None = None
    """Whom ``how`` speaks of: who conceded, was disqualified …"""
    declared: Side | None = None
    """The winner as ruled or declared; None: by the rule for ``how``."""
    score1: int = 0
    score2: int = 0
    at_ms: Millis = 0


class Signature(Struct, frozen=True, kw_only=True):
    player: Player
    version: Version
    by: By


class Dispute(Struct, frozen=True, kw_only=True):
    text: str
    by: By
    at_ms: Millis
    player: Player | None = None
    category: str | None = None
    round: int | None = None


class Call(Struct, frozen=True, kw_only=True):
    """A judge was called, and perhaps is on the way."""

    by: By
    at_ms: Millis
    note: str = ""
    paused: bool = False
    """The call stopped the clock, so that it goes on if the call is cancelled."""
    taken_by: By | None = None
    taken_at_ms: Millis = 0


class Proposal(Struct, frozen=True, kw_only=True):
    kind: str
    player: Player
    """Who proposes; the other one answers."""
    at_version: Version
    expires_at: Millis
    version: Version | None = None
    """What to undo, for that kind."""


class Device(Struct, frozen=True, kw_only=True):
    id: str
    role: Literal["player", "host"]
    player: Side = 0
    name: str = ""
    at_ms: Millis = 0


class Place(Struct, frozen=True, kw_only=True):
    """The ways into one place: the ordinals from which the box's key derives link and codes."""

    link: int = 1
    codes: tuple[int, ...] = ()
    """Typed codes that are live, oldest first."""
    made: int = 0


class Shown(Struct, frozen=True, kw_only=True):
    """What the public sees of the sheet while it is frozen."""

    version: Version = 0
    """At which it was frozen."""
    cells: dict[str, Cell]
    cp: tuple[int, int]
    cp_versions: tuple[Version, Version] = (0, 0)
    result: Result | None


class Gap(Struct, frozen=True, kw_only=True):
    """Down time, as it is explained to both players."""

    from_ms: Millis
    to_ms: Millis
    gap_ms: Millis | None
    long: bool


class Game(Struct, frozen=True, kw_only=True):
    ruleset: Ruleset
    options: GameOptions
    version: Version = 0
    created_ms: Millis = 0
    touched_ms: Millis = 0
    """Game time of the last accepted command."""
    status: Status = "waiting"
    players: tuple[PlayerState, PlayerState] = (PlayerState(), PlayerState())
    cells: dict[str, Cell] = {}
    """``"player/category/round"`` -> cell; see :func:`cell_key`."""
    turn: Turn = Turn()
    clock: Clock
    clock_version: Version = 0
    """Version of the last entry that touched clock or turn; lost links and flags aside."""
    sheet_version: Version = 0
    """Version of the last entry that changed what a signature vouches for."""
    setup: SetupState = SetupState()
    result: Result | None = None
    signatures: tuple[Signature, ...] = ()
    dispute: Dispute | None = None
    call: Call | None = None
    proposals: tuple[Proposal, ...] = ()
    contested: tuple[dict[str, int | str], ...] = ()
    settings: dict[str, Scalar] = {}
    frozen: Shown | None = None
    devices: tuple[Device, ...] = ()
    places: dict[Placed, Place] = {}
    table: str = ""
    rematch_of: str = ""
    gaps: tuple[Gap, ...] = ()

    def player(self, player: Player) -> PlayerState:
        return self.players[player - 1]

    def with_player(self, player: Player, **changes: object) -> Game:
        """This game with one player's fields changed."""
        changed = replace(self.player(player), **changes)
        players = (changed, self.players[1]) if player == 1 else (self.players[0], changed)
        return replace(self, players=players)

    @property
    def over(self) -> bool:
        return self.status in ("ended", "signed", "void")

    @property
    def in_play(self) -> bool:
        """The clock may run: play, or a set-up that is timed."""
        return self.status == "playing" or (
            self.status in ("waiting", "setup", "ready") and self.ruleset.setup_clock != "none"
        )


def cell_key(player: Player, category: str, round_: int) -> str:
    return f"{player}/{category}/{round_}"
