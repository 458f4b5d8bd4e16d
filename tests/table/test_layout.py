"""Where the parts of a half stand: all that is to be seen, beside each other, inside the half."""

from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gamesync.table.layout import Parts, Rect, places

HALVES = {
    "standing 800x480": (386, 404, 1.0),
    "flat 800x480": (784, 190, 1.0),
    "portrait 480x800, standing": (464, 330, 1.0),
    "standing 1920x1080": (950, 1010, 2.25),
}
ROUNDING = 0.01

every_part = st.builds(
    Parts,
    clock=st.booleans(),
    score=st.booleans(),
    cells=st.integers(0, 4),
    cp=st.booleans(),
    ends=st.sampled_from([(), ("end",), ("end", "end_round")]),
    offer=st.booleans(),
    aside=st.booleans(),
)


def meet(one: Rect, other: Rect) -> bool:
    across = min(one[0] + one[2], other[0] + other[2]) - max(one[0], other[0])
    up = min(one[1] + one[3], other[1] + other[3]) - max(one[1], other[1])
    return across > ROUNDING and up > ROUNDING


def wanted(parts: Parts) -> set[str]:
    """What is to be seen of *parts*."""
    found = {"offer" if parts.offer else "head"}
    if parts.clock:
        found.add("clock")
    if parts.aside:
        return found | {"aside"}
    if parts.score:
        found.add("score")
    if parts.cells:
        found.add("cells")
    if parts.cp:
        found.add("cp")
    return found | set(parts.ends)


@given(every_part, st.sampled_from(sorted(HALVES)))
def test_all_is_there_and_nothing_lies_over_anything(parts: Parts, half: str) -> None:
    width, height, u = HALVES[half]
    found = places(parts, width, height, u)
    assert set(found) == wanted(parts)
    for x, y, wide, high in found.values():
        assert x >= 0
        assert y >= 0
        assert wide > 20 * u
        assert high > 20 * u
        assert x + wide <= width + ROUNDING
        assert y + high <= height + ROUNDING
    for one, other in combinations(sorted(found), 2):
        assert not meet(found[one], found[other]), (one, other)


@pytest.mark.parametrize("half", sorted(HALVES))
def test_the_clock_is_the_largest_thing(half: str) -> None:
    parts = Parts(cells=2, cp=True, ends=("end",))
    found = places(parts, *HALVES[half])
    areas = {name: wide * high for name, (_, _, wide, high) in found.items()}
    assert max(areas, key=lambda name: areas[name]) == "clock"


@pytest.mark.parametrize("half", sorted(HALVES))
def test_without_a_clock_the_score_is(half: str) -> None:
    found = places(Parts(clock=False, cells=2, cp=True, ends=("end",)), *HALVES[half])
    areas = {name: wide * high for name, (_, _, wide, high) in found.items()}
    assert max(areas, key=lambda name: areas[name]) == "score"


def test_what_is_beside_the_clock_hides_the_keys() -> None:
    found = places(Parts(cells=2, cp=True, ends=("end",), aside=True), *HALVES["flat 800x480"])
    assert set(found) == {"head", "clock", "aside"}
    assert found["clock"][0] + found["clock"][2] < found["aside"][0]


def test_a_narrow_half_has_its_keys_on_a_line_of_their_own() -> None:
    parts = Parts(cells=2, cp=True, ends=("end",))
    broad, narrow = places(parts, 386, 404, 1.0), places(parts, 320, 404, 1.0)
    assert broad["cp"][1] == broad["end"][1]
    assert narrow["cp"][1] > narrow["end"][1]
    assert narrow["end"][2] == narrow["clock"][2]
