"""Who is at the other end of a wss:// connection: checked to the letter, refused in words."""

from __future__ import annotations

import weakref
from pathlib import Path
from typing import Any

from OpenSSL import SSL
from OpenSSL.crypto import X509, Error
from service_identity import CertificateError, VerificationError
from service_identity.hazmat import DNS_ID, IPAddress_ID, ServiceID, verify_service_identity
from service_identity.pyopenssl import extract_patterns
from twisted.internet.abstract import isIPAddress, isIPv6Address
from twisted.internet.interfaces import IOpenSSLClientConnectionCreator
from twisted.internet.ssl import (
    Certificate,
    CertificateOptions,
    TLSVersion,
    platformTrust,
    trustRootFromCertificates,
)
from twisted.protocols.tls import TLSMemoryBIOProtocol
from twisted.python.failure import Failure
from zope.interface import implementer

_BEGIN = b"-----BEGIN CERTIFICATE-----"
_CHAIN = {
    9: "its certificate is not valid yet (is the time of day right here?)",
    10: "its certificate has expired (is the time of day right here?)",
    18: "its certificate is signed by itself, and not one we were told to trust",
    19: "its certificate leads to an authority that we were not told to trust",
    20: "its certificate is not signed by an authority that we trust",
    21: "its certificate is not signed by an authority that we trust",
    23: "its certificate has been revoked",
    47: "its certificate is for names that its authority may not vouch for",
}
"""What OpenSSL's most frequent complaints about a chain mean."""


class UntrustedServer(Exception):
    """The server could not prove that it is the one asked for. The text is for people."""


class BadTrust(Exception):
    """The file with the trusted certificates cannot be used. The text is for people."""


def trust(ca_file: str | Path | None) -> Any:
    """
    Whom to believe: the certificates in *ca_file* (PEM, one or more), or those of the system.

    :raises BadTrust: the file cannot be read, or holds none
    """
    if ca_file is None:
        return platformTrust()
    try:
        held = Path(ca_file).read_bytes()
    except OSError as error:
        raise BadTrust(f"{ca_file}: {error.strerror or error}") from None
    blocks = [_BEGIN + block for block in held.split(_BEGIN)[1:]]
    try:
        certificates = [Certificate.loadPEM(block) for block in blocks]
    except (Error, ValueError):
        raise BadTrust(f"{ca_file}: a certificate in it is damaged") from None
    if not certificates:
        raise BadTrust(f"{ca_file}: there is no certificate in it")
    return trustRootFromCertificates(certificates)


@implementer(IOpenSSLClientConnectionCreator)
class StrictTLS:
    """
    Makes TLS connections to *hostname* (a name or an IP address), and lets nobody else pass.

    A certificate must name the host in its subjectAltName. One without any, or with an address
    written as a name, is refused; Twisted's own client options only log that, as of 26.10.
    """

    def __init__(self, hostname: str, trust_root: Any) -> None:
        self.hostname = hostname
        self._is_ip = isIPAddress(hostname) or isIPv6Address(hostname)
        self._service: ServiceID
        if self._is_ip:
            self._service = IPAddress_ID(hostname)
        else:
            self._ascii = hostname.encode("idna").decode("ascii")
            self._service = DNS_ID(self._ascii)
        options = CertificateOptions(trustRoot=trust_root, raiseMinimumTo=TLSVersion.TLSv1_2)
        self._context = options.getContext()

    def clientConnectionForTLS(self, tlsProtocol: TLSMemoryBIOProtocol) -> SSL.Connection:
        connection = SSL.Connection(self._context, None)
        if not self._is_ip:  # RFC 6066 has no addresses in it
            connection.set_tlsext_host_name(self._ascii.encode("ascii"))
        held = weakref.ref(tlsProtocol)

        def verify(_: SSL.Connection, certificate: X509, number: int, depth: int, ok: int) -> bool:
            # OpenSSL calls this: whatever goes wrong in it, the answer must be no.
            try:
                words = self._complaint(certificate, number, depth, bool(ok))
            except Exception as error:
                words = f"its certificate cannot be checked: {error}"
            if words is None:
                return True
            protocol = held()
            if protocol is not None:
                refusal = UntrustedServer(f"{self.hostname} is not trusted: {words}")
                protocol.failVerification(Failure(refusal))
            return False

        connection.set_verify(SSL.VERIFY_PEER | SSL.VERIFY_FAIL_IF_NO_PEER_CERT, verify)
        return connection

    def _complaint(self, certificate: X509, number: int, depth: int, ok: bool) -> str | None:
        """What is wrong with one certificate of the chain; None: nothing."""
        if not ok:
            return _CHAIN.get(number, f"its certificate is not valid (OpenSSL's error {number})")
        if depth:
            return None
        try:
            verify_service_identity(extract_patterns(certificate), [self._service], [])
        except VerificationError:
            return "its certificate is for another name"
        except CertificateError as error:
            return f"its certificate does not say for which names it is ({error})"
        return None
