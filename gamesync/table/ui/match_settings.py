"""Settings: how the match that is on is played, for its host."""

from __future__ import annotations

from functools import partial

from .lines import Line, Lines
from .pick import Item, Pick

SWITCHES = ("need_signatures", "pause_on_call", "host_may_adjust")
CHOICES = {
    "pause_policy": ("any", "both", "judge"),
    "player_scores": ("own", "both"),
    "undo_by": ("own", "agreement"),
    "correct_rounds": ("any", "current"),
}
"""Options of a match that may change while it is on, and their values; as the server has them."""


class MatchSettings(Lines):
    """The lines about the match."""

    def _match(self) -> list[Line]:
        state, words = self.session.state, self.words
        if state is None:
            return []
        lines = []
        if self.session.is_table and state["status"] not in ("signed", "void"):
            options = {**state["options"], **state["settings"]}
            lines += [
                self._line(
                    key, options=(("choose", words(f"set_{key}_{options[key]}")),),
                    then=partial(self._choose_option, key, values),
                )
                for key, values in CHOICES.items()
            ]  # fmt: skip
            lines += [
                self._switch(key, bool(options[key]), partial(self._option, key))
                for key in SWITCHES
            ]
        leave = self._line(
            "leave", options=(("leave", words("set_leave_yes")),), danger=True,
            then=lambda _: self._leave(),
        )  # fmt: skip
        return [*lines, leave]

    def _option(self, key: str, value: bool | str) -> None:
        self.session.tap(f"set:{key}", lambda client: client.setting(key, value))

    def _choose_option(self, key: str, values: tuple[str, ...], _: str) -> None:
        def items() -> list[Item]:
            state = self.session.state
            options = {**state["options"], **state["settings"]} if state is not None else {}
            return [
                Item(
                    name=value, words=self.words(f"set_{key}_{value}"),
                    chosen=value == options.get(key),
                    then=partial(self._option, key, value),
                )
                for value in values
            ]  # fmt: skip

        self.app.show(Pick(self.app, key, self.words(f"set_{key}"), items))

    def _leave(self) -> None:
        def leave() -> None:
            self.app.close_sheets()
            self.session.choice.leave()

        self.app.ask(
            self.words("set_leave_title"), self.words("set_leave_yes"), leave,
            text=self.words("set_leave_text"), danger=True,
        )  # fmt: skip
