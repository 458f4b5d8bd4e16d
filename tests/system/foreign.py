"""WebSocket libraries of other people for Python, each playing one turn; for tests."""

from __future__ import annotations

import asyncio
import importlib
import json
import os
import socket
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import urlsplit

import aiohttp
import attrs
import pytest
import websockets

PATIENCE_S = 60


@attrs.frozen(kw_only=True)
class Seat:
    """Where a foreign client is to play: all that it is told."""

    url: str
    game_id: str
    key: str
    player: int
    authority: Path | None

    @property
    def context(self) -> ssl.SSLContext | None:
        if self.authority is None:
            return None
        return ssl.create_default_context(cafile=str(self.authority))

    def joining(self) -> str:
        return json.dumps({"type": "connect", "game_id": self.game_id, "data": {"key": self.key}})

    def pressing(self, joined: dict[str, Any]) -> str | None:
        """What ends the turn, once *joined* is the answer to ``connect``."""
        if joined["type"] != "connect" or "token" not in joined["data"]:
            return None
        data = {"player": self.player, "turn": joined["data"]["state"]["turn"]["turn"]}
        return json.dumps({"type": "turn_change", "id": "foreign-0001", "data": data})

    def answer(self, message: dict[str, Any]) -> str | None:
        """What to say to *message*; None: nothing."""
        if message["type"] == "connect" and "protocol" in message["data"]:
            return self.joining()
        return self.pressing(message)


def done(message: dict[str, Any]) -> bool:
    """Whether it is what became of the turn."""
    return message.get("id") == "foreign-0001"


def lacking(how: str) -> NoReturn:
    """Skip the test, as ``needs`` does, where somebody else's program is not there."""
    if os.environ.get("CI"):
        pytest.fail(f"missing: {how}", pytrace=False)
    pytest.skip(f"missing: {how}")


def library(name: str) -> Any:
    """A library that is not ours, and not one that we need."""
    try:
        return importlib.import_module(name)
    except ImportError:
        lacking("pip install 'gamesync[test]'")


def _websockets(seat: Seat) -> str:
    async def play() -> str:
        async with websockets.connect(seat.url, ssl=seat.context) as line:
            while True:
                message = json.loads(await line.recv())
                if done(message):
                    return str(message["type"])
                if answer := seat.answer(message):
                    await line.send(answer)

    return asyncio.run(asyncio.wait_for(play(), PATIENCE_S))


def _aiohttp(seat: Seat) -> str:
    async def play() -> str:
        ssl_ = seat.context or True
        async with (
            aiohttp.ClientSession() as session,
            session.ws_connect(
                seat.url, ssl=ssl_, protocols=["gamesync.v1"], heartbeat=5, autoping=True
            ) as line,
        ):
            assert line.protocol == "gamesync.v1"
            while True:
                message = await line.receive_json()
                if done(message):
                    return str(message["type"])
                if answer := seat.answer(message):
                    await line.send_str(answer)

    return asyncio.run(asyncio.wait_for(play(), PATIENCE_S))


def _tornado(seat: Seat) -> str:
    websocket, httpclient = library("tornado.websocket"), library("tornado.httpclient")

    async def play() -> str:
        request = httpclient.HTTPRequest(seat.url, ssl_options=seat.context)
        line = await websocket.websocket_connect(request, subprotocols=["gamesync.v1"])
        assert line.selected_subprotocol == "gamesync.v1"
        while True:
            message = json.loads(await line.read_message())
            if done(message):
                line.close()
                return str(message["type"])
            if answer := seat.answer(message):
                await line.write_message(answer)

    return asyncio.run(asyncio.wait_for(play(), PATIENCE_S))


def _websocket_client(seat: Seat) -> str:
    line = library("websocket").create_connection(
        seat.url,
        timeout=PATIENCE_S,
        subprotocols=["gamesync.v1"],
        sslopt={"context": seat.context} if seat.context else None,
    )
    try:
        assert line.getsubprotocol() == "gamesync.v1"
        while True:
            message = json.loads(line.recv())
            if done(message):
                return str(message["type"])
            if answer := seat.answer(message):
                line.send(answer)
    finally:
        line.close()


def _wsproto(seat: Seat) -> str:
    wsproto, events = library("wsproto"), library("wsproto.events")
    where = urlsplit(seat.url)
    assert where.hostname
    plain = socket.create_connection((where.hostname, where.port), PATIENCE_S)
    context = seat.context
    line = plain if context is None else context.wrap_socket(plain, server_hostname=where.hostname)
    side = wsproto.WSConnection(wsproto.ConnectionType.CLIENT)
    with line:
        opening = events.Request(host=where.netloc, target=where.path, subprotocols=["gamesync.v1"])
        line.sendall(side.send(opening))
        text = ""
        while True:
            side.receive_data(line.recv(65536))
            for event in side.events():
                if isinstance(event, events.AcceptConnection):
                    assert event.subprotocol == "gamesync.v1"
                elif isinstance(event, events.Ping):
                    line.sendall(side.send(event.response()))
                elif isinstance(event, events.TextMessage):
                    text += event.data
                    if not event.message_finished:
                        continue
                    message, text = json.loads(text), ""
                    if done(message):
                        line.sendall(side.send(events.CloseConnection(code=1000)))
                        return str(message["type"])
                    if answer := seat.answer(message):
                        line.sendall(side.send(events.Message(data=answer)))


def _httpx_ws(seat: Seat) -> str:
    httpx, httpx_ws = library("httpx"), library("httpx_ws")
    with (
        httpx.Client(verify=seat.context or True) as agent,
        httpx_ws.connect_ws(seat.url, agent, subprotocols=["gamesync.v1"]) as line,
    ):
        assert line.subprotocol == "gamesync.v1"
        while True:
            message = line.receive_json(timeout=PATIENCE_S)
            if done(message):
                return str(message["type"])
            if answer := seat.answer(message):
                line.send_text(answer)


def _picows(seat: Seat) -> str:
    picows = library("picows")
    base: Any = picows.WSListener

    class Listener(base):
        def __init__(self) -> None:
            super().__init__()
            self.said: asyncio.Future[str] = asyncio.get_running_loop().create_future()

        def on_ws_frame(self, transport: Any, frame: Any) -> None:
            if frame.msg_type != picows.WSMsgType.TEXT:
                return
            message = json.loads(frame.get_payload_as_utf8_text())
            if done(message):
                self.said.set_result(message["type"])
                transport.send_close(picows.WSCloseCode.OK)
            elif answer := seat.answer(message):
                transport.send(picows.WSMsgType.TEXT, answer.encode())

    async def play() -> str:
        _, listener = await picows.ws_connect(Listener, seat.url, ssl_context=seat.context)
        said: str = await listener.said
        return said

    return asyncio.run(asyncio.wait_for(play(), PATIENCE_S))


PLAYERS: tuple[Callable[[Seat], str], ...] = (
    *(_websockets, _aiohttp),
    *(_tornado, _websocket_client, _wsproto, _httpx_ws, _picows),
)
