"""A disk that has an end, and not a far one."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from .needs import needs


@contextmanager
def small_disk(place: Path, size: str) -> Iterator[Path]:
    """
    A file system of *size* (``700k``, ``40m``) at *place*, for a while.

    Skips the test where nothing may be mounted; with ``CI=true`` it fails instead.
    """
    needs("mount")
    place.mkdir()
    asked = ["mount", "-t", "tmpfs", "-o", f"size={size},mode=0755", "tmpfs", str(place)]
    if os.geteuid() != 0 or subprocess.run(asked, capture_output=True, check=False).returncode:
        said = "a small disk is mounted by root alone, and not in every container"
        if os.environ.get("CI"):
            pytest.fail(said, pytrace=False)
        pytest.skip(said)
    try:
        yield place
    finally:
        subprocess.run(["umount", "-l", str(place)], check=True)


def free(disk: Path) -> int:
    """Bytes that may still be written."""
    found = os.statvfs(disk)
    return found.f_bavail * found.f_frsize


def fill_up(ballast: Path, but_for: int) -> None:
    """Have *ballast* take all the room of its disk but *but_for* bytes."""
    with ballast.open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, free(ballast.parent) - but_for)
