"""The two tables of trouble."""

from __future__ import annotations

import re

import pytest

from gamesync.wire.errors import CloseCode, ErrorCode, tables


def test_codes_are_their_own_words() -> None:
    assert f"{ErrorCode.NOT_NOW}" == "not_now"
    assert ErrorCode["NOT_NOW"].value == "not_now"
    assert all(code.value == str(code) == code.name.lower() for code in ErrorCode)
    assert f"{CloseCode.TOO_SLOW}" == "4408"
    assert int(CloseCode["TOO_SLOW"]) == 4408


def test_no_code_is_without_a_sentence_and_advice() -> None:
    for error in ErrorCode:
        assert error.meaning.endswith("."), error
        assert error.again, error
    for close in CloseCode:
        assert close.meaning.endswith("."), close
        assert close.come_back.startswith(("no", "yes", "after")), close


@pytest.mark.parametrize("code", list(CloseCode))
def test_close_codes_may_be_sent(code: CloseCode) -> None:
    """RFC 6455 7.4: the rest are not for a Close frame."""
    assert code in {1000, 1001, 1002, 1003, 1007, 1008, 1009, 1011, 1012} or 4000 <= code < 5000


def test_what_was_not_decided_may_be_sent_again_with_the_same_id() -> None:
    same = {code for code in ErrorCode if code.again == "same id"}
    assert same == {"rate_limited", "overloaded", "storage", "internal"}


def test_the_tables_have_a_row_for_each() -> None:
    rows = re.findall(r"^\| `?(\w+)`? \|", tables(), re.MULTILINE)
    assert rows[0] == "code"
    assert set(rows) >= {*ErrorCode, *(str(int(code)) for code in CloseCode)}
    assert len(tables().splitlines()) == len(ErrorCode) + len(CloseCode) + 5
