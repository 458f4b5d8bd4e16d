"""What the commands of the box share: its settings, and somebody to ask."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeAlias

from ..config import BadConfig, Settings, load
from ..server.control import Answer, NoAnswer, NoServer, ask, socket_path
from ..storage.archive import BadBackup
from ..storage.importing import BadImport
from ..storage.schema import MEMORY, BadDatabase

Talk: TypeAlias = Generator[Answer, Answer, None]
"""Yields requests, and is sent the answer to each."""
WORK_S = 3_600.0
"""How long a server may take for work that is long: a backup, an export."""


class Sorry(Exception):
    """It cannot be done; the text is one sentence for the operator, or a few."""


def add_options(parser: argparse.ArgumentParser) -> None:
    """How the database is found: as the server finds it."""
    parser.add_argument("-c", "--config", help="the server's TOML file [GAMESYNC_CONFIG]")
    parser.add_argument("--database-uri", help="the server's database [GAMESYNC_DATABASE_URI]")


def settings(said: argparse.Namespace) -> Settings:
    """:raises Sorry: they cannot be had, or there is no file"""
    given = {"database_uri": said.database_uri} if said.database_uri else {}
    try:
        found = load(given, os.environ, said.config or os.environ.get("GAMESYNC_CONFIG"))
    except BadConfig as e:
        raise Sorry(str(e)) from e
    if found.database == MEMORY:
        raise Sorry("a database in memory is the server's alone; give it a file")
    return found


def stopped(said: argparse.Namespace) -> Settings:
    """
    The settings, for work that no server may be in the way of.

    :raises Sorry: one is
    """
    found = settings(said)
    try:
        ask(socket_path(found.database), {"do": ""})
    except NoServer:
        return found
    except NoAnswer:
        pass
    raise Sorry(f"a server runs on {found.database}; stop it first")


def asked(said: argparse.Namespace, request: Answer, seconds: float = 15.0) -> Answer:
    """
    What the server answers; or, without one, the database.

    :raises Sorry: it was no
    """
    found: list[Answer] = []

    def talk() -> Talk:
        found.append((yield request))

    converse(said, talk(), seconds)
    return found[0]


def converse(said: argparse.Namespace, talk: Talk, seconds: float = 15.0) -> None:
    """
    Have *talk* answered by the server, or by the database itself.

    :raises Sorry: one of the answers was no
    """
    found = settings(said)
    try:
        first = next(talk)
        try:
            answer = ask(socket_path(found.database), first, seconds)
        except NoServer:
            there(found)
            from . import alone  # brings a reactor along: only if it is needed

            alone.answer(found, talk, first)
            return
        while True:
            request = talk.send(checked(answer))
            answer = ask(socket_path(found.database), request, seconds)
    except StopIteration:
        return
    except (NoAnswer, NoServer) as e:
        raise Sorry(str(e)) from e


def there(found: Settings) -> None:
    """:raises Sorry: there is no database yet"""
    if not Path(found.database).exists():
        raise Sorry(
            f"there is no database {found.database} here; start the server first, or name the"
            " database with --database-uri or --config"
        )


def checked(answer: Answer) -> Answer:
    """:raises Sorry: it is no"""
    if not answer.get("ok"):
        raise Sorry(str(answer.get("error")))
    return answer


@contextmanager
def in_words() -> Iterator[None]:
    """Turn what the disk or a file says into :exc:`Sorry`."""
    try:
        yield
    except (BadDatabase, BadBackup, BadImport) as e:
        raise Sorry(str(e)) from e
    except OSError as e:
        raise Sorry(f"{e.filename or 'the disk'}: {e.strerror}") from e


def complain(error: Exception) -> int:
    """Say why it was not done; the exit status."""
    print(f"gamesync: {error}", file=sys.stderr)
    return 1
