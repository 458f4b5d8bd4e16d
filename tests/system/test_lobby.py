"""The organiser's desk lives from the list of games alone, over real sockets."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from .server import ServerProcess
from .talker import Talker
from .test_venue import organiser_key


def line_of(talker: Talker, game_id: str, wanted: Callable[[dict[str, Any]], bool]) -> Any:
    """What *talker* is told of a game, unasked, as soon as it is as wanted."""

    def found(message: dict[str, Any]) -> list[dict[str, Any]]:
        if message["type"] != "game_list" or "id" in message:
            return []
        lines = message["data"]["games"]
        return [line for line in lines if line["game_id"] == game_id and wanted(line)]

    return found(talker.hear_until(lambda message: bool(found(message))))[0]


def listed(talker: Talker, **data: Any) -> dict[str, dict[str, Any]]:
    answer = talker.do("game_list", data)
    return {line["game_id"]: line for line in answer["data"]["games"]}


def test_a_desk_sees_all_and_hears_of_it_at_once(server: ServerProcess) -> None:
    with (
        Talker(server.url) as desk,
        Talker(server.url) as lobby,
        Talker(server.url) as table,
        Talker(server.url) as phone,
    ):
        lobby.connect()
        assert listed(lobby, subscribe=True) == {}
        made = table.create(
            player1_name="Anna",
            player2_name="Marek",
            table="7",
            options={"visibility": "link", "clock": "down-90"},
        )
        game_id, places = made["game_id"], made["data"]["detail"]["places"]
        phone.connect(game_id=game_id, key=places["player:2"]["key"])
        table.do("setup", {"op": "skip", "first_player": 1})
        table.do("timer_update", {"op": "start"})

        joined = desk.connect(game_id="venue", key=organiser_key(server), name="Olga")
        assert joined["data"]["rights"] == ["organiser"]
        line = listed(desk, subscribe=True)[game_id]
        assert (line["visibility"], line["turn"], line["active_player"]) == ("link", 1, 1)
        assert line["seats"] == {"host": "live", "player1": "none", "player2": "live"}
        assert line["turn_began_at"] == line["clock"]["at"]

        began = time.monotonic()
        phone.do("judge_call", {"op": "call", "note": "line of sight"})
        line = line_of(desk, game_id, lambda line: line["judge"] is not None)
        assert time.monotonic() - began < 1
        assert (line["judge"]["player"], line["judge"]["note"]) == (2, "line of sight")

        phone.close()
        line = line_of(desk, game_id, lambda line: line["seats"]["player2"] == "gone")
        assert line["seats"]["host"] == "live"

        desk.connect(game_id=game_id)
        desk.do("score_update", {"player": 1, "category": "secondary", "delta": 3})
        desk.do("dispute", {"op": "open", "text": "a model moved twice"})
        desk.do("score_update", {"player": 1, "category": "secondary", "delta": 2})
        desk.do("game_end", {"op": "concede", "player": 2})
        line = line_of(desk, game_id, lambda line: line["status"] == "ended")
        assert (line["result"], line["score1"]) == ({"how": "conceded", "winner": 1}, 5)
        assert listed(lobby) == {}
        table.do("settings_update", {"key": "visibility", "value": "listed"})
        line = line_of(lobby, game_id, lambda line: line["visibility"] == "listed")
        assert (line["score1"], line["disputed"], line["frozen"]) == (3, True, True)
        desk.do("hide_game", {"game": game_id})
        lobby.hear_until(lambda m: m["data"].get("gone") == [game_id])
        line = line_of(desk, game_id, lambda line: line["hidden"])


def test_games_of_before_a_restart_have_the_same_lines(server: ServerProcess) -> None:
    with Talker(server.url) as desk, Talker(server.url) as table:
        desk.connect(game_id="venue", key=organiser_key(server))
        playing = table.create(player1_name="Anna", player2_name="Marek")["game_id"]
        table.do("setup", {"op": "skip", "first_player": 1})
        over = table.create(options={"visibility": "link"})["game_id"]
        table.do("game_end", {"op": "abandon"}, game_id=over)
        waiting = table.create(table="9")["game_id"]
        desk.do("hide_game", {"game": waiting})
        before = listed(desk)
        assert before.keys() == {playing, over, waiting}
    server.restart()
    with Talker(server.url, token=desk.token) as desk:
        desk.connect(game_id="venue")
        gone = {"host": "gone", "player1": "none", "player2": "none"}
        assert listed(desk) == {id_: {**line, "seats": gone} for id_, line in before.items()}
    with Talker(server.url) as stranger:
        assert stranger.do("game_list")["data"]["games"][0]["game_id"] == playing
        assert listed(stranger).keys() == {playing}
