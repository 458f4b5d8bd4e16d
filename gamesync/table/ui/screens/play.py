"""The match in play: a half for each player, a bar between them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kivy.properties import NumericProperty, StringProperty
from kivy.uix.boxlayout import BoxLayout

from ...before import short_name
from ...notices import Action, Notice, notices, round_left
from ...shown import half, length_text, liftable
from ..between import Between
from ..half import HalfView, banner
from ..widgets import Key, Turned
from .base import View

if TYPE_CHECKING:
    from ..app import TableApp

PLAYERS = (1, 2)
BAR_U, NOTICE_U = 54, 50


class Play(View):
    """
    Standing, the halves are side by side, both upright. Lying flat they are one beyond the other,
    and the far one is turned to the player who sits there.
    """

    round_text = StringProperty("")
    hall_text = StringProperty("")
    rounds = NumericProperty(0)
    round_now = NumericProperty(0)
    pause_text = StringProperty("")
    can_pause = NumericProperty(0)

    def __init__(self, app: TableApp) -> None:
        super().__init__(app)
        self.halves = {player: HalfView(app, player) for player in PLAYERS}
        self.turned = {player: Turned(view) for player, view in self.halves.items()}
        for turned in self.turned.values():
            self.add_widget(turned)
        self.between = Between(app)
        self.notices: dict[int, tuple[Turned, NoticeBar]] = {}
        self._noticed: tuple[str, tuple[int, ...]] = ("", ())
        self.bind(size=self.arrange, pos=self.arrange)
        app.strip.bind(high=self.arrange)

    def gone(self) -> None:
        self.app.strip.unbind(high=self.arrange)

    # -- where things are

    def arrange(self, *_: object) -> None:
        u, prefs = self.app.u, self.session.prefs
        gap = 8 * u
        x, y = self.x + gap, self.y + gap
        width = self.width - 2 * gap
        height = self.height - 2 * gap - self.app.strip.high
        bar, note = BAR_U * u, NOTICE_U * u + gap
        first, second = (2, 1) if prefs.swapped else (1, 2)
        stacked = bool(prefs.lies_flat) or self.app.portrait
        top = y + height
        self.ids.bar.size = (width, bar)
        if stacked:
            beside = len(self.notices) == 2 and not self.app.portrait
            each = (height - bar - note * (1 if beside else len(self.notices)) - 2 * gap) / 2
            self._half(first, x, y, width, each, False)
            self._half(second, x, top - each, width, each, bool(prefs.lies_flat))
            near = note if any(not self._far(face) for face in self.notices) else 0
            self.ids.bar.pos = (x, y + each + gap + near)
        else:
            each = (width - gap) / 2
            beside = False
            high = height - bar - note * len(self.notices) - gap
            self._half(first, x, y, each, high, False)
            self._half(second, x + each + gap, y, each, high, False)
            self.ids.bar.pos = (x, top - bar)
        for face, (turned, _) in self.notices.items():
            far = self._far(face)
            wide = (width - gap) / 2 if beside else width
            low = self.ids.bar.top + gap if far and not beside else self.ids.bar.y - note
            turned.place(x + width - wide if far else x, low, wide, NOTICE_U * u, far)

    def _far(self, player: int) -> bool:
        return self.app.faces_away(player)

    def _half(
        self, player: int, x: float, y: float, width: float, height: float, turned: bool
    ) -> None:
        self.turned[player].place(x, y, width, height, turned)

    # -- what it shows

    def refresh(self) -> None:
        state, seen, session = self.session.state, self.session.seen, self.session
        if state is None or seen is None or session.match is None:
            return
        stands, sides = banner(session, state, seen), self.between.sides()
        for player, view in self.halves.items():
            shown = half(
                state, seen, player, self.words,
                presence=session.match.mirror.presence, may=session.may(player),
            )  # fmt: skip
            view.show(shown, state, stands)
            view.aside = sides.get(player)
        self._bar(state, seen)
        self._notice(state, seen)
        self._offer(state)

    def tick(self) -> None:
        """Clocks and counted words; all else only changes with the match."""
        if self.session.match is not None:
            self.refresh()

    def _bar(self, state: dict[str, Any], seen: Any) -> None:
        rounds, round_ = state["ruleset"]["rounds"], state["turn"]["round"]
        key = "round_of" if rounds else "round"
        self.round_text = self.words(key, round=round_, rounds=rounds)
        self.rounds, self.round_now = rounds or 0, round_
        session = self.session
        left = round_left(session.hall.state, session.prefs.game_id, session.now or 0)
        parts = [state["table"]] if state["table"] else []
        if left is not None:
            sign = "−" if left[0] < 0 else ""
            parts.append(self.words("round_clock_left", time=sign + length_text(abs(left[0]))))
        lifts = bool(liftable(state, seen.paused))
        clock = state["clock"]
        policy = state["options"]["pause_policy"]
        if seen.paused and not lifts:
            parts.append(self.words("agree_lifts" if policy == "both" else "judge_lifts"))
        self.hall_text = " · ".join(parts)
        if clock["mode"] == "none" or not clock["started"]:
            self.pause_text = ""
        elif seen.paused:
            self.pause_text = self.words("resume") if lifts or policy == "both" else ""
        else:
            self.pause_text = self.words("pause") if policy != "judge" else ""

    def _notice(self, state: dict[str, Any], seen: Any) -> None:
        found = notices(
            state, seen, self.session.now or 0, self.words,
            hall=self.session.hall.state,
            game_id=self.session.prefs.game_id, dismissed=self.session.dismissed,
        )  # fmt: skip
        first = found[0] if found else None
        key, faces = (first.key, self._faces(first)) if first is not None else ("", ())
        if (key, faces) != self._noticed:
            self._noticed = key, faces
            for turned, _ in self.notices.values():
                self.remove_widget(turned)
            self.notices = {}
            for face in faces:
                assert first is not None
                bar = NoticeBar(self, first)
                self.notices[face] = Turned(bar), bar
                self.add_widget(self.notices[face][0])
            self.arrange()
        for _, bar in self.notices.values():
            if first is not None:
                bar.show(first, len(found) - 1)

    def _faces(self, notice: Notice) -> tuple[int, ...]:
        """Whom a notice faces: who has to answer it; both, where they do not read one way."""
        if not self.session.prefs.lies_flat:
            return (0,)
        return (notice.player,) if notice.player else PLAYERS

    def _offer(self, state: dict[str, Any]) -> None:
        """After a change of turn both halves offer to take it back."""
        text = ""
        if self.session.offer.version is not None:
            player = state["turn"]["active_player"]
            text = self.words("turn_ended")
            if player:
                text = self.words("turn_passed", name=short_name(state, player, self.words))
        for view in self.halves.values():
            view.offer = text

    # -- what is pressed

    def pause(self) -> None:
        state, seen = self.session.state, self.session.seen
        if state is None or seen is None:
            return
        op = "resume" if seen.paused else "pause"
        if state["options"]["pause_policy"] == "both":
            player = seen.side or 1
            self.session.tap("pause", lambda client: client.propose(op, player=player))
        elif op == "pause":
            self.session.tap("pause", lambda client: client.pause())
        else:
            self.session.tap("pause", lambda client: client.resume())

    def act(self, notice: Notice, action: Action) -> None:
        if not action.type:
            self.session.dismissed.add(notice.key)
            self.app.changed()
        elif action.data.get("op") == "resume":
            self.session.tap("pause", lambda client: client.resume())
        else:
            self.session.do(f"notice:{notice.key}", action.type, dict(action.data))


class NoticeBar(BoxLayout):
    """What waits for somebody, with the keys that answer it; it never covers a clock."""

    text = StringProperty("")
    level = StringProperty("news")

    def __init__(self, play: Play, notice: Notice) -> None:
        self.notice = notice
        super().__init__(size_hint=(None, None))
        for i, action in enumerate(notice.actions):
            key = Key(
                text=action.words,
                key=f"notice:{notice.key}:{i}",
                size_hint_x=None,
                kind="main" if i == 0 else "plain",
            )
            key.bind(on_release=lambda _, a=action: play.act(self.notice, a))
            self.add_widget(key)
            self.bind(height=lambda _, high, k=key: setattr(k, "width", high * 2.1))

    def show(self, notice: Notice, more: int) -> None:
        """The same notice, whose words may count."""
        self.notice = notice
        self.text = f"{notice.text}   +{more}" if more else notice.text
        self.level = notice.level
