"""What strace saw a server do to its files and sockets, and the disks that this could have left."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Literal, TypeAlias

import attrs

CALLS = "pwrite64,ftruncate,fdatasync,fsync,unlink,sendto"
Variant: TypeAlias = Literal["synced", "written", "torn"]
VARIANTS: tuple[Variant, ...] = ("synced", "written", "torn")
"""Only what was synced; everything; what was synced, some of the rest, and half of a write more."""

_CALL = re.compile(r"(?P<pid>\d+) +(?P<name>\w+)\((?P<rest>.*)")
_RESUMED = re.compile(r"(?P<pid>\d+) +<\.\.\. (?P<name>\w+) resumed>(?P<rest>.*)")
_UNFINISHED = " <unfinished ...>"
_PATH = re.compile(r"(?:\d+<|\")((?:\\x[0-9a-f]{2})*)")
_BYTES = re.compile(r", \"((?:\\x[0-9a-f]{2})*)\", (.*?)\) *= *\d+")
_ACK = re.compile(rb'"type":"ack".{0,600}?"id":"([A-Za-z0-9_-]+)"', re.DOTALL)


def strace(into: Path) -> tuple[str, ...]:
    """The wrapper of a server whose calls are written down."""
    return ("strace", "-f", "-y", "-xx", "-s", "200000", "-e", f"trace={CALLS}", "-o", str(into))


@attrs.frozen
class Write:
    path: str
    at: int
    data: bytes


@attrs.frozen
class Truncate:
    path: str
    size: int


@attrs.frozen
class Sync:
    path: str


@attrs.frozen
class Unlink:
    path: str


@attrs.frozen
class Acked:
    """These ids leave the server in acks."""

    ids: tuple[str, ...]


Event: TypeAlias = Write | Truncate | Sync | Unlink | Acked


def events(trace: Path) -> Iterator[Event]:
    """
    What happened, in order.

    A call on a file counts from when it returned, one that sends from when it began.
    """
    begun: dict[str, str] = {}
    with trace.open(encoding="ascii") as lines:
        for line in lines:
            line = line.rstrip("\n")
            if found := _RESUMED.match(line):
                rest = begun.pop(found["pid"], "") + found["rest"]
                if found["name"] != "sendto":
                    yield from _event(found["name"], rest)
            elif found := _CALL.match(line):
                rest = found["rest"]
                if rest.endswith(_UNFINISHED):
                    rest = rest.removesuffix(_UNFINISHED)
                    begun[found["pid"]] = rest
                    if found["name"] == "sendto":
                        yield from _event("sendto", f"{rest}) = 1")
                else:
                    yield from _event(found["name"], rest)


def _event(name: str, rest: str) -> Iterator[Event]:
    path_found = _PATH.match(rest)
    path = _bytes(path_found[1]).decode() if path_found else ""
    match name:
        case "pwrite64" if found := _BYTES.search(rest):
            data, numbers = _bytes(found[1]), found[2].split(", ")
            yield Write(path, int(numbers[1]), data)
        case "sendto" if found := _BYTES.search(rest):
            if ids := _ACK.findall(_bytes(found[1])):
                yield Acked(tuple(id_.decode() for id_ in ids))
        case "ftruncate" if found_size := re.search(r">, (\d+)\) *= 0", rest):
            yield Truncate(path, int(found_size[1]))
        case "fdatasync" | "fsync" if rest.rstrip().endswith("= 0"):
            yield Sync(path)
        case "unlink" if rest.rstrip().endswith("= 0"):
            yield Unlink(path)


def _bytes(text: str) -> bytes:
    return bytes.fromhex(text.replace("\\x", ""))


class Disk:
    """Files as they are durable, and what was done to each since it was synced."""

    def __init__(self, start: dict[str, bytes], seed: int = 1) -> None:
        self._durable = {path: bytearray(data) for path, data in start.items()}
        self._pending: dict[str, list[Write | Truncate]] = {}
        self._random = random.Random(seed)

    def see(self, event: Event) -> None:
        match event:
            case Write(path) | Truncate(path):
                self._pending.setdefault(path, []).append(event)
            case Sync(path):
                for step in self._pending.pop(path, []):
                    _do(self._durable.setdefault(path, bytearray()), step)
            case Unlink(path):
                self._durable.pop(path, None)
                self._pending.pop(path, None)

    def durable(self, path: str, text: bytes) -> bool:
        """Whether *text* lies in the file at *path* whatever happens now."""
        return text in self._durable.get(path, b"")

    def image(self, path: str, variant: Variant) -> bytes | None:
        """The file at *path* after the power went now; None: it is not there."""
        pending = self._pending.get(path, [])
        if path not in self._durable and (variant == "synced" or not pending):
            return None
        data = bytearray(self._durable.get(path, b""))
        match variant:
            case "written":
                for step in pending:
                    _do(data, step)
            case "torn" if pending:
                whole = self._random.randrange(len(pending))
                for step in pending[:whole]:
                    _do(data, step)
                last = pending[whole]
                if isinstance(last, Write):
                    _do(data, Write(path, last.at, last.data[: len(last.data) // 2]))
        return bytes(data)


def _do(data: bytearray, step: Write | Truncate) -> None:
    if isinstance(step, Truncate):
        del data[step.size :]
        data.extend(bytes(step.size - len(data)))
        return
    if len(data) < step.at:
        data.extend(bytes(step.at - len(data)))
    data[step.at : step.at + len(step.data)] = step.data
