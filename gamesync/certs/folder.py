"""The venue's certificates as files: made, renewed when they are due, never half written."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path

import attrs
from cryptography import x509
from cryptography.hazmat.primitives import serialization

from .authority import RENEW_DAYS, Authority, BadAuthority, days_left, leads_to
from .names import Names, names_in, permitted

_NEW = "`gamesync cert --new-authority` makes another, which every device then has to be given"


@attrs.frozen
class Folder:
    """
    A folder with the venue's certificates; all its files are readable by their owner alone.

    :ivar path: the folder
    """

    path: Path

    @classmethod
    def beside(cls, database: str) -> Folder:
        """The one that belongs to *database*, which is a file."""
        return cls(Path(database).resolve().parent / "tls")

    @property
    def ca(self) -> Path:
        """The root, to be handed out."""
        return self.path / "ca.crt"

    @property
    def issuing(self) -> Path:
        """The authority with its key. Without it certificates are good until they expire."""
        return self.path / "issuing.pem"

    @property
    def server(self) -> Path:
        """Key and chain of the server, in one file, so that they never are of two makes."""
        return self.path / "server.pem"

    def authority(self) -> Authority | None:
        """
        The authority, if its key is here.

        :raises BadAuthority: it cannot be read
        """
        try:
            return Authority.load(self.issuing.read_bytes())
        except FileNotFoundError:
            return None
        except OSError as e:
            raise BadAuthority(f"{self.issuing} cannot be read: {e.strerror}") from e
        except (ValueError, TypeError) as e:
            raise BadAuthority(f"{self.issuing} is damaged; {_NEW}") from e

    def root(self) -> x509.Certificate | None:
        """The root that is handed out, if there is one."""
        try:
            return x509.load_pem_x509_certificate(self.ca.read_bytes())
        except (OSError, ValueError):
            return None

    def chain(self) -> list[x509.Certificate]:
        """The server's certificate and what signed it; empty: there is none that can be used."""
        try:
            held = self.server.read_bytes()
            serialization.load_pem_private_key(held, None)
            return x509.load_pem_x509_certificates(held)
        except (OSError, ValueError, TypeError):
            return []

    def found(self, box: str, names: Names, now: datetime) -> Authority:
        """Make a new authority, over the one that may be here."""
        authority = Authority.new(box, names, now)
        self._write(self.issuing, authority.pem)
        self._write(self.ca, _pem(authority.root))
        return authority

    def due(self, authority: Authority, names: Names, now: datetime) -> str:
        """Why the server's certificate has to be made anew; empty: it has not."""
        chain = self.chain()
        if not chain:
            return "there was none"
        if not leads_to(chain, authority.root):
            return "the old one is of another authority"
        if chain[0].not_valid_before_utc > now + timedelta(hours=1):
            return "the old one is not valid yet; the clock was wrong"
        left = days_left(chain[0], now)
        if left < RENEW_DAYS and chain[0].not_valid_after_utc < authority.root.not_valid_after_utc:
            return f"{left} days of the old one are left" if left >= 0 else "the old one is over"
        missing = permitted(names, authority.issuing) - names_in(chain[0])
        return f"the old one is not for {missing}" if missing else ""

    def renew(self, names: Names, now: datetime) -> str:
        """
        Make the server's certificate anew if it is due and the authority's key is here.

        :returns: why that was done; empty: it was not
        :raises BadAuthority: it has to be, and cannot
        """
        authority = self.authority()
        if authority is None:
            return ""
        why = self.due(authority, names, now)
        if why:
            self._write(self.server, authority.issue(names, now))
        if self.root() != authority.root:  # an interrupted `found`
            self._write(self.ca, _pem(authority.root))
        return why

    def _write(self, path: Path, data: bytes) -> None:
        """
        All of it or nothing, whatever happens; the folder's owner reads it, and nobody else.

        :raises BadAuthority:
        """
        try:
            hand_over = _to_owner_of(self.path.parent)
            if not self.path.is_dir():
                self.path.mkdir(mode=0o700)
                hand_over(self.path)
            handle, name = tempfile.mkstemp(dir=self.path, prefix=f".{path.name}.")  # 0600
            try:
                with os.fdopen(handle, "wb") as file:
                    file.write(data)
                    file.flush()
                    os.fsync(file.fileno())
                hand_over(Path(name))
                Path(name).replace(path)
            except BaseException:
                with suppress(OSError):
                    Path(name).unlink()
                raise
            _sync(self.path)
        except OSError as e:
            raise BadAuthority(f"{path} cannot be written: {e.strerror}") from e


def _to_owner_of(folder: Path) -> Callable[[Path], None]:
    """Gives files to the owner of *folder*: root's own would be of no use to the server's user."""
    owner = folder.stat()
    if os.geteuid() != 0:
        return lambda _: None
    return lambda path: os.chown(path, owner.st_uid, owner.st_gid)


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)
