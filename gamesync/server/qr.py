"""Links as QR codes. They come in the body of a POST, for URLs are logged and links are secret."""

from __future__ import annotations

import io
from http import HTTPStatus
from math import ceil

import attrs
import segno
from twisted.web.resource import Resource
from twisted.web.server import Request

from ..limits import Bucket, Limits
from .about import Box
from .answers import to_json
from .bearer import peer_of
from .gate import key_of
from .hub import Hub

TEXT_BYTES = 1_000
_BYTES_A_TOKEN = 200
"""A code takes time by the length of its text: this much costs one token of a bucket."""
_ADDRESSES_KEPT = 10_000


def svg(text: str) -> bytes:
    """
    *text* as a QR code that survives 15 % of damage, black on white with its quiet zone.

    It has no size of its own, so it fills what the page gives it.
    """
    out = io.BytesIO()
    segno.make(text, micro=False, error="m", boost_error=False).save(
        out,
        kind="svg",
        border=4,
        light="#fff",
        omitsize=True,
        xmldecl=False,
        svgclass=None,
        lineclass=None,
        nl=False,
    )
    # Else browsers smooth the edges, and rows of modules are parted by fine lines.
    return out.getvalue().replace(b"<svg ", b'<svg shape-rendering="crispEdges" ', 1)


class Qr(Resource):
    """``POST /api/v1/qr``: the body's text as a picture, for pages of ours and for programs."""

    isLeaf = True

    def __init__(self, hub: Hub, box: Box) -> None:
        super().__init__()
        self._hub = hub
        self._box = box
        self._rate = Rate(hub.limits)

    def render_POST(self, request: Request) -> bytes:
        request.setHeader(b"cache-control", b"no-store")
        request.setHeader(b"x-content-type-options", b"nosniff")
        if self._box.strange(request):
            return _no(request, HTTPStatus.FORBIDDEN, "not_yours")
        kind = (request.getHeader("content-type") or "").partition(";")[0].strip().lower()
        if kind != "text/plain":
            return _no(request, HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "wrong_type")
        assert request.content is not None, "it is set before a request is rendered"
        body = request.content.read(TEXT_BYTES + 1)
        if len(body) > TEXT_BYTES:
            return _no(request, HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too_long")
        try:
            text = body.decode()
        except UnicodeDecodeError:
            text = ""
        if not text:
            return _no(request, HTTPStatus.BAD_REQUEST, "bad_value")
        wait = self._rate.wait(peer_of(request), len(body), self._hub.seconds())
        if wait > 0:
            request.setHeader(b"retry-after", str(ceil(wait)).encode())
            return _no(request, HTTPStatus.TOO_MANY_REQUESTS, "rate_limited")
        request.setHeader(b"content-type", b"image/svg+xml")
        request.setHeader(b"content-security-policy", b"default-src 'none'")
        return svg(text)


def _no(request: Request, status: HTTPStatus, code: str) -> bytes:
    request.setResponseCode(status)
    request.setHeader(b"content-type", b"application/json; charset=utf-8")
    return to_json({"error": code})


@attrs.define
class Rate:
    """How many codes are drawn, for each address and for all together: they are work."""

    _limits: Limits
    _all: Bucket = attrs.field(init=False)
    _by: dict[str, Bucket] = attrs.field(init=False, factory=dict)

    def __attrs_post_init__(self) -> None:
        self._all = Bucket(self._limits.qr_per_second_total, self._limits.qr_burst_total)

    def wait(self, address: str, size: int, now: float) -> float:
        """
        Seconds until *address* may have a code of so many bytes; 0: now, and it is counted.

        :param now: seconds of any monotonic clock
        """
        cost = ceil(size / _BYTES_A_TOKEN)
        own = self._bucket(key_of(address)[0], now)
        wait = max(own.wait(now, cost), self._all.wait(now, cost))
        if not wait:
            own.take(now, cost)
            self._all.take(now, cost)
        return wait

    def _bucket(self, address: str, now: float) -> Bucket:
        if address not in self._by and len(self._by) >= _ADDRESSES_KEPT:  # full are as good as new
            self._by = {a: b for a, b in self._by.items() if not b.full(now)}
        new = Bucket(self._limits.qr_per_second, self._limits.qr_burst)
        return self._by.setdefault(address, new)
