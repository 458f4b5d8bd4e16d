"""One screen's picture of a game, built from what it is told; and the promise about it, checked."""

from __future__ import annotations

from typing import Any

Message = dict[str, Any]


class Follower:
    """
    Applies messages as ``docs/protocol.md`` says, and notes every breach of "no gap unseen".

    :ivar state: the sections as they have been told
    :ivar versions: of the changes heard, in order
    :ivar resyncs: how often a whole state came in place of what was missed
    :ivar faults: breaches, in words; a right server leaves it empty
    """

    def __init__(self) -> None:
        self.epoch = ""
        self.version: int | None = None
        self.state: dict[str, Any] = {}
        self.versions: list[int] = []
        self.resyncs = 0
        self.faults: list[str] = []
        self.game_id: str | None = None
        self._expected: int | None = None

    def resume(self) -> dict[str, Any] | None:
        """What to say in ``connect`` after a lost connection."""
        return None if self.version is None else {"epoch": self.epoch, "version": self.version}

    def hear(self, message: Message) -> None:
        data, version = message.get("data") or {}, message.get("version")
        if "epoch" in data and self.epoch not in ("", data["epoch"]):
            self._wrong(message, "another epoch")
        self.epoch = data.get("epoch", self.epoch)
        if version is None or message.get("game_id") == "venue":
            return
        if self.game_id not in (None, message.get("game_id")):
            return
        match message["type"]:
            case _ if "facts" in data:  # somebody else's joining, too, is a change called connect
                self._changed(message, data, version)
            case "connect":
                self._joined(message, data, version)
            case "ack":
                self._carries(message, version)
            case "error":
                pass
            case "game_state" if "recovered" in data:
                self._whole(message, data["state"], version, asked="id" in message)
            case _:
                self._carries(message, version)

    def _joined(self, message: Message, data: dict[str, Any], version: int) -> None:
        self.game_id = message["game_id"]
        if data.get("recovered"):
            if "state" in data:
                self._wrong(message, "recovered, and yet a state")
            self._expected = version  # the frames that were missed follow
        elif data.get("state") is None:
            self._wrong(message, "neither state nor what was missed")
        else:
            self._whole(message, data["state"], version, asked=self.version is None)

    def _whole(self, message: Message, state: dict[str, Any], version: int, asked: bool) -> None:
        if self.version is not None and version < self.version:
            self._wrong(message, f"{version} after {self.version}")
        if not asked:
            self.resyncs += 1
        self.state, self.version = dict(state), version

    def _changed(self, message: Message, data: dict[str, Any], version: int) -> None:
        if self.version is None:
            self.version, self.game_id = version - 1, message["game_id"]
        if version != self.version + 1:
            self._wrong(message, f"{version} after {self.version}")
        self.state.update(data["state"])
        self.version = version
        self.versions.append(version)

    def _carries(self, message: Message, version: int) -> None:
        """A message that goes with a version comes after all changes up to it."""
        if self.version is None:  # of a game that this client has made, and not yet asked for
            return
        known = self.version
        if version > known and (self._expected is None or version > self._expected):
            self._wrong(message, f"tells of {version} at {self.version}")
        if message["type"] != "ack" and self._expected is not None and known < self._expected:
            self._wrong(message, f"the missed changes up to {self._expected} did not come")

    def _wrong(self, message: Message, what: str) -> None:
        self.faults.append(f"{message['type']}: {what}")
