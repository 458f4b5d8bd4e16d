"""
The protocol: every message, once.

What a client sends is a tagged union, strict: an unknown field is refused by name (``x_…`` fields
are dropped before). What the server sends is an envelope with one of the ``data`` structs below;
clients ignore fields and types that they do not know. ``docs/protocol.md`` has its tables, and
``docs/protocol.schema.json`` its schema, from this module.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, ClassVar, Literal, TypeAlias

from msgspec import Meta, Struct, structs

from ..domain import commands as c
from ..domain import text
from ..domain.events import By, Role
from ..domain.history import HistoryEntry
from ..domain.profile import Overrides, ProfileName
from ..domain.ruleset import Slug
from ..domain.summary import Summary
from ..domain.values import Millis, Player, Side, Version
from ..domain.venue import commands as v

PROTOCOL = 1
SUBPROTOCOL = "gamesync.v1"

# ``$`` alone would let a line feed pass at the end.
GameId: TypeAlias = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]{1,40}(?!\n)$")]
CommandId: TypeAlias = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]{8,36}(?!\n)$")]
Token: TypeAlias = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]{43}(?!\n)$")]
"""256 random bits in URL-safe base64: what a device shows to be the same one again."""
Secret: TypeAlias = Annotated[str, Meta(min_length=8, max_length=64)]
ClientType: TypeAlias = Literal["host", "player", "observer"]
"""The kind of screen; rights come from what it holds, not from what it calls itself."""


class Inbound(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="type"):
    """The seed's envelope. ``timestamp`` is checked and never used."""

    game_id: GameId | None = None
    """The game it is for; if absent, the one that this connection joined last."""
    id: CommandId | None = None
    """The client's own; a command sent again with it is answered again and done once."""
    timestamp: datetime | None = None
    """Any; checked for form, with or without a zone, and never used."""


class _Data(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    pass


# -------------------------------------------------------------------------- connection


class Resume(_Data, frozen=True):
    """Where the client was: it is told what it missed, or everything."""

    epoch: Annotated[str, Meta(max_length=64)]
    """The epoch that ``version`` is of."""
    version: Version
    """The last version that the client has."""


class ConnectData(c.Command, frozen=True):
    """Who is there. With none of ``code``, ``key`` and ``token`` it may watch, and no more."""

    client_type: ClientType = "observer"
    token: Token | None = None
    """The device token of an earlier ``connect``."""
    code: Annotated[str, Meta(min_length=1, max_length=16)] | None = None
    """A typed code; it says which game and seat, or which table of the venue's."""
    key: Secret | None = None
    """The secret of a link (of a seat, the host's place, the observers'), or an official's key."""
    name: Annotated[str, Meta(max_length=200)] | None = None
    """What to call this device in lists."""
    resume: Resume | None = None
    """What the client has of this game already."""
    heartbeat_ms: Annotated[int, Meta(ge=1_000, le=120_000)] | None = None
    """How often the client will send ``heartbeat``; ``lost`` is said after two missed ones."""
    beat_ms: Annotated[int, Meta(ge=1_000, le=60_000)] | None = None
    """How often it wants a ``timer_update`` while a clock runs; 5,000 if absent."""


class Connect(Inbound, frozen=True, tag="connect"):
    """Say who is there, and join the game of ``game_id`` or of the code."""

    data: ConnectData = ConnectData()


class DisconnectData(c.Command, frozen=True):
    reason: c.Reason = ""
    """For the server's log."""


class Disconnect(Inbound, frozen=True, tag="disconnect"):
    """Goodbye; the server closes with 1000."""

    data: DisconnectData = DisconnectData()


class LeaveData(_Data, frozen=True):
    pass


class Leave(Inbound, frozen=True, tag="leave"):
    """Tell this connection no more of the game; a right in it stays with the device."""

    data: LeaveData = LeaveData()


class HeartbeatData(_Data, frozen=True):
    t0: Annotated[float, Meta(ge=-1e16, le=1e16)] | None = None
    """Any clock of the client's own; comes back with the server's time."""
    rtt_ms: Annotated[float, Meta(ge=0, le=600_000)] | None = None
    """The round trip that the client measured last."""


class Heartbeat(Inbound, frozen=True, tag="heartbeat"):
    """I am here. The answer is the server's time."""

    data: HeartbeatData = HeartbeatData()


# ------------------------------------------------------------------------------- games


class GameCreateData(c.Command, frozen=True):
    """What to play, and how; everything has a default."""

    ruleset: Slug = "wh40k-10e"
    """Id of the rules, shipped or the house's own."""
    profile: ProfileName = "club"
    """``club``: easy-going; ``event``: counts down, judges pause, both sign."""
    player1_name: Annotated[str, Meta(max_length=200)] | None = None
    """Who sits at seat 1; may come later, by ``setup``."""
    player2_name: Annotated[str, Meta(max_length=200)] | None = None
    """Who sits at seat 2."""
    player1_faction: Annotated[str, Meta(max_length=200)] | None = None
    player2_faction: Annotated[str, Meta(max_length=200)] | None = None
    options: Overrides = Overrides()
    """Where the game differs from its profile; ``options.clock`` is rules or a preset's name."""
    table: Annotated[str, Meta(max_length=40)] | None = None
    """Where it is played, as people call it."""
    rematch_of: GameId | None = None
    """A game that the same players have finished."""
    swap: bool = False
    """With ``rematch_of``: the players change sides."""
    host: bool = True
    """Whether the sender becomes the host. Officials may leave that place to the table."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.table:
            try:
                structs.force_setattr(self, "table", text.name(self.table))
            except ValueError as e:
                raise ValueError(f"table: {e}") from None


class GameCreate(Inbound, frozen=True, tag="game_create"):
    """Begin a game; its sender becomes the host."""

    data: GameCreateData = GameCreateData()


class GameListData(_Data, frozen=True):
    status: Annotated[
        tuple[Literal["waiting", "setup", "ready", "playing", "ended", "signed", "void"], ...],
        Meta(max_length=7),
    ] = ()
    """Only games in one of these; none named: all."""
    after: Annotated[str, Meta(max_length=40)] = ""
    """For the next page: the ``next`` of the one before."""
    limit: Annotated[int, Meta(ge=1, le=100)] = 50
    """Most games in the answer; there are fewer if they would not fit into one message."""
    subscribe: bool | None = None
    """True: send ``game_list`` again whenever a game of the list changes; False: no more."""


class GameList(Inbound, frozen=True, tag="game_list"):
    """What is on. With ``subscribe``, the lobby stays live."""

    data: GameListData = GameListData()


class GameState(Inbound, frozen=True, tag="game_state"):
    """Empty: send me all. As host: correct fields."""

    data: c.CorrectState = c.CorrectState()


class HistoryQuestion(_Data, frozen=True):
    """Newest first. With ``player``, ``category`` or ``round``: what was written there alone."""

    before: Annotated[int, Meta(ge=1, le=2**53 - 1)] | None = None
    """Only versions below this one; for the next page, the answer's ``next``."""
    limit: Annotated[int, Meta(ge=1, le=100)] = 50
    """Most entries in the answer; there may be fewer, if they are long."""
    player: Player | None = None
    """Whose part of the sheet."""
    category: Slug | None = None
    """A column by its id; ``total`` for corrections of the total, ``cp`` for command points."""
    round: c.Round | None = None
    """Which battle round; 0 is the cell that counts once for the whole game."""


class History(Inbound, frozen=True, tag="history"):
    """What was done, by whom, and whether it holds. A question: nothing changes by it."""

    data: HistoryQuestion = HistoryQuestion()


class ScoreUpdate(Inbound, frozen=True, tag="score_update"):
    """Points and command points."""

    data: c.ScoreUpdate


class TimerUpdate(Inbound, frozen=True, tag="timer_update"):
    """The clock."""

    data: c.TimerUpdate


class TurnChange(Inbound, frozen=True, tag="turn_change"):
    """The turn is over."""

    data: c.TurnChange = c.TurnChange()


class GameEnd(Inbound, frozen=True, tag="game_end"):
    """The match is over, signed, opened again or struck."""

    data: c.GameEnd


class SettingsUpdate(Inbound, frozen=True, tag="settings_update"):
    """One setting."""

    data: c.SettingsUpdate


class Setup(Inbound, frozen=True, tag="setup"):
    """Before play: who plays, roll-offs, choices, readiness."""

    data: c.Setup


class Propose(Inbound, frozen=True, tag="propose"):
    """What needs both players."""

    data: c.Propose


class Answer(Inbound, frozen=True, tag="answer"):
    """Yes or no to a proposal. Its proposer may withdraw it with no."""

    data: c.AnswerProposal


class Dispute(Inbound, frozen=True, tag="dispute"):
    """Something on the sheet is wrong."""

    data: c.DisputeUpdate


class JudgeCall(Inbound, frozen=True, tag="judge_call"):
    """A judge is wanted, on the way, done."""

    data: c.JudgeCall = c.CallJudge()


class Undo(Inbound, frozen=True, tag="undo"):
    """Take something back."""

    data: c.Undo = c.Undo()


class Device(Inbound, frozen=True, tag="device"):
    """
    Ways into a game, and the devices in it.

    Of the venue (``game_id: venue``) there are ``revoke`` and ``restore``.
    """

    data: c.DeviceUpdate | v.RestoreDevice


class Table(Inbound, frozen=True, tag="table"):
    """Tables of the venue. Official's business."""

    data: v.TableUpdate


class Event(Inbound, frozen=True, tag="event"):
    """Events, their participants and rounds."""

    data: v.EventUpdate


class Assign(Inbound, frozen=True, tag="assign"):
    """Who plays where and against whom."""

    data: v.Assign


class Announce(Inbound, frozen=True, tag="announce"):
    """Say something to every screen."""

    data: v.AnnounceUpdate


class Display(Inbound, frozen=True, tag="display"):
    """The screens that only show."""

    data: v.DisplayUpdate


class RoundClock(Inbound, frozen=True, tag="round_clock"):
    """The clock of an event's round, for every table."""

    data: v.RoundClockUpdate


class Official(Inbound, frozen=True, tag="official"):
    """Judges and organisers, and their keys."""

    data: v.OfficialUpdate


class HideGame(Inbound, frozen=True, tag="hide_game"):
    """Keep a game out of the public list."""

    data: v.HideGame


ForGames: TypeAlias = (
    ScoreUpdate
    | TimerUpdate
    | TurnChange
    | GameEnd
    | Setup
    | Propose
    | Answer
    | Dispute
    | JudgeCall
    | Undo
    | Device
)
"""Commands to one game, all on the same way."""
ForVenue: TypeAlias = Table | Event | Assign | Announce | Display | RoundClock | Official | HideGame
"""Commands to the venue, whatever ``game_id`` says."""
Message: TypeAlias = (
    Connect
    | Disconnect
    | Leave
    | Heartbeat
    | GameCreate
    | GameList
    | GameState
    | History
    | SettingsUpdate
    | ForGames
    | ForVenue
)

# ------------------------------------------------------------- what the server sends


class Outbound(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The envelope of everything that the server sends."""

    type: str
    """What it is; clients ignore types that they do not know."""
    data: Any
    """One of the objects below; clients ignore fields that they do not know."""
    timestamp: str
    """Time of day in UTC, ISO 8601; for people, never for arithmetic."""
    game_id: str | None = None
    """The game it is about; ``venue`` for the venue's own affairs."""
    id: str | None = None
    """On answers: the ``id`` of the message that is answered, if it had one."""
    version: Version | None = None
    """The version that the game has come to; on a change, the one that this is."""


class Sent(Struct, frozen=True, kw_only=True):
    """``data`` of a message from the server."""

    TYPE: ClassVar[str]


class Greeting(Sent, frozen=True):
    """The first message on every connection."""

    TYPE: ClassVar[str] = "connect"
    client_id: str
    """Names this connection in lists and logs."""
    now: Millis
    """Server game time; the start of the client's offset."""
    epoch: str
    """Names the history of the database; versions mean something only within it."""
    protocol: int
    """Of this document: 1. A client that knows only others says so and stops."""
    server: str
    """The program's name; for people."""
    heartbeat_ms: int
    """How often to send ``heartbeat``."""
    ping_interval_ms: int
    """Between the WebSocket pings that the server sends."""
    ping_timeout_ms: int
    """Who has not answered one by then is cut off."""
    max_message_bytes: int
    """Longest message from a client."""
    commands_per_second: int
    """Of one connection that holds a place, in the long run."""


class HeldPlace(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A place at the venue that a device holds."""

    place: Literal["official", "table", "participant", "display"]
    id: str
    event: str = ""
    """A participant's."""


class JoinedData(Sent, frozen=True, omit_defaults=True):
    """The answer to ``connect``."""

    TYPE: ClassVar[str] = "connect"
    client_id: str
    """As in the greeting."""
    token: str
    """Keep it: it is this device, across reloads and restarts."""
    now: Millis
    epoch: str
    device: str
    """Name of the device in logs and lists; derived from the token, and no secret."""
    role: Role
    """What this device is here first of all."""
    player: Side
    """Its seat; 0: none."""
    rights: tuple[str, ...]
    """All that this device holds in the game: ``host``, ``player:1``, ``judge`` …"""
    recovered: bool | None = None
    """With ``resume``: True, what was missed has been sent as it happened; False, ``state`` is all
    there is."""
    state: Any = None
    """All there is as of the envelope's ``version``; not there if ``recovered``."""
    places: tuple[HeldPlace, ...] = ()
    """Of the venue: what this device is there. The public list of it names no devices."""


class StateData(Sent, frozen=True):
    """The whole state of a game."""

    TYPE: ClassVar[str] = "game_state"
    now: Millis
    state: Any
    """Put it in place of all that you have."""
    recovered: bool
    """False: versions may have been skipped to get here."""


class HistoryData(Sent, frozen=True):
    """The answer to ``history``."""

    TYPE: ClassVar[str] = "history"
    entries: tuple[HistoryEntry, ...]
    """Newest first."""
    next: Version | None
    """There may be more: ask again with this as ``before``. ``null``: there is no more."""


class Changed(Sent, frozen=True, omit_defaults=True):
    """
    One accepted command: the message has the command's type, and the version it became.

    ``state`` holds the sections that changed, whole: put them over those you have.
    """

    TYPE: ClassVar[str] = "(the command's)"
    by: By
    at: Millis
    """Game time at which the command arrived."""
    now: Millis
    facts: tuple[Any, ...]
    """What happened, for logs and toasts; see the table of facts."""
    state: dict[str, Any]
    """The sections of the view that changed, each whole."""
    reason: str = ""


class Beat(Sent, frozen=True):
    """The slow beat of a running clock: corrects drift, raises no version."""

    TYPE: ClassVar[str] = "timer_update"
    now: Millis
    """Game time as of which the clocks are told."""
    beat: bool
    """Always true: it tells a beat from a change."""
    side: Side
    """Whose time runs; 0 is nobody's."""
    running: bool
    p1_ms: Millis
    """What player 1's clock shows at ``now``."""
    p2_ms: Millis
    """What player 2's clock shows at ``now``."""
    flag_at: Millis | None
    """Game time at which the running side's flag falls, if nothing happens."""
    time_remaining: tuple[Millis, Millis]
    """The seed's name for ``p1_ms`` and ``p2_ms``; milliseconds."""


class Ack(Sent, frozen=True, omit_defaults=True):
    """The command is durable, or had happened already."""

    TYPE: ClassVar[str] = "ack"
    already: bool = False
    """True: somebody had done it; nothing has changed."""
    detail: dict[str, Any] = {}
    """What else there is to say: the die rolled, what an undo took back …"""


class ErrorData(Sent, frozen=True, omit_defaults=True):
    """The command was refused and changed nothing; the envelope's ``id`` says which."""

    TYPE: ClassVar[str] = "error"
    code: str
    """One of the table of codes; what a program goes by."""
    message: str
    """For people, in English."""
    field: str | None = None
    """The field at fault."""
    retry_after_ms: Millis | None = None
    """Not before this."""
    detail: dict[str, Any] = {}
    """What a program needs to go on: the current value, the versions in the way …"""


class Pong(Sent, frozen=True):
    """The answer to ``heartbeat``."""

    TYPE: ClassVar[str] = "heartbeat"
    now: Millis
    t0: float | None = None
    """As it came."""
    live: bool = True
    """False: nothing can be made durable just now; what is shown may not be the truth."""


class Goodbye(Sent, frozen=True):
    """The server is about to close this connection."""

    TYPE: ClassVar[str] = "disconnect"
    why: str
    """For people, in English."""
    come_back: bool
    """False: do not connect again by yourself."""
    retry_after_ms: Millis = 0
    """Come back after this, and a random while more."""


class Present(Struct, frozen=True, kw_only=True):
    """One device, on one connection; or with none (``gone``)."""

    device: str
    name: str
    role: Role
    player: Side
    """Its seat; 0: none."""
    link: Literal["live", "lost", "gone"]
    """``lost``: connected, but silent for two heartbeats."""


class PresenceData(Sent, frozen=True):
    """Who is there; sent when that changes, at most about once a second. No version."""

    TYPE: ClassVar[str] = "presence"
    devices: tuple[Present, ...]
    """Those that hold a place, and officials."""
    observers: int
    """How many connections only watch."""


class ListedGame(Summary, frozen=True, kw_only=True):
    """One line of the list of games."""

    game_id: str
    hidden: bool
    """The organiser keeps it out of what the public sees."""


class GameListing(Sent, frozen=True, omit_defaults=True):
    """What is on; while subscribed, later messages hold only the games that changed."""

    TYPE: ClassVar[str] = "game_list"
    games: tuple[ListedGame, ...]
    whole: bool
    """The first page, in the place of all you had. False: a later page, or what has changed."""
    next: str = ""
    """There may be another page: ask with this as ``after``. Empty: this was the last."""
    gone: tuple[str, ...] = ()
    """Games that you may no longer see in the list."""


SENT: tuple[type[Sent], ...] = (
    Greeting,
    JoinedData,
    Goodbye,
    Pong,
    Ack,
    ErrorData,
    StateData,
    HistoryData,
    Changed,
    Beat,
    PresenceData,
    GameListing,
)
