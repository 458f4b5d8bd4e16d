"""The first thing that had to work: one score from a socket, through the commit, to watchers."""

from __future__ import annotations

from .server import ServerProcess
from .talker import Talker


def test_a_score_reaches_two_watchers_and_survives_a_kill(server: ServerProcess) -> None:
    with Talker(server.url) as host:
        made = host.create(player1_name="Anna", player2_name="Marek")
        host.do("setup", {"op": "skip", "first_player": 1})
        host.do("timer_update", {"op": "start"})
        game_id = made["game_id"]
        with Talker(server.url) as one, Talker(server.url) as two:
            for watcher in (one, two):
                watcher.connect(game_id=game_id)
            ack = host.do("score_update", {"player": 1, "category": "secondary", "value": 4})
            for watcher in (one, two):
                frame = watcher.hear_until(lambda m: m["type"] == "score_update")
                assert frame["version"] == ack["version"]
                assert frame["data"]["state"]["scores"]["players"][0]["score"] == 4
    epoch = host.greeting["data"]["epoch"]
    server.restart()
    with Talker(server.url, token=host.token) as again:
        back = again.connect(game_id=game_id, resume={"epoch": epoch, "version": ack["version"]})
        assert "host" in back["data"]["rights"]
        assert again.state()["scores"]["players"][0]["score"] == 4
