"""``gamesync cert``: what it makes, what it says, and when it says no."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography import x509

from gamesync import cli
from gamesync.certs.authority import fingerprint
from gamesync.certs.folder import Folder
from gamesync.certs.names import Names, names_in
from gamesync.cli import cert
from gamesync.config import PREFIX, Settings
from gamesync.server import box_names as names_module
from gamesync.server.box_names import box_names


class Box:
    """A folder with a database, and the command in it."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.database = folder / "game_state.db"
        self.tls = Folder.beside(str(self.database))
        self._capsys = capsys

    def say(self, *words: str) -> tuple[int, str, str]:
        status = cli.main(["cert", *words, "--database-uri", f"sqlite:///{self.database}"])
        return status, *self._capsys.readouterr()


@pytest.fixture
def box(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Box:
    for name in [name for name in os.environ if name.startswith(PREFIX)]:
        monkeypatch.delenv(name)
    monkeypatch.setattr(names_module, "own_names", lambda: {"localhost", "gamesync.local", "box"})
    monkeypatch.setattr(names_module, "addresses", lambda: iter(["192.168.1.5"]))
    monkeypatch.setattr(names_module, "lan_address", lambda: "192.168.1.5")
    return Box(tmp_path, capsys)


def test_the_first_time_it_makes_all_and_says_what_to_do(box: Box) -> None:
    status, out, err = box.say()
    assert (status, err) == (0, "")
    assert out.startswith("A new authority: gamesync ")
    assert "A new certificate (there was none)." in out
    assert f'certificate = "{box.tls.server}"\n' in out
    assert 'listen = ["tcp:8080"]' in out
    assert "for        gamesync.local, localhost, 127.0.0.1, 192.168.1.5, ::1\n" in out
    root = box.tls.root()
    assert root is not None
    assert fingerprint(root) in out
    assert "PRIVATE" not in out
    assert stat.S_IMODE(box.tls.server.stat().st_mode) == 0o600


def test_the_second_time_it_keeps_what_is_good(box: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    box.say()
    root, server = box.tls.root(), box.tls.server.read_bytes()
    _, out, _ = box.say()
    assert out.startswith("The certificate is good as it is.")
    assert (box.tls.root(), box.tls.server.read_bytes()) == (root, server)
    monkeypatch.setattr(names_module, "addresses", lambda: iter(["10.0.0.7"]))
    monkeypatch.setenv("GAMESYNC_CERTIFICATE", str(box.tls.server))
    _, out, _ = box.say()
    assert out.startswith("A new certificate (the old one is not for 10.0.0.7).")
    assert "takes it up within a minute" in out
    assert "Put these lines" not in out
    assert box.tls.root() == root


def test_show_makes_nothing(box: Box) -> None:
    status, out, err = box.say("show")
    assert (status, out) == (1, "")
    assert err.startswith("gamesync: there is no certificate in ")
    assert not box.tls.path.exists()
    box.say()
    box.tls.issuing.unlink()
    status, out, _ = box.say("show")
    assert status == 0
    assert out.startswith(f"certificate  {box.tls.server}\n")
    assert "(362 days)" in out or "(363 days)" in out


def test_a_name_that_the_authority_may_not_sign_for(
    box: Box, monkeypatch: pytest.MonkeyPatch
) -> None:
    box.say()
    old = box.tls.root()
    monkeypatch.setenv("GAMESYNC_HOSTS", "games.example.org,203.0.113.5")
    status, out, _ = box.say()
    assert status == 0
    assert "may not sign for it: games.example.org, 203.0.113.5\n" in out
    status, out, _ = box.say("--new-authority")
    assert status == 0
    assert "A new certificate (the old one is of another authority)." in out
    assert "may not sign" not in out
    assert box.tls.root() != old
    wanted = Names.of(["games.example.org", "203.0.113.5"])
    assert not wanted - names_in(box.tls.chain()[0])


def test_without_its_key_the_authority_is_not_replaced_unasked(box: Box) -> None:
    box.say()
    root = box.tls.root()
    box.tls.issuing.unlink()
    status, out, err = box.say()
    assert (status, out) == (1, "")
    assert "the authority's key is not here" in err
    assert box.tls.root() == root
    assert box.say("--new-authority")[0] == 0


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--database-uri", "sqlite:///:memory:"], "a database in memory has no folder"),
        (["--database-uri", "mysql:x"], "database_uri: starts with sqlite:///"),
        (["--config", "none.toml"], "none.toml cannot be read"),
        (["--database-uri", "sqlite:////nowhere/at/all.db"], "cannot be written: No such file"),
    ],
)
def test_no_in_one_sentence(
    box: Box, words: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["cert", *words]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert sentence in err
    assert err.count("\n") == 1


def test_the_names_of_a_server_that_listens_at_one_address(box: Box) -> None:
    names = box_names(Settings(ws_host="10.1.1.1", hosts=("Hall.Example",)))
    assert str(names) == "gamesync.local, hall.example, localhost, 10.1.1.1, 127.0.0.1, ::1"


def test_the_authority_is_for_the_names_of_the_box(box: Box) -> None:
    box.say()
    authority = box.tls.authority()
    assert authority is not None
    held = authority.root.extensions.get_extension_for_class(x509.NameConstraints).value
    hosts = [each.value for each in held.permitted_subtrees or () if isinstance(each, x509.DNSName)]
    assert hosts == ["gamesync.local", "localhost"]


def test_it_brings_no_reactor_along() -> None:
    code = (
        "import sys, gamesync.cli.cert;"
        " sys.exit(sum(m in sys.modules for m in ('twisted.internet.reactor', 'autobahn',"
        " 'twisted.web', 'gamesync.server.listen')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
    assert cert.__doc__
