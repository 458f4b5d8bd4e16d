"""``gamesync-table``: the command that puts the table's screen on."""

from __future__ import annotations

import argparse
import os
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import attrs

from ..client.unseen import link_of
from .texts import LANGUAGES

SIZE = re.compile(r"(\d{3,4})x(\d{3,4})")


@attrs.frozen(kw_only=True)
class Options:
    """
    What the command line says; each but ``folder`` and ``window`` is remembered from then on.

    :ivar link: address of the box, or the link of a place (a table's, a seat's)
    :ivar window: size of a window in pixels; None: the whole screen
    """

    link: str = ""
    ca_file: str = ""
    role: str = ""
    language: str = ""
    folder: Path
    window: tuple[int, int] | None = None


def options(argv: Sequence[str], environ: dict[str, str]) -> Options:
    """Read the command line; ends the program with a sentence if it makes no sense."""
    parser = argparse.ArgumentParser(
        prog="gamesync-table",
        description="The touch screen of a gaming table: clocks, scores and turns for two.",
    )
    parser.add_argument(
        "link",
        nargs="?",
        default="",
        help="address of the venue's box; - asks for the link of a place; else it is looked for",
    )
    parser.add_argument(
        "--ca-file", default="", metavar="PEM", help="for wss: whose certificates to trust"
    )
    parser.add_argument(
        "--role", default="", choices=("", "host", "player", "observer"), help="what this screen is"
    )
    parser.add_argument("--language", default="", choices=("", *LANGUAGES))
    parser.add_argument(
        "--folder",
        type=Path,
        default=_folder(environ),
        help="where tokens and preferences are kept (%(default)s)",
    )
    parser.add_argument(
        "--window", default=None, type=_size, metavar="WxH", help="a window; else the whole screen"
    )
    found = parser.parse_args(argv)
    if found.link:
        try:
            found.link = link_of(found.link)
        except ValueError as error:
            parser.error(str(error))
    return Options(**vars(found))


def _folder(environ: dict[str, str]) -> Path:
    state = environ.get("STATE_DIRECTORY")  # of a systemd unit
    if state:
        return Path(state.split(":")[0])
    home = environ.get("XDG_STATE_HOME") or os.path.expanduser("~/.local/state")
    return Path(home) / "gamesync-table"


def _size(text: str) -> tuple[int, int]:
    found = SIZE.fullmatch(text)
    if not found:
        raise argparse.ArgumentTypeError(f"{text}: not a size like 800x480")
    return int(found[1]), int(found[2])


def prepare(chosen: Options, environ: dict[str, str]) -> None:
    """Tell Kivy, before it is imported, what it would else find out for itself."""
    chosen.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    environ.setdefault("KIVY_HOME", str(chosen.folder / "kivy"))
    environ.setdefault("KIVY_NO_ARGS", "1")
    environ.setdefault("KIVY_NO_FILELOG", "1")
    environ.setdefault("KIVY_LOG_MODE", "MIXED")  # leaves standard error to everybody


def configure(chosen: Options) -> None:
    """Kivy's own configuration; nothing of it is written to a file."""
    from kivy.config import Config

    width, height = chosen.window or (800, 480)
    Config.set("graphics", "width", width)
    Config.set("graphics", "height", height)
    Config.set("graphics", "fullscreen", "0" if chosen.window else "auto")
    Config.set("graphics", "borderless", "0" if chosen.window else "1")
    Config.set("graphics", "show_cursor", "1" if chosen.window else "0")
    Config.set("graphics", "multisamples", "4")
    Config.set("graphics", "maxfps", "30")
    Config.set("kivy", "exit_on_escape", "0")
    Config.set("kivy", "log_level", "warning")
    # A finger is a finger, also where the system makes a mouse of it.
    Config.set("input", "mouse", "mouse,disable_multitouch")


def this_boot() -> str:
    """Names this start of the machine; empty where the system does not say."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return ""


def main(argv: Sequence[str] | None = None) -> None:
    """The console script."""
    chosen = options(sys.argv[1:] if argv is None else argv, dict(os.environ))
    prepare(chosen, os.environ)  # type: ignore[arg-type]  # as a mapping it is one
    try:
        import kivy  # noqa: F401
    except ImportError:
        sys.exit("gamesync-table needs Kivy: pip install 'gamesync[table]'")
    configure(chosen)
    from twisted.internet.task import react

    from .ui.running import run

    react(lambda reactor: run(reactor, made(reactor, chosen), chosen))


def made(reactor: Any, chosen: Options) -> Any:
    """The app, not yet running."""
    from .ui.app import TableApp

    return TableApp(reactor, chosen.folder, this_boot())
