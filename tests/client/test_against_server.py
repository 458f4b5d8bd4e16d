"""The client and a real server process: what each promises, together."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import pytest_twisted  # type: ignore[import-untyped]
from twisted.internet import reactor as installed
from twisted.internet.task import deferLater
from twisted.internet.threads import deferToThread

from gamesync.client import ClientRefused, FileTokens, GameClient, State, Status
from gamesync.client.demo import run_demo
from tests.system.server import ServerProcess

from .kit import with_reactor

reactor: Any = installed


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ServerProcess]:
    running = ServerProcess(tmp_path).start()
    yield running
    running.stop()
    assert "Traceback" not in running.log, running.log


@pytest.fixture
def clients(server: ServerProcess) -> Iterator[Any]:
    made: list[GameClient] = []

    def client(**options: Any) -> GameClient:
        made.append(GameClient(server.url, **options))
        return made[-1]

    yield client
    for each in made:
        pytest_twisted.blockon(each.stop())


async def at_table(clients: Any) -> tuple[GameClient, GameClient, GameClient, GameClient]:
    """A host, two players and an observer, in play."""
    host, one, two, watcher = (
        clients(client_type=kind) for kind in ("host", "player", "player", "observer")
    )
    for client in (host, one, two, watcher):
        await client.connect()
    made = await host.create_game("wh40k-10e", "Anna", "Marek")
    places = made.detail["places"]
    await one.join(code=places["player:1"]["codes"][0].lower())
    await two.join(made.game_id, key=places["player:2"]["key"])
    await watcher.join(made.game_id)
    await host.skip_setup(1)
    await one.start_clock()
    return host, one, two, watcher


async def alike(*clients: GameClient) -> None:
    """Until all of them are at the newest version of any."""
    newest = max(client.version for client in clients)
    for client in clients:
        there = partial(_at_least, client, newest)
        await client.when(there).addTimeout(10, reactor)


def _at_least(client: GameClient, version: int, _: dict[str, Any]) -> bool:
    return client.version >= version


def shown(client: GameClient) -> dict[str, Any]:
    assert client.state is not None
    return client.state


@with_reactor
async def test_a_game_is_played_and_everybody_sees_the_same(clients: Any) -> None:
    host, one, two, watcher = await at_table(clients)
    assert (one.mirror.player, two.mirror.player, host.mirror.rights) == (1, 2, ("host",))
    await one.score(1, "secondary", value=4)
    await one.cp(1, delta=1, why="gain")
    with pytest.raises(ClientRefused) as no:
        await one.score(2, "secondary", value=4)
    assert no.value.code == "not_yours"
    with pytest.raises(ClientRefused) as no:
        await one.score(1, "secondary", value=5, if_version=1)
    assert (no.value.code, no.value.detail["value"]) == ("conflict", 4)
    await one.switch_clock()
    await two.when(lambda s: s["clock"]["side"] == 2)
    await two.switch_clock()
    await one.when(lambda s: s["clock"]["side"] == 1)
    await one.end_turn()
    assert (await one.end_turn()).already
    await alike(host, one, two, watcher)
    assert host.state == one.state == two.state
    for section in ("scores", "turn", "clock", "players"):
        assert shown(watcher)[section] == shown(host)[section]
    for client in (one, two, watcher):
        assert client.status is Status.LIVE
        clocks = client.clock_shown(2), host.clock_shown(2)
        assert abs((clocks[0] or 0) - (clocks[1] or 0)) <= 20


@with_reactor
async def test_killed_it_is_found_again_with_all_that_was_acked(
    server: ServerProcess, clients: Any
) -> None:
    host, one, two, watcher = await at_table(clients)
    everyone = (host, one, two, watcher)
    for _ in range(3):
        acked = await one.score(1, "secondary", delta=1)
        await deferToThread(server.kill)
        waiting = two.cp(2, delta=1)
        await deferToThread(server.start)
        for client in everyone:
            client.retry_now()
        assert (await waiting.addTimeout(20, reactor)).version is not None
        await alike(*everyone)
        assert one.version > (acked.version or 0)
    cells = [(c["round"], c["value"]) for c in shown(host)["scores"]["cells"]]
    assert cells == [(1, 3)]
    assert shown(host)["scores"]["players"][1]["cp"] == 4
    assert host.state == one.state == two.state


@with_reactor
async def test_a_restart_says_when_to_come_back(server: ServerProcess, clients: Any) -> None:
    seen: list[Any] = []
    client = clients(on_connection=lambda state, reason: seen.append((state, reason)))
    await client.connect()
    await deferToThread(server.stop)
    while seen[-1][0] is State.CONNECTED:
        await deferLater(reactor, 0.02)
    first = next(reason for state, reason in seen[2:])
    assert first.come_back
    assert first.retry_in >= 1.5
    await deferToThread(server.start)
    client.retry_now()
    for _ in range(500):
        if client.status is Status.LIVE:
            break
        await deferLater(reactor, 0.02)
    assert client.status is Status.LIVE


@with_reactor
async def test_the_seat_is_there_tomorrow(clients: Any, tmp_path: Path) -> None:
    tokens = FileTokens(tmp_path / "devices.json", "phone")
    host, first = clients(client_type="host"), clients(client_type="player", tokens=tokens)
    await host.connect()
    made = await host.create_game("wh40k-10e", "Anna", "Marek")
    await first.connect()
    await first.join(made.game_id, key=made.detail["places"]["player:1"]["key"])
    await first.stop()
    second = clients(client_type="player", tokens=tokens)
    await second.connect()
    assert (await second.join(made.game_id)).player == 1


@with_reactor
async def test_wrong_ways_in_are_refused_and_the_lobby_is_live(clients: Any) -> None:
    seen: list[dict[str, Any]] = []
    guest = clients(on_lobby=lambda games: seen.append(dict(games)))
    await guest.connect()
    for way in ({"code": "AAAA2222"}, {"game_id": "nosuchgame"}):
        with pytest.raises(ClientRefused) as no:
            await guest.join(**way)
        assert no.value.code in ("bad_credentials", "not_found")
    guest.watch_lobby()
    host = clients(client_type="host")
    await host.connect()
    made = await host.create_game("chess", "Anna", "Marek")
    for _ in range(500):
        if seen and made.game_id in seen[-1]:
            break
        await deferLater(reactor, 0.02)
    assert seen[-1][made.game_id]["player2_name"] == "Marek"


@with_reactor
async def test_the_seeds_way_to_a_game(clients: Any) -> None:
    client = clients(client_type="host")
    await client.connect()
    await client.send_game_state({"player1_name": "Anna", "player2_name": "Marek",
                                  "current_turn": 1, "game_status": "playing"})  # fmt: skip
    assert client.game_id is not None
    assert shown(client)["status"] == "playing"
    await client.send_game_state({"current_turn": 2})
    await client.when(lambda s: s["turn"]["active_player"] == 2)


@with_reactor
async def test_a_table_that_was_cut_off_is_believed(clients: Any) -> None:
    host, one, two, _ = await at_table(clients)
    await host.when(lambda s: s["status"] == "playing")
    link = host.conversation.link
    link.drop("pulled the cable")
    while link.connected:
        await deferLater(reactor, 0.01)
    presses = [host.end_turn(), host.switch_clock(), host.switch_clock()]
    assert host.conversation.offline
    answers = [await press for press in presses]
    assert len({answer.version for answer in answers}) == 1
    assert "contested" not in answers[0].detail
    await alike(host, one, two)
    assert shown(host)["turn"]["active_player"] == 2
    assert shown(host)["clock"]["side"] == 2
    assert shown(host)["clock"]["paused"] == []


@with_reactor
async def test_the_demonstration_plays_whole_matches_with_a_rematch(server: ServerProcess) -> None:
    matches: list[str] = []
    await run_demo(server.url, speed=400.0, matches=2,
                   on_match=lambda game_id, places: matches.append(game_id))  # fmt: skip
    assert len(set(matches)) == 2
    watcher = GameClient(server.url)
    await watcher.connect()
    for game_id in matches:
        await watcher.join(game_id)
        state = shown(watcher)
        assert state["status"] == "signed"
        assert state["result"]["how"] == "completed"
        assert state["turn"]["round"] == 5
        assert all(20 <= player["score"] <= 100 for player in state["scores"]["players"])
    assert [p["name"] for p in shown(watcher)["players"]] == ["Marek", "Anna"]
    await watcher.stop()


def terminal(
    server: ServerProcess, tmp_path: Path, which: str, *more: str, typed: str | None = None
) -> subprocess.Popen[str]:
    code = (
        f"import sys; from gamesync.client.terminal import {which}; sys.exit({which}(sys.argv[1:]))"
    )
    environment = os.environ | {"XDG_STATE_HOME": str(tmp_path), "PYTHONPATH": os.getcwd()}
    return subprocess.Popen(
        [sys.executable, "-c", code, *(more or [server.url])], env=environment, text=True,
        stdin=subprocess.PIPE if typed is not None else subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip


def test_a_game_typed_into_a_pipe_and_watched_through_another(
    server: ServerProcess, tmp_path: Path
) -> None:
    typed = "name 1 Zoe\nfirst 1\nstart\nscore 1 sec 5\ncp zoe +1\nscore 1 primary 900\nend\nundo\n"
    player = terminal(server, tmp_path, "play", typed=typed)
    said, _ = player.communicate(typed, timeout=30)
    assert player.returncode == 0, said
    assert "Zoe: Secondary, round 1: 5   [5 : 0]" in said
    assert "no: " in said
    link = re.search(r"http\S+#g=(?P<game>\w+)&p=player:1&k=\S+", said)
    code = re.search(r"player:2: code (\w+) or", said)
    assert link is not None
    assert code is not None
    watcher = terminal(server, tmp_path, "watch", server.url, "--game", link["game"])
    seated = terminal(server, tmp_path, "play", "-", "--device", "phone", typed="")
    other = terminal(server, tmp_path, "play", server.url, "--code", "--device", "other", typed="")
    assert watcher.stdout is not None
    seen = ""
    while "Zoe against Marek, playing" not in seen:
        line = watcher.stdout.readline()
        assert line, seen
        seen += line
    said, _ = seated.communicate(f"{link[0]}\ncp 3\nquit\n", timeout=30)
    assert seated.returncode == 0, said
    assert "Zoe has 3 CP" in said
    said, _ = other.communicate(f"{code[1]}\ncp 4\nquit\n", timeout=30)
    assert other.returncode == 0, said
    assert "Marek has 4 CP" in said
    while "Zoe has 3 CP" not in seen:
        line = watcher.stdout.readline()
        assert line, seen
        seen += line
    watcher.terminate()
    assert watcher.wait(30) == 0


def test_addresses_that_are_none_are_said_in_words(server: ServerProcess, tmp_path: Path) -> None:
    server.scheme = "ftp"
    watcher = terminal(server, tmp_path, "watch")
    said, _ = watcher.communicate(timeout=30)
    assert watcher.returncode == 2
    assert "an address looks like ws://host:8765" in said
