"""How a question in HTTP is answered: with an ETag, with an error in JSON, or with a bug's 500."""

from __future__ import annotations

from hashlib import blake2b
from typing import Any

import msgspec
from twisted.internet.defer import Deferred
from twisted.logger import Logger
from twisted.python.failure import Failure
from twisted.web.http import NOT_MODIFIED
from twisted.web.resource import Resource
from twisted.web.server import NOT_DONE_YET, Request

from ..asking import new_request
from ..store import Unavailable
from .hub import Hub

to_json = msgspec.json.Encoder().encode


def tag_of(body: object) -> bytes:
    """The ETag of a body: another body has another."""
    return blake2b(to_json(body), digest_size=12).hexdigest().encode()


class JsonResource(Resource):
    """A resource that is read as JSON, with an ETag, by anybody."""

    _log = Logger()
    isLeaf = True

    def __init__(self, hub: Hub) -> None:
        super().__init__()
        self.hub = hub

    def render_GET(self, request: Request) -> int:
        work: Deferred[None] = Deferred.fromCoroutine(self.answer(request))
        gone = request.notifyFinish()
        gone.addErrback(lambda _: work.cancel())
        work.addErrback(self._broke, request)
        return NOT_DONE_YET

    async def answer(self, request: Request) -> None:
        """Answer *request*, whatever comes of it."""
        try:
            found = await self.read(request)
        except Unavailable:
            self.say(request, 503, {"error": "storage"})
            return
        if found is None:
            self.say(request, 404, {"error": "not_found"})
            return
        tag, body = found
        request.setHeader(b"access-control-allow-origin", b"*")
        request.setHeader(b"cache-control", b"no-cache")
        if tag and request.setETag(b'"%s"' % tag) is not None and request.code == NOT_MODIFIED:
            request.finish()
            return
        self.say(request, 200, body)

    def say(self, request: Request, code: int, body: object) -> None:
        """The whole answer: a status and a body in JSON."""
        request.setResponseCode(code)
        request.setHeader(b"content-type", b"application/json; charset=utf-8")
        request.setHeader(b"x-content-type-options", b"nosniff")
        text = to_json(body)
        request.setHeader(b"content-length", str(len(text)).encode())
        request.write(b"" if request.method == b"HEAD" else text)
        request.finish()

    def _broke(self, failure: Failure, request: Request) -> None:
        if not request._disconnected:
            id_ = new_request()
            self._log.failure(
                "answering {path} broke", failure=failure, path=request.path, request=id_
            )
            self.say(request, 500, {"error": "internal", "request": id_})

    async def read(self, request: Request) -> tuple[bytes, Any] | None:
        """ETag and body; None if there is no such thing."""
        raise NotImplementedError


class Nothing(JsonResource):
    """There is no such thing."""

    async def read(self, request: Request) -> tuple[bytes, Any] | None:
        return None


class Folder(Nothing):
    """Nothing itself, but for what is put in it."""

    isLeaf = False

    def getChild(self, path: bytes, request: Request) -> Resource:
        return Nothing(self.hub)
