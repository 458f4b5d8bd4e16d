"""The first design's example client, as it stood there, and a few lines that run it."""
# ruff: noqa: DTZ003, RUF006

import asyncio
import json
import sys
from datetime import datetime

import websockets


# fmt: off
class GameClient:
    def __init__(self, server_url):
        self.server_url = server_url
        self.ws = None
        self.client_id = None
        self.game_id = None
        self.connected = False

    async def connect(self):
        self.ws = await websockets.connect(self.server_url)
        self.connected = True

        # Start message handler
        asyncio.create_task(self.handle_messages())

        # Start heartbeat
        asyncio.create_task(self.heartbeat())

    async def handle_messages(self):
        while self.connected:
            try:
                message = await self.ws.recv()
                await self.process_message(json.loads(message))
            except websockets.exceptions.ConnectionClosed:
                await self.handle_disconnect()
                break

    async def heartbeat(self):
        while self.connected:
            try:
                await self.ws.send(json.dumps({
                    "type": "heartbeat",
                    "timestamp": datetime.utcnow().isoformat()
                }))
                await asyncio.sleep(30)
            except websockets.exceptions.ConnectionClosed:
                break

    async def send_game_state(self, state):
        if self.connected:
            await self.ws.send(json.dumps({
                "type": "game_state",
                "data": state,
                "timestamp": datetime.utcnow().isoformat(),
                "game_id": self.game_id
            }))
# fmt: on


class Example(GameClient):
    """What the first design left to the reader: what to do with a message, and at the end."""

    def __init__(self, server_url):
        super().__init__(server_url)
        self.answered = asyncio.Event()

    async def process_message(self, message):
        data = message["data"]
        self.client_id = data.get("client_id", self.client_id)
        self.game_id = message.get("game_id", self.game_id)
        print(message["type"], data.get("state", {}).get("status", ""))
        if message["type"] in ("ack", "error"):
            self.answered.set()

    async def handle_disconnect(self):
        self.connected = False
        self.answered.set()

    async def ask(self, state):
        self.answered.clear()
        await self.send_game_state(state)
        await self.answered.wait()


async def main(server_url):
    client = Example(server_url)
    await client.connect()
    await client.ask({"player1_name": "Anna", "player2_name": "Marek"})
    await client.ask({"current_turn": 1, "game_status": "playing"})
    await client.ws.close()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
