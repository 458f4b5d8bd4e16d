"""What a test needs that pip cannot bring."""

from __future__ import annotations

import os
import shutil

import pytest

PACKAGES = {
    "ip": "iproute2",
    "nft": "nftables",
    "node": "nodejs",
    "promtool": "prometheus",
    "certutil": "libnss3-tools",
    "dpkg-deb": "dpkg",
    "nsenter": "util-linux",
    "prlimit": "util-linux",
    "setpriv": "util-linux",
    "systemd-analyze": "systemd",
    "systemd-nspawn": "systemd-container",
}
"""Debian packages whose name is not that of their command."""


def needs(*commands: str) -> None:
    """
    Skip the test, in one line, unless all *commands* are there.

    With ``CI=true`` it fails instead: what CI skips, nobody tests.
    """
    path = f"{os.environ['PATH']}:/usr/sbin:/sbin"
    missing = [command for command in commands if shutil.which(command, path=path) is None]
    if not missing:
        return
    packages = " ".join(PACKAGES.get(command, command) for command in missing)
    said = f"{', '.join(missing)} missing: apt-get install {packages}"
    if os.environ.get("CI"):
        pytest.fail(said, pytrace=False)
    pytest.skip(said)
