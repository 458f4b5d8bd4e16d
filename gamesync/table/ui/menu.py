"""Everything that is not wanted every turn: judge, dispute, sheet, names, proposals, ends."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from ..shown import name_of, other
from .pick import Item, Pick
from .score_sheet import ScoreSheet
from .settings import Settings

if TYPE_CHECKING:
    from .app import TableApp

PLAYERS = (1, 2)
BEFORE = ("waiting", "setup", "ready")
OVER = ("ended", "signed", "void")
BEFORE_ENDS = ("concede", "void")


class Menu(Pick):
    """The first sheet; most of its keys open another one."""

    def __init__(self, app: TableApp) -> None:
        self.app, self.session, self.words = app, app.session, app.session.words
        super().__init__(app, "menu", self.words("menu"), self._now)

    def _now(self) -> list[Item]:
        state = self.session.state
        if state is None:
            return [self._item("settings", self._settings)]
        over, before = state["status"] in OVER, state["status"] in BEFORE
        void, signed = state["status"] == "void", state["status"] == "signed"
        host = self.session.is_table
        found = []
        if state["judge"] is not None:
            found.append(self._item("judge_cancel", self._cancel_call))
        elif not void:
            found.append(self._item("judge", self.app.call_judge))
        found.append(self._item("undo", self.app.open_log))
        if not before and state["ruleset"].get("categories"):
            found.append(self._item("sheet", self._sheet))
        if state["dispute"] is not None:
            found.append(self._item("dispute_close", self._settled))
        elif not before and not void:
            found.append(self._item("dispute", self._dispute))
        if host:
            found.append(self._item("ways", self._ways))
        if host and not (signed or void):
            found.append(self._item("names", self._names))
        if state["status"] == "playing":
            found.append(self._item("propose", self._propose))
        if host and not over:
            found.append(self._item("ends", self._ends, kind="danger"))
        elif host and not void:
            found.append(self._item("reopen", self._reopen))
        found.append(self._item("settings", self._settings))
        return found

    def _item(self, name: str, then: Callable[[], object], kind: str = "plain") -> Item:
        under = self.words.known(f"menu_{name}_under", "")
        return Item(name=name, words=self.words(f"menu_{name}"), under=under, kind=kind, then=then)

    def _state(self) -> dict[str, Any]:
        state = self.session.state
        assert state is not None
        return state

    def _name(self, player: int) -> str:
        return name_of(self._state(), player, self.words)

    def _pick(
        self, name: str, title: str, items: Callable[[], list[Item]], text: str = "",
        pairs: bool = False,
    ) -> None:  # fmt: skip
        self.app.show(Pick(self.app, name, title, items, text=text, pairs=pairs))

    # -- people who help

    def _cancel_call(self) -> None:
        self.session.tap("judge", lambda client: client.judge("cancel"))

    def _dispute(self) -> None:
        def open_it(text: str) -> None:
            if text:
                self.session.do("dispute", "dispute", {"op": "open", "text": text})

        self.app.write(self.words("dispute_what"), open_it, most=200)

    def _settled(self) -> None:
        self.session.do("dispute", "dispute", {"op": "close"})

    # -- sheets

    def _sheet(self) -> None:
        self.app.show(ScoreSheet(self.app))

    def _ways(self) -> None:
        from .ways import Ways

        self.app.show(Ways(self.app))

    def _settings(self) -> None:
        self.app.show(Settings(self.app))

    # -- names and sides

    def _names(self) -> None:
        def items() -> list[Item]:
            state, words = self._state(), self.words
            found = [
                Item(
                    name=f"{what}:{player}",
                    words=state["players"][player - 1][what] or words(f"no_{what}"),
                    under=words(f"change_{what}", player=player),
                    kind=f"p{player}" if what == "name" else "plain",
                    then=partial(self._write, what, player),
                )
                for what in ("name", "faction")
                for player in PLAYERS
            ]
            swap = Item(
                name="swap", words=words("names_swap"), under=words("names_swap_under"),
                then=lambda: self.session.do("swap", "setup", {"op": "swap"}),
            )  # fmt: skip
            found.append(swap)
            if state["turn"]["round"] <= 1 and state["status"] in ("ready", "playing"):
                first = Item(
                    name="first", words=words("names_first"), under=words("names_first_under"),
                    then=self._first,
                )  # fmt: skip
                found.append(first)
            return found

        self._pick("names", self.words("menu_names"), items, pairs=True)

    def _write(self, what: str, player: int) -> None:
        def set_it(text: str) -> None:
            if text or what != "name":
                self.session.tap(what, lambda client: client.profile(player, **{what: text}))

        now = self._state()["players"][player - 1][what]
        title = self.words(f"change_{what}", player=player)
        self.app.write(title, set_it, text=now, player=player)

    def _first(self) -> None:
        def start(player: int) -> None:
            self.session.do("first", "setup", {"op": "first_player", "player": player})

        self._who("first", self.words("names_first"), start)

    def _who(self, name: str, title: str, then: Callable[[int], object], text: str = "") -> None:
        """Which of the two?"""

        def items() -> list[Item]:
            return [
                Item(
                    name=str(player),
                    words=self._name(player),
                    kind=f"p{player}",
                    then=partial(then, player),
                )
                for player in PLAYERS
            ]

        self._pick(name, title, items, text)

    # -- proposals

    def _propose(self) -> None:
        def items() -> list[Item]:
            kinds = ["draw", "time_call", "no_new_round", "abandon"]
            if not self._state()["ruleset"]["rounds"]:
                kinds.remove("no_new_round")
            return [
                Item(
                    name=kind,
                    words=self.words(f"propose_{kind}"),
                    then=partial(self._proposer, kind),
                )
                for kind in kinds
            ]

        self._pick("propose", self.words("menu_propose"), items)

    def _proposer(self, kind: str) -> None:
        def propose(player: int) -> None:
            self.session.tap("propose", lambda client: client.propose(kind, player=player))

        self._who("proposer", self.words("who_proposes"), propose, self.words(f"propose_{kind}"))

    # -- the end

    def _ends(self) -> None:
        def items() -> list[Item]:
            playing = self._state()["status"] == "playing"
            ends = (
                ["complete", "time_call", "concede", "abandon"] if playing else ["concede", "void"]
            )
            then: dict[str, Callable[[], object]]
            then = {"complete": self._complete, "concede": self._concede}
            return [
                Item(
                    name=end,
                    words=self.words(f"end_{end}"),
                    under=self.words(f"end_{end}_under"),
                    kind="danger" if end in ("abandon", "void") else "plain",
                    then=then.get(end) or partial(self._sure, end, {"op": end}),
                )
                for end in ends
            ]

        self._pick("ends", self.words("menu_ends"), items)

    def _sure(self, end: str, data: dict[str, Any], text: str = "", player: int = 0) -> None:
        words = self.words(f"end_{end}")
        self.app.ask(
            f"{words}?", words, lambda: self.session.do("end", "game_end", data),
            text=text or self.words("end_sure"), player=player, danger=True,
        )  # fmt: skip

    def _complete(self) -> None:
        if self._state()["ruleset"].get("winner", "score") != "declared":
            self._sure("complete", {"op": "complete"})
            return

        def items() -> list[Item]:
            def end(winner: int) -> None:
                self.session.do("end", "game_end", {"op": "complete", "winner": winner})

            won = [
                Item(
                    name=str(player),
                    words=self.words("wins", name=self._name(player)),
                    kind=f"p{player}",
                    then=partial(end, player),
                )
                for player in PLAYERS
            ]
            return [*won, Item(name="draw", words=self.words("draw"), then=lambda: end(0))]

        self._pick("winner", self.words("who_won"), items)

    def _concede(self) -> None:
        def sure(player: int) -> None:
            """Asked of him who gives up, facing him."""
            self.app.ask(
                self.words("concede_title", name=self._name(player)),
                self.words("end_concede"),
                lambda: self.session.do("end", "game_end", {"op": "concede", "player": player}),
                text=self.words("concede_text", name=self._name(other(player))),
                player=player, danger=True,
            )  # fmt: skip

        self._who("concede", self.words("who_concedes"), sure)

    def _reopen(self) -> None:
        def again(reason: str) -> None:
            self.session.do("end", "game_end", {"op": "reopen", "reason": reason})

        self.app.write(self.words("reopen_why"), again, most=200)
