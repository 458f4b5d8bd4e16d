"""The organiser sees on the desk how the server fares; nobody else does."""

from __future__ import annotations

import pytest

from ..system.server import ServerProcess
from .kit import Screens, axe, organiser, overflow, page_url, shot, until
from .test_desk import Hall, desk

WORDS = {
    "en": ("Hall", "The box", "All is well.", "Compare now", "all agree", "The last backup"),
    "de": ("Halle", "Der Server", "Alles in Ordnung.", "Jetzt vergleichen", "alles stimmt", "Die"),
}


@pytest.mark.parametrize(("language", "size"), [("en", (1280, 900)), ("de", (360, 740))])
def test_all_is_well(
    server: ServerProcess, screen: Screens, language: str, size: tuple[int, int]
) -> None:
    hall = Hall(server, tables=2)
    hall.play(0)
    page = desk(screen, server, *size, lang=language, language=language)
    tab, title, well, now, agree, _ = WORDS[language]
    page.get_by_role("button", name=tab, exact=True).click()
    panel = page.locator("section.box")
    panel.get_by_role("heading", name=title).wait_for()
    panel.get_by_text(well).wait_for()
    facts = panel.locator("dl > div")
    assert facts.count() == 9
    assert "1.0" in facts.nth(7).inner_text()
    # This page, the hall's own organiser, and the table's screen.
    until(lambda: facts.nth(0).locator("dd").inner_text().startswith("3"))
    panel.get_by_role("button", name=now).click()
    panel.get_by_text(agree).wait_for()
    panel.scroll_into_view_if_needed()
    assert axe(page) == []
    assert overflow(page) == []
    shot(page, f"box-{language}", whole=True)
    hall.close()


def test_what_wants_somebody_s_eye_is_said_on_every_tab(
    server: ServerProcess, screen: Screens
) -> None:
    server.stop()
    backups = server.folder / "backups"
    backups.mkdir(mode=0o700, exist_ok=True)
    (backups / "game_state-20260101T000000Z.gamesync.zip").touch(mode=0o600)
    server.start()
    page = desk(screen, server, 1280, 900)
    badge = page.get_by_label("1 thing about the box")
    badge.wait_for()
    assert axe(page) == []
    page.get_by_role("button", name="Hall").click()
    page.locator(".box .wrong .warning").get_by_text(WORDS["en"][-1]).wait_for()
    assert axe(page) == []
    shot(page, "box-wrong", whole=True)


def test_a_judge_is_shown_nothing_of_it(server: ServerProcess, screen: Screens) -> None:
    with organiser(server) as me:
        made = me.do("official", {"op": "new", "name": "Jo", "role": "judge"}, game_id="venue")
        link = made["data"]["detail"]["link"]
    page = screen(page_url(server, link.removeprefix("#")), 390, 844)
    page.locator("gs-desk .tabs").wait_for()
    page.get_by_role("button", name="Hall").click()
    page.get_by_role("heading", name="Displays").wait_for()
    assert page.locator("section.box").count() == 0
