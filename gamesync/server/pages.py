"""
The pages, as they lie in ``gamesync/web``: read once, served from memory.

All but the front page stand under one name that is made of their contents. So a browser may keep
them for ever, modules find each other by relative paths without a build step, and a page never gets
halves of two versions.
"""

from __future__ import annotations

import gzip
from hashlib import blake2b
from pathlib import Path

import attrs
from twisted.web.http import NOT_MODIFIED
from twisted.web.resource import Resource
from twisted.web.server import Request

from . import lean
from .answers import Folder, Nothing
from .hub import Hub

WEB = Path(__file__).parents[1] / "web"
FRONT = "index.html"
CLIENT = "client/gamesync.js"
TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
"""What is served, by the end of its name; other files are not."""

_KEPT = b"public, max-age=31536000, immutable"
_ASKED = b"no-cache"


@attrs.frozen
class File:
    """One file of the pages, as it is sent."""

    type: bytes
    body: bytes
    packed: bytes
    tag: bytes

    @classmethod
    def of(cls, name: str, body: bytes) -> File:
        tag = blake2b(body, digest_size=9).hexdigest().encode()
        packed = gzip.compress(body, 9, mtime=0)
        kind = TYPES[Path(name.partition("?")[0]).suffix]
        return cls(kind.encode(), body, packed, b'"%s"' % tag)


@attrs.frozen
class Pages:
    """
    All files of the pages.

    :ivar version: names their contents, all of them together
    """

    version: str
    front: File
    files: dict[str, File]

    @classmethod
    def read(cls, root: Path = WEB) -> Pages:
        found = {
            path.relative_to(root).as_posix(): path.read_bytes()
            for path in sorted(root.rglob("*"))
            if path.suffix in TYPES
        }
        digest = blake2b(digest_size=9)
        for name, body in found.items():
            digest.update(b"%s\0%d\0%s" % (name.encode(), len(body), body))
        version = digest.hexdigest()
        sources = {name: body.decode() for name, body in found.items()}
        front = lean.front(sources.pop(FRONT), sources, version)
        sent = {**sources, **dict(lean.whole(sources)), **dict(lean.texts(sources))}
        files = {
            name: File.of(name, lean.lean(name.partition("?")[0], text).encode())
            for name, text in sent.items()
        }
        return cls(version, File.of(FRONT, front.encode()), files)


def policy(host: str) -> bytes:
    """
    What a page may load: nothing but from here, no inline script or style.

    :param host: the request's, checked; not every browser takes ``'self'`` to allow WebSockets
    """
    return (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; "
        f"media-src 'self' blob: data:; font-src 'self'; connect-src 'self' ws://{host} "
        f"wss://{host}; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
    ).encode("ascii")


class _Served(Resource):
    """One file."""

    isLeaf = True

    def __init__(self, file: File, cache: bytes) -> None:
        super().__init__()
        self._file = file
        self._cache = cache

    def render_GET(self, request: Request) -> bytes:
        file = self._file
        request.setHeader(b"content-type", file.type)
        request.setHeader(b"cache-control", self._cache)
        request.setHeader(b"vary", b"accept-encoding")
        request.setHeader(b"x-content-type-options", b"nosniff")
        request.setHeader(b"referrer-policy", b"no-referrer")
        visitor = getattr(request, "visitor", None)
        if request.isSecure() if visitor is None else visitor.secure:
            # Elsewhere it has no effect, and browsers complain of it.
            request.setHeader(b"cross-origin-opener-policy", b"same-origin")
        host = (request.getHeader(b"host") or b"localhost").decode("ascii", "ignore")
        request.setHeader(b"content-security-policy", policy(host))
        if request.setETag(file.tag) is not None and request.code == NOT_MODIFIED:
            return b""
        if b"gzip" in (request.getHeader(b"accept-encoding") or b""):
            request.setHeader(b"content-encoding", b"gzip")
            return file.packed
        return file.body


class _Shelf(Nothing):
    """The files of one version, by their paths."""

    isLeaf = False

    def __init__(self, hub: Hub, files: dict[str, File]) -> None:
        super().__init__(hub)
        self._files = files

    def getChild(self, path: bytes, request: Request) -> Resource:
        name = b"/".join([path, *(request.postpath or ())]).decode("utf-8", "replace")
        request.postpath = []
        wanted = (request.args or {}).get(b"for", [b""])[0].decode("ascii", "replace")
        file = self._files.get(f"{name}?for={wanted}") or self._files.get(name)
        return Nothing(self.hub) if file is None else _Served(file, _KEPT)


def hang_pages(root: Resource, hub: Hub, pages: Pages | None = None) -> Pages:
    """Put the front page at the *root* itself, and the rest under ``/static/<version>/``."""
    pages = pages or Pages.read()
    root.putChild(b"", _Served(pages.front, _ASKED))
    static = Folder(hub)
    root.putChild(b"static", static)
    static.putChild(pages.version.encode(), _Shelf(hub, pages.files))
    root.putChild(b"favicon.svg", _Served(pages.files["icon.svg"], _ASKED))
    return pages
