"""The list of games that are on, kept up to date. Pure."""

from __future__ import annotations

from typing import Any

UNFINISHED = ("waiting", "setup", "ready", "playing", "ended")
PAGE = 100


class Lobby:
    """
    :ivar games: what is listed, by id, as plain JSON
    :ivar wanted: whether the app watches the list, and so has to ask again after a reconnection
    """

    def __init__(self) -> None:
        self.games: dict[str, dict[str, Any]] = {}
        self.wanted = False

    def question(self, after: str = "") -> dict[str, Any]:
        """``data`` of the ``game_list`` to ask with: the first page, or the one *after* a game."""
        asked: dict[str, Any] = {"status": list(UNFINISHED), "limit": PAGE}
        return asked | ({"after": after} if after else {"subscribe": True})

    def answered(self, data: dict[str, Any], first: bool) -> str | None:
        """
        A page of the list.

        :param first: it takes the place of all there was
        :return: the game after which the next page begins; None if this was the last
        """
        if first:
            self.games = {}
        self._merge(data)
        return str(data["next"]) if data.get("next") else None

    def news(self, data: dict[str, Any]) -> str | None:
        """
        What changed since the last message; or all anew, because we may see more or less now.

        :return: as of :meth:`answered`
        """
        if data.get("whole"):
            return self.answered(data, first=True)
        self._merge(data)
        return None

    def _merge(self, data: dict[str, Any]) -> None:
        for game_id in data.get("gone", ()):
            self.games.pop(game_id, None)
        for game in data.get("games", ()):
            if game.get("status") in UNFINISHED:
                self.games[game["game_id"]] = game
            else:
                self.games.pop(game["game_id"], None)
