"""Codes, tokens and revocation on a real server: what it answers, how fast, and to whom no more."""

from __future__ import annotations

import re
import sqlite3
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed

from ..starved import Watch
from .server import ServerProcess
from .talker import Talker

FREELY = [
    f"--limit={name}=1000000"
    for name in (
        *("observer_commands_per_second", "observer_commands_burst"),
        *("commands_per_second", "commands_burst", "match_commands_burst"),
        *("frames_per_second", "frames_burst"),
        *("private_per_second", "private_burst", "device_games", "address_games"),
    )
]


@contextmanager
def serving(folder: Path, *options: str, **more: Any) -> Iterator[ServerProcess]:
    server = ServerProcess(folder, *FREELY, *options, **more).start()
    yield server
    server.stop()
    assert "Traceback" not in server.log, server.log


def codes(host: Talker, player: int) -> list[str]:
    answer = host.do("device", {"op": "invite", "player": player}, game_id=host.game_id)
    found: list[str] = answer["data"]["detail"]["codes"]
    return found


def close_code(talker: Talker, seconds: float = 10.0) -> int:
    """With what the server closes the connection."""
    with pytest.raises(ConnectionClosed) as closed:
        talker.hear_until(lambda message: False, seconds)
    assert closed.value.rcvd is not None, "it was cut"
    return closed.value.rcvd.code


# ---------------------------------------------------------------------------- guessing


def test_wrong_used_and_expired_codes_take_as_long_and_say_the_same(tmp_path: Path) -> None:
    more = "--limit=wrong_codes_per_minute=1000000", "--limit=wrong_codes_per_minute_total=1000000"
    with serving(tmp_path, *more) as server, Talker(server.url) as host:
        host.create(player1_name="Anna", player2_name="Marek")
        used, expired = codes(host, 1)[-1], codes(host, 2)[-1]
        with Talker(server.url) as anna:
            anna.connect(code=used)
        host.do("device", {"op": "invite", "player": 2, "renew": True}, game_id=host.game_id)
        kinds = {"wrong": "ABCDEFGH", "used": used, "expired": expired, "table": table_code(server)}
        with Talker(server.url) as guesser:
            said = {kind: guess(guesser, code)[0] for kind, code in kinds.items()}
            for data in said.values():
                assert data == said["wrong"]
                assert data["code"] == "bad_credentials"
            # A machine that others use is never quite even: a difference would stay.
            for _ in range(10):
                took = took_ms(guesser, kinds)
                if max(took.values()) <= 1.2 * min(took.values()):
                    break
            else:
                pytest.fail(f"they can be told apart: {took}")


def table_code(server: ServerProcess) -> str:
    """Of one of a hall's hundred tables, before its link was renewed."""
    with Talker(server.url) as olga:
        olga.connect(game_id="venue", key=re.findall(r"#k=([\w-]+)", server.log)[-1])
        names = [f"Table {n}" for n in range(99)]
        olga.do("table", {"op": "import", "names": names}, game_id="venue")
        added = olga.do("table", {"op": "add", "name": "Table 99"}, game_id="venue")
        told = added["data"]["detail"]
        unpair = {"op": "unpair", "table": told["table"], "renew": True}
        olga.do("table", unpair, game_id="venue")
        return str(told["code"])


def guess(guesser: Talker, code: str) -> tuple[dict[str, Any], float]:
    begun = time.perf_counter()
    answer = guesser.ask("connect", {"code": code})
    return answer["data"], time.perf_counter() - begun


def behind_wrong_ones(guesser: Talker, code: str) -> dict[str, Any]:
    """The answer to *code*, asked in one go with wrong ones: they use what the budget has won."""
    *_, asked = [guesser.say("connect", {"code": each}) for each in (*["ABCDEFGH"] * 5, code)]
    answer: dict[str, Any] = guesser.hear_until(lambda message: message.get("id") == asked)
    return dict(answer["data"])


def took_ms(guesser: Talker, kinds: dict[str, str], rounds: int = 60) -> dict[str, float]:
    """The median of each kind's guesses. By turns, so that what else goes on meets all alike."""
    took: dict[str, list[float]] = {kind: [] for kind in kinds}
    for _ in range(rounds):
        for kind, code in kinds.items():
            took[kind].append(guess(guesser, code)[1] * 1000)
    return {kind: statistics.median(each) for kind, each in took.items()}


def test_a_thousand_guesses_from_one_address_are_ten(tmp_path: Path) -> None:
    with serving(tmp_path) as server, Talker(server.url) as host:
        host.create(player1_name="Anna", player2_name="Marek")
        (right, *_) = codes(host, 1)
        with Talker(server.url) as guesser:
            begun = time.monotonic()
            told = [guess(guesser, "ABCDEFGH")[0] for _ in range(1_000)]
            looked_at = [no for no in told if no["code"] == "bad_credentials"]
            assert told[:10] == looked_at[:10]
            assert len(looked_at) <= 10 + (time.monotonic() - begun) * 10 / 60
            refused = [no for no in told if no not in looked_at]
            assert {no["code"] for no in refused} == {"rate_limited"}
            assert all(0 < no["retry_after_ms"] <= 60_000 for no in refused)
            assert behind_wrong_ones(guesser, right).get("code") == "rate_limited"
        with Talker(server.url, source="127.0.0.2") as anna:
            anna.connect(code=right)


def test_a_thousand_guesses_from_forty_addresses_are_a_hundred(tmp_path: Path) -> None:
    with serving(tmp_path) as server, Talker(server.url) as host:
        host.create(player1_name="Anna", player2_name="Marek")
        (right, *_) = codes(host, 1)
        begun, wrong = time.monotonic(), 0
        for n in range(40):
            with Talker(server.url, source=f"127.0.1.{n + 1}") as guesser:
                told = [guess(guesser, "ABCDEFGH")[0]["code"] for _ in range(25)]
                wrong += told.count("bad_credentials")
                assert set(told) <= {"bad_credentials", "rate_limited"}
        seconds = time.monotonic() - begun  # the budget fills whether the server is let run or not
        assert wrong <= 101 + seconds * 100 / 60
        assert wrong >= 100
        with Talker(server.url, source="127.0.2.1") as anna:
            assert behind_wrong_ones(anna, right).get("code") == "rate_limited", "none is tried now"
            key = host.do("device", {"op": "invite", "player": 1}, game_id=host.game_id)
            anna.connect(game_id=host.game_id, key=key["data"]["detail"]["key"])


# -------------------------------------------------------------------------- revocation


def test_a_revoked_device_is_closed_at_once_and_its_token_is_dead(tmp_path: Path) -> None:
    with serving(tmp_path) as server, Talker(server.url) as host:
        places = host.create(player1_name="Anna", player2_name="Marek")["data"]["detail"]["places"]
        key = places["player:1"]["key"]
        phones = [Talker(server.url)]
        joined = phones[0].connect(game_id=host.game_id, key=key)
        for _ in range(3):  # the same device, more than once
            phones.append(Talker(server.url, token=phones[0].token))
            phones[-1].connect(game_id=host.game_id)
        watch = Watch(server.pid)
        host.do("device", {"op": "revoke", "device": joined["data"]["device"]})
        assert [close_code(phone) for phone in phones] == [4403] * 4
        assert watch.seconds() < 1.0
        with Talker(server.url, token=phones[0].token) as again:
            answer = again.connect(game_id=host.game_id)
            assert answer["data"]["rights"] == [], "it watches, as everybody may"
            no = again.ask("score_update", {"player": 1, "delta": 1})
            assert no["data"]["code"] == "not_yours"
            no = again.ask("connect", {"key": key}, game_id=host.game_id)
            assert no["data"]["code"] == "bad_credentials", "nor by the old link"
        for phone in phones:
            phone.close()


def on_the_box(server: ServerProcess, *words: str) -> str:
    """What ``gamesync key`` prints, beside the running server."""
    program = Path(sys.executable).parent / "gamesync"
    done = subprocess.run(
        [program, "key", *words], cwd=server.folder, capture_output=True, text=True, check=True
    )
    return done.stdout


def test_an_official_whose_key_is_revoked_on_the_box(tmp_path: Path) -> None:
    with serving(tmp_path) as server:
        said = on_the_box(server, "new", "--judge", "Tom")
        key = next(word for word in said.split() if "#k=" in word).partition("#k=")[2]
        tom = Talker(server.url)
        joined = tom.connect(game_id="venue", key=key)
        assert joined["data"]["rights"] == ["judge"]
        (office,) = (place["id"] for place in joined["data"]["places"])
        assert "Tom" in on_the_box(server, "revoke", office)
        watch = Watch(server.pid)
        assert close_code(tom) == 4403
        assert watch.seconds() < 1.0
        with Talker(server.url, token=tom.token) as again:
            assert again.connect(game_id="venue")["data"]["rights"] == []
        tom.close()


def test_a_table_s_screen_that_is_revoked_at_the_venue(tmp_path: Path) -> None:
    """It saw no more of the venue than everybody does, and goes all the same; once."""
    with serving(tmp_path) as server:
        said = on_the_box(server, "new", "Olga")
        key = next(word for word in said.split() if "#k=" in word).partition("#k=")[2]
        with Talker(server.url) as olga, Talker(server.url) as screen:
            olga.connect(game_id="venue", key=key)
            made = olga.do("table", {"op": "add", "name": "Table 1"}, game_id="venue")
            joined = screen.connect(code=made["data"]["detail"]["code"])
            assert [place["place"] for place in joined["data"]["places"]] == ["table"]
            gone = {"op": "revoke", "device": joined["data"]["device"]}
            olga.do("device", gone, game_id="venue")
            assert close_code(screen) == 4403
            with Talker(server.url, token=screen.token) as again:
                assert again.connect(game_id="venue")["data"].get("places", []) == []
                olga.do("table", {"op": "add", "name": "Table 2"}, game_id="venue")
                again.do("heartbeat", {"t0": 1})  # as a stranger it may stay


# ---------------------------------------------------------------------------- lifetimes


def test_a_token_that_is_too_old_after_a_restart(tmp_path: Path) -> None:
    with serving(tmp_path) as server, Talker(server.url) as host:
        places = host.create(player1_name="Anna", player2_name="Marek")["data"]["detail"]["places"]
        anna = Talker(server.url)
        anna.connect(game_id=host.game_id, key=places["player:1"]["key"])
        server.stop()
        with closing(sqlite3.connect(server.database)) as database, database:
            hours = 13 * 3_600_000  # the rest of an evening, for a test that has not the time
            made_older = "UPDATE tokens SET since_ms = since_ms - ?, seen_ms = seen_ms - ?"
            assert database.execute(made_older, (hours, hours)).rowcount == 2
        server.start()
        with Talker(server.url, token=anna.token) as again:
            no = again.ask("connect", {"token": anna.token}, game_id=host.game_id)
            assert no["data"]["code"] == "token_expired"
            for _ in range(2):
                with Talker(server.url) as other:
                    other.connect(game_id=host.game_id, key=places["player:1"]["key"])
            back = again.connect(game_id=host.game_id, key=places["player:1"]["key"])
            assert back["data"]["rights"] == ["player:1"]
            assert again.token != anna.token
            server.restart()
        with Talker(server.url, token=again.token) as third:
            assert third.connect(game_id=host.game_id)["data"]["rights"] == ["player:1"]
