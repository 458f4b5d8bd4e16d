"""The venue's authority: what it signs holds, and with its key stolen it is of little use."""

from __future__ import annotations

import subprocess
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID

from gamesync.certs.authority import (
    LEAF_DAYS,
    ROOT_DAYS,
    Authority,
    BadAuthority,
    called,
    days_left,
    fingerprint,
    leads_to,
)
from gamesync.certs.names import Names, names_in

from ..system.needs import needs

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
BOX = Names.of(["gamesync.local", "127.0.0.1", "192.168.1.5"])


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority.new("hall", BOX, NOW)


def extension(certificate: x509.Certificate, kind: Any) -> Any:
    return certificate.extensions.get_extension_for_class(kind)


def test_the_root_lets_the_issuing_one_sign_and_no_other(authority: Authority) -> None:
    for certificate, below in ((authority.root, 1), (authority.issuing, 0)):
        basic = extension(certificate, x509.BasicConstraints)
        assert (basic.critical, basic.value.ca, basic.value.path_length) == (True, True, below)
        assert extension(certificate, x509.KeyUsage).value.key_cert_sign
        assert extension(certificate, x509.NameConstraints).critical
        key = certificate.public_key()
        assert isinstance(key, ec.EllipticCurvePublicKey)
        assert key.curve.name == "secp256r1"
    assert authority.root.public_key() != authority.issuing.public_key()
    assert authority.key.public_key() == authority.issuing.public_key(), "the root's is thrown away"
    usage = extension(authority.issuing, x509.ExtendedKeyUsage).value
    assert list(usage) == [ExtendedKeyUsageOID.SERVER_AUTH]
    assert called(authority.root).startswith("gamesync hall ")
    assert days_left(authority.root, NOW) == ROOT_DAYS
    assert len(fingerprint(authority.root)) == 32 * 3 - 1


def test_a_server_s_certificate(authority: Authority) -> None:
    leaf, issuing = x509.load_pem_x509_certificates(authority.issue(BOX, NOW))
    assert issuing == authority.issuing
    assert leads_to([leaf, issuing], authority.root)
    assert not leads_to([], authority.root)
    assert not leads_to([leaf], authority.root)
    assert not leads_to([leaf, issuing], Authority.new("hall", BOX, NOW).root)
    assert names_in(leaf) == BOX
    assert leaf.not_valid_after_utc - leaf.not_valid_before_utc == timedelta(days=LEAF_DAYS)
    assert LEAF_DAYS <= 397, "browsers believe no longer one"
    assert leaf.not_valid_before_utc < NOW - timedelta(hours=12), "some clocks are behind"
    assert not extension(leaf, x509.BasicConstraints).value.ca
    assert not extension(leaf, x509.KeyUsage).value.key_cert_sign


def test_it_keeps_to_its_names_and_its_time(authority: Authority) -> None:
    more = Names.of(["gamesync.local", "bank.example", "8.8.8.8"])
    leaf, _ = x509.load_pem_x509_certificates(authority.issue(more, NOW))
    assert str(names_in(leaf)) == "gamesync.local"
    with pytest.raises(BadAuthority, match=r"may not sign for any of bank\.example"):
        authority.issue(Names.of(["bank.example"]), NOW)
    late = NOW + timedelta(days=ROOT_DAYS - 10)
    leaf, _ = x509.load_pem_x509_certificates(authority.issue(BOX, late))
    assert leaf.not_valid_after_utc == authority.root.not_valid_after_utc
    for when in (NOW - timedelta(days=400), NOW + timedelta(days=ROOT_DAYS)):
        with pytest.raises(BadAuthority, match="is the clock right"):
            authority.issue(BOX, when)


def test_it_is_kept_in_one_piece(authority: Authority) -> None:
    assert Authority.load(authority.pem).pem == authority.pem
    other = Authority.new("hall", BOX, NOW)
    key, issuing, root = split(authority.pem)
    of_another_kind = ed25519.Ed25519PrivateKey.generate().private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
    )
    strange_key, strange_issuing, strange_root = split(other.pem)
    for bad in (
        b"",
        key,
        key + issuing,
        strange_key + issuing + root,
        key + issuing + strange_root,
        strange_key + strange_issuing + root,
        authority.pem + root,
        of_another_kind + issuing + root,
    ):
        with pytest.raises(ValueError, match=r"file|together|PEM"):
            Authority.load(bad)


def split(pem: bytes) -> list[bytes]:
    return [b"-----BEGIN" + part for part in pem.split(b"-----BEGIN")[1:]]


class Thief:
    """Somebody with the box's key, who signs what the authority itself would not."""

    def __init__(self, folder: Path, authority: Authority) -> None:
        self._folder = folder
        self._authority = authority
        (folder / "ca.crt").write_bytes(authority.root.public_bytes(Encoding.PEM))
        (folder / "issuing.crt").write_bytes(authority.issuing.public_bytes(Encoding.PEM))

    def verified(self, *names: x509.GeneralName, through: x509.Certificate | None = None) -> str:
        """What OpenSSL says of a forged certificate for *names*."""
        key = ec.generate_private_key(ec.SECP256R1())
        issuer = through or self._authority.issuing
        forged = (
            x509.CertificateBuilder()
            .subject_name(x509.Name([]))
            .issuer_name(issuer.subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(NOW - timedelta(days=1))
            .not_valid_after(NOW + timedelta(days=300))
            .add_extension(x509.SubjectAlternativeName(names), critical=True)
            .sign(self._authority.key, hashes.SHA256())
        )
        (self._folder / "forged.crt").write_bytes(forged.public_bytes(Encoding.PEM))
        found = subprocess.run(
            [
                *("openssl", "verify", "-attime", str(int(NOW.timestamp()))),
                *("-CAfile", "ca.crt", "-untrusted", "issuing.crt", "forged.crt"),
            ],
            cwd=self._folder,
            capture_output=True,
            text=True,
            check=False,
        )
        return found.stdout + found.stderr


@pytest.mark.parametrize(
    ("name", "good"),
    [
        (x509.DNSName("gamesync.local"), True),
        (x509.IPAddress(ip_address("192.168.99.1")), True),
        (x509.DNSName("bank.example"), False),
        (x509.DNSName("gamesync.local.example"), False),
        (x509.IPAddress(ip_address("8.8.8.8")), False),
        (x509.IPAddress(ip_address("2001:db8::1")), False),
    ],
)
def test_a_stolen_key_is_of_little_use(
    authority: Authority, tmp_path: Path, name: x509.GeneralName, good: bool
) -> None:
    needs("openssl")
    said = Thief(tmp_path, authority).verified(name)
    assert ("forged.crt: OK" in said) is good, said
    assert ("permitted subtree violation" in said) is not good, said


def test_without_the_limits_the_same_key_would_be_good_for_a_bank(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """That the test above can fail."""
    needs("openssl")
    free = x509.NameConstraints(None, [x509.DNSName("nobody.invalid")])
    monkeypatch.setattr("gamesync.certs.authority.constraints", lambda _: free)
    unlimited = Authority.new("hall", BOX, NOW)
    said = Thief(tmp_path, unlimited).verified(x509.DNSName("bank.example"))
    assert "forged.crt: OK" in said
