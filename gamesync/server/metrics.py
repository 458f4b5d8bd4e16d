"""
What the server counts and measures of itself, for Prometheus.

What happens often is counted as it happens; what can be looked at is looked at when it is asked
for. Each server has a register of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from prometheus_client import (
    CollectorRegistry,
    Counter,
    GCCollector,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

_QUICK_S = (0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0)
_SIZES = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512)


disable_created_metrics()  # when each was first seen: nobody asks, and it doubles the text


class Gauge:
    """
    Something to be looked at when the figures are asked for.

    :param look: its values; one without a label has the label ``""``, and one that is not known
        has none
    """

    family_of: type[GaugeMetricFamily | CounterMetricFamily] = GaugeMetricFamily

    def __init__(
        self, name: str, about: str, look: Callable[[], dict[str, float]], label: str = ""
    ) -> None:
        self.name = name
        self._about = about
        self._look = look
        self._label = label

    def family(self) -> Metric:
        """The figure as it stands now."""
        family = self.family_of(self.name, self._about, labels=[self._label] if self._label else [])
        for value, number in sorted(self._look().items()):
            family.add_metric([value] if self._label else [], number)
        return family


class Count(Gauge):
    """The same for what only grows; its name is told with ``_total``."""

    family_of = CounterMetricFamily


class Metrics(Collector):
    """The figures of one server."""

    def __init__(self) -> None:
        self.registry = own = CollectorRegistry()
        self._gauges: dict[str, Gauge] = {}
        self._messages = Counter(
            "gamesync_messages_total",
            "Messages from clients, by type and what they came to (ack, ok, or the error's code)",
            ["type", "result"],
            registry=own,
        )
        self._ack = Histogram(
            "gamesync_ack_seconds",
            "From the arrival of a command to its answer",
            buckets=_QUICK_S,
            registry=own,
        )
        self._commit = Histogram(
            "gamesync_commit_seconds",
            "How long one commit took to be durable",
            buckets=_QUICK_S,
            registry=own,
        )
        self._commit_games = Histogram(
            "gamesync_commit_games", "Games in one commit", buckets=_SIZES, registry=own
        )
        self._entries = Counter(
            "gamesync_entries_total", "Entries made durable in all logs", registry=own
        )
        self._failed = Counter(
            "gamesync_commit_failures_total", "Commits that the disk refused", registry=own
        )
        self._told = Histogram(
            "gamesync_broadcast_watchers",
            "Connections that are told of one change of a game",
            buckets=_SIZES,
            registry=own,
        )
        self._opened = Counter(
            "gamesync_connections_opened_total", "WebSockets opened", registry=own
        )
        self._closed = Counter(
            "gamesync_connections_closed_total",
            "WebSockets closed, by close code; 4408 is a peer that read too slowly",
            ["code"],
            registry=own,
        )
        self._lag = Histogram(
            "gamesync_reactor_lag_seconds",
            "How late a timer of the reactor was: whatever holds it up holds up everybody",
            buckets=_QUICK_S,
            registry=own,
        )
        self._errors = Counter(
            "gamesync_log_entries_total",
            "Entries of the log that warn or worse",
            ["level"],
            registry=own,
        )
        for level in ("warn", "error", "critical"):  # there from the start, or rate() misses one
            self._errors.labels(level)
        for code in ("1008", "1011", "4408"):
            self._closed.labels(code)
        self._by_type: dict[tuple[str, str], Counter] = {}
        own.register(self)
        ProcessCollector(registry=own)
        PlatformCollector(registry=own)
        GCCollector(registry=own)

    def look_at(self, *gauges: Gauge) -> None:
        """From now on *gauges* are among the figures, in the place of others of their names."""
        self._gauges |= {gauge.name: gauge for gauge in gauges}

    def collect(self) -> Iterator[Metric]:
        """Part of prometheus_client's Collector."""
        for gauge in self._gauges.values():
            yield gauge.family()

    def text(self) -> bytes:
        """All figures, as Prometheus reads them."""
        return generate_latest(self.registry)

    # -- what happens

    def message(self, type_: str, result: str) -> None:
        """A message of *type_* was dealt with."""
        counter = self._by_type.get((type_, result))
        if counter is None:
            counter = self._by_type[type_, result] = self._messages.labels(type_, result)
        counter.inc()

    def answered(self, seconds: float) -> None:
        """A command was answered so long after it had arrived."""
        self._ack.observe(seconds)

    def committed(self, seconds: float, games: int, entries: int) -> None:
        """One commit is durable."""
        self._commit.observe(seconds)
        self._commit_games.observe(games)
        self._entries.inc(entries)

    def commit_failed(self) -> None:
        self._failed.inc()

    def told(self, watchers: int) -> None:
        """A change of a game is on its way to so many."""
        self._told.observe(watchers)

    def opened(self) -> None:
        self._opened.inc()

    def closed(self, code: int | None) -> None:
        """A WebSocket has gone; without a Close, its code is ``none``."""
        self._closed.labels("none" if code is None else _grouped(int(code))).inc()

    def late(self, seconds: float) -> None:
        """A timer of the reactor was so late."""
        self._lag.observe(seconds)

    def logged(self, level: str) -> None:
        self._errors.labels(level).inc()


def _grouped(code: int) -> str:
    """Ours and the standard's by their number; what a peer makes up must not make up labels."""
    return str(code) if 1000 <= code < 1016 or 4400 <= code < 4410 else "other"
