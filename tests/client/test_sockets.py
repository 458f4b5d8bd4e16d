"""The link over real sockets: kill, abort, mute, 503, TLS with right and wrong certificates."""

from __future__ import annotations

import datetime
import ipaddress
from collections.abc import Iterator
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

import pytest
import pytest_twisted  # type: ignore[import-untyped]
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from twisted.internet import reactor as installed
from twisted.internet.defer import Deferred
from twisted.internet.protocol import Factory, Protocol
from twisted.internet.ssl import DefaultOpenSSLContextFactory
from twisted.internet.task import deferLater

from gamesync.client import BadTrust, GameClient, Kind, Reason, State
from gamesync.client.link import Link
from gamesync.client.tls import trust

from .kit import Peer, PeerFactory, Table, with_reactor

reactor: Any = installed
PEM = serialization.Encoding.PEM


class App:
    """Remembers what a link says, and lets a test wait for it."""

    def __init__(self) -> None:
        self.story: list[tuple[State, Reason]] = []
        self.payloads: list[bytes] = []
        self._waiting: list[tuple[State, Kind | None, Deferred[Reason]]] = []

    def opened(self) -> None: ...

    def alive(self) -> None: ...

    def said(self, payload: bytes) -> None:
        self.payloads.append(payload)

    def changed(self, state: State, reason: Reason) -> None:
        self.story.append((state, reason))
        for waiting in list(self._waiting):
            wanted, kind, done = waiting
            if state is wanted and kind in (None, reason.kind):
                self._waiting.remove(waiting)
                done.callback(reason)

    def until(self, state: State, kind: Kind | None = None) -> Deferred[Reason]:
        done: Deferred[Reason] = Deferred()
        self._waiting.append((state, kind, done))
        return done.addTimeout(15, reactor)


class Server:
    """Scripted, on a real port."""

    def __init__(self) -> None:
        self.factory = PeerFactory(reactor)
        self.port: Any = None
        self.number = 0

    def listen(
        self,
        options: DefaultOpenSSLContextFactory | None = None,
        interface: str = "127.0.0.1",
        factory: Factory | None = None,
    ) -> None:
        chosen = factory or self.factory
        if options is None:
            self.port = reactor.listenTCP(self.number, chosen, interface=interface)
        else:
            self.port = reactor.listenSSL(self.number, chosen, options, interface=interface)
        self.number = self.port.getHost().port

    async def stop(self) -> None:
        if self.port is not None:
            await self.port.stopListening()
        for peer in self.factory.peers:
            peer.transport.abortConnection()
        self.factory.peers.clear()

    @property
    def peer(self) -> Peer:
        return self.factory.peers[-1]


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server()
    yield made
    pytest_twisted.blockon(Deferred.fromCoroutine(made.stop()))


@pytest.fixture
def app() -> App:
    return App()


async def gone(link: Link) -> None:
    await link.stop()


@with_reactor
async def test_down_at_the_start_then_up_then_killed_then_up_again(
    server: Server, app: App
) -> None:
    server.listen()
    await server.stop()
    link = Link(f"ws://127.0.0.1:{server.number}", app, reactor, delay=lambda n: 0.02)
    refused = app.until(State.RECONNECTING, Kind.UNREACHABLE)
    link.start()
    assert "nothing is listening" in str(await refused)
    up = app.until(State.CONNECTED)
    server.listen()
    await up
    lost, again = app.until(State.RECONNECTING, Kind.LOST), app.until(State.CONNECTED)
    server.peer.transport.abortConnection()  # a reset, as after kill -9
    await lost
    await again
    server.peer.sendMessage(b"hello")
    await deferLater(reactor, 0.05)
    assert app.payloads == [b"hello"]
    await gone(link)
    assert app.story[-1][0] is State.DISCONNECTED


@with_reactor
async def test_closed_politely_by_us_the_server_hears_1000(server: Server, app: App) -> None:
    server.listen()
    link = Link(f"ws://localhost:{server.number}", app, reactor)
    up = app.until(State.CONNECTED)
    link.start()
    await up
    peer = server.peer
    await gone(link)
    assert peer.closed is not None
    assert peer.closed[:2] == (True, 1000)


@with_reactor
async def test_a_mute_port_is_given_up(server: Server, app: App) -> None:
    server.listen(factory=Factory.forProtocol(Protocol))
    seconds = [0.0]
    link = Link(f"ws://127.0.0.1:{server.number}", app, reactor, monotonic=lambda: seconds[0])
    silent = app.until(State.RECONNECTING, Kind.SILENT)
    link.start()
    await deferLater(reactor, 0.1)
    seconds[0] = 11
    link.look()
    assert "did not answer in time" in str(await silent)
    await gone(link)


class _Busy(Protocol):
    def dataReceived(self, data: bytes) -> None:
        assert self.transport is not None
        self.transport.write(b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n")
        self.transport.loseConnection()


@with_reactor
async def test_503_on_the_upgrade_does_not_reset_the_count(server: Server, app: App) -> None:
    server.listen(factory=Factory.forProtocol(_Busy))
    counted: list[int] = []

    def count(failures: int) -> float:
        counted.append(failures)
        return 0.01

    link = Link(f"ws://127.0.0.1:{server.number}", app, reactor, delay=count)
    link.start()
    while len(counted) < 4:
        reason = await app.until(State.RECONNECTING, Kind.TURNED_AWAY)
        assert reason.code == 503
    assert counted[:4] == [1, 2, 3, 4]
    await gone(link)


@with_reactor
async def test_a_name_that_nobody_has(app: App) -> None:
    link = Link("ws://nobody.invalid:1", app, reactor)
    unknown = app.until(State.RECONNECTING, Kind.UNREACHABLE)
    link.start()
    assert "no computer of that name" in str(await unknown)
    await gone(link)


@with_reactor
async def test_the_whole_client_over_a_socket(server: Server) -> None:
    table = Table().playing()

    def opened(peer: Peer) -> None:
        server.factory.peers.append(peer)
        peer.tell(table.greeting())

    def said(peer: Peer, heard: dict[str, Any]) -> None:
        if heard["type"] == "connect":
            peer.tell(table.joined(), heard["id"])

    server.factory.opened, server.factory.said = opened, said
    server.listen()
    client = GameClient(f"ws://127.0.0.1:{server.number}")
    await client.connect()
    joined = await client.join("g1")
    assert joined.game_id == client.game_id == "g1"
    assert client.state == table.state
    await client.stop()


# ------------------------------------------------------------------------- certificates


class Authority:
    """Signs whatever a test asks for."""

    def __init__(self, name: str) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        self.certificate = (
            self._builder(self.name, self.key)
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .sign(self.key, hashes.SHA256())
        )

    def _builder(self, subject: x509.Name, key: Any, days: int = 30) -> x509.CertificateBuilder:
        now = datetime.datetime.now(datetime.UTC)
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self.name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(days=60))
            .not_valid_after(now + datetime.timedelta(days=days))
        )

    @property
    def pem(self) -> bytes:
        return self.certificate.public_bytes(PEM)

    def leaf(self, *names: x509.GeneralName, days: int = 30) -> DefaultOpenSSLContextFactory:
        """A server's certificate for *names*; without any it has no subjectAltName at all."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
        builder = self._builder(subject, key, days)
        if names:
            builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
        signed = builder.sign(self.key, hashes.SHA256()).public_bytes(PEM)
        private = key.private_bytes(PEM, serialization.PrivateFormat.PKCS8,
                                    serialization.NoEncryption())  # fmt: skip
        with NamedTemporaryFile(suffix=".pem") as file:
            file.write(signed + private)
            file.flush()
            return DefaultOpenSSLContextFactory(file.name, file.name)


LOCALHOST = x509.DNSName("localhost")
ADDRESS = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))


@pytest.fixture(scope="module")
def ours() -> Authority:
    return Authority("the box's own")


async def meet(
    server: Server, app: App, options: DefaultOpenSSLContextFactory, host: str, ca_file: Path | None
) -> tuple[State, Reason]:
    """What comes of the first attempt to connect to *host*, trusting *ca_file*."""
    server.listen(options)
    link = Link(
        f"wss://{host}:{server.number}",
        app,
        reactor,
        ca_file=None if ca_file is None else str(ca_file),
        delay=lambda _: 60.0,
    )
    link.start()
    for _ in range(300):
        if len(app.story) > 1:
            break
        await deferLater(reactor, 0.02)
    found = app.story[1]
    await gone(link)
    return found


@pytest.mark.parametrize(
    ("host", "names", "days", "words"),
    [
        ("localhost", [LOCALHOST], 30, None),
        ("127.0.0.1", [ADDRESS], 30, None),
        ("localhost", [x509.DNSName("elsewhere.example")], 30, "for another name"),
        ("127.0.0.1", [LOCALHOST], 30, "for another name"),
        ("127.0.0.1", [x509.DNSName("127.0.0.1")], 30, "does not say for which names"),
        ("localhost", [], 30, "does not say for which names"),
        ("localhost", [LOCALHOST], -1, "has expired"),
    ],
)
@with_reactor
async def test_a_certificate_has_to_name_the_host(
    server: Server,
    app: App,
    ours: Authority,
    tmp_path: Path,
    host: str,
    names: list[x509.GeneralName],
    days: int,
    words: str | None,
) -> None:
    trusted = tmp_path / "ca.pem"
    trusted.write_bytes(Authority("another one").pem + ours.pem)
    state, reason = await meet(server, app, ours.leaf(*names, days=days), host, trusted)
    if words is None:
        assert state is State.CONNECTED
        assert len(server.factory.peers) == 1
    else:
        assert (state, reason.kind) == (State.RECONNECTING, Kind.UNTRUSTED)
        assert words in str(reason)
        assert str(reason).startswith(f"{host} is not trusted")
        assert server.factory.peers == []


@pytest.mark.parametrize("system", [False, True])
@with_reactor
async def test_another_authority_is_refused(
    server: Server, app: App, ours: Authority, tmp_path: Path, system: bool
) -> None:
    trusted = tmp_path / "ca.pem"
    trusted.write_bytes(Authority("the box's own").pem)  # of the same name
    options = ours.leaf(LOCALHOST)
    state, reason = await meet(server, app, options, "localhost", None if system else trusted)
    assert (state, reason.kind) == (State.RECONNECTING, Kind.UNTRUSTED)
    assert "authority" in str(reason) or "not valid" in str(reason)
    assert server.factory.peers == []


@with_reactor
async def test_a_plain_port_is_no_secure_one(server: Server, app: App) -> None:
    server.listen(factory=Factory.forProtocol(_Busy))
    link = Link(f"wss://localhost:{server.number}", app, reactor, delay=lambda n: 60.0)
    untrusted = app.until(State.RECONNECTING, Kind.UNTRUSTED)
    link.start()
    assert "no secure connection" in str(await untrusted)
    await gone(link)


def test_files_that_hold_no_trust(tmp_path: Path) -> None:
    with pytest.raises(BadTrust, match="No such file"):
        trust(tmp_path / "none.pem")
    empty = tmp_path / "empty.pem"
    empty.write_text("nothing here")
    with pytest.raises(BadTrust, match="no certificate in it"):
        trust(empty)
    damaged = tmp_path / "damaged.pem"
    damaged.write_text("-----BEGIN CERTIFICATE-----\nbm90aGluZw==\n-----END CERTIFICATE-----\n")
    with pytest.raises(BadTrust, match="damaged"):
        trust(damaged)
