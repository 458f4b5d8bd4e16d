"""Listening works or the start fails; what a listening socket hands down; TLS."""

from __future__ import annotations

import datetime
import socket
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import pytest_twisted  # type: ignore[import-untyped]
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from twisted.internet.defer import ensureDeferred
from twisted.internet.threads import deferToThread

from gamesync.limits import Limits
from gamesync.server.listen import CannotListen, Certificate, Listener, tcp

from .echo import port
from .kit import TEXT, client_frame, in_reactor, request, upgrade


def pem(directory: Path, name: str) -> tuple[Path, Path]:
    """A certificate for 127.0.0.1 and its key, in two files."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    paths = directory / f"{name}.pem", directory / f"{name}.key"
    paths[0].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    paths[1].write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return paths


@pytest.fixture
def reactor() -> Any:
    from twisted.internet import reactor

    return reactor


@pytest.fixture
def listeners(reactor: Any) -> Iterator[Any]:
    made: list[Listener] = []

    def listener(
        endpoint: str, certificate: Certificate | None = None, limits: Limits | None = None
    ) -> Listener:
        made.append(Listener(reactor, endpoint, port(reactor, limits or Limits()), certificate))
        return made[-1]

    yield listener
    for each in made:
        pytest_twisted.blockon(ensureDeferred(stopped(each)))


async def stopped(listener: Listener) -> None:
    stopping = listener.stopService()
    if stopping is not None:
        await stopping


HERE = tcp("127.0.0.1", 0)


def talk(where: int, *asked: bytes, alpn: list[str] | None = None, tls: Any = None) -> Any:
    """Say each of *asked* on one connection; what was heard, the ALPN answer, the certificate."""
    with socket.create_connection(("127.0.0.1", where), 5) as plain:
        line: Any = plain
        if tls is not None:
            if alpn:
                tls.set_alpn_protocols(alpn)
            line = tls.wrap_socket(plain)
        heard = []
        for data in asked:
            line.sendall(data)
            heard.append(line.recv(65536))
        if tls is None:
            return heard, None, None
        certificate = x509.load_der_x509_certificate(line.getpeercert(True))
        name = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value
        return heard, line.selected_alpn_protocol(), name


def trusting() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


@in_reactor
async def test_it_serves_where_it_says(listeners: Any) -> None:
    listener = listeners(HERE)
    with pytest.raises(RuntimeError):
        assert listener.port
    listener.startService()
    assert listener.port > 0
    hello = client_frame(TEXT, b"hello")
    heard, _, _ = await deferToThread(talk, listener.port, request("/p"), upgrade(), hello)
    assert heard[0].endswith(b"hello /p")
    assert b" 101 " in heard[1]
    assert heard[2] == b"\x81\x05hello"
    gone = listener.port
    await stopped(listener)
    with pytest.raises(ConnectionRefusedError):
        await deferToThread(talk, gone)
    listener.startService()
    assert listener.port > 0, "it can be started again"


def test_a_port_in_use_fails_the_start(listeners: Any) -> None:
    first = listeners(HERE)
    first.startService()
    with pytest.raises(CannotListen, match=r"^cannot listen on tcp:\d+.*: Address already in use$"):
        listeners(tcp("127.0.0.1", first.port)).startService()


@pytest.mark.parametrize(
    "endpoint", ["nonsense", "tcp:x", "tcp:8765:colour=red", "unix:/nowhere/at/all", "ssl:0"]
)
def test_a_bad_endpoint_fails_the_start(listeners: Any, endpoint: str) -> None:
    with pytest.raises(CannotListen, match=r"^cannot listen on [^\n]*$"):
        listeners(endpoint).startService()


def test_an_unusable_certificate_fails_the_start(listeners: Any, tmp_path: Path) -> None:
    (good, key), (_, other) = pem(tmp_path, "good"), pem(tmp_path, "other")
    nothing, junk = tmp_path / "nothing", tmp_path / "junk"
    junk.write_text("junk")
    for certificate, why in [
        (Certificate(nothing, key), "the certificate .*nothing cannot be read: No such file"),
        (Certificate(good, nothing), "the key .*nothing cannot be read: No such file"),
        (Certificate(tmp_path, key), "cannot be read: Is a directory"),
        (Certificate(junk, key), "there is no certificate in .*junk"),
        (Certificate(good, junk), "there is no usable private key in .*junk"),
        (Certificate(good), "there is no usable private key in .*good.pem"),
        (Certificate(good, other), "the key in .*other.key is not that of the certificate"),
    ]:
        with pytest.raises(CannotListen, match=why):
            listeners(HERE, certificate).startService()


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # Twisted's own, for ssl: endpoints
@pytest.mark.parametrize("inside", [False, True])
@pytest.mark.parametrize("alpn", [None, ["http/1.1"], ["h2", "http/1.1"]])
@in_reactor
async def test_tls(listeners: Any, tmp_path: Path, inside: bool, alpn: list[str] | None) -> None:
    certificate, key = pem(tmp_path, "a.example")
    if inside:
        listener = listeners(f"ssl:0:interface=127.0.0.1:privateKey={key}:certKey={certificate}")
    else:
        listener = listeners(HERE, Certificate(certificate, key))
    listener.startService()
    hello = client_frame(TEXT, b"hello")
    asked = request("/p"), upgrade("/", "Origin: https://192.168.1.2"), hello
    heard, chosen, name = await deferToThread(
        talk, listener.port, *asked, alpn=alpn, tls=trusting()
    )
    assert heard[0].endswith(b"hello /p")
    assert heard[2] == b"\x81\x05hello"
    assert chosen == ("http/1.1" if alpn else None)
    assert name == "a.example"


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize(
    ("version", "ciphers"),
    [("TLSv1_1", "ALL:@SECLEVEL=0"), ("TLSv1_2", "ECDHE-ECDSA-AES128-SHA")],
)
@in_reactor
async def test_old_tls_is_refused(
    listeners: Any, tmp_path: Path, version: str, ciphers: str
) -> None:
    listener = listeners(HERE, Certificate(*pem(tmp_path, "a.example")))
    listener.startService()
    context = trusting()
    context.minimum_version = ssl.TLSVersion.TLSv1
    context.maximum_version = ssl.TLSVersion[version]
    context.set_ciphers(ciphers)
    with pytest.raises((ssl.SSLError, ConnectionResetError)):
        await deferToThread(talk, listener.port, tls=context)


@in_reactor
async def test_a_new_certificate_without_a_restart(listeners: Any, tmp_path: Path) -> None:
    old, new = pem(tmp_path, "old.example"), pem(tmp_path, "new.example")
    listener = listeners(HERE, Certificate(*old))
    listener.startService()
    for source, target in zip(new, old, strict=True):
        target.write_bytes(source.read_bytes())
    listener.reload()
    assert (await deferToThread(talk, listener.port, tls=trusting()))[2] == "new.example"
    old[1].write_text("junk")
    with pytest.raises(CannotListen):
        listener.reload()
    assert (await deferToThread(talk, listener.port, tls=trusting()))[2] == "new.example"


@pytest.mark.parametrize("endpoint", [HERE, "tcp:0:interface=127.0.0.1:backlog=7"])
def test_what_accepted_sockets_inherit(listeners: Any, reactor: Any, endpoint: str) -> None:
    listener = listeners(endpoint)
    listener.startService()
    listening = listener._listening.socket
    with socket.create_connection(("127.0.0.1", listener.port)):
        accepted, _ = listening.accept()
        with accepted:
            # The kernel doubles what it is asked for, and counts its own overhead in.
            assert accepted.getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF) == 2 * 65536
            assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
            assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == 15000


@in_reactor
async def test_a_unix_socket(listeners: Any, tmp_path: Path) -> None:
    listener = listeners(f"unix:{tmp_path / 's'}")
    listener.startService()
    assert listener.port == 0

    def ask() -> bytes:
        with socket.socket(socket.AF_UNIX) as line:
            line.connect(str(tmp_path / "s"))
            line.sendall(upgrade())
            return line.recv(65536)

    assert b" 101 " in await deferToThread(ask)


def test_which_ports_are_without_tls(reactor: Any, tmp_path: Path) -> None:
    front = port(reactor, Limits())
    certificate = Certificate(*pem(tmp_path, "box"))
    for endpoint, given, plain in [
        ("tcp:80", None, True),
        ("tcp6:80", None, True),
        ("systemd:domain=INET6:name=web", None, True),
        ("tcp:443", certificate, False),
        ("ssl:443:privateKey=k", None, False),
        ("unix:/run/g", None, False),
    ]:
        assert Listener(reactor, endpoint, front, given).plain is plain


def test_when_a_certificate_ends_and_whether_its_files_have_changed(tmp_path: Path) -> None:
    chain, key = pem(tmp_path, "box")
    certificate = Certificate(chain, key)
    ends, changed = [certificate.expires_at], [certificate.changed]
    certificate.load()
    changed.append(certificate.changed)
    end = x509.load_pem_x509_certificate(chain.read_bytes()).not_valid_after_utc.timestamp()
    ends.append(certificate.expires_at)
    key.write_bytes(pem(tmp_path, "other")[1].read_bytes())
    changed.append(certificate.changed)
    with pytest.raises(CannotListen):
        certificate.load()
    changed.append(certificate.changed)
    ends.append(certificate.expires_at)
    key.unlink()
    changed.append(certificate.changed)
    assert ends == [None, end, end]
    assert changed == [True, False, True, False, True], "read in vain, it is not read over and over"
