"""A session as the app has one, from an address to play: real servers, real sockets."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest
from twisted.internet.defer import Deferred

from gamesync.client import Answer, GameClient
from gamesync.table.about import outside
from gamesync.table.flow import Screen
from gamesync.table.session import Session
from tests.system.server import ServerProcess

from ..client.kit import with_reactor
from .sessions import Screens, arrived, hosting, state, until, way


async def both(session: Session, ask: Callable[[GameClient, int], Deferred[Answer]]) -> None:
    """Both players do the same."""
    for player in (1, 2):
        await session.tap("key", partial(_asked, ask, player))


def _asked(
    ask: Callable[[GameClient, int], Deferred[Answer]], player: int, client: GameClient
) -> Deferred[Answer]:
    return ask(client, player)


@with_reactor
async def test_from_an_address_to_the_first_turn(server: ServerProcess, screens: Screens) -> None:
    session = screens.session()
    assert session.screen() is Screen.FIND
    await arrived(session, f"127.0.0.1:{server.port}")
    assert session.screen() is Screen.CHOOSE
    session.choice.new()
    session.choice.not_new()
    assert session.screen() is Screen.CHOOSE
    session.choice.new()
    await session.choice.create("wh40k-10e", profile="club", options={})
    assert session.screen() is Screen.GATHER
    await session.tap("profile", lambda client: client.profile(1, name="Anna"))
    await session.tap("profile", lambda client: client.profile(2, name="Marek"))
    await both(session, GameClient.ready)
    assert session.screen() is Screen.SETUP
    while state(session)["setup"]["kind"] == "roll":
        await both(session, GameClient.roll)
    rolls = session.dice.get("attacker-roll")
    winner = state(session)["setup"]["chooser"]
    assert rolls[winner] > rolls[3 - winner]
    await session.tap("step", lambda client: client.choose("attacker", winner))
    await session.do("step", "setup", {"op": "result", "winner": 2})
    await session.tap("step", lambda client: client.choose("second", 2))
    assert session.screen() is Screen.READY
    assert state(session)["turn"]["first_player"] == 1
    await session.tap("start", lambda client: client.start_clock())
    assert session.screen() is Screen.PLAY
    assert session.seen is not None
    assert (session.seen.active, session.seen.side, session.seen.running) == (1, 1, True)
    assert session.may(1)
    assert session.may(2)


@pytest.mark.parametrize(("profile", "name", "side"), [("club", "Player 2", 1), ("event", "", 2)])
@with_reactor
async def test_who_has_no_phone_plays_from_the_table(
    server: ServerProcess, screens: Screens, profile: str, name: str, side: int
) -> None:
    """At the club, that is. At an event he is late, and his clock runs though the other starts."""
    session = await hosting(screens, server, profile=profile)
    link = (await way(session, "player:1"))["link"]
    phone = screens.session("phone")
    phone.box.open(outside(session.box.said, link))
    await until(lambda: phone.match and phone.match.mirror.player == 1, "for the seat")
    await phone.tap("profile", lambda client: client.profile(1, name="Anna"))
    await session.tap("skip", lambda client: client.skip_setup(1))
    await session.begin()
    assert session.taps.problem("start") == ""
    assert session.screen() is Screen.PLAY
    assert [player["name"] for player in state(session)["players"]] == ["Anna", name]
    assert state(session)["clock"]["side"] == side


@with_reactor
async def test_a_refusal_is_told(server: ServerProcess, screens: Screens) -> None:
    session = await hosting(screens, server)
    assert await session.tap("ready", lambda client: client.ready(1)) is None
    assert session.taps.problem("ready") == "Not now (first the name of player 1)"
    assert session.screen() is Screen.GATHER
