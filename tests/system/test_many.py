"""Five thousand connections, the default limit: all are answered, the next is turned away."""

from __future__ import annotations

import asyncio
import resource
from collections.abc import Iterator
from pathlib import Path

import pytest
from websockets.exceptions import WebSocketException

from .server import ServerProcess
from .talker import Talker

CONNECTIONS = 5_000
A_ADDRESS = 250
MIB = 1024 * 1024
UPGRADE = (
    b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)


@pytest.fixture
def roomy(tmp_path: Path) -> Iterator[ServerProcess]:
    """A server whose addresses may come as fast as they like; nothing else is raised."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 3 * CONNECTIONS), hard))
    running = ServerProcess(
        tmp_path, "--limit", "private_per_second=5000", "--limit", "private_burst=5000"
    ).start()
    yield running
    running.stop()
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def frame(payload: bytes) -> bytes:
    """A short masked text frame, with a mask of zeros."""
    return bytes((0x81, 0x80 | len(payload), 0, 0, 0, 0)) + payload


async def one(number: int, port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A client from one of twenty addresses, greeted and answered once."""
    source = f"127.0.1.{1 + number // A_ADDRESS}"
    reader, writer = await asyncio.open_connection("127.0.0.1", port, local_addr=(source, 0))
    writer.write(UPGRADE)
    head = await reader.readuntil(b"\r\n\r\n")
    assert b" 101 " in head, head
    writer.write(frame(b'{"type":"heartbeat","data":{"t0":1}}'))
    heard = b""
    while b'"heartbeat","data"' not in heard:
        part = await asyncio.wait_for(reader.read(4096), 30)
        assert part, "closed"
        heard += part
    return reader, writer


async def crowd(port: int) -> list[asyncio.StreamWriter]:
    gate = asyncio.Semaphore(200)

    async def next_one(number: int) -> asyncio.StreamWriter:
        async with gate:
            return (await one(number, port))[1]

    return await asyncio.gather(*(next_one(n) for n in range(CONNECTIONS - 1)))


def test_five_thousand_at_once(roomy: ServerProcess) -> None:
    if resource.getrlimit(resource.RLIMIT_NOFILE)[0] < CONNECTIONS + 200:
        pytest.skip("too few open files are allowed here (ulimit -n)")
    before = roomy.rss_bytes()
    loop = asyncio.new_event_loop()
    writers = loop.run_until_complete(crowd(roomy.port))
    with Talker(roomy.url) as last:  # the five thousandth is served like any other
        last.create(player1_name="Anna", player2_name="Marek")
        after = roomy.rss_bytes()
        with pytest.raises((OSError, EOFError, WebSocketException)):
            Talker(roomy.url, source="127.0.3.1")
    print(f"{after // MIB} MiB, {(after - before) // CONNECTIONS // 1024} KiB each")
    assert after < 250 * MIB
    for writer in writers:
        writer.transport.abort()
    loop.run_until_complete(asyncio.sleep(0))  # one turn, in which they are
    loop.close()
