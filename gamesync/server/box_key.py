"""The box's key in its file beside the database; what is derived from it, `access` knows."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from ..config import BadConfig
from ..storage.schema import MEMORY


def secret_key(database: str) -> bytes:
    """
    The box's key, made on the first start; of a database in memory a new one each time.

    :raises BadConfig: it cannot be read or made
    """
    if database == MEMORY:
        return secrets.token_bytes(32)
    path = Path(f"{database}.key")
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        try:
            key = path.read_bytes()
        except OSError as e:
            raise BadConfig(f"the box's key {path} cannot be read: {e.strerror}") from e
        if len(key) != 32:
            raise BadConfig(f"the box's key {path} is damaged: it has 32 bytes") from None
        return key
    except OSError as e:
        raise BadConfig(f"the box's key {path} cannot be made: {e.strerror}") from e
    with os.fdopen(handle, "wb") as file:
        file.write(key := secrets.token_bytes(32))
        file.flush()
        os.fsync(file.fileno())
    return key
