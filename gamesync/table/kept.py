"""What this machine keeps for the screen: its preferences, and the words in their language."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from .prefs import PrefsFile
from .texts import Words


class Kept:
    """
    :param folder: where it is kept, beside tokens, sounds and pictures
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._file = PrefsFile(folder / "prefs.json")
        self.prefs = self._file.load()
        self.words = Words(self.prefs.language)

    def keep(self, **prefs: Any) -> None:
        """Change preferences, and remember them."""
        for name, value in prefs.items():
            setattr(self.prefs, name, value)
        if "language" in prefs:
            self.words.language = self.prefs.language
        self._file.save(self.prefs)
