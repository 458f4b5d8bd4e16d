"""
Taking people out of the log of a match: who they were is forgotten, what was played stays.

The one thing that changes what has been logged. Scores, turns, times, dice, factions and results
remain, and versions too; names become "Player 1" and "Player 2", devices become ``erased-1`` …, and
free text goes. The log then folds to the same game as before, but for that.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct
from msgspec.structs import replace

from .events import By, Created, Entry, GameFact, Joined, PlayersSwapped, ProfileSet, SettingSet
from .log import struck
from .state import Game
from .values import PLAYERS, Player

TEXTS = frozenset({"note", "text", "team", "list_link"})
"""Fields of facts that hold what people typed."""
NAMES = frozenset({"name", "player1_name", "player2_name"})
DEVICES = frozenset({"device", "ended"})
SETTINGS = frozenset({"note"})
"""Settings that hold free text."""


class _People:
    """Who is called what from now on; who was called two names is called two."""

    def __init__(self, entries: Sequence[Entry], only: Player | None) -> None:
        gone = struck(entries)
        self._swaps = [
            entry.version
            for entry in entries
            if entry.version not in gone
            for fact in entry.facts
            if isinstance(fact, PlayersSwapped)
        ]
        self._devices: dict[str, str] = {}
        self._called = "erased-" if only is None else f"erased-{only}-"
        self._names: dict[Player, dict[str, str]] = {player: {} for player in PLAYERS}
        named = [
            (self.seat(each, entry), name)
            for entry in entries
            for fact in entry.facts
            for each, name in _named(fact)
        ]
        for player in PLAYERS if only is None else (only,):
            # The name that counts is the last one: it gets the plain word.
            given = [name for seat, name in reversed(named) if seat == player and name]
            for number, name in enumerate(dict.fromkeys(given)):
                former = f" (former name {number})" if number else ""
                self._names[player][name] = f"Player {player}{former}"

        self._of_one = None if only is None else self._held(entries, only)

    def _held(self, entries: Sequence[Entry], person: Player) -> set[str]:
        """The devices that one person had."""
        joined = {
            fact.device
            for entry in entries
            for fact in entry.facts
            if isinstance(fact, Joined) and fact.player and self.seat(fact.player, entry) == person
        }
        return joined | {
            entry.by.device
            for entry in entries
            if entry.by.player and self.seat(entry.by.player, entry) == person
        }

    def seat(self, player: Player, entry: Entry) -> Player:
        """Where the person who was *player* then sits in the end."""
        swapped = sum(version > entry.version for version in self._swaps) % 2
        return (2 if player == 1 else 1) if swapped else player

    def called(self, player: Player) -> set[str]:
        return {name.casefold() for name in self._names[player]}

    def name(self, name: str, player: Player, entry: Entry) -> str:
        return self._names[self.seat(player, entry)].get(name, name) if name else name

    def goes(self, device: str) -> bool:
        """Whether the device is one of those that are forgotten."""
        return bool(device) and (self._of_one is None or device in self._of_one)

    def device(self, device: str) -> str:
        if not self.goes(device):
            return device
        return self._devices.setdefault(device, f"{self._called}{len(self._devices) + 1}")


def _named(fact: GameFact) -> list[tuple[Player, str]]:
    match fact:
        case Created():
            return [(1, fact.player1_name), (2, fact.player2_name)]
        case ProfileSet(name=str(name)):
            return [(fact.player, name)]
        case _:
            return []


def erased(entries: Sequence[Entry], only: Player | None = None) -> tuple[Entry, ...]:
    """
    The log of one match without its people. Of one that is erased already, the same.

    :param only: without the one who sat there in the end; free text goes all the same
    """
    people = _People(entries, only)
    return tuple(
        replace(
            entry,
            by=_by(entry.by, people),
            facts=tuple(_fact(fact, entry, people) for fact in entry.facts),
            command_id="",
            reason="",
        )
        for entry in entries
    )


def seats_of(entries: Sequence[Entry], name: str) -> list[Player]:
    """Where those sat in the end who were ever called *name*."""
    people = _People(entries, None)
    return [player for player in PLAYERS if name.casefold() in people.called(player)]


def played(game: Game) -> object:
    """What was played, whoever did: the same before and after."""
    return (
        game.version,
        game.status,
        game.turn,
        game.clock,
        game.setup,
        game.result,
        game.sheet_version,
        game.gaps,
        [(player.faction, player.cp, player.ready) for player in game.players],
        {key: (cell.value, cell.version, cell.at_ms) for key, cell in game.cells.items()},
        [(signature.player, signature.version) for signature in game.signatures],
        [device.player for device in game.devices],
        game.places,
    )


def _by(by: By, people: _People) -> By:
    if not people.goes(by.device):
        return by
    return replace(by, device=people.device(by.device), name="")


def _fact(fact: GameFact, entry: Entry, people: _People) -> GameFact:
    changes: dict[str, object] = {}
    match fact:
        case Created():
            changes["player1_name"] = people.name(fact.player1_name, 1, entry)
            changes["player2_name"] = people.name(fact.player2_name, 2, entry)
        case ProfileSet(name=str(name)):
            changes["name"] = people.name(name, fact.player, entry)
        case SettingSet(value=str()) if fact.key in SETTINGS:
            changes["value"] = ""
    fields = _filled(fact)
    changes |= dict.fromkeys(fields & TEXTS, "")
    if people.goes(getattr(fact, "device", "")):  # what the device is called
        changes |= dict.fromkeys((fields & NAMES) - changes.keys(), "")
    for field in DEVICES.intersection(fact.__struct_fields__):
        value = getattr(fact, field)
        one = isinstance(value, str)
        changes[field] = people.device(value) if one else tuple(map(people.device, value))
    return replace(fact, **changes) if changes else fact


def _filled(fact: Struct) -> set[str]:
    """The fields of a fact that hold a text."""
    return {field for field in fact.__struct_fields__ if isinstance(getattr(fact, field), str)}
