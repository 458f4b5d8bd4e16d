"""The log: one entry an event, whatever it holds, and a stable name for each."""

from __future__ import annotations

import ast
import io
import json
import os
import stat
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from twisted.logger import ILogObserver, Logger, LogPublisher
from twisted.python import log as legacy
from twisted.python.usage import Options as TwistdOptions

import gamesync
from gamesync import logs, plugin
from gamesync.config import Settings
from gamesync.log_events import EVENTS, OTHER
from gamesync.logs import Log

SOURCE = Path(gamesync.__file__).parent
NASTY = (
    "two\nlines\r\nand three",
    '"}{"event":"forged","message":"',
    "\x1b[31mred\x1b[0m and \x9b2J",
    "before \u2028 after \u2029 \x85 \x0b\x0c",
    "right \u202eot left\u202c",
    "half \ud800 of a sign",
    "<3>a priority",
    "{why} and {0} and %s",
    "\x00",
)


def written(**how: Any) -> tuple[Log, io.BytesIO]:
    out = io.BytesIO()
    return Log(out, **{"as_json": True, "level": "debug", **how}), out


def logged(log: Log, *events: tuple[str, str, dict[str, Any]]) -> None:
    publisher = LogPublisher(log)
    logger = Logger("gamesync.test", observer=publisher)
    for level, format_, fields in events:
        getattr(logger, level)(format_, **fields)


@given(st.text() | st.sampled_from(NASTY))
def test_an_entry_is_one_json_object_on_one_line_whatever_it_holds(name: str) -> None:
    log, out = written()
    logged(log, ("info", "{client} joined {game} as {role}", {"client": name, "role": "player"}))
    line = out.getvalue()
    assert line.isascii()
    assert len(line.decode().splitlines()) == 1
    entry = json.loads(line)
    assert (entry["event"], entry["level"], entry["role"]) == ("joined", "info", "player")
    assert entry["client"].encode("utf-8") == name.encode("utf-8", "replace")
    assert entry["logger"] == "gamesync.test"
    assert entry["time"].endswith("Z")


@given(st.text() | st.sampled_from(NASTY))
def test_text_is_one_line_too_and_rules_no_terminal(name: str) -> None:
    for journal in (False, True):
        log, out = written(as_json=False, journal=journal)
        logged(log, ("warn", "a peer named {name}", {"name": name}))
        line = out.getvalue().decode()
        assert len(line.splitlines()) == 1
        assert line.endswith("\n")
        assert not any(ord(sign) < 32 or 127 <= ord(sign) < 160 for sign in line[:-1])


def test_what_has_no_json_is_written_as_well_as_can_be() -> None:
    class Stubborn:
        def __str__(self) -> str:
            raise RuntimeError

    log, out = written()
    fields = {
        "yes": True,
        "none": None,
        "number": 3,
        "half": 0.5,
        "endless": float("inf"),
        "raw": b"/api/v1/\xff",
        "long": "x" * 10_000,
        "stubborn": Stubborn(),
        "kind": KeyError("k"),
    }
    logged(log, ("info", "odd things", fields))
    entry = json.loads(out.getvalue())
    assert entry["event"] == OTHER.name
    assert (entry["yes"], entry["none"], entry["number"], entry["half"]) == (True, None, 3, 0.5)
    assert entry["endless"] == "inf"
    assert entry["raw"] == "/api/v1/\ufffd"
    assert len(entry["long"]) == logs.VALUE_CHARS
    assert entry["stubborn"] == "(a Stubborn that cannot be written)"
    assert entry["kind"] == "'k'"


def _broken(log: Log) -> None:
    logger = Logger("gamesync.test", observer=LogPublisher(log))
    try:
        raise RuntimeError("first\nsecond")
    except RuntimeError:
        logger.failure("a handler broke", request="0badcafe")


def test_a_fault_has_its_traceback_and_its_request() -> None:
    log, out = written()
    _broken(log)
    (line,) = out.getvalue().splitlines()
    entry = json.loads(line)
    assert (entry["event"], entry["level"]) == ("fault_connection", "critical")
    assert entry["request"] == "0badcafe"
    assert entry["traceback"].startswith("Traceback (most recent call last):\n")
    assert "RuntimeError: first" in entry["traceback"]


def test_a_traceback_has_lines_of_its_own_in_text_but_not_in_the_journal() -> None:
    log, out = written(as_json=False)
    _broken(log)
    first, *rest = out.getvalue().decode().splitlines()
    assert first.endswith("critical [gamesync.test] a handler broke")
    assert rest[0] == "\tTraceback (most recent call last):"
    log, out = written(as_json=False, journal=True)
    _broken(log)
    (line,) = out.getvalue().decode().splitlines()
    assert line.startswith("<2>a handler broke | Traceback")
    log, out = written(journal=True)
    _broken(log)
    assert out.getvalue().startswith(b'<2>{"time":')


def test_what_is_not_loud_enough_is_not_written() -> None:
    log, out = written(level="warn")
    logged(log, *((level, level, {}) for level in ("debug", "info", "warn", "error", "critical")))
    assert [json.loads(line)["message"] for line in out.getvalue().splitlines()] == [
        *("warn", "error", "critical")
    ]


def test_addresses_can_be_left_out() -> None:
    for shown, expected in ((True, "192.168.1.5"), (False, "-")):
        log, out = written(addresses=shown)
        logged(log, ("info", "{peer} is cut off: {reason}", {"peer": "192.168.1.5", "reason": "x"}))
        entry = json.loads(out.getvalue())
        assert (entry["peer"], entry["message"]) == (expected, f"{expected} is cut off: x")


def test_twisted_s_older_log_is_understood() -> None:
    log, out = written()
    publisher = LogPublisher(log)
    old = legacy.LogPublisher(publishPublisher=publisher)
    old.msg("Starting\nfactory", why="x")
    (line,) = out.getvalue().splitlines()
    entry = json.loads(line)
    assert (entry["message"], entry["event"]) == ("Starting\nfactory", "other")
    assert set(entry) <= {"time", "level", "event", "message", "logger", "log_text"}


def test_a_file_rotates_by_its_size_and_is_its_owner_s(tmp_path: Path) -> None:
    path = tmp_path / "gamesync.log"
    settings = Settings(log_file=str(path), log_file_mb=1, log_files=2, log_format="json")
    log = logs.observer(settings)
    for number in range(6 * 1_000):
        logged(log, ("info", "entry", {"number": number, "fill": "x" * 600}))
    files = sorted(tmp_path.iterdir())
    assert [file.name for file in files] == ["gamesync.log", "gamesync.log.1", "gamesync.log.2"]
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
    assert all(file.stat().st_size < 1_002_000 for file in files)
    whole = b"".join(file.read_bytes() for file in reversed(files))
    numbers = [json.loads(line)["number"] for line in whole.splitlines()]
    assert numbers == list(range(numbers[0], 6_000))


def test_half_a_line_on_a_full_disk_does_not_spoil_the_next() -> None:
    class Disk(io.BytesIO):
        full = False

        def write(self, data: Any, /) -> int:
            if not self.full:
                return super().write(data)
            super().write(data[:20])
            raise OSError(28, "No space left on device")

    out = Disk()
    log = Log(out, as_json=True, level="info")
    logged(log, ("info", "one", {}))
    out.full = True
    logged(log, ("info", "two", {}))
    out.full = False
    logged(log, ("info", "three", {}), ("info", "four", {}))
    lines = out.getvalue().splitlines()
    assert [json.loads(lines[n])["message"] for n in (0, 2, 3)] == ["one", "three", "four"]
    assert len(lines) == 4


def test_the_journal_is_known_by_what_systemd_says(tmp_path: Path) -> None:
    with (tmp_path / "stream").open("wb") as stream:
        found = os.fstat(stream.fileno())
        named = {"JOURNAL_STREAM": f"{found.st_dev}:{found.st_ino}"}
        assert logs.is_journal(stream.fileno(), named)
        assert not logs.is_journal(stream.fileno(), {"JOURNAL_STREAM": "1:2"})
        assert not logs.is_journal(stream.fileno(), {})
    assert not logs.is_journal(999_999, named)


# -- which log twistd takes


class Twistd(TwistdOptions):
    optFlags = [["nodaemon", "n"], ["syslog", ""]]
    optParameters = [["logger", "", None], ["logfile", "l", None]]
    subCommands = [["gamesync", None, plugin.Options, ""]]


@pytest.mark.parametrize("words", [["--syslog"], ["--logger", "x.y"]])
def test_another_log_that_was_asked_for_stays(words: list[str]) -> None:
    twistd = Twistd()
    twistd.parseOptions([*words, "gamesync"])
    assert twistd["logger"] == (None if words == ["--syslog"] else "x.y")


@pytest.mark.parametrize(
    ("words", "options", "where"),
    [
        (["-n"], [], None),
        (["-n", "--logfile", "-"], [], None),
        (["-n", "--logfile", "asked.log"], [], "asked.log"),
        ([], [], "twistd.log"),
        ([], ["--log-file", "ours.log"], "ours.log"),
    ],
)
def test_where_the_log_goes(
    words: list[str],
    options: list[str],
    where: str | None,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    standard = io.TextIOWrapper(io.BytesIO(), "ascii")
    monkeypatch.setattr(sys, "stdout", standard)
    twistd = Twistd()
    twistd.parseOptions([*words, "gamesync", *options])
    assert twistd["logger"] == "gamesync.logs.chosen"
    log = logs.chosen()
    assert ILogObserver.providedBy(log)
    logged(log, ("info", "hello Zoë", {}))
    assert [file.name for file in tmp_path.iterdir()] == ([where] if where else [])
    got = (tmp_path / where).read_bytes() if where else standard.buffer.getvalue()
    assert got.decode().endswith("info  [gamesync.test] hello Zoë\n")


# -- every event has a name


def _formats(path: Path) -> Iterator[str]:
    """What a module logs: the first argument of each call of its logger."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            continue
        logger = ast.unparse(node.func.value).rpartition(".")[2] in ("_log", "log")
        logs_it = logger and node.func.attr in (
            *("debug", "info", "warn", "error", "critical", "failure"),
        )
        if node.args and (logs_it or node.func.attr == "_broke"):
            first = node.args[0]
            if isinstance(first, ast.Constant) and isinstance(first.value, str):
                yield first.value


def test_every_event_of_the_server_has_a_name_and_every_name_an_event() -> None:
    parts = [path for path in SOURCE.rglob("*.py") if _is_the_server_s(path)]
    said = {format_ for path in parts for format_ in _formats(path)}
    assert said - set(EVENTS) == set()
    assert set(EVENTS) - said == set()
    names = [event.name for event in EVENTS.values()]
    assert len(names) == len(set(names))
    assert OTHER.name not in names


def _is_the_server_s(path: Path) -> bool:
    return path.relative_to(SOURCE).parts[0] not in ("client", "table", "cli")
