"""What lies on the machine for the screen to use."""

from __future__ import annotations

from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes

from gamesync.table.files import (
    authorities,
    authority,
    picture_folders,
    pictures,
    places_for_pictures,
)

from ..system.certificates import Authority


def test_an_authority_is_known_by_name_and_fingerprint(tmp_path: Path) -> None:
    file = Authority(tmp_path).file
    certificate = x509.load_pem_x509_certificate(file.read_bytes())
    held = authority(file)
    assert held is not None
    assert (held.name, held.path) == ("Test authority", str(file))
    assert bytes.fromhex(held.fingerprint.replace(":", "")) == certificate.fingerprint(
        hashes.SHA256()
    )
    assert len(held.fingerprint) == 95
    assert held.fingerprint == held.fingerprint.upper()


def test_what_is_no_certificate_is_not_offered(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    good = Authority(tmp_path / "a").file
    (tmp_path / "a" / "words.pem").write_text("hello")
    (tmp_path / "a" / "notes.txt").write_bytes(good.read_bytes())
    (tmp_path / "a" / "huge.pem").write_bytes(good.read_bytes() + b"\n" * 1_000_001)
    (tmp_path / "a" / "folder.pem").mkdir()
    (tmp_path / "a" / "gone.crt").symlink_to(tmp_path / "nothing")
    found = authorities((tmp_path / "a", tmp_path / "not there"))
    assert [held.path for held in found] == [str(good)]
    assert authority(tmp_path / "nothing") is None


def test_pictures_are_found_by_name(tmp_path: Path) -> None:
    stick = tmp_path / "stick"
    (stick / "painted").mkdir(parents=True)
    (stick / ".trash").mkdir()
    for name in ("b.JPG", "a.png", "notes.txt", ".hidden.png"):
        (stick / "painted" / name).write_bytes(b"")
    (stick / ".trash" / "old.png").write_bytes(b"")
    assert [p.name for p in pictures(stick / "painted")] == ["a.png", "b.JPG"]
    assert picture_folders([stick, stick, tmp_path / "none"]) == [(stick / "painted", 2)]
    assert pictures("") == pictures(tmp_path / "none") == []


def test_where_pictures_are_looked_for(tmp_path: Path) -> None:
    places = places_for_pictures(tmp_path, {"HOME": "/home/pi"})
    assert tmp_path in places
    assert Path("/home/pi/Pictures") in places
    assert places_for_pictures(tmp_path, {})[0] == tmp_path
