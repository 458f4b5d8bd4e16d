"""nginx and Caddy, with the sample configurations of ``etc/``, in a folder of their own."""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
from pathlib import Path

from .needs import needs

ETC = Path(__file__).parents[2] / "etc"
NAME = "games.example.org"
"""The name of the samples."""

_NGINX = """
daemon off;
master_process off;
pid nginx.pid;
error_log stderr;
events {}
http {
access_log access.log;
client_body_temp_path body;
proxy_temp_path proxy;
fastcgi_temp_path fastcgi;
scgi_temp_path scgi;
uwsgi_temp_path uwsgi;
"""


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


def sample(name: str, *changes: tuple[str, str]) -> str:
    """A sample of ``etc/``; each change is of what stands in it."""
    text = (ETC / name).read_text("utf-8")
    for old, new in changes:
        assert old in text, f"{name} has no {old!r}"
        text = text.replace(old, new)
    return text


class ReverseProxy:
    """
    A program in front of a server, with TLS, until it is stopped.

    :ivar port: where it speaks TLS
    :ivar plain: where it leads from HTTP to there
    """

    def __init__(self, folder: Path, behind: int, certificate: Path, key: Path) -> None:
        """
        :param folder: for its own; made
        :param behind: the server's port
        """
        folder.mkdir()
        self.folder = folder
        self.behind, self.certificate, self.key = behind, certificate, key
        self.plain, self.port = free_port(), free_port()
        with (folder / "said").open("wb") as said:
            self.process = subprocess.Popen(
                self.command(),
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
                env={"PATH": "/usr/bin:/bin", "HOME": str(folder)},
            )
        end = time.monotonic() + 20
        while not self._listens():
            assert time.monotonic() < end
            time.sleep(0.02)

    def command(self) -> list[str]:
        raise NotImplementedError

    def _listens(self) -> bool:
        assert self.process.poll() is None, (self.folder / "said").read_text("utf-8")
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(10)


class Nginx(ReverseProxy):
    """:param at: the path that it serves at, with a slash at its end"""

    def __init__(
        self, folder: Path, behind: int, certificate: Path, key: Path, at: str = "/"
    ) -> None:
        needs("nginx")
        self.at = at
        super().__init__(folder, behind, certificate, key)

    def command(self) -> list[str]:
        changes = [
            ("listen 80;\n    listen [::]:80;", f"listen 127.0.0.1:{self.plain};"),
            ("listen 443 ssl;\n    listen [::]:443 ssl;", f"listen 127.0.0.1:{self.port} ssl;"),
            (f"/etc/letsencrypt/live/{NAME}/fullchain.pem", str(self.certificate)),
            (f"/etc/letsencrypt/live/{NAME}/privkey.pem", str(self.key)),
        ]
        there = f"http://127.0.0.1:{self.behind}"
        if self.at == "/":
            changes.append(("http://127.0.0.1:8765;\n", f"{there};\n"))
        else:  # as the comment says
            changes.append(("    location / {", f"    location {self.at} {{"))
            changes.append(("http://127.0.0.1:8765;\n", f"{there}/;\n"))
        written = f"{_NGINX}{sample('nginx.conf', *changes)}}}\n"
        (self.folder / "nginx.conf").write_text(written, "utf-8")
        program = shutil.which("nginx", path="/usr/sbin:/sbin:/usr/local/sbin:/usr/bin")
        assert program
        return [program, "-p", str(self.folder), "-c", "nginx.conf", "-e", "stderr"]

    def asked(self, what: str) -> int:
        """How many requests for addresses that have *what* in them came by."""
        return (self.folder / "access.log").read_text("utf-8").count(what)


class Caddy(ReverseProxy):
    def command(self) -> list[str]:
        needs("caddy")
        written = sample(
            "Caddyfile",
            (f"{NAME} {{\n", f"https://{NAME} {{\n\ttls {self.certificate} {self.key}\n"),
            ("127.0.0.1:8765", f"127.0.0.1:{self.behind}"),
        )
        ports = f"{{\n\tadmin off\n\thttp_port {self.plain}\n\thttps_port {self.port}\n}}\n"
        (self.folder / "Caddyfile").write_text(f"{ports}{written}", "utf-8")
        return ["caddy", "run", "--config", "Caddyfile", "--adapter", "caddyfile"]
