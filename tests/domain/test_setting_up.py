"""Names, roll-offs, choices, readiness, and the settings of a game."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec import structs

from gamesync.domain.commands import (
    Choose,
    Concede,
    ConfirmResult,
    CorrectState,
    PauseClock,
    Propose,
    Ready,
    ResumeClock,
    RollDie,
    RollResult,
    ScoreUpdate,
    SetFirstPlayer,
    SetProfile,
    SettingsUpdate,
    SkipSetup,
    StartClock,
    SwapPlayers,
    TimeCall,
    Undo,
)
from gamesync.domain.events import ReadySet
from gamesync.domain.profile import AS_SETTINGS
from gamesync.domain.rulebook import shipped
from gamesync.domain.ruleset import SetupStep
from gamesync.domain.view import view

from .playing import ANNA, HOST, JUDGE, MAREK, Table


def in_setup(ruleset: Any = "wh40k-10e") -> Table:
    table = Table(ruleset)
    table.do(Ready(), ANNA)
    table.do(Ready(), MAREK)
    return table


def step(table: Table) -> str:
    return view(table.game).setup.step


# -- who plays --


def test_each_says_who_he_is_and_what_he_plays() -> None:
    table = Table(names=("", ""))
    table.do(SetProfile(name="Anna", faction="Orks", list_link="https://lists.example/1"), ANNA)
    table.do(SetProfile(player=2, name="Marek", team="Red"), HOST)
    one, two = table.game.players
    assert (one.name, one.faction, one.list_link) == ("Anna", "Orks", "https://lists.example/1")
    assert (two.name, two.team) == ("Marek", "Red")
    table.do(SetProfile(faction="Tau"), ANNA)
    assert (table.game.players[0].name, table.game.players[0].faction) == ("Anna", "Tau")
    table.already(SetProfile(name="Anna", faction="Tau"), ANNA)


@pytest.mark.parametrize(
    ("command", "code", "field"),
    [
        (SetProfile(player=1), "missing_field", "name"),
        (SetProfile(name="Ann"), "missing_field", "player"),
        (SetProfile(player=1, name=""), "bad_value", "name"),
    ],
)
def test_what_a_profile_may_not_say(command: SetProfile, code: str, field: str) -> None:
    no = Table().refused(command)
    assert (no.code, no.field) == (code, field)


def test_a_name_may_change_until_the_match_is_signed() -> None:
    table = Table().begin()
    table.do(SetProfile(name="Ann"), ANNA)
    table.do(Concede(player=1))
    table.do(SetProfile(name="Anna K."), ANNA)
    for by in (ANNA, MAREK):
        table.do(ConfirmResult(version=table.version), by)
    assert table.refused(SetProfile(name="Ann"), ANNA).code == "not_now"
    assert table.refused(SwapPlayers()).code == "not_now"


def test_names_the_wrong_way_round_change_sides_without_scores_and_points() -> None:
    table = Table().begin()
    table.do(SetProfile(faction="Orks"), ANNA)
    table.do(ScoreUpdate(player=1, category="secondary", value=5, cp=4))
    table.do(SwapPlayers())
    one, two = table.game.players
    assert ((one.name, one.cp), (two.name, two.faction, two.cp)) == (
        ("Marek", 4),
        ("Anna", "Orks", 1),
    )
    assert table.total(1) == 5


# -- ready --


def test_both_have_to_be_ready() -> None:
    table = Table()
    table.do(Ready(), ANNA)
    assert table.game.status == "waiting"
    table.do(Ready(ready=False), ANNA)
    table.do(Ready(), MAREK)
    assert table.game.status == "waiting"
    assert table.do(Ready(player=1), HOST).facts == (ReadySet(player=1, ready=True),)
    assert table.already(Ready(), ANNA).data["status"] == "setup"
    assert table.refused(Ready(ready=False), ANNA).code == "not_now"


def test_nobody_is_ready_without_a_name() -> None:
    table = Table(names=("Anna", ""))
    no = table.refused(Ready(), MAREK)
    assert (no.code, no.message) == ("not_now", "first the name of player 2")
    table.already(Ready(ready=False), MAREK)


def test_where_there_is_nothing_to_set_up_ready_is_ready() -> None:
    table = in_setup("chess")
    assert (table.game.status, table.game.turn.first_player) == ("ready", 1)


# -- roll-offs --


def test_the_server_rolls_for_each_side_once() -> None:
    table = in_setup()
    assert table.do(RollDie(), ANNA, dice=4).data == {"die": 5}
    assert table.game.setup.rolls == (5, 0)
    assert table.already(RollDie(), ANNA).data["die"] == 5
    assert table.do(RollDie(player=2), HOST, dice=6 * 1_000_003 + 1).data == {"die": 2}
    assert (table.game.setup.winners, step(table)) == ({"attacker-roll": 1}, "attacker")


def test_a_tie_rolls_both_again() -> None:
    table = in_setup()
    table.do(RollDie(), ANNA, dice=2)
    table.do(RollDie(), MAREK, dice=2)
    assert (table.game.setup.tied, table.game.setup.rolls) == (True, (0, 0))
    assert step(table) == "attacker-roll"
    table.do(RollDie(), MAREK, dice=5)
    assert not table.game.setup.tied
    table.do(RollDie(), ANNA, dice=1)
    assert table.game.setup.winners == {"attacker-roll": 2}
    again = in_setup()
    again.do(RollDie(), ANNA)
    again.do(RollDie(), MAREK)
    again.do(RollResult(winner=1))
    assert not again.game.setup.tied


def test_real_dice_say_who_won() -> None:
    table = in_setup()
    table.do(RollDie(), ANNA)
    table.do(RollResult(winner=2))
    assert (table.game.setup.winners, table.game.setup.rolls) == ({"attacker-roll": 2}, (0, 0))


@pytest.mark.parametrize("sides", [2, 6, 100])
def test_a_die_has_its_sides(sides: int) -> None:
    roll = SetupStep(id="roll", name="Roll", kind="roll", dice=sides)
    rules = structs.replace(shipped()["wh40k-10e"], setup=(roll,))
    seen = {in_setup(rules).do(RollDie(), ANNA, dice=n).data["die"] for n in range(2 * sides)}
    assert seen == set(range(1, sides + 1))


# -- choices --


@pytest.mark.parametrize(("option", "attacker"), [("attacker", 2), ("defender", 1)])
def test_who_won_chooses_his_part(option: Any, attacker: int) -> None:
    table = in_setup()
    table.do(RollResult(winner=2))
    assert view(table.game).setup.chooser == 2
    assert table.refused(Choose(option=option), ANNA).code == "not_yours"
    no = table.refused(Choose(option=option, player=1), HOST)
    assert (no.code, no.field) == ("not_yours", "player")
    table.do(Choose(option=option), MAREK)
    assert table.game.turn.attacker == attacker
    assert table.game.setup.choices == {"attacker": option}


@pytest.mark.parametrize(("option", "first"), [("first", 1), ("second", 2)])
def test_who_wins_the_second_roll_off_says_who_begins(option: Any, first: int) -> None:
    table = in_setup()
    table.do(RollResult(winner=2))
    table.do(Choose(option="attacker"), HOST)
    table.do(RollResult(winner=1))
    table.do(Choose(option=option), ANNA)
    assert (table.game.status, table.game.turn.first_player) == ("ready", first)
    assert (step(table), view(table.game).setup.kind) == ("", "")
    table.do(StartClock())
    assert table.game.clock.side == first


def test_an_option_is_one_of_the_steps() -> None:
    table = in_setup()
    table.do(RollResult(winner=1))
    no = table.refused(Choose(option="white"), ANNA)
    assert (no.code, no.field) == ("bad_value", "option")


def test_rolls_and_choices_go_in_order() -> None:
    table = in_setup()
    assert table.refused(Choose(option="attacker"), HOST).detail == {"step": "attacker-roll"}
    table.do(RollResult(winner=1))
    assert table.refused(RollDie(), ANNA).detail == {"step": "attacker"}
    assert table.refused(RollResult(winner=1)).detail == {"step": "attacker"}


def test_a_choice_of_the_hosts_needs_to_say_for_whom() -> None:
    colours = SetupStep(id="colours", name="Colours", kind="choice", options=("white", "black"))
    table = in_setup(structs.replace(shipped()["chess"], setup=(colours,)))
    assert table.refused(Choose(option="black"), ANNA).code == "not_yours"
    assert table.refused(Choose(option="black")).field == "player"
    table.do(Choose(option="black", player=1))
    assert (table.game.turn.first_player, table.game.status) == (2, "ready")


@pytest.mark.parametrize(
    "command", [RollDie(player=1), RollResult(winner=1), Choose(option="first", player=1)]
)
def test_there_is_nothing_to_roll_before_both_are_ready_or_in_play(command: Any) -> None:
    table = Table()
    assert table.refused(command).code == "not_now"
    table.begin()
    assert table.refused(command).code == "not_now"


# -- just play --


@pytest.mark.parametrize("ready", [False, True])
def test_just_play(ready: bool) -> None:
    table = in_setup() if ready else Table()
    table.do(SkipSetup(first_player=2))
    assert (table.game.status, table.game.turn.first_player) == ("ready", 2)
    table.already(SkipSetup(first_player=2))
    table.do(SkipSetup(first_player=1))
    assert table.game.turn.first_player == 1
    table.do(StartClock())
    assert table.refused(SkipSetup(first_player=2)).code == "not_now"


# -- each round --


def between_rounds() -> Table:
    return Table("aos").begin().turns(2)


def test_priority_is_rolled_for_and_chosen_before_each_round() -> None:
    table = between_rounds()
    assert step(table) == "priority-roll"
    table.do(RollDie(), ANNA, dice=0)
    table.do(RollDie(), MAREK, dice=3)
    assert (step(table), view(table.game).setup.chooser) == ("priority", 2)
    table.do(Choose(option="second"), MAREK)
    assert (table.game.turn.round, table.game.turn.active_player) == (2, 1)
    assert table.game.setup.winners == {"priority-roll": 2}


def test_steps_that_belong_to_the_start_are_left_out_between_rounds() -> None:
    roll, choice = shipped()["aos"].setup[2:]
    once = SetupStep(id="side", name="Side", kind="choice", options=("attacker", "defender"))
    rules = structs.replace(shipped()["aos"], setup=(roll, once, choice))
    table = Table(rules).begin().turns(2)
    table.do(RollResult(winner=2))
    assert step(table) == "priority"


def test_where_the_order_is_not_the_last_to_be_chosen() -> None:
    roll, choice = shipped()["aos"].setup[2:]
    table = Table(structs.replace(shipped()["aos"], setup=(roll, choice, roll))).begin(2).turns(2)
    table.do(RollResult(winner=1))
    table.do(Choose(option="second"), ANNA)
    assert table.game.turn.awaiting == "order"
    table.do(RollResult(winner=1))
    assert table.game.turn.active_player == 2


def test_a_die_that_was_left_lying_is_not_in_the_next_roll_off() -> None:
    table = between_rounds()
    table.do(RollDie(), ANNA, dice=5)
    table.do(SetFirstPlayer(player=2))
    assert table.game.setup.rolls == (0, 0)
    table.turns(2)
    table.do(RollDie(), MAREK, dice=0)
    assert step(table) == "priority-roll"


@pytest.mark.parametrize(
    "command",
    [RollDie(player=1), RollResult(winner=1), SetFirstPlayer(player=1), CorrectState(round=2)],
)
def test_no_round_begins_in_a_match_that_ended_between_rounds(command: Any) -> None:
    table = between_rounds()
    table.do(TimeCall())
    assert table.refused(command).code == "not_now"
    assert step(table) == ""


# -- settings --


def test_settings_are_kept_changed_and_taken_away() -> None:
    table = Table()
    table.do(SettingsUpdate(key="mission", value=" Take\u202e and   Hold "))
    assert table.game.settings == {"visibility": "listed", "mission": "Take and Hold"}
    table.already(SettingsUpdate(key="mission", value="Take and Hold"))
    table.do(SettingsUpdate(key="mission", value=None))
    assert "mission" not in table.game.settings
    table.do(SettingsUpdate(key="visibility", value="link"))
    assert table.game.settings == {"visibility": "link"}


def test_some_options_are_settings_in_the_course_of_the_game() -> None:
    table = Table().begin()
    table.do(PauseClock(), ANNA)
    table.do(ResumeClock(), MAREK)
    table.do(SettingsUpdate(key="pause_policy", value="judge"), HOST)
    assert table.refused(Propose(kind="pause"), ANNA).code == "not_yours"
    assert "pause_policy" not in table.game.settings
    assert view(table.game).options.pause_policy == "judge"
    table.already(SettingsUpdate(key="pause_policy", value="judge"))
    table.do(Undo(), HOST)
    assert table.game.options.pause_policy == "any"
    assert table.game == table.refolded()


def test_every_option_that_is_a_setting_takes_each_of_its_values() -> None:
    for key, values in AS_SETTINGS.items():
        table = Table()
        now = getattr(table.game.options, key)
        assert now in values
        for value in (*(v for v in values if v != now), now):
            table.do(SettingsUpdate(key=key, value=value))
            assert getattr(table.game.options, key) == value


@pytest.mark.parametrize(
    ("key", "value", "code", "field"),
    [
        ("colour", "red", "not_found", "key"),
        ("frozen", "yes", "wrong_type", "value"),
        ("note", True, "wrong_type", "value"),
        ("note", 3, "wrong_type", "value"),
        ("note", "x" * 201, "too_long", "value"),
        ("visibility", "secret", "bad_value", "value"),
        ("visibility", None, "bad_value", "value"),
        ("pause_policy", "nobody", "bad_value", "value"),
        ("pause_policy", None, "wrong_type", "value"),
        ("pause_on_call", "judge", "wrong_type", "value"),
    ],
)
def test_what_a_setting_may_not_be(key: str, value: Any, code: str, field: str) -> None:
    no = Table().refused(SettingsUpdate(key=key, value=value), JUDGE)
    assert (no.code, no.field) == (code, field)
