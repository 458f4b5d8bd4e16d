"""A watcher whose peer does not read, and what is known of who is there."""

from __future__ import annotations

from typing import Any

from gamesync.server.membership import SILENT_PATIENCE_MS

from ..house import House, Match

SCORE: dict[str, Any] = {"player": 1, "category": "secondary", "delta": 1}


def test_who_only_watches_and_does_not_read_gets_the_newest_state_later() -> None:
    match = Match(House())
    watcher = match.watcher()
    watcher.take()
    watcher.line.jammed = True
    for _ in range(3):
        match.anna.do("score_update", SCORE)
    assert watcher.take() == []
    watcher.line.jammed = False
    watcher.session.drained()
    (state,) = watcher.take()
    assert state["type"] == "game_state"
    assert state["data"]["recovered"] is False
    assert state["version"] == match.version
    assert state["data"]["state"]["scores"]["players"][0]["score"] == 3
    match.anna.do("score_update", SCORE)
    assert [m["type"] for m in watcher.take()] == ["score_update"]
    watcher.session.drained()
    assert watcher.take() == [], "nothing was missed"


def test_who_plays_keeps_every_frame() -> None:
    """Until he owes too much: then the line closes itself."""
    match = Match(House())
    match.marek.take()
    match.marek.line.jammed = True
    for _ in range(3):
        match.anna.do("score_update", SCORE)
    assert [m["type"] for m in match.marek.take()] == ["score_update"] * 3


def test_who_takes_a_seat_while_he_does_not_read_sees_no_gap() -> None:
    house = House()
    match = Match(house)
    watcher = match.watcher()
    watcher.take()
    watcher.line.jammed = True
    match.anna.do("score_update", SCORE)
    watcher.connect(match.id, key=match.places["player:2"]["key"])
    joined = watcher.take()[-1]
    assert joined["data"]["state"]["scores"]["players"][0]["score"] == 1
    match.anna.do("score_update", SCORE)
    assert watcher.take() == []
    watcher.line.jammed = False
    watcher.session.drained()
    (state,) = watcher.take()
    assert state["version"] == match.version


def test_a_player_s_state_is_resent_whole_when_he_reads_again() -> None:
    match = Match(House())
    match.anna.take()
    match.anna.line.jammed = True
    match.room.resync()
    match.marek.do("score_update", {**SCORE, "player": 2})
    assert match.anna.take() == []
    match.anna.line.jammed = False
    match.anna.session.drained()
    assert [m["version"] for m in match.anna.take()] == [match.version]


def test_the_lobby_s_news_waits_for_who_does_not_read() -> None:
    house = House()
    lobby = house.person()
    lobby.do("game_list", {"subscribe": True})
    lobby.take()
    lobby.line.jammed = True
    match = Match(house)
    house.registry.lobby.tell()
    match.anna.do("score_update", SCORE)
    house.registry.lobby.tell()
    assert lobby.take() == []
    lobby.line.jammed = False
    lobby.session.drained()
    (news,) = lobby.take()
    assert [g["score1"] for g in news["data"]["games"]] == [1]


def test_whether_somebody_is_there() -> None:
    house = House()
    match = Match(house)
    quiet = match.watcher().session.games[match.id]
    match.anna.connect(match.id, heartbeat_ms=5_000)
    fast = match.anna.session.games[match.id]
    match.marek.connect(match.id, heartbeat_ms=30_000)
    slow = match.marek.session.games[match.id]
    assert (quiet.patience_ms, fast.patience_ms, slow.patience_ms) == (
        SILENT_PATIENCE_MS,
        15_000,
        90_000,
    )
    links = []
    for seconds in (10, 1, 29, 1, 19, 1):
        house.wait(seconds)
        links.append((quiet.link, fast.link, slow.link))
    assert links == [
        ("live", "live", "live"),
        ("live", "lost", "live"),
        ("live", "lost", "live"),
        ("lost", "lost", "live"),
        ("lost", "lost", "live"),
        ("lost", "lost", "lost"),
    ]
    match.watcher()
    match.anna.session.heard()
    assert fast.link == "live", "a pong counts"
