"""``twistd gamesync``: text in, :class:`~gamesync.config.Settings` out, and nothing else."""

from __future__ import annotations

import os
import sys
from typing import Any

from twisted.application.service import IService
from twisted.python import usage

from . import __version__, config


def _option(name: str) -> str:
    return name.replace("_", "-")


def _flags() -> list[list[str]]:
    return [
        [_option(n), "", config.about(n)]
        for n in config.NAMES
        if isinstance(config.default(n), bool)
    ]


def _parameters() -> list[list[Any]]:
    return [
        [_option(n), None, None, f"{config.about(n)} [{config.default(n)}]"]
        for n in config.NAMES
        if isinstance(config.default(n), int | str) and not isinstance(config.default(n), bool)
    ]


class Options(usage.Options):
    synopsis = "[options]"
    longdesc = (
        "Keep two-player tabletop games in step on every screen of a venue. Each option is also a"
        " key of the TOML file (ws_port = 8765) and a variable (GAMESYNC_WS_PORT)."
    )
    optFlags = _flags()
    optParameters = [
        ["config", "c", None, "TOML file with any of the keys below. [GAMESYNC_CONFIG]"],
        *_parameters(),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._lists: dict[str, list[str]] = {}

    def opt_version(self) -> None:
        """Print gamesync's version, and exit."""
        sys.stdout.write(f"gamesync {__version__}\n")
        sys.exit(0)

    def opt_limit(self, text: str) -> None:
        """NAME=VALUE: one of the limits, which docs/operating.md lists. Repeatable."""
        self._lists.setdefault("limits", []).append(text)

    def opt_listen(self, text: str) -> None:
        self._lists.setdefault("listen", []).append(text)

    def opt_hosts(self, text: str) -> None:
        self._lists.setdefault("hosts", []).append(text)

    def opt_origins(self, text: str) -> None:
        self._lists.setdefault("origins", []).append(text)

    def opt_proxies(self, text: str) -> None:
        self._lists.setdefault("proxies", []).append(text)

    def opt_metrics_from(self, text: str) -> None:
        self._lists.setdefault("metrics_from", []).append(text)

    for _name in ("listen", "hosts", "origins", "proxies", "metrics_from"):
        locals()[f"opt_{_name}"].__doc__ = config.about(_name)

    def settings(self) -> config.Settings:
        """:raises usage.UsageError: in one sentence"""
        said: dict[str, Any] = dict(self._lists)
        for name in config.NAMES:
            value = self.get(_option(name))
            if value not in (None, 0, ()):
                said[name] = bool(value) if isinstance(config.default(name), bool) else value
        file = self["config"] or os.environ.get("GAMESYNC_CONFIG")
        try:
            return config.load(said, os.environ, file)
        except config.BadConfig as e:
            raise usage.UsageError(str(e)) from e

    def parseOptions(self, options: Any = None) -> None:
        """One sentence and no more: twistd itself would print the whole help before it."""
        try:
            super().parseOptions(options)
        except usage.UsageError as e:
            sys.exit(f"gamesync: {e}")

    def postOptions(self) -> None:
        self._log_by(self.settings())

    def _log_by(self, settings: config.Settings) -> None:
        """Have twistd take our log, unless it was told of another."""
        twistd = getattr(self, "parent", None)
        if twistd is None or twistd.get("logger") is not None or twistd.get("syslog"):
            return
        from . import logs

        file, daemon = twistd.get("logfile") or "", not twistd.get("nodaemon", True)
        twistd["logger"] = logs.choose(settings, file=file, daemon=daemon)


def makeService(options: Options) -> IService:
    from twisted.internet import reactor  # here, so that twistd can choose it first

    from .running.process import Process
    from .server.assembly import build
    from .storage.schema import BadDatabase

    try:
        return Process(reactor, build(options.settings(), reactor))
    except (config.BadConfig, BadDatabase) as e:
        sys.exit(f"gamesync: {e}")
