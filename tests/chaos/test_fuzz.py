"""Noise in place of messages, frames and heads: never an exception, never anything left behind."""

from __future__ import annotations

import gc
import json
import random
import time
from collections.abc import Callable
from typing import Any

import pytest
import txaio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from twisted.internet.error import ConnectionLost
from twisted.python.failure import Failure

from gamesync.server import head
from gamesync.server.session import Session
from gamesync.wire.codec import MESSAGE_MAX, Malformed, decode
from gamesync.wire.errors import ErrorCode

from ..house import House, Match
from ..server.echo import port
from ..server.kit import Socket, client_frame, failures, request, upgrade
from ..wire.samples import samples
from .long import LONG, times
from .test_model import FREE

SAMPLES = [json.dumps(sample).encode() for sample in samples()]
LOST = Failure(ConnectionLost())
NASTY: tuple[bytes, ...] = (
    *(b"\x00", b"\xff\xfe", b"\xed\xa0\x80", b"\xc0\xaf", b"\xef\xbb\xbf", b"\\ud800", b"\\u0000"),
    *(b"NaN", b"1e999", b"-0", b"9" * 300, b"[" * 500, b'{"a":' * 100, b'"', b"\\", b","),
    *(b"\r\n", b"\r\n\r\n", b"\x85", b"Host: a\r\n", b"null", b"true", b"{}", b"[]", b'"x_":1,'),
    *(
        b"\x81\xff" + b"\x7f" * 8,
        b"\x88\x82\0\0\0\0\x03\xe7",
        b"\x89\x80\0\0\0\0",
        b"\x80\x80\0\0\0\0",
    ),
)


def mutated(data: bytes, chance: random.Random) -> bytes:
    """*data* with a few things wrong."""
    found = bytearray(data)
    for _ in range(chance.choice((0, 1, 1, 2, 3, 8))):
        at = chance.randrange(len(found) + 1)
        match chance.randrange(6):
            case 0 if found:
                found[at % len(found)] = chance.randrange(256)
            case 1:
                found[at:at] = chance.choice(NASTY)
            case 2:
                del found[at : at + chance.randrange(1, 9)]
            case 3:
                found[at:at] = found[at : at + chance.randrange(1, 40)]
            case 4:
                del found[at:]
            case 5 if found:
                found[at % len(found)] ^= 1 << chance.randrange(8)
    return bytes(found)


def decoded(payload: bytes) -> None:
    """Decode, and hold the decoder to what it promises."""
    no = None
    began = time.thread_time()
    try:
        decode(payload)
    except Malformed as malformed:
        no = malformed
    taken = time.thread_time() - began
    assert taken < 0.05 or len(payload) > 16384, (taken, payload)
    if no is not None:
        assert no.code in set(ErrorCode)
        assert no.message.isprintable()
        assert len(no.message) <= MESSAGE_MAX
        assert no.field is None or len(no.field) <= 1000


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=20,
)


@settings(
    max_examples=times(short=100, long=20_000),
    suppress_health_check=list(HealthCheck),
    deadline=None,
)
@given(
    payload=st.binary(max_size=400)
    | JSON.map(lambda value: json.dumps(value).encode())
    | st.builds(
        lambda sample, at, value: {**sample, at: value},
        st.sampled_from(samples()),
        st.sampled_from(["type", "data", "id", "game_id", "timestamp", "x_y", "more"]),
        JSON,
    ).map(lambda value: json.dumps(value).encode())
)
def test_the_decoder_with_made_up_messages(payload: bytes) -> None:
    decoded(payload)


def test_the_decoder_with_broken_messages() -> None:
    chance = random.Random(1)
    gc.disable()  # a collection of all tests' rubbish is no fault of the decoder
    try:
        for _ in range(times(short=20_000, long=1_000_000)):
            decoded(mutated(chance.choice(SAMPLES), chance))
    finally:
        gc.enable()


class Fuzzer:
    """The port and what is behind it, in memory; and one broken conversation after the other."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
        self.house = House(limits=FREE)
        monkeypatch.setattr(txaio.config, "loop", self.house.reactor)
        self.match = Match(self.house)
        hub = self.house.hub
        self.sessions = len(hub.sessions)
        self.front = port(self.house.reactor, FREE, handler=lambda line: Session(hub, line))
        self.chance = random.Random(seed)
        key = self.match.places["player:1"]["key"]
        self.known = [
            *SAMPLES,
            *(
                json.dumps({"type": type_, "game_id": self.match.id, "data": data}).encode()
                for type_, data in (
                    ("connect", {"key": key}),
                    ("connect", {"resume": {"epoch": "", "version": 3}}),
                    ("score_update", {"player": 1, "category": "secondary", "delta": 1}),
                    ("game_state", {}),
                    ("heartbeat", {"t0": 1}),
                    ("turn_change", {}),
                    ("game_list", {"subscribe": True}),
                )
            ),
        ]

    def conversation(self) -> bytes:
        """What one peer sends in all."""
        chance, heads = self.chance, (upgrade("/ws"), upgrade("/"), request("/healthz"))
        opening = chance.choice(heads) if chance.random() < 0.3 else upgrade("/ws")
        if chance.random() < 0.3:
            opening = mutated(opening, chance)
        frames = b""
        for _ in range(chance.randrange(6)):
            payload = chance.choice(self.known)
            if chance.random() < 0.3:
                payload = mutated(payload, chance)
            kind = chance.choice((1, 1, 1, 1, 1, 0, 2, 8, 9, 10, 3))
            whole = client_frame(kind, payload, fin=chance.random() < 0.9)
            frames += mutated(whole, chance) if chance.random() < 0.3 else whole
        return opening + frames

    def run(self) -> bytes:
        """One conversation, in pieces as the network likes, and an end of some kind."""
        said = self.conversation()
        socket = Socket(self.house.reactor)
        socket.attach(self.front)
        at = 0
        while at < len(said) and not socket.disconnected:
            size = self.chance.choice((1, 2, 7, 100, 10_000, 10_000))
            socket.say(said[at : at + size])
            at += size
            if self.chance.random() < 0.05:
                self.house.wait(self.chance.choice((0.1, 1, 6)))
        if not socket.disconnected and self.chance.random() < 0.7:
            socket.connectionLost(LOST)
        return said

    def left(self) -> list[str]:
        """What is still there once every timer has had its time."""
        for _ in range(30):
            self.house.wait(5)
        found = []
        if (more := len(self.house.hub.sessions) - self.sessions) > 0:
            found.append(f"{more} sessions")
        if self.front.gate.open:
            found.append(f"{self.front.gate.open} connections")
        calls = [str(call) for call in self.house.reactor.getDelayedCalls() if call.active()]
        found += [call for call in calls if "Registry._ring" not in call]  # those are of games
        return found


def fuzz(monkeypatch: pytest.MonkeyPatch, seconds: float, seed: int = 1) -> tuple[int, list[Any]]:
    """How many conversations there were, and what was wrong."""
    fuzzer, number = Fuzzer(monkeypatch, seed), 0
    until = time.monotonic() + seconds
    with failures() as logged:
        while time.monotonic() < until:
            said = b""
            try:
                said = fuzzer.run()
                number += 1
                if number % 200 == 0 and (left := fuzzer.left()):
                    return number, [said, left]
            except Exception as error:
                return number, [said, repr(error)]
            if logged:
                return number, [said, *logged]
        left = fuzzer.left()
    return number, [*left, *logged]


def test_the_port(monkeypatch: pytest.MonkeyPatch) -> None:
    number, wrong = fuzz(
        monkeypatch, times(short=3, long=300), seed=int(time.time()) if LONG else 1
    )
    print(f"{number} conversations")
    assert not wrong, str(wrong)[-2000:]
    assert number > 200


def test_the_checker_catches_an_exception(monkeypatch: pytest.MonkeyPatch) -> None:
    look: Callable[..., Any] = head.alien

    def strict(data: bytes) -> bool:
        if b"\x85" in data:
            raise ValueError("no such sign")
        return bool(look(data))

    monkeypatch.setattr("gamesync.server.front.alien", strict)
    _, wrong = fuzz(monkeypatch, 5)
    assert "no such sign" in str(wrong)


def test_the_checker_catches_a_session_that_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Session, "closed", lambda self, code, reason: None)
    _, wrong = fuzz(monkeypatch, 5)
    assert "sessions" in str(wrong)
