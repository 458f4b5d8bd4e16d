"""Which start of the machine this is: a match that was on before it is asked for."""

from __future__ import annotations

from pathlib import Path

from twisted.logger import Logger


class Boot:
    """
    :param folder: where the last one is kept
    :param this: names this start of the machine
    """

    _log = Logger()

    def __init__(self, folder: Path, this: str) -> None:
        self._file = folder / "boot"
        self._this = this

    @property
    def is_new(self) -> bool:
        """Whether the screen has not been at a box since the machine was started."""
        try:
            last = self._file.read_text().strip()
        except OSError:
            last = ""
        return last != self._this

    def keep(self) -> None:
        """From now on it has."""
        try:
            self._file.write_text(self._this)
        except OSError as error:
            self._log.warn("boot is not kept: {error}", error=str(error))
