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

from msgspec import Meta, Struct

from ..domain import commands as c
from ..domain.events import By, Role
from ..domain.profile import Overrides, ProfileName
from ..domain.ruleset import Slug
from ..domain.values import Millis, Player, Side, Version
from ..domain.view import View

PROTOCOL = 1
SUBPROTOCOL = "gamesync.v1"

GameId: TypeAlias = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]{1,40}$")]
CommandId: TypeAlias = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]{8,36}$")]
Token: TypeAlias = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]{43}$")]
"""256 random bits in URL-safe base64: what a device shows to be the same one again."""
Secret: TypeAlias = Annotated[str, Meta(min_length=8, max_length=64)]
ClientType: TypeAlias = Literal["host", "player", "observer"]
"""The kind of screen; rights come from what it holds, not from what it calls itself."""


class Inbound(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="type"):
    """The seed's envelope. ``timestamp`` is checked and never used."""

    game_id: GameId | None = None
    id: CommandId | None = None
    """The client's own; a command sent again with it is answered again and done once."""
    timestamp: datetime | None = None


class _Data(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    pass


# -------------------------------------------------------------------------- connection


class Resume(_Data, frozen=True):
    """Where the client was: it is told what it missed, or everything."""

    epoch: Annotated[str, Meta(max_length=64)]
    version: Version


class ConnectData(_Data, frozen=True):
    client_type: ClientType = "observer"
    token: Token | None = None
    """The device token of an earlier ``connect``."""
    code: Annotated[str, Meta(min_length=1, max_length=16)] | None = None
    """A typed join code; it says which game and seat."""
    key: Secret | None = None
    """The secret of a link: of a seat, the host's place, or an official's."""
    player: Player | None = None
    """With ``key``: which seat the link is for."""
    name: Annotated[str, Meta(max_length=200)] | None = None
    """What to call this device in lists."""
    resume: Resume | None = None
    heartbeat_ms: Annotated[int, Meta(ge=1_000, le=120_000)] | None = None
    """How often the client will send ``heartbeat``; ``lost`` is said after two missed ones."""
    beat_ms: Annotated[int, Meta(ge=1_000, le=60_000)] | None = None
    """How often it wants a ``timer_update`` while a clock runs; 5,000 if absent."""


class Connect(Inbound, frozen=True, tag="connect"):
    """Say who is there, and join the game of ``game_id`` or of the code."""

    data: ConnectData = ConnectData()


class DisconnectData(_Data, frozen=True):
    reason: c.Reason = ""


class Disconnect(Inbound, frozen=True, tag="disconnect"):
    """Goodbye; the server closes with 1000."""

    data: DisconnectData = DisconnectData()


class HeartbeatData(_Data, frozen=True):
    t0: Annotated[float, Meta(ge=-1e16, le=1e16)] | None = None
    """Any clock of the client's own; comes back with the server's time."""
    rtt_ms: Annotated[float, Meta(ge=0, le=600_000)] | None = None
    """The round trip that the client measured last."""


class Heartbeat(Inbound, frozen=True, tag="heartbeat"):
    data: HeartbeatData = HeartbeatData()


# ------------------------------------------------------------------------------- games


class GameCreateData(c.Command, frozen=True):
    """What to play, and how; everything has a default."""

    ruleset: Slug = "wh40k-10e"
    profile: ProfileName = "club"
    player1_name: Annotated[str, Meta(max_length=200)] | None = None
    player2_name: Annotated[str, Meta(max_length=200)] | None = None
    options: Overrides = Overrides()
    """Where the game differs from its profile; ``options.clock`` is rules or a preset's name."""
    table: Annotated[str, Meta(max_length=40)] | None = None
    rematch_of: GameId | None = None
    swap: bool = False
    """With ``rematch_of``: the players change sides."""


class GameCreate(Inbound, frozen=True, tag="game_create"):
    """Begin a game; its sender becomes the host."""

    data: GameCreateData = GameCreateData()


class GameListData(_Data, frozen=True):
    status: Annotated[
        tuple[Literal["waiting", "setup", "ready", "playing", "ended", "signed", "void"], ...],
        Meta(max_length=7),
    ] = ()
    after: Annotated[str, Meta(max_length=40)] = ""
    limit: Annotated[int, Meta(ge=1, le=100)] = 50
    subscribe: bool | None = None
    """True: send ``game_list`` again whenever a listed game changes; False: no more."""


class GameList(Inbound, frozen=True, tag="game_list"):
    """What is on. With ``subscribe``, the lobby stays live."""

    data: GameListData = GameListData()


class GameState(Inbound, frozen=True, tag="game_state"):
    """Empty: send me all. As host: correct fields."""

    data: c.CorrectState = c.CorrectState()


class ScoreUpdate(Inbound, frozen=True, tag="score_update"):
    data: c.ScoreUpdate


class TimerUpdate(Inbound, frozen=True, tag="timer_update"):
    data: c.TimerUpdate


class TurnChange(Inbound, frozen=True, tag="turn_change"):
    data: c.TurnChange = c.TurnChange()


class GameEnd(Inbound, frozen=True, tag="game_end"):
    data: c.GameEnd


class SettingsUpdate(Inbound, frozen=True, tag="settings_update"):
    data: c.SettingsUpdate


class Setup(Inbound, frozen=True, tag="setup"):
    data: c.Setup


class Propose(Inbound, frozen=True, tag="propose"):
    data: c.Propose


class Answer(Inbound, frozen=True, tag="answer"):
    data: c.AnswerProposal


class Dispute(Inbound, frozen=True, tag="dispute"):
    data: c.DisputeUpdate


class JudgeCall(Inbound, frozen=True, tag="judge_call"):
    data: c.JudgeCall = c.CallJudge()


class Undo(Inbound, frozen=True, tag="undo"):
    data: c.Undo = c.Undo()


class Device(Inbound, frozen=True, tag="device"):
    data: c.DeviceUpdate


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
Message: TypeAlias = (
    Connect | Disconnect | Heartbeat | GameCreate | GameList | GameState | SettingsUpdate | ForGames
)

# ------------------------------------------------------------- what the server sends


class Outbound(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The envelope of everything that the server sends."""

    type: str
    data: Any
    timestamp: str
    game_id: str | None = None
    id: str | None = None
    version: Version | None = None


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
    server: str
    heartbeat_ms: int
    """How often to send ``heartbeat``."""
    ping_interval_ms: int
    ping_timeout_ms: int
    max_message_bytes: int
    commands_per_second: int


class JoinedData(Sent, frozen=True, omit_defaults=True):
    """The answer to ``connect``."""

    TYPE: ClassVar[str] = "connect"
    client_id: str
    token: str
    """Keep it: it is this device, across reloads and restarts."""
    now: Millis
    epoch: str
    device: str
    """Name of the device in logs and lists; derived from the token, and no secret."""
    role: Role
    player: Side
    rights: tuple[str, ...]
    """All that this device holds in the game: ``host``, ``player:1``, ``judge`` …"""
    recovered: bool | None = None
    """With ``resume``: True, what was missed has been sent as it happened; False, ``state`` is all
    there is."""
    state: View | None = None


class StateData(Sent, frozen=True):
    """The whole state of a game."""

    TYPE: ClassVar[str] = "game_state"
    now: Millis
    state: View
    recovered: bool
    """False: versions may have been skipped to get here."""


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
    reason: str = ""


class Beat(Sent, frozen=True):
    """The slow beat of a running clock: corrects drift, raises no version."""

    TYPE: ClassVar[str] = "timer_update"
    now: Millis
    beat: bool
    side: Side
    running: bool
    p1_ms: Millis
    p2_ms: Millis
    flag_at: Millis | None
    time_remaining: tuple[Millis, Millis]
    """The seed's name for ``p1_ms`` and ``p2_ms``; milliseconds."""


class Ack(Sent, frozen=True, omit_defaults=True):
    """The command is durable, or had happened already."""

    TYPE: ClassVar[str] = "ack"
    already: bool = False
    detail: dict[str, Any] = {}


class ErrorData(Sent, frozen=True, omit_defaults=True):
    """The command was refused and changed nothing; the envelope's ``id`` says which."""

    TYPE: ClassVar[str] = "error"
    code: str
    message: str
    field: str | None = None
    retry_after_ms: Millis | None = None
    detail: dict[str, Any] = {}
    """What a program needs to go on: the current value, the versions in the way …"""


class Pong(Sent, frozen=True):
    """The answer to ``heartbeat``."""

    TYPE: ClassVar[str] = "heartbeat"
    now: Millis
    t0: float | None = None


class Goodbye(Sent, frozen=True):
    """The server is about to close this connection."""

    TYPE: ClassVar[str] = "disconnect"
    why: str
    come_back: bool
    retry_after_ms: Millis = 0


class Present(Struct, frozen=True, kw_only=True):
    device: str
    name: str
    role: Role
    player: Side
    link: Literal["live", "lost", "gone"]
    """``lost``: connected, but silent for two heartbeats."""


class PresenceData(Sent, frozen=True):
    """Who is there; sent when that changes, at most about once a second. No version."""

    TYPE: ClassVar[str] = "presence"
    devices: tuple[Present, ...]
    observers: int


class ListedGame(Struct, frozen=True, kw_only=True):
    game_id: str
    version: Version
    status: str
    player1_name: str
    player2_name: str
    score1: int
    score2: int
    round: int
    ruleset: str
    table: str


class GameListing(Sent, frozen=True):
    """What is on; while subscribed, later messages hold only the games that changed."""

    TYPE: ClassVar[str] = "game_list"
    games: tuple[ListedGame, ...]
    more: bool
    whole: bool
    """False: only what changed since the last one."""


SENT: tuple[type[Sent], ...] = (
    Greeting,
    JoinedData,
    Goodbye,
    Pong,
    Ack,
    ErrorData,
    StateData,
    Changed,
    Beat,
    PresenceData,
    GameListing,
)
