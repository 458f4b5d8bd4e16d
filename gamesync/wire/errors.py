"""The two tables of trouble: codes of ``error`` messages, and codes that close a connection."""

from __future__ import annotations

from enum import IntEnum, StrEnum


class ErrorCode(StrEnum):
    """What is wrong with a command. A code never changes its meaning."""

    meaning: str
    again: str

    def __new__(cls, code: str, meaning: str, again: str) -> ErrorCode:
        member = str.__new__(cls, code)
        member._value_ = code
        member.meaning = meaning
        member.again = again
        return member

    BAD_JSON = "bad_json", "Not JSON text of one object (or with NaN, a key twice, too deep).", "no"
    UNKNOWN_TYPE = "unknown_type", "No message or form of that name.", "no"
    MISSING_FIELD = "missing_field", "A field that is needed is not there.", "no"
    UNKNOWN_FIELD = "unknown_field", "A field that is not known (`x_…` ones are ignored).", "no"
    WRONG_TYPE = "wrong_type", "A field holds another kind of value.", "no"
    OUT_OF_RANGE = "out_of_range", "A number or a list is beyond its bounds.", "no"
    TOO_LONG = "too_long", "A text is longer than its field may be.", "no"
    BAD_VALUE = "bad_value", "A value that its field does not take.", "no"
    TOO_MANY = "too_many", "One more than there may be.", "later"
    NOT_JOINED = "not_joined", "First `connect` to that game.", "after connect"
    BAD_CREDENTIALS = "bad_credentials", "The code, link, key or token opens nothing.", "no"
    TOKEN_EXPIRED = (
        "token_expired",
        "The token is too old: `connect` without it, and come in by link or code again.",
        "without the token",
    )
    NOT_YOURS = "not_yours", "Somebody else has the right to do that.", "no"
    CONSENT_NEEDED = "consent_needed", "The other player has to agree, or an official.", "propose"
    NOT_NOW = "not_now", "Not in this status, or not any more.", "no"
    NOT_FOUND = "not_found", "There is no such thing.", "no"
    CONFLICT = "conflict", "It has changed since `if_version`; the current value is with it.", "yes"
    UNDO_CONFLICT = "undo_conflict", "Later entries stand in the way.", "after those"
    NOT_UNDOABLE = "not_undoable", "An entry that is not taken back.", "no"
    ID_REUSED = "id_reused", "This `id` was another command's.", "with a new id"
    RATE_LIMITED = "rate_limited", "Too fast; see `retry_after_ms`.", "same id"
    OVERLOADED = "overloaded", "The server has too much waiting.", "same id"
    STORAGE = "storage", "It cannot be made durable just now; nothing has changed.", "same id"
    INTERNAL = "internal", "A fault of the server's own; it has been noted.", "same id"


class CloseCode(IntEnum):
    """Why a connection was closed, and whether to come back."""

    meaning: str
    come_back: str

    def __new__(cls, code: int, meaning: str, come_back: str) -> CloseCode:
        member = int.__new__(cls, code)
        member._value_ = code
        member.meaning = meaning
        member.come_back = come_back
        return member

    NORMAL = 1000, "Goodbye, from either side.", "no"
    GOING_AWAY = 1001, "The page or program is leaving.", "no"
    PROTOCOL_ERROR = 1002, "Not WebSocket as RFC 6455 has it.", "no"
    BINARY = 1003, "A binary frame; this protocol is text.", "no"
    BAD_TEXT = 1007, "Text that is not UTF-8.", "no"
    ABUSE = 1008, "Far over a limit, after a warning where there could be one.", "after 30 s"
    TOO_BIG = 1009, "A message over 16 KiB.", "no"
    INTERNAL = 1011, "A fault of the server's own.", "yes"
    RESTART = 1012, "The server restarts; see `retry_after_ms` of `disconnect`.", "yes, then"
    SILENT = 4401, "No message within 5 s of the opening.", "yes"
    REVOKED = 4403, "This device's place was taken from it.", "no"
    EXPIRED = 4406, "This device's token has become too old.", "yes, without the token"
    TOO_SLOW = 4408, "It read too slowly to be kept in step.", "yes, and resume"
    REPLACED = 4409, "The same device opened too many connections.", "no"


def tables() -> str:
    """Both tables in Markdown, for ``docs/protocol.md``."""
    lines = ["| `code` | meaning | try again? |", "| --- | --- | --- |"]
    lines += [f"| `{e.value}` | {e.meaning} | {e.again} |" for e in ErrorCode]
    lines += ["", "| close code | meaning | come back? |", "| --- | --- | --- |"]
    lines += [f"| {c.value} | {c.meaning} | {c.come_back} |" for c in CloseCode]
    return "\n".join(lines) + "\n"
