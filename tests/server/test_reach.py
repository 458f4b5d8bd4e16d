"""Links that people can use: the address of the network, never loopback's or a bridge's."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Any

import pytest

from gamesync.config import Settings
from gamesync.server import reach
from gamesync.server.reach import Reach, addresses, lan_address


@pytest.mark.parametrize(
    ("settings", "port", "http", "ws"),
    [
        ({"ws_host": "192.168.1.5"}, 8765, "http://192.168.1.5:8765/", "ws://192.168.1.5:8765/"),
        ({"ws_host": "::1"}, 8765, "http://[::1]:8765/", "ws://[::1]:8765/"),
        ({"ws_host": "10.0.0.1"}, 80, "http://10.0.0.1/", "ws://10.0.0.1/"),
        (
            {"hosts": ("games.example",), "certificate": "c.pem"},
            443,
            "https://games.example/",
            "wss://games.example/",
        ),
    ],
)
def test_links(settings: dict[str, Any], port: int, http: str, ws: str) -> None:
    found = Reach.of(Settings(**settings), port)
    assert (found.http(), found.ws) == (http, ws)
    assert found.organiser("S") == f"{http}#k=S"


class Ways:
    """Sockets whose default route goes out from *here*, if there is one."""

    def __init__(self, here: str | None) -> None:
        self.here = here

    def __call__(self, family: int, kind: int) -> Ways:
        assert kind == socket.SOCK_DGRAM
        return self

    def connect(self, far: object) -> None:
        if self.here is None:
            raise OSError("unreachable")

    def getsockname(self) -> tuple[str, int]:
        assert self.here is not None
        return self.here, 5

    def close(self) -> None: ...


def test_the_address_of_the_default_route(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "socket", Ways("192.168.7.7"))
    assert lan_address() == "192.168.7.7"
    assert Reach.of(Settings(), 1).host == "192.168.7.7"


@pytest.mark.parametrize(("others", "found"), [(["10.42.0.1"], "10.42.0.1"), ([], "127.0.0.1")])
def test_without_a_default_route(
    others: list[str], found: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket, "socket", Ways(None))
    monkeypatch.setattr(reach, "addresses", lambda: iter(others))
    assert lan_address() == found


def test_bridges_and_loopback_are_left_out(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    everything = list(addresses(tmp_path))
    assert "127.0.0.1" not in everything
    for _, name in socket.if_nameindex():
        (tmp_path / name / "bridge").mkdir(parents=True)
    assert list(addresses(tmp_path)) == []
    monkeypatch.setattr(socket, "if_nameindex", lambda: [(1, "lo"), (2, "gone0")])
    assert list(addresses(tmp_path / "none")) == []
