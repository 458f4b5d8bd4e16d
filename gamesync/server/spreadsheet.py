"""Tables as spreadsheets read them: CSV as RFC 4180 has it, safe to be opened."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from typing import TypeAlias

Cell: TypeAlias = str | int | bool | None

FORMULA_SIGNS = "=+-@\t\r\n\uff1d\uff0b\uff0d\uff20"
"""Text that begins with one of these would be computed by a spreadsheet instead of shown."""


def csv_bytes(head: Sequence[str], rows: Iterable[Sequence[Cell]]) -> bytes:
    """
    A table in UTF-8, with CRLF at the ends of lines.

    It begins with a byte order mark: without one, Excel takes UTF-8 for the machine's old code
    page, and every "ł" is broken. Programs read it as ``utf-8-sig``.
    """
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(head)
    for row in rows:
        writer.writerow([_shown(cell) for cell in row])
    return text.getvalue().encode("utf-8-sig")


def _shown(cell: Cell) -> str | int:
    match cell:
        case None:
            return ""
        case bool():
            return "yes" if cell else "no"
        case int():
            return cell  # a number below zero is no formula
    return f"'{cell}" if cell.startswith(tuple(FORMULA_SIGNS)) else cell
