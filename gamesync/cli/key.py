"""
``gamesync key``: the officials' keys.

Asks the running server at its control socket; without one, opens the database itself.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import Any

from ..config import BadConfig, Settings, load
from ..server.control import Answer, NoAnswer, NoServer, ask, socket_path
from ..storage.schema import MEMORY


def add_to(commands: Any) -> None:
    parser = commands.add_parser(
        "key",
        help="make, list and revoke the keys of organisers and judges",
        description="The keys of organisers and judges. A running server is asked; without one the"
        " database is opened here. The database is found as the server finds it.",
    )
    does = parser.add_subparsers(title="what to do", metavar="WHAT", required=True)
    new = does.add_parser("new", help="make a key, and print its link, once")
    new.add_argument("name", metavar="NAME", help="whose key it is")
    new.add_argument("--judge", action="store_true", help="a judge's, not an organiser's")
    list_ = does.add_parser("list", help="who has a key; the keys themselves are not shown")
    revoke = does.add_parser("revoke", help="let a key open nothing any more")
    revoke.add_argument("id", metavar="ID", help="as `gamesync key list` tells it")
    for each, doing in ((new, _new), (list_, _list), (revoke, _revoke)):
        each.add_argument("-c", "--config", help="the server's TOML file [GAMESYNC_CONFIG]")
        each.add_argument("--database-uri", help="the server's database [GAMESYNC_DATABASE_URI]")
        each.set_defaults(command=doing)


def _new(said: argparse.Namespace) -> int:
    answer = _asked(said, {"do": "key.new", "name": said.name, "judge": said.judge})
    if answer is None:
        return 1
    print(f"{answer['id']}: {answer['name']}, {answer['role']}")
    print(f"  key   {answer['key']}")
    print(f"  link  {answer['link']}")
    print("It is not shown again.")
    return 0


def _list(said: argparse.Namespace) -> int:
    answer = _asked(said, {"do": "key.list"})
    if answer is None:
        return 1
    print(f"{'ID':<6}{'ROLE':<11}{'STATE':<9}{'DEVICES':>7}  NAME")
    for key in answer["keys"]:
        state = "revoked" if key["revoked"] else "used" if key["used"] else "unused"
        print(f"{key['id']:<6}{key['role']:<11}{state:<9}{key['devices']:>7}  {key['name']}")
    return 0


def _revoke(said: argparse.Namespace) -> int:
    answer = _asked(said, {"do": "key.revoke", "id": said.id})
    if answer is None:
        return 1
    print(f"{answer['id']}: the key of {answer['name']} opens nothing any more")
    return 0


def _asked(said: argparse.Namespace, request: Answer) -> Answer | None:
    """What the server answers, or the database; None, after a sentence, if it was no."""
    given = {"database_uri": said.database_uri} if said.database_uri else {}
    try:
        settings = load(given, os.environ, said.config or os.environ.get("GAMESYNC_CONFIG"))
        answer = _answer(settings, request)
    except (BadConfig, NoAnswer) as e:
        answer = {"ok": False, "error": str(e)}
    if answer["ok"]:
        return answer
    print(f"gamesync: {answer['error']}", file=sys.stderr)
    return None


def _answer(settings: Settings, request: Answer) -> Answer:
    """:raises NoAnswer: neither a server nor the database answers; the text says why"""
    database = settings.database
    if database == MEMORY:
        raise NoAnswer("a database in memory is the server's alone; give it a file")
    try:
        return ask(socket_path(database), request)
    except NoServer:
        pass
    if not Path(database).exists():
        raise NoAnswer(
            f"there is no database {database} here; start the server first, or name the database"
            " with --database-uri or --config"
        )
    from .alone import answer  # brings a reactor along: only if it is needed

    return answer(settings, request)
