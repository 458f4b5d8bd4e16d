"""``gamesync export``, ``import`` and ``erase``: single games, events and people."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import IO, Any

from ..storage import files, importing
from .box import WORK_S, Sorry, Talk, add_options, asked, converse, in_words, stopped, there

FORMS = {"json": "export.json", "csv": "export.csv", "report": "report", "log": "log"}
SUFFIXES = {"report": "json", "log": "jsonl"}


def add_to(commands: Any) -> None:
    export = commands.add_parser(
        "export",
        help="write games or an event to files",
        description="Games and events in the forms that the server gives its officials. With"
        " --form log, a game's complete log, for `gamesync import` on another box.",
    )
    what = export.add_mutually_exclusive_group(required=True)
    what.add_argument("game", nargs="?", metavar="GAME", help="a game's id")
    what.add_argument("--event", metavar="EVENT", help="an event's id: its pairings")
    what.add_argument("--all", action="store_true", help="every game, a file each")
    export.add_argument("--form", choices=list(FORMS), default="json", help="[json]")
    export.add_argument(
        "-o", "--output", metavar="PATH", help="a file; with --all a folder, or for log one file"
    )
    import_ = commands.add_parser(
        "import",
        help="take in games of another box; the server must be stopped",
        description="Games that are over, as `gamesync export --form log` writes them. All are"
        " taken in, or none. One that is there already, exactly so, is left as it is.",
    )
    import_.add_argument("file", metavar="FILE", help="- is standard input")
    erase = commands.add_parser(
        "erase",
        help="take people out of a game, or a person out of everything, for ever",
        description="Names become 'Player 1' and 'Player 2', devices and free text go; scores,"
        " times and results stay. Backups know the names until they are too old to be kept.",
    )
    whom = erase.add_mutually_exclusive_group(required=True)
    whom.add_argument("game", nargs="?", metavar="GAME", help="a game's id: everybody in it")
    whom.add_argument("--person", metavar="NAME", help="who was ever called so, wherever he was")
    for each, doing in ((export, _export), (import_, _import), (erase, _erase)):
        add_options(each)
        each.set_defaults(command=doing)


def _export(said: argparse.Namespace) -> int:
    if said.all:
        _export_all(said)
        return 0
    if said.event:
        if said.form not in ("json", "csv"):
            raise Sorry("an event is told as json or csv")
        request = {"do": "export.event", "event": said.event, "form": said.form}
    else:
        request = {"do": "export.game", "game": said.game, "form": FORMS[said.form]}
    _put(said.output, asked(said, request, WORK_S)["body"])
    return 0


def _export_all(said: argparse.Namespace) -> None:
    if not said.output:
        raise Sorry("--all: say where to with --output")
    into = Path(said.output)
    if said.form == "log":
        with (
            in_words(),
            files.replaced(str(into)) as part,
            open(part, "w", encoding="utf-8") as log,
        ):
            converse(said, _all("log", lambda _, body: log.write(body)), WORK_S)
        return
    with in_words():
        into.mkdir(mode=0o700, parents=True, exist_ok=True)
    suffix = SUFFIXES.get(said.form, said.form)
    converse(
        said,
        _all(
            FORMS[said.form],
            lambda game, body: _put(str(into / f"gamesync-{game}.{suffix}"), body),
        ),
        WORK_S,
    )


def _all(form: str, put: Callable[[str, str], object]) -> Talk:
    """Game by game."""
    count, after = 0, ""
    while page := (yield {"do": "export.games", "after": after})["games"]:
        for game in page:
            answer = yield {"do": "export.game", "game": game, "form": form}
            put(game, answer["body"])
            count += 1
        after = page[-1]
    print(f"{count} games", file=sys.stderr)


def _put(path: str | None, body: str) -> None:
    """To a file of the owner's alone; None: to standard output."""
    if path is None:
        sys.stdout.write(body)
    else:
        with in_words():
            files.write(path, body.encode())


def _import(said: argparse.Namespace) -> int:
    found = stopped(said)
    there(found)
    with in_words(), _opened(said.file) as file:
        done = importing.take_in(importing.read(file), found.database)
    print(f"{len(done.added)} games taken in, {len(done.there)} were there already")
    return 0


def _opened(path: str) -> AbstractContextManager[IO[bytes]]:
    return nullcontext(sys.stdin.buffer) if path == "-" else open(path, "rb")


def _erase(said: argparse.Namespace) -> int:
    if said.game:
        answer = asked(said, {"do": "erase.game", "game": said.game}, WORK_S)
        print(f"{said.game}: {'forgotten' if answer['changed'] else 'nobody to forget'}")
        return 0
    answer = asked(said, {"do": "erase.person", "name": said.person}, WORK_S)
    print(f"forgotten in {len(answer['games'])} games", *answer["games"])
    print(f"forgotten as {answer['participants']} participants of events")
    return 0
