"""A proxy that is as bad as a hall full of phones: late, in small pieces, and cut now and then."""

from __future__ import annotations

import asyncio
import random
import threading
from contextlib import suppress

import attrs


@attrs.frozen(kw_only=True)
class Weather:
    """How bad it is; the defaults are no trouble at all."""

    delay_s: tuple[float, float] = (0.0, 0.0)
    """Least and most that each piece is late; their order stays."""
    piece: int = 1 << 16
    """Bytes in one piece."""
    pause_s: float = 0.0
    """Between pieces."""
    life_s: tuple[float, float] | None = None
    """Least and most until a connection is cut."""


CLEAR = Weather()


class Proxy:
    """
    Passes connections on to a port, through the weather of the moment.

    :ivar weather: may be changed at any time; connections that are there feel it too
    :ivar cuts: how many connections it has cut
    """

    def __init__(self, target: int, weather: Weather, seed: int = 1) -> None:
        self.target = target
        self.weather = weather
        self.cuts = 0
        self.port = 0
        self._random = random.Random(seed)
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        self._ready.wait(5)

    @property
    def url(self) -> str:
        return f"ws://127.0.0.1:{self.port}/"

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(asyncio.start_server(self._pass, "127.0.0.1", 0))
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        self._loop.run_forever()
        left = asyncio.all_tasks(self._loop)
        for task in left:
            task.cancel()
        self._loop.run_until_complete(asyncio.gather(*left, return_exceptions=True))
        server.close()
        self._loop.close()

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            there = await asyncio.open_connection("127.0.0.1", self.target)
        except OSError:
            writer.transport.abort()
            return
        ways = [
            asyncio.create_task(self._one_way(reader, there[1])),
            asyncio.create_task(self._one_way(there[0], writer)),
            asyncio.create_task(self._life()),
        ]
        with suppress(asyncio.CancelledError):
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        for way in ways:
            way.cancel()
        for end in (writer, there[1]):
            end.transport.abort()

    async def _life(self) -> None:
        """Until the connection is cut."""
        passed = 0.0
        end = self._random.random()
        while True:
            life = self.weather.life_s
            if life is not None and passed >= life[0] + end * (life[1] - life[0]):
                self.cuts += 1
                return
            await asyncio.sleep(0.05)
            passed += 0.05

    async def _one_way(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        arrivals: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()
        delivery = asyncio.create_task(self._deliver(arrivals, sink))
        try:
            while data := await source.read(1 << 16):
                late = self._random.uniform(*self.weather.delay_s)
                await arrivals.put((self._loop.time() + late, data))
            await arrivals.join()
        except OSError:
            pass
        finally:
            delivery.cancel()

    async def _deliver(
        self, arrivals: asyncio.Queue[tuple[float, bytes]], sink: asyncio.StreamWriter
    ) -> None:
        with suppress(OSError):
            while True:
                due, data = await arrivals.get()
                await asyncio.sleep(max(0.0, due - self._loop.time()))
                while data:
                    piece = self.weather.piece
                    sink.write(data[:piece])
                    await sink.drain()
                    data = data[piece:]
                    if self.weather.pause_s:
                        await asyncio.sleep(self.weather.pause_s)
                arrivals.task_done()
