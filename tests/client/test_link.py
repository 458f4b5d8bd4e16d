"""The story of a connection, without sockets: every way to fail, and when it tries again."""

from __future__ import annotations

from typing import Any

import attrs
import pytest
from twisted.internet.defer import Deferred
from twisted.internet.error import ConnectionRefusedError as NobodyListens
from twisted.internet.error import DNSLookupError
from twisted.internet.task import Clock

from gamesync.client.link import OPEN_SECONDS, STEADY_SECONDS, Link, State, delay
from gamesync.client.talk import HEAD_BYTES, Kind, Reason, closed, reason_of
from gamesync.client.tls import UntrustedServer

from .kit import Network, Peer, PeerFactory


@attrs.define
class App:
    """Remembers what a link says."""

    story: list[tuple[State, Reason]] = attrs.field(factory=list)
    payloads: list[bytes] = attrs.field(factory=list)
    opened_: int = 0
    breaks: bool = False

    def opened(self) -> None:
        self.opened_ += 1

    def alive(self) -> None: ...

    def said(self, payload: bytes) -> None:
        self.payloads.append(payload)
        if self.breaks:
            raise RuntimeError("the app")

    def changed(self, state: State, reason: Reason) -> None:
        self.story.append((state, reason))

    @property
    def last(self) -> tuple[State, Kind]:
        return self.story[-1][0], self.story[-1][1].kind


class Scene:
    def __init__(self) -> None:
        self.clock = Clock()
        self.factory = PeerFactory(self.clock)
        self.network = Network(self.factory, self.clock)
        self.app = App()
        self.link = Link(
            "ws://box:8765", self.app, self.clock, endpoint=self.network,
            monotonic=self.clock.seconds, delay=float,
        )  # fmt: skip

    def step(self, seconds: float = 0.0) -> None:
        self.network.flush()
        self.clock.advance(seconds)
        self.network.flush()

    @property
    def peer(self) -> Peer:
        return self.factory.peers[-1]

    def open(self) -> None:
        self.link.start()
        self.step()
        assert self.link.connected


@pytest.fixture
def made() -> Scene:
    return Scene()


def fired(deferred: Deferred[Any]) -> bool:
    return bool(deferred.called)


def test_words_reach_both_sides(made: Scene) -> None:
    made.open()
    assert made.app.story[0][1].kind is Kind.STARTING
    assert made.app.last == (State.CONNECTED, Kind.OPENED)
    assert made.link.say(b'{"type":"heartbeat"}')
    made.step()
    assert made.peer.heard == [{"type": "heartbeat"}]
    made.peer.sendMessage(b"hello")
    made.step()
    assert made.app.payloads == [b"hello"]


def test_starting_twice_is_starting_once(made: Scene) -> None:
    made.link.start()
    made.link.start()
    made.step()
    assert made.network.attempts == 1


def test_a_server_that_is_down_is_tried_ever_less_often_and_never_given_up(made: Scene) -> None:
    made.network.down = NobodyListens()
    made.link.start()
    for failures in (1, 2, 3, 4):
        assert made.network.attempts == failures
        state, reason = made.app.story[-1]
        assert (state, reason.kind) == (State.RECONNECTING, Kind.UNREACHABLE)
        assert reason.retry_in == failures
        assert "nothing is listening" in str(reason)
        made.step(failures)
    made.network.down = None
    made.step(5)
    made.step()
    assert made.link.connected


def test_retry_now_does_not_wait(made: Scene) -> None:
    made.network.down = NobodyListens()
    made.link.start()
    made.network.down = None
    made.link.retry_now()
    made.link.retry_now()
    made.step()
    assert made.link.connected
    assert made.network.attempts == 2


def test_an_open_connection_counts_only_once_it_was_open_for_a_while(made: Scene) -> None:
    made.open()
    for failures in (1, 2, 3):
        made.network.cut()
        assert made.app.story[-1][1].retry_in == failures
        made.step(failures)
        made.step()
    made.step(STEADY_SECONDS)
    made.network.cut()
    assert made.app.story[-1][1].retry_in == 1


def test_tcp_that_does_not_come_about_is_given_up_in_time(made: Scene) -> None:
    made.network.hangs = True
    made.link.start()
    made.step(OPEN_SECONDS - 0.1)
    assert made.app.last == (State.RECONNECTING, Kind.STARTING)
    made.step(0.2)
    assert made.app.last == (State.RECONNECTING, Kind.SILENT)


def test_a_mute_server_is_given_up_in_time(made: Scene) -> None:
    made.link.start()  # connected, but no byte is carried
    made.clock.advance(OPEN_SECONDS + 0.1)
    assert made.app.last == (State.RECONNECTING, Kind.SILENT)
    assert made.network.client.transport.disconnecting or made.network.client.transport.disconnected


def answering(made: Scene, head: bytes) -> tuple[State, Reason]:
    """What comes of a server that answers the upgrade with *head*."""
    made.link.start()
    made.network.client.dataReceived(head)
    made.step()
    return made.app.story[-1]


@pytest.mark.parametrize(("status", "words"), [(503, "Service Unavailable"), (404, "Not Found")])
def test_turned_away_it_says_so_and_comes_back(made: Scene, status: int, words: str) -> None:
    state, reason = answering(made, f"HTTP/1.1 {status} {words}\r\n\r\n".encode())
    assert state is State.RECONNECTING
    assert (reason.kind, reason.code) == (Kind.TURNED_AWAY, status)
    assert reason.words == f"the server turned us away: {status} {words}"
    assert reason.retry_in == 1


def test_turned_away_for_a_time_it_waits_so_long(made: Scene) -> None:
    _, reason = answering(made, b"HTTP/1.1 503 Busy\r\nRetry-After: 40\r\n\r\n")
    assert reason.retry_in is not None
    assert 40 <= reason.retry_in <= 50


@pytest.mark.parametrize(
    "head",
    [
        b"SSH-2.0-OpenSSH_9.2\r\n\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\n\r\n",
        b"\xff\xfe\x00\r\n\r\n",
        b"HTTP/1.1 ok\r\n\r\n",
        b"x" * (HEAD_BYTES + 1),
    ],
)
def test_what_is_no_websocket_server_is_left(made: Scene, head: bytes) -> None:
    state, reason = answering(made, head)
    assert state is State.RECONNECTING
    assert reason.kind is Kind.TURNED_AWAY
    assert made.network.client.transport.disconnecting or made.network.client.transport.disconnected


def test_frames_that_break_the_rules_break_the_connection(made: Scene) -> None:
    made.open()
    made.network.client.dataReceived(b"\x83\x00")  # an opcode that there is not
    made.step()
    assert made.app.last == (State.RECONNECTING, Kind.LOST)
    assert "cannot be read" in str(made.app.story[-1][1])


def test_a_server_that_closes_but_stays_is_cut_off(made: Scene) -> None:
    made.open()
    made.network.client.dataReceived(b"\x88\x02\x03\xf4")  # Close 1012, and no FIN after it
    made.network.pump.flush = lambda *a, **k: False
    made.clock.advance(1.9)
    assert made.app.last == (State.CONNECTED, Kind.OPENED)
    made.clock.advance(0.2)
    assert made.network.client.transport.disconnecting or made.network.client.transport.disconnected


def test_say_says_when_there_is_nobody_to_hear(made: Scene) -> None:
    assert not made.link.say(b"{}")
    made.open()
    made.network.client.sendClose(1000)
    assert not made.link.say(b"{}")


class TestStopping:
    def test_while_open(self, made: Scene) -> None:
        made.open()
        peer = made.peer
        gone = made.link.stop()
        assert not fired(gone)
        made.step()
        made.step(3)
        assert fired(gone)
        assert peer.closed is not None
        assert peer.closed[1] == 1000
        assert made.app.last == (State.DISCONNECTED, Kind.STOPPED)

    def test_while_connecting(self, made: Scene) -> None:
        made.network.hangs = True
        made.link.start()
        assert fired(made.link.stop())
        assert made.app.last == (State.DISCONNECTED, Kind.STOPPED)

    def test_while_the_handshake_is_on(self, made: Scene) -> None:
        made.link.start()
        gone = made.link.stop()
        made.step()
        assert fired(gone)
        assert made.app.opened_ == 0

    def test_while_waiting(self, made: Scene) -> None:
        made.network.down = NobodyListens()
        made.link.start()
        assert fired(made.link.stop())
        made.step(100)
        assert made.network.attempts == 1

    def test_before_it_was_started_and_twice(self, made: Scene) -> None:
        assert fired(made.link.stop())
        made.open()
        first, second = made.link.stop(), made.link.stop()
        made.step()
        made.step(3)
        assert fired(first)
        assert fired(second)

    def test_and_starting_again(self, made: Scene) -> None:
        made.open()
        made.link.stop()
        made.link.start()
        made.step()
        made.step(3)
        made.step()
        assert made.link.connected
        assert len(made.factory.peers) == 2


def test_dropped_on_purpose_it_tells_why(made: Scene) -> None:
    made.link.drop("nobody is there")  # nothing to drop yet
    made.open()
    made.link.drop("nobody is there")
    made.step()
    state, reason = made.app.story[-1]
    assert (state, reason.kind, str(reason)) == (
        State.RECONNECTING,
        Kind.SILENT,
        "nobody is there",
    )


def test_an_app_that_breaks_does_not_break_the_connection(made: Scene) -> None:
    made.open()
    made.app.breaks = True
    made.peer.sendMessage(b"1")
    made.peer.sendMessage(b"2")
    made.step()
    assert made.app.payloads == [b"1", b"2"]
    assert made.link.connected


def test_a_goodbye_that_says_stay_away_is_obeyed(made: Scene) -> None:
    made.link.advised("nobody", False, 0)  # no connection, no effect
    made.open()
    made.link.advised("moved", False, 0)
    made.network.cut()
    assert made.app.last == (State.DISCONNECTED, Kind.LOST)
    assert "moved" in str(made.app.story[-1][1])


def test_overdue_alarms_ring_when_anybody_looks() -> None:
    """The wall clock was set back, and the reactor goes by it."""
    now = [0.0]
    reactor = Clock()
    factory = PeerFactory(reactor)
    network, app = Network(factory, reactor), App()
    network.down = NobodyListens()
    link = Link("ws://box:8765", app, reactor, endpoint=network, monotonic=lambda: now[0],
                delay=float)  # fmt: skip
    link.start()
    now[0] = 5
    link.look()
    assert network.attempts == 2


@pytest.mark.parametrize("url", ["http://box", "box:8765", "ws://box:0", "ws://"])
def test_what_is_no_address_is_refused_at_once(url: str) -> None:
    with pytest.raises(ValueError, match="not a ws"):
        Link(url, App(), Clock())


def test_waits_grow_stay_bounded_and_are_never_the_same_for_all() -> None:
    least, most = (lambda: 0.0), (lambda: 1.0)
    assert delay(1, least) == pytest.approx(0.1)
    assert delay(1, most) == pytest.approx(0.3)
    waits = [delay(n, least) for n in range(1, 60)]
    assert waits == sorted(waits)
    assert delay(10_000, most) == 10
    assert delay(5) != delay(5)


@pytest.mark.parametrize(
    ("error", "kind", "words"),
    [
        (DNSLookupError(), Kind.UNREACHABLE, "no computer of that name"),
        (OSError("no route"), Kind.UNREACHABLE, "no route"),
        (UntrustedServer("who?"), Kind.UNTRUSTED, "who?"),
        (None, Kind.UNREACHABLE, "no connection"),
    ],
)
def test_every_error_has_its_words(error: Exception | None, kind: Kind, words: str) -> None:
    reason = reason_of(error)
    assert reason.kind is kind
    assert words in str(reason)


def test_an_unknown_close_code_is_no_reason_to_stay_away() -> None:
    assert closed(4999, "").come_back
    assert "No reason was given." in closed(4999, "").words


def test_an_address_of_six_is_written_as_such(made: Scene) -> None:
    link = Link("ws://[::1]:8765", made.app, made.clock, endpoint=made.network,
                monotonic=made.clock.seconds)  # fmt: skip
    link.start()
    made.step()
    assert "Host: [::1]:8765" in made.network.client.http_request_data.decode()
