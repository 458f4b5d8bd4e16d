"""The small pure parts: envelopes, addresses, tokens, the lobby."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gamesync.client import FileTokens, MemoryTokens, TokenStore, Way, parse_link
from gamesync.client.asking import trimmed
from gamesync.client.entering import Device
from gamesync.client.envelope import Garbled, new_id, read, write
from gamesync.client.lobby import Lobby
from gamesync.wire import messages as m
from gamesync.wire.codec import decode


class TestEnvelope:
    @given(st.binary(max_size=200))
    def test_any_bytes_are_a_message_or_garbled(self, payload: bytes) -> None:
        try:
            said = read(payload)
        except Garbled:
            return
        assert said.type == json.loads(payload)["type"]

    def test_what_it_does_not_know_it_ignores(self) -> None:
        said = read(b'{"type":"news","data":{"a":1},"game_id":"g","id":"i","version":3,"new":[]}')
        assert (said.type, said.data, said.game_id, said.id, said.version) == (
            "news", {"a": 1}, "g", "i", 3)  # fmt: skip

    def test_very_deep_is_garbled_too(self) -> None:
        with pytest.raises(Garbled):
            read(b'{"type":"x","data":' + b"[" * 100_000)

    def test_what_is_written_the_server_reads(self) -> None:
        frame = write("score_update", {"player": 1, "cp": 3}, game_id="g1", id_=new_id())
        read_back = decode(frame)
        assert isinstance(read_back, m.ScoreUpdate)
        assert read_back.data.cp == 3
        assert read_back.game_id == "g1"
        assert json.loads(write("heartbeat", {})) == {"type": "heartbeat", "data": {}}


class TestConnect:
    def test_the_server_reads_all_that_a_device_says(self) -> None:
        device = Device(client_type="player", name="Phone", beat_ms=1_000)
        data = device.connect(Way(game_id="g1", code="ABC", key="k" * 22), "t" * 43,
                              {"epoch": "E", "version": 4}, 5_000)  # fmt: skip
        read_back = decode(write("connect", data, game_id="g1", id_=new_id()))
        assert isinstance(read_back, m.Connect)
        assert read_back.data.resume == m.Resume(epoch="E", version=4)
        assert read_back.data.token == "t" * 43

    def test_what_there_is_not_is_not_said(self) -> None:
        assert Device().connect(Way(), None, None, 5_000) == {
            "client_type": "observer", "heartbeat_ms": 5_000}  # fmt: skip

    def test_a_way_leads_somewhere_or_not(self) -> None:
        assert not Way().anywhere
        assert Way(game_id="g").anywhere
        assert Way(code="c").anywhere
        assert Way(key="k").anywhere


@pytest.mark.parametrize(
    ("typed", "address", "way"),
    [
        ("ws://box:8765", "ws://box:8765", Way()),
        ("wss://box/ws", "wss://box:8765/ws", Way()),
        (" box ", "ws://box:8765", Way()),
        ("192.168.1.5:9000", "ws://192.168.1.5:9000", Way()),
        ("ws://[::1]:8765", "ws://[::1]:8765", Way()),
        ("http://box:8765/#g=abc&p=player:1&k=secretsecret", "ws://box:8765",
         Way(game_id="abc", key="secretsecret")),
        ("https://games.example/seat#g=abc", "wss://games.example", Way(game_id="abc")),
    ],
)  # fmt: skip
def test_addresses_as_people_have_them(typed: str, address: str, way: Way) -> None:
    assert parse_link(typed) == (address, way)


@pytest.mark.parametrize("typed", ["ftp://box", "ws://", "", "ws://box:high", "ws://box:99999"])
def test_what_is_no_address(typed: str) -> None:
    with pytest.raises(ValueError, match=r"address|[Pp]ort"):
        parse_link(typed)


class TestTokens:
    def test_in_memory(self) -> None:
        tokens: TokenStore = MemoryTokens()
        assert tokens.load("ws://a") is None
        tokens.save("ws://a", "one")
        assert tokens.load("ws://a") == "one"
        assert tokens.load("ws://b") is None

    def test_in_a_file_that_only_its_owner_reads(self, tmp_path: Path) -> None:
        path = tmp_path / "state" / "devices.json"
        FileTokens(path).save("ws://a", "one")
        FileTokens(path, "player-2").save("ws://a", "two")
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
        assert FileTokens(path).load("ws://a") == "one"
        assert FileTokens(path, "player-2").load("ws://a") == "two"
        assert FileTokens(path, "player-3").load("ws://a") is None
        written = path.stat().st_mtime_ns
        FileTokens(path).save("ws://a", "one")
        assert path.stat().st_mtime_ns == written
        assert os.listdir(path.parent) == ["devices.json"]

    @pytest.mark.parametrize("held", ["", "{", "[1]", '{"ws://a": 5}'])
    def test_a_damaged_file_is_as_good_as_none(self, tmp_path: Path, held: str) -> None:
        path = tmp_path / "devices.json"
        path.write_text(held)
        assert FileTokens(path).load("ws://a") is None
        FileTokens(path).save("ws://a", "one")
        assert FileTokens(path).load("ws://a") == "one"

    def test_a_write_that_fails_leaves_the_old_file(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        path = tmp_path / "devices.json"
        FileTokens(path).save("ws://a", "one")

        def full(*_: object) -> None:
            raise OSError("disk full")

        monkeypatch.setattr(os, "replace", full)
        with pytest.raises(OSError, match="disk full"):
            FileTokens(path).save("ws://a", "two")
        assert FileTokens(path).load("ws://a") == "one"
        assert os.listdir(tmp_path) == ["devices.json"]


def test_the_lobby_forgets_what_is_over() -> None:
    lobby = Lobby()
    game: dict[str, Any] = {"game_id": "a", "status": "playing"}
    assert lobby.answered({"games": [game]}, first=True) is None
    assert lobby.answered({"games": [game | {"game_id": "b"}], "next": "b"}, first=False) == "b"
    lobby.news({"games": [game | {"status": "void"}, {"game_id": "never", "status": "signed"}]})
    assert sorted(lobby.games) == ["b"]
    lobby.news({"games": [], "gone": ["b", "never"]})
    assert lobby.games == {}
    lobby.news({"games": [game]})
    # All anew, unasked: we may see more or less now.
    other = game | {"game_id": "c"}
    assert lobby.news({"games": [other], "whole": True, "next": "c"}) == "c"
    assert sorted(lobby.games) == ["c"]
    assert lobby.news({"games": [game], "whole": False}) is None
    assert sorted(lobby.games) == ["a", "c"]
    assert lobby.answered({"games": []}, first=True) is None
    assert lobby.games == {}


def test_fields_not_given_are_left_out() -> None:
    assert trimmed({"a": 1, "b": None, "c": 0, "d": ""}) == {"a": 1, "c": 0, "d": ""}
