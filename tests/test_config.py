"""Every key, said in three places, comes to the same; the later place stands; nonsense is named."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gamesync import config
from gamesync.config import BadConfig, Settings, load
from gamesync.limits import Limits

SAID: dict[str, Any] = {
    "database_uri": "sqlite:////var/lib/gamesync/games.db",
    "ws_host": "::1",
    "ws_port": 9000,
    "ping_interval": 20,
    "ping_timeout": 5,
    "listen": ("tcp:1", "unix:/run/g"),
    "certificate": "c.pem",
    "private_key": "",
    "https_only": False,
    "rulesets": "house",
    "hosts": ("games.example", "box"),
    "origins": ("https://league.example",),
    "proxies": ("10.0.0.0/8",),
    "restart_grace": 30,
    "backup_hours": 12,
    "backup_folder": "/mnt/backups",
    "retention_days": 30,
    "venue_name": "The Hall",
    "wifi_ssid": "hall",
    "wifi_password": "",
    "wifi_security": "WEP",
    "wifi_hidden": True,
    "log_format": "json",
    "log_level": "debug",
    "log_file": "/var/log/gamesync/log",
    "log_file_mb": 5,
    "log_files": 3,
    "log_without_addresses": True,
    "metrics_from": ("192.168.1.7", "fd00::/8"),
    "demo": True,
    "banner": True,
}


def _toml(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return repr(list(value) if isinstance(value, tuple) else value)


def _text(value: Any) -> str:
    return ",".join(value) if isinstance(value, tuple) else str(value)


def test_no_key_is_forgotten_here() -> None:
    assert set(SAID) == set(config.NAMES)


@pytest.mark.parametrize("name", config.NAMES)
def test_a_key_means_the_same_in_every_place(name: str, tmp_path: Path) -> None:
    value = SAID[name]
    file = tmp_path / "g.toml"
    file.write_text(f"{name} = {_toml(value)}\n")
    typed = list(value) if isinstance(value, tuple) else str(value)
    said = [
        load({}, {}, str(file)),
        load({}, {f"GAMESYNC_{name.upper()}": _text(value)}),
        load({name: typed}, {}),
    ]
    assert [getattr(settings, name) for settings in said] == [value] * 3
    assert said[0] == said[1] == said[2]


@pytest.mark.parametrize("name", config.LIMITS)
def test_so_does_a_limit(name: str, tmp_path: Path) -> None:
    value = getattr(Limits(), name) + 1
    file = tmp_path / "g.toml"
    file.write_text(f"[limits]\n{name} = {value}\n")
    for settings in (
        load({}, {}, str(file)),
        load({}, {f"GAMESYNC_LIMIT_{name.upper()}": str(value)}),
        load({"limits": [f"{name}={value}"]}, {}),
    ):
        found = getattr(settings.limits, name)
        assert found == value
        assert type(found) is type(value)


def test_a_later_place_stands_over_an_earlier(tmp_path: Path) -> None:
    file = tmp_path / "g.toml"
    file.write_text("ws_port = 1\nping_interval = 1\nping_timeout = 1\n[limits]\nbacklog = 1\n")
    environment = {"GAMESYNC_PING_INTERVAL": "2", "GAMESYNC_PING_TIMEOUT": "2", "OTHER": "x"}
    settings = load({"ping_timeout": "3"}, environment, str(file))
    assert (settings.ws_port, settings.ping_interval, settings.ping_timeout) == (1, 2, 3)
    assert settings.limits.backlog == 1


def test_without_a_word_it_is_the_seeds() -> None:
    settings = load({}, {"GAMESYNC_CONFIG": "is the plugin's"})
    assert settings == Settings()
    assert (settings.ws_host, settings.ws_port, settings.database) == (
        "0.0.0.0",
        8765,
        "game_state.db",
    )


def test_the_pings_reach_the_limits() -> None:
    settings = load({"ping_interval": "7", "ping_timeout": "3"}, {})
    assert (settings.limits.ping_seconds, settings.limits.pong_seconds) == (7, 3)
    with pytest.raises(BadConfig, match="no limit 'ping_seconds'"):
        load({"limits": ["ping_seconds=7"]}, {})


def test_a_wifi_is_a_name_and_perhaps_a_password() -> None:
    said = {"wifi_ssid": "ü" * 16, "wifi_password": "12345678"}
    assert load(said, {}).wifi_password == "12345678"
    assert load({"wifi_ssid": "hall"}, {}).wifi_password == ""
    assert load({**said, "wifi_password": "1", "wifi_security": "WEP"}, {}).wifi_password == "1"


@pytest.mark.parametrize(
    ("options", "environment", "sentence"),
    [
        ({"wings": "2"}, {}, "--wings: there is no key 'wings'"),
        ({"ws_port": "-1"}, {}, "ws_port: from 0 to 65535"),
        ({"ws_port": "80.5"}, {}, "--ws-port: ws_port is a whole number, not '80.5'"),
        ({"backup_hours": "-1"}, {}, "backup_hours: from 0 to 168"),
        ({"retention_days": "36501"}, {}, "retention_days: from 0 to 36500"),
        ({"restart_grace": "0"}, {}, "restart_grace: from 1 to 3600 seconds"),
        ({"restart_grace": "3601"}, {}, "restart_grace: from 1 to 3600 seconds"),
        ({}, {"GAMESYNC_DEMO": "perhaps"}, "GAMESYNC_DEMO: demo is true or false, not 'perhaps'"),
        ({}, {"GAMESYNC_LIMIT_X": "1"}, "GAMESYNC_LIMIT_X: there is no limit 'x'"),
        ({}, {"GAMESYNC_LIMIT_BACKLOG": "-1"}, "GAMESYNC_LIMIT_BACKLOG: backlog is not below 0"),
        ({"limits": ["backlog"]}, {}, "--limit: backlog is a whole number, not ''"),
        ({"limits": ["head_seconds=nan"]}, {}, "--limit: head_seconds is a number, not 'nan'"),
        ({"ws_port": "²"}, {}, "ws_port is a whole number, not '²'"),
        ({"database_uri": "postgres://x"}, {}, "database_uri: starts with sqlite:///"),
        ({"database_uri": "sqlite:///"}, {}, "database_uri: starts with sqlite:///"),
        ({"private_key": "k.pem"}, {}, "private_key: without a certificate"),
        ({"https_only": "yes"}, {}, "https_only: without a certificate"),
        ({"proxies": ["no address"]}, {}, "proxies: 'no address' is no address or network"),
        ({"venue_name": "x" * 41}, {}, "venue_name: at most 40 signs"),
        ({"venue_name": "a\nb"}, {}, "venue_name: only signs that can be shown"),
        ({"wifi_ssid": "\udcff"}, {}, "wifi_ssid: only signs that can be shown"),
        ({"wifi_ssid": "ü" * 17}, {}, "wifi_ssid: at most 32 bytes"),
        ({"wifi_security": "wpa"}, {}, "wifi_security: WPA, WEP, nopass"),
        ({"wifi_password": "secret-word"}, {}, "wifi_password: without a network"),
        (
            {"wifi_ssid": "hall", "wifi_password": "x", "wifi_security": "nopass"},
            {},
            "wifi_password: without a network",
        ),
        ({"wifi_ssid": "hall", "wifi_password": "1234567"}, {}, "wifi_password: a WPA network's"),
    ],
)
def test_nonsense_is_refused_in_a_sentence_that_names_it(
    options: dict[str, Any], environment: dict[str, str], sentence: str
) -> None:
    with pytest.raises(BadConfig) as no:
        load(options, environment)
    assert sentence in str(no.value)
    assert "\n" not in str(no.value)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("ws_port = true", "ws_port is a whole number, not True"),
        ("ws_port = '80'", None),
        ("listen = 'tcp:1'", "listen is a list of texts"),
        ("listen = [1]", "listen is a list of texts"),
        ("[limits]\nbacklog = true", "backlog is a whole number, not True"),
        ("[limits]\nbacklog = 'x'", "backlog is a whole number, not 'x'"),
        ("limits = 3", "limits is a table"),
        ("[colours]\nred = 1", "there is no key 'colours'"),
        ("=", "is not TOML"),
    ],
)
def test_nonsense_in_a_file_names_the_file(text: str, sentence: str | None, tmp_path: Path) -> None:
    file = tmp_path / "g.toml"
    file.write_text(text)
    if sentence is None:
        assert load({}, {}, str(file)).ws_port == 80
        return
    with pytest.raises(BadConfig) as no:
        load({}, {}, str(file))
    assert str(file) in str(no.value)
    assert sentence in str(no.value)


@pytest.mark.parametrize("content", [b"\xff\xfe", None])
def test_a_file_that_cannot_be_read(content: bytes | None, tmp_path: Path) -> None:
    file = tmp_path / "g.toml"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(BadConfig, match=r"the configuration .*g\.toml"):
        load({}, {}, str(file))


@given(st.dictionaries(st.sampled_from(config.NAMES), st.text(max_size=20)))
def test_whatever_is_typed_it_is_settings_or_a_sentence(typed: dict[str, str]) -> None:
    with suppress(BadConfig):
        assert isinstance(load(typed, {}), Settings)
