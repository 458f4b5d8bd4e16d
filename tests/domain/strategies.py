"""Random matches: commands of every kind, by anybody, at any time, some of which make sense."""

from __future__ import annotations

from typing import Any, NamedTuple, get_args

import msgspec
from hypothesis import strategies as st
from msgspec import UNSET, structs

from gamesync.domain import commands as c
from gamesync.domain.events import By
from gamesync.domain.profile import Overrides, PausePolicy
from gamesync.domain.rulebook import shipped
from gamesync.domain.ruleset import ClockRules, Ruleset
from gamesync.domain.values import PLAYERS, Millis, Refused

from .playing import ANNA, HOST, JUDGE, MAREK, MINUTE, ORGANISER, SECOND, SERVER, Table

PEOPLE = (HOST, ANNA, MAREK, JUDGE, ORGANISER)

players = st.sampled_from(PLAYERS)
maybe_player = st.none() | players
columns = st.sampled_from(("primary", "secondary", "battle-ready", "objectives", "total", "none"))
rounds = st.none() | st.integers(0, 6)
versions = st.integers(0, 60)
ordinals = st.none() | st.integers(0, 12)
instants = st.integers(1_000_000, 1_000_000 + 200 * MINUTE)
pressed = st.none() | instants
words = st.sampled_from(("", "why", "x" * 200))
names = st.sampled_from(("Ann", "Mark", "O'Neil"))
sides = st.sampled_from((0, 1, 2))
maybe = st.none

presses = st.builds(
    c.Press,
    kind=st.sampled_from(("switch", "turn", "pause", "resume")),
    player=players,
    pressed_at=instants,
)

_PLAY = (
    st.builds(
        c.ScoreUpdate,
        player=players,
        category=st.none() | columns,
        round=rounds,
        value=st.none() | st.integers(-1, 20),
        correct=st.booleans(),
        if_version=st.none() | versions,
    ),
    st.builds(
        c.ScoreUpdate,
        player=players,
        category=columns,
        delta=st.integers(-3, 8),
        round=rounds,
    ),
    st.builds(
        c.ScoreUpdate,
        player=players,
        score=st.none() | st.integers(0, 101),
        cp=st.none() | st.integers(0, 9),
        cp_delta=st.none() | st.integers(-3, 3),
        cp_why=st.sampled_from((None, "gain", "spend", "correction")),
    ),
    st.builds(c.StartClock, side=maybe() | sides),
    st.builds(c.PauseClock, why=st.sampled_from((None, "judge", "round", "setup")), reason=words),
    st.builds(
        c.ResumeClock,
        why=st.sampled_from((None, None, "player:1", "judge", "link", "contested", "server")),
    ),
    st.builds(c.SwitchClock, player=maybe_player, run=ordinals, pressed_at=pressed),
    st.builds(c.AdjustClock, player=players, delta_ms=st.integers(-50 * MINUTE, 50 * MINUTE)),
    st.builds(c.SetClock, player=players, time_ms=st.integers(-5 * MINUTE, 95 * MINUTE)),
    st.builds(
        c.BatchPresses,
        presses=st.lists(presses, min_size=1, max_size=4).map(tuple),
        since_version=versions,
    ),
    st.builds(
        c.TurnChange,
        player=maybe_player,
        turn=ordinals,
        pressed_at=pressed,
        end_round=st.booleans(),
        phase=st.sampled_from((None, None, None, "Fight", "Hero", "Opening")),
        new_round=st.sampled_from((False, False, True)),
    ),
)
_END = (
    st.builds(c.Concede, player=maybe_player),
    st.builds(c.Complete, winner=maybe() | sides),
    st.builds(c.TimeCall),
    st.builds(c.Abandon, reason=words),
    st.builds(c.ClaimFlag, player=maybe_player),
    st.builds(
        c.RuleResult,
        how=st.sampled_from(get_args(c.How)),
        player=maybe_player,
        winner=maybe() | sides,
    ),
    st.builds(c.ConfirmResult, version=versions, player=maybe_player),
    st.builds(c.Reopen),
    st.builds(c.VoidGame),
)
_STATE = (
    st.builds(
        c.CorrectState,
        player1_name=st.none() | names,
        current_turn=st.none() | st.integers(1, 12),
        game_status=st.sampled_from((None, None, "waiting", "setup", "ready", "playing")),
        round=st.none() | st.integers(1, 6),
        active_player=maybe_player,
        if_version=st.none() | versions,
    ),
    st.builds(
        c.SettingsUpdate,
        key=st.sampled_from(("frozen", "visibility", "note", "no_new_round", "no_new_turn", "x")),
        value=st.sampled_from((None, True, False, 3, "listed", "link", "x" * 300)),
    ),
)
_SETUP = (
    st.builds(
        c.SetProfile,
        player=maybe_player,
        name=st.none() | names | st.just(""),
        faction=st.none() | names,
        list_link=st.sampled_from((None, "https://lists.example/1")),
    ),
    st.builds(c.RollDie, player=maybe_player),
    st.builds(c.RollResult, winner=players),
    st.builds(
        c.Choose,
        option=st.sampled_from(("attacker", "defender", "first", "second", "white")),
        player=maybe_player,
    ),
    st.builds(c.Ready, player=maybe_player, ready=st.booleans()),
    st.builds(c.SkipSetup, first_player=players),
    st.builds(c.SwapPlayers),
    st.builds(c.SetFirstPlayer, player=players),
)
_TALK = (
    st.builds(
        c.Propose,
        kind=st.sampled_from(
            ("pause", "resume", "draw", "time_call", "no_new_round", "undo", "abandon")
        ),
        version=st.none() | versions,
        player=maybe_player,
        expires_ms=st.sampled_from((5_000, 120_000)),
    ),
    st.builds(c.AnswerProposal, proposal=versions, accept=st.booleans(), player=maybe_player),
    st.builds(
        c.OpenDispute,
        text=st.just("Is it?"),
        player=maybe_player,
        category=st.none() | columns,
        round=st.none() | st.integers(0, 5),
    ),
    st.builds(c.CloseDispute, note=words),
    st.builds(c.CallJudge, note=words),
    st.builds(c.TakeCall),
    st.builds(c.CloseCall),
    st.builds(c.CancelCall),
    st.builds(c.Undo, version=st.none() | versions, dry_run=st.booleans()),
)
_DEVICES = (
    st.builds(
        c.Invite,
        role=st.sampled_from(("player", "host", "observer")),
        player=maybe_player,
        renew=st.booleans(),
    ),
    st.builds(c.RenameDevice, device=st.sampled_from(("d1", "d9")), name=names | st.just("")),
    st.builds(c.RevokeDevice, device=st.sampled_from(("d1", "d2", "d9"))),
    st.builds(c.SwapSeats),
)
_SERVERS = (
    st.builds(
        c.Join,
        device=st.sampled_from(("d1", "d2", "d3", "d4")),
        role=st.sampled_from(("player", "host")),
        player=sides,
        name=names | st.just("x" * 41),
    ),
    st.builds(c.FallFlag),
    st.builds(c.LoseLink, heard_at=instants),
    st.builds(
        c.ServerDown,
        last_alive=instants,
        gap_ms=st.none() | st.integers(0, MINUTE),
        long=st.booleans(),
    ),
    st.builds(c.RoundPause, pause=st.booleans(), after_down_time=st.booleans()),
    st.builds(c.Expire),
    st.builds(c.Create, facts=st.just(())),
)
TYPES = {
    *(kind for group in get_args(c.GameCommand) for kind in (get_args(group) or (group,))),
}
"""Every type of command there is; a test sees that all of them are made here."""

peoples_commands = st.one_of(*_PLAY * 3, *_TALK * 3, *_END, *_STATE, *_SETUP, *_DEVICES)
servers_commands = st.one_of(*_SERVERS)


class Step(NamedTuple):
    """One thing that somebody tries. What it speaks of may be made to fit the match as it is."""

    command: Any
    by: By
    wait: Millis
    dice: int
    lag_ms: Millis
    backdate_max_ms: Millis | None
    fitted: bool

    def on(self, table: Table) -> Any:
        """The command, with its versions, ordinals and instants brought near to what there is."""
        if not self.fitted:
            return self.command
        game, command = table.game, self.command
        near: dict[str, Any] = {}
        for field in command.__struct_fields__:
            value = getattr(command, field)
            if isinstance(value, int) and not isinstance(value, bool):
                if field in ("version", "proposal", "since_version", "if_version"):
                    near[field] = max(0, game.version - value % 6)
                if field in ("pressed_at", "heard_at", "last_alive"):
                    near[field] = table.now + self.wait - value % (20 * SECOND)
                if field in ("turn", "run"):
                    now = game.turn.ordinal if field == "turn" else game.clock.run
                    near[field] = max(0, now - value % 2)
        if isinstance(command, c.AnswerProposal) and game.proposals:
            near["proposal"] = game.proposals[-1].at_version
        if isinstance(command, c.Choose):
            due = game.ruleset.setup[game.setup.step : game.setup.step + 1]
            if due and due[0].options:
                near |= {"option": due[0].options[0], "player": game.setup.winners.get(due[0].by)}
        return structs.replace(command, **near)


peoples_steps = st.builds(
    Step,
    command=peoples_commands,
    by=st.sampled_from(PEOPLE),
    wait=st.sampled_from((SECOND, 0, 1, 300, 20 * SECOND, 5 * MINUTE, 50 * MINUTE)),
    dice=st.integers(0, 1_000_000),
    lag_ms=st.sampled_from((0, 400, 5_000)),
    backdate_max_ms=st.sampled_from((None, 10 * MINUTE)),
    fitted=st.sampled_from((True, True, True, False)),
)
servers_steps = st.builds(
    Step,
    command=servers_commands,
    by=st.just(SERVER),
    wait=st.sampled_from((3 * SECOND, 0, 30 * MINUTE)),
    dice=st.just(0),
    lag_ms=st.just(0),
    backdate_max_ms=st.none(),
    fitted=st.booleans(),
)


def _usual(command: Any, by: By) -> Step:
    return Step(command, by, 20 * SECOND, 1, 0, None, False)


usual_steps = st.sampled_from(
    (
        _usual(c.TurnChange(), HOST),
        _usual(c.TurnChange(end_round=True), HOST),
        _usual(c.SwitchClock(), HOST),
        _usual(c.ResumeClock(), ORGANISER),
        _usual(c.SetFirstPlayer(player=2), HOST),
        _usual(c.ScoreUpdate(player=1, category="secondary", delta=2), ANNA),
        _usual(c.ScoreUpdate(player=2, category="objectives", delta=3), MAREK),
        _usual(c.ScoreUpdate(player=2, category="secondary", value=5), HOST),
        _usual(c.ScoreUpdate(player=1, score=40), HOST),
        _usual(c.ScoreUpdate(player=1, cp_delta=1), ANNA),
        _usual(c.ScoreUpdate(player=1, cp_delta=-1), ANNA),
        _usual(c.Reopen(), JUDGE),
        _usual(c.TurnChange(), HOST),
        _usual(c.ConfirmResult(version=0), ANNA)._replace(fitted=True),
        _usual(c.ConfirmResult(version=0), MAREK)._replace(fitted=True),
        _usual(c.SkipSetup(first_player=1), HOST),
        _usual(c.StartClock(), HOST),
        _usual(c.Undo(), HOST),
    )
)
"""What happens most, so that random matches get somewhere."""

freezing_steps = st.sampled_from(
    (
        _usual(c.SettingsUpdate(key="frozen", value=True), HOST),
        _usual(c.SettingsUpdate(key="frozen", value=False), JUDGE),
        _usual(c.SettingsUpdate(key="frozen", value=None), HOST),
        _usual(c.OpenDispute(text="Is it?"), ANNA),
        _usual(c.CloseDispute(), ANNA),
        _usual(c.Undo(version=1), JUDGE)._replace(fitted=True),
        _usual(c.Undo(version=2), JUDGE)._replace(fitted=True),
        _usual(c.Undo(version=4), JUDGE)._replace(fitted=True),
    )
)
"""What hides the sheet from the public, and shows it again."""

steps = st.one_of(usual_steps, peoples_steps, peoples_steps, servers_steps)
courses = st.lists(steps, min_size=30, max_size=40)
"""What is tried at one table, in order."""


def _fast(**fields: Any) -> ClockRules:
    return ClockRules(mode="down", budget_ms=30 * MINUTE, **fields)


_RULESETS: tuple[str | Ruleset, ...] = (
    "wh40k-10e",
    "aos",
    "kill-team",
    "chess",
    structs.replace(shipped()["wh40k-11e"], setup_clock="own"),
)
_CLOCKS: dict[str, tuple[ClockRules | None, ...]] = {
    "rounds": (
        None,
        _fast(new_round_min_ms=20 * MINUTE),
        _fast(round_budget_ms=5 * MINUTE, carry_cap_ms=MINUTE, on_flag="stop"),
        _fast(on_flag="lose", increment_ms=30 * SECOND),
        _fast(on_flag="claim", delay_ms=5 * SECOND, bronstein_ms=3 * SECOND),
        ClockRules(mode="none"),
    ),
    "none": (None, _fast(on_flag="lose"), _fast(on_flag="claim")),
}


@st.composite
def tables(draw: st.DrawFn) -> Table:
    """A table before play, or already in it."""
    ruleset = draw(st.sampled_from(_RULESETS))
    clock = draw(st.sampled_from(_CLOCKS["none" if ruleset == "chess" else "rounds"]))
    policies: tuple[PausePolicy, ...] = ("any", "both", "judge")
    policy = draw(st.sampled_from(policies))
    table = Table(
        ruleset,
        draw(st.sampled_from(("club", "event"))),
        Overrides(clock=UNSET if clock is None else clock, pause_policy=policy),
        names=draw(st.sampled_from((("Anna", "Marek"), ("Anna", "")))),
        unstarted_expires_ms=draw(st.sampled_from((0, 60 * MINUTE))),
    )
    for device in draw(st.lists(st.sampled_from(("d1", "d2")), unique=True)):
        table.server(c.Join(device=device, role="player", player=1))
    mostly = st.sampled_from((True, True, True, False))
    if draw(mostly):
        table.do(c.SkipSetup(first_player=draw(players)))
        if draw(mostly) and all(p.name for p in table.game.players):
            table.do(c.StartClock())
    return table


@st.composite
def played(draw: st.DrawFn) -> Table:
    """A table at which a random match has been played for a while."""
    table = draw(tables())
    for step in draw(courses):
        attempt(table, step)
    return table


def attempt(table: Table, step: Step) -> Refused | None:
    """Try a step; the refusal if there is one."""
    return refusal(
        table,
        step.on(table),
        step.by,
        wait=step.wait,
        dice=step.dice,
        lag_ms=step.lag_ms,
        backdate_max_ms=step.backdate_max_ms,
    )


def refusal(table: Table, command: Any, by: By, **how: Any) -> Refused | None:
    """Give a command; the refusal if there is one, by which nothing has changed."""
    before = table.match, table.game
    try:
        table.do(command, by, **how)
    except Refused as no:
        assert (table.match, table.match.game) == before
        return no
    return None


def through_json(value: Any) -> Any:
    """What comes back of *value* from a store."""
    return msgspec.json.decode(msgspec.json.encode(value), type=type(value))
