"""What the box says of itself: where it is, which Wi-Fi leads to it, what can be played on it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Literal, TypeAlias
from urllib.parse import urlsplit

import attrs
import msgspec
from cryptography import x509
from twisted.web.resource import Resource
from twisted.web.server import Request

from .. import __version__
from ..certs.authority import fingerprint
from ..config import Settings
from ..domain import text
from ..domain.profile import PRESETS, PROFILES, ProfileName
from ..domain.ruleset import ClockRules, Ruleset
from ..domain.values import Millis
from ..domain.venue import setting
from ..wire.messages import SUBPROTOCOL
from .answers import JsonResource, Nothing, tag_of
from .bearer import peer_of
from .gate import key_of
from .head import Door, parse_address
from .hub import Hub
from .pages import WEB
from .reach import Reach, addresses

LANGUAGES = tuple(sorted(path.stem for path in (WEB / "i18n").glob("*.js")))
"""Languages that the pages speak."""

_SPECIAL = re.compile(r'([\\;,":])')

ClockMode: TypeAlias = Literal["none", "up", "down"]


@attrs.frozen(kw_only=True)
class Box:
    """The box that the site is on."""

    settings: Settings = attrs.field(factory=Settings)
    door: Door = attrs.field(factory=Door)
    reach: Callable[[], Reach] = attrs.field(
        default=attrs.Factory(
            lambda self: lambda: Reach.of(self.settings, self.settings.ws_port), takes_self=True
        )
    )
    """How it is reached, once it listens."""
    plain: Callable[[], Reach | None] = lambda: None
    """The same without TLS, if there is such a way beside it."""
    authority: Callable[[], x509.Certificate | None] = lambda: None
    """The venue's own, to which the certificate leads."""

    def strange(self, request: Request) -> bool:
        """Whether a page of another origin asks, or one that gives no true host."""
        origin = request.requestHeaders.getRawHeaders("origin")
        visitor = getattr(request, "visitor", None)
        secure = request.isSecure() if visitor is None else visitor.secure
        named = ", ".join(origin) if origin else None
        return self.door.refusal(request.getHeader("host"), named, secure) is not None


class WifiJson(msgspec.Struct, frozen=True, kw_only=True):
    """The Wi-Fi that leads to the box."""

    ssid: str
    password: str
    """Empty: not told here."""
    security: str
    """``WPA``, ``WEP`` or ``nopass``."""
    hidden: bool
    qr: str | None
    """Text of a QR code with which a phone joins; null if the password is not told."""


class CaJson(msgspec.Struct, frozen=True, kw_only=True):
    """The venue's own certificate authority, for devices to trust."""

    address: str
    """Link to the page that says how."""
    fingerprint: str
    """SHA-256 of its certificate, as devices show it."""


class RulesetLine(msgspec.Struct, frozen=True, kw_only=True):
    """A ruleset in short; ``GET /api/v1/rulesets/<id>`` has it whole."""

    id: str
    name: str
    edition: str
    rounds: int
    turn_model: str
    press: str
    phases: tuple[str, ...]
    clock: ClockLine
    """Its own clock, as in a game of the profile ``club``."""


class ClockLine(msgspec.Struct, frozen=True, kw_only=True):
    """A clock in short."""

    mode: ClockMode
    budget_ms: Millis
    """Time that each player has."""
    increment_ms: Millis
    neutral_budget_ms: Millis
    on_flag: str


class PresetLine(ClockLine, frozen=True, kw_only=True):
    """A clock that people know by name; ``game_create`` takes it by its id."""

    id: str


class AboutJson(msgspec.Struct, frozen=True, kw_only=True):
    """``GET /api/v1/about``."""

    name: str
    """The venue's; empty if nobody has named it."""
    version: str
    protocol: str
    hosting: str
    """Who makes games: ``open`` is anybody, ``organiser`` only that."""
    address: str
    """Link to the front page that other devices can resolve; put a link's fragment behind it."""
    others: tuple[str, ...]
    """Further links to the same."""
    secure: bool
    """Whether ``address`` is encrypted."""
    wifi: WifiJson | None
    ca: CaJson | None
    """null: the certificate, if there is one, is of an authority that devices know."""
    rulesets: tuple[RulesetLine, ...]
    clocks: tuple[PresetLine, ...]
    profiles: tuple[ProfileName, ...]
    languages: tuple[str, ...]


def wifi(settings: Settings) -> WifiJson | None:
    """The Wi-Fi that *settings* name."""
    if not settings.wifi_ssid:
        return None
    told = bool(settings.wifi_password) or settings.wifi_security == "nopass"
    return WifiJson(
        ssid=settings.wifi_ssid,
        password=settings.wifi_password,
        security=settings.wifi_security,
        hidden=settings.wifi_hidden,
        qr=_joining(settings) if told else None,
    )


def _joining(settings: Settings) -> str:
    """The text by which phones know a Wi-Fi (ZXing's notation)."""
    parts = [("T", settings.wifi_security), ("S", _SPECIAL.sub(r"\\\1", settings.wifi_ssid))]
    if settings.wifi_password:
        parts.append(("P", _SPECIAL.sub(r"\\\1", settings.wifi_password)))
    if settings.wifi_hidden:
        parts.append(("H", "true"))
    return "WIFI:" + "".join(f"{key}:{value};" for key, value in parts) + ";"


def others(settings: Settings, reach: Reach) -> Iterator[str]:
    """Links to what *reach* leads to, under its other names and addresses."""
    everywhere = settings.ws_host in ("", "0.0.0.0", "::")  # noqa: S104 - compared, not bound
    for host in (*settings.hosts, *(addresses() if everywhere else ())):
        if host != reach.host:
            yield attrs.evolve(reach, host=host).http()


def _proxied(request: Request) -> str | None:
    """The link by which a named proxy was reached, unless that was from the box itself."""
    visitor, host = getattr(request, "visitor", None), request.getHeader("host")
    if visitor is None or visitor.via is None or host is None:
        return None
    name = urlsplit(f"//{host}").hostname or "localhost"
    address = parse_address(name)
    if name == "localhost" or (address is not None and address.is_loopback):
        return None
    return f"http{'s' if visitor.secure else ''}://{host}/"


class About(JsonResource):
    """``/api/v1/about``."""

    def __init__(self, hub: Hub, box: Box) -> None:
        super().__init__(hub)
        self._box = box
        self._wifi = wifi(box.settings)
        self._rulesets = tuple(map(_ruleset_line, hub.registry.maker.rulesets.values()))
        self._clocks = tuple(_preset_line(name, rules) for name, rules in PRESETS.items())

    async def read(self, request: Request) -> tuple[bytes, Any] | None:
        request.setHeader(b"vary", b"origin")
        settings, reach = self._box.settings, self._box.reach()
        address = _proxied(request) or reach.http()
        venue = self.hub.registry.venue.venue
        body = AboutJson(
            name=str(setting(venue, "venue_name")) or text.clean(settings.venue_name),
            version=__version__,
            protocol=SUBPROTOCOL,
            hosting=str(setting(venue, "hosting")),
            address=address,
            others=tuple(link for link in others(settings, reach) if link != address),
            secure=address.startswith("https:"),
            wifi=self._wifi if self._near(request) else None,
            ca=self._ca(),
            rulesets=self._rulesets,
            clocks=self._clocks,
            profiles=tuple(PROFILES),
            languages=LANGUAGES,
        )
        return tag_of(body), body

    def _ca(self) -> CaJson | None:
        authority = self._box.authority()
        if authority is None:
            return None
        way = self._box.plain() or self._box.reach()
        return CaJson(address=way.http("/ca"), fingerprint=fingerprint(authority))

    def _near(self, request: Request) -> bool:
        """The Wi-Fi is for those who are on it: not for the internet, nor for its pages."""
        public = key_of(peer_of(request))[1]
        return not public and not self._box.strange(request)


class Rulesets(JsonResource):
    """``/api/v1/rulesets/<id>``: a whole ruleset."""

    isLeaf = False

    def __init__(self, hub: Hub) -> None:
        super().__init__(hub)
        self._all = hub.registry.maker.rulesets

    def getChild(self, path: bytes, request: Request) -> Resource:
        ruleset = self._all.get(path.decode("ascii", "replace"))
        if ruleset is None or request.postpath:
            return Nothing(self.hub)
        return _Ruleset(self.hub, ruleset)

    async def read(self, request: Request) -> tuple[bytes, Any] | None:
        return None


class _Ruleset(JsonResource):
    def __init__(self, hub: Hub, ruleset: Ruleset) -> None:
        super().__init__(hub)
        self._ruleset = ruleset

    async def read(self, request: Request) -> tuple[bytes, Any] | None:
        return tag_of(self._ruleset), self._ruleset


def _clock(rules: ClockRules) -> Mapping[str, Any]:
    return {name: getattr(rules, name) for name in ClockLine.__struct_fields__}


def _preset_line(name: str, rules: ClockRules) -> PresetLine:
    return PresetLine(id=name, **_clock(rules))


def _ruleset_line(rules: Ruleset) -> RulesetLine:
    return RulesetLine(
        id=rules.id,
        name=rules.name,
        edition=rules.edition,
        rounds=rules.rounds,
        turn_model=rules.turn_model,
        press=rules.press,
        phases=rules.phases,
        clock=ClockLine(**_clock(rules.clock)),
    )
