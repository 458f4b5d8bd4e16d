"""What lies on this machine for the screen to use: authorities' certificates, and pictures."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import attrs
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.x509.oid import NameOID

CERTIFICATES = (".pem", ".crt", ".cer")
PICTURES = (".jpg", ".jpeg", ".png", ".webp", ".bmp")
SYSTEM_TRUST = Path("/etc/gamesync")
MOST_BYTES = 1_000_000
"""A file that is larger holds no certificate."""
MOST_PICTURES = 2_000


@attrs.frozen(kw_only=True)
class Authority:
    """
    :ivar name: whose it is, as the certificate says
    :ivar fingerprint: SHA-256 of the certificate, as devices show it: ``AB:CD:…``
    """

    path: str
    name: str
    fingerprint: str


def authority(path: Path) -> Authority | None:
    """The first certificate in a PEM file; None if there is none."""
    try:
        if path.stat().st_size > MOST_BYTES:
            return None
        certificate = x509.load_pem_x509_certificate(path.read_bytes())
    except (OSError, ValueError):
        return None
    names = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    print_ = certificate.fingerprint(hashes.SHA256()).hex(":").upper()
    return Authority(
        path=str(path), name=str(names[0].value) if names else path.name, fingerprint=print_
    )


def authorities(folders: Iterable[Path]) -> list[Authority]:
    """All that lie in *folders*, by name."""
    found = [
        held
        for folder in folders
        for path in _files(folder, CERTIFICATES)
        if (held := authority(path)) is not None
    ]
    return sorted(found, key=lambda held: held.path)


def pictures(folder: str | Path) -> list[Path]:
    """The pictures right in *folder*, by name; none if it cannot be read."""
    return sorted(_files(Path(folder), PICTURES))[:MOST_PICTURES] if folder else []


def picture_folders(folders: Sequence[Path]) -> list[tuple[Path, int]]:
    """Those of *folders*, and of the folders in them, that hold pictures; and how many."""
    found: dict[Path, int] = {}
    for folder in folders:
        for each in (folder, *_folders(folder)):
            count = len(pictures(each))
            if count:
                found[each] = count
    return sorted(found.items())


def places_for_pictures(folder: Path, environ: dict[str, str]) -> list[Path]:
    """Where people put pictures: beside our own files, in their home, on a stick."""
    home = environ.get("HOME")
    media = [inner for root in ("/media", "/run/media") for inner in _folders(Path(root))]
    return [folder, *([Path(home) / "Pictures"] if home else []), *media, Path("/mnt")]


def _files(folder: Path, ends: tuple[str, ...]) -> Iterator[Path]:
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                shown = not entry.name.startswith(".")
                if shown and entry.name.lower().endswith(ends) and entry.is_file():
                    yield Path(entry.path)
    except OSError:
        return


def _folders(folder: Path) -> list[Path]:
    try:
        with os.scandir(folder) as entries:
            return [
                Path(e.path)
                for e in entries
                if not e.name.startswith(".") and e.is_dir(follow_symlinks=False)
            ]
    except OSError:
        return []
