"""
Who may do what: the secrets that open places, the rights that a device holds, the table of rights.

A device is a random token; its name everywhere else is :func:`device_id`, from which the token
cannot be had. What a device may do is written in the logs of the game and of the venue, so it is
looked up anew for every command, and taking it away works at once.
"""

from __future__ import annotations

import hmac
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterator
from hashlib import sha256
from typing import Literal, TypeAlias

import attrs

from .domain import commands as c
from .domain.events import By, Placed, Role
from .domain.profile import AS_SETTINGS
from .domain.state import Game
from .domain.values import PLAYERS, Player, Refused

ALPHABET = "23456789ABCDEFGHJKLMNPQRSTVWXZ"
"""30 signs that are not taken for one another when read aloud or typed."""
CODE_LENGTH = 8

Official: TypeAlias = Literal["judge", "organiser"]


def device_id(token: str) -> str:
    """The public name of the device that holds *token*: 132 bits of its hash."""
    return urlsafe_b64encode(sha256(token.encode()).digest())[:22].decode()


def new_token(random: Callable[[int], bytes]) -> str:
    """A device token: 256 random bits in URL-safe base64, 43 signs."""
    return urlsafe_b64encode(random(32)).rstrip(b"=").decode()


def typed(code: str) -> str:
    """A join code as it was made, from what people type: any case, spaces and dashes between."""
    return "".join(sign for sign in code.upper() if sign in ALPHABET)


@attrs.frozen
class Secrets:
    """
    Every secret that the box gives out, derived from its one key and what the secret is for.

    So nothing but ordinals has to be kept, a link can be shown again, and a new ordinal makes the
    old one worthless. The key lies in a file of its own beside the database.
    """

    _key: bytes = attrs.field(repr=False)

    def link(self, game_id: str, place: Placed, ordinal: int) -> str:
        """The secret of a place's link: 132 bits."""
        return self._text(f"link|{game_id}|{place}|{ordinal}")[:22]

    def code(self, game_id: str, place: Placed, ordinal: int) -> str:
        """A join code to be typed: 8 of 30 signs, 39 bits, short-lived."""
        return self._signs(f"code|{game_id}|{place}|{ordinal}")

    def digest(self, code: str) -> bytes:
        """What is kept of a live code, to find its place by."""
        return self._mac(f"digest|{code}")

    def official(self, ordinal: int) -> str:
        """The key of an official; ordinal 0 is the organiser's of the first start."""
        return self._text(f"official|{ordinal}")

    def table(self, table: str, ordinal: int) -> str:
        """The key with which a table's own screen becomes its device."""
        return self._text(f"table|{table}|{ordinal}")

    def table_code(self, table: str, ordinal: int) -> str:
        """The same to be typed, for screens without a camera; it lives as long as the key."""
        return self._signs(f"table_code|{table}|{ordinal}")

    def participant(self, event: str, participant: str) -> str:
        """The key with which a participant's phone becomes his for a whole event."""
        return self._text(f"participant|{event}|{participant}")[:22]

    def game_id(self, device: str, command_id: str) -> str:
        """The id of the game that a ``game_create`` makes: the same again if it is resent."""
        return self._text(f"game|{device}|{command_id}").replace("-", "a").replace("_", "b")[:12]

    def _signs(self, text: str) -> str:
        number = int.from_bytes(self._mac(text), "big")
        signs = []
        for _ in range(CODE_LENGTH):
            number, sign = divmod(number, len(ALPHABET))
            signs.append(ALPHABET[sign])
        return "".join(signs)

    def _mac(self, text: str) -> bytes:
        return hmac.digest(self._key, text.encode(), "sha256")

    def _text(self, text: str) -> str:
        return urlsafe_b64encode(self._mac(text)).rstrip(b"=").decode()


def same(given: str, expected: str) -> bool:
    """Whether two secrets are equal, in a time that does not say where they differ."""
    return hmac.compare_digest(given.encode(), expected.encode())


@attrs.frozen(kw_only=True)
class Actor:
    """All that one device holds, in one game and in the venue."""

    device: str
    host: bool = False
    seats: tuple[Player, ...] = ()
    official: Official | None = None
    name: str = ""

    @property
    def rights(self) -> tuple[str, ...]:
        seats = tuple(f"player:{seat}" for seat in self.seats)
        official = (self.official,) if self.official else ()
        return (*seats, *(("host",) if self.host else ()), *official)

    @property
    def role(self) -> Role:
        """What this device is first of all."""
        return "player" if self.seats else "host" if self.host else self.official or "observer"

    @property
    def may_press(self) -> bool:
        """Whether the match goes on with this device alone: a seat, or the table's screen."""
        return self.host or bool(self.seats)


@attrs.frozen(kw_only=True)
class Held:
    """What the venue's stream gives a device in one game."""

    official: Official | None = None
    name: str = ""
    host: bool = False
    """It is the screen of the table that the game is on."""
    seats: tuple[Player, ...] = ()
    """It stands for a participant who is paired in this game."""
    revoked: bool = False
    hidden: bool = False
    """The organiser keeps the game out of what the public sees."""


NOTHING = Held()


def actor(game: Game | None, device: str, held: Held = NOTHING) -> Actor:
    """What *device* has in *game*, as the logs of the game and of the venue have it now."""
    if held.revoked:
        return Actor(device=device)
    here = [d for d in game.devices if d.id == device] if game is not None else []
    seats = {d.player for d in here if d.role == "player"} | set(held.seats)
    return Actor(
        device=device,
        host=held.host or any(d.role == "host" for d in here),
        seats=tuple(seat for seat in PLAYERS if seat in seats),
        official=held.official,
        name=held.name or next((d.name for d in here if d.name), ""),
    )


# ---------------------------------------------------------------------- the table of rights

Rule: TypeAlias = Callable[[c.GameCommand, By, Game], bool]


def _yes(command: c.GameCommand, by: By, game: Game) -> bool:
    return True


def _own(command: c.GameCommand, by: By, game: Game) -> bool:
    """The seat that the command names, or means by naming none, is the sender's own."""
    return getattr(command, "player", None) in (None, by.player)


def _own_sheet(command: c.GameCommand, by: By, game: Game) -> bool:
    if game.options.player_scores == "both" or _own(command, by, game):
        return True
    # Where rounds are closed behind the players, each corrects the other's older cells.
    assert isinstance(command, c.ScoreUpdate)
    older = command.round is not None and 0 < command.round < game.turn.round
    return older and game.options.correct_rounds == "current"


def _own_run(command: c.GameCommand, by: By, game: Game) -> bool:
    """A player passes the clock away from himself; a press for a run that is over does nothing."""
    assert isinstance(command, c.SwitchClock)
    over = command.run is not None and command.run < game.clock.run
    return _own(command, by, game) and (
        over or command.player == by.player or game.clock.side == by.player
    )


def _own_turn(command: c.GameCommand, by: By, game: Game) -> bool:
    assert isinstance(command, c.TurnChange)
    if command.new_round:
        return False
    over = command.turn is not None and command.turn < game.turn.ordinal
    return _own(command, by, game) and (
        over or command.player == by.player or game.turn.active_player == by.player
    )


def _any_pauses(command: c.GameCommand, by: By, game: Game) -> bool:
    """The policy lets players stop and start, and the reason is their own."""
    return game.options.pause_policy == "any" and getattr(command, "why", None) is None


def _table_pauses(command: c.GameCommand, by: By, game: Game) -> bool:
    return game.options.pause_policy == "any" and getattr(command, "why", None) in (None, "setup")


def _table_starts(command: c.GameCommand, by: By, game: Game) -> bool:
    """Two who are ready begin, whatever the policy says of stopping the clock later."""
    return game.status == "ready" or game.options.pause_policy == "any"


def _not_the_round(command: c.GameCommand, by: By, game: Game) -> bool:
    return getattr(command, "why", None) != "round"


def _club(command: c.GameCommand, by: By, game: Game) -> bool:
    return game.options.profile == "club"


def _may_adjust(command: c.GameCommand, by: By, game: Game) -> bool:
    return game.options.host_may_adjust


def _until_signed(command: c.GameCommand, by: By, game: Game) -> bool:
    return game.status not in ("signed", "void")


def _before_play(command: c.GameCommand, by: By, game: Game) -> bool:
    return game.status in ("waiting", "setup", "ready")


def _settles(command: c.GameCommand, by: By, game: Game) -> bool:
    """What a game is played under is its host's to change on a club evening, not at an event."""
    return _club(command, by, game) or getattr(command, "key", None) not in AS_SETTINGS


def _freezes(command: c.GameCommand, by: By, game: Game) -> bool:
    """What the public sees of a match is the officials' business; its other settings are not."""
    return getattr(command, "key", None) == "frozen"


def _rights(
    *,
    player: Rule | None = None,
    host: Rule | None = None,
    judge: Rule | None = None,
    organiser: Rule | None = _yes,
) -> dict[Role, Rule]:
    given: dict[Role, Rule | None] = {
        "player": player,
        "host": host,
        "judge": judge,
        "organiser": organiser,
    }
    return {role: rule for role, rule in given.items() if rule is not None}


RIGHTS: dict[type, dict[Role, Rule]] = {
    c.ScoreUpdate: _rights(player=_own_sheet, host=_yes, judge=_yes),
    c.StartClock: _rights(player=_table_starts, host=_yes, judge=_yes),
    c.PauseClock: _rights(player=_any_pauses, host=_table_pauses, judge=_not_the_round),
    c.ResumeClock: _rights(player=_yes, host=_yes, judge=_yes),
    c.SwitchClock: _rights(player=_own_run, host=_yes, judge=_yes),
    c.AdjustClock: _rights(host=_may_adjust, judge=_yes),
    c.SetClock: _rights(host=_may_adjust, judge=_yes),
    c.BatchPresses: _rights(host=_yes, organiser=None),
    c.TurnChange: _rights(player=_own_turn, host=_yes, judge=_yes),
    c.Concede: _rights(player=_own, host=_yes, judge=_yes),
    c.Complete: _rights(host=_yes, judge=_yes),
    c.TimeCall: _rights(host=_yes, judge=_yes),
    c.Abandon: _rights(host=_yes, judge=_yes),
    c.ClaimFlag: _rights(player=_own, host=_yes, judge=_yes),
    c.RuleResult: _rights(host=_club, judge=_yes),
    c.ConfirmResult: _rights(player=_own, host=_yes, judge=_yes),
    c.Reopen: _rights(host=_until_signed, judge=_yes),
    c.VoidGame: _rights(host=_before_play, judge=_yes),
    c.CorrectState: _rights(host=_yes, judge=_yes),
    c.SettingsUpdate: _rights(host=_settles, judge=_freezes),
    c.SetProfile: _rights(player=_own, host=_yes, judge=_yes),
    c.RollDie: _rights(player=_own, host=_yes, judge=_yes),
    c.RollResult: _rights(player=_yes, host=_yes, judge=_yes),
    c.Choose: _rights(player=_own, host=_yes, judge=_yes),
    c.Ready: _rights(player=_own, host=_yes, judge=_yes),
    c.SkipSetup: _rights(player=_club, host=_yes, judge=_yes),
    c.SwapPlayers: _rights(host=_yes, judge=_yes),
    c.SetFirstPlayer: _rights(host=_yes, judge=_yes),
    c.Propose: _rights(player=_own, host=_yes),
    c.AnswerProposal: _rights(player=_own, host=_yes),
    c.OpenDispute: _rights(player=_yes, host=_yes, judge=_yes),
    c.CloseDispute: _rights(player=_yes, host=_club, judge=_yes),
    c.CallJudge: _rights(player=_yes, host=_yes, judge=_yes),
    c.TakeCall: _rights(judge=_yes),
    c.CloseCall: _rights(judge=_yes),
    c.CancelCall: _rights(player=_yes, host=_yes, judge=_yes),
    c.Undo: _rights(player=_yes, host=_yes, judge=_yes),
    c.Invite: _rights(host=_yes),
    c.RenameDevice: _rights(host=_yes),
    c.RevokeDevice: _rights(host=_yes),
    c.SwapSeats: _rights(host=_yes),
}
"""Command -> role -> when. What is not here is nobody's."""


class Stranger(Refused):
    """Who asks holds nothing here: he is told so, and nothing is kept of it."""

    def __init__(self, message: str) -> None:
        super().__init__("not_yours", message, role="observer")


def permitted(command: c.GameCommand, who: Actor, game: Game) -> Iterator[By]:
    """
    The rights with which *who* may give *command*, the least first.

    A device may hold several; the least one that suffices is used, and stands in the log.

    :raises Refused: (``not_yours``) there is none
    """
    if not who.rights:
        raise Stranger("as observer you may not do that")
    table = RIGHTS.get(type(command), {})
    found = False
    for by in held(who):
        rule = table.get(by.role)
        if rule is not None and rule(command, by, game):
            found = True
            yield by
    if not found:
        raise Refused("not_yours", f"as {who.role} you may not do that", role=who.role)


def held(who: Actor) -> Iterator[By]:
    """Everything that a device holds, each as the log would name it, the least first."""
    for seat in who.seats:
        yield By(role="player", device=who.device, player=seat, name=who.name)
    if who.host:
        yield By(role="host", device=who.device, name=who.name)
    if who.official:
        yield By(role=who.official, device=who.device, name=who.name)


def opened_by_code(secrets: Secrets, game_id: str, game: Game, digest: bytes) -> Placed | None:
    """The place that a typed code opens now, by the code's digest."""
    return next(
        (place for live, place in live_codes(secrets, game_id, game) if live == digest), None
    )


def live_codes(secrets: Secrets, game_id: str, game: Game) -> tuple[tuple[bytes, Placed], ...]:
    """Digests of the typed codes that open a place of *game* now."""
    if game.status in ("signed", "void"):
        return ()
    return tuple(
        (secrets.digest(secrets.code(game_id, place, ordinal)), place)
        for place, ways in game.places.items()
        for ordinal in ways.codes
    )
