"""``gamesync cert``: a certificate for a box that has no name on the internet."""

from __future__ import annotations

import argparse
import os
import socket
import sys
from datetime import UTC, datetime
from typing import Any

from ..certs.authority import BadAuthority, called, days_left, fingerprint
from ..certs.folder import Folder
from ..certs.names import names_in, permitted
from ..config import BadConfig, Settings, load
from ..server.box_names import box_names

_MEMORY = ":memory:"


def add_to(commands: Any) -> None:
    parser = commands.add_parser(
        "cert",
        help="make or renew the box's own certificate, for wss and https without a domain",
        description="A certificate authority for this box alone, and a certificate for its names"
        " and addresses, in the folder tls beside the database. Said again, it keeps the authority"
        " and renews the certificate if it is due; a server that uses it does that by itself.",
    )
    parser.add_argument(
        "what", nargs="?", choices=["show"], help="only tell what there is, and until when"
    )
    parser.add_argument(
        "--new-authority",
        action="store_true",
        help="make another authority; every device has to be given it anew",
    )
    parser.add_argument("-c", "--config", help="the server's TOML file [GAMESYNC_CONFIG]")
    parser.add_argument("--database-uri", help="the server's database [GAMESYNC_DATABASE_URI]")
    parser.set_defaults(command=_cert)


def _cert(said: argparse.Namespace) -> int:
    given = {"database_uri": said.database_uri} if said.database_uri else {}
    try:
        settings = load(given, os.environ, said.config or os.environ.get("GAMESYNC_CONFIG"))
        if settings.database == _MEMORY:
            raise BadConfig("a database in memory has no folder; give it a file")
        folder = Folder.beside(settings.database)
        if not said.what:
            _made(folder, settings, said.new_authority)
        return _shown(folder)
    except (BadConfig, BadAuthority) as e:
        print(f"gamesync: {e}", file=sys.stderr)
        return 1


def _made(folder: Folder, settings: Settings, anew: bool) -> None:
    """:raises BadAuthority:"""
    names, now = box_names(settings), datetime.now(UTC)
    authority = None if anew else folder.authority()
    if authority is None:
        if folder.root() is not None and not anew:
            raise BadAuthority(
                f"the authority's key is not here; bring {folder.issuing} back, or make another"
                " authority with --new-authority"
            )
        authority = folder.found(socket.gethostname(), names, now)
        print(f"A new authority: {called(authority.root)}")
    why = folder.renew(names, now)
    print(f"A new certificate ({why})." if why else "The certificate is good as it is.")
    if left_out := names - permitted(names, authority.issuing):
        print(
            f"Left out, for the authority may not sign for it: {left_out}\n"
            "  (another authority may: gamesync cert --new-authority)"
        )
    if os.path.abspath(settings.certificate) == str(folder.server):
        print("A server that runs takes it up within a minute.\n")
    else:
        print(
            "Put these lines into the server's configuration, and restart it:\n"
            f'  certificate = "{folder.server}"\n'
            '  listen = ["tcp:8080"]  # without TLS, for devices that do not know it yet\n'
        )


def _shown(folder: Folder) -> int:
    """What there is, and its exit status."""
    root, chain = folder.root(), folder.chain()
    if root is None or not chain:
        raise BadAuthority(f"there is no certificate in {folder.path}; `gamesync cert` makes one")
    left = days_left(chain[0], datetime.now(UTC))
    print(f"certificate  {folder.server}")
    print(f"  for        {names_in(chain[0])}")
    print(f"  until      {chain[0].not_valid_after_utc:%Y-%m-%d} ({left} days)")
    print(f"authority    {folder.ca}")
    print(f"  called     {called(root)}")
    print(f"  until      {root.not_valid_after_utc:%Y-%m-%d}")
    print(f"  SHA-256    {fingerprint(root)}")
    print("Devices get the authority at /ca of the server, or as that file.")
    return 0
