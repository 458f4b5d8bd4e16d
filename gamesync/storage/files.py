"""Files beside the database: written whole or not at all, and its owner's alone."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress

OWN = 0o600


def folder_of(path: str) -> str:
    return os.path.dirname(os.path.abspath(path))


def sync_folder(path: str) -> None:
    """Make the name of the new file *path* durable: without this the power can take it away."""
    descriptor = os.open(folder_of(path), os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync(path: str) -> None:
    """Make what is in *path* durable. Never of a database that this process holds: see below."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)  # closing any descriptor of a file drops all locks that we have on it


def give_to_owner(path: str) -> None:
    """
    What root makes here belongs to the folder's owner: to the server, which has to open it.

    For anybody else it does nothing.
    """
    if os.geteuid() == 0:
        owner = os.stat(folder_of(path))
        os.chown(path, owner.st_uid, owner.st_gid)


@contextmanager
def replaced(path: str) -> Iterator[str]:
    """
    The path under which to write what shall be at *path*; put there, durably, at the end.

    If the block fails nothing of it stays, and what was at *path* does.
    """
    part = f"{path}.part"
    with suppress(FileNotFoundError):
        os.unlink(part)
    os.close(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, OWN))
    try:
        yield part
        give_to_owner(part)
        sync(part)
        os.replace(part, path)
        sync_folder(path)
    except BaseException:
        with suppress(FileNotFoundError):
            os.unlink(part)
        raise


def write(path: str, data: bytes) -> None:
    """Put *data* at *path*, whole and durably."""
    with replaced(path) as part, open(part, "wb") as file:
        file.write(data)


def read_if_there(path: str) -> bytes | None:
    with suppress(FileNotFoundError), open(path, "rb") as file:
        return file.read()
    return None


def size(path: str) -> int:
    """In bytes; 0 if there is no such file."""
    try:
        return os.stat(path).st_size
    except FileNotFoundError:
        return 0
