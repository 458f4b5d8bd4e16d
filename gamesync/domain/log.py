"""The log of a match: folding it, adding to it, and taking back what is in it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeAlias

import msgspec
from msgspec.structs import replace

# Imported for the rules that they register.
from . import consent, seats, setting_up, sheet, timekeeping, turns  # noqa: F401
from .clock import Clock
from .commands import GameCommand, Undo
from .ending import flag_loses, rescored
from .events import (
    Answered,
    By,
    CellSet,
    CellStepped,
    ClockAdjusted,
    ClockPaused,
    CpSet,
    CpStepped,
    Created,
    DeviceRenamed,
    DownTime,
    Entry,
    Flagged,
    GameFact,
    Invited,
    Joined,
    Lapsed,
    PlayersSwapped,
    ProfileSet,
    Proposed,
    Revoked,
    SeatsSwapped,
    SettingSet,
    Signed,
    Undone,
)
from .rules import Context, Decision, already, apply, decide
from .state import Game, Place, PlayerState, Turn
from .values import Millis, Refused, Version

NEVER_UNDONE = (Created, Joined, Revoked, DeviceRenamed, SeatsSwapped, Invited, DownTime, Signed)
"""Facts that are not play: they stay as they are."""
ANY_DEPTH = (CellSet, CellStepped, CpSet, CpStepped, ProfileSet, PlayersSwapped, SettingSet)
"""Facts that can be taken back from anywhere in the log; the rest go newest first."""
TRANSPARENT = (*NEVER_UNDONE, *ANY_DEPTH, Flagged, Undone, Lapsed, Proposed, Answered)
"""Facts that do not stand in the way of an older turn or clock press."""
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
        turn=Turn(),
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
    after = flag_loses(after)
    if after.status == "ended":
        after = rescored(after)
    undone = any(isinstance(fact, Undone) for fact in entry.facts)
    if after.signatures and (undone or _signable(before) != _signable(after)):
        after = replace(after, signatures=(), status="ended")
    if after.proposals and (undone or _position(before) != _position(after)):
        kept = tuple(p for p in after.proposals if p.at_version == entry.version)
        after = replace(after, proposals=kept)
    return after


def _signable(game: Game) -> object:
    """What a signature vouches for."""
    return game.cells, game.result, [(p.name, p.faction, p.cp) for p in game.players]


def _position(game: Game) -> object:
    """What a proposal was made in view of."""
    return game.status, game.turn, game.clock.run, game.clock.paused


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
            game = replace(game, version=entry.version)
            continue
        try:
            game = evolve(game, entry)
        except Refused:
            void.add(entry.version)
            game = replace(game, version=entry.version)
    return Fold(game, frozenset(void))


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
        for fact in decision.facts:
            if isinstance(fact, Undone):
                after = self._without(fact.version, ctx, decision.facts)
                return Decision(decision.facts, self._told(after, fact.version))
        return decision

    def after(self, entry: Entry) -> Match:
        """The match with one more entry, as :meth:`decide` foresaw it."""
        entries = (*self.entries, entry)
        if any(isinstance(fact, Undone) for fact in entry.facts):
            return Match(entries)
        return Match(entries, evolve(self.game, entry))

    def _undo(self, command: Undo, ctx: Context) -> Decision:
        target = self._target(command, ctx.by)
        if target.version in struck(self.entries):
            return already(version=target.version)
        self._may_undo(target, ctx)
        fact = Undone(version=target.version)
        after = self._without(target.version, ctx, (fact,))
        told = self._told(after, target.version)
        others = [v for v in told["voided"] if not _own(self._entry(v), ctx.by)]
        if others and ctx.by.role == "player":
            raise Refused(
                "consent_needed",
                "version: others' entries would fall with it",
                "version",
                voided=others,
            )
        if command.dry_run:
            return Decision((), {"dry_run": True, **told, "game": (self.game, after.game)})
        return Decision((fact,), told)

    def _entry(self, version: Version) -> Entry:
        for entry in self.entries:
            if entry.version == version:
                return entry
        raise Refused("not_found", f"version: there is no version {version}", "version")

    def _target(self, command: Undo, by: By) -> Entry:
        """
        The entry to take back.

        :raises Refused: there is none, or it is not of a kind that can be taken back
        """
        if command.version is not None:
            entry = self._entry(command.version)
            if any(isinstance(fact, NEVER_UNDONE) for fact in entry.facts):
                raise Refused("not_undoable", f"version: {entry.type} is not taken back", "version")
            return entry
        gone = struck(self.entries)
        for entry in reversed(self.entries):
            if entry.version not in gone and _own(entry, by) and _is_play(entry):
                return entry
        raise Refused("not_found", "version: nothing of yours to take back", "version")

    def _may_undo(self, target: Entry, ctx: Context) -> None:
        self._newest_of_its_kind(target)
        if ctx.by.role != "player":
            return
        if not _own(target, ctx.by):
            raise Refused("consent_needed", "version: it is the other's; propose it", "version")
        options = self.game.options
        if all(isinstance(fact, ANY_DEPTH) for fact in target.facts):
            if options.undo_by == "own" or target.version == self._last_score(ctx.by):
                return
            raise Refused("consent_needed", "version: not your last; propose it", "version")
        if options.undo_by != "own" or ctx.now - target.at_ms > options.undo_window_ms:
            raise Refused("consent_needed", "version: too long ago; propose it", "version")

    def _last_score(self, by: By) -> Version | None:
        gone = struck(self.entries)
        for entry in reversed(self.entries):
            own = entry.version not in gone and _own(entry, by)
            if own and all(isinstance(fact, ANY_DEPTH) for fact in entry.facts):
                return entry.version
        return None

    def _newest_of_its_kind(self, target: Entry) -> None:
        """Turns, clock and set-up go newest first, or what followed would hang in the air."""
        if all(isinstance(fact, TRANSPARENT) for fact in target.facts):
            return
        gone = struck(self.entries)
        way = [
            e.version
            for e in self.entries
            if e.version > target.version and e.version not in gone and _blocks(e)
        ]
        if way:
            raise Refused(
                "undo_conflict", f"version: first take back {way[-1]}", "version", in_the_way=way
            )

    def _without(self, version: Version, ctx: Context, facts: tuple[GameFact, ...]) -> Fold:
        self._entry(version)
        undo = Entry(
            version=ctx.version, type="undo", by=ctx.by, at_ms=ctx.now, wall="", facts=facts
        )
        return fold((*self.entries, undo))

    def _told(self, after: Fold, version: Version) -> dict[str, list[Version]]:
        """What the answer to an undo says: the version, and what fell with it."""
        before = fold(self.entries).without_effect
        return {"undone": [version], "voided": sorted(after.without_effect - before)}


def _own(entry: Entry, by: By) -> bool:
    if by.role == "player":
        return entry.by.role == "player" and entry.by.player == by.player
    return entry.by.device == by.device


def _is_play(entry: Entry) -> bool:
    never = (*NEVER_UNDONE, Undone)
    return not any(isinstance(fact, never) for fact in entry.facts)


def _blocks(entry: Entry) -> bool:
    """The entry is a turn, a press of the clock or a step of the set-up, made by people."""
    if entry.by.role == "server":
        return False
    return not all(
        isinstance(fact, (*TRANSPARENT, ClockAdjusted)) or _only_a_word(fact)
        for fact in entry.facts
    )


def _only_a_word(fact: object) -> bool:
    return isinstance(fact, ClockPaused) and fact.reason in ("link", "round")
