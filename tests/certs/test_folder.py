"""The venue's files: nobody else reads them, none is ever half written, what is due is renewed."""

from __future__ import annotations

import os
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509

from gamesync.certs.authority import LEAF_DAYS, ROOT_DAYS, Authority, BadAuthority
from gamesync.certs.folder import Folder
from gamesync.certs.names import Names, names_in

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
BOX = Names.of(["gamesync.local", "192.168.1.5"])
DAY = timedelta(days=1)


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    made = Folder.beside(str(tmp_path / "game_state.db"))
    made.found("hall", BOX, NOW)
    return made


def leaf(folder: Folder) -> x509.Certificate:
    return folder.chain()[0]


def test_nobody_else_reads_them_and_nothing_is_left_behind(folder: Folder, tmp_path: Path) -> None:
    assert folder.renew(BOX, NOW) == "there was none"
    assert folder.path == tmp_path / "tls"
    assert sorted(path.name for path in folder.path.iterdir()) == [
        "ca.crt",
        "issuing.pem",
        "server.pem",
    ]
    assert stat.S_IMODE(folder.path.stat().st_mode) == 0o700
    for path in folder.path.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert b"PRIVATE" not in folder.ca.read_bytes()
    authority = folder.authority()
    assert authority is not None
    assert folder.root() == authority.root


def test_what_is_good_is_left_alone(folder: Folder) -> None:
    folder.renew(BOX, NOW)
    before = folder.server.read_bytes()
    fewer = Names.of(["gamesync.local"])
    for names, when in ((BOX, NOW), (fewer, NOW), (BOX, NOW + (LEAF_DAYS - 32) * DAY)):
        assert folder.renew(names, when) == ""
    elsewhere = Names.of(["gamesync.local", "192.168.1.5", "bank.example"])
    assert folder.renew(elsewhere, NOW) == "", "what it may not sign for is not waited for"
    assert folder.server.read_bytes() == before


@pytest.mark.parametrize(
    ("names", "days", "why"),
    [
        (BOX, LEAF_DAYS - 30, "29 days of the old one are left"),
        (BOX, LEAF_DAYS + 3, "the old one is over"),
        (BOX, -2, "the old one is not valid yet; the clock was wrong"),
        (Names.of(["gamesync.local", "10.0.0.7"]), 1, "the old one is not for 10.0.0.7"),
    ],
)
def test_what_is_due_is_made_anew(folder: Folder, names: Names, days: int, why: str) -> None:
    early = Authority.new("hall", BOX, NOW - 10 * DAY)  # one that is good at all these times
    folder.issuing.write_bytes(early.pem)
    folder.renew(BOX, NOW)
    old = leaf(folder)
    assert folder.renew(names, NOW + days * DAY) == why
    assert names_in(leaf(folder)) == names
    assert leaf(folder).public_key() != old.public_key()
    assert folder.root() == early.root
    assert folder.renew(names, NOW + days * DAY) == ""


def test_of_another_authority_or_damaged_it_is_made_anew(folder: Folder) -> None:
    folder.renew(BOX, NOW)
    folder.found("hall", BOX, NOW)
    assert folder.renew(BOX, NOW) == "the old one is of another authority"
    for damaged in (b"", b"junk", folder.ca.read_bytes(), folder.issuing.read_bytes()[:300]):
        folder.server.write_bytes(damaged)
        assert folder.renew(BOX, NOW) == "there was none"


def test_an_authority_near_its_end_is_no_reason_to_renew_every_minute(folder: Folder) -> None:
    late = NOW + (ROOT_DAYS - 10) * DAY
    assert folder.renew(BOX, late) == "there was none"
    assert folder.renew(BOX, late) == ""


def test_without_the_authority_s_key_nothing_is_done(folder: Folder) -> None:
    folder.renew(BOX, NOW)
    folder.issuing.unlink()
    assert folder.authority() is None
    assert folder.renew(BOX, NOW + LEAF_DAYS * DAY) == ""
    assert folder.root() is not None, "it is handed out all the same"


def test_a_damaged_authority_is_told(folder: Folder) -> None:
    folder.issuing.write_bytes(b"junk")
    with pytest.raises(BadAuthority, match=r"issuing\.pem is damaged; .*--new-authority"):
        folder.renew(BOX, NOW)
    folder.issuing.unlink()
    folder.issuing.mkdir()
    with pytest.raises(BadAuthority, match=r"issuing\.pem cannot be read: Is a directory"):
        folder.renew(BOX, NOW)
    folder.ca.write_bytes(b"junk")
    assert folder.root() is None


def test_a_break_between_the_files_is_mended(folder: Folder) -> None:
    old = folder.ca.read_bytes()
    folder.found("hall", BOX, NOW)
    folder.ca.write_bytes(old)
    folder.renew(BOX, NOW)
    authority = folder.authority()
    assert authority is not None
    assert folder.root() == authority.root


def test_a_full_disk_leaves_the_old_one_whole(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder.renew(BOX, NOW)
    before = folder.server.read_bytes()

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("gamesync.certs.folder.os.fsync", full)
    with pytest.raises(BadAuthority, match=r"server\.pem cannot be written: No space left"):
        folder.renew(BOX, NOW + LEAF_DAYS * DAY)
    assert folder.server.read_bytes() == before
    assert len(list(folder.path.iterdir())) == 3


def test_made_by_root_they_are_the_server_s_user_s(tmp_path: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root makes files for others")
    (home := tmp_path / "state").mkdir()
    os.chown(home, 4711, 4712)
    made = Folder.beside(str(home / "game_state.db"))
    made.found("hall", BOX, NOW)
    made.renew(BOX, NOW)
    for path in (made.path, *made.path.iterdir()):
        assert (path.stat().st_uid, path.stat().st_gid) == (4711, 4712)
