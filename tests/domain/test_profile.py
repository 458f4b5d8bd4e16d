"""Two profiles, their clocks, and what may be changed in them."""

from __future__ import annotations

from typing import get_args

import msgspec
import pytest

from gamesync.domain.profile import (
    PROFILES,
    GameOptions,
    Overrides,
    PresetName,
    ProfileName,
    clock_preset,
    options,
)
from gamesync.domain.rulebook import shipped
from gamesync.domain.ruleset import BadRuleset, ClockRules, Ruleset, check_clock

FORTY_K = shipped()["wh40k-10e"]
CHESS = shipped()["chess"]
MINUTE = 60_000


def test_the_club_profile_is_easy_and_takes_the_rulesets_clock() -> None:
    club = options("club", FORTY_K)
    assert club == GameOptions(clock=FORTY_K.clock)
    assert club.clock.mode == "up"
    assert (club.pause_policy, club.undo_by, club.undo_window_ms) == ("any", "own", 10_000)
    assert (club.host_may_adjust, club.need_signatures) == (True, False)
    assert (club.correct_rounds, club.late, club.round_end) == ("any", "wait", "announce")


def test_the_event_profile_is_strict_and_counts_down_from_90_minutes() -> None:
    event = options("event", FORTY_K)
    assert event.profile == "event"
    assert event.clock == ClockRules(mode="down", budget_ms=90 * MINUTE, on_flag="overtime")
    assert (event.pause_policy, event.undo_by) == ("judge", "agreement")
    assert (event.host_may_adjust, event.need_signatures) == (False, True)
    assert event.correct_rounds == "current"
    assert event.player_scores == "own"
    assert (event.pause_on_call, event.late) == (True, "own_clock")


@pytest.mark.parametrize("profile", get_args(ProfileName))
def test_a_ruleset_that_counts_down_keeps_its_clock(profile: ProfileName) -> None:
    assert options(profile, CHESS).clock == CHESS.clock


def test_what_is_overridden_stands_over_the_profile() -> None:
    clock = ClockRules(mode="down", budget_ms=45 * MINUTE)
    changed = options("event", FORTY_K, Overrides(clock=clock, pause_policy="both"))
    assert changed == msgspec.structs.replace(
        options("event", FORTY_K), clock=clock, pause_policy="both"
    )


def test_a_clock_is_overridden_by_the_name_of_a_preset_too() -> None:
    assert options("club", FORTY_K, Overrides(clock="down-60")).clock.budget_ms == 60 * MINUTE
    assert options("event", FORTY_K, Overrides(clock="none")).clock.mode == "none"


def test_a_clock_that_makes_no_sense_is_refused_by_its_field() -> None:
    with pytest.raises(BadRuleset, match=r"^clock\.budget_ms: "):
        options("club", FORTY_K, Overrides(clock=ClockRules(mode="down")))
    by_rounds = ClockRules(mode="down", budget_ms=MINUTE, round_budget_ms=MINUTE)
    assert options("club", FORTY_K, Overrides(clock=by_rounds)).clock == by_rounds
    with pytest.raises(BadRuleset, match=r"^clock\.round_budget_ms: "):
        options("club", CHESS, Overrides(clock=by_rounds))


def test_overrides_name_the_same_fields_but_for_what_the_server_decides() -> None:
    made = {field.name for field in msgspec.structs.fields(GameOptions)}
    made -= {"profile", "unstarted_expires_ms"}
    assert made == {field.name for field in msgspec.structs.fields(Overrides)}
    assert PROFILES.keys() == set(get_args(ProfileName))


def test_overrides_come_from_json_with_only_what_differs() -> None:
    raw = b'{"clock":"down-90","late":"neutral"}'
    given = msgspec.json.decode(raw, type=Overrides)
    assert given == Overrides(clock="down-90", late="neutral")
    assert msgspec.json.encode(given) == raw
    for wrong in (b'{"clock":"down-91"}', b'{"profile":"club"}', b'{"late":"later"}'):
        with pytest.raises(msgspec.ValidationError):
            msgspec.json.decode(wrong, type=Overrides)


@pytest.mark.parametrize("ruleset", shipped().values(), ids=lambda ruleset: ruleset.id)
@pytest.mark.parametrize("profile", get_args(ProfileName))
def test_options_survive_writing_and_reading(profile: ProfileName, ruleset: Ruleset) -> None:
    made = options(profile, ruleset)
    assert msgspec.json.decode(msgspec.json.encode(made), type=GameOptions) == made


@pytest.mark.parametrize("name", get_args(PresetName))
def test_every_preset_makes_sense_in_every_game(name: PresetName) -> None:
    rules = clock_preset(name)
    assert name.startswith((rules.mode, "chess"))
    for ruleset in shipped().values():
        check_clock(rules, ruleset.rounds)


def test_presets_say_what_they_are() -> None:
    assert clock_preset("down-85-shared-10") == ClockRules(
        mode="down", budget_ms=85 * MINUTE, neutral_budget_ms=10 * MINUTE
    )
    rapid = clock_preset("chess-15-10")
    assert (rapid.budget_ms, rapid.increment_ms, rapid.on_flag) == (15 * MINUTE, 10_000, "lose")


def test_an_unknown_preset_is_refused_with_those_there_are() -> None:
    with pytest.raises(ValueError, match="no clock is called 'down-91'; there are none, up,"):
        clock_preset("down-91")
