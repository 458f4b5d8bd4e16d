"""
What an operator can say, from four places: defaults, a TOML file, the environment, the options.

Each knows every key, and a later place stands over an earlier one. The seed's names are kept
(``DATABASE_URI``, ``WS_HOST``, ``WS_PORT``, ``PING_INTERVAL``, ``PING_TIMEOUT``), in the small
letters of TOML and with ``GAMESYNC_`` before them in the environment.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import attrs

from .limits import Limits

PREFIX = "GAMESYNC_"
LOG_LEVELS = ("debug", "info", "warn", "error")
WIFI_SECURITY = ("WPA", "WEP", "nopass")
"""Kinds of Wi-Fi, as QR codes name them."""


class BadConfig(ValueError):
    """One sentence that names the key, and where it was said."""


def _key(about: str, default: Any, **more: Any) -> Any:
    return attrs.field(default=default, metadata={"about": about}, **more)


@attrs.frozen(kw_only=True)
class Settings:
    """Every key, with its default and what it is for."""

    database_uri: str = _key(
        "Where games are kept: sqlite:///relative.db, sqlite:////absolute.db, or"
        " sqlite:///:memory: for nothing that lasts.",
        "sqlite:///game_state.db",
    )
    ws_host: str = _key("Address to listen on; empty: all of them, IPv6 too.", "0.0.0.0")  # noqa: S104 - the seed's default: a venue's phones come from outside
    ws_port: int = _key("TCP port, for WebSocket and HTTP alike; 0: any free one.", 8765)
    ping_interval: int = _key("Seconds between WebSocket pings; 0: none.", 30)
    ping_timeout: int = _key("Seconds a peer has to answer a ping.", 10)
    listen: tuple[str, ...] = _key(
        "A further endpoint in Twisted's syntax (ssl:8766:privateKey=…, unix:…). Repeatable.", ()
    )
    certificate: str = _key("PEM file of the certificate and its chain: serve TLS.", "")
    private_key: str = _key("PEM file of the key; empty: it is in the certificate's.", "")
    https_only: bool = _key(
        "Ports without TLS only lead to the encrypted one (and to /ca); needs a certificate.",
        False,
    )
    rulesets: str = _key("Folder of house rulesets (*.json).", "")
    hosts: tuple[str, ...] = _key("A host name we are reached by. Repeatable.", ())
    origins: tuple[str, ...] = _key("A page's origin let in beside our own. Repeatable.", ())
    proxies: tuple[str, ...] = _key(
        "Address or network of a reverse proxy whose X-Forwarded-For is believed. Repeatable.", ()
    )
    restart_grace: int = _key("Seconds of down time after which clocks wait for the table.", 15)
    limits: Limits = attrs.field(factory=Limits, metadata={"about": "See [limits]."})
    backup_hours: int = _key("Hours between two backups that are made by themselves; 0: none.", 6)
    backup_folder: str = _key("Where backups are kept; empty: backups, beside the database.", "")
    retention_days: int = _key(
        "Days after which names and devices are taken out of matches that nobody has touched since;"
        " scores and times stay. 0: never.",
        365,
    )
    venue_name: str = _key(
        "Name of the place, until an organiser sets another (setting venue_name).", ""
    )
    wifi_ssid: str = _key("Name of the Wi-Fi that screens tell people to join; empty: none.", "")
    wifi_password: str = _key(
        "Its password, which screens then show to everybody on the local network.", ""
    )
    wifi_security: str = _key("WPA (also WPA2 and WPA3), WEP, or nopass for an open one.", "WPA")
    wifi_hidden: bool = _key("The Wi-Fi does not tell its name by itself.", False)
    log_format: str = _key("text for people, or json: one object a line for programs.", "text")
    log_level: str = _key(
        "The least that is logged: debug (every message, by type and size), info, warn or error.",
        "info",
    )
    log_file: str = _key("Log to this file, which rotates; empty: to standard output.", "")
    log_file_mb: int = _key("Megabytes at which the file is put aside.", 10)
    log_files: int = _key("Files put aside that are kept.", 10)
    log_without_addresses: bool = _key("Leave the addresses of clients out of the log.", False)
    metrics_from: tuple[str, ...] = _key(
        "Address or network that may read /metrics, beside this box itself. Repeatable.", ()
    )
    demo: bool = _key("Play a demonstration game for ever.", False)
    banner: bool = _key("Print the links, and a QR code of the first, once we serve.", False)

    @property
    def database(self) -> str:
        """Path of the SQLite file, or ``:memory:``."""
        return self.database_uri.removeprefix("sqlite:///")


NAMES = tuple(f.name for f in attrs.fields(Settings) if f.name != "limits")
LIMITS = tuple(
    f.name for f in attrs.fields(Limits) if f.name not in ("ping_seconds", "pong_seconds")
)
"""Names of the limits that are keys; two are ``ping_interval`` and ``ping_timeout`` already."""


def about(name: str) -> str:
    """What a key is for."""
    return str(attrs.fields_dict(Settings)[name].metadata["about"])


def default(name: str) -> Any:
    return attrs.fields_dict(Settings)[name].default


def load(
    options: Mapping[str, str | list[str]],
    environment: Mapping[str, str],
    file: str | None = None,
) -> Settings:
    """
    The settings that the four places come to.

    :param options: what the command line said, by key; limits as ``limits`` (``name=value`` each)
    :param environment: of the process
    :param file: path of the TOML file; None: there is none
    :raises BadConfig: a key is unknown, or its value is not of its kind
    """
    said: dict[str, Any] = {}
    limits: dict[str, Any] = {}
    if file is not None:
        _from_file(file, said, limits)
    _from_environment(environment, said, limits)
    _from_options(options, said, limits)
    settings = Settings(limits=attrs.evolve(Limits(), **limits), **said)
    _check(settings)
    # The seed's own keys for the pings stand over the limits of the same meaning.
    return attrs.evolve(
        settings,
        limits=attrs.evolve(
            settings.limits, ping_seconds=settings.ping_interval, pong_seconds=settings.ping_timeout
        ),
    )


def _from_file(file: str, said: dict[str, Any], limits: dict[str, Any]) -> None:
    try:
        table = tomllib.loads(Path(file).read_text("utf-8"))
    except OSError as e:
        raise BadConfig(f"the configuration {file} cannot be read: {e.strerror}") from e
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as e:
        raise BadConfig(f"the configuration {file} is not TOML: {e}") from e
    given = table.pop("limits", {})
    if not isinstance(given, dict):
        raise BadConfig(f"{file}: limits is a table, not {given!r}")
    for name, value in given.items():
        limits[name] = _limit(name, value, f"{file}, [limits]")
    for name, value in table.items():
        said[name] = _value(name, value, file)


def _from_environment(
    environment: Mapping[str, str], said: dict[str, Any], limits: dict[str, Any]
) -> None:
    for variable, text in environment.items():
        name = variable.removeprefix(PREFIX).lower()
        if not variable.startswith(PREFIX) or name == "config":
            continue
        if name.startswith("limit_"):
            limit = name.removeprefix("limit_")
            limits[limit] = _limit(limit, text, variable)
        else:
            said[name] = _value(name, text.split(",") if _many(name) else text, variable)


def _from_options(
    options: Mapping[str, str | list[str]], said: dict[str, Any], limits: dict[str, Any]
) -> None:
    for name, given in options.items():
        if name == "limits":
            for each in given:
                limit, _, text = each.partition("=")
                limits[limit] = _limit(limit, text, "--limit")
        else:
            said[name] = _value(name, given, f"--{name.replace('_', '-')}")


def _many(name: str) -> bool:
    return name in NAMES and isinstance(default(name), tuple)


def _value(name: str, value: Any, where: str) -> Any:
    """*value* as the kind that the key has; text is read as the command line gives it."""
    if name not in NAMES:
        raise BadConfig(f"{where}: there is no key {name!r}")
    kind = type(default(name))
    if kind is tuple:
        if isinstance(value, list) and all(isinstance(each, str) for each in value):
            return tuple(each for each in value if each)
        raise BadConfig(f"{where}: {name} is a list of texts")
    if kind is bool and isinstance(value, str):
        if value.lower() in ("1", "true", "yes", "on"):
            return True
        if value.lower() in ("0", "false", "no", "off", ""):
            return False
    if kind is int and isinstance(value, str) and _WHOLE.fullmatch(value):
        return int(value)
    if type(value) is not kind:
        raise BadConfig(f"{where}: {name} is {_ARTICLE[kind]}, not {value!r}")
    return value


_ARTICLE = {int: "a whole number", float: "a number", bool: "true or false", str: "a text"}
_WHOLE = re.compile(r"-?[0-9]{1,15}")
_DECIMAL = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,15})?")


def _limit(name: str, value: Any, where: str) -> Any:
    if name not in LIMITS:
        raise BadConfig(f"{where}: there is no limit {name!r}")
    kind = type(getattr(Limits(), name))
    pattern = _WHOLE if kind is int else _DECIMAL
    if isinstance(value, bool) or not pattern.fullmatch(str(value)):
        raise BadConfig(f"{where}: {name} is {_ARTICLE[kind]}, not {value!r}")
    number = kind(value)
    if number < 0:
        raise BadConfig(f"{where}: {name} is not below 0")
    return number


def _check(settings: Settings) -> None:
    if not settings.database_uri.startswith("sqlite:///") or not settings.database:
        raise BadConfig("database_uri: starts with sqlite:/// and a path")
    if not 0 <= settings.ws_port <= 65535:
        raise BadConfig("ws_port: from 0 to 65535")
    for name in ("ping_interval", "ping_timeout", "restart_grace"):
        least = 1 if name == "restart_grace" else 0  # no commit takes no time at all
        if not least <= getattr(settings, name) <= 3600:
            raise BadConfig(f"{name}: from {least} to 3600 seconds")
    for key in ("proxies", "metrics_from"):
        for said in getattr(settings, key):
            try:
                if said != "unix" or key != "proxies":
                    ip_network(said, strict=False)
            except ValueError:
                raise BadConfig(f"{key}: {said!r} is no address or network") from None
    for name, most in (("backup_hours", 24 * 7), ("retention_days", 36_500)):
        if not 0 <= getattr(settings, name) <= most:
            raise BadConfig(f"{name}: from 0 to {most}")
    _check_log(settings)
    _check_venue(settings)
    if settings.private_key and not settings.certificate:
        raise BadConfig("private_key: without a certificate it opens nothing")
    if settings.https_only and not settings.certificate:
        raise BadConfig("https_only: without a certificate there is nowhere to lead to")


def _check_log(settings: Settings) -> None:
    if settings.log_format not in ("text", "json"):
        raise BadConfig("log_format: text or json")
    if settings.log_level not in LOG_LEVELS:
        raise BadConfig(f"log_level: {', '.join(LOG_LEVELS)}")
    if not 1 <= settings.log_file_mb <= 1_000:
        raise BadConfig("log_file_mb: from 1 to 1000")
    if not 1 <= settings.log_files <= 1_000:
        raise BadConfig("log_files: from 1 to 1000")


def _check_venue(settings: Settings) -> None:
    for name in ("venue_name", "wifi_ssid", "wifi_password"):
        if not getattr(settings, name).isprintable():
            raise BadConfig(f"{name}: only signs that can be shown")
    if len(settings.venue_name) > 40:
        raise BadConfig("venue_name: at most 40 signs")
    if settings.wifi_security not in WIFI_SECURITY:
        raise BadConfig(f"wifi_security: {', '.join(WIFI_SECURITY)}")
    if len(settings.wifi_ssid.encode()) > 32:
        raise BadConfig("wifi_ssid: at most 32 bytes")
    password = settings.wifi_password
    if password and (not settings.wifi_ssid or settings.wifi_security == "nopass"):
        raise BadConfig("wifi_password: without a network that has one it opens nothing")
    if password and settings.wifi_security == "WPA" and not 8 <= len(password) <= 64:
        raise BadConfig("wifi_password: a WPA network's has 8 to 63 characters, or 64 digits")
