"""Which match is played: by a code, from the list, and the one that was on before."""

from __future__ import annotations

from gamesync.table.flow import Screen
from tests.system.server import ServerProcess

from ..client.kit import with_reactor
from .sessions import Screens, arrived, hosting, state, until


@with_reactor
async def test_a_code_that_opens_nothing(server: ServerProcess, screens: Screens) -> None:
    session = await arrived(screens.session(), server.url)
    session.choice.enter("22222222")
    await until(lambda: session.box.problem, "to be refused")
    assert session.box.problem == session.words("error_bad_credentials")
    assert session.screen() is Screen.CHOOSE


@with_reactor
async def test_the_app_is_killed_and_goes_on_where_it_was(
    server: ServerProcess, screens: Screens
) -> None:
    session = await hosting(screens, server, this_boot="monday")
    await session.tap("profile", lambda client: client.profile(1, name="Anna"))
    await session.stop()
    again = screens.session(this_boot="monday")
    again.start()
    await until(lambda: again.screen() is Screen.GATHER, "for the match")
    assert state(again)["players"][0]["name"] == "Anna"
    assert again.is_table
    await again.stop()
    after = screens.session(this_boot="tuesday")
    after.start()
    await until(lambda: after.state, "for the match")
    assert after.screen() is Screen.CHOOSE
    after.choice.resume()
    assert after.screen() is Screen.GATHER
    after.choice.leave()
    assert (after.screen(), after.prefs.game_id) == (Screen.CHOOSE, "")


@with_reactor
async def test_the_list_of_matches_for_who_only_watches(
    server: ServerProcess, screens: Screens
) -> None:
    session = await hosting(screens, server)
    tv = screens.session("tv")
    tv.keep(role="observer")
    await arrived(tv, server.url)
    assert tv.match is not None
    tv.match.watch_lobby()
    games = await until(lambda: tv.match and tv.match.lobby, "for the list")
    [game_id] = games
    await tv.choice.watch(game_id)
    await until(lambda: tv.screen() is Screen.GATHER, "for the match")
    assert not tv.may(1)
    await session.tap("profile", lambda client: client.profile(1, name="Anna"))
    await until(lambda: state(tv)["players"][0]["name"] == "Anna", "for the name")
