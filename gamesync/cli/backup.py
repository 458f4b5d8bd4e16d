"""``gamesync backup``, ``verify``, ``restore`` and ``accept``: the database as a whole."""

from __future__ import annotations

import argparse
import os
import shutil
import tempfile
from typing import Any

import msgspec

from .. import __version__
from ..config import Settings
from ..server.control import NoAnswer, NoServer, ask, socket_path
from ..storage import archive, backup, files, generations, restore
from ..storage.archive import Reason
from ..storage.copying import Made, Order, trial
from ..storage.examine import Examined
from .box import WORK_S, Sorry, add_options, checked, in_words, settings, stopped, there


def add_to(commands: Any) -> None:
    made = commands.add_parser(
        "backup",
        help="make a backup of the database, the box's key and its own certificates",
        description="A backup of the database, the box's key and its own certificates, in one file."
        " A running server goes on while it is made. Whoever has it can make himself organiser, and"
        " pose as the box: keep it safe.",
    )
    made.add_argument("file", nargs="?", metavar="FILE", help="copy it there, too")
    made.add_argument("--list", action="store_true", help="only tell which backups there are")
    verify = commands.add_parser(
        "verify",
        help="see whether a backup, or the database, is whole",
        description="Reads every page and folds every log: tables, states and logs have to say the"
        " same. A running server's database is tried out as a copy.",
    )
    verify.add_argument("file", nargs="?", metavar="FILE", help="a backup; else the database")
    put_back = commands.add_parser(
        "restore",
        help="put a backup in the place of the database; the server must be stopped",
        description="The old database stays beside it, as <database>.aside-<time>. Every link that"
        " was given out before the backup was made is good again.",
    )
    put_back.add_argument("file", metavar="FILE", help="a backup, or a database")
    accept = commands.add_parser(
        "accept",
        help="go on with a database that a start has refused, as it is",
        description="For a database that is older than it was, or gone, and that you know is right"
        " so. What it has lost is lost then. The server must be stopped.",
    )
    for each, doing in (
        (made, _backup),
        (verify, _verify),
        (put_back, _restore),
        (accept, _accept),
    ):
        add_options(each)
        each.set_defaults(command=doing)


def _backup(said: argparse.Namespace) -> int:
    found = settings(said)
    if said.list:
        for path in generations.listed(_folder(found), found.database):
            when = generations.made(path)
            print(f"{path}  {when:%Y-%m-%d %H:%M} UTC  {os.stat(path).st_size} bytes")
        return 0
    made = _made(found, "request")
    about = _about(made.examined)
    print(f"{made.path} ({made.bytes} bytes): {about}")
    if said.file:
        _copy(made.path, said.file)
    return 0


def _copy(path: str, target: str) -> None:
    """By this command and not the server: it may write where the server may not."""
    if os.path.isdir(target):
        target = os.path.join(target, os.path.basename(path))
    with in_words():
        with files.replaced(target) as part:
            shutil.copyfile(path, part)
        archive.check(target)
    print(f"{target}: the same")


def _verify(said: argparse.Namespace) -> int:
    if said.file:
        with in_words(), tempfile.TemporaryDirectory() as work:
            copy, _ = restore.unpacked(said.file, work)
            about = _about(trial(copy))
        print(f"{said.file}: {about}")
    else:
        found = settings(said)
        print(f"{found.database}: {_about(_made(found, 'verify').examined)}")
    return 0


def _restore(said: argparse.Namespace) -> int:
    found = stopped(said)
    with in_words():
        done = restore.restore(said.file, found.database)
    print(f"{found.database} is as it was at {done.until}: {_about(done.examined)}")
    if not done.key:
        print("No key came with it: links that were given out are good if the key here is theirs.")
    tls = restore.tls_of(found.database)
    if done.certificates == "taken":
        print(f"The certificates came with it: they are in {tls}.")
    if done.certificates == "left_out":
        print(f"The certificates in {tls} stay. Those of the backup are others: move these away,")
        print("and restore it again, if devices are to trust this box as they did that one.")
    if done.aside is not None:
        print(f"What was there before is {done.aside} now.")
    return 0


def _accept(said: argparse.Namespace) -> int:
    found = stopped(said)
    with in_words():
        until = restore.accept(found.database)
    if until is None:
        print(f"There is no database {found.database}: the next start makes a new one.")
    else:
        print(f"{found.database} is taken as it is, with what was done until {until}.")
    return 0


def _made(found: Settings, reason: Reason) -> Made:
    """:raises Sorry: nothing came of it"""
    try:
        asked = "backup" if reason == "request" else reason
        answer = checked(ask(socket_path(found.database), {"do": asked}, WORK_S))
        return msgspec.convert(answer, type=Made)
    except NoAnswer as e:
        raise Sorry(str(e)) from e
    except NoServer:
        pass
    there(found)
    database = os.path.abspath(found.database)
    order = Order(database=database, folder=_folder(found), reason=reason, program=__version__)
    with in_words():
        made = backup.alone(order)
    if made.error:
        raise Sorry(made.error)
    return made


def _folder(found: Settings) -> str:
    return os.path.abspath(found.backup_folder or generations.folder_beside(found.database))


def _about(examined: Examined | None) -> str:
    """:raises Sorry: it is not whole"""
    if examined is None:
        raise Sorry("it was not tried out")
    if examined.findings:
        raise Sorry("it is not whole:\n  " + "\n  ".join(examined.findings))
    return f"whole; {examined.games} games, {examined.entries} entries in their logs"
