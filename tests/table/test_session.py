"""The table's place at the box: real servers, real sockets, a session as the app has one."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import pytest_twisted  # type: ignore[import-untyped]
from twisted.internet import reactor as installed
from twisted.internet.defer import Deferred
from twisted.internet.task import deferLater
from twisted.internet.threads import deferToThread

from gamesync.client import Answer, GameClient
from gamesync.table.about import outside
from gamesync.table.flow import Screen
from gamesync.table.session import Session
from tests.system.server import ServerProcess

from ..client.kit import with_reactor

reactor: Any = installed
PATIENCE_S = 30.0


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ServerProcess]:
    running = ServerProcess(tmp_path).start()
    yield running
    running.stop()
    assert "Traceback" not in running.log, running.log


class Screens:
    """Sessions, each in a folder of its own, that are all stopped in the end."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._sessions: list[Session] = []
        self.clients: list[GameClient] = []

    def session(self, name: str = "table", **options: Any) -> Session:
        """The screen *name* is started; again, if it was before."""
        folder = self._folder / name
        folder.mkdir(exist_ok=True)
        self._sessions.append(Session(reactor, folder, lambda: None, **options))
        return self._sessions[-1]

    async def stop(self) -> None:
        for session in self._sessions:
            await session.stop()
        for client in self.clients:
            await client.stop()


@pytest.fixture
def screens(tmp_path: Path) -> Iterator[Screens]:
    made = Screens(tmp_path)
    yield made
    pytest_twisted.blockon(Deferred.fromCoroutine(made.stop()))


async def until(test: Callable[[], Any], what: str = "") -> Any:
    """What *test* gives as soon as it is true of anything."""
    began = reactor.seconds()
    while not (found := test()):
        assert reactor.seconds() - began < PATIENCE_S, f"waited in vain {what}"
        await deferLater(reactor, 0.01)
    return found


async def arrived(session: Session, url: str) -> Session:
    assert session.open(url) == ""
    assert session.problem == ""  # to be on the way is none
    await until(lambda: session.box and session.hall and session.hall.state, "for the box")
    return session


async def hosting(
    screens: Screens, server: ServerProcess, *, profile: str = "club", **options: Any
) -> Session:
    """A screen that has made a match, and waits for its players."""
    session = await arrived(screens.session(**options), server.url)
    session.new_match()
    assert session.screen() is Screen.NEW
    await session.create("wh40k-10e", profile=profile, options={"clock": "down-90"})
    await until(lambda: session.screen() is Screen.GATHER, "for the match")
    return session


async def both(session: Session, ask: Callable[[GameClient, int], Deferred[Answer]]) -> None:
    """Both players do the same."""
    for player in (1, 2):
        await session.tap("key", partial(_asked, ask, player))


def _asked(
    ask: Callable[[GameClient, int], Deferred[Answer]], player: int, client: GameClient
) -> Deferred[Answer]:
    return ask(client, player)


async def way(session: Session, place: str) -> dict[str, Any]:
    """Link and codes of a place, once they are told."""
    found: dict[str, Any] = await until(lambda: session.way(place), place)
    return found


def announced(session: Session) -> list[str]:
    hall = session.hall.state if session.hall is not None else None
    return [a["text"] for a in (hall or {}).get("announcements", ())]


def state(session: Session) -> dict[str, Any]:
    found = session.state
    assert found is not None
    return found


@with_reactor
async def test_from_an_address_to_the_first_turn(server: ServerProcess, screens: Screens) -> None:
    session = screens.session()
    assert session.screen() is Screen.FIND
    await arrived(session, f"127.0.0.1:{server.port}")
    assert session.screen() is Screen.CHOOSE
    session.new_match()
    session.not_new()
    assert session.screen() is Screen.CHOOSE
    session.new_match()
    await session.create("wh40k-10e", profile="club", options={})
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


@with_reactor
async def test_the_codes_on_the_screen_open_the_places(
    server: ServerProcess, screens: Screens
) -> None:
    session = await hosting(screens, server)
    ways = [await way(session, place) for place in ("player:1", "player:2")]
    watching = await way(session, "observer")
    assert outside(session.box, watching["link"]).startswith(session.box["address"])
    phone, other, tv = (screens.session(name) for name in ("phone", "other", "tv"))
    phone.keep(role="player")
    await arrived(phone, server.url)
    await phone.enter(ways[0]["codes"][-1].lower())
    await until(lambda: phone.screen() is Screen.GATHER, "for the seat")
    assert phone.match is not None
    assert phone.match.mirror.rights == ("player:1",)
    assert (phone.may(1), phone.may(2), phone.is_table) == (True, False, False)
    assert phone.way("player:2") is None
    other.open(outside(session.box, ways[1]["link"]))
    await until(lambda: other.match and other.match.mirror.player == 2, "for the second seat")
    tv.open(outside(session.box, watching["link"]))
    await until(lambda: tv.state, "for the observer")
    held = {d["player"] for d in state(session)["devices"] if d["role"] == "player"}
    assert held == {1, 2}


@pytest.mark.parametrize(("profile", "name", "side"), [("club", "Player 2", 1), ("event", "", 2)])
@with_reactor
async def test_who_has_no_phone_plays_from_the_table(
    server: ServerProcess, screens: Screens, profile: str, name: str, side: int
) -> None:
    """At the club, that is. At an event he is late, and his clock runs though the other starts."""
    session = await hosting(screens, server, profile=profile)
    link = (await way(session, "player:1"))["link"]
    phone = screens.session("phone")
    phone.open(outside(session.box, link))
    await until(lambda: phone.match and phone.match.mirror.player == 1, "for the seat")
    await phone.tap("profile", lambda client: client.profile(1, name="Anna"))
    await session.tap("skip", lambda client: client.skip_setup(1))
    await session.begin()
    assert session.taps.problem("start") == ""
    assert session.screen() is Screen.PLAY
    assert [player["name"] for player in state(session)["players"]] == ["Anna", name]
    assert state(session)["clock"]["side"] == side


@with_reactor
async def test_a_fresh_code_makes_the_old_one_void(server: ServerProcess, screens: Screens) -> None:
    session = await hosting(screens, server)
    old = await until(lambda: session.way("player:1"))
    await session.renew("player:1")
    new = session.way("player:1")
    assert new is not None
    assert new["key"] != old["key"]
    phone = await arrived(screens.session("phone"), server.url)
    phone.open(outside(session.box, old["link"]))
    await until(lambda: phone.problem, "to be refused")
    assert phone.problem == phone.words("error_bad_credentials")
    assert phone.screen() is Screen.CHOOSE
    phone.open(outside(session.box, new["link"]))
    await until(lambda: phone.screen() is Screen.GATHER, "for the seat")
    assert phone.problem == ""


@with_reactor
async def test_a_code_that_opens_nothing(server: ServerProcess, screens: Screens) -> None:
    session = await arrived(screens.session(), server.url)
    session.enter("22222222")
    await until(lambda: session.problem, "to be refused")
    assert session.problem == session.words("error_bad_credentials")
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
    after.resume()
    assert after.screen() is Screen.GATHER
    after.leave()
    assert (after.screen(), after.prefs.game_id) == (Screen.CHOOSE, "")


@with_reactor
async def test_no_box_and_one_that_comes_back(server: ServerProcess, screens: Screens) -> None:
    session = await hosting(screens, server)
    await session.stop()
    await deferToThread(server.kill)
    again = screens.session()
    again.start()
    await until(lambda: again.problem and again.retry_in_ms is not None, "for the reason")
    assert again.screen() is Screen.WAIT
    assert again.problem == again.words("reason_unreachable")
    await deferToThread(server.start)
    again.retry()
    await until(lambda: again.screen() is Screen.GATHER, "for the match")
    assert (again.problem, again.retry_in_ms) == ("", None)
    again.forget()
    assert again.screen() is Screen.FIND
    assert again.by_hand
    assert (again.prefs.server, again.prefs.game_id, again.box) == ("", "", {})


@pytest.mark.parametrize("address", ["ftp://box", "http://", "box:port", "ws://[::1"])
def test_an_address_that_is_none(address: str, screens: Screens) -> None:
    session = screens.session()
    assert session.open(address) == session.words("find_bad_address")
    assert session.screen() is Screen.FIND


def test_an_authority_that_cannot_be_read(screens: Screens, tmp_path: Path) -> None:
    session = screens.session()
    session.keep(ca_file=str(tmp_path / "none.pem"), server="wss://box:8765/")
    session.start()
    assert "none.pem" in session.problem
    assert session.screen() is Screen.FIND


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
    await tv.watch(game_id)
    await until(lambda: tv.screen() is Screen.GATHER, "for the match")
    assert not tv.may(1)
    await session.tap("profile", lambda client: client.profile(1, name="Anna"))
    await until(lambda: state(tv)["players"][0]["name"] == "Anna", "for the name")


@with_reactor
async def test_a_refusal_is_told(server: ServerProcess, screens: Screens) -> None:
    session = await hosting(screens, server)
    assert await session.tap("ready", lambda client: client.ready(1)) is None
    assert session.taps.problem("ready") == "Not now (first the name of player 1)"
    assert session.screen() is Screen.GATHER


# -- a table of the venue's


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


@with_reactor
async def test_a_venues_table_follows_its_matches(server: ServerProcess, screens: Screens) -> None:
    olga = await desk(server, screens)
    [(table, link)] = await tables(olga, "Table 7")
    session = screens.session()
    session.open(f"{server.http}/{link}")
    await until(lambda: session.table, "for the table")
    assert session.table is not None
    assert session.table["name"] == "Table 7"
    assert session.screen() is Screen.CHOOSE
    await olga.send("announce", {"op": "add", "text": "Lunch", "to": "all"})
    await until(lambda: announced(session) == ["Lunch"], "for the announcement")
    made = await olga.create_game("chess", "Anna", "Marek", host=False)
    await olga.join("venue")
    await olga.send("assign", {"op": "game", "table": table, "game": made.game_id}, game_id="venue")
    await until(lambda: session.match and session.match.game_id == made.game_id, "to go there")
    await until(lambda: session.screen() is Screen.GATHER, "for the match")
    assert session.is_table
    session.leave()
    # What happens at the venue does not lead back to what somebody has put away.
    await olga.send("announce", {"op": "add", "text": "Dinner", "to": "all"}, game_id="venue")
    await until(lambda: len(announced(session)) == 2, "for the announcement")
    assert session.match is not None
    assert not session.match.conversation.entrance.way.anywhere
    assert session.screen() is Screen.CHOOSE
    await session.create("wh40k-10e", profile="club", options={})
    await until(lambda: session.table and session.table["game"] == session.prefs.game_id, "to sit")
    assert session.screen() is Screen.GATHER
    assert state(session)["table"] == "Table 7"
    await session.stop()
    again = screens.session()
    again.start()
    await until(lambda: again.screen() is Screen.GATHER, "for the match")
    assert again.is_table


async def codes(olga: GameClient, *ids: str) -> list[str]:
    """The codes of tables, as the desk shows them."""
    shown = [
        await olga.send("table", {"op": "invite", "table": id_}, game_id="venue") for id_ in ids
    ]
    return [answer.detail["code"] for answer in shown]


def watched(session: Session) -> list[Screen | str]:
    """What the app would show from now on, at each change; and what it could not show."""
    shown: list[Screen | str] = []

    def look() -> None:
        try:
            shown.append(session.screen())
        except Exception as error:
            shown.append(repr(error))

    session._changed = look
    return shown


@with_reactor
async def test_a_screen_becomes_a_tables_by_its_code(
    server: ServerProcess, screens: Screens
) -> None:
    olga = await desk(server, screens)
    one, two, three = [id_ for id_, _ in await tables(olga, "Table 1", "Table 2", "Table 3")]
    first, second, third = await codes(olga, one, two, three)
    session = await hosting(screens, server)
    own = session.prefs.game_id
    shown = watched(session)
    await session.enter(f"{first[:4]} {first[4:]}".lower())
    await until(lambda: session.table, "for the table")
    assert session.table is not None
    assert (session.table["id"], session.prefs.table, session.prefs.game_id) == (one, one, "")
    assert (session.screen(), session.state, session.problem) == (Screen.CHOOSE, None, "")
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
    await session.enter(second)
    await until(lambda: session.match and session.match.game_id == made.game_id, "to go there")
    await until(lambda: session.screen() is Screen.GATHER, "for the second table's match")
    assert session.is_table
    assert (session.prefs.table, session.prefs.game_id) == (two, made.game_id)
    # A free table has no match to go to, be it the one before's.
    await session.enter(third)
    await until(lambda: session.table and session.table["id"] == three, "for the third table")
    assert not session.match.conversation.entrance.way.anywhere
    assert session.screen() is Screen.CHOOSE
    await session.enter(second)
    await until(lambda: session.screen() is Screen.GATHER, "for the match")
    # The same code again does no harm: it stays the table's, and in its match.
    await session.enter(second)
    await until(lambda: session.match and session.match.state, "for the match")
    await until(lambda: session.screen() is Screen.GATHER, "for the match")
    assert set(shown) <= {Screen.CHOOSE, Screen.WAIT, Screen.GATHER}
    await session.stop()
    again = screens.session()
    again.start()
    await until(lambda: again.screen() is Screen.GATHER, "for the match")
    await until(lambda: again.table, "for the table")
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
    assert session.hall is not None
    session.match.conversation.entrance.token = "u" * 43
    await session.enter(code)
    await until(lambda: session.table, "for the table")
    assert session.hall.conversation.entrance.token == session.match.token == "u" * 43
    assert [place["id"] for place in session.hall.mirror.places] == [table]


@with_reactor
async def test_a_token_that_has_ended_is_one_new_device(
    server: ServerProcess, screens: Screens
) -> None:
    """Match and hall each come in again as somebody; it is the same one, and what is kept is it."""
    session = await arrived(screens.session(), server.url)
    assert session.match is not None
    assert session.hall is not None
    old = session.match.token
    for client in (session.match, session.hall):  # as after `token_expired`
        client.conversation.entrance.token = None
        client.conversation.link.drop("for the test")
    await until(
        lambda: session.match and session.match.connected and session.match.token not in (None, old)
    )
    await until(lambda: session.hall and session.hall.connected and session.hall.token)
    session.look()
    match, hall = session.match, session.hall
    assert hall.token == match.token
    await until(lambda: hall.mirror.device == match.mirror.device, "to be one device")
    kept = json.loads((session.folder / "tokens.json").read_text())
    assert list(kept.values()) == [session.match.token]
    session.look()  # and that is all
    assert session.hall.conversation.entrance.settled


@with_reactor
async def test_a_tables_code_that_was_renewed(server: ServerProcess, screens: Screens) -> None:
    olga = await desk(server, screens)
    [(table, _)] = await tables(olga, "Table 1")
    [code] = await codes(olga, table)
    await olga.send("table", {"op": "unpair", "table": table, "renew": True}, game_id="venue")
    session = await arrived(screens.session(), server.url)
    session.enter(code)
    await until(lambda: session.problem, "to be refused")
    assert session.problem == session.words("error_bad_credentials")
    assert (session.table, session.prefs.table) == (None, "")
    assert session.screen() is Screen.CHOOSE
