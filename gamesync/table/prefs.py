"""What a table's screen remembers from day to day: one small file that people may also edit."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Literal, TypeAlias

import msgspec
from twisted.logger import Logger

Theme: TypeAlias = Literal["dark", "light"]
Role: TypeAlias = Literal["host", "player", "observer"]

_log = Logger()


class Prefs(msgspec.Struct, kw_only=True):
    """
    :ivar server: address of the venue's box; empty: look for it
    :ivar ca_file: PEM file of the authority that signed the box's certificate; empty: the system's
    :ivar role: what this screen is: the table itself, one player's, or a mere display
    :ivar lies_flat: the screen lies between the players, who each read their half from their side;
        None: nobody has said yet
    :ivar swapped: player 1 has the right (or far) half
    :ivar brightness: percent
    :ivar table: id of the venue's table that this screen belongs to; empty: none
    :ivar game_id: the match that was on last; empty: none
    :ivar ruleset: id of the rules of the last match made here; ``clock`` and ``profile`` likewise,
        an empty clock is the ruleset's own
    :ivar pictures: folder of pictures for the screensaver; empty: none
    :ivar saver_seconds: how long nobody must have touched the screen before it sleeps; 0: never
    """

    server: str = ""
    ca_file: str = ""
    role: Role = "host"
    language: str = "en"
    theme: Theme = "dark"
    sound: bool = True
    lies_flat: bool | None = None
    swapped: bool = False
    brightness: int = 100
    table: str = ""
    game_id: str = ""
    ruleset: str = ""
    clock: str = ""
    profile: str = ""
    pictures: str = ""
    saver_seconds: int = 300


class PrefsFile:
    """The file that keeps them; a damaged or older one costs no start."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def load(self) -> Prefs:
        """What was saved last; the defaults where there is none, or none that can be read."""
        try:
            return msgspec.json.decode(self._path.read_bytes(), type=Prefs)
        except FileNotFoundError:
            return Prefs()
        except (OSError, ValueError) as error:
            _log.warn("{path} is not used: {error}", path=str(self._path), error=str(error))
            return Prefs()

    def save(self, prefs: Prefs) -> None:
        """Replace the file; it is whole at every moment. A full disk is no reason to stop play."""
        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            number, name = tempfile.mkstemp(dir=self._path.parent, prefix=".prefs-")
            with os.fdopen(number, "wb") as file:
                file.write(msgspec.json.format(msgspec.json.encode(prefs), indent=2))
            os.replace(name, self._path)
        except OSError as error:
            _log.warn("{path} is not saved: {error}", path=str(self._path), error=str(error))
