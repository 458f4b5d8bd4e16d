"""The venue's own TLS on real sockets: scanned, flooded, renewed, and believed by those who may."""

from __future__ import annotations

import os
import select
import signal
import socket
import ssl
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from twisted.internet.task import deferLater

from gamesync.certs.authority import Authority
from gamesync.certs.names import Names
from gamesync.client import Kind, State
from gamesync.client.link import Link
from gamesync.limits import Limits
from gamesync.server.listen import Certificate, Listener, tcp

from ..chaos.long import times
from ..client.test_sockets import App
from ..server.echo import port as whole_port
from ..server.kit import in_reactor
from ..starved import Watch
from .scanner import Scanner
from .talker import Talker
from .tls_box import DAY, HERE, Box, forged, lan

QUICK_LOOKS = (
    "import sys, gamesync.server.keeper as keeper; keeper.LOOK_S = 0.3; del sys.argv[0];"
    " from twisted.scripts.twistd import run; run()"
)
"""twistd, but that the server looks after its certificate without a minute between."""


@pytest.fixture
def box(tmp_path: Path) -> Iterator[Box]:
    made = Box(tmp_path)
    yield made
    made.server.stop()
    assert "Traceback" not in made.server.log, made.server.log


def until(true: Callable[[], Any], seconds: float = 30.0) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not come to be"
        time.sleep(0.05)


# -- the box that comes after it


def test_a_second_box_with_the_backup_is_trusted_as_the_first_was(
    box: Box, tmp_path_factory: pytest.TempPathFactory
) -> None:
    first = box.serve()
    with Talker(first.url, context=box.trusting) as host:
        host.create(player1_name="Anna", player2_name="Marek")
    backup = box.run("backup").partition(" ")[0]
    first.stop()
    trusting = box.trusting
    second = Box(tmp_path_factory.mktemp("second"), own=False)
    said = second.run("restore", backup)
    assert f"The certificates came with it: they are in {second.tls.path}." in said
    second.tls.server.unlink()  # as on a box with other addresses: it needs one of its own
    said = second.run("cert")
    assert "A new certificate (there was none)." in said
    assert "authority:" not in said
    try:
        with Talker(second.serve().url, token=host.token, context=trusting) as again:
            again.connect(game_id=host.game_id)
        assert (
            second.served().serial_number
            != x509.load_pem_x509_certificate(box.tls.server.read_bytes()).serial_number
        )
    finally:
        second.server.stop()


# -- what a scanner says


@pytest.fixture(scope="module")
def sslyze() -> Iterator[Scanner]:
    with Scanner() as scanner:
        yield scanner


UNLIMITED = ("--limit", "private_per_second=5000", "--limit", "private_burst=5000")
"""A scanner opens hundreds of connections at once, more than the gate lets in from one address."""


def test_a_scanner_finds_mozilla_s_intermediate(box: Box, sslyze: Scanner) -> None:
    server = box.serve(*UNLIMITED)
    said = sslyze.scan(server.port, box.tls.ca)
    assert f"127.0.0.1:{server.port}: OK - Compliant." in said, said[-2000:]


# -- a flood below TLS

FLOOD = 1_000
PATIENCE_S = times(2, 5)
"""What a head may take, TLS handshake and all; 5 is the default."""


def test_handshakes_that_are_never_made_hold_nobody_up(box: Box) -> None:
    """Half of them silent, half sending a ClientHello a byte at a time, for ever."""
    server = box.serve("--limit", f"head_seconds={PATIENCE_S}")
    hello = client_hello()
    with ExitStack() as opened, Talker(server.url, context=box.trusting) as playing:
        playing.create(player1_name="Anna", player2_name="Marek")
        lines = []
        server.signal(signal.SIGSTOP)  # they come all at once, however slow the machine is
        for number in range(FLOOD):
            # From many addresses, each of which may have so many.
            source = (f"127.0.{number // 50 + 1}.1", 0)
            line = socket.create_connection(("127.0.0.1", server.port), 20, source)
            lines.append(opened.enter_context(line))
        server.signal(signal.SIGCONT)
        until(lambda: open_files(server.pid) > FLOOD)
        watch = Watch(server.pid)
        with Talker(server.url, context=box.trusting) as other:
            other.create(player1_name="Anna", player2_name="Marek")
        assert watch.seconds() <= 1.0, "a table that comes meanwhile"
        gone: set[int] = set()
        sent = 0
        end = time.monotonic() + 60
        while len(gone) < FLOOD:
            assert time.monotonic() < end, f"{FLOOD - len(gone)} are still open"
            gone |= {at for at in range(FLOOD) if at not in gone and is_gone(lines[at])}
            for at in range(0, FLOOD, 2):
                if at not in gone:
                    try:
                        lines[at].send(hello[sent : sent + 1])
                    except OSError:
                        gone.add(at)
            sent += 1
            assert sent < len(hello), "or it would be a whole one"
            time.sleep(0.2)
        took = watch.seconds()
        until(lambda: open_files(server.pid) < 100)
        assert playing.do("heartbeat")["type"] == "heartbeat"
    assert took <= PATIENCE_S + 2, f"{took} s, counted from the last of them"


def client_hello() -> bytes:
    """The first bytes of a handshake."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    context = ssl.create_default_context()
    with pytest.raises(ssl.SSLWantReadError):
        context.wrap_bio(incoming, outgoing, server_hostname="localhost").do_handshake()
    return outgoing.read()


def is_gone(line: socket.socket) -> bool:
    poll = select.poll()  # a descriptor may be beyond what select() takes
    poll.register(line, select.POLLIN)
    readable = poll.poll(0)
    if not readable:
        return False
    try:
        return line.recv(4096) == b""
    except OSError:
        return True


def open_files(pid: int) -> int:
    return len(os.listdir(f"/proc/{pid}/fd"))


# -- both ports at once


def get(port: int, path: str, host: str = "127.0.0.1", **headers: str) -> tuple[int, Any]:
    """One request without TLS that follows no redirect: status and headers."""

    class Stay(urllib.request.HTTPRedirectHandler):
        def redirect_request(self, *_: Any) -> None:
            return None

    opener = urllib.request.build_opener(Stay)
    request = urllib.request.Request(f"http://{host}:{port}{path}", headers=headers)
    try:
        with opener.open(request, timeout=10) as answer:
            return answer.status, answer.headers
    except urllib.error.HTTPError as no:
        with no:
            return no.code, no.headers


def test_a_port_without_tls_leads_to_the_one_with_it(box: Box) -> None:
    here = lan()
    box.run("cert", "--new-authority")
    server = box.serve("--listen", "tcp:0", "--https-only", "--ws-host", "0.0.0.0")
    secure, plain = box.ports()
    assert server.port == secure
    status, headers = get(plain, "/?view=board", here)
    assert (status, headers["location"]) == (307, f"https://{here}:{secure}/?view=board")
    with urllib.request.urlopen(headers["location"], context=box.trusting, timeout=10) as page:
        assert b"<title>gamesync" in page.read()
    status, headers = get(plain, "/", here, Host="evil.example")
    assert (status, headers["location"]) == (421, None)
    status, headers = get(plain, "/ca", here)
    assert (status, headers["content-type"]) == (200, "text/html; charset=utf-8")
    status, headers = get(plain, "/ca.crt", here)
    assert (status, headers["content-type"]) == (200, "application/x-x509-ca-cert")
    with pytest.raises(Exception, match="403"):
        Talker(f"ws://{here}:{plain}/")
    with Talker(f"ws://127.0.0.1:{plain}/") as own, Talker(server.url, context=box.trusting):
        assert own.do("heartbeat")["type"] == "heartbeat"


def test_without_a_word_a_second_port_serves_all(box: Box) -> None:
    here = lan()
    box.serve("--listen", "tcp:0")
    plain = box.ports()[1]
    assert get(plain, "/", here)[0] == 200
    with Talker(f"ws://{here}:{plain}/") as client:
        assert client.do("heartbeat")["type"] == "heartbeat"


# -- renewal


def test_it_renews_itself_while_a_table_plays(box: Box) -> None:
    now = datetime.now(UTC)
    old = Authority.new("hall", HERE, now - 400 * DAY)
    box.tls.issuing.write_bytes(old.pem)
    box.tls.renew(HERE, now)
    server = box.serve(wrapper=(sys.executable, "-c", QUICK_LOOKS))
    with Talker(server.url, context=box.trusting) as table:
        first = box.served()
        box.tls.server.write_bytes(old.issue(HERE, now - 340 * DAY))
        due = x509.load_pem_x509_certificate(box.tls.server.read_bytes())
        assert (due.not_valid_after_utc - now).days < 30
        until(lambda: box.served() not in (first, due))
        assert (box.served().not_valid_after_utc - now).days > 300
        assert "a new certificate was made: " in server.log
        assert table.do("heartbeat")["type"] == "heartbeat", "nobody was dropped"
    with Talker(server.url, context=box.trusting) as later:
        assert later.do("heartbeat")["type"] == "heartbeat"
    assert oct(box.tls.server.stat().st_mode & 0o777) == "0o600"


def test_a_start_after_a_season_in_the_cupboard(box: Box) -> None:
    now = datetime.now(UTC)
    old = Authority.new("hall", HERE, now - 500 * DAY)
    box.tls.issuing.write_bytes(old.pem)
    box.tls.renew(HERE, now)
    box.tls.server.write_bytes(old.issue(HERE, now - 450 * DAY))
    server = box.serve()
    assert "a new certificate was made: the old one is over" in server.log
    server.stop()
    box.tls.server.unlink()
    server.start()  # it is made before it is needed
    with Talker(server.url, context=box.trusting) as client:
        assert client.do("heartbeat")["type"] == "heartbeat"


# -- who believes whom


LOCALHOST = x509.DNSName("localhost")


@pytest.mark.parametrize(
    ("host", "made", "trusted", "words"),
    [
        ("127.0.0.1", lambda a: a.issue(HERE, datetime.now(UTC)), "ours", None),
        ("localhost", lambda a: a.issue(HERE, datetime.now(UTC)), "ours", None),
        ("localhost", lambda a: a.issue(HERE, datetime.now(UTC)), "another", "authority"),
        ("localhost", lambda a: a.issue(HERE, datetime.now(UTC)), "the system", "authority"),
        (
            "localhost",
            lambda a: a.issue(Names.of(["127.0.0.1"]), datetime.now(UTC)),
            "ours",
            "for another name",
        ),
        (
            "127.0.0.1",
            lambda a: a.issue(Names.of(["localhost"]), datetime.now(UTC)),
            "ours",
            "for another name",
        ),
        ("localhost", lambda a: forged(a), "ours", "does not say for which names"),
        ("localhost", lambda a: forged(a, LOCALHOST, days=-1), "ours", "has expired"),
        (
            "localhost",
            lambda a: forged(a, x509.DNSName("bank.example")),
            "ours",
            "for another name",
        ),
        (
            "localhost",
            lambda a: forged(a, LOCALHOST, x509.DNSName("bank.example")),
            "ours",
            "may not vouch for",
        ),
    ],
)
@in_reactor
async def test_the_client_believes_the_box_and_nobody_else(
    tmp_path: Path, host: str, made: Callable[[Authority], bytes], trusted: str, words: str | None
) -> None:
    from twisted.internet import reactor

    box = Names.of(["localhost", "127.0.0.1"])
    ours, another = (Authority.new("hall", box, datetime.now(UTC) - 20 * DAY) for _ in range(2))
    for authority, name in ((ours, "ours"), (another, "another")):
        file = tmp_path / name
        file.write_bytes(authority.root.public_bytes(serialization.Encoding.PEM))
    pem = tmp_path / "server.pem"
    pem.write_bytes(made(ours))
    loop: Any = reactor
    listener = Listener(loop, tcp("127.0.0.1", 0), whole_port(loop, Limits()), Certificate(pem))
    listener.startService()
    app = App()
    ca_file = None if trusted == "the system" else str(tmp_path / trusted)
    link = Link(f"wss://{host}:{listener.port}", app, loop, ca_file=ca_file, delay=lambda _: 60.0)
    link.start()
    for _ in range(1_000):
        if len(app.story) > 1:
            break
        await deferLater(loop, 0.02)
    state, reason = app.story[1]
    await link.stop()
    stopped = listener.stopService()
    if stopped is not None:
        await stopped
    if words is None:
        assert state is State.CONNECTED
    else:
        assert (state, reason.kind) == (State.RECONNECTING, Kind.UNTRUSTED)
        assert words in str(reason)
        assert str(reason).startswith(f"{host} is not trusted")
