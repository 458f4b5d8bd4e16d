"""The strip that says when what is shown is not live, and why a tap did not count."""

from __future__ import annotations

from typing import Any

from kivy.app import App
from kivy.properties import NumericProperty, OptionProperty, StringProperty
from kivy.uix.floatlayout import FloatLayout

from ..session import Session
from ..shown import length_text
from .widgets import Text  # noqa: F401 - named in the kv file

HIGH_U = 30


class Strip(FloatLayout):
    """
    :ivar text: empty: there is nothing to say, and it takes no room
    :ivar level: ``warn`` (not live) or ``bad`` (a tap was refused)
    :ivar high: its height in pixels, for those who make room for it
    """

    text = StringProperty("")
    level = OptionProperty("warn", options=["warn", "bad"])
    high = NumericProperty(0)

    def refresh(self, session: Session) -> None:
        """Say what is to be said now."""
        refused = session.taps.latest_problem()
        stale = not_live(session)
        self.text = refused or stale
        self.level = "bad" if refused else "warn"
        self.high = HIGH_U * App.get_running_app().u if self.text else 0

    def on_touch_down(self, touch: Any) -> bool:
        return False


def not_live(session: Session) -> str:
    """Why what is shown may not be the truth; empty: it is."""
    client, words = session.match, session.words
    if client is None or client.state is None or session.live:
        return ""
    if not client.mirror.durable and client.connected:
        return words("not_recorded")
    if client.connected or session.box.left_at_ms is None:
        return words("catching_up")
    time = length_text(client.conversation.now_ms() - session.box.left_at_ms)
    key = "offline_table" if session.is_table else "offline"
    waiting = len(client.outbox.waiting)
    more = f" · {words('waiting_taps', n=waiting)}" if waiting else ""
    return words(key, time=time) + more
