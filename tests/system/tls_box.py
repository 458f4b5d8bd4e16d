"""A server that has the venue's own certificates, and what somebody can do who steals them."""

from __future__ import annotations

import os
import re
import socket
import ssl
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from gamesync.certs.authority import Authority
from gamesync.certs.folder import Folder
from gamesync.certs.names import Names

from .server import ServerProcess

BIN = Path(sys.executable).parent
DAY = timedelta(days=1)
HERE = Names.of(["localhost", "127.0.0.1"])
PATIENT = tuple(
    word
    for limit in ("head_seconds", "open_handshake_seconds", "first_message_seconds")
    for word in ("--limit", f"{limit}=60")
)
"""For a machine that is busy with something else; tests of these limits set their own."""


class Box:
    """
    A server with certificates that ``gamesync cert`` made, or that are to come from elsewhere.

    :ivar tls: where they are
    """

    def __init__(self, folder: Path, *, own: bool = True) -> None:
        self.folder = folder
        self.tls = Folder.beside(str(folder / "game_state.db"))
        self.server = ServerProcess(folder, scheme="wss")
        if own:
            self.run("cert")

    def run(self, *words: str) -> str:
        """``gamesync`` on this box; what it says."""
        environment = {k: v for k, v in os.environ.items() if not k.startswith("GAMESYNC_")}
        done = subprocess.run(
            [BIN / "gamesync", *words],
            cwd=self.folder,
            env=environment,
            check=True,
            capture_output=True,
            text=True,
            timeout=60,
        )
        return done.stdout

    def serve(self, *options: str, wrapper: tuple[str, ...] = ()) -> ServerProcess:
        self.server.options = ("--certificate", str(self.tls.server), *PATIENT, *options)
        self.server.wrapper = wrapper
        return self.server.start()

    @property
    def trusting(self) -> ssl.SSLContext:
        """What a client has that was given the authority."""
        return ssl.create_default_context(cafile=self.tls.ca)

    def ports(self) -> list[int]:
        """Where it listens, in the order of its configuration."""
        return ports_of(self.server)

    def served(self) -> x509.Certificate:
        """The certificate that a new connection gets."""
        blind = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        blind.check_hostname = False
        blind.verify_mode = ssl.CERT_NONE
        with (
            socket.create_connection(("127.0.0.1", self.server.port), 10) as line,
            blind.wrap_socket(line) as tls,
        ):
            found = tls.getpeercert(True)
            assert found is not None
            return x509.load_der_x509_certificate(found)


def forged(authority: Authority, *names: x509.GeneralName, days: int = 100) -> bytes:
    """What somebody signs who has stolen the box's key."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    builder = x509.CertificateBuilder(
        authority.issuing.subject,
        x509.Name([]),
        key.public_key(),
        x509.random_serial_number(),
        now - 10 * DAY,
        now + days * DAY,
    )
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=True)
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    chain = (builder.sign(authority.key, hashes.SHA256()), authority.issuing)
    return private + b"".join(each.public_bytes(serialization.Encoding.PEM) for each in chain)


def ports_of(server: ServerProcess) -> list[int]:
    """Where *server* listens, in the order of its configuration."""
    return [int(found) for found in re.findall(r"listening on (\d+)", server.log)]


def lan() -> str:
    """An address of this machine that is not loopback's, or the test is skipped."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
        except OSError:
            pytest.skip("this machine is in no network")
        return str(probe.getsockname()[0])
