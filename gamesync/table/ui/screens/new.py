"""A new match: by which rules, with which clock, in earnest or not. The last choice is kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kivy.properties import BooleanProperty, StringProperty

from ...before import clock_name
from ..parts import Picker
from .base import View

if TYPE_CHECKING:
    from ..app import TableApp

NEWEST = "wh40k-11e"
"""The rules to begin with, where nobody has chosen any yet."""


class New(View):
    """
    :ivar closed: who makes matches here, if that is not this screen; empty: it is
    """

    rules = StringProperty("")
    edition = StringProperty("")
    clock = StringProperty("")
    profile = StringProperty("")
    profile_more = StringProperty("")
    closed = StringProperty("")
    ready = BooleanProperty(False)

    def __init__(self, app: TableApp) -> None:
        super().__init__(app)
        self.refresh()

    # -- what is chosen

    @property
    def _rulesets(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = list(self.session.box.said.get("rulesets", ()))
        return found

    @property
    def _clocks(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = list(self.session.box.said.get("clocks", ()))
        return found

    @property
    def _profiles(self) -> list[str]:
        return list(self.session.box.said.get("profiles", ("club", "event")))

    def _ruleset(self) -> dict[str, Any] | None:
        known = {each["id"]: each for each in self._rulesets}
        for wanted in (self.session.prefs.ruleset, NEWEST, *known):
            if wanted in known:
                return known[wanted]
        return None

    def _clock(self) -> dict[str, Any] | None:
        """The clock that is chosen; None: the ruleset's own."""
        wanted = self.session.prefs.clock
        return next((each for each in self._clocks if each["id"] == wanted), None)

    def _profile(self) -> str:
        wanted = self.session.prefs.profile
        return wanted if wanted in self._profiles else "club"

    def refresh(self) -> None:
        session, words = self.session, self.words
        ruleset, clock = self._ruleset(), self._clock()
        official = session.match is not None and bool(
            {"judge", "organiser"} & set(session.match.mirror.rights)
        )
        closed = session.box.said.get("hosting", "open") != "open" and not official
        self.closed = words("new_closed") if closed else session.taps.latest_problem()
        self.ready = ruleset is not None and not closed and not session.taps.sending("create")
        if ruleset is None:
            self.rules, self.edition = words("wait_connecting"), ""
            return
        self.rules, self.edition = ruleset["name"], ruleset["edition"]
        own = words("new_own_clock", clock=clock_name(ruleset["clock"], words))
        self.clock = clock_name(clock, words) if clock is not None else own
        self.profile = words.known(f"profile_{self._profile()}", self._profile())
        self.profile_more = words.known(f"profile_{self._profile()}_more", "")

    def tick(self) -> None:
        self.refresh()

    # -- what is pressed

    def pick_rules(self) -> None:
        sets, chosen = self._rulesets, self._ruleset()
        items = [(r["name"], "", r["edition"], r is chosen) for r in sets]
        self._pick("new_rules", items, lambda at: {"ruleset": sets[at]["id"]})

    def pick_clock(self) -> None:
        words, clocks, chosen = self.words, self._clocks, self._clock()
        items = [(words("new_own"), "", "", chosen is None)]
        items += [(clock_name(c, words), "", "", c is chosen) for c in clocks]
        self._pick("new_clock", items, lambda at: {"clock": clocks[at - 1]["id"] if at else ""})

    def pick_profile(self) -> None:
        words, profiles, chosen = self.words, self._profiles, self._profile()
        items = [
            (words.known(f"profile_{p}", p), "", words.known(f"profile_{p}_more", ""), p == chosen)
            for p in profiles
        ]
        self._pick("new_profile", items, lambda at: {"profile": profiles[at]})

    def _pick(self, title: str, items: list[tuple[str, str, str, bool]], prefs: Any) -> None:
        def chosen(at: int) -> None:
            self.session.keep(**prefs(at))
            self.app.changed()

        self.app.show(Picker(self.app, self.words(title), items, chosen))

    def create(self) -> None:
        ruleset, clock = self._ruleset(), self._clock()
        if ruleset is None or not self.ready:
            return
        options = {"clock": clock["id"]} if clock is not None else {}
        self.session.keep(ruleset=ruleset["id"], profile=self._profile())
        self.session.choice.create(ruleset["id"], profile=self._profile(), options=options)

    def back(self) -> None:
        self.session.choice.not_new()
