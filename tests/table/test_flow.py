"""Which screen is on, for every way in which things can stand."""

from __future__ import annotations

from typing import Any

import attrs
import pytest

from gamesync.client import Status
from gamesync.table.flow import Screen, Situation, screen

KNOWN = Situation(server="ws://box:8765", status=Status.LIVE)


def match(status: str = "playing", **more: Any) -> dict[str, Any]:
    clock = {"running": False}
    return {"status": status, "clock": clock, "judge": None, "proposals": []} | more


def at(stage: str, **more: Any) -> Situation:
    return attrs.evolve(KNOWN, game_id="g1", state=match(stage), **more)


@pytest.mark.parametrize(
    ("now", "shown"),
    [
        (Situation(), Screen.FIND),
        (Situation(server="ws://box:8765"), Screen.WAIT),
        (Situation(server="ws://box:8765", status=Status.STALE), Screen.CHOOSE),
        (KNOWN, Screen.CHOOSE),
        (attrs.evolve(KNOWN, making=True), Screen.NEW),
        (attrs.evolve(KNOWN, game_id="g1"), Screen.WAIT),
        (attrs.evolve(KNOWN, game_id="g1", refusal="not yours"), Screen.CHOOSE),
        (at("waiting"), Screen.GATHER),
        (at("waiting", making=True), Screen.NEW),
        (at("waiting", asks=True), Screen.CHOOSE),
        (at("waiting", refusal="revoked"), Screen.CHOOSE),
        (at("setup"), Screen.SETUP),
        (at("ready"), Screen.READY),
        (at("playing"), Screen.PLAY),
        (at("playing", status=Status.STALE), Screen.PLAY),
        (at("ended"), Screen.OVER),
        (at("signed"), Screen.OVER),
        (at("void"), Screen.OVER),
    ],
)
def test_the_screen(now: Situation, shown: Screen) -> None:
    assert screen(now) is shown


def tired(now: Situation, **more: Any) -> Situation:
    return attrs.evolve(now, idle_seconds=300.0, saver_seconds=300, **more)


@pytest.mark.parametrize("now", [KNOWN, at("waiting"), at("signed"), at("playing")])
def test_it_sleeps_when_nobody_has_touched_it(now: Situation) -> None:
    assert screen(tired(now)) is Screen.SAVER
    assert screen(attrs.evolve(tired(now), idle_seconds=299.9)) is not Screen.SAVER
    assert screen(attrs.evolve(tired(now), saver_seconds=0)) is not Screen.SAVER


@pytest.mark.parametrize(
    "now",
    [
        Situation(),
        Situation(server="ws://box:8765"),
        attrs.evolve(KNOWN, making=True),
        attrs.evolve(KNOWN, busy=True),
        attrs.evolve(KNOWN, status=Status.STALE),
        at("setup"),
        at("ready"),
        at("ended"),
        attrs.evolve(KNOWN, game_id="g1", state=match(clock={"running": True})),
        attrs.evolve(KNOWN, game_id="g1", state=match(judge={"note": ""})),
        attrs.evolve(KNOWN, game_id="g1", state=match(proposals=[{"kind": "draw"}])),
        at("playing", status=Status.STALE),
    ],
)
def test_it_does_not_sleep_while_something_is_open(now: Situation) -> None:
    assert screen(tired(now)) is not Screen.SAVER
