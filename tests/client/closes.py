"""``closes.py FILE twistd …``: be twistd, and write down with which code each session closed."""

from __future__ import annotations

import runpy
import sys
from pathlib import Path

from gamesync.server.session import Session

_closed = Session.closed


def _telling(self: Session, code: int | None, reason: str) -> None:
    with Path(FILE).open("a", encoding="ascii") as told:
        told.write(f"{self.client_id} {code}\n")
    _closed(self, code, reason)


if __name__ == "__main__":
    Session.closed = _telling  # type: ignore[method-assign]
    FILE = sys.argv[1]
    del sys.argv[:2]
    sys.path[0] = ""  # what stands beside this is not to be imported for anything else
    runpy.run_path(sys.argv[0], run_name="__main__")
