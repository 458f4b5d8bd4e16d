"""
The venue's authority: makes certificates for this box, and can make them for hardly anything else.

Phones trust its *root*. The root's key is thrown away as soon as it has signed one *issuing*
certificate, whose key stays on the box. Both say for which names they are (name constraints), but
not every program heeds them in what it trusts outright; in what lies between, all have to. So
whoever steals the box's key can speak as this box, and as nobody's bank.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from secrets import token_hex

import attrs
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from .names import Names, constraints, permitted

LEAF_DAYS = 364
"""How long a server's certificate is good: less than the year that scanners find long."""
ROOT_DAYS = 3_650
RENEW_DAYS = 30
"""A certificate with fewer days left is due."""
_BACK = timedelta(days=1)
"""Good since yesterday, for clocks of phones that are behind."""

Key = ec.EllipticCurvePrivateKey


class BadAuthority(Exception):
    """The venue's files cannot be used, or may not sign what is asked. One sentence, for people."""


@attrs.frozen
class Authority:
    """What can sign: the key of the issuing certificate, and the way from there to the root."""

    key: Key
    issuing: x509.Certificate
    root: x509.Certificate

    @classmethod
    def new(cls, box: str, names: Names, now: datetime) -> Authority:
        """
        :param box: what it is called, for people who look at the list in a phone
        :param now: with a zone
        """
        called = f"gamesync {box[:40]} {token_hex(3)}"
        limits = constraints(names)
        root_key, key = _new_key(), _new_key()
        subject = _name(called)
        root = (
            _begun(subject, subject, root_key, now, now + timedelta(days=ROOT_DAYS))
            .add_extension(x509.BasicConstraints(ca=True, path_length=1), critical=True)
            .add_extension(_usage(signs=True), critical=True)
            .add_extension(limits, critical=True)
            .add_extension(_identifier(root_key), critical=False)
            .sign(root_key, hashes.SHA256())
        )
        issuing = (
            _begun(_name(f"{called} issuing"), subject, key, now, root.not_valid_after_utc)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_usage(signs=True), critical=True)
            .add_extension(_for_servers(), critical=False)
            .add_extension(limits, critical=True)
            .add_extension(_identifier(key), critical=False)
            .add_extension(_identifier_of(root), critical=False)
            .sign(root_key, hashes.SHA256())
        )
        return cls(key, issuing, root)

    @classmethod
    def load(cls, pem: bytes) -> Authority:
        """:raises ValueError: it is not what :attr:`pem` gives"""
        key = serialization.load_pem_private_key(pem, None)
        certificates = x509.load_pem_x509_certificates(pem)
        if not isinstance(key, ec.EllipticCurvePrivateKey) or len(certificates) != 2:
            raise ValueError("not an authority's file")
        issuing, root = certificates
        if issuing.public_key() != key.public_key() or not signed_by(issuing, root):
            raise ValueError("its parts do not belong together")
        return cls(key, issuing, root)

    @property
    def pem(self) -> bytes:
        """All of it, the key too."""
        return _key_pem(self.key) + _certificate_pem(self.issuing) + _certificate_pem(self.root)

    def issue(self, names: Names, now: datetime) -> bytes:
        """
        A server's certificate: a new key, the certificate and the issuing one, as PEM.

        :raises BadAuthority: none of *names* is one that it may sign for, or its time is over
        """
        able = permitted(names, self.issuing)
        if not able:
            raise BadAuthority(f"the venue's authority may not sign for any of {names}")
        until = min(now - _BACK + timedelta(days=LEAF_DAYS), self.issuing.not_valid_after_utc)
        if not self.issuing.not_valid_before_utc <= now < until:
            raise BadAuthority(
                "the venue's authority is not good at this time of day; is the clock right?"
            )
        key = _new_key()
        called = next(iter(sorted(able.hosts)), "gamesync")
        certificate = (
            _begun(_name(called), self.issuing.subject, key, now, until)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage(signs=False), critical=True)
            .add_extension(_for_servers(), critical=False)
            .add_extension(able.alternatives, critical=False)
            .add_extension(_identifier(key), critical=False)
            .add_extension(_identifier_of(self.issuing), critical=False)
            .sign(self.key, hashes.SHA256())
        )
        return _key_pem(key) + _certificate_pem(certificate) + _certificate_pem(self.issuing)


def signed_by(certificate: x509.Certificate, signer: x509.Certificate) -> bool:
    """Whether *signer*'s key signed *certificate*."""
    try:
        certificate.verify_directly_issued_by(signer)
    except (InvalidSignature, ValueError, TypeError):
        return False
    return True


def leads_to(chain: Sequence[x509.Certificate], root: x509.Certificate) -> bool:
    """Whether each of *chain* is signed by the next, and the last by *root*."""
    return all(map(signed_by, chain, [*chain[1:], root])) and bool(chain)


def fingerprint(certificate: x509.Certificate) -> str:
    """SHA-256, as phones and browsers show it: ``AB:CD:…``."""
    return certificate.fingerprint(hashes.SHA256()).hex(":").upper()


def called(certificate: x509.Certificate) -> str:
    """The common name."""
    found = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(found[0].value) if found else certificate.subject.rfc4514_string()


def days_left(certificate: x509.Certificate, now: datetime) -> int:
    """Whole days until it is good no more; below 0: it is not."""
    return (certificate.not_valid_after_utc - now).days


def _new_key() -> Key:
    return ec.generate_private_key(ec.SECP256R1())


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text[:64])])


def _begun(
    subject: x509.Name, issuer: x509.Name, key: Key, now: datetime, until: datetime
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _BACK)
        .not_valid_after(until)
    )


def _usage(*, signs: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs,
        crl_sign=signs,
        encipher_only=False,
        decipher_only=False,
    )


def _for_servers() -> x509.ExtendedKeyUsage:
    return x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])


def _identifier(key: Key) -> x509.SubjectKeyIdentifier:
    return x509.SubjectKeyIdentifier.from_public_key(key.public_key())


def _identifier_of(signer: x509.Certificate) -> x509.AuthorityKeyIdentifier:
    held = signer.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    return x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(held)


def _certificate_pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def _key_pem(key: Key) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
