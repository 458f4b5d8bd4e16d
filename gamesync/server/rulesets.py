"""The rulesets that games are played by here; where they lie is known, what is in them is not."""

from __future__ import annotations

from pathlib import Path

from ..config import BadConfig
from ..domain import rulebook
from ..domain.ruleset import BadRuleset, Ruleset


def rulesets(folder: str) -> dict[str, Ruleset]:
    """
    Those that ship, and the house's own over them.

    :raises BadConfig: the folder cannot be read, or a ruleset in it is not one
    """
    found = dict(rulebook.shipped())
    if folder:
        try:
            files = {p.name: p.read_bytes() for p in sorted(Path(folder).glob("*.json"))}
            if not Path(folder).is_dir():
                raise BadConfig(f"rulesets: {folder} is not a folder")
            found |= rulebook.house(files)
        except OSError as e:
            raise BadConfig(f"rulesets: {e.filename} cannot be read: {e.strerror}") from e
        except BadRuleset as e:
            raise BadConfig(f"rulesets: {e}") from e
    return found
