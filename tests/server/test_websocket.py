"""Each guard of a WebSocket, without a socket and without waiting."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import attrs
import pytest
import txaio
from autobahn.twisted.websocket import WebSocketServerFactory
from hypothesis import given
from hypothesis import strategies as st
from twisted.internet.testing import MemoryReactorClock

from gamesync.limits import Limits
from gamesync.server.head import Door
from gamesync.server.line import Line
from gamesync.server.websocket import ConnectionFactory, frame, options

from .kit import (
    BINARY,
    CLOSE,
    PING,
    PONG,
    TEXT,
    Recorder,
    Socket,
    client_frame,
    failures,
    goodbye,
    log_entries,
    server_frames,
    upgrade,
)

CONTINUED = 0


@attrs.define
class Wire:
    """A connection, its peer's socket, and its handler."""

    clock: MemoryReactorClock
    limits: Limits = attrs.field(factory=Limits)
    breaks: frozenset[str] = frozenset()
    lines: tuple[str, ...] = ()
    socket: Socket = attrs.field(init=False)
    handlers: list[Recorder] = attrs.field(init=False, factory=list)
    answer: bytes = attrs.field(init=False)
    factory: ConnectionFactory = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        door = Door(hosts=frozenset({"box"}))
        self.factory = ConnectionFactory(self.clock, self._handler, self.limits, door)
        self.socket = Socket(self.clock)
        self.socket.attach(self.factory)
        self.answer = self.socket.say(upgrade("/", *self.lines))

    def _handler(self, line: Line) -> Recorder:
        if "made" in self.breaks:
            raise RuntimeError("the secret of the house")
        self.handlers.append(Recorder(line, breaks=set(self.breaks)))
        return self.handlers[0]

    @property
    def told(self) -> list[Any]:
        return self.handlers[0].told

    @property
    def line(self) -> Line:
        return self.handlers[0].line

    @property
    def hidden(self) -> Any:
        return self.socket.protocol

    def pass_time(self, seconds: float) -> None:
        for _ in range(int(seconds * 10)):
            self.clock.advance(0.1)
            self.socket.flush()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> MemoryReactorClock:
    clock = MemoryReactorClock()
    monkeypatch.setattr(txaio.config, "loop", clock)  # Autobahn's timers use this
    return clock


@pytest.fixture
def wire(clock: MemoryReactorClock) -> Wire:
    return Wire(clock)


@pytest.fixture
def quiet(clock: MemoryReactorClock) -> Iterator[None]:
    """No failure is logged, and no timer left."""
    with failures() as logged:
        yield
    assert logged == []
    clock.advance(4)  # a time-out of Autobahn's that outlives its connection
    assert clock.getDelayedCalls() == []


@pytest.mark.usefixtures("quiet")
def test_a_talk(wire: Wire) -> None:
    wire.socket.say(client_frame(TEXT, b"hello"))
    wire.socket.say(client_frame(BINARY, b"\xff") + client_frame(PING, b"p"))
    wire.line.send(b"text")
    wire.line.send(b"\xff", is_binary=True)
    wire.line.send(b"y" * 126)
    heard = list(server_frames(wire.socket.listen()))
    assert heard == [(TEXT, b"text"), (BINARY, b"\xff"), (TEXT, b"y" * 126)]
    wire.socket.say(client_frame(CLOSE, b"\x03\xe8bye"))
    assert wire.socket.disconnected
    assert wire.told == [
        ("opened",),
        ("received", b"hello"),
        ("received", b"\xff"),
        ("closed", 1000, "bye"),
    ]
    wire.line.send(b"nobody hears")
    wire.line.close(1000, "nor this")


def test_who_it_is(clock: MemoryReactorClock) -> None:
    line = Wire(clock, lines=("Origin: http://192.168.1.2",)).line
    assert (line.peer, line.via, line.secure) == ("192.168.1.5", None, False)
    assert (line.host, line.origin) == ("192.168.1.2", "http://192.168.1.2")
    assert (line.jammed, line.debt) == (False, 0)


@pytest.mark.parametrize(
    ("offered", "taken"),
    [
        ((), None),
        (("gamesync.v1",), b"gamesync.v1"),
        (("x", "gamesync.v1"), b"gamesync.v1"),
        (("x",), None),
    ],
)
def test_the_subprotocol_is_offered_not_demanded(
    clock: MemoryReactorClock, offered: tuple[str, ...], taken: bytes | None
) -> None:
    lines = (f"Sec-WebSocket-Protocol: {', '.join(offered)}",) if offered else ()
    answer = Wire(clock, lines=lines).answer
    assert b" 101 " in answer
    assert (
        (b"Sec-WebSocket-Protocol: " + taken in answer)
        if taken
        else b"Sec-WebSocket-Protocol" not in answer
    )


@pytest.mark.parametrize(
    "offer", ["permessage-deflate", "permessage-deflate; client_max_window_bits"]
)
def test_compression_is_not_spoken(clock: MemoryReactorClock, offer: str) -> None:
    wire = Wire(clock, lines=(f"Sec-WebSocket-Extensions: {offer}",))
    assert b" 101 " in wire.answer
    assert b"extensions" not in wire.answer.lower()
    assert goodbye(wire.socket.say(b"\xc1\x80\0\0\0\0"))[0] == 1002


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ((b"Version: 13", b"Version: 8"), 400),
        ((b"Version: 13", b"Version: x"), 400),
        ((b"GET", b"PUT"), 405),
        ((b"HTTP/1.1", b"HTTP/1.0"), 505),
        ((b"Upgrade: websocket\r\n", b""), 426),
        ((b"Sec-WebSocket-Key: ", b"Sec-WebSocket-Key: <b>"), 400),
        ((b"GET /", b"GET /?redirect=https://evil.example"), 101),
        ((b"Upgrade: websocket\r\n", b"X: ?redirect=https://evil.example\r\n"), 426),
    ],
)
def test_bad_openings_are_told_a_status_and_nothing_else(
    clock: MemoryReactorClock, change: tuple[bytes, bytes], status: int
) -> None:
    wire = Wire(clock)
    socket = Socket(clock)
    socket.attach(wire.factory)
    answer = socket.say(upgrade().replace(*change, 1))
    assert int(answer.split(b" ")[1]) == status
    assert b"evil" not in answer
    assert b"<b>" not in answer
    assert b"utobahn" not in answer
    assert socket.disconnected == (status != 101)


@pytest.mark.parametrize("where", ["made", "opened", "received", "heard", "jammed", "drained"])
def test_our_own_bug(clock: MemoryReactorClock, where: str) -> None:
    with log_entries() as logged:
        wire = Wire(clock, breaks=frozenset({where}))
        heard = wire.answer.partition(b"\r\n\r\n")[2]
        if where == "received":
            heard = wire.socket.say(client_frame(TEXT, b"1") + client_frame(TEXT, b"2"))
        if where == "heard":
            heard = wire.socket.say(client_frame(PONG))
        if where in {"jammed", "drained"}:
            wire.socket.reads = False
            wire.line.send(b"y" * 65536)
            wire.line.send(b"y" * 65536)
            wire.socket.flush()
            wire.socket.reads = True
            heard = wire.socket.listen()
    (request,) = [entry["request"] for entry in logged if "log_failure" in entry]
    assert goodbye(heard) == (1011, f"internal error {request}")
    assert b"secret" not in heard
    if where != "made":
        assert [what for what, *_ in wire.told].count(where) == 1
    wire.socket.say(client_frame(CLOSE, b"\x03\xf3"))
    assert wire.socket.disconnected
    if where != "made":
        assert wire.told[-1] == ("closed", 1011, f"internal error {request}")


def test_our_own_bug_at_the_end(clock: MemoryReactorClock) -> None:
    with failures() as logged:
        wire = Wire(clock, breaks=frozenset({"closed"}))
        wire.socket.abortConnection()
        clock.advance(0)
    assert wire.told[-1][:2] == ("closed", None)
    assert len(logged) == 1


def test_our_own_bug_at_the_door(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any) -> None:
        raise RuntimeError("the secret of the house")

    monkeypatch.setattr(Door, "refusal", broken)
    socket = Socket(wire.clock)
    socket.attach(wire.factory)
    with failures() as logged:
        answer = socket.say(upgrade())
    assert b" 500 " in answer
    assert b"secret" not in answer
    assert len(logged) == 1


def test_sending_never_raises(wire: Wire) -> None:
    with failures() as logged:
        wire.line.send("text"[1:])  # type: ignore[arg-type]
    assert goodbye(wire.socket.listen())[0] == 1011
    assert len(logged) == 1


def test_too_long_a_message_is_our_bug(wire: Wire) -> None:
    with failures() as logged:
        wire.line.send(b"y" * (64 * 1024 + 1))
    assert goodbye(wire.socket.listen())[0] == 1011
    assert len(logged) == 1


def test_a_bad_close_code_is_our_bug(wire: Wire) -> None:
    wire.line.close(1005, "what")
    assert goodbye(wire.socket.listen())[0] == 1011


@pytest.mark.parametrize("code", [1000, 1001, 1003, 1008, 1009, 1011, 1012, 1013, 3000, 4408, 4999])
def test_close_codes(wire: Wire, code: int) -> None:
    wire.line.send(b"last")
    wire.line.close(code, "ä" * 100)
    wire.line.send(b"too late")
    wire.line.close(1000, "twice")
    heard = wire.socket.listen()
    assert [kind for kind, _ in server_frames(heard)] == [TEXT, CLOSE]
    assert goodbye(heard) == (code, "ä" * 61)
    wire.pass_time(6)
    assert wire.socket.disconnected
    assert wire.told[-1] == ("closed", code, "ä" * 61)


def test_after_a_close_nothing_is_received(wire: Wire) -> None:
    wire.line.close(1012, "restart")
    wire.socket.say(client_frame(TEXT, b"late"))
    assert wire.told == [("opened",)]


# Floods


@pytest.mark.parametrize(
    "tiny", [client_frame(TEXT), client_frame(TEXT, b"y"), client_frame(PING), client_frame(PONG)]
)
def test_tiny_frames(wire: Wire, tiny: bytes) -> None:
    heard = wire.socket.say(tiny * 5000)
    assert goodbye(heard) == (1008, "too many frames")
    assert sum(what == "received" for what, *_ in wire.told) <= 200
    assert wire.socket.paused
    assert len(wire.hidden.data) == 0
    wire.pass_time(1)
    assert wire.socket.disconnected
    assert wire.told[-1] == ("closed", 1008, "too many frames")


def test_fragments_count(wire: Wire) -> None:
    many = client_frame(TEXT, fin=False) + client_frame(CONTINUED, fin=False) * 300
    assert goodbye(wire.socket.say(many))[0] == 1008


def test_what_is_within_the_rate_is_welcome(clock: MemoryReactorClock) -> None:
    wire = Wire(clock, Limits(ping_seconds=0))
    for _ in range(100):
        wire.socket.say(client_frame(TEXT, b"y") * 25)
        wire.pass_time(0.5)
    assert sum(what == "received" for what, *_ in wire.told) == 2500


def test_a_flood_while_closing(wire: Wire) -> None:
    wire.line.close(1012, "restart")
    wire.socket.listen()
    wire.socket.say(client_frame(TEXT, b"y" * 1000) * 70)
    wire.clock.advance(0)
    assert wire.socket.disconnected


@pytest.mark.parametrize(
    "big",
    [
        client_frame(TEXT, b"y" * (16 * 1024 + 1)),
        client_frame(BINARY, size=2**40),
        client_frame(TEXT, b"y" * 16384, fin=False) + client_frame(CONTINUED, b"y"),
    ],
)
def test_too_big(wire: Wire, big: bytes) -> None:
    assert goodbye(wire.socket.say(big))[0] == 1009
    assert wire.socket.paused
    for _ in range(100):
        wire.hidden.dataReceived(b"y" * 10000)  # TLS may have some yet
    assert len(wire.hidden.data) <= 64 * 1024
    wire.pass_time(1)
    assert wire.socket.disconnected
    assert wire.told == [("opened",), ("closed", 1009, wire.told[-1][2])]


def test_just_big_enough(wire: Wire) -> None:
    wire.socket.say(client_frame(TEXT, b"y" * 16384))
    assert wire.told[-1] == ("received", b"y" * 16384)


@pytest.mark.parametrize("bad", [b"\xff", b"\xed\xa0\x80", b"\xc0\x80"])
def test_bad_utf8(wire: Wire, bad: bytes) -> None:
    assert goodbye(wire.socket.say(client_frame(TEXT, bad)))[0] == 1007
    assert "received" not in [what for what, *_ in wire.told]


# Peers that do not read, or do not answer


def jam(wire: Wire) -> None:
    wire.socket.reads = False
    wire.line.send(b"y" * 65000)
    assert not wire.line.jammed
    wire.line.send(b"y" * 65000)
    assert wire.line.jammed


@pytest.mark.usefixtures("quiet")
def test_a_jam_and_its_end(wire: Wire) -> None:
    jam(wire)
    wire.line.send(b"waits")
    assert wire.line.debt == 7
    assert wire.socket.unsent < 131072 + 20
    wire.socket.reads = True
    heard = [payload for _, payload in server_frames(wire.socket.listen())]
    assert heard[-1] == b"waits"
    assert wire.told == [("opened",), ("jammed",), ("drained",)]
    assert (wire.line.jammed, wire.line.debt) == (False, 0)
    wire.line.send(b"on")
    assert list(server_frames(wire.socket.listen())) == [(TEXT, b"on")]
    wire.socket.abortConnection()
    wire.clock.advance(0)


def test_a_long_queue_drains_in_order(wire: Wire) -> None:
    jam(wire)
    sent = [b"%d" % n * 100 for n in range(800)]
    for payload in sent:
        wire.line.send(payload)
    wire.socket.reads = True
    heard = [payload for _, payload in server_frames(wire.socket.listen())]
    assert heard[2:] == sent
    assert wire.told == [("opened",), ("jammed",), ("drained",)]


def test_a_handler_that_does_not_heed_the_jam(wire: Wire) -> None:
    jam(wire)
    for _ in range(1000):
        wire.line.send(b"y" * 10000)
    assert wire.line.debt == 0
    assert wire.socket.unsent < 140000
    wire.pass_time(5)
    assert wire.socket.disconnected
    assert wire.told[-1] == ("closed", 4408, "too slow")


def test_a_close_goes_after_what_waits(wire: Wire) -> None:
    jam(wire)
    wire.line.send(b"waits")
    wire.line.close(1012, "restart")
    wire.socket.reads = True
    heard = list(server_frames(wire.socket.listen()))
    assert [kind for kind, _ in heard] == [TEXT, TEXT, TEXT, CLOSE]
    assert heard[2][1] == b"waits"


def test_who_does_not_read_is_not_answered_pings(wire: Wire) -> None:
    jam(wire)
    before = wire.socket.unsent
    wire.socket.say(client_frame(PING, b"y" * 125) * 100)
    assert wire.socket.unsent == before


def test_close_and_never_read(wire: Wire) -> None:
    jam(wire)
    wire.line.send(b"waits")
    wire.socket.say(client_frame(CLOSE, b"\x03\xe8"))
    assert wire.line.debt == 0
    wire.pass_time(4.8)
    assert wire.socket.connected
    wire.socket.say(b"y" * 60000)
    assert wire.hidden.data == b""
    wire.pass_time(0.4)
    assert wire.socket.disconnected


def test_our_close_unanswered(wire: Wire) -> None:
    wire.clock.advance(0.95)  # Autobahn's timers are then at their earliest
    wire.line.close(1000, "bye")
    wire.pass_time(2.9)
    assert wire.socket.connected, "the peer has its 3 seconds"
    wire.pass_time(1.3)
    assert wire.socket.disconnected


@pytest.mark.parametrize("chatter", [b"", client_frame(TEXT, b"talks"), client_frame(PONG, b"x")])
def test_a_ping_unanswered(wire: Wire, chatter: bytes) -> None:
    heard, seconds = b"", 0
    while wire.socket.connected:
        wire.pass_time(1)
        heard += wire.socket.say(chatter)
        seconds += 1
        assert seconds < 60
    assert [kind for kind, _ in server_frames(heard)] == [PING]
    assert 40 <= seconds <= 43


def test_pings_answered(wire: Wire) -> None:
    for _ in range(200):
        wire.pass_time(1)
        for kind, payload in server_frames(wire.socket.listen()):
            assert kind == PING
            wire.socket.say(client_frame(PONG, payload))
    assert wire.socket.connected
    assert wire.told == [("opened",), *[("heard",)] * 6]


def test_a_half_open_connection(clock: MemoryReactorClock, wire: Wire) -> None:
    socket = Socket(clock)
    socket.attach(wire.factory)
    socket.say(b"GET / HTTP/1.1\r\n")
    for _ in range(62):
        clock.advance(0.1)
    assert socket.disconnected


# Reading on demand


def test_pause_holds_back_what_has_come_already(wire: Wire) -> None:
    handler = wire.handlers[0]

    class Pausing(Recorder):
        def received(self, payload: bytes, is_binary: bool) -> None:
            super().received(payload, is_binary)
            self.line.pause_reading()

    wire.hidden.handler = handler = Pausing(wire.line)
    wire.socket.say(b"".join(client_frame(TEXT, b"%d" % n) for n in range(3)))
    assert handler.told == [("received", b"0")]
    assert wire.socket.paused
    wire.line.resume_reading()
    assert handler.told == [("received", b"0")], "not from within"
    wire.clock.advance(0)
    assert handler.told == [("received", b"0"), ("received", b"1")]
    wire.line.resume_reading()
    wire.clock.advance(0)
    assert handler.told[-1] == ("received", b"2")


def test_a_paused_line_can_be_closed(wire: Wire) -> None:
    wire.line.pause_reading()
    wire.line.close(1000, "bye")
    wire.clock.advance(0)
    assert not wire.socket.paused
    wire.socket.say(client_frame(CLOSE, b"\x03\xe8"))
    assert wire.socket.disconnected


def test_nothing_is_read_again_after_abuse(wire: Wire) -> None:
    wire.socket.say(client_frame(TEXT) * 300)
    wire.line.resume_reading()
    wire.clock.advance(0)
    assert wire.socket.paused


# The rest


def test_one_frame_for_many(wire: Wire, clock: MemoryReactorClock) -> None:
    payload = b"y" * 1000
    assert wire.factory.framed(payload, False) is wire.factory.framed(payload, False)
    assert wire.factory.framed(payload, True)[0] == 0x82
    assert wire.factory.framed(bytes(bytearray(payload)), False) == frame(payload, False)


@pytest.mark.parametrize("size", [0, 125, 126, 65535, 65536])
def test_frames_of_all_sizes(size: int) -> None:
    assert list(server_frames(frame(b"y" * size, False))) == [(TEXT, b"y" * size)]


def test_every_option_is_autobahns(wire: Wire) -> None:
    plain = WebSocketServerFactory(reactor=wire.clock)
    for name, value in options(Limits()).items():
        assert hasattr(plain, name), name
        assert getattr(wire.factory, name) == value
        assert getattr(wire.hidden, name) == value


def test_two_factories_do_not_share_their_options(clock: MemoryReactorClock) -> None:
    one, two = Wire(clock, Limits(message_bytes=10)), Wire(clock)
    assert one.hidden.maxMessagePayloadSize == 10
    assert two.hidden.maxMessagePayloadSize == 16384


@given(st.lists(st.binary(max_size=300), max_size=20), st.integers(1, 50))
def test_odd_segments(payloads: list[bytes], step: int) -> None:
    txaio.config.loop, before = MemoryReactorClock(), txaio.config.loop
    try:
        wire = Wire(txaio.config.loop)
        stream = b"".join(client_frame(BINARY, payload) for payload in payloads)
        for at in range(0, len(stream), step):
            wire.socket.say(stream[at : at + step])
        assert wire.told == [("opened",), *(("received", payload) for payload in payloads)]
    finally:
        txaio.config.loop = before


@given(st.lists(st.binary(max_size=60), max_size=10))
def test_any_bytes(pieces: list[bytes]) -> None:
    txaio.config.loop, before = MemoryReactorClock(), txaio.config.loop
    try:
        with failures() as logged:
            wire = Wire(txaio.config.loop)
            for piece in pieces:
                wire.socket.say(piece)
            wire.pass_time(60)
        assert wire.socket.disconnected
        assert logged == []
        assert wire.clock.getDelayedCalls() == []
    finally:
        txaio.config.loop = before
