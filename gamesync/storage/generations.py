"""The folder of the backups: how they are called, which is the newest, and which are kept."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from datetime import UTC, datetime

from . import files

LAST_KEPT = 8
DAYS_KEPT = 7
WEEKS_KEPT = 4
"""
Kept are the last eight; the newest of each of the last seven days that have any; and the newest of
each of the last four weeks that have any.
"""

SUFFIX = ".gamesync.zip"
_WHEN = "%Y%m%dT%H%M%SZ"
_NAME = re.compile(r"(?P<stem>.+)-(?P<when>[0-9]{8}T[0-9]{6}Z)" + re.escape(SUFFIX))


def folder_beside(database: str) -> str:
    """Where backups are, unless the operator has named another folder."""
    return os.path.join(files.folder_of(database), "backups")


def stem_of(database: str) -> str:
    return os.path.splitext(os.path.basename(database))[0]


def name(database: str, when: datetime) -> str:
    """Of a backup made now: the names of one database's sort by time."""
    return f"{stem_of(database)}-{when.astimezone(UTC).strftime(_WHEN)}{SUFFIX}"


def made(path: str) -> datetime | None:
    """When a backup was made, by its name; None if it is not called like one."""
    match = _NAME.fullmatch(os.path.basename(path))
    try:
        return datetime.strptime(match["when"], _WHEN).replace(tzinfo=UTC) if match else None
    except ValueError:
        return None


def listed(folder: str, database: str) -> list[str]:
    """The backups of *database* in *folder*, oldest first, as paths."""
    try:
        names = sorted(os.listdir(folder))
    except OSError:
        return []
    stem = stem_of(database)
    return [
        os.path.join(folder, name)
        for name in names
        if (match := _NAME.fullmatch(name)) and match["stem"] == stem and made(name) is not None
    ]


def newest(folder: str, database: str) -> str | None:
    return next(iter(reversed(listed(folder, database))), None)


def kept(paths: Iterable[str]) -> set[str]:
    """Which of these backups stay."""
    by_age = sorted(((when, path) for path in paths if (when := made(path))), reverse=True)
    keep = {path for _, path in by_age[:LAST_KEPT]}
    days: dict[object, str] = {}
    weeks: dict[object, str] = {}
    for when, path in by_age:
        days.setdefault(when.date(), path)
        weeks.setdefault(when.isocalendar()[:2], path)
    return keep | {*list(days.values())[:DAYS_KEPT]} | {*list(weeks.values())[:WEEKS_KEPT]}


def prune(folder: str, database: str) -> list[str]:
    """Remove the backups that are not kept; their paths."""
    there = listed(folder, database)
    stay = kept(there)
    gone = [path for path in there if path not in stay]
    for path in gone:
        os.unlink(path)
    return gone
