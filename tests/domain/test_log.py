"""The log: folding it, taking back what is in it, and the laws that hold for every match."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from gamesync.domain import events as ev
from gamesync.domain import log
from gamesync.domain.commands import (
    AdjustClock,
    AnswerProposal,
    CallJudge,
    Concede,
    ConfirmResult,
    CorrectState,
    Create,
    Expire,
    FallFlag,
    Join,
    LoseLink,
    OpenDispute,
    PauseClock,
    Propose,
    Ready,
    Reopen,
    ResumeClock,
    RollDie,
    RollResult,
    ScoreUpdate,
    ServerDown,
    SetClock,
    SetProfile,
    SettingsUpdate,
    SwapPlayers,
    SwitchClock,
    TimeCall,
    TurnChange,
    Undo,
)
from gamesync.domain.events import By, Entry, Invited, TurnEnded, Undone
from gamesync.domain.log import NEVER_UNDONE, Match, fold, struck
from gamesync.domain.profile import Overrides
from gamesync.domain.rules import Context, apply, decide
from gamesync.domain.ruleset import ClockRules
from gamesync.domain.state import Game
from gamesync.domain.values import PLAYERS, Refused
from gamesync.domain.view import SECTIONS, Audience, changed, deadline, view
from gamesync.wire.errors import ErrorCode

from .playing import ANNA, HOST, JUDGE, MAREK, MINUTE, ORGANISER, SECOND, SERVER, Table
from .strategies import (
    TYPES,
    Step,
    attempt,
    courses,
    peoples_commands,
    played,
    refusal,
    servers_commands,
    tables,
    through_json,
)


def score(value: int, player: Any = 1, **fields: Any) -> ScoreUpdate:
    return ScoreUpdate(player=player, category="secondary", value=value, **fields)


def done(table: Table, command: Any, by: By = HOST) -> int:
    """The version that a command became."""
    table.do(command, by)
    return table.version


# -- undo: at any depth --


def test_a_score_is_taken_back_from_under_later_ones() -> None:
    table = Table().begin()
    wrong = done(table, score(5))
    done(table, score(3, player=2))
    table.turns(2)
    right = done(table, score(4, round=1, player=2))
    answer = table.do(Undo(version=wrong))
    assert answer.data == {"undone": [wrong], "voided": []}
    assert (table.total(1), table.total(2)) == (0, 4)
    assert table.game.cells["2/secondary/1"].version == right


def test_an_undo_of_an_undo_restores() -> None:
    table = Table().begin()
    scored = done(table, score(5))
    undone = done(table, Undo(version=scored))
    assert table.total(1) == 0
    redone = done(table, Undo(version=undone))
    assert table.total(1) == 5
    done(table, Undo(version=redone))
    assert table.total(1) == 0
    assert struck(table.match.entries) == {scored, redone}


def test_the_log_only_grows() -> None:
    table = Table().begin()
    scored = done(table, score(5))
    before = table.match.entries
    done(table, Undo(version=scored))
    assert table.match.entries[:-1] == before
    assert table.match.entries[-1].facts == (Undone(version=scored),)
    assert table.version == scored + 1


def test_what_is_taken_back_is_taken_back_once() -> None:
    table = Table().begin()
    scored = done(table, score(5))
    done(table, Undo(version=scored))
    assert table.already(Undo(version=scored)).data["version"] == scored


def test_what_no_longer_fits_has_no_effect_and_is_said() -> None:
    table = Table().begin()
    gained = done(table, ScoreUpdate(player=1, cp_delta=2))
    spent = done(table, ScoreUpdate(player=1, cp_delta=-3))
    before, after = table.game, table.do(Undo(version=gained, dry_run=True))
    assert (after.facts, table.game) == ((), before)
    assert after.data["dry_run"] is True
    assert after.data["voided"] == [spent]
    then = after.data["game"]
    assert isinstance(then, tuple)
    assert [game.players[0].cp for game in then] == [0, 1]
    assert table.do(Undo(version=gained)).data == {"undone": [gained], "voided": [spent]}
    assert table.cp() == (1, 1)
    # It says only what fell by this undo.
    scored = done(table, score(5))
    assert table.do(Undo(version=scored)).data["voided"] == []


def test_others_have_to_agree_if_theirs_would_fall() -> None:
    table = Table().begin()
    gained = done(table, ScoreUpdate(player=1, cp_delta=2), ANNA)
    spent = done(table, ScoreUpdate(player=1, cp_delta=-3), HOST)
    no = table.refused(Undo(version=gained), ANNA)
    assert (no.code, no.field, no.detail) == ("consent_needed", "version", {"voided": [spent]})
    table.do(Propose(kind="undo", version=gained), ANNA)
    answer = table.do(AnswerProposal(proposal=table.version, accept=True), MAREK)
    assert answer.data == {"undone": [gained], "voided": [spent]}
    own = Table().begin()
    gained = done(own, ScoreUpdate(player=1, cp_delta=2), ANNA)
    own.do(TurnChange(phase="Fight"), MAREK)
    assert own.do(Undo(version=gained), ANNA).facts


def test_a_name_taken_back_does_not_undo_the_match() -> None:
    table = Table(names=("", "Marek"))
    named = done(table, SetProfile(name="Anna"), ANNA)
    table.do(Ready(), ANNA)
    table.do(Ready(), MAREK)
    table.begin()
    assert table.do(Undo(version=named)).data["voided"] == []
    assert (table.game.players[0].name, table.game.status) == ("", "playing")


@pytest.mark.parametrize("what", [SwapPlayers(), SettingsUpdate(key="note", value="x")])
def test_names_and_settings_are_of_any_depth(what: Any) -> None:
    table = Table().begin()
    before = table.game.players, table.game.settings
    version = done(table, what)
    table.turns(2)
    table.do(Undo(version=version))
    assert [p.name for p in table.game.players] == [p.name for p in before[0]]
    assert table.game.settings == before[1]


def test_an_undo_that_would_take_turns_with_it_is_refused() -> None:
    table = Table().begin()
    no_more = done(table, SettingsUpdate(key="no_new_round", value=True))
    table.turns(2)
    assert table.game.status == "ended"
    reopened = done(table, Reopen())
    no = table.refused(Undo(version=no_more))
    assert (no.code, no.field) == ("undo_conflict", "version")
    assert no.detail == {"in_the_way": [reopened]}


# -- undo: newest first --


def test_turns_presses_and_steps_go_newest_first() -> None:
    table = Table().begin()
    turns = [done(table, TurnChange()) for _ in range(3)]
    no = table.refused(Undo(version=turns[0]))
    assert (no.code, no.field, no.detail) == (
        "undo_conflict",
        "version",
        {"in_the_way": turns[1:]},
    )
    for version in reversed(turns):
        table.do(Undo(version=version))
    assert table.game.turn.ordinal == 1


def test_a_turn_put_back_under_a_newer_one_would_hang_in_the_air() -> None:
    table = Table().begin()
    ended = done(table, TurnChange())
    undone = done(table, Undo(version=ended))
    again = done(table, TurnChange())
    assert table.refused(Undo(version=undone)).detail == {"in_the_way": [again]}
    table.do(Undo(version=again))
    table.do(Undo(version=undone))
    assert table.game.turn.ordinal == 2


def test_what_stood_on_something_taken_back_since_is_not_put_back() -> None:
    table = Table().begin()
    gained = done(table, ScoreUpdate(player=1, cp_delta=2))
    spent = done(table, ScoreUpdate(player=1, cp_delta=-3))
    undone = done(table, Undo(version=spent))
    table.do(Undo(version=gained))
    no = table.refused(Undo(version=undone))
    assert (no.code, no.detail) == ("undo_conflict", {"in_the_way": [spent]})


@pytest.mark.parametrize(
    ("meanwhile", "by"),
    [
        (score(5), MAREK),
        (PauseClock(), JUDGE),
        (CallJudge(), MAREK),
        (OpenDispute(text="?"), MAREK),
        (LoseLink(heard_at=0), SERVER),
        (FallFlag(), SERVER),
        (ServerDown(last_alive=0, gap_ms=None, long=True), SERVER),
        (AdjustClock(player=1, delta_ms=5), JUDGE),
        (Join(device="x", role="host"), SERVER),
        (TurnChange(phase="Fight"), MAREK),
    ],
)
def test_words_pauses_flags_and_restarts_do_not_stand_in_the_way(meanwhile: Any, by: By) -> None:
    table = Table(overrides=Overrides(clock="down-90")).begin()
    ended = done(table, TurnChange())
    table.wait(91 * MINUTE).do(meanwhile, by)
    table.do(Undo(version=ended), JUDGE)
    assert (table.game.turn.ordinal, table.game.clock.side) == (1, 1)
    assert conserved(table.game, table.now)


def test_a_pause_under_a_newer_turn_stays() -> None:
    table = Table().begin()
    stopped = done(table, PauseClock())
    table.do(ResumeClock())
    ended = done(table, TurnChange())
    assert table.refused(Undo(version=stopped)).detail == {"in_the_way": [ended]}
    table.do(Undo(version=ended))
    assert table.do(Undo(version=stopped)).data["voided"] == [stopped + 1]


def test_a_step_of_the_set_up_is_taken_back() -> None:
    table = Table()
    table.do(Ready(), ANNA)
    table.do(Ready(), MAREK)
    rolled = done(table, RollResult(winner=2))
    table.do(Undo(version=rolled))
    assert (table.game.setup.step, table.game.setup.winners) == (0, {})


def test_the_clock_is_as_it_was_before_a_press_and_runs_on_from_its_own_anchor() -> None:
    table = Table().begin()
    table.do(SwitchClock(), wait=MINUTE)
    table.do(Undo(), wait=8 * SECOND)
    assert (table.shown(1), table.shown(2)) == (MINUTE + 8 * SECOND, 0)
    assert table.wait(SECOND).shown(1) == MINUTE + 9 * SECOND


def test_an_end_is_taken_back_with_what_it_froze() -> None:
    table = Table().begin()
    conceded = done(table, Concede(player=1))
    table.do(Undo(version=conceded), wait=MINUTE)
    assert (table.game.status, table.game.clock.running) == ("playing", True)
    assert table.shown(1) == MINUTE + SECOND


def test_an_agreed_end_is_taken_back_by_an_official() -> None:
    table = Table().begin()
    table.do(Propose(kind="draw"), ANNA)
    agreed = done(table, AnswerProposal(proposal=table.version, accept=True), MAREK)
    assert table.refused(Undo(version=agreed), MAREK).code == "consent_needed"
    table.do(Undo(version=agreed), JUDGE)
    assert (table.game.status, table.game.proposals) == ("playing", ())


def test_an_agreed_undo_is_undone() -> None:
    table = Table().begin()
    ended = done(table, TurnChange(), ANNA)
    table.do(Propose(kind="undo", version=ended), ANNA)
    agreed = done(table, AnswerProposal(proposal=table.version, accept=True), MAREK)
    assert table.game.turn.ordinal == 1
    table.do(Undo(version=agreed), JUDGE)
    assert table.game.turn.ordinal == 2


def test_what_is_not_play_is_not_undone() -> None:
    table = Table().begin()
    table.server(ServerDown(last_alive=table.now, gap_ms=0, long=False))
    for version in (1, table.version):
        no = table.refused(Undo(version=version), ORGANISER)
        assert (no.code, no.field) == ("not_undoable", "version")
    table.do(Concede(player=1))
    signed = done(table, ConfirmResult(version=table.version), ANNA)
    assert table.refused(Undo(version=signed), ANNA).code == "not_undoable"


def test_what_never_was_is_not_undone() -> None:
    no = Table().refused(Undo(version=99))
    assert (no.code, no.field) == ("not_found", "version")


# -- undo: by whom --


@pytest.mark.parametrize(
    ("made", "by", "asks", "wait", "code"),
    [
        (score(5), ANNA, ANNA, 60 * MINUTE, None),
        (score(5), ANNA, MAREK, SECOND, "consent_needed"),
        (score(5), HOST, ANNA, SECOND, "consent_needed"),
        (score(5), ANNA, HOST, SECOND, None),
        (score(5), ANNA, JUDGE, 60 * MINUTE, None),
        (TurnChange(), ANNA, ANNA, 10 * SECOND, None),
        (TurnChange(), ANNA, ANNA, 10 * SECOND + 1, "consent_needed"),
        (TurnChange(), ANNA, MAREK, SECOND, "consent_needed"),
        (TurnChange(), ANNA, HOST, 60 * MINUTE, None),
        (SwitchClock(), ANNA, ANNA, SECOND, None),
        (PauseClock(), ANNA, ANNA, SECOND, None),
        (Concede(), ANNA, ANNA, SECOND, "consent_needed"),
        (Concede(), ANNA, HOST, SECOND, None),
        (CallJudge(), ANNA, ANNA, SECOND, "consent_needed"),
        (PauseClock(), JUDGE, HOST, SECOND, "not_yours"),
        (PauseClock(), JUDGE, ORGANISER, SECOND, None),
        (LoseLink(heard_at=0), SERVER, HOST, SECOND, "not_yours"),
        (LoseLink(heard_at=0), SERVER, JUDGE, SECOND, None),
    ],
)
def test_who_takes_back_what(made: Any, by: By, asks: By, wait: int, code: str | None) -> None:
    table = Table().begin()
    version = done(table, made, by)
    table.wait(wait)
    if code is None:
        table.do(Undo(version=version), asks, wait=0)
        assert version in struck(table.match.entries)
    else:
        assert table.refused(Undo(version=version), asks).code == code


def test_at_an_event_a_press_is_taken_back_by_agreement_and_a_score_alone() -> None:
    table = Table(profile="event").begin()
    table.do(TurnChange(), ANNA)
    assert table.refused(Undo(), ANNA).code == "consent_needed"
    scored = done(table, score(5), ANNA)
    table.do(Undo(), ANNA)
    assert struck(table.match.entries) == {scored}


def test_ones_own_last_score_then_the_one_before_and_back_again() -> None:
    table = Table().begin()
    first = done(table, score(3), ANNA)
    second = done(table, score(5), ANNA)
    done(table, score(9, player=2), MAREK)
    no = table.refused(Undo(version=first), ANNA)
    assert (no.code, no.field) == ("consent_needed", "version")
    undone = done(table, Undo(), ANNA)
    assert table.total(1) == 3
    table.do(Undo(version=undone), ANNA)
    assert table.total(1) == 5
    undone = done(table, Undo(version=second), ANNA)
    table.do(Undo(), ANNA)
    assert struck(table.match.entries) >= {first, second}
    assert table.refused(Undo(version=undone), ANNA).code == "consent_needed"


def test_without_a_version_it_is_the_senders_own_last() -> None:
    table = Table().begin()
    mine = done(table, score(5), ANNA)
    done(table, score(6, player=2), HOST)
    assert table.do(Undo(), ANNA).data["undone"] == [mine]
    no = table.refused(Undo(), MAREK)
    assert (no.code, no.field) == ("not_found", "version")
    assert table.do(Undo(), HOST).data["undone"] == [mine + 1]


def test_of_two_hosts_each_has_his_own_last() -> None:
    table = Table().begin()
    first = done(table, score(5))
    table.do(score(6), By(role="host", device="laptop"))
    assert table.do(Undo()).data["undone"] == [first]


def test_the_table_does_not_reach_into_closed_rounds_by_undoing() -> None:
    table = Table(profile="event").begin()
    scored = done(table, score(5))
    stepped = done(table, ScoreUpdate(player=2, category="secondary", delta=3))
    pointed = done(table, ScoreUpdate(player=1, cp_delta=1))
    table.turns(2)
    for version in (scored, stepped):
        no = table.refused(Undo(version=version))
        assert (no.code, no.field) == ("consent_needed", "version")
    table.do(Undo(version=pointed))
    table.do(Undo(version=scored), JUDGE)
    assert table.total(1) == 0


def test_what_is_signed_or_void_is_for_officials() -> None:
    table = Table().begin()
    scored = done(table, score(5), ANNA)
    table.do(Concede(player=1))
    for by in (ANNA, MAREK):
        table.do(ConfirmResult(version=table.version), by)
    assert table.refused(Undo(version=scored), ANNA).code == "not_now"
    assert table.refused(Undo(version=scored), HOST).code == "not_now"
    table.do(Undo(version=scored), JUDGE)
    assert (table.game.status, table.game.signatures, table.total(1)) == ("ended", (), 0)


# -- the log itself --


def test_a_log_begins_with_its_creation() -> None:
    entry = Entry(version=1, type="x", by=HOST, at_ms=0, wall="", facts=(Undone(version=1),))
    with pytest.raises(TypeError, match="begins with its creation"):
        fold((entry,))


def test_what_is_created_with_its_people() -> None:
    created = Table().match.entries[0]
    both = structs.replace(created, facts=(*created.facts, Invited(place="player:1")))
    game = Match((both,)).game
    assert game.places["player:1"].codes == (1,)
    assert game.settings == {"visibility": "listed"}


def test_an_unfinished_match_is_found_again_as_it_was_left() -> None:
    # Scorer's "resume" read a key that nothing wrote, so every start was a fresh game.
    table = Table().begin(2).turns(3, wait=MINUTE)
    table.do(score(5))
    table.do(PauseClock(), ANNA)
    entries = tuple(through_json(entry) for entry in table.match.entries)
    again = Table.of(Match(entries), table.now)
    assert again.game == table.game
    assert (again.game.status, again.game.turn.round, again.game.clock.paused) == (
        "playing",
        2,
        ("player:1",),
    )
    again.do(ResumeClock(), ANNA, wait=60 * MINUTE)
    again.turns(7)
    assert again.game.status == "ended"


def test_a_match_is_made_once() -> None:
    assert Table().refused(Create(facts=())).code == "not_now"


def test_a_command_or_fact_of_no_kind_is_our_own_mistake() -> None:
    table = Table()
    ctx = Context(by=HOST, now=0, version=2)
    with pytest.raises(TypeError, match="no rule decides str"):
        decide("x", table.game, ctx)
    with pytest.raises(TypeError, match="no rule applies str"):
        apply("x", table.game, ctx)


def test_an_entry_that_does_not_fit_when_it_is_read_again_has_no_effect() -> None:
    table = Table().begin()
    misfit = Entry(
        version=4, type="x", by=HOST, at_ms=table.now, wall="", facts=(TurnEnded(turn=9, player=1),)
    )
    folded = fold((*table.match.entries, misfit))
    assert folded.without_effect == {4}
    assert folded.game.version == 4
    assert structs.replace(folded.game, version=3) == table.game


def test_a_match_has_an_end_but_the_servers_word_is_always_heard(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    table = Table().begin()
    monkeypatch.setattr(log, "ENTRIES_MAX", table.version)
    assert table.refused(score(5)).code == "too_many"
    table.server(LoseLink(heard_at=table.now))
    assert table.game.clock.paused == ("link",)


def test_the_entry_keeps_whom_and_when() -> None:
    table = Table().begin()
    table.do(score(5), ANNA, wait=MINUTE)
    assert (table.game.version, table.game.touched_ms) == (4, table.now)
    assert table.game.created_ms == 1_000_000


# -- laws --

EVERY_MATCH = settings(max_examples=150)


def conserved(game: Game, now: int) -> bool:
    """Every millisecond since the start is somebody's, nobody's, or idle."""
    clock = game.clock
    return not clock.started or clock.accounts(now).total_ms == now - clock.started_at


def test_random_matches_know_every_command() -> None:
    unknown = decide.dispatch(object)
    assert {kind for kind in TYPES if decide.dispatch(kind) is unknown} == {Undo}
    seen: set[type] = set()

    @settings(max_examples=2_000, database=None)
    @given(peoples_commands | servers_commands)
    def look(command: Any) -> None:
        seen.add(type(command))

    look()
    assert seen == TYPES


@EVERY_MATCH
@given(tables(), courses)
def test_whatever_is_tried_is_refused_in_words_or_fits(table: Table, tried: list[Step]) -> None:
    unnamed = {"not_now", "not_yours", "consent_needed", "too_many"}
    for step in tried:
        no = attempt(table, step)  # which sees that a refusal changes nothing
        if no is not None:
            assert no.code in {code.value for code in ErrorCode}
            assert no.message
            fields = {*step.command.__struct_fields__, "version"}
            assert no.field in fields or (no.field is None and no.code in unnamed)
            assert no.field is None or no.message.startswith(f"{no.field}: ")
        assert conserved(table.game, table.now)


@EVERY_MATCH
@given(played())
def test_a_log_read_again_gives_the_same_match(table: Table) -> None:
    assert fold(table.match.entries).game == table.game
    assert Match(table.match.entries).game == table.game


@EVERY_MATCH
@given(played())
def test_a_match_comes_back_from_the_store_as_it_was(table: Table) -> None:
    assert through_json(table.game) == table.game
    assert tuple(through_json(entry) for entry in table.match.entries) == table.match.entries


def regardless(game: Game) -> Game:
    """A match regardless of how many versions it took, and of words that an undo voids."""
    return structs.replace(
        game,
        version=0,
        sheet_version=0,
        touched_ms=0,
        signatures=(),
        proposals=(),
        frozen=None,
        status="ended" if game.status == "signed" else game.status,
    )


@EVERY_MATCH
@given(played(), st.data())
def test_an_undo_is_the_log_without_it_and_its_undo_puts_it_back(
    table: Table, data: st.DataObject
) -> None:
    gone = struck(table.match.entries)
    target = data.draw(st.sampled_from([e for e in table.match.entries if e.version not in gone]))
    without = [e for e in table.match.entries if e is not target]
    before, idle = table.game, fold(table.match.entries).without_effect
    no = refusal(table, Undo(version=target.version), JUDGE)
    if no is not None:
        never = any(isinstance(fact, NEVER_UNDONE) for fact in target.facts)
        assert no.code == ("not_undoable" if never else "undo_conflict")
        return
    assert regardless(table.game) == regardless(fold(without).game)
    no = refusal(table, Undo(version=table.version), JUDGE)
    assert (no is None) == (target.version not in idle)  # what did not fit is not put back
    assert regardless(table.game) == regardless(before)


@EVERY_MATCH
@given(played())
def test_every_undo_can_be_tried_without_doing_it(table: Table) -> None:
    before = table.match
    for entry in before.entries:
        tried = refusal(table, Undo(version=entry.version, dry_run=True), JUDGE)
        assert table.match is before
        done = refusal(Table.of(before, table.now), Undo(version=entry.version), JUDGE)
        assert (tried and tried.code) == (done and done.code)


@EVERY_MATCH
@given(tables(), courses)
def test_sections_that_changed_make_the_new_view_of_the_old(
    table: Table, tried: list[Step]
) -> None:
    audiences: tuple[Audience, ...] = ("match", "public")
    for step in tried:
        before = table.game
        attempt(table, step)
        for audience in audiences:
            old, new = view(before, audience), view(table.game, audience)
            sections = changed(old, new)
            assert structs.replace(old, **sections) == new
            assert through_json(new) == new
            if table.game.version == before.version:
                assert not sections
            if before.frozen is not None and table.game.frozen is not None:
                assert audience == "match" or not {"scores", "result"} & sections.keys()
    assert set(SECTIONS) == set(view(table.game).__struct_fields__)


@EVERY_MATCH
@given(played())
def test_something_is_due_at_the_deadline_and_nothing_before(table: Table) -> None:
    def facts(at: int) -> int:
        return sum(
            len(table.match.decide(command, SERVER, at).facts) for command in (FallFlag(), Expire())
        )

    due = deadline(table.game)
    if due is None:
        assert not facts(table.now + 1_000 * MINUTE)
    else:
        assert facts(due)
        assert due <= table.now or not facts(due - 1)


@EVERY_MATCH
@given(played())
def test_a_total_is_never_beyond_what_there_is_to_win(table: Table) -> None:
    cap = table.game.ruleset.total_cap
    for player in PLAYERS:
        assert 0 <= table.total(player) <= (cap if cap is not None else 10_000)
        rules = table.game.ruleset.cp
        assert 0 <= table.game.player(player).cp <= (rules.cap if rules else 0)


# -- facts that do not fit, as a log that is folded again may have them --


def _in_setup(table: Table) -> None:
    table.do(Ready(), ANNA)
    table.do(Ready(), MAREK)


def _rolled(table: Table) -> None:
    _in_setup(table)
    table.do(RollDie(), ANNA)


def _over(table: Table) -> None:
    table.begin()
    table.do(Concede(player=1))


def _over_before_a_round(table: Table) -> None:
    table.do(CorrectState(game_status="playing"))
    table.do(SetClock(player=1, time_ms=0))
    table.do(SetClock(player=2, time_ms=0))
    table.do(TurnChange())
    table.do(TurnChange())
    assert table.game.turn.awaiting == "consent"
    table.do(TimeCall())


def _signed_once(table: Table) -> None:
    _over(table)
    table.do(ConfirmResult(version=table.version), ANNA)


MISFITS: list[tuple[Any, Any]] = [
    (_in_setup, ev.RollDecided(step="attacker", winner=1)),
    (_in_setup, ev.Rolled(step="first-turn-roll", player=1, die=3)),
    (_in_setup, ev.Chosen(step="attacker-roll", player=1, option="first")),
    (_rolled, ev.Rolled(step="attacker-roll", player=1, die=3)),
    (_in_setup, ev.FirstPlayerSet(player=1)),
    (Table.begin, ev.FirstPlayerSet(player=1)),
    (Table.begin, ev.ClockStarted(side=1)),
    (Table.begin, ev.ClockSwitched(run=7, to=2)),
    (Table.begin, ev.ClockResumed(reason="judge")),
    (Table.begin, ev.TurnEnded(turn=2, player=1)),
    (Table.begin, ev.TurnEnded(turn=1, player=2)),
    (Table.begin, ev.RoundOpened()),
    (Table.begin, ev.ReadySet(player=1, ready=True)),
    (Table.begin, ev.SetupSkipped(first_player=1)),
    (Table.begin, ev.DisputeClosed()),
    (Table.begin, ev.JudgeTaken()),
    (Table.begin, ev.JudgeClosed()),
    (Table.begin, ev.Reopened()),
    (Table.begin, ev.Answered(proposal=2, accept=True)),
    (Table.begin, ev.TurnSet(round=6, active_player=1)),
    (_over, ev.ClockSwitched(run=1, to=2)),
    (_over, ev.TurnEnded(turn=1, player=1)),
    (_over_before_a_round, ev.RoundOpened()),
    (_over, ev.TurnSet(round=2, active_player=1)),
    (_over, ev.PhaseSet(phase="Fight")),
    (_over, ev.Proposed(kind="draw", player=1, expires_at=0)),
    (_over, ev.ClockAdjusted(player=1, delta_ms=1)),
    (_over, ev.Contested(presses=(), since_version=1)),
    (_signed_once, ev.Signed(player=1, version=4)),
    (Table.begin, ev.Signed(player=1, version=4)),
]


@pytest.mark.parametrize(("prepare", "fact"), MISFITS)
def test_a_fact_that_does_not_fit_is_refused(prepare: Any, fact: Any) -> None:
    rules = ClockRules(mode="down", budget_ms=90 * MINUTE, new_round_min_ms=5 * MINUTE)
    table = Table(overrides=Overrides(clock=rules))
    prepare(table)
    ctx = Context(by=HOST, now=table.now, version=table.version + 1)
    with pytest.raises(Refused):
        apply(fact, table.game, ctx)
