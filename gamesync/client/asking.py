"""Everything that an app can ask of the server, one method each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from twisted.internet.defer import Deferred

from .mirror import Mirror
from .outbox import Answer, Outbox, PressKind


class _Sends(Protocol):
    """What the methods need of the client that they belong to."""

    mirror: Mirror
    outbox: Outbox

    def send(
        self,
        type: str,  # noqa: A002 - the envelope's word
        data: Any = None,
        *,
        game_id: str | None = None,
        press: PressKind | None = None,
        player: int = 0,
    ) -> Deferred[Answer]: ...


class Asking:
    """
    The commands of a :class:`~gamesync.client.GameClient`.

    Each gives a Deferred that fires with an :class:`~gamesync.client.Answer` when what was asked
    is durable, and fails with :exc:`~gamesync.client.ClientRefused` when it was refused. Without a
    connection a command waits for one. *player* is 1 or 2; left out it is the app's own seat, or
    whoever's turn or clock it is.
    """

    # -- points

    def score(
        self: _Sends,
        player: int,
        category: str | None = None,
        *,
        value: int | None = None,
        delta: int | None = None,
        round: int | None = None,  # noqa: A002 - the protocol's word
        if_version: int | None = None,
        correct: bool = False,
        reason: str = "",
    ) -> Deferred[Answer]:
        """
        Set (*value*) or step (*delta*) a cell of the sheet.

        :param round: battle round of the cell; the one that is shown now, if left out
        :param if_version: refuse (``conflict``) if the cell has changed since that version
        """
        data: dict[str, Any] = {"player": player}
        if category is None:
            data["score"] = value
        else:
            shown = self.mirror.section("turn").get("round") or None
            if _once_a_game(self.mirror, category):
                shown = 0
            data |= {"category": category, "round": shown if round is None else round}
            data |= {"value": value, "delta": delta}
        data |= {"if_version": if_version}
        if correct:
            data["correct"] = True
        if reason:
            data["reason"] = reason
        return self.send("score_update", data)

    def cp(
        self: _Sends,
        player: int,
        *,
        value: int | None = None,
        delta: int | None = None,
        why: str | None = None,
    ) -> Deferred[Answer]:
        """Set or step command points; *why* is ``gain``, ``spend`` or ``correction``."""
        data = {"player": player, "cp": value, "cp_delta": delta, "cp_why": why}
        return self.send("score_update", data)

    # -- turn and clock

    def end_turn(
        self: _Sends, player: int | None = None, *, end_round: bool = False
    ) -> Deferred[Answer]:
        """End the turn that is shown; a second press for the same turn ends nothing more."""
        seen = foreseen(self.mirror, self.outbox)
        who = player or _own_seat(self.mirror) or seen["active"]
        data: dict[str, Any] = {"turn": seen["turn"], "player": who or None}
        if end_round:
            data["end_round"] = True
        return self.send("turn_change", data, press="turn", player=who)

    def switch_clock(self: _Sends, player: int | None = None) -> Deferred[Answer]:
        """Priority pass: end the clock run that is shown; the turn stays."""
        seen = foreseen(self.mirror, self.outbox)
        who = player or _own_seat(self.mirror) or seen["side"]
        data = {"op": "switch", "run": seen["run"], "player": who or None}
        return self.send("timer_update", data, press="switch", player=who)

    def start_clock(self: _Sends, side: int | None = None) -> Deferred[Answer]:
        """Start the clock, and with it the match if that is ready."""
        return self.send("timer_update", {"op": "start", "side": side})

    def pause(self: _Sends, why: str | None = None, reason: str = "") -> Deferred[Answer]:
        data = {"op": "pause", "why": why, "reason": reason}
        who = foreseen(self.mirror, self.outbox)["side"] or 1
        press: PressKind | None = "pause" if why is None else None
        return self.send("timer_update", data, press=press, player=who)

    def resume(self: _Sends, why: str | None = None) -> Deferred[Answer]:
        who = foreseen(self.mirror, self.outbox)["side"] or 1
        press: PressKind | None = "resume" if why is None else None
        return self.send("timer_update", {"op": "resume", "why": why}, press=press, player=who)

    def adjust_clock(
        self: _Sends, player: int, delta_ms: int, reason: str = ""
    ) -> Deferred[Answer]:
        """Give a player *delta_ms*, or take it (below 0)."""
        data = {"op": "adjust", "player": player, "delta_ms": delta_ms, "reason": reason}
        return self.send("timer_update", data)

    # -- before play

    def profile(self: _Sends, player: int | None = None, **fields: str) -> Deferred[Answer]:
        """Set name, faction, detachment, disposition, team or list_link."""
        return self.send("setup", {"op": "profile", "player": player, **fields})

    def ready(self: _Sends, player: int | None = None, *, ready: bool = True) -> Deferred[Answer]:
        return self.send("setup", {"op": "ready", "player": player, "ready": ready})

    def roll(self: _Sends, player: int | None = None) -> Deferred[Answer]:
        return self.send("setup", {"op": "roll", "player": player})

    def choose(self: _Sends, option: str, player: int | None = None) -> Deferred[Answer]:
        return self.send("setup", {"op": "choose", "option": option, "player": player})

    def skip_setup(self: _Sends, first_player: int) -> Deferred[Answer]:
        """Just play: *first_player* starts."""
        return self.send("setup", {"op": "skip", "first_player": first_player})

    # -- people

    def undo(
        self: _Sends, version: int | None = None, *, dry_run: bool = False, reason: str = ""
    ) -> Deferred[Answer]:
        """Take back *version*, or the app's own last; with *dry_run* only say what would change."""
        data: dict[str, Any] = {"version": version, "reason": reason}
        return self.send("undo", data | ({"dry_run": True} if dry_run else {}))

    def propose(
        self: _Sends, kind: str, *, version: int | None = None, player: int | None = None
    ) -> Deferred[Answer]:
        return self.send("propose", {"kind": kind, "version": version, "player": player})

    def answer(
        self: _Sends, proposal: int, accept: bool, player: int | None = None
    ) -> Deferred[Answer]:
        """Say yes or no to what was proposed at version *proposal*."""
        return self.send("answer", {"proposal": proposal, "accept": accept, "player": player})

    def judge(self: _Sends, op: str = "call", note: str = "") -> Deferred[Answer]:
        """``call``, ``take``, ``close`` or ``cancel``."""
        noted = {"note": note} if op in ("call", "close") else {}
        return self.send("judge_call", {"op": op, **noted})

    # -- the end

    def end_game(self: _Sends, op: str, **fields: Any) -> Deferred[Answer]:
        """``concede``, ``complete``, ``time_call``, ``abandon``, ``claim``, ``rule`` …"""
        return self.send("game_end", {"op": op, **fields})

    def sign(self: _Sends, player: int | None = None) -> Deferred[Answer]:
        """Sign the result as it is shown."""
        data = {"op": "confirm", "version": self.mirror.version, "player": player}
        return self.send("game_end", data)

    def setting(self: _Sends, key: str, value: bool | int | str | None) -> Deferred[Answer]:
        return self.send("settings_update", Whole({"key": key, "value": value}))

    def invite(
        self: _Sends, role: str = "player", player: int | None = None, *, renew: bool = False
    ) -> Deferred[Answer]:
        """Show a way into a place: ``detail`` of the answer has ``link``, ``key`` and ``codes``."""
        data = {"op": "invite", "role": role, "player": player, "renew": renew}
        return self.send("device", data)


class Whole(dict[str, Any]):
    """Data in which None is a value, and not left out."""


def trimmed(data: Mapping[str, Any]) -> dict[str, Any]:
    """*data* without the fields that were not given."""
    if isinstance(data, Whole):
        return dict(data)
    return {name: value for name, value in data.items() if value is not None}


def foreseen(mirror: Mirror, outbox: Outbox) -> dict[str, int]:
    """
    Turn and clock as they are once the presses made without a connection count.

    Only the table's own device is the match's clock while it is cut off; on any other a press
    names what is shown.
    """
    turn, clock = mirror.section("turn"), mirror.section("clock")
    seen = {
        "turn": turn.get("turn", 0),
        "active": turn.get("active_player", 0),
        "run": clock.get("run", 0),
        "side": clock.get("side", 0),
    }
    if "host" not in mirror.rights:
        return seen
    for pending in outbox.waiting:
        if not pending.offline or pending.press not in ("switch", "turn"):
            continue
        seen["run"] += 1
        other = 3 - pending.player if pending.player in (1, 2) else 0
        if pending.press == "turn":
            seen["turn"] += 1
            seen["active"] = other
        seen["side"] = other
    return seen


def _own_seat(mirror: Mirror) -> int:
    """On a player's own phone a press is his; the table's screen is everybody's."""
    return 0 if "host" in mirror.rights else mirror.player


def _once_a_game(mirror: Mirror, category: str) -> bool:
    """Whether the category has one cell for the whole game, in round 0."""
    categories = mirror.section("ruleset").get("categories", ())
    return any(c.get("id") == category and not c.get("per_round", True) for c in categories)
