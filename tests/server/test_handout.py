"""The page with which a device comes to trust the box, and the certificate itself."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache

import pytest
from cryptography import x509

from gamesync.certs.authority import Authority, called, fingerprint
from gamesync.certs.names import Names
from gamesync.config import Settings
from gamesync.server.about import Box
from gamesync.server.handout import page
from gamesync.server.handout_words import DEVICES, WORDS
from gamesync.server.reach import Reach

from ..house import House
from .port import Port, Said

ROOT = Authority.new("<hall>", Names.of(["gamesync.local"]), datetime.now(UTC)).root


@cache  # the pages of a whole site take a while to read
def port(root: x509.Certificate | None = ROOT, plain: Reach | None = None) -> Port:
    box = Box(
        settings=Settings(),
        reach=lambda: Reach("192.168.1.2", 8765, True),
        plain=lambda: plain,
        authority=lambda: root,
    )
    return Port(House(), box)


def test_the_certificate_is_a_file_that_phones_know() -> None:
    said = port().ask("/ca.crt")
    assert said.code == 200
    assert said.headers["content-type"] == "application/x-x509-ca-cert"
    assert x509.load_pem_x509_certificate(said.body) == ROOT
    assert b"PRIVATE" not in said.body


def test_without_an_authority_there_is_nothing() -> None:
    for path in ("/ca", "/ca.crt"):
        said = port(None).ask(path)
        assert (said.code, said.json) == (404, {"error": "not_found"})
    assert port().ask("/ca/").code == 404, "its links would lead astray"
    assert port(None).ask("/api/v1/about").json["ca"] is None


def ask(agent: str = "", language: str = "") -> Said:
    return port().ask("/ca", f"User-Agent: {agent}", f"Accept-Language: {language}")


def test_the_page_says_what_to_compare_and_runs_nothing() -> None:
    said = ask()
    text = said.body.decode()
    assert said.headers["content-type"] == "text/html; charset=utf-8"
    assert "default-src 'none'" in said.headers["content-security-policy"]
    assert fingerprint(ROOT) in text.replace("<wbr>", "")
    assert "gamesync &lt;hall&gt;" in text
    assert called(ROOT) not in text, "it is escaped"
    assert "<script" not in text
    assert 'href="ca.crt"' in text, "relative: a proxy may have put us in a folder"
    assert port().ask("/ca", method="HEAD").body == b""
    assert port().ask("/ca", method="POST").code == 405


def test_the_style_is_there() -> None:
    here = port()
    text = here.ask("/ca").body.decode()
    for name in ("base", "handout"):
        href = next(p for p in text.split('"') if p.endswith(f"css/{name}.css"))
        assert here.ask(f"/{href}").headers["content-type"] == "text/css; charset=utf-8"


@pytest.mark.parametrize(
    ("language", "spoken"),
    [("de-DE,de;q=0.9,en;q=0.8", "de"), ("fr,de;q=0.5", "de"), ("fr", "en"), ("", "en")],
)
def test_in_the_reader_s_language(language: str, spoken: str) -> None:
    text = ask(language=language).body.decode()
    assert f'<html lang="{spoken}">' in text
    assert WORDS[spoken]["title"][0] in text


def test_both_languages_say_as_much() -> None:
    for words in WORDS.values():
        assert set(words) == set(WORDS["en"]) >= set(DEVICES)
        assert {key: len(said) for key, said in words.items()} == {
            key: len(said) for key, said in WORDS["en"].items()
        }


@pytest.mark.parametrize(
    ("agent", "device"),
    [
        ("Mozilla/5.0 (Linux; Android 15; Pixel 8) Chrome/140", "android"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Safari/604", "iphone"),
        ("Mozilla/5.0 (Windows NT 10.0; rv:140.0) Gecko Firefox/140", "firefox"),
        ("Mozilla/5.0 (Windows NT 10.0) Chrome/140", "windows"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X) Safari/605", "macos"),
        ("Mozilla/5.0 (X11; Linux x86_64) Chrome/140", "programs"),
        ("curl/8", ""),
    ],
)
def test_the_steps_for_the_reader_s_device_are_open(agent: str, device: str) -> None:
    text = ask(agent).body.decode()
    assert text.count("<details") == len(DEVICES)
    open_ = [part for part in text.split("<details")[1:] if part.startswith(' class="panel" open')]
    assert [WORDS["en"][device][0] in part for part in open_] == ([True] if device else [])
    assert page(ROOT, "en", device, "style/").count(" open>") == len(open_)


def test_the_box_says_where_to_learn_it() -> None:
    plain = port(plain=Reach("192.168.1.2", 8080, False)).ask("/api/v1/about").json
    assert plain["ca"] == {
        "address": "http://192.168.1.2:8080/ca",
        "fingerprint": fingerprint(ROOT),
    }
    assert plain["address"] == "https://192.168.1.2:8765/"
    assert port().ask("/api/v1/about").json["ca"]["address"] == "https://192.168.1.2:8765/ca"
