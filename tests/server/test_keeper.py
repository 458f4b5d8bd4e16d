"""While the server runs its certificate is kept good, and who runs it hears of what is not."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from twisted.internet.task import Clock

from gamesync.certs.authority import LEAF_DAYS
from gamesync.certs.folder import Folder
from gamesync.certs.names import Names, names_in
from gamesync.server.keeper import LOOK_S, Keeper
from gamesync.server.listen import Certificate
from gamesync.testing import InlineThreads

from .kit import log_entries

BOX = Names.of(["gamesync.local", "127.0.0.1"])
DAY = timedelta(days=1)


class Reactor(Clock):
    """Time in the test's hand; what belongs in a thread is done at once."""

    def getThreadPool(self) -> InlineThreads:
        return InlineThreads()

    def callFromThread(self, call: Callable[..., object], *given: Any) -> None:
        call(*given)


class Hall:
    """A box whose certificate was made at :attr:`at`."""

    def __init__(self, folder: Path) -> None:
        self.reactor = Reactor()
        self.at = datetime.now(UTC).replace(microsecond=0)
        self.names = BOX
        self.folder = Folder(folder / "tls")
        self.folder.found("hall", BOX, self.at)
        self.folder.renew(BOX, self.at)
        self.certificate = Certificate(self.folder.server)
        self.keeper = Keeper(self.reactor, self.certificate, lambda: self.names, lambda: self.at)

    def start(self) -> None:
        self.keeper.prepare()
        self.certificate.load()
        self.keeper.startService()

    def look(self) -> list[str]:
        """What is logged at the next look."""
        with log_entries() as found:
            self.reactor.advance(LOOK_S)
        return [
            f"{each['log_level'].name}: {each['log_format'].format(**each)}"
            for each in found
            if each.get("log_namespace", "").startswith("gamesync.server.keeper")
        ]


@pytest.fixture
def hall(tmp_path: Path) -> Hall:
    return Hall(tmp_path)


def test_what_is_good_is_left_alone_in_silence(hall: Hall) -> None:
    hall.start()
    before = hall.certificate.chain
    assert hall.look() == []
    assert hall.certificate.chain is before
    hall.keeper.stopService()
    hall.at += LEAF_DAYS * DAY
    assert hall.look() == []


def test_it_is_renewed_and_served_before_it_is_over(hall: Hall) -> None:
    hall.start()
    first = hall.certificate.expires_at
    hall.at += (LEAF_DAYS - 28) * DAY
    assert hall.look() == [
        "info: a new certificate was made: 27 days of the old one are left",
        "info: the certificate was read again",
    ]
    assert first is not None
    assert hall.certificate.expires_at is not None
    assert hall.certificate.expires_at > first + 300 * 86_400
    assert hall.look() == []


def test_another_network_has_another_address(hall: Hall) -> None:
    hall.start()
    hall.names = Names.of(["gamesync.local", "10.0.0.7"])
    assert len(hall.look()) == 2
    assert names_in(hall.certificate.chain[0]) == hall.names


def test_what_became_due_while_nothing_ran_is_renewed_at_the_start(hall: Hall) -> None:
    hall.at += (LEAF_DAYS + 5) * DAY
    hall.start()
    assert hall.certificate.chain[0].not_valid_after_utc > hall.at
    assert hall.look() == []


def test_what_is_put_in_its_place_is_served(hall: Hall) -> None:
    hall.start()
    assert hall.keeper.authority == hall.folder.root()
    hall.folder.found("hall", BOX, hall.at)
    hall.folder.renew(BOX, hall.at)
    assert hall.look() == ["info: the certificate was read again"]
    assert hall.certificate.chain == hall.folder.chain()
    assert hall.keeper.authority == hall.folder.root()


def test_a_bad_one_in_its_place_is_told_once_and_not_served(hall: Hall) -> None:
    hall.folder.issuing.unlink()
    hall.start()
    before = hall.certificate.chain
    hall.folder.server.write_bytes(b"junk")
    (said,) = hall.look()
    assert said.startswith("error: the certificate stays as it was: there is no certificate in")
    assert hall.look() == []
    assert hall.certificate.chain is before
    hall.folder.server.unlink()
    (said,) = hall.look()
    assert "cannot be read: No such file" in said


def test_what_cannot_be_renewed_is_told_once_and_warned_of_daily(hall: Hall) -> None:
    hall.start()
    hall.folder.issuing.write_bytes(b"junk")
    (said,) = hall.look()
    assert said.startswith("error: the certificate cannot be renewed: ")
    hall.at += (LEAF_DAYS - 28) * DAY
    assert hall.look() == [], "once"
    warned = [line for _ in range(24 * 60 * 2) for line in hall.look()]
    wanted = "warn: the certificate for gamesync.local, 127.0.0.1 is good for 27 more days"
    assert warned == [wanted] * 2


def test_a_start_with_a_damaged_authority_is_a_start(hall: Hall) -> None:
    hall.folder.issuing.write_bytes(b"junk")
    hall.start()
    assert hall.certificate.chain


def test_a_key_that_all_may_read_is_told(hall: Hall) -> None:
    hall.folder.server.chmod(0o644)
    with log_entries() as found:
        hall.start()
    (said,) = [each for each in found if "can read the key" in (each["log_format"] or "")]
    assert said["path"] == str(hall.folder.server)


def test_a_certificate_from_elsewhere_is_never_renewed(tmp_path: Path) -> None:
    hall = Hall(tmp_path)
    chain, key = hall.folder.path / "fullchain.pem", hall.folder.path / "key.pem"
    for path in (chain, key):
        path.write_bytes(hall.folder.server.read_bytes())
    hall.certificate = Certificate(chain, key)
    hall.keeper = Keeper(hall.reactor, hall.certificate, lambda: BOX, lambda: hall.at)
    hall.start()
    hall.at += LEAF_DAYS * DAY
    (said,) = hall.look() or [""]
    assert chain.read_bytes() == hall.folder.server.read_bytes()
    assert said == ""


def test_an_authority_that_did_not_sign_is_not_handed_out(hall: Hall) -> None:
    hall.start()
    assert hall.keeper.authority is not None
    other = hall.folder.found("other", BOX, hall.at)
    assert hall.keeper.authority != other.root
    hall.certificate.load()
    assert hall.keeper.authority is None


def test_a_fault_in_it_ends_nothing(hall: Hall) -> None:
    hall.start()

    def broken() -> Names:
        raise RuntimeError("no interfaces")

    hall.keeper._names = broken
    (said,) = hall.look()
    assert said.startswith("critical: keeping the certificate broke")
    hall.keeper._names = lambda: Names.of(["gamesync.local", "10.0.0.7"])
    assert len(hall.look()) == 2
