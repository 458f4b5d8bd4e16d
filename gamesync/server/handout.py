"""``/ca``: how a phone comes to trust the venue's own authority; ``/ca.crt`` is its certificate."""

from __future__ import annotations

from collections.abc import Callable
from html import escape

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from twisted.web.resource import Resource
from twisted.web.server import Request

from ..certs.authority import called, fingerprint
from .answers import Nothing
from .handout_words import DEVICES, WORDS
from .hub import Hub
from .pages import policy

PATHS = frozenset({"/ca", "/ca.crt"})
"""To be had without TLS, too: who needs them cannot trust us yet."""

Authority = Callable[[], x509.Certificate | None]


def hang_handout(root: Resource, hub: Hub, authority: Authority, style: str) -> None:
    """
    Put both under the *root*; while there is no authority, there is nothing.

    :param authority: the root that the server's certificate leads to
    :param style: folder of the pages' styles, relative to the site's root, with a slash at its end
    """
    root.putChild(b"ca", _Page(hub, authority, style))
    root.putChild(b"ca.crt", _File(hub, authority))


class _Handout(Nothing):
    def __init__(self, hub: Hub, authority: Authority) -> None:
        super().__init__(hub)
        self._authority = authority

    def render_GET(self, request: Request) -> int | bytes:  # type: ignore[override]
        request.setHeader(b"cache-control", b"no-store")
        request.setHeader(b"x-content-type-options", b"nosniff")
        authority = self._authority()
        if authority is None or request.postpath:
            return super().render_GET(request)
        return self.sent(request, authority)

    def sent(self, request: Request, authority: x509.Certificate) -> bytes:
        raise NotImplementedError


class _File(_Handout):
    def sent(self, request: Request, authority: x509.Certificate) -> bytes:
        request.setHeader(b"content-type", b"application/x-x509-ca-cert")
        request.setHeader(b"content-disposition", b'attachment; filename="gamesync-ca.crt"')
        return authority.public_bytes(Encoding.PEM)


class _Page(_Handout):
    def __init__(self, hub: Hub, authority: Authority, style: str) -> None:
        super().__init__(hub, authority)
        self._style = style

    def sent(self, request: Request, authority: x509.Certificate) -> bytes:
        host = (request.getHeader("host") or "localhost").encode("ascii", "ignore").decode()
        language = _language(request.getHeader("accept-language") or "")
        request.setHeader(b"content-type", b"text/html; charset=utf-8")
        request.setHeader(b"content-security-policy", policy(host))
        request.setHeader(b"referrer-policy", b"no-referrer")
        agent = request.getHeader("user-agent") or ""
        return page(authority, language, _device(agent), self._style).encode()


def page(authority: x509.Certificate, language: str, device: str, style: str) -> str:
    """
    The page as HTML.

    :param device: whose steps are open at once, of :data:`~.handout_words.DEVICES`
    """
    words = WORDS[language]
    steps = "".join(
        f'<details class="panel"{" open" if each == device else ""}>'
        f"<summary>{escape(words[each][0])}</summary>"
        f"<ol>{''.join(f'<li>{escape(step)}</li>' for step in words[each][1:])}</ol></details>"
        for each in DEVICES
    )
    (title,), (what, why), (get,), (compare,), (after,) = (
        words[key] for key in ("title", "what", "get", "compare", "after")
    )
    print_ = fingerprint(authority)
    return (
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="color-scheme" content="light dark"><meta name="referrer" '
        f'content="no-referrer"><title>{escape(title)}</title>'
        f'<link rel="icon" type="image/svg+xml" href="favicon.svg">'
        f'<link rel="stylesheet" href="{style}base.css">'
        f'<link rel="stylesheet" href="{style}handout.css"></head><body><main class="page handout">'
        f"<h1>{escape(title)}</h1><p>{escape(what)}</p><p>{escape(why)}</p>"
        f'<p><a class="button main" href="ca.crt">{escape(get)}</a></p>'
        f'<p class="quiet">{escape(called(authority))}</p>'
        f"{steps}<p>{escape(compare)}</p><p><code>{print_.replace(':', ':<wbr>')}</code></p>"
        f"<p>{escape(after)}</p></main></body></html>\n"
    )


def _language(accepted: str) -> str:
    """The first of the visitor's that we speak; quality values are in that order in browsers."""
    asked = (each.strip()[:2].lower() for each in accepted.split(","))
    return next((each for each in asked if each in WORDS), "en")


def _device(agent: str) -> str:
    """What kind of device asks, by what its browser says of itself."""
    marks = (
        *(("Android", "android"), ("iPhone", "iphone"), ("iPad", "iphone")),
        *(("Firefox", "firefox"), ("Windows", "windows"), ("Macintosh", "macos")),
        ("Linux", "programs"),
    )
    return next((device for mark, device in marks if mark in agent), "")
