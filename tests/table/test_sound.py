"""Tones: heard once when time gets short, and never a reason to fail."""

from __future__ import annotations

import os
import subprocess
import sys
import wave
from pathlib import Path

import pytest

from gamesync.table.ui.sound import LOUD, TONES, Sound, samples, write


class Heard(Sound):
    """Notes what would be heard."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, lambda: True)
        self.played: list[str] = []

    def play(self, name: str) -> None:
        self.played.append(name)


@pytest.mark.parametrize("name", TONES)
def test_tones_are_short_and_begin_and_end_in_silence(tmp_path: Path, name: str) -> None:
    path = tmp_path / "tone.wav"
    write(path, TONES[name])
    with wave.open(str(path), "rb") as file:
        seconds = file.getnframes() / file.getframerate()
        assert (file.getnchannels(), file.getsampwidth()) == (1, 2)
    assert seconds == pytest.approx(sum(length for _, length in TONES[name]), abs=0.01)
    assert seconds < 0.8
    wave_ = samples(TONES[name])
    assert abs(wave_[0]) < 400
    assert abs(wave_[-1]) < 4_000
    assert 0.9 * LOUD < max(wave_) / 32_767 <= LOUD


def test_short_time_is_told_once_for_each_player(tmp_path: Path) -> None:
    sound = Heard(tmp_path)
    for levels in (
        {1: "low", 2: ""},  # so it was when the screen came on
        {1: "low", 2: ""},
        {1: "last", 2: "low"},
        {1: "last", 2: "low"},
        {1: "over", 2: "low"},
        {1: "", 2: "low"},  # an official gave time
    ):
        sound.levels(levels)
    assert sound.played == ["last", "low", "last"]


DEAF = """
import sys
from pathlib import Path
from gamesync.table.ui.sound import Sound
sound = Sound(Path(sys.argv[1]), lambda: sys.argv[2] == "on")
sound.play("press"), sound.play("press"), sound.play("turn")
print(sorted(p.name for p in Path(sys.argv[1]).glob("*.wav")))
"""


@pytest.mark.usefixtures("needs_screen")
@pytest.mark.parametrize(
    ("driver", "on", "files"),
    [
        ("dummy", "on", "['press.wav', 'turn.wav']"),
        ("no such driver", "on", "['press.wav', 'turn.wav']"),
        ("dummy", "off", "[]"),
    ],
)
def test_without_a_loudspeaker_it_is_silent(
    tmp_path: Path, driver: str, on: str, files: str
) -> None:
    environment = {
        **os.environ, "SDL_AUDIODRIVER": driver, "SDL_VIDEODRIVER": "offscreen",
        "KIVY_HOME": str(tmp_path / "kivy"), "KIVY_NO_ARGS": "1", "KIVY_NO_FILELOG": "1",
    }  # fmt: skip
    (tmp_path / "kivy").mkdir()
    command = [sys.executable, "-c", DEAF, str(tmp_path / "sounds"), on]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert files in done.stdout


@pytest.mark.usefixtures("needs_screen")
def test_a_folder_that_cannot_be_written_is_no_reason_to_stop(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    sound = Sound(tmp_path / "file" / "sounds", lambda: True)
    sound.play("press")
    sound.play("press")
