"""
The Autobahn testsuite's quick cases (RFC 6455) against the whole port with an echo behind it.

Once as it is, once over TLS, and once behind the nginx that ``etc/`` has a configuration for. The
case runner knows no TLS, so haproxy puts it around what the runner says.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from .certificates import Authority
from .needs import needs

ROOT = Path(__file__).parents[2]
ECHO = ROOT / "tests" / "server" / "echo.py"
# By its command only: imported beside autobahn it breaks both.
KOSOKU = shutil.which("kosoku", path=f"{Path(sys.executable).parent}:{os.environ['PATH']}")

pytestmark = pytest.mark.skipif(KOSOKU is None, reason="kosoku is not installed")

QUICK = ("1.*", "2.*", "3.*", "4.*", "5.*", "6.*", "7.*", "10.*")


@contextmanager
def echo(*words: str) -> Iterator[int]:
    """The port of an echo server with the limits that the suite needs."""
    server = subprocess.Popen(
        [sys.executable, ECHO, "conformance", *words],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    try:
        assert server.stdout is not None
        yield int(server.stdout.readline())
    finally:
        server.communicate()


@contextmanager
def running(command: list[str], port: int, folder: Path) -> Iterator[None]:
    """A program that has begun to listen on *port*."""
    with (folder / "said").open("wb") as said:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=said, stderr=said)
    try:
        until = time.monotonic() + 20
        while socket.socket().connect_ex(("127.0.0.1", port)):
            assert process.poll() is None, (folder / "said").read_text("utf-8")
            assert time.monotonic() < until, "it does not listen"
            time.sleep(0.05)
        yield
    finally:
        process.terminate()
        process.wait(20)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
        return port


def passes(port: int, folder: Path, chosen: tuple[str, ...], count: int) -> None:
    """All of the *chosen* cases are as they should be, and there are *count* of them."""
    assert KOSOKU is not None
    words = [word for case in chosen for word in ("-i", case)]
    subprocess.run(
        [KOSOKU, f"ws://127.0.0.1:{port}/ws", *words, "-p", "4", "-o", folder / "report"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        timeout=240,
        check=False,  # the report says more than the exit status
    )
    (cases,) = json.loads((folder / "report" / "index.json").read_text()).values()
    assert len(cases) == count
    good = {"OK", "INFORMATIONAL"}
    wrong = {
        number: case
        for number, case in cases.items()
        if not {case["behavior"], case["behaviorClose"]} <= good
    }
    assert wrong == {}


def test_the_quick_cases(tmp_path: Path) -> None:
    with echo() as port:
        passes(port, tmp_path, QUICK, 247)


HAPROXY = """
defaults
  mode tcp
  timeout connect 5s
  timeout client 60s
  timeout server 60s
listen tls
  bind 127.0.0.1:{port}
  server box 127.0.0.1:{behind} ssl verify required ca-file {authority} verifyhost localhost
"""


@contextmanager
def tls_to(behind: int, authority: Path, folder: Path) -> Iterator[int]:
    """A plain port; what is said to it goes to *behind* over TLS, whose certificate is checked."""
    port, file = free_port(), folder / "haproxy.cfg"
    file.write_text(HAPROXY.format(port=port, behind=behind, authority=authority), "ascii")
    with running([program("haproxy"), "-f", str(file)], port, folder):
        yield port


def program(name: str) -> str:
    needs(name)
    found = shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin:/sbin")
    assert found
    return found


def test_over_tls(tmp_path: Path) -> None:
    needs("haproxy")
    authority = Authority(tmp_path)
    certificate, key = authority.issue("box")
    both = tmp_path / "both.pem"
    both.write_bytes(certificate.read_bytes() + key.read_bytes())
    with echo(str(both)) as behind, tls_to(behind, authority.file, tmp_path) as port:
        passes(port, tmp_path, QUICK, 247)


NGINX = """
daemon off;
pid nginx.pid;
error_log stderr;
worker_processes 1;
events {{}}
http {{
  access_log off;
  client_body_temp_path body;
  proxy_temp_path proxy;
  fastcgi_temp_path fastcgi;
  scgi_temp_path scgi;
  uwsgi_temp_path uwsgi;
  {sample}
}}
"""


def test_behind_the_sample_nginx(tmp_path: Path) -> None:
    """The file as it is shipped, but for its ports and where its certificate lies."""
    needs("haproxy", "nginx")
    authority = Authority(tmp_path)
    certificate, key = authority.issue("box")
    port = free_port()
    sample = (ROOT / "etc" / "nginx.conf").read_text("utf-8")
    sample = re.sub(r" *listen +(\[::\]:|80).*\n", "", sample)
    with echo() as behind:
        for old, new in (
            (r"listen 443 ssl", f"listen 127.0.0.1:{port} ssl"),
            (r"ssl_certificate  .*;", f"ssl_certificate {certificate};"),
            (r"ssl_certificate_key .*;", f"ssl_certificate_key {key};"),
            (r"127\.0\.0\.1:8765;", f"127.0.0.1:{behind};"),
            (r"(server_name .*;\n)(\s*return)", rf"\1    listen 127.0.0.1:{free_port()};\n\2"),
        ):
            sample, found = re.subn(old, new, sample)
            assert found, f"the sample has no {old}"
        (tmp_path / "nginx.conf").write_text(NGINX.format(sample=sample), "utf-8")
        command = [program("nginx"), "-p", str(tmp_path), "-c", "nginx.conf", "-e", "stderr"]
        with (
            running(command, port, tmp_path),
            tls_to(port, authority.file, tmp_path) as plain,
        ):
            passes(plain, tmp_path, QUICK, 247)
