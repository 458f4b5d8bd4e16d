"""
``python -m tests.chaos.vanish FOLDER``: a phone vanishes, wherever this process finds itself.

It has to find itself in a network namespace of its own: what is dropped is dropped for everybody.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from ..system.server import ServerProcess
from ..system.talker import Talker

PHONE = "127.0.0.9"
DROPPED = f"""
table inet away {{
  chain there {{
    type filter hook output priority 0;
    ip saddr {PHONE} drop
    ip daddr {PHONE} drop
  }}
}}
"""


def main(folder: Path) -> None:
    server = ServerProcess(folder).start()
    host, phone = Talker(server.url), Talker(server.url, source=PHONE)
    places = host.create(player1_name="Anna", player2_name="Marek")["data"]["detail"]["places"]
    host.connect(game_id=host.game_id, heartbeat_ms=1_000)
    phone.connect(game_id=host.game_id, key=places["player:1"]["key"], heartbeat_ms=1_000)
    # A clock that runs is told once a second: the phone is owed something from then on.
    phone.connect(game_id=host.game_id, beat_ms=1_000)
    host.do("setup", {"op": "skip", "first_player": 1})
    host.do("timer_update", {"op": "start"})
    device = phone.heard[-1]["data"]["device"]
    until(host, device, "live")
    subprocess.run(["nft", "-f", "-"], input=DROPPED, text=True, check=True)
    begun = time.monotonic()
    told: dict[str, float] = {}
    while "gone" not in told and time.monotonic() - begun < 60:
        link = until(host, device, "lost", "gone")
        told.setdefault(link, time.monotonic() - begun)
    print(json.dumps(told))
    server.stop()


def until(host: Talker, device: str, *links: str) -> str:
    """Until the phone is told to be one of *links*; which."""

    def link(message: dict[str, Any]) -> str:
        there = message["data"]["devices"] if message["type"] == "presence" else ()
        return next((d["link"] for d in there if d["device"] == device), "")

    while True:
        host.say("heartbeat", {})
        try:
            return link(host.hear_until(lambda message: link(message) in links, 1.0))
        except TimeoutError:
            continue


if __name__ == "__main__":
    main(Path(sys.argv[1]))
