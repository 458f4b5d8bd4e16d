"""
What happened to a match: one frozen struct a fact.

A fact holds what was done and when, by whom and with what dice; never an amount that follows from
the rules. Increments, flags, command points and totals are derived as the log is folded, so that a
fact can be taken back and everything after it comes out right. One accepted command is one
:class:`Entry`: one version, a few facts.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

from msgspec import Struct

from .commands import How, Key, Round, Scalar
from .profile import GameOptions
from .ruleset import Ruleset, Slug
from .values import Millis, Player, Side, Version

Role: TypeAlias = Literal["observer", "player", "host", "judge", "organiser", "server"]
Placed: TypeAlias = Literal["player:1", "player:2", "host", "observer"]
"""A place of a game that a link or a code leads to."""


class By(Struct, frozen=True, kw_only=True):
    """In whose name something was done: the right that was used, not all that the device has."""

    role: Role
    device: str = ""
    player: Side = 0
    """The seat, for a player; 0 for everybody else."""
    name: str = ""


SERVER = By(role="server")


class Fact(Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="fact"):
    """Something that happened."""


# The match and its people


class Created(Fact, frozen=True, tag="created"):
    ruleset: Ruleset
    options: GameOptions
    player1_name: str = ""
    player2_name: str = ""
    table: str = ""
    rematch_of: str = ""


class Joined(Fact, frozen=True, tag="joined"):
    device: str
    role: Literal["player", "host"]
    player: Side = 0
    name: str = ""
    ended: tuple[str, ...] = ()
    """Devices at the same place whose tokens had ended: they have left it."""


class Revoked(Fact, frozen=True, tag="revoked"):
    device: str


class DeviceRenamed(Fact, frozen=True, tag="device_renamed"):
    device: str
    name: str


class SeatsSwapped(Fact, frozen=True, tag="seats_swapped"):
    """The devices of the two seats changed places."""


class Invited(Fact, frozen=True, tag="invited"):
    place: Placed
    renew: bool = False


class ProfileSet(Fact, frozen=True, tag="profile_set"):
    player: Player
    name: str | None = None
    faction: str | None = None
    detachment: str | None = None
    disposition: str | None = None
    team: str | None = None
    list_link: str | None = None


class PlayersSwapped(Fact, frozen=True, tag="players_swapped"):
    """Names, factions and lists changed sides; scores and clocks did not."""


class SettingSet(Fact, frozen=True, tag="setting_set"):
    key: Key
    value: Scalar


# Set-up


class Rolled(Fact, frozen=True, tag="rolled"):
    step: Slug
    player: Player
    die: int


class RollDecided(Fact, frozen=True, tag="roll_decided"):
    step: Slug
    winner: Player


class Chosen(Fact, frozen=True, tag="chosen"):
    step: Slug
    player: Player
    option: str


class ReadySet(Fact, frozen=True, tag="ready_set"):
    player: Player
    ready: bool


class SetupSkipped(Fact, frozen=True, tag="setup_skipped"):
    first_player: Player


class FirstPlayerSet(Fact, frozen=True, tag="first_player_set"):
    player: Player


# Clock and turns


class ClockStarted(Fact, frozen=True, tag="clock_started"):
    side: Side


class ClockSwitched(Fact, frozen=True, tag="clock_switched"):
    run: int
    to: Side
    pressed_at: Millis | None = None
    lag_ms: Millis = 0
    backdate_max_ms: Millis | None = None


class ClockPaused(Fact, frozen=True, tag="clock_paused"):
    reason: str
    since: Millis | None = None
    note: str = ""


class ClockResumed(Fact, frozen=True, tag="clock_resumed"):
    reason: str
    since: Millis | None = None
    """Dated back, for a press kept while the table was cut off."""


class ClockAdjusted(Fact, frozen=True, tag="clock_adjusted"):
    player: Player
    delta_ms: Millis


class Flagged(Fact, frozen=True, tag="flagged"):
    player: Player


class DownTime(Fact, frozen=True, tag="down_time"):
    last_alive: Millis
    gap_ms: Millis | None
    long: bool


class Contested(Fact, frozen=True, tag="contested"):
    """What a cut-off table says was done, against what was decided meanwhile."""

    presses: tuple[dict[str, int | str], ...]
    since_version: Version


class TurnEnded(Fact, frozen=True, tag="turn_ended"):
    turn: int
    player: Player
    pressed_at: Millis | None = None
    lag_ms: Millis = 0
    backdate_max_ms: Millis | None = None
    end_round: bool = False


class RoundOpened(Fact, frozen=True, tag="round_opened"):
    """The next round begins although neither player has the time that the ruleset asks for."""


class PhaseSet(Fact, frozen=True, tag="phase_set"):
    phase: str


class TurnSet(Fact, frozen=True, tag="turn_set"):
    """The host put the match to this round and player."""

    round: Round
    active_player: Player


# Score sheet


class CellSet(Fact, frozen=True, tag="cell_set"):
    player: Player
    category: Slug
    round: Round
    value: int
    correct: bool = False


class CellStepped(Fact, frozen=True, tag="cell_stepped"):
    player: Player
    category: Slug
    round: Round
    delta: int
    correct: bool = False


class CpSet(Fact, frozen=True, tag="cp_set"):
    player: Player
    value: int


class CpStepped(Fact, frozen=True, tag="cp_stepped"):
    player: Player
    delta: int
    why: Literal["gain", "spend", "correction"]


# The end, consent, disputes


class Ended(Fact, frozen=True, tag="ended"):
    how: How
    player: Player | None = None
    winner: Side | None = None


class Signed(Fact, frozen=True, tag="signed"):
    player: Player
    version: Version


class Reopened(Fact, frozen=True, tag="reopened"):
    pass


class Voided(Fact, frozen=True, tag="voided"):
    pass


class Proposed(Fact, frozen=True, tag="proposed"):
    kind: str
    player: Player
    expires_at: Millis
    version: Version | None = None


class Answered(Fact, frozen=True, tag="answered"):
    proposal: Version
    accept: bool


class Lapsed(Fact, frozen=True, tag="lapsed"):
    """Proposals whose time is over."""


class DisputeOpened(Fact, frozen=True, tag="dispute_opened"):
    text: str
    player: Player | None = None
    category: Slug | None = None
    round: Round | None = None


class DisputeClosed(Fact, frozen=True, tag="dispute_closed"):
    note: str = ""


class JudgeCalled(Fact, frozen=True, tag="judge_called"):
    note: str = ""


class JudgeTaken(Fact, frozen=True, tag="judge_taken"):
    pass


class JudgeClosed(Fact, frozen=True, tag="judge_closed"):
    note: str = ""
    cancelled: bool = False


class Undone(Fact, frozen=True, tag="undone"):
    version: Version


GameFact: TypeAlias = (
    Created
    | Joined
    | Revoked
    | DeviceRenamed
    | SeatsSwapped
    | Invited
    | ProfileSet
    | PlayersSwapped
    | SettingSet
    | Rolled
    | RollDecided
    | Chosen
    | ReadySet
    | SetupSkipped
    | FirstPlayerSet
    | ClockStarted
    | ClockSwitched
    | ClockPaused
    | ClockResumed
    | ClockAdjusted
    | Flagged
    | DownTime
    | Contested
    | TurnEnded
    | RoundOpened
    | PhaseSet
    | TurnSet
    | CellSet
    | CellStepped
    | CpSet
    | CpStepped
    | Ended
    | Signed
    | Reopened
    | Voided
    | Proposed
    | Answered
    | Lapsed
    | DisputeOpened
    | DisputeClosed
    | JudgeCalled
    | JudgeTaken
    | JudgeClosed
    | Undone
)


class Entry(Struct, frozen=True, kw_only=True):
    """One row of the log: one accepted command."""

    version: Version
    type: str
    """The message that asked for it."""
    by: By
    at_ms: Millis
    """Game time at which the command arrived."""
    wall: str
    """UTC, ISO 8601; for people and exports, never for arithmetic."""
    facts: tuple[GameFact, ...]
    command_id: str = ""
    reason: str = ""
