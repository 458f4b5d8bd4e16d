"""A whole server tells pages what they need before they connect, and keeps the secret of links."""

from __future__ import annotations

import json
import urllib.request
from pathlib import Path

from .server import ServerProcess
from .talker import Talker


def test_a_box_with_a_wifi_a_display_and_a_link_to_draw(tmp_path: Path) -> None:
    config = tmp_path / "gamesync.toml"
    config.write_text('venue_name = "Hall"\nwifi_ssid = "hall"\nwifi_password = "roll high"\n')
    config.chmod(0o600)
    server = ServerProcess(tmp_path, "--config", str(config)).start()
    try:
        about = json.loads(server.get("/api/v1/about"))
        assert (about["name"], about["address"]) == ("Hall", f"{server.http}/")
        assert about["wifi"]["qr"] == "WIFI:T:WPA;S:hall;P:roll high;;"
        with Talker(server.url) as host:
            made = host.create(player1_name="Anna", player2_name="Marek")
            link = made["data"]["detail"]["places"]["player:1"]["link"]
            host.do("settings_update", {"key": "frozen", "value": True})
            game_id = made["game_id"]
        asked = urllib.request.Request(
            f"{server.http}/api/v1/qr",
            data=f"{about['address']}{link}".encode(),
            headers={"Content-Type": "text/plain"},
        )
        with urllib.request.urlopen(asked, timeout=10) as answer:
            assert answer.read().startswith(b"<svg ")
        server.restart()
        game = json.loads(server.get(f"/api/v1/games/{game_id}"))
        assert game["state"]["scores"]["frozen"] is True
        assert json.loads(server.get("/api/v1/tables"))["tables"] == []
        secret = link.rpartition("k=")[2]
        assert secret not in server.log
        assert "roll high" not in server.log
    finally:
        server.stop()
