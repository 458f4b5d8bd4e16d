"""What may be signed for: names and addresses of a box, sorted, limited and compared."""

from __future__ import annotations

import datetime

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from gamesync.certs.names import Names, constraints, names_in, permitted


def certificate(*extensions: x509.ExtensionType) -> x509.Certificate:
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([])
    now = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), 1, now, now)
    for extension in extensions:
        builder = builder.add_extension(extension, critical=False)
    return builder.sign(key, hashes.SHA256())


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("Box.Example.", "box.example"),
        ("gamesync.local", "gamesync.local"),
        ("localhost", "localhost"),
        ("spiele-häuser.de", "xn--spiele-huser-ncb.de"),
        ("192.168.1.5", "192.168.1.5"),
        ("[fe80::1%eth0]", "fe80::1"),
        ("::1", "::1"),
        ("box", ""),  # all under a .box
        ("app", ""),
        ("", ""),
        ("under_score.local", ""),
        ("-x.local", ""),
        ("x-.local", ""),
        ("a..b", ""),
        ("*.example", ""),
        ("a b.local", ""),
        ("x" * 64 + ".local", ""),
    ],
)
def test_a_text_is_a_name_an_address_or_nothing(text: str, read: str) -> None:
    assert str(Names.of([text])) == read


def test_they_are_told_in_order_and_a_certificate_keeps_them() -> None:
    names = Names.of(["b.local", "::1", "192.168.1.5", "10.0.0.9", "a.local"])
    assert str(names) == "a.local, b.local, 10.0.0.9, 192.168.1.5, ::1"
    assert names_in(certificate(names.alternatives)) == names
    assert not names_in(certificate())
    assert str(names - Names.of(["a.local", "10.0.0.9", "::1"])) == "b.local, 192.168.1.5"
    assert not names - names


def test_an_authority_may_sign_for_its_box_and_private_networks_only() -> None:
    box = certificate(constraints(Names.of(["gamesync.local", "192.168.1.5", "198.51.100.7"])))
    good = ["gamesync.local", "tv.gamesync.local", "10.1.2.3", "172.31.0.1", "fd00::1"]
    good += ["192.168.77.1", "127.0.0.1", "::1", "169.254.9.9", "198.51.100.7"]
    bad = ["bank.example", "local.", "notgamesync.local", "8.8.8.8", "172.32.0.1", "2001:db8::1"]
    bad += ["198.51.100.8"]
    assert permitted(Names.of([*good, *bad]), box) == Names.of(good)
    anything = Names.of([*good, *bad])
    assert permitted(anything, certificate()) == anything, "without limits there are none"
