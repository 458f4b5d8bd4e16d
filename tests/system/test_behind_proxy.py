"""The sample configurations of nginx and Caddy, as those programs take them."""

from __future__ import annotations

import http.client
import json
import shutil
import socket
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack
from itertools import count
from pathlib import Path

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin

from .certificates import Authority
from .needs import needs
from .proxies import ETC, NAME, Caddy, Nginx, ReverseProxy
from .server import ServerProcess


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ServerProcess]:
    """Configured as the samples say, with little room for one visitor."""
    file = tmp_path / "gamesync.toml"
    said = [
        line.lstrip("# ").partition("]")[0] + "]"
        for line in (ETC / "nginx.conf").read_text("utf-8").splitlines()
        if line.startswith(("#   hosts", "#   proxies"))
    ]
    assert len(said) == 2
    file.write_text("\n".join([*said, "[limits]", "private_open = 3"]))
    running = ServerProcess(tmp_path, "--config", str(file)).start()
    yield running
    running.stop()
    assert "Traceback" not in running.log, running.log


@pytest.fixture(params=[Nginx, Caddy])
def proxy(
    request: pytest.FixtureRequest, server: ServerProcess, tmp_path: Path
) -> Iterator[ReverseProxy]:
    certificate, key = Authority(tmp_path).issue("server")
    running = request.param(tmp_path / "proxy", server.port, certificate, key)
    yield running
    running.stop()


def trusting() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def test_pages_and_wss_and_who_is_who(server: ServerProcess, proxy: ReverseProxy) -> None:
    line = http.client.HTTPSConnection("127.0.0.1", proxy.port, timeout=20, context=trusting())
    line.request("GET", "/api/v1/about", headers={"Host": NAME})
    about = json.loads(line.getresponse().read())
    assert any(f"https://{NAME}" in str(value) for value in about.values()), about
    line.close()

    plain = http.client.HTTPConnection("127.0.0.1", proxy.plain, timeout=20)
    plain.request("GET", "/?view=board", headers={"Host": NAME})
    led = plain.getresponse()
    assert led.status in (301, 308)
    assert (led.getheader("Location") or "").startswith(f"https://{NAME}")
    assert (led.getheader("Location") or "").endswith("/?view=board")
    plain.close()

    forged = count(1)

    def come() -> AbstractContextManager[ClientConnection]:
        way = socket.create_connection(("127.0.0.1", proxy.port), 20, ("127.0.0.5", 0))
        return connect(
            f"wss://{NAME}/",
            sock=way,
            ssl=trusting(),
            origin=Origin(f"https://{NAME}"),
            additional_headers={"X-Forwarded-For": f"203.0.113.{next(forged)}"},
            compression=None,
        )

    # Three from one address: what a visitor says of his own is not believed.
    with ExitStack() as open_:
        for _ in range(3):
            each = open_.enter_context(come())
            assert json.loads(each.recv(timeout=20))["type"] == "connect"
        with pytest.raises(InvalidStatus) as refused, come():
            pass
        assert refused.value.response.status_code == 503


def test_caddy_takes_its_sample() -> None:
    needs("caddy")
    program = shutil.which("caddy")
    assert program
    asked = [program, "validate", "--config", str(ETC / "Caddyfile"), "--adapter", "caddyfile"]
    done = subprocess.run(asked, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    formatted = subprocess.run(
        [program, "fmt", str(ETC / "Caddyfile")], capture_output=True, text=True, check=True
    )
    assert formatted.stdout == (ETC / "Caddyfile").read_text("utf-8")
