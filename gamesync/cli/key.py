"""
``gamesync key``: the officials' keys.

Asks the running server at its control socket; without one, opens the database itself.
"""

from __future__ import annotations

import argparse
from typing import Any

from .box import add_options, asked


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
        add_options(each)
        each.set_defaults(command=doing)


def _new(said: argparse.Namespace) -> int:
    answer = asked(said, {"do": "key.new", "name": said.name, "judge": said.judge})
    print(f"{answer['id']}: {answer['name']}, {answer['role']}")
    print(f"  key   {answer['key']}")
    print(f"  link  {answer['link']}")
    print("It is not shown again.")
    return 0


def _list(said: argparse.Namespace) -> int:
    answer = asked(said, {"do": "key.list"})
    print(f"{'ID':<6}{'ROLE':<11}{'STATE':<9}{'DEVICES':>7}  NAME")
    for key in answer["keys"]:
        state = "revoked" if key["revoked"] else "used" if key["used"] else "unused"
        print(f"{key['id']:<6}{key['role']:<11}{state:<9}{key['devices']:>7}  {key['name']}")
    return 0


def _revoke(said: argparse.Namespace) -> int:
    answer = asked(said, {"do": "key.revoke", "id": said.id})
    print(f"{answer['id']}: the key of {answer['name']} opens nothing any more")
    return 0
