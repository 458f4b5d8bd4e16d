"""Which box is ours, and what is said where there is none: real servers, real sockets."""

from __future__ import annotations

from pathlib import Path

import pytest
from twisted.internet.threads import deferToThread

from gamesync.table.flow import Screen
from tests.system.server import ServerProcess

from ..client.kit import with_reactor
from .sessions import Screens, hosting, until


@with_reactor
async def test_no_box_and_one_that_comes_back(server: ServerProcess, screens: Screens) -> None:
    session = await hosting(screens, server)
    await session.stop()
    await deferToThread(server.kill)
    again = screens.session()
    again.start()
    await until(lambda: again.box.problem and again.box.retry_in_ms is not None, "for the reason")
    assert again.screen() is Screen.WAIT
    assert again.box.problem == again.words("reason_unreachable")
    await deferToThread(server.start)
    again.box.retry()
    await until(lambda: again.screen() is Screen.GATHER, "for the match")
    assert (again.box.problem, again.box.retry_in_ms) == ("", None)
    again.box.forget()
    assert again.screen() is Screen.FIND
    assert again.box.by_hand
    assert (again.prefs.server, again.prefs.game_id, again.box.said) == ("", "", {})


@pytest.mark.parametrize("address", ["ftp://box", "http://", "box:port", "ws://[::1"])
def test_an_address_that_is_none(address: str, screens: Screens) -> None:
    session = screens.session()
    session.box.open(address)
    assert session.box.problem == session.words("find_bad_address")
    assert session.screen() is Screen.FIND


def test_an_authority_that_cannot_be_read(screens: Screens, tmp_path: Path) -> None:
    session = screens.session()
    session.keep(ca_file=str(tmp_path / "none.pem"), server="wss://box:8765/")
    session.start()
    assert "none.pem" in session.box.problem
    assert session.screen() is Screen.FIND
