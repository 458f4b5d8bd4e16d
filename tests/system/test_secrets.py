"""
A whole evening at the loudest log level, with secrets that are known; then all that is left of it
is searched for them: log, figures, answers, database, backups, and every process's command line.
"""

from __future__ import annotations

import base64
import json
import os
import re
import subprocess
import sys
import threading
import urllib.error
import urllib.request
import zipfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from .certificates import Authority
from .server import ServerProcess
from .talker import Talker

WIFI = "Canary-wifi-77"
WRONG = {
    "code": "WRNGCODE",
    "key": "Y2FuYXJ5LXdyb25nLWtleS0wMDAwMDAwMDAwMDAwMDA",
    "token": "t" * 43,
}
"""What people type by mistake may be a secret of another door."""
SCORE: dict[str, Any] = {"player": 1, "category": "secondary", "delta": 1}
COMMAND = str(Path(sys.executable).parent / "gamesync")


class CommandLines:
    """Every process's command line, looked at again and again while something is done."""

    def __init__(self) -> None:
        self.seen: set[bytes] = set()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> CommandLines:
        self._thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._over.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._over.is_set():
            for folder in Path("/proc").glob("[0-9]*"):
                with suppress(OSError):
                    self.seen.add((folder / "cmdline").read_bytes())
            self._over.wait(0.02)


class Evening:
    """
    :ivar secrets: by what they are
    :ivar heard: all that anybody was told who may not be told a secret, as bytes
    """

    def __init__(self, folder: Path) -> None:
        certificate, key = Authority(folder).issue("box")
        config = folder / "gamesync.toml"
        config.write_text(
            f'venue_name = "Hall"\nwifi_ssid = "hall"\nwifi_password = "{WIFI}"\n'
            f'certificate = "{certificate}"\nprivate_key = "{key}"\n'
            'listen = ["tcp:0:interface=127.0.0.1"]\nlog_level = "debug"\nlog_format = "json"\n'
        )
        config.chmod(0o600)
        self.config = config
        self.server = ServerProcess(folder, "--config", str(config)).start()
        self.secrets: dict[str, str] = {"wifi": WIFI, **{f"wrong {k}": v for k, v in WRONG.items()}}
        pem = key.read_text().splitlines()
        self.secrets["private key"] = pem[1]
        self.heard: list[bytes] = []
        self._to_plain_port()

    @property
    def entries(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.server.log.splitlines()]

    def _to_plain_port(self) -> None:
        self.server.scheme = "ws"
        self.server.port = [e["port"] for e in self.entries if e["event"] == "listening"][-1]

    def key(self, *words: str) -> str:
        """The ``gamesync key`` command, which asks at the control socket; what it prints."""
        ran = subprocess.run(
            [COMMAND, "key", *words, "--config", str(self.config)],
            cwd=self.server.folder,
            capture_output=True,
            text=True,
            check=True,
            timeout=30,
        )
        return ran.stdout

    def terminal(self, link: str) -> None:
        """Anna's seat once more, at a terminal: the link is typed into it."""
        ran = subprocess.run(
            [COMMAND, "play", "-", "--device", "laptop"],
            input=f"{self.server.http}/{link}\ncp 3\nquit\n",
            env=os.environ | {"XDG_STATE_HOME": str(self.server.folder / "home")},
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
        )
        assert "Anna has 3 CP" in ran.stdout
        self.heard.append(ran.stdout.encode())

    def refused(self, talker: Talker, type_: str, data: Any, **more: Any) -> None:
        answer = talker.ask(type_, data, **more)
        assert answer["type"] == "error", answer
        self.heard.append(json.dumps(answer).encode())

    def get(self, path: str, token: str = "", method: str = "GET") -> bytes:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        request = urllib.request.Request(self.server.http + path, headers=headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                body: bytes = answer.read()
        except urllib.error.HTTPError as error:
            body = error.read()
            self.heard.append(body)
        return body

    def play(self) -> None:
        server, secrets = self.server, self.secrets
        secrets["organiser"] = re.findall(r"#k=([\w-]{20,})", self.key("new", "Olga"))[0]
        secrets["judge"] = re.findall(r"#k=([\w-]{20,})", self.key("new", "Jo", "--judge"))[0]
        with (
            Talker(server.url) as host,
            Talker(server.url) as anna,
            Talker(server.url) as marek,
            Talker(server.url) as olga,
            Talker(server.url) as jo,
        ):
            made = host.create(player1_name="Anna", player2_name="Marek")
            game, detail = made["game_id"], made["data"]["detail"]
            secrets["host's token"] = detail["token"]
            for place, way in detail["places"].items():
                secrets[f"link of {place}"] = way["key"]
                secrets |= {f"code of {place} {n}": c for n, c in enumerate(way["codes"])}
            for wrong, value in WRONG.items():
                more = {"game_id": game} if wrong == "key" else {}
                if wrong != "token":
                    self.refused(anna, "connect", {wrong: value}, **more)
            anna.connect(game_id=game, key=detail["places"]["player:1"]["key"])
            marek.do("connect", {"code": detail["places"]["player:2"]["codes"][0]})
            marek.connect(game_id=game)
            olga.connect(key=secrets["organiser"])
            jo.connect(key=secrets["judge"])
            for name, talker in (("anna", anna), ("marek", marek), ("olga", olga), ("jo", jo)):
                assert talker.token
                secrets[f"{name}'s token"] = talker.token
            host.do("setup", {"op": "skip", "first_player": 1}, game_id=game)
            host.do("timer_update", {"op": "start"}, game_id=game)
            anna.do("score_update", SCORE, game_id=game)
            self.terminal(detail["places"]["player:1"]["link"])
            add = {"op": "add", "name": "Table 1"}
            table = olga.do("table", add, game_id="venue")["data"]["detail"]
            secrets |= {"table's key": table["key"], "table's code": table["code"]}
            with Talker(server.url) as screen:
                screen.do("connect", {"code": table["code"]})
            invited = host.do("device", {"op": "invite", "role": "player", "player": 2})
            secrets["renewed link"] = invited["data"]["detail"]["key"]
            self.refused(marek, "settings_update", {"key": "frozen", "value": True}, game_id=game)
            self.refused(anna, "score_update", {**SCORE, "key": secrets["organiser"]}, game_id=game)
            marek.say("data", {"token": secrets["marek's token"]})
            self._exports(game)
            with Talker(server.url, secrets["anna's token"]) as again:
                again.connect(game_id=game)

    def _exports(self, game: str) -> None:
        for person in ("olga", "anna"):
            token = self.secrets[f"{person}'s token"]
            for form in ("report", "export.json", "export.csv"):
                body = self.get(f"/api/v1/games/{game}/{form}", token)
                assert b"Anna" in body
                self.heard.append(body)
        token = self.secrets["olga's token"]
        self.heard += [
            self.get("/api/v1/health", token),
            self.get("/api/v1/health/check", token, "POST"),
            self.get("/api/v1/health", self.secrets["jo's token"]),
            self.get("/api/v1/health", WRONG["token"]),
            # Somebody puts it where it does not belong.
            self.get(f"/api/v1/health?token={token}&k={self.secrets['organiser']}"),
            self.get("/metrics"),
            self.get("/readyz"),
            self.get("/none"),
        ]


def _forms(folder: Path, secrets: dict[str, str]) -> Iterator[tuple[str, bytes]]:
    """Each secret in the forms in which it could be found."""
    for name, secret in secrets.items():
        yield name, secret.encode()
    key = (folder / "game_state.db.key").read_bytes()
    for form in (key, key.hex().encode(), base64.b64encode(key), base64.urlsafe_b64encode(key)):
        yield "the box's key", form.rstrip(b"=")


def _contents(path: Path) -> Iterator[tuple[str, bytes]]:
    """What is in a file; of a backup what is in it beside the box's key, which belongs there."""
    if not zipfile.is_zipfile(path):
        yield path.name, path.read_bytes()
        return
    with zipfile.ZipFile(path) as backup:
        names = [name for name in backup.namelist() if not name.endswith("key")]
        assert names
        for name in names:
            yield f"{path.name}/{name}", backup.read(name)


def _public(path: Path) -> bool:
    return path.suffix == ".pem"


def _hits(where: str, found: bytes, forms: list[tuple[str, bytes]]) -> list[str]:
    return [f"{name} in {where}" for name, form in forms if form in found]


@pytest.fixture(scope="module")
def evening(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Evening, CommandLines]]:
    with CommandLines() as processes:
        made = Evening(tmp_path_factory.mktemp("evening"))
        try:
            made.play()
            made.server.signal(1)
            subprocess.run(
                [COMMAND, "backup", "--config", str(made.config)],
                cwd=made.server.folder,
                check=True,
                capture_output=True,
                timeout=60,
            )
            yield made, processes
        finally:
            made.server.stop()


def test_no_secret_is_in_anything_that_is_left(evening: tuple[Evening, CommandLines]) -> None:
    made, processes = evening
    folder = made.server.folder
    forms = list(_forms(folder, made.secrets))
    assert len(forms) > 20
    assert all(len(form) >= 8 for _, form in forms)
    # The search itself finds what is there.
    assert _hits("", b"..." + forms[0][1] + b"...", forms) == [f"{forms[0][0]} in "]
    hits = [hit for n, body in enumerate(made.heard) for hit in _hits(f"answer {n}", body, forms)]
    hits += _hits("the log", made.server.log_file.read_bytes(), forms)
    hits += [hit for line in processes.seen for hit in _hits(f"process {line!r}", line, forms)]
    kept = {"gamesync.toml", "game_state.db.key", "box.key"}
    searched: set[str] = set()
    for path in folder.rglob("*"):
        if path.is_file() and path.name not in kept and not path.name.endswith(".key"):
            assert path.stat().st_mode & 0o077 == 0 or path.name == "server.log" or _public(path)
            for name, found in _contents(path):
                searched.add(name.rpartition("/")[2])
                hits += _hits(name, found, forms)
    assert hits == []
    assert {"server.log", "game_state.db", "game_state.db-wal", "manifest.json"} <= searched
    assert any(b"gamesync" in line for line in processes.seen)


def test_the_log_was_as_loud_as_it_gets(evening: tuple[Evening, CommandLines]) -> None:
    made, _ = evening
    events = [entry["event"] for entry in made.entries]
    assert {"message", "http", "opened", "joined", "closed", "reloaded"} <= set(events)
    results = {e["result"] for e in made.entries if e["event"] == "message"}
    assert {"ack", "ok", "bad_credentials", "unknown_field"} <= results


def test_the_first_organiser_s_link_is_there_until_it_is_used_and_nowhere_else(
    evening: tuple[Evening, CommandLines],
) -> None:
    made, processes = evening
    (entry,) = [e for e in made.entries if e["event"] == "organiser_link"]
    secret = entry["link"].partition("#k=")[2]
    assert len(secret) > 20
    log = made.server.log_file.read_bytes()
    assert log.count(secret.encode()) == 2, "the sentence and its field, in one entry"
    assert not any(secret.encode() in line for line in processes.seen)
    database = made.server.database.read_bytes()
    wal = Path(f"{made.server.database}-wal")
    assert secret.encode() not in database + (wal.read_bytes() if wal.exists() else b"")
    assert os.stat(made.server.database).st_mode & 0o077 == 0
