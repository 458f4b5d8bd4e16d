"""What has happened and waits for somebody at the table. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

import attrs

from .before import short_name
from .seen import Seen
from .shown import length_text, liftable, other
from .texts import Words


@attrs.frozen(kw_only=True)
class Action:
    """A key beside a notice: the command that it sends, or (``dismiss``) none."""

    words: str
    type: str = ""
    data: dict[str, Any] = attrs.field(factory=dict)


@attrs.frozen(kw_only=True)
class Notice:
    """
    :ivar key: names it, from the first word to the last
    :ivar level: ``ask`` (somebody has to answer), ``warn``, ``bad`` or ``news``
    :ivar player: who has to answer; 0: it is for both
    """

    key: str
    text: str
    level: str
    actions: tuple[Action, ...] = ()
    player: int = 0


def notices(
    state: dict[str, Any],
    seen: Seen,
    now: float,
    words: Words,
    *,
    hall: dict[str, Any] | None = None,
    game_id: str = "",
    dismissed: Collection[str] = (),
) -> list[Notice]:
    """
    All that is to be told, what is most urgent first.

    :param now: game time in milliseconds
    :param hall: the venue's state
    :param dismissed: keys of news that were read
    """
    found = [
        *_pause(state, seen, words),
        *_proposals(state, words),
        *_judge(state, now, words),
        *_dispute(state, words),
        *_announcements(hall, game_id, now, words),
    ]
    return [notice for notice in found if notice.key not in dismissed]


def _pause(state: dict[str, Any], seen: Seen, words: Words) -> Iterator[Notice]:
    if state["status"] != "playing":
        return
    lift = Action(words=words("resume"), type="timer_update", data={"op": "resume"})
    may = bool(liftable(state, seen.paused))
    if "contested" in seen.paused:
        actions = (lift,) if may else ()
        yield Notice(key="contested", text=words("contested"), level="bad", actions=actions)
    elif "server" in seen.paused:
        gap = state["gaps"][-1]["gap_ms"] if state["gaps"] else None
        text = words("back_after_unknown")
        if gap is not None:
            text = words("back_after", time=length_text(gap))
        yield Notice(key="server", text=text, level="ask", actions=(lift,) if may else ())


def _proposals(state: dict[str, Any], words: Words) -> Iterator[Notice]:
    for proposal in state["proposals"]:
        if proposal["kind"] == "no_new_round" and state["turn"]["awaiting"] == "consent":
            continue  # both halves ask that already
        asked = other(proposal["player"])
        what = words.known(f"kind_{proposal['kind']}", proposal["kind"])
        name = short_name(state, proposal["player"], words)

        def answer(accept: bool, at: int = proposal["at_version"], by: int = asked) -> Action:
            data = {"proposal": at, "accept": accept, "player": by}
            return Action(words=words("yes" if accept else "no"), type="answer", data=data)

        yield Notice(
            key=f"proposal:{proposal['at_version']}",
            text=words("proposes", name=name, what=what),
            level="ask",
            actions=(answer(True), answer(False)),
            player=asked,
        )


def _judge(state: dict[str, Any], now: float, words: Words) -> Iterator[Notice]:
    call = state["judge"]
    if call is None:
        return
    said = [words("judge_called", time=length_text(now - call["at_ms"]))]
    if call.get("note"):
        said.append(call["note"])
    taken = call.get("taken_by")
    if taken:
        said.append(words("judge_coming", name=taken.get("name") or words("judge")))
    cancel = Action(words=words("cancel"), type="judge_call", data={"op": "cancel"})
    yield Notice(
        key="judge", text=" · ".join(said), level="warn", actions=() if taken else (cancel,)
    )


def _dispute(state: dict[str, Any], words: Words) -> Iterator[Notice]:
    if state["dispute"] is not None:
        text = words("disputed", text=state["dispute"]["text"])
        close = Action(words=words("done"), type="dispute", data={"op": "close"})
        yield Notice(key="dispute", text=text, level="bad", actions=(close,))


def _announcements(
    hall: dict[str, Any] | None, game_id: str, now: float, words: Words
) -> Iterator[Notice]:
    if hall is None:
        return
    event = event_of(hall, game_id)
    table = next((t["id"] for t in hall.get("tables", ()) if t["game"] == game_id), None)
    for said in hall.get("announcements", ()):
        until = said.get("until")
        over = until is not None and until <= now
        here = {"all": True, "event": said["target"] == event, "table": said["target"] == table}
        if not over and here.get(said["to"]):
            read = Action(words=words("ok"))
            yield Notice(
                key=f"announcement:{said['id']}", text=said["text"], level="news", actions=(read,)
            )


def event_of(hall: dict[str, Any], game_id: str) -> str | None:
    """The event that a match is played in, if it is."""
    for event in hall.get("events", ()):
        for round_ in event["rounds"]:
            if any(p["game"] == game_id for p in round_["pairings"]):
                return str(event["id"])
    return None


def round_left(hall: dict[str, Any] | None, game_id: str, now: float) -> tuple[float, bool] | None:
    """What the hall's round clock shows (ms), and whether it runs; None: there is none."""
    clock = (hall or {}).get("round_clock")
    if not clock or hall is None:
        return None
    if clock["event"] and clock["event"] != event_of(hall, game_id):
        return None
    spent = now - clock["at"] if clock["running"] else 0
    return clock["left_ms"] - spent, bool(clock["running"])
