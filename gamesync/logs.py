"""
The log: one entry an event, as text for people or as one JSON object a line for programs.

Names come from people and may hold anything: whatever they hold, an entry stays what it is.
"""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, Protocol

from twisted.logger import ILogObserver, LogLevel, formatEvent
from twisted.python.failure import Failure
from twisted.python.logfile import LogFile
from zope.interface import implementer

from .config import LOG_LEVELS, Settings
from .log_events import name_of

VALUE_CHARS = 2_000
"""Of one field no more than this is written."""
DAEMON_LOG = "twistd.log"
"""Where a daemon logs that was not told where; Twisted's own choice, too."""
LEVELS = {name: number for number, name in enumerate(LOG_LEVELS)}

_SYSLOG = {"debug": 7, "info": 6, "warn": 4, "error": 3, "critical": 2}
_TWISTED = frozenset(
    {"time", "system", "isError", "message", "format", "failure", "why", "printed", "event"}
)
"""Fields that Twisted's older log adds; what they say is said elsewhere."""
_UNSEEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]"
)
"""Signs that could break a line, rule a terminal, or show something else than is there."""


class Out(Protocol):
    """Where entries go: a binary stream, or a file that rotates."""

    def write(self, data: bytes, /) -> object: ...

    def flush(self) -> object: ...


def visible(text: str) -> str:
    """*text* with every sign that cannot be seen written out."""
    return _UNSEEN.sub(lambda sign: sign[0].encode("unicode_escape").decode(), text)


def fields(event: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """What an event says beside its sentence, in values that JSON has."""
    for name, value in event.items():
        if name.startswith("log_") or name in _TWISTED:
            continue
        yield name, _plain(value)


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, bool | int):
        return value
    try:
        text = value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
    except Exception:  # of whatever it is that was to be noted
        text = f"(a {type(value).__name__} that cannot be written)"
    return float(text) if isinstance(value, float) and abs(value) < 1e15 else _short(text)


def _short(text: str) -> str:
    # A lone half of a sign is not to be had in UTF-8, and programs stumble over it.
    return text[:VALUE_CHARS].encode("utf-8", "replace").decode()


def _level(event: Mapping[str, Any]) -> str:
    level = event.get("log_level")
    return str(level.name) if level is not None else "info"


def _time(event: Mapping[str, Any]) -> str:
    at = datetime.fromtimestamp(event.get("log_time", 0.0), UTC)
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _traceback(event: Mapping[str, Any]) -> str:
    failure = event.get("log_failure")
    return failure.getTraceback().rstrip() if isinstance(failure, Failure) else ""


def json_line(event: Mapping[str, Any]) -> str:
    """An entry as a JSON object without line breaks; ASCII, so that nothing mistakes it."""
    said: dict[str, Any] = {
        "time": _time(event),
        "level": _level(event),
        "event": name_of(event),
        "message": _short(formatEvent(dict(event))),
        "logger": str(event.get("log_namespace", "")),
    }
    for name, value in fields(event):
        said.setdefault(name, value)
    trace = _traceback(event)
    if trace:
        said["traceback"] = trace.encode("utf-8", "replace").decode()
    return json.dumps(said, separators=(",", ":"))


def text_lines(event: Mapping[str, Any], *, one_line: bool = False) -> str:
    """An entry for people; a traceback, indented, has lines of its own unless *one_line*."""
    sentence = visible(formatEvent(dict(event)))
    trace = [visible(line) for line in _traceback(event).split("\n") if line]
    if one_line:  # the journal knows when, and which level
        return " | ".join([sentence, *trace])
    head = f"{_time(event)} {_level(event):<5} [{event.get('log_namespace', '')}] {sentence}"
    return "\n\t".join([head, *trace])


@implementer(ILogObserver)
class Log:
    """
    Writes what is loud enough.

    :param journal: whoever reads this is systemd's journal, which takes levels as ``<3>`` and
        makes an entry of each line
    """

    def __init__(
        self, out: Out, *, as_json: bool, level: str, addresses: bool = True, journal: bool = False
    ) -> None:
        self._out = out
        self._as_json = as_json
        self._journal = journal
        self._addresses = addresses
        self._torn = False
        self._least = LogLevel.lookupByName(level)

    def __call__(self, event: dict[str, Any]) -> None:
        if event.get("log_level", LogLevel.info) < self._least:
            return
        if not self._addresses and "peer" in event:
            event = {**event, "peer": "-"}
        line = json_line(event) if self._as_json else text_lines(event, one_line=self._journal)
        if self._journal:
            line = f"<{_SYSLOG[_level(event)]}>{line}"
        self._write(line.encode("utf-8", "backslashreplace") + b"\n")

    def _write(self, line: bytes) -> None:
        """Play is worth more than its log; but half a line must not spoil the next."""
        try:
            self._out.write(b"\n" + line if self._torn else line)
            self._out.flush()
        except OSError:  # a full disk, a reader that has gone
            self._torn = True
        else:
            self._torn = False


def is_journal(descriptor: int, environment: Mapping[str, str]) -> bool:
    """Whether systemd has connected *descriptor* to its journal."""
    try:
        found = os.fstat(descriptor)
    except OSError:
        return False
    return environment.get("JOURNAL_STREAM") == f"{found.st_dev}:{found.st_ino}"


def to_file(path: str, settings: Settings) -> LogFile:
    """The file at *path*, readable by its owner alone, which is put aside when it is full."""
    whole = Path(path).absolute()  # twistd changes its folder once it has begun to log
    return LogFile(
        whole.name,
        str(whole.parent),
        rotateLength=settings.log_file_mb * 1_000_000,
        defaultMode=0o600,
        maxRotatedFiles=settings.log_files,
    )


def observer(settings: Settings, *, file: str = "", daemon: bool = False) -> Log:
    """
    The log that *settings* describe.

    :param file: where to log if the settings name no file; ``-``: standard output
    :param daemon: there is no standard output
    """
    path = settings.log_file or ("" if file == "-" else file) or (DAEMON_LOG if daemon else "")
    out: Out = to_file(path, settings) if path else _stdout()
    return Log(
        out,
        as_json=settings.log_format == "json",
        level=settings.log_level,
        addresses=not settings.log_without_addresses,
        journal=not path and is_journal(1, os.environ),
    )


_chosen: Callable[[], Log] = partial(observer, Settings())


def choose(settings: Settings, *, file: str = "", daemon: bool = False) -> str:
    """Have :func:`chosen` make this :func:`observer`; its name, as twistd wants to be told it."""
    global _chosen
    _chosen = partial(observer, settings, file=file, daemon=daemon)
    return f"{__name__}.{chosen.__name__}"


def chosen() -> Log:
    """Called by twistd as it begins to log."""
    return _chosen()


def _stdout() -> Out:
    out: Out = sys.stdout.buffer
    return out
