"""Anything a stranger can send gets its code, names the field, changes nothing, costs nobody."""

from __future__ import annotations

import json
import socket
import struct
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import count, cycle
from pathlib import Path
from typing import Any

import pytest

from ..chaos import ledger
from ..chaos.long import times
from ..chaos.pinger import Pinger
from ..chaos.plants import planted
from ..chaos.raw import BINARY, PING, TEXT, RawSocket, frame
from ..chaos.storm import FREE
from .server import ServerProcess
from .talker import Talker

STEP = {"player": 1, "category": "secondary", "round": 1}


IDS = count(100)


def command(type_: str, data: Any) -> bytes:
    return json.dumps({"type": type_, "id": f"bad-{next(IDS):06}", "data": data}).encode()


def score(**more: Any) -> bytes:
    return command("score_update", {**STEP, **more})


def written(text: str) -> bytes:
    """A score update with *text* written where its value stands, JSON or not."""
    return score(value=4711).replace(b"4711", text.encode())


MALFORMED: dict[str, tuple[bytes, str, str | None]] = {
    "empty": (b"", "bad_json", None),
    "no JSON": (b"{'type': 'heartbeat'}", "bad_json", None),
    "half of it": (b'{"type":"heartbeat"', "bad_json", None),
    "two of them": (b'{"type":"heartbeat"}{"type":"heartbeat"}', "bad_json", None),
    "byte order mark": (b'\xef\xbb\xbf{"type":"heartbeat"}', "bad_json", None),
    "a comment": (b'{"type":"heartbeat"/**/}', "bad_json", None),
    "a list": (b"[]", "bad_json", None),
    "a number": (b"1", "bad_json", None),
    "null": (b"null", "bad_json", None),
    "no type": (b'{"data":{}}', "missing_field", "type"),
    "type is a number": (b'{"type":5}', "wrong_type", "type"),
    "type unknown": (b'{"type":"launch"}', "unknown_type", "type"),
    "type of ours": (b'{"type":"ack"}', "unknown_type", "type"),
    "type in capitals": (b'{"type":"HEARTBEAT"}', "unknown_type", "type"),
    "form unknown": (command("timer_update", {"op": "explode"}), "unknown_type", "data.op"),
    "form missing": (command("timer_update", {}), "missing_field", "data.op"),
    "a field is missing": (command("score_update", {"value": 1}), "missing_field", "data.player"),
    "data is missing": (b'{"type":"score_update"}', "missing_field", "data"),
    "data is a list": (command("score_update", []), "wrong_type", "data"),
    "a surplus field": (score(value=1, bonus=2), "unknown_field", "data.bonus"),
    "a surplus field outside": (score(value=1)[:-1] + b',"v":2}', "unknown_field", "v"),
    "__proto__": (score(value=1)[:-1] + b',"__proto__":{}}', "unknown_field", "__proto__"),
    "a key twice": (written('1,"value":2'), "bad_json", "data.value"),
    "a key twice, escaped": (written('1,"val\\u0075e":2'), "bad_json", "data.value"),
    "NaN": (written("NaN"), "bad_json", None),
    "Infinity": (written("Infinity"), "bad_json", None),
    "minus Infinity": (written("-Infinity"), "bad_json", None),
    "1e999": (written("1e999"), "out_of_range", "data.value"),
    "huge": (written("9" * 400), "out_of_range", "data.value"),
    "beyond 64 bits": (written(str(2**64)), "out_of_range", "data.value"),
    "a fraction": (written("1.5"), "wrong_type", "data.value"),
    "true for a number": (written("true"), "wrong_type", "data.value"),
    "text for a number": (written('"5"'), "wrong_type", "data.value"),
    "too big": (score(value=1000), "out_of_range", "data.value"),
    "too small": (score(value=-1000), "out_of_range", "data.value"),
    "a third player": (score(value=1, player=3), "bad_value", "data.player"),
    "no category of that form": (score(value=1, category="../etc"), "bad_value", "data.category"),
    "deep nesting": (b'{"data":' * 1600 + b"1" + b"}" * 1600, "bad_json", None),
    "deep lists": (written("[" * 7000 + "]" * 7000), "bad_json", None),
    "a lone surrogate": (
        b'{"type":"setup","data":{"op":"profile","player":1,"name":"\\ud800"}}', "bad_json", None
    ),
    "a name without a sign": (
        command("setup", {"op": "profile", "player": 1, "name": "\u200b\u202e"}),
        *("bad_value", "data.name"),
    ),
    "a name too long": (
        command("setup", {"op": "profile", "player": 1, "name": "x" * 41}),
        *("too_long", "data.name"),
    ),
    "a name far too long": (
        command("setup", {"op": "profile", "player": 1, "name": "x" * 9000}),
        *("too_long", "data.name"),
    ),
    "too many presses": (
        command("timer_update", {"op": "batch", "since_version": 1, "presses": [
            {"kind": "turn", "player": 1, "pressed_at": 1}] * 201}),
        *("out_of_range", "data.presses"),
    ),
    "a press of nobody": (
        command("timer_update", {"op": "batch", "since_version": 1, "presses": [
            {"kind": "turn", "player": 1, "pressed_at": 1},
            {"kind": "turn", "player": 7, "pressed_at": 1}]}),
        *("bad_value", "data.presses[1].player"),
    ),
    "an id too short": (score(value=1).replace(b"bad-", b"\\u00e4"), "bad_value", "id"),
    "an id with a line feed": (score(value=1).replace(b'", "d', b'\\n", "d'), "bad_value", "id"),
    "no time of day": (score(value=1)[:-1] + b',"timestamp":"noon"}', "bad_value", "timestamp"),
    "a version below zero": (score(value=1, if_version=-1), "out_of_range", "data.if_version"),
    "a version beyond all": (score(value=1, if_version=2**53), "out_of_range", "data.if_version"),
}  # fmt: skip
"""What is no message: what it is answered by, and the field that the answer names."""

OUT_OF_PLACE: dict[str, tuple[bytes, str, str | None]] = {
    "no such game": (score(value=1)[:-1] + b',"game_id":"nowhere"}', "not_joined", "game_id"),
    "not a game": (score(value=1)[:-1] + b',"game_id":"venue"}', "not_joined", "game_id"),
    "no such category": (score(value=1, category="style"), "not_found", "data.category"),
    "a round to come": (score(value=1, round=4), "out_of_range", "data.round"),
    "beyond the cap": (score(value=16), "out_of_range", "data.value"),
    "below zero": (score(delta=-1), "out_of_range", "data.delta"),
    "value and delta": (score(value=1, delta=1), "bad_value", "data.delta"),
    "nothing to set": (score(), "missing_field", "data.value"),
    "a version of the past": (score(value=1, category="primary", if_version=0), "conflict",
                              "data.if_version"),
    "a version of the future": (score(value=1, if_version=10**6), "conflict", "data.if_version"),
    "a turn of the future": (command("turn_change", {"turn": 99}), "out_of_range", "data.turn"),
    "a run of the future": (command("timer_update", {"op": "switch", "run": 99}), "out_of_range",
                            "data.run"),
    "to sign the future": (command("game_end", {"op": "confirm", "player": 1, "version": 10**6}),
                           "conflict", "data.version"),
    "to undo the future": (command("undo", {"version": 10**6}), "not_found", "data.version"),
    "to undo the beginning": (command("undo", {"version": 1}), "not_undoable", "data.version"),
    "an answer to nothing": (command("answer", {"proposal": 1, "accept": True, "player": 1}),
                             "not_found", "data.proposal"),
    "a setting that is none": (command("settings_update", {"key": "debug", "value": True}),
                               "not_found", "data.key"),
    "a key that opens nothing": (command("connect", {"key": "A" * 22}), "bad_credentials", None),
    "a code that opens nothing": (command("connect", {"code": "ABCD2345"}), "bad_credentials",
                                  None),
    "of the venue": (command("table", {"op": "add", "name": "Table 1"}),
                     "not_joined", "game_id"),
}  # fmt: skip
"""Well-formed, from the host of a game in play, and refused all the same."""


class Played:
    """A server with a game in its first round, and the three who play it."""

    def __init__(self, server: ServerProcess) -> None:
        self.server = server
        self.host = Talker(server.url)
        made = self.host.create(ruleset="wh40k-11e", player1_name="Anna", player2_name="Marek")
        self.game_id: str = made["game_id"]
        self.places = made["data"]["detail"]["places"]
        self.host.do("setup", {"op": "skip", "first_player": 1})
        self.host.do("timer_update", {"op": "start"})
        self.host.do("score_update", {**STEP, "category": "primary", "value": 5})

    def player(self, number: int) -> Talker:
        talker = Talker(self.server.url)
        talker.connect(game_id=self.game_id, key=self.places[f"player:{number}"]["key"])
        return talker

    def version(self) -> int:
        found: int = self.host.do("game_state")["version"]
        return found

    def refused(self, who: Talker, payload: bytes) -> dict[str, Any]:
        """What *payload* is answered by; the game must stay as it is."""
        before = self.host.do("game_state")
        who.socket.send(payload.decode("utf-8"), text=True)
        answer = who.hear_until(lambda m: m["type"] in ("error", "ack"))
        after = self.host.do("game_state")
        assert after["version"] == before["version"]
        assert after["data"]["state"] == before["data"]["state"]
        return answer

    def stop(self) -> None:
        version, self.host = self.version(), self.host
        self.host.close()
        self.server.stop()
        stored = ledger.read(self.server.database)
        assert stored.faults() == []
        assert len(stored.entries[self.game_id]) == version
        assert "Traceback" not in self.server.log, self.server.log


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Played]:
    free = (*FREE, "--limit", "wrong_codes_per_minute=1000")
    game = Played(ServerProcess(tmp_path_factory.mktemp("played"), *free).start())
    yield game
    game.stop()


@pytest.mark.parametrize("kind", MALFORMED)
def test_malformed(played: Played, kind: str) -> None:
    payload, code, field = MALFORMED[kind]
    answer = played.refused(played.host, payload)
    said = answer["data"]
    assert (answer["type"], said["code"], said.get("field")) == ("error", code, field), answer
    assert said["message"].isprintable()


@pytest.mark.parametrize("kind", OUT_OF_PLACE)
def test_out_of_place(played: Played, kind: str) -> None:
    payload, code, field = OUT_OF_PLACE[kind]
    answer = played.refused(played.host, payload)
    said = answer["data"]
    assert (answer["type"], said["code"], said.get("field")) == ("error", code, field), answer
    assert answer["id"] == json.loads(payload)["id"]


def test_another_seat(played: Played) -> None:
    with played.player(1) as one:
        for payload, code in (
            (score(value=1, player=2), "not_yours"),
            (command("turn_change", {"player": 2}), "not_yours"),
            (command("game_end", {"op": "concede", "player": 2}), "not_yours"),
            (command("timer_update", {"op": "set", "player": 1, "time_ms": 0}), "not_yours"),
            (command("settings_update", {"key": "note", "value": "x"}), "not_yours"),
            (command("device", {"op": "swap"}), "not_yours"),
        ):
            assert played.refused(one, payload)["data"]["code"] == code


def test_another_game(played: Played) -> None:
    with Talker(played.server.url) as host, Talker(played.server.url) as watcher:
        host.create(player1_name="Ole", player2_name="Kim")
        payload = json.loads(score(value=1))
        payload["game_id"] = played.game_id
        data = json.dumps(payload).encode()
        assert played.refused(host, data)["data"]["code"] == "not_joined"
        host.connect(game_id=played.game_id)  # may watch
        assert played.refused(host, data)["data"]["code"] == "not_yours"
        watcher.connect(game_id=played.game_id)
        for type_, data_ in (
            ("score_update", {**STEP, "value": 1}),
            ("turn_change", {}),
            ("timer_update", {"op": "pause"}),
            ("game_end", {"op": "abandon"}),
            ("undo", {}),
            ("judge_call", {"op": "call"}),
            ("game_state", {"player1_name": "Eve"}),
        ):
            answer = played.refused(watcher, command(type_, data_))
            assert answer["data"]["code"] == "not_yours", answer


def test_a_reused_id(played: Played) -> None:
    id_ = "reused-id-01"
    first = played.host.do("score_update", {**STEP, "value": 3}, id_=id_)
    again = played.host.do("score_update", {**STEP, "value": 3}, id_=id_)
    assert (again["data"], again["version"]) == (first["data"], first["version"])
    before = played.version()
    other = played.host.ask("score_update", {**STEP, "value": 4}, id_=id_)
    assert (other["data"]["code"], other["data"]["field"]) == ("id_reused", "id")
    assert played.version() == before


@pytest.mark.parametrize(
    "resume", [{"epoch": "another", "version": 1}, {"version": 10**9}], ids=["epoch", "future"]
)
def test_a_past_that_never_was(played: Played, resume: dict[str, Any]) -> None:
    """A version of another history, or of the future, is answered by the whole state."""
    with Talker(played.server.url) as watcher:
        said = {"epoch": watcher.greeting["data"]["epoch"], **resume}
        answer = watcher.connect(game_id=played.game_id, resume=said)
        assert answer["data"]["recovered"] is False
        assert answer["data"]["state"]["status"] == "playing"
        assert answer["version"] == played.version()


def test_a_finished_game(tmp_path: Path) -> None:
    game = Played(ServerProcess(tmp_path, *FREE).start())
    game.host.do("game_end", {"op": "concede", "player": 2})
    for type_, data in (
        ("turn_change", {"turn": 2}),
        ("timer_update", {"op": "start", "side": 2}),
        ("timer_update", {"op": "pause"}),
        ("game_end", {"op": "concede", "player": 1}),
        ("setup", {"op": "ready", "player": 1}),
    ):
        said = game.refused(game.host, command(type_, data))["data"]
        assert said.get("code") == "not_now" or said.get("already"), said
    version = game.version()
    for n in (1, 2):
        game.host.do("game_end", {"op": "confirm", "player": n, "version": version})
    for type_, data in (
        ("score_update", {**STEP, "value": 1}),
        ("game_state", {"player1_name": "Eve"}),
        ("game_end", {"op": "reopen"}),
        ("undo", {"version": 5}),
    ):
        said = game.refused(game.host, command(type_, data))["data"]
        assert said["code"] in ("not_now", "not_yours"), said
    game.stop()


# ------------------------------------------------------------------------- what costs others


def tiny_frames(line: RawSocket) -> None:
    line.send(frame(b"", TEXT) * 20_000)


def tiny_fragments(line: RawSocket) -> None:
    line.send(frame(b'{"', TEXT, final=False) + frame(b"x", 0, final=False) * 20_000)


def pings(line: RawSocket) -> None:
    line.send(frame(b"ping", PING) * 20_000)


def errors(line: RawSocket) -> None:
    for _ in range(3_000):
        line.say(b"{}")
        if line.closed is not None:
            return


def heartbeats(line: RawSocket) -> None:
    line.send(frame(b'{"type":"heartbeat"}') * 5_000)


def a_megabyte(line: RawSocket) -> None:
    line.send(frame(b'{"type":"' + b"x" * 1_000_000 + b'"}'))


def a_terabyte(line: RawSocket) -> None:
    line.send(bytes([0x81, 0xFF]) + struct.pack("!Q", 2**40) + b"\0\0\0\0" + b"x" * 1_000_000)


def a_megabyte_in_pieces(line: RawSocket) -> None:
    line.send(frame(b"x" * 10_000, TEXT, final=False) + frame(b"x" * 10_000, 0, final=False) * 100)


def binary(line: RawSocket) -> None:
    line.send(frame(b"\x00\x01", BINARY))


def no_utf8(line: RawSocket) -> None:
    line.send(frame(b'{"type":"\xff\xfe"}'))


def unmasked(line: RawSocket) -> None:
    line.send(frame(b'{"type":"heartbeat"}', mask=False))


def reserved_bits(line: RawSocket) -> None:
    line.send(bytes([0xF1]) + frame(b"{}")[1:])


def reserved_opcode(line: RawSocket) -> None:
    line.send(frame(b"{}", 3))


def deepest(line: RawSocket) -> None:
    for _ in range(25):
        line.send(frame(b"[" * 16_000))


def many_keys(line: RawSocket) -> None:
    keys = ",".join(f'"k{n}":{n}' for n in range(1_100))
    for _ in range(25):
        line.say('{"type":"heartbeat","data":{' + keys + "}}")


def long_numbers(line: RawSocket) -> None:
    for _ in range(25):
        line.say(b'{"type":"heartbeat","data":{"t0":' + b"9" * 16_000 + b"}}")


BARRAGE: dict[Callable[[RawSocket], None], int | None] = {
    tiny_frames: 1008,
    tiny_fragments: 1008,
    pings: 1008,
    errors: 1008,
    heartbeats: 1008,
    a_megabyte: 1009,
    a_terabyte: 1009,
    a_megabyte_in_pieces: 1009,
    binary: 1003,
    no_utf8: 1007,
    unmasked: 1002,
    reserved_bits: 1002,
    reserved_opcode: 1002,
    deepest: 1008,
    many_keys: 1008,
    long_numbers: 1008,
}
"""What is thrown at the server, and the code of the Close that ends it."""


def no_handshake(port: int) -> None:
    """What is no request, or never ends."""
    for text in (
        b"\x16\x03\x01\x02\x00\x01\x00",
        b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * 3_000,
        b"GET /" + b"x" * 20_000,
        b"GET /ws HTTP/1.1\r\nHost: a\x85b\r\n\r\n",
        b"\r\n" * 5_000,
        b"POST /ws HTTP/9.9\r\n\r\n",
    ):
        with socket.create_connection(("127.0.0.1", port)) as line, suppress(OSError):
            line.settimeout(2)
            line.sendall(text)
            line.recv(1000)


def throw_all(port: int, sources: Iterator[str]) -> None:
    """Each piece of the barrage from a connection of its own; it ends as it has to."""
    for what, code in BARRAGE.items():
        with RawSocket(port, source=next(sources)) as line:
            what(line)
            answers = list(line.hear(10))
            kinds = {m["type"] for m in answers}
            assert kinds <= {"connect", "error", "heartbeat"}, (what.__name__, kinds)
            assert line.closed == code, (what.__name__, line.closed)
    no_handshake(port)


def test_nobody_else_is_harmed(tmp_path: Path) -> None:
    """While all of it comes in, another client loses no message and waits for none."""
    server = ServerProcess(tmp_path).start()
    game = Played(server)
    with Pinger(server.port, game.game_id, server.pid) as pinger:
        began, thrown = time.monotonic(), 0
        sources = cycle(f"127.0.0.{n}" for n in range(10, 250))  # from each not too many a second
        while time.monotonic() < began + times(short=3, long=30):
            throw_all(server.port, sources)
            thrown += len(BARRAGE)
        took = time.monotonic() - began
        for points in (1, 2, 3):
            game.host.do("score_update", {**STEP, "value": points})
        time.sleep(0.2)
        found = pinger.measured()
    print(f"during {took:.1f} s and {thrown} connections of barrage: {found}")
    assert found["faults"] == []
    assert found["version"] == game.version()
    assert found["max_ms"] <= 400  # on a quiet machine below 100
    game.stop()


def test_the_checker_catches_a_server_that_is_held_up(tmp_path: Path) -> None:
    server = ServerProcess(tmp_path, wrapper=planted("hold_up")).start()
    game = Played(server)
    with Pinger(server.port, game.game_id, server.pid) as pinger:
        with RawSocket(server.port) as line:
            for _ in range(4):
                line.say(b"{}")
            list(line.hear(1.0))
        assert pinger.measured()["max_ms"] > 400
    game.stop()
