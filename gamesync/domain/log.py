"""The log of a match: folding it, adding to it, and taking back what is in it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeAlias

import msgspec
from msgspec.structs import replace

# Imported for the rules that they register.
from . import consent, seats, setting_up, sheet, timekeeping, turns  # noqa: F401
from .clock import Clock
from .commands import Create, GameCommand, SwitchClock, TurnChange, Undo
from .ending import flag_loses, rescored
from .events import (
    Answered,
    By,
    CellSet,
    CellStepped,
    Chosen,
    ClockPaused,
    ClockResumed,
    ClockStarted,
    ClockSwitched,
    Contested,
    CpSet,
    CpStepped,
    Created,
    DeviceRenamed,
    DisputeClosed,
    DisputeOpened,
    DownTime,
    Ended,
    Entry,
    FirstPlayerSet,
    Flagged,
    GameFact,
    Invited,
    Joined,
    JudgeCalled,
    JudgeClosed,
    JudgeTaken,
    Lapsed,
    PlayersSwapped,
    ProfileSet,
    Proposed,
    ReadySet,
    Reopened,
    Revoked,
    RollDecided,
    Rolled,
    RoundOpened,
    SeatsSwapped,
    SettingSet,
    SetupSkipped,
    Signed,
    TurnEnded,
    TurnSet,
    Undone,
    Voided,
)
from .rules import Context, Decision, already, apply, decide, require
from .sheet import closed, official
from .state import Game, Place, PlayerState
from .timekeeping import LINK
from .values import Millis, Refused, Version

NEVER_UNDONE = (Created, Joined, Revoked, DeviceRenamed, SeatsSwapped, Invited, DownTime, Signed)
"""Facts that are not play: they stay as they are."""
ANY_DEPTH = (CellSet, CellStepped, CpSet, CpStepped, ProfileSet, PlayersSwapped, SettingSet)
"""Facts that can be taken back from anywhere in the log."""
WORDS = (
    *(Flagged, Lapsed, Proposed, Answered, DisputeOpened, DisputeClosed),
    *(JudgeCalled, JudgeTaken, JudgeClosed),
)
"""These too; but a player does not do so alone."""
NEWEST_FIRST = (
    *(Rolled, RollDecided, Chosen, ReadySet, SetupSkipped, FirstPlayerSet),
    *(ClockStarted, ClockSwitched, Contested, TurnEnded, RoundOpened, TurnSet),
    *(Ended, Reopened, Voided),
)
"""Facts that what follows stands on: while they hold, no older turn, press or step is undone."""
PRESSES = (ClockStarted, ClockSwitched, ClockPaused, ClockResumed, TurnEnded)
"""Facts of the clock, which who pressed takes back for a moment."""
NOT_PEOPLES = (LINK, "round", "server")
"""Pause reasons that come and go by themselves; what people proposed stays."""
ENTRIES_MAX = 20_000
"""Longest log of one match; a game of four hours has some hundreds."""

Struck: TypeAlias = frozenset[Version]


def begin(entry: Entry) -> Game:
    """The game that its first entry makes."""
    fact = entry.facts[0]
    if not isinstance(fact, Created):
        raise TypeError("a log begins with its creation")
    cp = fact.ruleset.cp.start if fact.ruleset.cp else 0
    one, two = fact.player1_name, fact.player2_name
    game = Game(
        ruleset=fact.ruleset,
        options=fact.options,
        version=entry.version,
        created_ms=entry.at_ms,
        touched_ms=entry.at_ms,
        players=(PlayerState(name=one, cp=cp), PlayerState(name=two, cp=cp)),
        clock=Clock.new(fact.options.clock),
        places={p: Place() for p in ("player:1", "player:2", "host", "observer")},
        table=fact.table,
        rematch_of=fact.rematch_of,
        settings={"visibility": fact.options.visibility},
    )
    for later in entry.facts[1:]:
        game = apply(later, game, context(entry))
    return game


def context(entry: Entry) -> Context:
    return Context(by=entry.by, now=entry.at_ms, version=entry.version)


def evolve(game: Game, entry: Entry) -> Game:
    """
    The game after *entry*, whole.

    :raises Refused: a fact of it does not fit; nothing of the entry holds
    """
    before, ctx = game, context(entry)
    for fact in entry.facts:
        game = apply(fact, game, ctx)
    game = _settled(before, game, entry)
    return replace(game, version=entry.version, touched_ms=entry.at_ms)


def _settled(before: Game, after: Game, entry: Entry) -> Game:
    """What follows from any change: who has won now, and which words no longer hold."""
    undone = _undoes(entry)
    after = rescored(flag_loses(before, after))
    if undone or _signable(before) != _signable(after):
        after = replace(after, sheet_version=entry.version, signatures=())
        if after.status == "signed":
            after = replace(after, status="ended")
    if undone or _position(before) != _position(after):
        kept = tuple(p for p in after.proposals if p.at_version == entry.version)
        after = replace(after, proposals=kept)
    return after


def _signable(game: Game) -> object:
    """What a signature vouches for."""
    return game.cells, game.result, [(p.name, p.faction, p.cp) for p in game.players]


def _position(game: Game) -> object:
    """What a proposal was made in view of."""
    paused = [reason for reason in game.clock.paused if reason not in NOT_PEOPLES]
    return game.status, replace(game.turn, phase=""), game.clock.run, paused


@decide.register
def _(command: Create, game: Game, ctx: Context) -> Decision:
    raise Refused("not_now", "the game has been made")


@apply.register
def _(fact: Undone, game: Game, ctx: Context) -> Game:
    """By itself it changes nothing: what it takes back is left out of the fold."""
    return game


def struck(entries: Iterable[Entry]) -> Struck:
    """Versions that are taken back. An undo that is itself taken back strikes nothing."""
    gone: set[Version] = set()
    for entry in sorted(entries, key=lambda e: -e.version):
        if entry.version not in gone:
            gone |= {f.version for f in entry.facts if isinstance(f, Undone)}
    return frozenset(gone)


class Fold(msgspec.Struct, frozen=True):
    game: Game
    without_effect: frozenset[Version]
    """Versions that stand in the log but no longer fit."""


def fold(entries: Sequence[Entry]) -> Fold:
    """What the log adds up to: every entry that is not struck and still fits, in order."""
    gone = struck(entries)
    game, void = begin(entries[0]), set[Version]()
    for entry in entries[1:]:
        if entry.version in gone:
            continue
        try:
            game = evolve(game, entry)
        except Refused:
            void.add(entry.version)
            game = replace(game, version=entry.version)
    return Fold(_still_frozen(game, entries), frozenset(void))


def _still_frozen(game: Game, entries: Sequence[Entry]) -> Game:
    """A frozen sheet stays as the public saw it then, whatever has been undone since."""
    frozen = game.frozen
    if frozen is None or not any(_undoes(e) for e in entries if e.version > frozen.version):
        return game
    then = [entry for entry in entries if entry.version <= frozen.version]
    return replace(game, frozen=fold(then).game.frozen)


def _undoes(entry: Entry) -> bool:
    return any(isinstance(fact, Undone) for fact in entry.facts)


def root_of(entry: Entry, entries: Sequence[Entry]) -> Entry:
    """What an undo, or the undo of an undo …, is about in the end."""
    while True:
        undone = next((fact for fact in entry.facts if isinstance(fact, Undone)), None)
        if undone is None:
            return entry
        entry = entries[undone.version - 1]


class Match:
    """
    One match: its log and what it adds up to. The log only grows.

    :ivar game: the state at the newest version
    :ivar entries: all of the log, oldest first
    """

    def __init__(self, entries: Sequence[Entry], game: Game | None = None) -> None:
        self.entries = tuple(entries)
        self.game = fold(self.entries).game if game is None else game

    def decide(
        self,
        command: GameCommand,
        by: By,
        now: Millis,
        dice: int = 0,
        lag_ms: Millis = 0,
        backdate_max_ms: Millis | None = None,
    ) -> Decision:
        """
        What *command* comes to; the match itself is not changed.

        :raises Refused: the rules say no
        """
        if len(self.entries) >= ENTRIES_MAX and by.role != "server":
            raise Refused("too_many", f"a match has at most {ENTRIES_MAX} entries")
        ctx = Context(
            by=by,
            now=now,
            version=self.game.version + 1,
            dice=dice,
            lag_ms=lag_ms,
            backdate_max_ms=backdate_max_ms,
        )
        if isinstance(command, Undo):
            return self._undo(command, ctx)
        decision = decide(command, self.game, ctx)
        if isinstance(command, TurnChange | SwitchClock) and "already" in decision.data:
            return decision._replace(data={**decision.data, **self._pressed(command)})
        for fact in decision.facts:
            if isinstance(fact, Proposed) and fact.version is not None:
                self._newest_first(self._undoable(fact.version))
            if isinstance(fact, Undone):
                told, _ = self._foreseen(fact.version, ctx, decision.facts)
                return Decision(decision.facts, told)
        return decision

    def after(self, entry: Entry) -> Match:
        """The match with one more entry, as :meth:`decide` foresaw it."""
        entries = (*self.entries, entry)
        return Match(entries, None if _undoes(entry) else evolve(self.game, entry))

    # -- undo

    def _undo(self, command: Undo, ctx: Context) -> Decision:
        version = command.version
        target = self._last_of(ctx.by) if version is None else self._undoable(version)
        if target.version in struck(self.entries):
            return already(version=target.version)
        self._newest_first(target)
        self._may_undo(target, ctx)
        fact = Undone(version=target.version)
        told, after = self._foreseen(target.version, ctx, (fact,))
        others = [v for v in told["voided"] if not _own(self._entry(v), ctx.by)]
        if others and ctx.by.role == "player":
            raise Refused(
                "consent_needed",
                "version: others' entries would fall with it",
                "version",
                voided=others,
            )
        if command.dry_run:
            return Decision((), {"dry_run": True, **told, "game": (self.game, after)})
        return Decision((fact,), told)

    def _entry(self, version: Version) -> Entry:
        for entry in self.entries:
            if entry.version == version:
                return entry
        raise Refused("not_found", f"version: there is no version {version}", "version")

    def _undoable(self, version: Version) -> Entry:
        entry = self._entry(version)
        if any(isinstance(fact, NEVER_UNDONE) for fact in entry.facts):
            raise Refused("not_undoable", f"version: {entry.type} is not taken back", "version")
        return entry

    def _last_of(self, by: By) -> Entry:
        never = (*NEVER_UNDONE, Undone)
        for entry in reversed(self._in_force(by)):
            if not any(isinstance(fact, never) for fact in entry.facts):
                return entry
        raise Refused("not_found", "version: nothing of yours to take back", "version")

    def _in_force(self, by: By | None = None) -> list[Entry]:
        """Entries that are not taken back: all of them, or those of the hand that *by* is."""
        gone = struck(self.entries)
        return [
            entry
            for entry in self.entries
            if entry.version not in gone and (by is None or _own(entry, by))
        ]

    def _newest_first(self, target: Entry) -> None:
        """:raises Refused: (``undo_conflict``) what has followed would hang in the air"""
        root = root_of(target, self.entries)
        if all(isinstance(fact, (*ANY_DEPTH, *WORDS)) for fact in root.facts):
            return
        way = [e.version for e in self._in_force() if e.version > root.version and _holds(e)]
        if way:
            raise Refused(
                "undo_conflict", f"version: first take back {way[-1]}", "version", in_the_way=way
            )

    def _may_undo(self, target: Entry, ctx: Context) -> None:
        """:raises Refused: it takes another hand, or two"""
        by, root = ctx.by, root_of(target, self.entries)
        if official(by):
            return
        require(self.game, "waiting", "setup", "ready", "playing", "ended")
        if target.by.role not in ("player", "host"):
            raise Refused("not_yours", "version: it is an official's, or the server's", "version")
        if by.role == "host":
            for fact in root.facts:
                if isinstance(fact, CellSet | CellStepped) and closed(
                    self.game, by, fact.player, fact.category, fact.round
                ):
                    raise Refused("consent_needed", "version: that round is over", "version")
            return
        if not _own(target, by):
            raise Refused("consent_needed", "version: it is the other's; propose it", "version")
        if all(isinstance(fact, ANY_DEPTH) for fact in root.facts):
            if target.version not in self._last_words(by):
                raise Refused("consent_needed", "version: not your last; propose it", "version")
            return
        options = self.game.options
        late = ctx.now - target.at_ms > options.undo_window_ms
        presses = all(isinstance(fact, PRESSES) for fact in root.facts)
        if late or options.undo_by != "own" or not presses:
            raise Refused("consent_needed", "version: propose it, or ask an official", "version")

    def _last_words(self, by: By) -> set[Version]:
        """The newest of *by*'s scores that counts, and his undo of one if it is newer still."""
        words = [
            (entry.version, root_of(entry, self.entries))
            for entry in self._in_force(by)
            if all(isinstance(fact, ANY_DEPTH) for fact in root_of(entry, self.entries).facts)
        ]
        scores = [version for version, root in words if version == root.version]
        return {*scores[-1:], *(version for version, _ in words[-1:])}

    def _foreseen(
        self, version: Version, ctx: Context, facts: tuple[GameFact, ...]
    ) -> tuple[dict[str, list[Version]], Game]:
        """
        What the answer to an undo says, and the game after it.

        :raises Refused: (``undo_conflict``) turns, presses or steps would fall with it
        """
        undo = Entry(
            version=ctx.version, type="undo", by=ctx.by, at_ms=ctx.now, wall="", facts=facts
        )
        after = fold((*self.entries, undo))
        voided = sorted(after.without_effect - fold(self.entries).without_effect)
        root = root_of(self._entry(version), self.entries).version
        way = [v for v in voided if v == root or _holds(self._entry(v))]
        if way:
            raise Refused(
                "undo_conflict", "version: the rest would not fit", "version", in_the_way=way
            )
        return {"undone": [version], "voided": voided}, after.game

    # -- who was first

    def _pressed(self, command: TurnChange | SwitchClock) -> dict[str, object]:
        """Who pressed before, for him who finds that it has been done."""
        turn = command.turn if isinstance(command, TurnChange) else None
        for entry in reversed(self._in_force()):
            for fact in entry.facts:
                if isinstance(fact, TurnEnded) and turn in (None, fact.turn):
                    return {"by": entry.by, "version": entry.version}
                if isinstance(fact, ClockSwitched) and isinstance(command, SwitchClock):
                    return {"by": entry.by, "version": entry.version}
        return {}


def _own(entry: Entry, by: By) -> bool:
    if by.role == "player":
        return entry.by.role == "player" and entry.by.player == by.player
    return entry.by.device == by.device


def _holds(entry: Entry) -> bool:
    """What follows stands on it."""
    return any(isinstance(fact, NEWEST_FIRST) for fact in entry.facts)
