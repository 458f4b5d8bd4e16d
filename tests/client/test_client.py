"""The client against a server in memory: greeting, joining, resuming, resending, saying so."""

from __future__ import annotations

from typing import Any

import pytest
from twisted.application.service import IService
from twisted.internet.defer import Deferred
from twisted.internet.error import ConnectionRefusedError as NobodyListens

from gamesync.client import (
    Answer,
    ClientRefused,
    GameClient,
    Kind,
    MemoryTokens,
    State,
    Status,
)
from gamesync.domain import commands as c
from gamesync.domain.events import By

from .kit import TOKEN, Scene, scene


def result(deferred: Deferred[Any]) -> Any:
    found: list[Any] = []
    deferred.addBoth(found.append)
    assert found, "no answer yet"
    return found[0]


def refusal(deferred: Deferred[Any]) -> ClientRefused:
    error: ClientRefused = result(deferred).value
    assert isinstance(error, ClientRefused)
    return error


class TestTheSeedsNames:
    def test_they_are_there_before_a_connection(self) -> None:
        client = GameClient("ws://localhost:8765")
        assert client.server_url == "ws://localhost:8765"
        assert client.ws is None
        assert client.client_id is None
        assert client.game_id is None
        assert client.connected is False

    def test_connect_fires_once_the_server_knows_the_device(self) -> None:
        made = scene(join=False)
        connecting = made.client.connect()
        made.step()
        assert result(connecting) is made.client
        assert made.client.connected
        assert made.client.client_id == "c1"
        assert made.client.ws is not None
        assert result(made.client.connect()) is made.client

    def test_heartbeats_go_out_by_themselves_and_by_hand(self) -> None:
        made = scene()
        sent = len(made.peer.of("heartbeat"))
        made.step(5)
        assert len(made.peer.of("heartbeat")) == sent + 1
        made.client.heartbeat()
        made.step()
        last = made.peer.of("heartbeat")[-1]
        assert last["data"]["t0"] == made.clock.seconds() * 1000
        assert last["data"]["rtt_ms"] == 0

    def test_send_game_state_makes_a_game_and_its_sender_is_host(self) -> None:
        made = scene(join=False, client_type="host")
        made.client.connect()
        made.step()
        made.own = {"role": "host"}
        sent = made.client.send_game_state({"player1_name": "Anna", "player2_name": "Marek"})
        made.step()
        heard = made.peer.of("game_state")[0]
        assert heard["data"] == {"player1_name": "Anna", "player2_name": "Marek"}
        made.ack(heard, data={"detail": {"token": TOKEN}})
        made.step()
        assert result(sent).game_id == made.client.game_id == "g1"
        assert made.client.mirror.role == "host"
        assert made.client.state == made.table.state

    def test_send_game_state_corrects_the_game_one_is_in(self) -> None:
        made = scene()
        sent = made.client.send_game_state({"round": 3})
        made.step()
        heard = made.peer.of("game_state")[0]
        assert heard["game_id"] == "g1"
        made.ack(heard)
        assert isinstance(result(sent), Answer)

    def test_messages_and_the_end_of_a_connection_can_be_watched(self) -> None:
        seen: list[str] = []

        class Mine(GameClient):
            def process_message(self, message: Any) -> None:
                seen.append(message.type)

            def handle_disconnect(self, reason: Any) -> None:
                seen.append(f"lost: {reason.kind}")

        made = scene()
        made.client.__class__ = Mine
        made.client.handle_messages(b'{"type":"news","data":{}}')
        made.network.cut()
        assert seen == ["news", "lost: lost"]


class TestJoining:
    def test_it_says_who_it_is_and_keeps_the_token(self) -> None:
        tokens = MemoryTokens()
        made = scene(client_type="player", name="Anna's phone", tokens=tokens, beat_ms=1_000)
        assert tokens.load("ws://box:8765") == made.client.token == TOKEN
        data = made.peer.of("connect")[-1]["data"]
        assert data["client_type"] == "player"
        assert data["name"] == "Anna's phone"
        assert data["heartbeat_ms"] == 5_000
        assert data["beat_ms"] == 1_000
        made.network.cut()
        made.step(1)
        made.step()
        assert made.peer.of("connect")[0]["data"]["token"] == TOKEN

    def test_a_damaged_token_is_as_good_as_none(self) -> None:
        made = scene(tokens=MemoryTokens({"ws://box:8765": "not a token"}))
        assert "token" not in made.factory.peers[0].of("connect")[0]["data"]

    def test_a_token_store_that_breaks_costs_only_the_token(self) -> None:
        class Broken(MemoryTokens):
            def save(self, server_url: str, token: str) -> None:
                raise OSError("disk full")

        made = scene(tokens=Broken())
        assert str(made.client.status) == "live"

    def test_a_code_says_which_game_and_is_used_once(self) -> None:
        made = scene(join=False)
        made.own = {"role": "player", "player": 2}
        made.client.connect()
        joining = made.client.join(code="7kq2 m9xd")
        made.step()
        joined = result(joining)
        assert (joined.game_id, joined.role, joined.player) == ("g1", "player", 2)
        assert made.peer.of("connect")[-1]["data"]["code"] == "7kq2 m9xd"
        made.network.cut()
        made.step(1)
        made.step()
        again = made.peer.of("connect")[0]
        assert again["game_id"] == "g1"
        assert "code" not in again["data"]

    def test_a_token_given_is_the_device_to_be(self) -> None:
        made = scene(join=False)
        made.client.connect()
        made.client.join("g1", token="u" * 43, key="k" * 22)
        made.step()
        data = made.peer.of("connect")[-1]["data"]
        assert (data["token"], data["key"]) == ("u" * 43, "k" * 22)

    def test_a_refusal_reaches_whoever_asked_and_the_client_is_still_somebody(self) -> None:
        made = scene(join=False)
        made.client.connect()
        made.step()
        made.answers = False
        joining = made.client.join("g9", key="k" * 22)
        made.step()
        asked = made.peer.of("connect")[-1]
        made.peer.say("error", {"code": "bad_credentials", "message": "this opens nothing"},
                      id=asked["id"])  # fmt: skip
        made.answers = True
        made.step()
        no = refusal(joining)
        assert (no.code, str(no)) == ("bad_credentials", "this opens nothing")
        last = made.peer.of("connect")[-1]
        assert "game_id" not in last
        assert "key" not in last["data"]
        sent = made.client.send("game_list", {"limit": 1})
        made.step()
        assert made.peer.of("game_list")
        made.peer.say("game_list", {"games": [], "whole": True},
                      id=made.peer.of("game_list")[0]["id"])  # fmt: skip
        made.step()
        assert result(sent).type == "game_list"

    def test_a_token_that_is_too_old_is_dropped_and_the_app_is_told(self) -> None:
        made = scene(join=False)
        made.client.connect()
        made.step()
        made.answers = False
        joining = made.client.join("g1")
        made.step()
        asked = made.peer.of("connect")[-1]
        assert asked["data"]["token"] == TOKEN
        made.answers = True
        made.peer.say("error", {"code": "token_expired", "message": "scan again"}, id=asked["id"])
        made.step()
        assert refusal(joining).code == "token_expired"
        last = made.peer.of("connect")[-1]
        assert "token" not in last["data"]
        assert "game_id" not in last
        again = made.client.join("g1")
        made.step()
        assert result(again).game_id == "g1", "it is somebody new, who may watch"

    def test_who_leaves_is_told_no_more(self) -> None:
        made = scene()
        made.client.conversation.leave()
        made.step()
        (said,) = made.peer.of("leave")
        assert (said["game_id"], said["data"]) == ("g1", {})
        assert made.client.state is None
        made.client.conversation.leave()
        made.step()
        assert len(made.peer.of("leave")) == 1, "once"
        made.network.cut()
        made.step(1)
        made.step()
        assert "game_id" not in made.peer.of("connect")[-1]

    def test_a_seat_that_was_taken_away_while_we_were_gone_refuses_what_waits(self) -> None:
        made = scene()
        made.network.cut()
        waiting = made.client.cp(1, delta=1)
        made.answers = False
        made.step(1)
        made.peer.tell(made.table.greeting(made.now))
        made.step()
        asked = made.peer.of("connect")[-1]
        made.peer.say("error", {"code": "not_found", "message": "no such game"}, id=asked["id"])
        made.step()
        assert refusal(waiting).code == "not_found"
        assert str(made.client.status) == "refused"

    def test_too_many_guesses_are_waited_out(self) -> None:
        made = scene(join=False)
        made.client.connect()
        made.step()
        made.answers = False
        joining = made.client.join("g1", key="k" * 22)
        made.step()
        error = {"code": "rate_limited", "message": "wait", "retry_after_ms": 3_000}
        made.peer.say("error", error, id=made.peer.of("connect")[-1]["id"])
        made.answers = True
        made.step()
        asked = len(made.peer.of("connect"))
        made.step(2.9)
        assert len(made.peer.of("connect")) == asked
        made.step(0.2)
        assert result(joining).game_id == "g1"

    def test_an_answer_that_a_newer_question_overtook_is_ignored(self) -> None:
        made = scene(join=False)
        made.client.connect()
        made.step()
        made.answers = False
        first, second = made.client.join("g0"), made.client.join("g1")
        made.step()
        old, new = made.peer.of("connect")[-2:]
        stale = made.table.joined()
        made.peer.say("connect", stale.data, id=old["id"], game_id="g0", version=1)
        made.step()
        assert made.client.game_id is None
        made.answers = True
        made.let_in(made.peer, new)
        made.step()
        assert result(first) == result(second)
        assert made.client.game_id == "g1"


class TestMakingGames:
    def test_it_fires_when_the_game_is_there_to_be_seen(self) -> None:
        made = scene(join=False, client_type="host")
        made.client.connect()
        made.own = {"role": "host", "rights": ["host"]}
        making = made.client.create_game("wh40k-10e", "Anna", None, profile="event")
        made.step()
        heard = made.peer.of("game_create")[0]
        assert heard["data"] == {"ruleset": "wh40k-10e", "player1_name": "Anna", "profile": "event"}
        places = {"player:1": {"key": "k" * 22}}
        made.ack(heard, data={"detail": {"places": places}})
        made.step()
        assert result(making).detail == {"places": places}
        assert made.client.state == made.table.state
        assert made.client.mirror.rights == ("host",)

    def test_lost_with_the_answer_it_is_asked_again_by_the_same_device_with_the_same_id(
        self,
    ) -> None:
        made = scene(join=False)
        made.client.connect()
        made.step()
        making = made.client.create_game()
        made.step()
        first = made.peer.of("game_create")[0]
        made.network.cut()
        made.step(1)
        made.step()
        heard = made.peer.heard
        kinds = [m["type"] for m in heard if m["type"] != "heartbeat"]
        assert kinds == ["connect", "game_create"]
        again = made.peer.of("game_create")[0]
        assert (again["id"], again["data"]) == (first["id"], first["data"])
        made.ack(again)
        made.step()
        assert result(making).game_id == "g1"

    def test_a_rematch_has_the_rules_of_the_first(self) -> None:
        made = scene()
        made.client.create_game(rematch_of="g1", swap=True)
        made.step()
        assert made.peer.of("game_create")[0]["data"] == {"rematch_of": "g1", "swap": True}


class TestGoingOn:
    def test_what_was_missed_is_caught_up_with_and_then_what_waits_is_sent(self) -> None:
        changes: list[int] = []
        made = scene(on_change=lambda state, message: changes.append(message.version))
        made.tell(c.SkipSetup(first_player=1))
        assert made.client.version == 2
        made.network.cut()
        assert str(made.client.status) == "stale"
        made.table.do(c.StartClock(), made.now)
        made.table.do(c.PauseClock(), made.now)
        made.client.cp(1, delta=1)
        made.step(1)
        made.step()
        asked = made.peer.of("connect")[0]["data"]["resume"]
        assert asked == {"epoch": "E", "version": 2}
        assert made.client.state == made.table.state
        assert made.client.mirror.recovered is True
        assert changes[-2:] == [3, 4]
        assert len(made.peer.of("score_update")) == 1
        assert str(made.client.status) == "live"

    def test_given_a_seat_meanwhile_it_asks_for_what_it_may_see_now(self) -> None:
        made = scene(join=False)
        made.own = {"role": "observer", "rights": []}
        made.client.connect()
        made.client.join("g1")
        made.step()
        made.step(1)
        made.own = {"role": "player", "player": 1, "rights": ["player:1"]}
        made.network.cut()
        made.step(1)
        made.step()
        first, second = made.peer.of("connect")
        assert "resume" in first["data"]
        assert "resume" not in second["data"]
        assert made.client.mirror.rights == ("player:1",)
        assert str(made.client.status) == "live"

    def test_points_wait_for_the_servers_time_if_a_press_may_be_among_them(self) -> None:
        made = scene(join=False)
        made.answers = False
        made.client.connect()
        asked = made.client.send("game_list", {"limit": 1})
        made.step()
        made.peer.tell(made.table.greeting(made.now))
        made.step()
        made.let_in(made.peer, made.peer.of("connect")[-1])
        made.step()
        assert made.peer.of("game_list") == []
        beat = made.peer.of("heartbeat")[-1]["data"]["t0"]
        made.peer.say("heartbeat", {"now": made.now, "t0": beat})
        made.step()
        assert len(made.peer.of("game_list")) == 1
        assert not asked.called

    def test_too_far_behind_it_gets_everything_and_says_so(self) -> None:
        made = scene()
        made.network.cut()
        made.frames_kept = 0
        made.table.playing(made.now)
        made.step(1)
        made.step()
        assert made.client.mirror.recovered is False
        assert made.client.state == made.table.state

    def test_a_hole_is_filled_on_the_same_connection(self) -> None:
        made = scene()
        made.table.do(c.SkipSetup(first_player=1), made.now)  # nobody hears of it
        made.tell(c.StartClock())
        made.step()
        assert made.client.state == made.table.state
        assert len(made.factory.peers) == 1

    def test_commands_wait_for_their_turn_and_are_resent_in_order(self) -> None:
        made = scene()
        asked = [made.client.cp(1, delta=n) for n in (1, 2, 3)]
        made.step()
        first = made.peer.of("score_update")
        assert [m["data"]["cp_delta"] for m in first] == [1]
        made.network.cut()
        made.step(1)
        made.step()
        for _ in asked:
            made.ack(made.peer.of("score_update")[-1])
            made.step()
        heard = made.peer.of("score_update")
        assert [m["data"]["cp_delta"] for m in heard] == [1, 2, 3]
        assert heard[0]["id"] == first[0]["id"]
        assert [result(a).type for a in asked] == ["ack", "ack", "ack"]

    def test_what_the_disk_refused_is_sent_again_by_and_by(self) -> None:
        made = scene()
        asked = made.client.cp(1, delta=1)
        made.step()
        heard = made.peer.of("score_update")[0]
        made.peer.say("error", {"code": "storage", "message": "disk"}, id=heard["id"])
        made.step(0.2)
        assert len(made.peer.of("score_update")) == 1
        made.step(0.1)
        assert len(made.peer.of("score_update")) == 2
        made.ack(heard)
        assert result(asked).id == heard["id"]

    def test_a_server_that_says_nothing_is_left_after_two_heartbeats(self) -> None:
        made = scene()
        made.answers = False
        made.step(4.9)
        for _ in range(30):
            if made.log[-1][0] is not State.CONNECTED:
                break
            made.step(0.5)
        state, reason = made.log[-1]
        assert state is State.RECONNECTING
        assert reason.kind is Kind.SILENT
        assert "nothing for 10 s" in reason.words

    def test_a_server_that_never_greets_is_left_too(self) -> None:
        made = scene(join=False)
        made.answers = False
        made.client.connect()
        made.step()
        for _ in range(4):
            made.step(5)
        assert Kind.SILENT in [reason.kind for _, reason in made.log]
        assert made.network.attempts == 2
        assert made.client.client_id is None

    def test_shown_as_stale_as_soon_as_two_heartbeats_are_missing(self) -> None:
        seen: list[Status] = []
        made = scene(on_status=seen.append)
        assert seen.pop() is Status.LIVE
        seen.clear()
        made.answers = False
        for _ in range(22):
            made.step(0.5)
            if seen:
                break
        assert seen == [Status.STALE]

    def test_garbage_is_no_server_of_ours(self) -> None:
        made = scene()
        made.peer.sendMessage(b"<html>")
        made.step()
        assert made.log[-1][0] is State.RECONNECTING
        assert made.log[-1][1].kind is Kind.TURNED_AWAY

    def test_a_breaking_app_loses_no_message(self) -> None:
        def broken(*_: object) -> None:
            raise RuntimeError("the app")

        made = scene(on_change=broken, on_status=broken, on_connection=broken)
        made.tell(c.SkipSetup(first_player=1))
        assert made.client.version == 2

    def test_the_greeting_may_come_in_one_piece_with_the_handshake(self) -> None:
        made = scene(join=False)
        made.network.at_once = True
        connecting = made.client.connect()
        made.step()
        assert result(connecting) is made.client


class TestGoodbyes:
    def test_the_server_says_when_to_come_back(self) -> None:
        made = scene()
        made.peer.say("disconnect", {"why": "restart", "come_back": True, "retry_after_ms": 20_000})
        made.peer.shut(1012, "restart")
        made.step()
        state, reason = made.log[-1]
        assert state is State.RECONNECTING
        assert 20 <= reason.retry_in <= 25
        assert "restart" in str(reason)
        made.step(19.9)
        assert made.network.attempts == 1
        made.step(5.2)
        made.step()
        assert made.client.connected

    @pytest.mark.parametrize(
        ("code", "back"),
        [(1000, False), (1001, True), (1002, False), (1003, False), (1007, False), (1009, False),
         (1011, True), (1012, True), (3000, True), (4401, True), (4403, False), (4406, True),
         (4408, True), (4409, False)],
    )  # fmt: skip
    def test_each_close_code_says_whether_to(self, code: int, back: bool) -> None:
        made = scene()
        made.peer.shut(code, "so it is")
        made.step()
        state, reason = made.log[-1]
        assert reason.kind is Kind.CLOSED
        assert reason.code == code
        assert "so it is" in reason.words
        assert (state is State.RECONNECTING) is back
        made.step(60)
        made.step()
        assert made.client.connected is back
        if not back:
            assert str(made.client.status) == "refused"
            made.client.retry_now()
            made.step()
            made.step()
            assert str(made.client.status) == "live"

    def test_after_abuse_half_a_minute(self) -> None:
        made = scene()
        made.peer.shut(1008, "")
        made.step()
        made.step(29.9)
        assert made.network.attempts == 1
        made.step(8)
        assert made.network.attempts == 2

    def test_stop_is_polite_and_refuses_what_waits(self) -> None:
        made = scene()
        waiting = made.client.cp(1, delta=1)
        never = made.client.when(lambda state: False)
        never.addErrback(lambda _: None)
        peer = made.peer
        stopping = made.client.stop()
        made.step()
        made.step(2.1)
        assert result(stopping) is None
        assert peer.closed is not None
        assert peer.closed[1] == 1000
        assert refusal(waiting).code == "stopped"
        assert made.log[-1][0] is State.DISCONNECTED
        assert made.log[-1][1].kind is Kind.STOPPED
        made.step(60)
        assert made.network.attempts == 1
        assert result(made.client.stop()) is None

    def test_it_is_a_service(self) -> None:
        made = scene(join=False)
        assert IService.providedBy(made.client)
        made.client.startService()
        made.step()
        assert made.client.connected
        made.client.stopService()
        made.step()
        assert not made.client.connected


class TestPresses:
    def playing(self, **own: Any) -> Scene:
        made = scene(join=False)
        made.own = own
        made.table.playing(made.now)
        made.client.connect()
        made.client.join("g1")
        made.step()
        made.step(1)
        return made

    def test_each_names_what_it_ends_and_when_it_was_made(self) -> None:
        made = self.playing(role="host", rights=["host"])
        made.client.switch_clock()
        made.step()
        switch = made.peer.of("timer_update")[0]["data"]
        assert switch == {"op": "switch", "run": 1, "player": 1, "pressed_at": made.now}
        made.ack(made.peer.of("timer_update")[0])
        made.client.end_turn(end_round=True)
        made.step()
        turn = made.peer.of("turn_change")[0]["data"]
        assert turn == {"turn": 1, "player": 1, "pressed_at": made.now, "end_round": True}

    def test_on_a_players_phone_they_are_his(self) -> None:
        made = self.playing(role="player", player=2, rights=["player:2"])
        made.client.switch_clock()
        made.client.end_turn()
        made.step()
        made.ack(made.peer.of("timer_update")[0])
        made.step()
        assert made.peer.of("timer_update")[0]["data"]["player"] == 2
        assert made.peer.of("turn_change")[0]["data"]["player"] == 2

    def test_the_clock_is_shown_by_the_servers_time(self) -> None:
        made = self.playing()
        assert made.client.clock_shown(1) == 1_000
        made.step(2.5)
        assert made.client.clock_shown(1) == 3_500
        assert made.client.clock_shown(2) == 0

    def test_a_phone_does_not_send_an_old_press_but_points_it_does(self) -> None:
        made = self.playing(role="player", player=1, rights=["player:1"])
        made.network.down = NobodyListens()
        made.network.cut()
        press = made.client.end_turn()
        points = made.client.score(1, "secondary", value=4)
        made.step(11)
        made.network.down = None
        made.step(10)
        made.step()
        assert refusal(press).code == "too_old"
        assert made.peer.of("turn_change") == []
        made.ack(made.peer.of("score_update")[0])
        assert result(points).type == "ack"

    def test_a_table_goes_on_alone_and_tells_it_in_one_batch(self) -> None:
        made = self.playing(role="host", rights=["host"])
        version = made.client.version
        made.network.down = NobodyListens()
        made.network.cut()
        made.step(4)
        began = made.now
        made.client.end_turn()
        made.step(5)
        made.client.switch_clock()
        made.client.pause()
        made.step(5)
        made.client.resume()
        made.client.end_turn()
        made.network.down = None
        made.step(10)
        made.step()
        batch = made.peer.of("timer_update")[0]["data"]
        assert batch["op"] == "batch"
        assert batch["since_version"] == version
        assert [(p["kind"], p["player"], p["pressed_at"] - began) for p in batch["presses"]] == [
            ("turn", 1, 0),
            ("switch", 2, 5_000),
            ("pause", 1, 5_000),
            ("resume", 1, 10_000),
            ("turn", 2, 10_000),
        ]
        assert made.peer.of("turn_change") == []

    def test_what_it_had_sent_before_the_break_does_not_contest_its_batch(self) -> None:
        made = self.playing(role="host", rights=["host"])
        made.client.end_turn()
        made.step()
        sent = made.peer.of("turn_change")[0]
        mine = By(role="host", device="me")
        made.table.do(c.TurnChange(), made.now, mine)  # it counted, but the answer is lost
        made.network.cut()
        made.client.switch_clock(2)
        made.step(1)
        made.step()
        again = made.peer.of("turn_change")[0]
        assert again["id"] == sent["id"]
        made.ack(again)
        made.step()
        assert made.peer.of("timer_update")[0]["data"]["since_version"] == made.table.version

    def test_what_somebody_else_did_meanwhile_does(self) -> None:
        made = self.playing(role="host", rights=["host"])
        version = made.client.version
        made.network.cut()
        made.table.do(c.PauseClock(), made.now, By(role="player", device="phone", player=1))
        made.client.switch_clock(1)
        made.step(1)
        made.step()
        assert made.peer.of("timer_update")[0]["data"]["since_version"] == version


def test_every_question_becomes_its_message() -> None:
    made = scene(join=False)
    made.own = {"role": "host", "rights": ["host"]}
    made.table.playing(made.now)
    made.client.connect()
    made.client.join("g1")
    made.step()
    made.step(1)
    client = made.client
    asked: list[tuple[Deferred[Answer], str, dict[str, Any]]] = [
        (client.score(1, "primary", value=5), "score_update",
         {"player": 1, "category": "primary", "round": 1, "value": 5}),
        (client.score(2, "primary", delta=-5, round=2, if_version=9, correct=True, reason="oops"),
         "score_update", {"player": 2, "category": "primary", "round": 2, "delta": -5,
                          "if_version": 9, "correct": True, "reason": "oops"}),
        (client.score(1, "battle-ready", value=10), "score_update",
         {"player": 1, "category": "battle-ready", "round": 0, "value": 10}),
        (client.score(1, value=47), "score_update", {"player": 1, "score": 47}),
        (client.cp(1, value=3), "score_update", {"player": 1, "cp": 3}),
        (client.cp(1, delta=1, why="gain"), "score_update",
         {"player": 1, "cp_delta": 1, "cp_why": "gain"}),
        (client.start_clock(2), "timer_update", {"op": "start", "side": 2}),
        (client.pause("judge", "rules"), "timer_update",
         {"op": "pause", "why": "judge", "reason": "rules"}),
        (client.resume("judge"), "timer_update", {"op": "resume", "why": "judge"}),
        (client.adjust_clock(1, -5_000, "late"), "timer_update",
         {"op": "adjust", "player": 1, "delta_ms": -5_000, "reason": "late"}),
        (client.profile(1, name="Ann", faction="Orks"), "setup",
         {"op": "profile", "player": 1, "name": "Ann", "faction": "Orks"}),
        (client.ready(2, ready=False), "setup", {"op": "ready", "player": 2, "ready": False}),
        (client.roll(), "setup", {"op": "roll"}),
        (client.choose("first"), "setup", {"op": "choose", "option": "first"}),
        (client.skip_setup(2), "setup", {"op": "skip", "first_player": 2}),
        (client.undo(7, reason="slip"), "undo", {"version": 7, "reason": "slip"}),
        (client.undo(dry_run=True), "undo", {"reason": "", "dry_run": True}),
        (client.propose("draw", player=1), "propose", {"kind": "draw", "player": 1}),
        (client.answer(5, accept=True), "answer", {"proposal": 5, "accept": True}),
        (client.judge(note="cover"), "judge_call", {"op": "call", "note": "cover"}),
        (client.judge("cancel"), "judge_call", {"op": "cancel"}),
        (client.end_game("concede", player=2), "game_end", {"op": "concede", "player": 2}),
        (client.sign(1), "game_end", {"op": "confirm", "version": 3, "player": 1}),
        (client.setting("note", None), "settings_update", {"key": "note", "value": None}),
        (client.invite("player", 1), "device",
         {"op": "invite", "role": "player", "player": 1, "renew": False}),
        (client.send("dispute", c.CloseDispute(note="fine")), "dispute",
         {"op": "close", "note": "fine"}),
    ]  # fmt: skip
    for done, type_, data in asked:
        made.step()
        heard = made.peer.heard[-1]
        assert (heard["type"], heard["data"], heard["game_id"]) == (type_, data, "g1")
        made.ack(heard)
        made.step()
        assert result(done).type == "ack"


class TestLobby:
    def test_it_is_read_page_by_page_kept_and_read_again_after_a_break(self) -> None:
        seen: list[list[str]] = []
        made = scene(join=False, on_lobby=lambda games: seen.append(sorted(games)))
        made.client.connect()
        made.client.watch_lobby()
        made.step()

        def game(id_: str, status: str = "playing") -> dict[str, Any]:
            return {"game_id": id_, "status": status, "version": 1}

        def answer(games: list[dict[str, Any]], more: str) -> dict[str, Any]:
            asked: dict[str, Any] = made.peer.of("game_list")[-1]
            listing = {"games": games, "whole": True, **({"next": more} if more else {})}
            made.peer.say("game_list", listing, id=asked["id"])
            made.step()
            return dict(asked["data"])

        first = answer([game("a"), game("b")], more="b")
        assert first["subscribe"] is True
        assert answer([game("c")], more="")["after"] == "b"
        assert sorted(made.client.lobby) == ["a", "b", "c"]
        news = {"games": [game("b", "signed"), game("d", "waiting")], "whole": False}
        made.peer.say("game_list", news)
        made.step()
        assert seen[-1] == ["a", "c", "d"]
        # It is sent anew, unasked, when we may see more or less than before.
        made.peer.say("game_list", {"games": [game("x")], "whole": True, "next": "x"})
        made.step()
        assert seen[-1] == ["x"]
        assert answer([game("y")], more="")["after"] == "x"
        assert seen[-1] == ["x", "y"]
        made.network.cut()
        made.step(1)
        made.step()
        answer([game("e")], more="")
        assert sorted(made.client.lobby) == ["e"]

    def test_a_list_that_is_refused_changes_nothing(self) -> None:
        made = scene()
        made.client.watch_lobby()
        made.step()
        asked = made.peer.of("game_list")[-1]
        made.peer.say("error", {"code": "not_yours", "message": "no"}, id=asked["id"])
        made.step()
        assert made.client.lobby == {}


def test_when_fires_as_soon_as_it_is_true_and_may_be_cancelled() -> None:
    made = scene()
    assert result(made.client.when(lambda s: s["status"] == "waiting"))["status"] == "waiting"
    ready = made.client.when(lambda s: s["status"] == "ready")
    dropped = made.client.when(lambda s: s["status"] == "ready")
    dropped.addErrback(lambda _: "cancelled")
    dropped.cancel()
    assert not ready.called
    made.tell(c.SkipSetup(first_player=1))
    assert result(ready)["status"] == "ready"
    assert result(dropped) == "cancelled"
