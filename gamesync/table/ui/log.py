"""Everything that was done, newest first; with what taking it back would change."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from kivy.properties import BooleanProperty, StringProperty
from kivy.uix.behaviors import ButtonBehavior
from kivy.uix.boxlayout import BoxLayout

from ...client import Answer, ClientRefused
from ..story import differences, entry_words, told
from .widgets import Sheet

if TYPE_CHECKING:
    from .app import TableApp

PAGE = 30


class LogLine(ButtonBehavior, BoxLayout):
    """One entry of the log."""

    key = StringProperty("")
    time = StringProperty("")
    text = StringProperty("")
    by = StringProperty("")
    struck = BooleanProperty(False)
    chosen = BooleanProperty(False)


class Log(Sheet):
    """
    :ivar preview: what taking back the chosen entry would change; or why it cannot be
    :ivar can_undo: whether the key that takes it back is offered
    """

    preview = StringProperty("")
    can_undo = BooleanProperty(False)
    needs_consent = BooleanProperty(False)
    has_more = BooleanProperty(False)

    def __init__(self, app: TableApp) -> None:
        self.app, self.session, self.words = app, app.session, app.session.words
        self._version = -1
        self._entries: list[dict[str, Any]] = []
        self._next: int | None = None
        self._chosen: int | None = None
        super().__init__()
        self.preview = self.words("loading")

    def refresh(self) -> None:
        match = self.session.match
        if match is not None and match.version != self._version:
            self._version = match.version
            self._ask()

    def _ask(self, before: int | None = None) -> None:
        data: dict[str, Any] = {"limit": PAGE}
        if before is not None:
            data["before"] = before

        def came(answer: Answer) -> None:
            page = [entry for entry in answer.detail["entries"] if told(entry)]
            self._entries = [*self._entries, *page] if before is not None else page
            self._next = answer.detail.get("next")
            self.has_more = self._next is not None
            self._lay()

        self.session.question("history", data).addCallbacks(came, self._why)

    def older(self) -> None:
        if self._next is not None:
            self._ask(self._next)

    def _lay(self) -> None:
        state, lines = self.session.state, self.ids.lines
        if state is None:
            return
        lines.clear_widgets()
        for entry in self._entries:
            line = LogLine(
                key=f"log:{entry['version']}" if entry["undoable"] else "",
                time=_time(entry["wall"]),
                text=entry_words(state, entry, self.words),
                by=self._by(state, entry),
                struck=bool(entry["struck"]),
                chosen=entry["version"] == self._chosen,
                disabled=not entry["undoable"],
            )
            line.bind(on_release=lambda _, version=entry["version"]: self.choose(version))
            lines.add_widget(line)
        if self._chosen is None:
            self.preview = self.words("log_choose") if self._entries else self.words("log_empty")

    def _by(self, state: dict[str, Any], entry: dict[str, Any]) -> str:
        if entry["struck"]:
            return str(self.words("log_struck"))
        by = entry["by"]
        if by["role"] == "player":
            return str(state["players"][by["player"] - 1]["name"] or self.words("player", **by))
        return str(by.get("name") or self.words.known(f"by_{by['role']}", by["role"]))

    def choose(self, version: int) -> None:
        """Say what taking this back would change."""
        self._chosen = version
        self.can_undo = self.needs_consent = False
        self.preview = self.words("loading")

        def came(answer: Answer) -> None:
            state = self.session.state
            if state is None or self._chosen != version:
                return
            detail = answer.detail
            said = [self.words("other_change")]
            if detail.get("before"):
                said = differences(state, detail["before"], detail["state"], self.words)
            self.preview = "\n".join(said)
            self.can_undo = True

        def no(failure: Any) -> None:
            self._why(failure)
            if failure.value.code == "consent_needed":
                self.needs_consent = self.can_undo = True

        asked = self.session.question("undo", {"version": version, "dry_run": True})
        asked.addCallbacks(came, no)
        self._lay()

    def undo(self) -> None:
        """Take the chosen one back; where that needs the other player, ask him."""
        version, self._chosen, self.can_undo = self._chosen, None, False
        if version is None:
            return
        if self.needs_consent:
            self.session.tap(
                "undo", lambda client: client.propose("undo", version=version, player=1)
            )
            self.close()
        else:
            self.session.tap("undo", lambda client: client.undo(version))

    def _why(self, failure: Any) -> None:
        failure.trap(ClientRefused)
        self.preview = self.session.words.refusal(failure.value)


def _time(wall: str) -> str:
    """The time of day of an ISO timestamp, as it is here."""
    return datetime.fromisoformat(wall).astimezone().strftime("%H:%M")
