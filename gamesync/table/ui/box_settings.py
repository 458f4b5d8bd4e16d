"""Settings: which box, and whom to believe that it is it."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from ..files import SYSTEM_TRUST, Authority, authorities, authority
from .lines import Line, Lines
from .pick import Item, Pick


class BoxSettings(Lines):
    """The lines about the box."""

    def _box(self) -> list[Line]:
        session, prefs, words = self.session, self.session.prefs, self.words
        box, table = session.box, session.hall.table
        held = authority(Path(prefs.ca_file)) if prefs.ca_file else None
        trust = words("set_trust_system") if not prefs.ca_file else Path(prefs.ca_file).name
        status = words("set_live") if session.live else box.problem or words("set_connecting")
        if session.match is not None and session.match.connected:
            status = words("set_live")
        lines = [
            self._line("venue", text=box.said.get("name") or words("set_unnamed")),
            self._line(
                "server", text=prefs.server or words("set_no_server"),
                options=(("forget", words("set_forget")),) if prefs.server else (),
                then=lambda _: self._forget(),
            ),
            self._line("status", text=status),
            self._line(
                "trust", text=trust, options=(("choose", words("set_choose")),),
                then=lambda _: self._choose_authority(),
            ),
        ]  # fmt: skip
        if held is not None:
            lines.append(self._line("fingerprint", text=_in_two(held.fingerprint)))
        if table is not None:
            lines.append(self._line("table", text=table["name"]))
        return lines

    def _forget(self) -> None:
        def forget() -> None:
            self.session.box.forget()
            self.app.close_sheets()

        self.app.ask(
            self.words("set_forget_title"), self.words("set_forget"), forget,
            text=self.words("set_forget_text"), danger=True,
        )  # fmt: skip

    def _choose_authority(self) -> None:
        def items() -> list[Item]:
            now = self.session.prefs.ca_file
            system = Item(
                name="system", words=self.words("set_trust_system"), chosen=not now,
                under=self.words("set_trust_system_under"), then=lambda: self._trust(""),
            )  # fmt: skip
            return [
                system,
                *(
                    Item(
                        name=Path(held.path).name, words=held.name, under=Path(held.path).name,
                        chosen=held.path == now,
                        then=partial(self._sure_of, held),
                    )
                    for held in authorities((self.session.folder, SYSTEM_TRUST))
                ),
            ]  # fmt: skip

        where = self.words("set_trust_where", folder=str(self.session.folder))
        self.app.show(Pick(self.app, "trust", self.words("set_trust"), items, text=where))

    def _sure_of(self, held: Authority) -> None:
        self.app.ask(
            self.words("set_trust_title", name=held.name), self.words("set_trust_yes"),
            partial(self._trust, held.path), text=_in_two(held.fingerprint),
        )  # fmt: skip

    def _trust(self, path: str) -> None:
        """The box has to prove itself anew."""
        self.session.keep(ca_file=path)
        if self.session.prefs.server:
            self.session.box.use(self.session.prefs.server)
        self.app.changed()


def _in_two(fingerprint: str) -> str:
    """In two lines, so that people can compare it sign by sign."""
    signs = fingerprint.split(":")
    half = len(signs) // 2
    return f"{' '.join(signs[:half])}\n{' '.join(signs[half:])}"
