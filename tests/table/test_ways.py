"""The ways in to a match: codes and links of a real server's, and who comes by them."""

from __future__ import annotations

from gamesync.table.about import outside
from gamesync.table.flow import Screen
from tests.system.server import ServerProcess

from ..client.kit import with_reactor
from .sessions import Screens, arrived, hosting, state, until, way


@with_reactor
async def test_the_codes_on_the_screen_open_the_places(
    server: ServerProcess, screens: Screens
) -> None:
    session = await hosting(screens, server)
    ways = [await way(session, place) for place in ("player:1", "player:2")]
    watching = await way(session, "observer")
    assert outside(session.box.said, watching["link"]).startswith(session.box.said["address"])
    phone, other, tv = (screens.session(name) for name in ("phone", "other", "tv"))
    phone.keep(role="player")
    await arrived(phone, server.url)
    await phone.choice.enter(ways[0]["codes"][-1].lower())
    await until(lambda: phone.screen() is Screen.GATHER, "for the seat")
    assert phone.match is not None
    assert phone.match.mirror.rights == ("player:1",)
    assert (phone.may(1), phone.may(2), phone.is_table) == (True, False, False)
    assert phone.way("player:2") is None
    other.box.open(outside(session.box.said, ways[1]["link"]))
    await until(lambda: other.match and other.match.mirror.player == 2, "for the second seat")
    tv.box.open(outside(session.box.said, watching["link"]))
    await until(lambda: tv.state, "for the observer")
    held = {d["player"] for d in state(session)["devices"] if d["role"] == "player"}
    assert held == {1, 2}


@with_reactor
async def test_a_fresh_code_makes_the_old_one_void(server: ServerProcess, screens: Screens) -> None:
    session = await hosting(screens, server)
    old = await until(lambda: session.way("player:1"))
    await session.renew("player:1")
    new = session.way("player:1")
    assert new is not None
    assert new["key"] != old["key"]
    phone = await arrived(screens.session("phone"), server.url)
    phone.box.open(outside(session.box.said, old["link"]))
    await until(lambda: phone.box.problem, "to be refused")
    assert phone.box.problem == phone.words("error_bad_credentials")
    assert phone.screen() is Screen.CHOOSE
    phone.box.open(outside(session.box.said, new["link"]))
    await until(lambda: phone.screen() is Screen.GATHER, "for the seat")
    assert phone.box.problem == ""
