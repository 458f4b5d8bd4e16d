"""Listening: an endpoint, with TLS if there is a certificate; it works, or the start fails."""

from __future__ import annotations

import socket
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from OpenSSL import SSL
from OpenSSL._util import lib as openssl
from twisted.application.service import Service
from twisted.internet.defer import Deferred
from twisted.internet.endpoints import quoteStringArgument, serverFromString
from twisted.internet.error import CannotListenError
from twisted.internet.interfaces import (
    IAddress,
    IListeningPort,
    IOpenSSLServerConnectionCreator,
    IProtocolFactory,
)
from twisted.internet.ssl import AcceptableCiphers, CertificateOptions, TLSVersion
from twisted.protocols.tls import TLSMemoryBIOFactory, TLSMemoryBIOProtocol
from twisted.python.failure import Failure
from zope.interface import implementer

from ..limits import Limits
from .front import FrontFactory
from .gate import GateFactory

_CIPHERS = "ECDHE+AESGCM:ECDHE+CHACHA20"
_GROUPS = b"X25519:P-256:P-384"
"""With the ciphers, what Mozilla calls intermediate: every browser of the last ten years."""


class CannotListen(Exception):
    """One sentence that says why the server does not start."""


def _why(error: BaseException) -> str:
    return (isinstance(error, OSError) and error.strerror) or str(error) or type(error).__name__


@implementer(IOpenSSLServerConnectionCreator)
class Certificate:
    """
    A certificate chain and its key, as files (PEM), which can be read again while we serve.

    :param key: the key's file, or None if it is in the certificate's
    """

    def __init__(self, certificate: Path, key: Path | None = None) -> None:
        self._certificate = certificate
        self._key = key or certificate
        self._options: CertificateOptions | None = None
        self._read_as: tuple[object, ...] = ()
        self.chain: list[x509.Certificate] = []

    @property
    def files(self) -> tuple[Path, Path]:
        """Of the chain, and of the key; they may be the same."""
        return self._certificate, self._key

    @property
    def expires_at(self) -> float | None:
        """When what is served is good no more, as Unix time in seconds; None: nothing is yet."""
        return self.chain[0].not_valid_after_utc.timestamp() if self.chain else None

    @property
    def changed(self) -> bool:
        """Whether the files are not those that were read last, be it in vain."""
        return self._read_as != self._look()

    def _look(self) -> tuple[object, ...]:
        found: list[object] = []
        for path in self.files:
            with suppress(OSError):
                stat = path.stat()
                found.append((path, stat.st_ino, stat.st_mtime_ns, stat.st_size))
        return tuple(found)

    def load(self) -> None:
        """
        Read the files. Connections from now on have what is in them.

        :raises CannotListen: then everything stays as it was
        """
        self._read_as = self._look()
        chain = self._chain()
        try:
            key: Any = load_pem_private_key(_read(self._key, "key"), None)
        except (ValueError, TypeError, UnsupportedAlgorithm) as e:
            raise CannotListen(f"there is no usable private key in {self._key}") from e
        options = CertificateOptions(
            privateKey=key,
            certificate=chain[0],
            extraCertChain=chain[1:],
            raiseMinimumTo=TLSVersion.TLSv1_2,
            acceptableCiphers=AcceptableCiphers.fromOpenSSLCipherString(_CIPHERS),
            acceptableProtocols=[b"http/1.1"],
        )
        try:
            _choose_groups(options.getContext())
        except SSL.Error as e:
            raise CannotListen(
                f"the key in {self._key} is not that of the certificate in {self._certificate}"
            ) from e
        self._options, self.chain = options, chain

    def _chain(self) -> list[Any]:
        try:
            return [*x509.load_pem_x509_certificates(_read(self._certificate, "certificate"))]
        except ValueError as e:
            raise CannotListen(f"there is no certificate in {self._certificate}") from e

    def serverConnectionForTLS(self, protocol: TLSMemoryBIOProtocol) -> SSL.Connection:
        if self._options is None:
            self.load()
        options: Any = self._options
        connection: SSL.Connection = options.serverConnectionForTLS(protocol)
        return connection


def _choose_groups(context: SSL.Context) -> None:
    """OpenSSL's own choice has groups that few know; pyOpenSSL has no name for the call."""
    openssl.SSL_CTX_set1_curves_list(context._context, _GROUPS)


def _read(path: Path, what: str) -> bytes:
    try:
        return path.read_bytes()
    except OSError as e:
        raise CannotListen(f"the {what} {path} cannot be read: {_why(e)}") from e


def tcp(host: str, port: int) -> str:
    """The endpoint string for a host (an address, empty for all) and a port (0 for any)."""
    return f"tcp:{port}:interface={quoteStringArgument(host)}"


class Listener(Service):
    """
    Serves one endpoint while it runs; a failure to do so fails the start, in one sentence.

    :param endpoint: in Twisted's syntax; it may have TLS in it (``ssl:...``), or be without it and
        be given a *certificate*: then the gate stands outside TLS, and a refused or held connection
        costs next to nothing
    """

    def __init__(
        self,
        reactor: Any,
        endpoint: str,
        front: FrontFactory,
        certificate: Certificate | None = None,
    ) -> None:
        self._reactor = reactor
        self._endpoint = endpoint
        self._front = front
        self._certificate = certificate
        self._listening: IListeningPort | None = None
        self._started = False
        self._held = False

    def hold(self) -> None:
        """Take hold of the port, but accept nobody yet: who comes waits in the kernel's queue."""
        self._held = True
        if self._listening is not None:
            self._accept(False)

    def release(self) -> None:
        """Accept from now on."""
        self._held = False
        if self._listening is not None:
            self._accept(True)

    def _accept(self, wanted: bool) -> None:
        port: Any = self._listening
        (port.startReading if wanted else port.stopReading)()

    def privilegedStartService(self) -> None:
        """:raises CannotListen:"""
        super().privilegedStartService()
        self._started = True
        factory: IProtocolFactory = self._front
        if self._certificate is not None:
            self._certificate.load()
            factory = TLSMemoryBIOFactory(self._certificate, False, factory, self._reactor)
        factory = GateFactory(self._reactor, self._front.gate, factory)
        problem: list[Failure] = []
        try:
            waiting = serverFromString(self._reactor, self._endpoint).listen(factory)
        except Exception as e:
            raise CannotListen(f"cannot listen on {self._endpoint}: {_why(e)}") from e
        waiting.addCallbacks(self._ready, problem.append)
        if problem:
            cause: Any = problem[0].value
            error = cause.socketError if isinstance(cause, CannotListenError) else cause
            raise CannotListen(f"cannot listen on {self._endpoint}: {_why(error)}") from cause
        if self._listening is None:
            waiting.cancel()
            raise CannotListen(f"{self._endpoint} takes too long to listen")

    def startService(self) -> None:
        """:raises CannotListen:"""
        super().startService()
        if not self._started:
            self.privilegedStartService()

    def stopService(self) -> Deferred[None] | None:
        """Accept no more. Connections that are open stay so: to close them is their owner's."""
        super().stopService()
        self._started = False
        listening, self._listening = self._listening, None
        stopping: Deferred[None] | None = listening.stopListening() if listening else None
        return stopping

    def reload(self) -> None:
        """
        Read the certificate again.

        :raises CannotListen: then the old one stays in use
        """
        if self._certificate is not None:
            self._certificate.load()

    @property
    def address(self) -> IAddress:
        """
        Where it listens.

        :raises RuntimeError: if it does not
        """
        if self._listening is None:
            raise RuntimeError("not listening")
        address: IAddress = self._listening.getHost()
        return address

    @property
    def plain(self) -> bool:
        """Whether it is a TCP port without TLS."""
        ours = self._endpoint.startswith(("tcp:", "tcp6:", "systemd:"))
        return ours and self._certificate is None

    @property
    def port(self) -> int:
        """The TCP port, once it listens; 0 for a Unix socket."""
        return int(getattr(self.address, "port", 0))

    def _ready(self, listening: IListeningPort) -> None:
        self._listening = listening
        if self._held:
            self._accept(False)
        listener = getattr(listening, "socket", None)
        if listener is not None:
            _tune(listener, self._front.limits, "backlog=" not in self._endpoint)


def _tune(listener: socket.socket, limits: Limits, deepen: bool) -> None:
    """
    Set what accepted sockets inherit, so that TLS and other wrappers need not be dug through.

    Each option by itself: not every family and system has them all.
    """
    options: Sequence[tuple[int, int, int]] = [
        (socket.SOL_SOCKET, socket.SO_SNDBUF, limits.send_buffer_bytes),
    ]
    if listener.family in (socket.AF_INET, socket.AF_INET6):
        stall = int(limits.write_stall_seconds * 1000)
        options = [
            *options,
            (socket.IPPROTO_TCP, socket.TCP_NODELAY, 1),
            (socket.IPPROTO_TCP, getattr(socket, "TCP_USER_TIMEOUT", 18), stall),
        ]
    for level, name, value in options:
        with suppress(OSError):
            listener.setsockopt(level, name, value)
    if deepen:
        with suppress(OSError):
            listener.listen(limits.backlog)
