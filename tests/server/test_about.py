"""What the box says of itself, to whom."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from gamesync import __version__
from gamesync.config import Settings
from gamesync.domain.profile import PRESETS, clock_preset
from gamesync.domain.rulebook import shipped
from gamesync.domain.ruleset import parse_ruleset
from gamesync.server import about as about_module
from gamesync.server.about import LANGUAGES, Box
from gamesync.server.head import Door
from gamesync.server.reach import Reach

from ..house import House
from .port import HOST, Port

ABOUT = "/api/v1/about"
WIFI = Settings(wifi_ssid='Hall "1"', wifi_password="pass;word,8:")
LINK = Reach("192.168.1.2", 8765, False)


def port(settings: Settings | None = None, reach: Reach = LINK, **door: Any) -> Port:
    box = Box(settings=settings or Settings(), door=Door(**door), reach=lambda: reach)
    return Port(House(), box)


@pytest.fixture(autouse=True)
def interfaces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(about_module, "addresses", lambda: iter(("192.168.1.2", "10.42.0.1")))


def test_what_a_box_says_of_itself() -> None:
    said = port().ask(ABOUT)
    assert said.code == 200
    assert said.headers["content-type"] == "application/json; charset=utf-8"
    body = said.json
    rulesets, clocks = body.pop("rulesets"), body.pop("clocks")
    assert body == {
        "name": "",
        "version": __version__,
        "protocol": "gamesync.v1",
        "hosting": "open",
        "address": "http://192.168.1.2:8765/",
        "others": ["http://10.42.0.1:8765/"],
        "secure": False,
        "wifi": None,
        "ca": None,
        "profiles": ["club", "event"],
        "languages": list(LANGUAGES),
    }
    assert "en" in LANGUAGES
    assert [line["id"] for line in rulesets] == list(shipped())
    fortieth = next(line for line in rulesets if line["id"] == "wh40k-10e")
    assert (fortieth["rounds"], fortieth["phases"]) == (5, list(shipped()["wh40k-10e"].phases))
    assert fortieth["clock"]["mode"] == shipped()["wh40k-10e"].clock.mode
    assert [clock["id"] for clock in clocks] == list(PRESETS)
    rapid = next(clock for clock in clocks if clock["id"] == "chess-15-10")
    assert rapid["budget_ms"] == clock_preset("chess-15-10").budget_ms == 900_000
    assert (rapid["mode"], rapid["increment_ms"], rapid["on_flag"]) == ("down", 10_000, "lose")


def test_the_organisers_word_stands_over_the_configurations() -> None:
    there = port(Settings(venue_name="The  Hall"))
    tag = there.tag(ABOUT)
    assert there.ask(ABOUT).json["name"] == "The Hall"
    boss = there.house.person()
    boss.connect("venue", key=there.house.official())
    boss.do("settings_update", {"key": "venue_name", "value": "Keller"}, "venue")
    boss.do("settings_update", {"key": "hosting", "value": "organiser"}, "venue")
    assert there.tag(ABOUT) != tag
    body = there.ask(ABOUT).json
    assert (body["name"], body["hosting"]) == ("Keller", "organiser")


@pytest.mark.parametrize(
    ("settings", "reach", "address", "others"),
    [
        (
            Settings(hosts=("games.example", "box.lan"), certificate="c.pem"),
            Reach("games.example", 443, True),
            "https://games.example/",
            ["https://box.lan/", "https://192.168.1.2/", "https://10.42.0.1/"],
        ),
        (
            Settings(ws_host="192.168.1.2"),
            Reach("192.168.1.2", 80, False),
            "http://192.168.1.2/",
            [],
        ),
    ],
)
def test_the_links(settings: Settings, reach: Reach, address: str, others: list[str]) -> None:
    body = port(settings, reach).ask(ABOUT).json
    assert (body["address"], body["others"]) == (address, others)
    assert body["secure"] is address.startswith("https")


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("games.example", "https://games.example/"),
        ("games.example:8443", "https://games.example:8443/"),
        ("127.0.0.1:8765", "http://192.168.1.2:8765/"),  # what a proxy calls us by itself
        ("localhost", "http://192.168.1.2:8765/"),
        ("[::1]:80", "http://192.168.1.2:8765/"),
    ],
)
def test_behind_a_proxy_it_is_the_proxys_address(host: str, address: str) -> None:
    names = frozenset({"games.example", "localhost"})
    there = port(hosts=names, proxies=frozenset({"127.0.0.1"}))
    way = ("X-Forwarded-For: 192.168.1.9", "X-Forwarded-Proto: https")
    body = there.ask(ABOUT, *way, peer="127.0.0.1", host=host).json
    assert body["address"] == address
    assert address not in body["others"]
    # Nobody else's word on that is taken.
    assert there.ask(ABOUT, *way, host=host).json["address"] == "http://192.168.1.2:8765/"


def test_the_wifi_is_told_with_a_text_for_phones() -> None:
    said = port(WIFI).ask(ABOUT)
    assert said.json["wifi"] == {
        "ssid": 'Hall "1"',
        "password": "pass;word,8:",
        "security": "WPA",
        "hidden": False,
        "qr": r"WIFI:T:WPA;S:Hall \"1\";P:pass\;word\,8\:;;",
    }
    assert said.headers["vary"] == "origin"


@pytest.mark.parametrize(
    ("settings", "qr"),
    [
        (Settings(wifi_ssid="a\\b"), None),  # its password is on the wall
        (Settings(wifi_ssid="open", wifi_security="nopass"), "WIFI:T:nopass;S:open;;"),
        (
            Settings(wifi_ssid="h", wifi_password="k", wifi_security="WEP", wifi_hidden=True),
            "WIFI:T:WEP;S:h;P:k;H:true;;",
        ),
    ],
)
def test_kinds_of_wifi(settings: Settings, qr: str | None) -> None:
    assert port(settings).ask(ABOUT).json["wifi"]["qr"] == qr


@pytest.mark.parametrize(
    ("peer", "lines", "told"),
    [
        ("192.168.1.9", (), True),
        ("127.0.0.1", (), True),
        ("fe80::1", (), True),
        ("192.168.1.9", (f"Origin: http://{HOST}",), True),
        ("8.8.8.8", (), False),
        ("2a00::1", (), False),
        ("192.168.1.9", ("Origin: https://evil.example",), False),  # a page somebody happens to see
        ("192.168.1.9", ("Origin: null",), False),
        ("10.0.0.7", ("X-Forwarded-For: 8.8.8.8",), False),
        ("10.0.0.7", ("X-Forwarded-For: 192.168.1.9",), True),
    ],
)
def test_the_password_is_for_the_local_network(
    peer: str, lines: tuple[str, ...], told: bool
) -> None:
    said = port(WIFI, proxies=frozenset({"10.0.0.7"})).ask(ABOUT, *lines, peer=peer)
    assert said.code == 200
    assert (said.json["wifi"] is not None) == told
    assert (b"pass;word" in said.body) == told


def test_a_whole_ruleset() -> None:
    there = port()
    tag = there.tag("/api/v1/rulesets/wh40k-11e")
    assert there.tag("/api/v1/rulesets/aos") != tag
    body = there.ask("/api/v1/rulesets/wh40k-11e").body
    assert parse_ruleset(body) == shipped()["wh40k-11e"]
    for other in ("", "/", "/none", "/aos/more", "/%ff"):
        assert there.ask(f"/api/v1/rulesets{other}").code == 404


def test_a_box_of_which_nothing_was_said() -> None:
    assert (
        Box(settings=Settings(ws_host="10.0.0.1", ws_port=80)).reach().http() == "http://10.0.0.1/"
    )
    assert msgspec.json.decode(Port(House()).ask(ABOUT).body)["wifi"] is None
