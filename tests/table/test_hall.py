"""A table of the venue's: it follows its matches, and a screen becomes one by its code."""

from __future__ import annotations

import json
import re

from gamesync.client import GameClient
from gamesync.table.flow import Screen
from gamesync.table.session import Session
from tests.system.server import ServerProcess

from ..client.kit import with_reactor
from .sessions import Screens, arrived, hosting, state, until

KEY = re.compile(r"#k=(?P<key>[\w-]+)")


async def desk(server: ServerProcess, screens: Screens) -> GameClient:
    """The organiser."""
    found = KEY.search(server.log)
    assert found
    client = GameClient(server.url)
    screens.clients.append(client)
    await client.connect()
    await client.join("venue", key=found["key"])
    return client


async def tables(olga: GameClient, *names: str) -> list[tuple[str, str]]:
    """Tables of the venue: the id of each, and the link for its own screen."""
    made = []
    for name in names:
        added = await olga.send("table", {"op": "add", "name": name})
        shown = await olga.send("table", {"op": "invite", "table": added.detail["table"]})
        made.append((added.detail["table"], shown.detail["link"]))
    return made


async def codes(olga: GameClient, *ids: str) -> list[str]:
    """The codes of tables, as the desk shows them."""
    shown = [
        await olga.send("table", {"op": "invite", "table": id_}, game_id="venue") for id_ in ids
    ]
    return [answer.detail["code"] for answer in shown]


def announced(session: Session) -> list[str]:
    """What the venue says to everybody."""
    return [a["text"] for a in (session.hall.state or {}).get("announcements", ())]


def watched(screens: Screens, session: Session) -> list[Screen | str]:
    """What the app would show from now on, at each change; and what it could not show."""
    shown: list[Screen | str] = []

    def look() -> None:
        try:
            shown.append(session.screen())
        except Exception as error:
            shown.append(repr(error))

    screens.watching.append(look)
    return shown


@with_reactor
async def test_a_venues_table_follows_its_matches(server: ServerProcess, screens: Screens) -> None:
    olga = await desk(server, screens)
    [(table, link)] = await tables(olga, "Table 7")
    session = screens.session()
    session.box.open(f"{server.http}/{link}")
    await until(lambda: session.hall.table, "for the table")
    assert session.hall.table is not None
    assert session.hall.table["name"] == "Table 7"
    assert session.screen() is Screen.CHOOSE
    await olga.send("announce", {"op": "add", "text": "Lunch", "to": "all"})
    await until(lambda: announced(session) == ["Lunch"], "for the announcement")
    made = await olga.create_game("chess", "Anna", "Marek", host=False)
    await olga.join("venue")
    await olga.send("assign", {"op": "game", "table": table, "game": made.game_id}, game_id="venue")
    await until(lambda: session.match and session.match.game_id == made.game_id, "to go there")
    await until(lambda: session.screen() is Screen.GATHER, "for the match")
    assert session.is_table
    session.choice.leave()
    # What happens at the venue does not lead back to what somebody has put away.
    await olga.send("announce", {"op": "add", "text": "Dinner", "to": "all"}, game_id="venue")
    await until(lambda: len(announced(session)) == 2, "for the announcement")
    assert session.match is not None
    assert not session.match.conversation.entrance.way.anywhere
    assert session.screen() is Screen.CHOOSE
    await session.choice.create("wh40k-10e", profile="club", options={})
    await until(
        lambda: session.hall.table and session.hall.table["game"] == session.prefs.game_id, "to sit"
    )
    assert session.screen() is Screen.GATHER
    assert state(session)["table"] == "Table 7"
    await session.stop()
    again = screens.session()
    again.start()
    await until(lambda: again.screen() is Screen.GATHER, "for the match")
    assert again.is_table


@with_reactor
async def test_a_screen_becomes_a_tables_by_its_code(
    server: ServerProcess, screens: Screens
) -> None:
    olga = await desk(server, screens)
    one, two, three = [id_ for id_, _ in await tables(olga, "Table 1", "Table 2", "Table 3")]
    first, second, third = await codes(olga, one, two, three)
    session = await hosting(screens, server)
    own = session.prefs.game_id
    shown = watched(screens, session)
    await session.choice.enter(f"{first[:4]} {first[4:]}".lower())
    await until(lambda: session.hall.table, "for the table")
    assert session.hall.table is not None
    assert (session.hall.table["id"], session.prefs.table, session.prefs.game_id) == (one, one, "")
    assert (session.screen(), session.state, session.box.problem) == (Screen.CHOOSE, None, "")
    assert session.match is not None
    assert session.situation().game_id == "", "one client follows the hall, and that is enough"
    # From now on it follows what is put on its table.
    made = await olga.create_game("chess", "Anna", "Marek", host=False)
    await olga.join("venue")
    await olga.send("assign", {"op": "game", "table": two, "game": made.game_id}, game_id="venue")
    put = {"op": "game", "table": one, "game": own, "reason": "x"}
    await olga.send("assign", put, game_id="venue")
    await until(lambda: session.screen() is Screen.GATHER, "for its match")
    assert session.match.game_id == own
    assert session.is_table
    await session.choice.enter(second)
    await until(lambda: session.match and session.match.game_id == made.game_id, "to go there")
    await until(lambda: session.screen() is Screen.GATHER, "for the second table's match")
    assert session.is_table
    assert (session.prefs.table, session.prefs.game_id) == (two, made.game_id)
    # A free table has no match to go to, be it the one before's.
    await session.choice.enter(third)
    await until(
        lambda: session.hall.table and session.hall.table["id"] == three, "for the third table"
    )
    assert not session.match.conversation.entrance.way.anywhere
    assert session.screen() is Screen.CHOOSE
    await session.choice.enter(second)
    await until(lambda: session.screen() is Screen.GATHER, "for the match")
    # The same code again does no harm: it stays the table's, and in its match.
    await session.choice.enter(second)
    await until(lambda: session.match and session.match.state, "for the match")
    await until(lambda: session.screen() is Screen.GATHER, "for the match")
    assert set(shown) <= {Screen.CHOOSE, Screen.WAIT, Screen.GATHER}
    await session.stop()
    again = screens.session()
    again.start()
    await until(lambda: again.screen() is Screen.GATHER, "for the match")
    await until(lambda: again.hall.table, "for the table")
    assert again.is_table
    assert again.prefs.table == two


@with_reactor
async def test_a_tables_code_beside_a_token_that_is_no_more(
    server: ServerProcess, screens: Screens
) -> None:
    """Both of the screen's clients are the device that the code made of it."""
    olga = await desk(server, screens)
    [(table, _)] = await tables(olga, "Table 1")
    [code] = await codes(olga, table)
    session = await arrived(screens.session(), server.url)
    assert session.match is not None
    assert session.box.hall is not None
    session.match.conversation.entrance.token = "u" * 43
    await session.choice.enter(code)
    await until(lambda: session.hall.table, "for the table")
    assert session.box.hall.conversation.entrance.token == session.match.token == "u" * 43
    assert [place["id"] for place in session.box.hall.mirror.places] == [table]


@with_reactor
async def test_a_token_that_has_ended_is_one_new_device(
    server: ServerProcess, screens: Screens
) -> None:
    """Match and hall each come in again as somebody; it is the same one, and what is kept is it."""
    session = await arrived(screens.session(), server.url)
    assert session.match is not None
    assert session.box.hall is not None
    old = session.match.token
    for client in (session.match, session.box.hall):  # as after `token_expired`
        client.conversation.entrance.token = None
        client.conversation.link.drop("for the test")
    match, hall = session.match, session.box.hall
    await until(lambda: match.connected and match.token not in (None, old), "for a new token")
    await until(lambda: hall.connected and hall.token, "for the hall")
    session.look()
    assert hall.token == match.token
    await until(lambda: hall.mirror.device == match.mirror.device, "to be one device")
    kept = json.loads((session.folder / "tokens.json").read_text())
    assert list(kept.values()) == [match.token]
    session.look()  # and that is all
    assert hall.conversation.entrance.settled


@with_reactor
async def test_a_tables_code_that_was_renewed(server: ServerProcess, screens: Screens) -> None:
    olga = await desk(server, screens)
    [(table, _)] = await tables(olga, "Table 1")
    [code] = await codes(olga, table)
    await olga.send("table", {"op": "unpair", "table": table, "renew": True}, game_id="venue")
    session = await arrived(screens.session(), server.url)
    session.choice.enter(code)
    await until(lambda: session.box.problem, "to be refused")
    assert session.box.problem == session.words("error_bad_credentials")
    assert (session.hall.table, session.prefs.table) == (None, "")
    assert session.screen() is Screen.CHOOSE
