"""A Debian box: another system on this machine, booted by its own systemd, with no network."""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Self

import pytest

from .needs import needs

PATIENCE_S = 60.0
_CLONE_NEWNET = 0x40000000


def needs_boxes() -> None:
    """Skip the test where no box can be booted."""
    needs("systemd-nspawn", "nsenter")
    if os.geteuid() != 0:
        pytest.skip("a box is booted by root alone")
    rooms = ["unshare", "--mount", "--pid", "--net", "--uts", "--ipc", "--fork", "true"]
    if subprocess.run(rooms, capture_output=True, check=False).returncode:
        pytest.skip("this machine is a container itself, which may not have others in it")


def until(true: Callable[[], object], seconds: float = PATIENCE_S) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "not within the time"
        time.sleep(0.1)


class Box:
    """
    Boots what is under *base*, which stays as it is: what is written is forgotten with the box.

    :ivar root: its files, seen from outside
    """

    def __init__(self, folder: Path, base: Path) -> None:
        """
        :param folder: for the box's own, empty
        """
        self.folder = folder
        self.root = folder / "root"
        self._base = base
        self._process: subprocess.Popen[bytes] | None = None
        self.leader = 0

    def start(self) -> Self:
        """Boot, and wait until that is done."""
        memory = self.folder / "memory"
        for each in (memory, self.root):
            each.mkdir(parents=True)
        _do("mount", "-t", "tmpfs", "gamesync-test", str(memory))
        (memory / "upper").mkdir()
        (memory / "work").mkdir()
        layers = f"lowerdir={self._base},upperdir={memory}/upper,workdir={memory}/work"
        _do("mount", "-t", "overlay", "gamesync-test", "-o", layers, str(self.root))
        # This machine may have been told to start no services as they are installed.
        (self.root / "usr/sbin/policy-rc.d").unlink(missing_ok=True)
        # If this process is killed, the box is switched off, too.
        command = [
            "setpriv",
            "--pdeathsig",
            "TERM",
            "systemd-nspawn",
            "--quiet",
            "-D",
            str(self.root),
            "--boot",
            "--private-network",
        ]
        command += ["--register=no", "--keep-unit", "--resolv-conf=off", "--timezone=off"]
        with (self.folder / "console").open("wb") as console:
            self._process = subprocess.Popen(
                [*command, f"--machine=gamesync-test-{os.getpid()}", "--", "--unit=basic.target"],
                stdin=subprocess.DEVNULL,
                stdout=console,
                stderr=console,
            )
        until(self._booted)
        return self

    def _booted(self) -> bool:
        assert self._process is not None
        pid = self._process.pid
        assert self._process.poll() is None, (self.folder / "console").read_text("utf-8", "replace")
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii").split()
        if not children:
            return False
        self.leader = int(children[0])
        return self.ask("systemctl", "is-system-running").stdout.strip() in ("running", "degraded")

    def stop(self) -> None:
        """Switch it off, and leave nothing behind."""
        if self._process is not None:
            self._process.terminate()  # an orderly power-off
            try:
                self._process.wait(PATIENCE_S)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        for mounted in (self.root, self.folder / "memory"):
            subprocess.run(["umount", "-l", str(mounted)], check=False, capture_output=True)

    def ask(self, *command: str) -> subprocess.CompletedProcess[str]:
        """Run *command* in the box, as its root; how it ends is the caller's to look at."""
        return subprocess.run(
            ["nsenter", "-t", str(self.leader), "--all", *command],
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
            stdin=subprocess.DEVNULL,
            env={
                "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
                "DEBIAN_FRONTEND": "noninteractive",
                "LC_ALL": "C",
            },
        )

    def do(self, *command: str) -> str:
        """Run *command*, which must succeed; what it printed."""
        done = self.ask(*command)
        assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
        return done.stdout

    def journal(self) -> str:
        """What the server has written so far."""
        return self.ask("journalctl", "-u", "gamesync", "-o", "cat", "--no-pager").stdout

    def show(self, name: str) -> str:
        """A property of the server's unit."""
        return self.do("systemctl", "show", "--value", "-p", name, "gamesync.service").strip()

    def put(self, file: Path, place: str) -> None:
        """Copy a file into the box."""
        shutil.copy(file, self.root / place.lstrip("/"))

    @contextmanager
    def network(self) -> Iterator[None]:
        """Sockets that this thread opens meanwhile are the box's."""
        libc = ctypes.CDLL(None, use_errno=True)
        with (
            Path("/proc/thread-self/ns/net").open("rb") as ours,
            Path(f"/proc/{self.leader}/ns/net").open("rb") as theirs,
        ):
            assert libc.setns(theirs.fileno(), _CLONE_NEWNET) == 0, os.strerror(ctypes.get_errno())
            try:
                yield
            finally:
                assert libc.setns(ours.fileno(), _CLONE_NEWNET) == 0


def _do(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True)


def release() -> dict[str, str]:
    """What this machine's system says of itself."""
    found = {}
    for line in Path("/etc/os-release").read_text("utf-8").splitlines():
        with suppress(ValueError):
            name, value = line.split("=", 1)
            found[name] = value.strip('"')
    return found


def fresh(cache: Path) -> Path:
    """
    A new system of this machine's own release, from its own mirror; made once and kept in *cache*.
    """
    codename = release()["VERSION_CODENAME"]
    made = cache / f"debian-{codename}"
    if made.exists():
        return made
    listed = subprocess.run(
        ["apt-get", "indextargets", "--format", "$(CODENAME) $(COMPONENT) $(REPO_URI)"],
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    lines = (line.split() for line in listed.splitlines())
    mirror = next(uri for name, component, uri in lines if (name, component) == (codename, "main"))
    cache.mkdir(parents=True, exist_ok=True)
    part = cache / f"part-{os.getpid()}"
    wanted = "--include=systemd,systemd-sysv,dbus,python3"
    subprocess.run(
        ["debootstrap", "--variant=minbase", wanted, codename, str(part), mirror],
        check=True,
        stdout=subprocess.DEVNULL,
    )
    part.rename(made)
    return made
