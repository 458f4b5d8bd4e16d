"""CSV as spreadsheets read it."""

from __future__ import annotations

import csv
import io

import pytest

from gamesync.server.spreadsheet import Cell, csv_bytes


def rows(*cells: Cell) -> list[list[str]]:
    text = csv_bytes(("head",), [cells]).decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text, newline=""), strict=True))


def test_what_it_looks_like() -> None:
    made = csv_bytes(("a", "b"), [("Łukasz", 1), ('say "no", twice', None)])
    assert made.startswith(b"\xef\xbb\xbfa,b\r\n")
    assert made.decode("utf-8-sig") == 'a,b\r\nŁukasz,1\r\n"say ""no"", twice",\r\n'


@pytest.mark.parametrize(
    "sign", ["=", "+", "-", "@", "\t", "\r", "\n", *"\uff1d\uff0b\uff0d\uff20"]
)
def test_no_text_is_a_formula(sign: str) -> None:
    assert rows(f'{sign}HYPERLINK("x")')[1] == [f'\'{sign}HYPERLINK("x")']


def test_numbers_and_other_text_stay_as_they_are() -> None:
    assert rows(-5, 0, True, False, None, "a=b", "'quoted'", "") == [
        ["head"],
        ["-5", "0", "yes", "no", "", "a=b", "'quoted'", ""],
    ]
