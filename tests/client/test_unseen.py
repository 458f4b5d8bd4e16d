"""Secrets for a program at a terminal: what its command line takes, and what it asks for."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from gamesync.client.unseen import LINE_MAX, link_of
from gamesync.table.main import options

KEY = "c2VjcmV0LWtleS1vZi1hLWxpbms"
LINK = f"http://127.0.0.1:1/#g=abc&p=player:1&k={KEY}"
ASKED = "from gamesync.client.unseen import line, link_of; import sys; print({}, sys.stdin.read())"


def asked(call: str, typed: bytes) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-c", ASKED.format(call)],
        input=typed,
        capture_output=True,
        timeout=30,
        check=False,
    )


def test_an_address_is_no_secret() -> None:
    assert link_of("ws://box:8765") == "ws://box:8765"
    assert link_of("http://box/#g=abc") == "http://box/#g=abc"  # for everybody to watch


def test_a_link_on_the_command_line_is_refused_without_telling_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        options(["--folder", str(tmp_path), LINK], {})
    said = capsys.readouterr().err
    assert "write - in its place" in said
    assert KEY not in said


def test_what_is_no_link_is_told_without_what_may_be_its_key() -> None:
    with pytest.raises(ValueError, match="an address looks like") as caught:
        link_of(f"ftp://box/#k={KEY}")
    assert KEY not in str(caught.value)


def test_a_line_from_a_pipe_and_the_rest_is_left_there() -> None:
    done = asked("link_of('-')", f"  {LINK} \nname 1 Zoe\n".encode())
    assert done.stdout.decode() == f"{LINK} name 1 Zoe\n\n"


@pytest.mark.parametrize("typed", [b"", b"\n", b"  \n"])
def test_no_line(typed: bytes) -> None:
    done = asked("line('Code: ')", typed)
    assert done.returncode == 1
    assert b"ValueError: code: standard input has none" in done.stderr


def test_a_line_without_end_is_read_no_further() -> None:
    done = asked("len(line('Code: '))", b"x" * LINE_MAX + b"yz")
    assert done.stdout == f"{LINE_MAX} yz\n".encode()


def test_at_a_terminal_it_is_not_seen() -> None:
    child, terminal = pty.fork()
    if child == 0:
        code = "from gamesync.client.unseen import link_of; print(len(link_of('-')))"
        os.execv(sys.executable, [sys.executable, "-c", code])
    seen = b""
    while b"Link: " not in seen:
        seen += os.read(terminal, 1024)
    os.write(terminal, f"{LINK}\n".encode())
    while str(len(LINK)).encode() not in seen:
        seen += os.read(terminal, 1024)
    assert os.waitpid(child, 0)[1] == 0
    os.close(terminal)
    assert KEY.encode() not in seen
