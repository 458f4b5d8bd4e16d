"""The words on the table's screen: one file a language, all with the same keys."""

from __future__ import annotations

from collections.abc import Mapping

from ...client import ClientRefused, Reason
from . import de, en

LANGUAGES: Mapping[str, Mapping[str, str]] = {"en": en.TEXTS, "de": de.TEXTS}
NAMES = {"en": "English", "de": "Deutsch"}
"""What a language calls itself."""


class Words:
    """
    The words of one language, chosen anew at any time.

    ``words("pass_to", name="Anna")`` is the text ``pass_to``; an unknown key is a KeyError.
    """

    def __init__(self, language: str = "en") -> None:
        self._texts = LANGUAGES["en"]
        self.language = language

    @property
    def language(self) -> str:
        return self._language

    @language.setter
    def language(self, language: str) -> None:
        self._language = language if language in LANGUAGES else "en"
        self._texts = LANGUAGES[self._language]

    def __call__(self, key: str, **values: object) -> str:
        text = self._texts[key]
        return text.format(**values) if values else text

    def known(self, key: str, otherwise: str) -> str:
        """The text of a key that comes from the server; *otherwise* where it is new to us."""
        return self._texts.get(key, otherwise)

    def reason(self, reason: Reason) -> str:
        """Why there is no connection, for people."""
        return self.known(f"reason_{reason.kind}", reason.words)

    def refusal(self, error: ClientRefused) -> str:
        """Why something did not count, for people."""
        text = self._texts.get(f"error_{error.code}", "{message}")
        return text.replace("{message}", error.message)
