"""The forms in which a game is told to those who ask over HTTP: as a report, whole, as a sheet."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import attrs
import msgspec

from ..domain.events import Entry
from ..domain.history import HistoryEntry, history
from ..domain.report import Report, report
from ..domain.state import Game
from ..domain.values import Version
from ..domain.view import Audience, View, view
from .spreadsheet import Cell, csv_bytes

JSON = b"application/json; charset=utf-8"
CSV = b"text/csv; charset=utf-8; header=present"

_to_json = msgspec.json.encode


class ReportJson(msgspec.Struct, frozen=True, kw_only=True):
    """``GET /api/v1/games/<id>/report``."""

    game_id: str
    epoch: str
    version: Version
    report: Report
    state: View


class GameExportJson(ReportJson, frozen=True, kw_only=True):
    """``GET /api/v1/games/<id>/export.json``: everything."""

    log: tuple[HistoryEntry, ...]
    """Oldest first."""


@attrs.frozen(kw_only=True)
class Told:
    """One game as it is told to somebody: values that never change, fit for a thread."""

    game_id: str
    epoch: str
    game: Game
    entries: tuple[Entry, ...]
    audience: Audience


def report_json(told: Told) -> bytes:
    return _to_json(ReportJson(**_report(told)))


def export_json(told: Told) -> bytes:
    frozen = told.game.frozen.version if told.game.frozen is not None else None
    log = tuple(history(told.entries, told.audience, frozen))[::-1]
    return _to_json(GameExportJson(**_report(told), log=log))


def export_csv(told: Told) -> bytes:
    head = ("row", "player", "name", "faction", "category", "round", "points")
    return csv_bytes(head, _sheet(report(told.entries, told.audience)))


def _report(told: Told) -> dict[str, Any]:
    return {
        "game_id": told.game_id,
        "epoch": told.epoch,
        "version": told.game.version,
        "report": report(told.entries, told.audience),
        "state": view(told.game, told.audience),
    }


def _sheet(told: Report) -> Iterator[tuple[Cell, ...]]:
    """The score sheet, cell by cell; then what each category, command points and all come to."""
    for player, scores, rounds in zip(told.players, told.scores, told.scores_by_round, strict=True):
        who = (player.player, player.name, player.faction)
        for category in (*scores.categories, "total"):
            for each in rounds:
                if category in each.points:
                    yield "cell", *who, category, each.round, each.points[category]
        for category, points in scores.categories.items():
            yield "category", *who, category, None, points
        yield "cp", *who, None, None, scores.cp
        yield "score", *who, None, None, scores.score


@attrs.frozen
class Form:
    """One way to tell of a game."""

    type: bytes
    make: Callable[[Told], bytes]
    suffix: str = ""
    """Of the file that it is saved as; empty: it is shown."""


FORMS = {
    b"report": Form(JSON, report_json),
    b"export.json": Form(JSON, export_json, "json"),
    b"export.csv": Form(CSV, export_csv, "csv"),
}
