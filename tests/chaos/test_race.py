"""Two hosts press at once: one of them did it, the other is told so."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..system.server import ServerProcess
from ..system.talker import Talker
from .long import times
from .plants import planted
from .storm import FREE


def both(
    hosts: tuple[Talker, Talker], number: int, type_: str, first: Any, second: Any
) -> list[dict[str, Any]]:
    """What two commands that were sent at once are answered."""
    order = hosts if number % 2 else hosts[::-1]
    ids = {host: host.say(type_, data) for host, data in zip(order, (first, second), strict=True)}
    answers = []
    for host, id_ in ids.items():
        answers.append(host.hear_until(lambda m, id_=id_: m.get("id") == id_))  # type: ignore[misc]
        host.heard.clear()
    return answers


def race(server: ServerProcess, rounds: int) -> list[str]:
    """So many races for a turn and for a cell; what came out wrong."""
    faults = []
    with Talker(server.url) as one, Talker(server.url) as two:
        made = one.create(ruleset="kill-team", player1_name="Anna", player2_name="Marek")
        key = made["data"]["detail"]["places"]["host"]["key"]
        two.connect(game_id=made["game_id"], key=key)
        one.do("setup", {"op": "skip", "first_player": 1})
        one.do("timer_update", {"op": "start"})
        turn, cell_version = one.state()["turn"]["turn"], 0
        for number in range(rounds):
            answers = both((one, two), number, "turn_change", {"turn": turn}, {"turn": turn})
            won = [a for a in answers if a["type"] == "ack" and not a["data"].get("already")]
            lost = [a for a in answers if a["type"] == "ack" and a["data"].get("already")]
            if len(won) != 1 or len(lost) != 1:
                faults.append(f"turn {turn}: {answers}")
            elif lost[0]["data"]["detail"]["turn"] != turn + 1:
                faults.append(f"turn {turn}: the loser is not told how things stand: {lost}")
            turn += 1
            cell = {"player": 1, "category": "crit-op", "round": 1, "correct": True}
            cell["if_version"] = cell_version
            values = (2 * number % 900 + 1, 2 * number % 900 + 2)
            answers = both(
                (one, two),
                number,
                "score_update",
                *({**cell, "value": value} for value in values),
            )
            wins = [value for value, a in zip(values, answers, strict=True) if a["type"] == "ack"]
            refused = [a["data"] for a in answers if a["type"] == "error"]
            if len(wins) != 1 or [r["code"] for r in refused] != ["conflict"]:
                faults.append(f"cell at {cell_version}: {answers}")
            elif refused[0]["detail"]["value"] != wins[0]:
                faults.append(f"the loser is not told what stands there: {refused}")
            cell_version = max(a["version"] for a in answers)
    server.stop()
    return faults


def test_exactly_one_wins(tmp_path: Path) -> None:
    assert race(ServerProcess(tmp_path, *FREE).start(), times(short=100, long=1000)) == []


def test_the_checker_catches_two_winners(tmp_path: Path) -> None:
    server = ServerProcess(tmp_path, *FREE, wrapper=planted("ignore_if_version")).start()
    assert race(server, rounds=2)
