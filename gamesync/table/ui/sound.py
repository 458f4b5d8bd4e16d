"""Short tones, made here once and kept as files; where there is no loudspeaker it stays silent."""

from __future__ import annotations

import math
import wave
from array import array
from collections.abc import Callable
from pathlib import Path
from typing import Any

from twisted.logger import Logger

from ..shown import level

RATE = 22_050
"""Samples in a second."""
LOUD = 0.35
"""Of the most that a sample can be: heard beside dice, not at the next table."""
TONES: dict[str, tuple[tuple[float, float], ...]] = {
    "press": ((1_320, 0.035),),
    "turn": ((660, 0.09), (990, 0.14)),
    "low": ((1_760, 0.12), (0, 0.08), (1_760, 0.12)),
    "last": ((1_760, 0.10), (0, 0.06), (1_760, 0.10), (0, 0.06), (1_760, 0.22)),
    "refused": ((196, 0.18),),
}
"""Each is a row of notes: hertz (0 is a rest) and seconds."""

_log = Logger()


class Sound:
    """
    :param folder: where the files are kept
    :param on: whether anything shall be heard
    """

    def __init__(self, folder: Path, on: Callable[[], bool]) -> None:
        self._folder = folder
        self._on = on
        self._sounds: dict[str, Any] = {}
        self._level: dict[int, str] = {}

    def play(self, name: str) -> None:
        """Let it be heard, if it can be."""
        if not self._on():
            return
        if name not in self._sounds:
            self._sounds[name] = self._load(name)
        sound = self._sounds[name]
        if sound is not None:
            sound.stop()
            sound.play()

    def listen(self, session: Any) -> None:
        """Called ten times a second: is somebody's time getting short?"""
        state, seen = session.state, session.seen
        if state is None or seen is None or not seen.running:
            return
        mode = state["clock"]["mode"]
        self.levels({player: level(mode, seen.shown[player - 1]) for player in (1, 2)})

    def levels(self, levels: dict[int, str]) -> None:
        """
        Warn once when a player's time gets short.

        :param levels: ``low`` (5 minutes), ``last`` (1 minute), ``over`` or empty, for each player
        """
        before, self._level = self._level, dict(levels)
        for player, now in levels.items():
            if now and now != before.get(player, now):
                self.play("low" if now == "low" else "last")

    def _load(self, name: str) -> Any:
        path = self._folder / f"{name}.wav"
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            write(path, TONES[name])
            from kivy.core.audio import SoundLoader

            found = SoundLoader.load(str(path))
        except Exception as error:  # of any audio library: play goes on without
            _log.warn("no sound: {error}", error=str(error))
            return None
        if found is None:
            _log.info("no sound: nothing here plays {path}", path=str(path))
        return found


def write(path: Path, notes: tuple[tuple[float, float], ...]) -> None:
    """Make a WAV file of *notes*."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(samples(notes).tobytes())


def samples(notes: tuple[tuple[float, float], ...]) -> array[int]:
    """The notes as 16-bit samples; each begins and ends softly, or it would click."""
    found = array("h")
    for hertz, seconds in notes:
        count = int(RATE * seconds)
        edge = max(1, min(count // 4, int(RATE * 0.008)))
        for i in range(count):
            swell = min(1.0, i / edge, (count - i) / edge)
            level = math.sin(2 * math.pi * hertz * i / RATE) * swell * LOUD
            found.append(int(level * 32_767))
    return found
