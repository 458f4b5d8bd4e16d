"""``gamesync watch`` and ``gamesync play``: the client for the terminal."""

from __future__ import annotations

import argparse
from typing import Any


def add_to(commands: Any) -> None:
    for name, about in (
        ("watch", "show a game, as it is played"),
        ("play", "host a game, or take part in one, by typed commands"),
    ):
        # Everything after the name is the client's own, options too.
        parser = commands.add_parser(name, help=about, add_help=False, prefix_chars="\0")
        parser.add_argument("words", nargs="*")
        parser.set_defaults(command=_run, name=name)


def _run(said: argparse.Namespace) -> int:
    from ..client import terminal  # brings a reactor along: only if it is needed

    run = terminal.watch if said.name == "watch" else terminal.play
    return run(said.words)
