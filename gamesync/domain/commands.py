"""
What can be asked of a match: one frozen struct a command.

These structs are the ``data`` of the messages that clients send (``wire.messages`` adds the
envelope), so their docstrings are part of the protocol's documentation. Where a message has
several forms, the field ``op`` tells them apart.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Literal, TypeAlias

from msgspec import Meta, Struct, structs

from . import text
from .ruleset import Slug
from .values import Millis, Player, Side, Version

Ordinal: TypeAlias = Annotated[int, Meta(ge=0, le=1_000_000)]
Round: TypeAlias = Annotated[int, Meta(ge=0, le=100)]
Score: TypeAlias = Annotated[int, Meta(ge=-999, le=999)]
Instant: TypeAlias = Annotated[int, Meta(ge=0, le=2**53 - 1)]
"""Server game time in milliseconds."""
Span: TypeAlias = Annotated[int, Meta(ge=-86_400_000, le=86_400_000)]
"""A signed length of time in milliseconds, at most a day."""
Key: TypeAlias = Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9_./-]{0,63}(?!\n)$")]
Scalar: TypeAlias = (
    bool
    | Annotated[int, Meta(ge=-(2**53), le=2**53)]
    | Annotated[str, Meta(max_length=1000)]
    | None
)
Reason: TypeAlias = Annotated[str, Meta(max_length=200)]
How: TypeAlias = Literal[
    "completed",
    "time_called",
    "conceded",
    "clocked_out",
    "tabled",
    "no_show",
    "bye",
    "disqualified",
    "draw_agreed",
    "abandoned",
]


class Command(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whatever a client may ask. Text in it is cleaned as it is read."""

    def __post_init__(self) -> None:
        for field, clean in _CLEANERS:
            value = getattr(self, field, None)
            if value:
                try:
                    structs.force_setattr(self, field, clean(value))
                except ValueError as e:
                    raise ValueError(f"{field}: {e}") from None


def _line(value: str) -> str:
    return text.line(value, 200)


def _some_line(value: str) -> str:
    cleaned = _line(value)
    if not cleaned:
        raise ValueError("There has to be something to read in it.")
    return cleaned


_CLEANERS: tuple[tuple[str, Callable[[str], str]], ...] = (
    *((field, _line) for field in ("reason", "note")),
    ("text", _some_line),
    *(
        (field, text.name)
        for field in (
            "name",
            "player1_name",
            "player2_name",
            "player1_faction",
            "player2_faction",
            "faction",
            "detachment",
            "disposition",
            "team",
        )
    ),
    ("list_link", text.link),
)
"""How each field that people write is made fit to be kept and shown."""


# ------------------------------------------------------------------------- score_update


class ScoreUpdate(Command, frozen=True):
    """
    Set or step one player's cell of the score sheet, his command points, or both.

    ``value``/``delta`` speak of the cell (``category``, ``round``); ``score`` is a bare total and
    becomes a correction in the category ``total``. Deltas commute: two taps at once both count.
    A set value may carry ``if_version``, the version that last changed that cell.
    """

    player: Player
    category: Slug | None = None
    round: Round | None = None
    """The battle round the cell belongs to; the current one if absent."""
    value: Score | None = None
    delta: Score | None = None
    score: Score | None = None
    cp: Annotated[int, Meta(ge=0, le=99)] | None = None
    cp_delta: Annotated[int, Meta(ge=-99, le=99)] | None = None
    cp_why: Literal["gain", "spend", "correction"] | None = None
    """A ``gain`` counts against the ruleset's limit a round; absent, a step is a correction."""
    if_version: Version | None = None
    correct: bool = False
    """A correction: caps do not refuse it; the log keeps ``reason``."""
    reason: Reason = ""


# ------------------------------------------------------------------------- timer_update


class StartClock(Command, frozen=True, tag="start", tag_field="op"):
    """Start the clock; the match itself, if it was ready. ``side`` 0 is nobody's time."""

    side: Side | None = None


class PauseClock(Command, frozen=True, tag="pause", tag_field="op"):
    """Add a reason to stop. Without ``why`` it is the sender's own (``player:1``, ``host`` …)."""

    why: Literal["judge", "round", "setup"] | None = None
    reason: Reason = ""


class ResumeClock(Command, frozen=True, tag="resume", tag_field="op"):
    """Remove a reason; without ``why``, every one that the sender may remove."""

    why: Annotated[str, Meta(pattern=r"^(player:[12]|[a-z_]{1,20})(?!\n)$")] | None = None


class SwitchClock(Command, frozen=True, tag="switch", tag_field="op"):
    """Priority pass: give the clock to the other side; the turn stays."""

    player: Player | None = None
    """Whose run ends; the side running if absent."""
    run: Ordinal | None = None
    """The clock run that this press ends; already over: ``ack`` with ``already``."""
    pressed_at: Instant | None = None


class AdjustClock(Command, frozen=True, tag="adjust", tag_field="op"):
    """Give a player time, or take it (``delta_ms`` below 0)."""

    player: Player
    delta_ms: Span
    reason: Reason = ""


class SetClock(Command, frozen=True, tag="set", tag_field="op"):
    """Set what a player's clock shows; kept as the adjustment it amounts to."""

    player: Player
    time_ms: Span
    reason: Reason = ""


class Press(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One thing done at the table while its device was cut off."""

    kind: Literal["switch", "turn", "pause", "resume"]
    player: Player
    pressed_at: Instant


class BatchPresses(Command, frozen=True, tag="batch", tag_field="op"):
    """
    What the table's own device kept while it was cut off, in order, as one command.

    Honoured if no other clock event was decided since ``since_version``; else the clock pauses for
    reason ``contested`` and an official decides.
    """

    presses: Annotated[tuple[Press, ...], Meta(min_length=1, max_length=200)]
    since_version: Version
    """The game's version when the device was last live."""


TimerUpdate: TypeAlias = (
    StartClock | PauseClock | ResumeClock | SwitchClock | AdjustClock | SetClock | BatchPresses
)

# -------------------------------------------------------------------------- turn_change


class TurnChange(Command, frozen=True):
    """
    End the turn: the clock passes too, in the same version.

    ``turn`` and ``player`` say what the press ends, so that a second press for the same end is
    answered ``already`` and ends nothing more.
    """

    player: Player | None = None
    turn: Ordinal | None = None
    pressed_at: Instant | None = None
    end_round: bool = False
    """With alternating turns: the battle round (turning point) is over too."""
    phase: Annotated[str, Meta(max_length=60)] | None = None
    """Instead of ending the turn, say which of the ruleset's phases it is in."""
    new_round: bool = False
    """Open the next round although the ruleset's time rule says not to."""


# ----------------------------------------------------------------------------- game_end


class Concede(Command, frozen=True, tag="concede", tag_field="op"):
    player: Player | None = None
    """Who gives up; the sender's own seat if absent."""


class Complete(Command, frozen=True, tag="complete", tag_field="op"):
    """Play is over by the rules of the game."""

    winner: Side | None = None
    """For rulesets whose winner is declared; 0 is a draw."""


class TimeCall(Command, frozen=True, tag="time_call", tag_field="op"):
    """The round's time is up."""


class Abandon(Command, frozen=True, tag="abandon", tag_field="op"):
    reason: Reason = ""


class ClaimFlag(Command, frozen=True, tag="claim", tag_field="op"):
    """Claim the win: the opponent's flag has fallen (``on_flag: claim``)."""

    player: Player | None = None


class RuleResult(Command, frozen=True, tag="rule", tag_field="op"):
    """A ruling: how the match ended, and for whom."""

    how: How
    player: Player | None = None
    """Whom ``how`` speaks of (who was tabled, did not show, was disqualified …)."""
    winner: Side | None = None
    """0 is a draw; absent, the rule for ``how`` decides."""
    reason: Reason = ""


class ConfirmResult(Command, frozen=True, tag="confirm", tag_field="op"):
    """Sign the result as it stands at ``version``; any later change voids it."""

    version: Version
    player: Player | None = None


class Reopen(Command, frozen=True, tag="reopen", tag_field="op"):
    reason: Reason = ""


class VoidGame(Command, frozen=True, tag="void", tag_field="op"):
    """Strike the match from the record; its log stays."""

    reason: Reason = ""


GameEnd: TypeAlias = (
    Concede
    | Complete
    | TimeCall
    | Abandon
    | ClaimFlag
    | RuleResult
    | ConfirmResult
    | Reopen
    | VoidGame
)

# ----------------------------------------------------------- game_state, settings_update


class CorrectState(Command, frozen=True):
    """
    Correct fields of the state, as host. All absent: just send me the state.

    The seed's names are kept. ``current_turn`` counts the turns begun; it sets round and active
    player together. ``if_version`` compares with the game's version.
    """

    player1_name: Annotated[str, Meta(max_length=200)] | None = None
    player2_name: Annotated[str, Meta(max_length=200)] | None = None
    current_turn: Annotated[int, Meta(ge=1, le=10_000)] | None = None
    game_status: Literal["waiting", "setup", "ready", "playing"] | None = None
    round: Annotated[int, Meta(ge=1, le=100)] | None = None
    active_player: Player | None = None
    if_version: Version | None = None
    reason: Reason = ""

    @property
    def empty(self) -> bool:
        return self == CorrectState()


class SettingsUpdate(Command, frozen=True):
    """
    One key's new value: of this game as host, of the venue as organiser. ``null`` unsets it.

    The keys of a game are ``frozen`` (the public sees the sheet as it is now until that is false
    again; judges set it, too), ``visibility`` (``listed`` or ``link``), ``note``, ``mission``,
    ``no_new_round`` and ``no_new_turn``.
    """

    key: Key
    value: Scalar


# -------------------------------------------------------------------------------- setup


class SetProfile(Command, frozen=True, tag="profile", tag_field="op"):
    """Who plays what. An absent field stays as it is."""

    player: Player | None = None
    name: Annotated[str, Meta(max_length=200)] | None = None
    faction: Annotated[str, Meta(max_length=200)] | None = None
    detachment: Annotated[str, Meta(max_length=200)] | None = None
    disposition: Annotated[str, Meta(max_length=200)] | None = None
    team: Annotated[str, Meta(max_length=200)] | None = None
    list_link: Annotated[str, Meta(max_length=500)] | None = None


class RollDie(Command, frozen=True, tag="roll", tag_field="op"):
    """The server rolls for a side; each side once, until a tie clears both."""

    player: Player | None = None


class RollResult(Command, frozen=True, tag="result", tag_field="op"):
    """Real dice: who won the roll-off."""

    winner: Player


class Choose(Command, frozen=True, tag="choose", tag_field="op"):
    """The winner's choice, one of the step's options, for himself."""

    option: Literal["attacker", "defender", "first", "second", "white", "black"]
    player: Player | None = None


class Ready(Command, frozen=True, tag="ready", tag_field="op"):
    player: Player | None = None
    ready: bool = True


class SkipSetup(Command, frozen=True, tag="skip", tag_field="op"):
    """Just play: this player starts."""

    first_player: Player


class SwapPlayers(Command, frozen=True, tag="swap", tag_field="op"):
    """The two entered their names the wrong way round: exchange everything but the scores."""

    reason: Reason = ""


class SetFirstPlayer(Command, frozen=True, tag="first_player", tag_field="op"):
    """Correct who goes first (in this round, where it is chosen each round)."""

    player: Player
    reason: Reason = ""


Setup: TypeAlias = (
    SetProfile | RollDie | RollResult | Choose | Ready | SkipSetup | SwapPlayers | SetFirstPlayer
)

# ----------------------------------------------------------- consent, disputes, judges


class Propose(Command, frozen=True):
    """
    Ask the other player; it holds when he answers yes, and lapses when the match moves on.

    ``undo`` needs ``version``; ``pause`` and ``resume`` are for the policy ``both``.
    """

    kind: Literal["pause", "resume", "draw", "time_call", "no_new_round", "undo", "abandon"]
    version: Version | None = None
    player: Player | None = None
    expires_ms: Annotated[int, Meta(ge=5_000, le=3_600_000)] = 120_000


class AnswerProposal(Command, frozen=True):
    proposal: Version
    """The version at which it was proposed."""
    accept: bool
    player: Player | None = None


class OpenDispute(Command, frozen=True, tag="open", tag_field="op"):
    """Say that a cell or the result is wrong; the public result is frozen until it is closed."""

    text: Annotated[str, Meta(min_length=1, max_length=200)]
    player: Player | None = None
    category: Slug | None = None
    round: Round | None = None


class CloseDispute(Command, frozen=True, tag="close", tag_field="op"):
    note: Reason = ""


DisputeUpdate: TypeAlias = OpenDispute | CloseDispute


class CallJudge(Command, frozen=True, tag="call", tag_field="op"):
    note: Reason = ""


class TakeCall(Command, frozen=True, tag="take", tag_field="op"):
    """I am going."""


class CloseCall(Command, frozen=True, tag="close", tag_field="op"):
    note: Reason = ""


class CancelCall(Command, frozen=True, tag="cancel", tag_field="op"):
    """It has been settled without a judge."""


JudgeCall: TypeAlias = CallJudge | TakeCall | CloseCall | CancelCall


class Undo(Command, frozen=True):
    """
    Take one version back: the state becomes the log's fold without it. Undoing an undo redoes.

    :ivar version: what to take back; absent, the sender's own last
    """

    version: Version | None = None
    dry_run: bool = False
    """Only say what would change."""
    reason: Reason = ""


# ------------------------------------------------------------------------------- device


class Invite(Command, frozen=True, tag="invite", tag_field="op"):
    """Show (again) the link, and a fresh typed code, of a seat, the host or the observers."""

    role: Literal["player", "host", "observer"] = "player"
    player: Player | None = None
    renew: bool = False
    """Close the ones shown before."""


class RenameDevice(Command, frozen=True, tag="rename", tag_field="op"):
    device: Annotated[str, Meta(max_length=64)]
    name: Annotated[str, Meta(max_length=200)]


class RevokeDevice(Command, frozen=True, tag="revoke", tag_field="op"):
    """Take a device's place from it and close its connections."""

    device: Annotated[str, Meta(max_length=64)]


class SwapSeats(Command, frozen=True, tag="swap", tag_field="op"):
    """The two players' devices exchange seats."""


DeviceUpdate: TypeAlias = Invite | RenameDevice | RevokeDevice | SwapSeats

# ---------------------------------------------------- the server's own, never from a wire


class Create(Struct, frozen=True, kw_only=True):
    """Begin the log of a game. Everything it is played under is settled by now."""

    facts: tuple[Any, ...]
    """``Created``, and who joined with it."""


class Join(Struct, frozen=True, kw_only=True):
    """A device takes a place in the game."""

    device: str
    role: Literal["player", "host"]
    player: Side = 0
    name: str = ""
    ended: tuple[str, ...] = ()
    """Devices whose tokens have ended, as is known when it is asked for."""


class FallFlag(Struct, frozen=True, kw_only=True):
    """The running clock has reached zero, and the grace is over."""


class LoseLink(Struct, frozen=True, kw_only=True):
    """No device that may press has been heard since an instant."""

    heard_at: Millis


class ServerDown(Struct, frozen=True, kw_only=True):
    """Nothing could be made durable between an instant and now."""

    last_alive: Millis
    gap_ms: Millis | None
    """Length of the gap by the best clock there was; None if unknown."""
    long: bool


class RoundPause(Struct, frozen=True, kw_only=True):
    """The organiser's round clock stops or starts this table."""

    pause: bool
    after_down_time: bool = False
    """To start means also to lift what the server's own down time had paused."""


class Expire(Struct, frozen=True, kw_only=True):
    """Something that was to lapse by now lapses: proposals, a game that never began."""


ServerCommand: TypeAlias = Create | Join | FallFlag | LoseLink | ServerDown | RoundPause | Expire
GameCommand: TypeAlias = (
    ScoreUpdate
    | TimerUpdate
    | TurnChange
    | GameEnd
    | CorrectState
    | SettingsUpdate
    | Setup
    | Propose
    | AnswerProposal
    | DisputeUpdate
    | JudgeCall
    | Undo
    | DeviceUpdate
    | ServerCommand
)
