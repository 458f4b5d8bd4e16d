"""Keeps the server's certificate good while it serves: looks, renews, reads again, warns."""

from __future__ import annotations

import stat
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from cryptography import x509
from twisted.application.service import Service
from twisted.internet.defer import Deferred
from twisted.internet.task import LoopingCall
from twisted.internet.threads import deferToThreadPool
from twisted.logger import Logger

from ..certs.authority import RENEW_DAYS, BadAuthority, days_left, leads_to
from ..certs.folder import Folder
from ..certs.names import Names, names_in
from .listen import CannotListen, Certificate

LOOK_S = 60.0
"""How often to look; a box that comes into another network has another address by then."""
_DAY_S = 86_400.0


def utc() -> datetime:
    """The time of day: certificates are good by that."""
    return datetime.now(UTC)


class Keeper(Service):
    """
    Of a certificate from elsewhere it takes up what is put in its place; the venue's own it makes
    anew, too, when it is due or the box has got another address. Connections stay as they are.

    :param names: for which the venue's own has to be, now
    :ivar certificate: the one that is served
    """

    _log = Logger()

    def __init__(
        self,
        reactor: Any,
        certificate: Certificate,
        names: Callable[[], Names],
        now: Callable[[], datetime] = utc,
    ) -> None:
        self._reactor = reactor
        self.certificate = certificate
        self._names = names
        self._now = now
        chain, key = certificate.files
        self._folder = Folder(chain.parent)
        self._ours = chain == key == self._folder.server
        self._loop = LoopingCall(self._look)
        self._loop.clock = reactor
        self._warned_at: float | None = None
        self._trouble = ""
        self._authority: tuple[list[x509.Certificate], x509.Certificate | None] = ([], None)

    @property
    def authority(self) -> x509.Certificate | None:
        """The root to be handed out: ``ca.crt`` beside the certificate, if it leads there."""
        chain = self.certificate.chain
        if chain is not self._authority[0]:
            root = self._folder.root()
            trusted = root is not None and leads_to(chain, root)
            self._authority = (chain, root if trusted else None)
        return self._authority[1]

    def prepare(self) -> None:
        """Before the start: renew what has become due while nothing ran."""
        try:
            self._renewed(self._renew())
        except BadAuthority as e:
            self._complain(str(e))

    def startService(self) -> None:
        super().startService()
        self._loop.start(LOOK_S)

    def stopService(self) -> None:
        super().stopService()
        if self._loop.running:
            self._loop.stop()

    def _renew(self) -> str:
        return self._folder.renew(self._names(), self._now()) if self._ours else ""

    def _look(self) -> Deferred[None]:
        looking: Deferred[None] = Deferred.fromCoroutine(self._looked())
        return looking.addErrback(
            lambda f: self._log.failure("keeping the certificate broke", failure=f)
        )

    async def _looked(self) -> None:
        try:
            # In a thread: a card that takes its time must not hold up play.
            pool = self._reactor.getThreadPool()
            self._renewed(await deferToThreadPool(self._reactor, pool, self._renew))
            self._trouble = ""
        except BadAuthority as e:
            self._complain(str(e))
        if self.certificate.changed:
            try:
                self.certificate.load()
            except CannotListen as e:
                self._log.error("the certificate stays as it was: {why}", why=str(e))
            else:
                self._log.info("the certificate was read again")
                self._warned_at = None
        self._warn()

    def _renewed(self, why: str) -> None:
        if why:
            self._log.info("a new certificate was made: {why}", why=why)

    def _complain(self, why: str) -> None:
        """Once, not every minute."""
        if why != self._trouble:
            self._trouble = why
            self._log.error("the certificate cannot be renewed: {why}", why=why)

    def _warn(self) -> None:
        """Once a day."""
        seconds = self._reactor.seconds()
        chain = self.certificate.chain
        if not chain or (self._warned_at is not None and seconds - self._warned_at < _DAY_S):
            return
        self._warned_at = seconds
        if (left := days_left(chain[0], self._now())) < RENEW_DAYS:
            self._log.warn(
                "the certificate for {names} is good for {days} more days",
                names=str(names_in(chain[0])),
                days=left,
            )
        with suppress(OSError):
            if (path := self.certificate.files[1]).stat().st_mode & stat.S_IROTH:
                self._log.warn("everybody on this box can read the key {path}", path=str(path))
