"""Links as QR codes: what is drawn, for whom, how often."""

from __future__ import annotations

import re

import attrs
import pytest
import segno

from gamesync.limits import Limits
from gamesync.server.about import Box
from gamesync.server.head import Door
from gamesync.server.qr import Rate, svg

from ..house import House
from .port import HOST, Port, Said

LINK = "http://192.168.1.2:8765/#v=table:t1&k=secret"
QR = "/api/v1/qr"
PLAIN = "Content-Type: text/plain"


def drawn(picture: bytes) -> tuple[int, set[tuple[int, int]]]:
    """Width of a picture, and its dark modules by column and row."""
    text = picture.decode()
    box = re.search(r'viewBox="0 0 (\d+) (\d+)"', text)
    stroke = re.search(r'stroke="#000" d="([^"]*)"', text)
    assert box is not None
    assert stroke is not None
    x = y = 0.0
    dark = set()
    for kind, numbers in re.findall(r"([Mmh])([-\d. ]+)", stroke[1]):
        values = [float(n) for n in re.findall(r"-?[\d.]+", numbers)]
        if kind == "h":
            dark |= {(round(x) + n, int(y)) for n in range(round(values[0]))}
            x += values[0]
        else:
            x, y = (values[0], values[1]) if kind == "M" else (x + values[0], y + values[1])
    return int(box[1]), dark


def expected(text: str) -> set[tuple[int, int]]:
    rows = segno.make_qr(text, error="m", boost_error=False).matrix
    return {
        (column + 4, row + 4)
        for row, modules in enumerate(rows)
        for column, module in enumerate(modules)
        if module
    }


@pytest.mark.parametrize("text", [LINK, "x", "WIFI:T:WPA;S:Küche;P:12345678;;", "k" * 1_000])
def test_the_picture_is_the_code_with_a_quiet_zone(text: str) -> None:
    width, dark = drawn(svg(text))
    assert dark == expected(text)
    assert {column for column, _ in dark} == set(range(4, width - 4))


def test_the_picture_takes_its_size_from_the_page() -> None:
    picture = svg(LINK).decode()
    start = picture[: picture.index(">")]
    assert start.startswith('<svg shape-rendering="crispEdges" xmlns=')
    for word in ("width=", "height=", "class=", "script", "http://192"):
        assert word not in picture


def ask(port: Port, body: str | bytes = LINK, *lines: str, peer: str = "192.168.1.5") -> Said:
    body = body.encode() if isinstance(body, str) else body
    return port.ask(QR, *(lines or (PLAIN,)), method="POST", body=body, peer=peer)


def test_a_link_is_drawn() -> None:
    said = ask(Port(House()))
    assert (said.code, said.body) == (200, svg(LINK))
    assert said.headers["content-type"] == "image/svg+xml"
    assert said.headers["cache-control"] == "no-store"
    assert said.headers["x-content-type-options"] == "nosniff"
    assert "access-control-allow-origin" not in said.headers


@pytest.mark.parametrize(
    ("body", "lines", "code", "error"),
    [
        (b"", (PLAIN,), 400, "bad_value"),
        (b"\xff", (PLAIN,), 400, "bad_value"),
        (b"x" * 1_001, (PLAIN,), 413, "too_long"),
        (b"x", ("Content-Type: application/json",), 415, "wrong_type"),
        (b"x", ("X-Other: 1",), 415, "wrong_type"),
        (b"x", (PLAIN, "Origin: https://evil.example"), 403, "not_yours"),
        (b"x", (PLAIN, "Origin: null"), 403, "not_yours"),
        (b"x", (PLAIN, f"Origin: http://{HOST}", "Origin: http://evil"), 403, "not_yours"),
    ],
)
def test_what_is_not_drawn(body: bytes, lines: tuple[str, ...], code: int, error: str) -> None:
    said = ask(Port(House()), body, *lines)
    assert (said.code, said.json) == (code, {"error": error})
    assert said.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("origin", [f"http://{HOST}", "https://league.example"])
def test_which_pages_may_ask(origin: str) -> None:
    box = Box(door=Door(origins=frozenset({"https://league.example"})))
    charset = "Content-Type: text/plain;charset=UTF-8"  # as fetch() sends it
    assert ask(Port(House(), box), LINK, charset, f"Origin: {origin}").code == 200


def test_an_address_has_its_rate() -> None:
    house = House()
    port, burst = Port(house), Limits().qr_burst
    assert [ask(port).code for _ in range(burst + 1)] == [200] * burst + [429]
    late = ask(port)
    assert (late.json, late.headers["retry-after"]) == ({"error": "rate_limited"}, "1")
    assert ask(port, peer="192.168.1.6").code == 200
    house.reactor.advance(1 / Limits().qr_per_second)
    assert [ask(port).code for _ in range(2)] == [200, 429]


def test_long_texts_count_for_more_and_all_addresses_have_one_rate() -> None:
    limits = attrs.evolve(Limits(), qr_burst=6, qr_burst_total=9)
    rate = Rate(limits)
    assert [rate.wait("10.0.0.1", size, 0.0) for size in (1_000, 200)] == [0, 0]
    assert rate.wait("10.0.0.1", 200, 0.0) == pytest.approx(1 / limits.qr_per_second)
    assert rate.wait("10.0.0.2", 201, 0.0) == 0
    assert rate.wait("10.0.0.3", 401, 0.0) == pytest.approx(2 / limits.qr_per_second_total)
    assert rate.wait("10.0.0.3", 200, 0.0) == 0  # what was refused has cost nothing


def test_only_addresses_that_have_asked_lately_are_remembered(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("gamesync.server.qr._ADDRESSES_KEPT", 2)
    rate = Rate(attrs.evolve(Limits(), qr_burst=1, qr_per_second=1.0))
    for address, now in (("10.0.0.1", 0.0), ("10.0.0.2", 0.5), ("10.0.0.3", 1.0)):
        assert rate.wait(address, 1, now) == 0
    assert set(rate._by) == {"10.0.0.2", "10.0.0.3"}
    assert rate.wait("10.0.0.2", 1, 1.0) == pytest.approx(0.5)
