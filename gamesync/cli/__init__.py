"""The command ``gamesync``: what is done on the box, or from a terminal, beside the server."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence

from .. import __version__
from . import backup, cert, key, takeout, terminal
from .box import Sorry, complain

Command = Callable[[argparse.Namespace], int]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="gamesync",
        description="Keys and care for a gamesync server, and a client for the terminal.",
        epilog="The server itself is `twistd -n gamesync`; `twistd gamesync --help` explains.",
    )
    parser.add_argument("--version", action="version", version=f"gamesync {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    key.add_to(commands)
    cert.add_to(commands)
    backup.add_to(commands)
    takeout.add_to(commands)
    terminal.add_to(commands)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """
    :param arguments: those of the process, if None
    :returns: the exit status
    """
    said = _parser().parse_args(arguments)
    command: Command = said.command
    try:
        return command(said)
    except Sorry as sorry:
        return complain(sorry)
    except KeyboardInterrupt:
        sys.stderr.write("\n")
        return 130
    except BrokenPipeError:  # `gamesync key list | head -1`
        sys.stderr.close()
        return 141
