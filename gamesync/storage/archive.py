"""
A backup as one file: a zip of the database, the box's key, its own certificates and a manifest,
readable by its owner alone.

The key is in it, because without it every link that the database gave out is void; so whoever has
a backup can make himself organiser of the box that it came from. The certificates are, because the
box that takes the place of one that broke has to be trusted by devices that nobody can gather.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import zipfile
import zlib
from typing import IO, Literal, TypeAlias

import msgspec

from . import files
from .examine import Examined

DATABASE, KEY, MANIFEST = "game_state.db", "game_state.db.key", "manifest.json"
TLS = "tls"
CERTIFICATES = (f"{TLS}/ca.crt", f"{TLS}/issuing.pem", f"{TLS}/server.pem")
"""The box's own, as they lie beside the database (:class:`~gamesync.certs.folder.Folder`)."""
FORMAT = 1
"""Of the manifest. A newer one is not read."""
_CHUNK = 1 << 20

Reason: TypeAlias = Literal["request", "schedule", "verify"]


class BadBackup(Exception):
    """The file is no backup that can be used; one sentence."""


class Part(msgspec.Struct, frozen=True, kw_only=True):
    bytes: int
    sha256: str


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    format: int = FORMAT
    made: str
    """UTC, ISO 8601."""
    program: str
    """Version of gamesync that made it."""
    reason: Reason
    examined: Examined
    """What was found in it when it was made."""
    parts: dict[str, Part]
    """What is in the file beside this, by name."""


def pack(target: str, manifest: Manifest, sources: dict[str, str]) -> None:
    """
    Write a backup to *target*, whole and durably or not at all.

    :param sources: name in the file -> path
    """
    with files.replaced(target) as part, zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED) as zipped:
        zipped.writestr(MANIFEST, msgspec.json.format(msgspec.json.encode(manifest)))
        for name, path in sources.items():
            zipped.write(path, name)


def check(path: str) -> Manifest:
    """
    Read all of the backup at *path*.

    :raises BadBackup: it is not what its manifest says
    """
    try:
        with zipfile.ZipFile(path) as zipped:
            manifest = _manifest(path, zipped)
            for name, part in manifest.parts.items():
                with zipped.open(name) as source:
                    _same(path, name, part, _part(source))
    except _BROKEN as error:
        raise BadBackup(f"{path} is not a backup, or is damaged ({error}).") from error
    return manifest


def unpack(path: str, folder: str) -> Manifest:
    """
    Put the parts of the backup at *path* into *folder*, by their names.

    :raises BadBackup: it is damaged, or made by a newer version
    """
    try:
        with zipfile.ZipFile(path) as zipped:
            manifest = _manifest(path, zipped)
            for name, part in manifest.parts.items():
                if name not in (DATABASE, KEY, *CERTIFICATES):  # never a path of its own making
                    raise BadBackup(f"{path} has a part {name!r} that no backup has.")
                if name in CERTIFICATES:
                    os.makedirs(os.path.join(folder, TLS), 0o700, exist_ok=True)
                with zipped.open(name) as source, open(os.path.join(folder, name), "xb") as target:
                    os.fchmod(target.fileno(), files.OWN)
                    shutil.copyfileobj(source, target, _CHUNK)
                _same(path, name, part, part_of(os.path.join(folder, name)))
    except _BROKEN as error:
        raise BadBackup(f"{path} is not a backup, or is damaged ({error}).") from error
    return manifest


_BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    zipfile.LargeZipFile,
    KeyError,
    EOFError,
    NotImplementedError,
)


def _manifest(path: str, zipped: zipfile.ZipFile) -> Manifest:
    try:
        found = msgspec.json.decode(zipped.read(MANIFEST), type=dict)
        if found.get("format", 0) > FORMAT:
            raise BadBackup(f"{path} was made by a newer version of gamesync.")
        manifest = msgspec.convert(found, type=Manifest)
    except msgspec.MsgspecError as error:
        raise BadBackup(f"{path} has a manifest that cannot be read ({error}).") from error
    if DATABASE not in manifest.parts:
        raise BadBackup(f"{path} has no database in it.")
    return manifest


def part_of(path: str) -> Part:
    with open(path, "rb") as file:
        return _part(file)


def _part(file: IO[bytes]) -> Part:
    digest, size = hashlib.sha256(), 0
    while chunk := file.read(_CHUNK):
        digest.update(chunk)
        size += len(chunk)
    return Part(bytes=size, sha256=digest.hexdigest())


def _same(path: str, name: str, said: Part, found: Part) -> None:
    if said != found:
        raise BadBackup(f"{path} is damaged: {name} is not what its manifest says.")
