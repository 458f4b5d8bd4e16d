"""The limits that keep one bad client from harming the others, and the token bucket."""

from __future__ import annotations

import attrs

KIB = 1024
_NEARLY = 1e-9  # what adding up fractions of seconds may lose of a token


@attrs.define
class Bucket:
    """
    A token bucket: *burst* things at once, *rate* a second in the long run.

    Nothing ticks: the level is computed from the instant that each call is given (seconds of any
    monotonic clock). A bucket starts full.
    """

    rate: float
    """Tokens a second."""
    burst: float
    """The most that it holds."""
    _level: float = attrs.field(init=False)
    _at: float = attrs.field(init=False, default=float("-inf"))

    def __attrs_post_init__(self) -> None:
        self._level = self.burst

    def take(self, now: float, n: float = 1) -> bool:
        """Take *n* tokens if they are there; otherwise nothing changes."""
        self._fill(now)
        if n - self._level > _NEARLY:
            return False
        self._level -= n
        return True

    def wait(self, now: float, n: float = 1) -> float:
        """How many seconds until *n* tokens are there (0 if they are)."""
        self._fill(now)
        missing = n - self._level
        return missing / self.rate if missing > _NEARLY else 0.0

    def owe(self, now: float, n: float = 1) -> float:
        """
        Take *n* tokens whether they are there or not.

        :return: the seconds until they are paid for. Those who come together are so given instants
            in the order of their coming, 1/rate apart.
        """
        self._fill(now)
        self._level -= n
        return -self._level / self.rate if -self._level > _NEARLY else 0.0

    def full(self, now: float) -> bool:
        """Whether it is as good as a new one, and so need not be kept."""
        self._fill(now)
        return self.burst - self._level <= _NEARLY

    def _fill(self, now: float) -> None:
        if now > self._at:
            self._level = min(self.burst, self._level + (now - self._at) * self.rate)
            self._at = now


@attrs.frozen(kw_only=True)
class Limits:
    """
    The default limits; each is a setting.

    Names end in their unit. A rate has two parts, ``*_per_second`` and ``*_burst``.
    """

    # Before a connection is a WebSocket or an HTTP request

    head_bytes: int = 8 * KIB
    """The request line and all headers. Autobahn alone would buffer and re-scan without end."""
    head_headers: int = 64
    """Header lines in one request."""
    head_seconds: float = 5.0
    """From the connection (TLS handshake included) to the end of the head."""
    http_body_bytes: int = 64 * KIB
    """The body of one HTTP request."""
    http_idle_seconds: float = 15.0
    """On a kept-alive HTTP connection the next request is there, whole, within this."""
    http_linger_seconds: float = 60.0
    """How long the last HTTP answer may take to leave before the connection is cut."""

    # Connections

    connections: int = 5000
    """Open at once, of any kind, from anywhere."""
    new_connections_per_second: float = 500.0
    """Accepted in all; what comes faster is accepted late."""
    new_connections_burst: int = 5000
    """Accepted at once after a quiet time (everybody comes back after a restart)."""
    private_per_second: float = 30.0
    """New connections from one private address (an access point may stand for a whole room)."""
    private_burst: int = 64
    """At once from one private address."""
    private_open: int = 256
    """Open at once from one private address."""
    public_per_second: float = 20.0
    """New connections from one public address (IPv6: one /64)."""
    public_burst: int = 64
    """At once from one public address."""
    public_open: int = 64
    """Open at once from one public address."""
    token_connections: int = 8
    """Open at once with one device's token."""
    match_connections: int = 16
    """Open at once with a seat or the host's part in one match."""
    match_observers: int = 200
    """Watching one match."""
    backlog: int = 4096
    """Connections that the kernel holds until they are accepted (50, Twisted's own, loses some)."""

    # WebSocket

    open_handshake_seconds: int = 5
    """The least that a peer is given for Autobahn's opening handshake; acts up to 1 s later."""
    close_handshake_seconds: int = 3
    """The least that a peer is given to answer a Close; acts up to 1 s later."""
    ping_seconds: int = 30
    """Between our pings (up to 1 s more); 0 for none."""
    pong_seconds: int = 10
    """The least that a peer is given to answer a ping; acts up to 1 s later."""
    message_bytes: int = 16 * KIB
    """One inbound message, also one inbound frame (typical: 200 bytes)."""
    outbound_message_bytes: int = 64 * KIB
    """One outbound message; a longer one is our own mistake."""
    frames_per_second: float = 50.0
    """Inbound frames of any kind, pings and fragments too, from one connection."""
    frames_burst: int = 200
    """At once from one connection; more is cut off with 1008."""
    first_message_seconds: float = 5.0
    """From the opening to a first message of any type, else 4401."""

    # Commands

    commands_per_second: float = 10.0
    """From one connection; over it: ``rate_limited`` with ``retry_after_ms``."""
    commands_burst: int = 30
    """At once from one connection; twice that over the rate: 1008."""
    match_commands_per_second: float = 20.0
    """For one match from all connections."""
    match_commands_burst: int = 60
    """At once for one match."""
    observer_commands_per_second: float = 1.0
    """From one connection that holds no seat."""
    observer_commands_burst: int = 5
    """At once from such a connection."""
    commands_queued: int = 32
    """Waiting for their answers on one connection; then it is not read."""

    # Peers that do not read

    send_buffer_bytes: int = 64 * KIB
    """The kernel's (SO_SNDBUF): tuned by itself it swallows 2 MiB before anyone notices."""
    outbound_debt_bytes: int = 256 * KIB
    """Our own queue for a peer that has stopped reading; over it the peer is cut off with 4408."""
    write_stall_seconds: float = 15.0
    """Data unacknowledged for so long: the kernel gives the peer up (TCP_USER_TIMEOUT)."""
    linger_seconds: float = 5.0
    """How long a closed connection may take to send its rest before it is cut."""
    abuse_linger_seconds: float = 0.5
    """The same after a close for abuse, in which nothing more is read."""

    # Tokens, codes, open hosting

    token_idle_hours: int = 12
    """A device's token that was not used for so long is good no more; 0: no limit. Tables' screens,
    participants of an open event and who made a match that is not over have none."""
    token_absolute_hours: int = 72
    """The same, since it was first given a right, however much it is used."""

    wrong_codes_per_minute: int = 10
    """Wrong join codes from one address."""
    wrong_codes_per_minute_total: int = 100
    """Wrong join codes from anywhere."""
    wrong_codes_wait_seconds: float = 300.0
    """The longest wait, reached by doubling, after too many."""
    device_games: int = 3
    """Unfinished games made by one device in open hosting."""
    address_games: int = 20
    """Unfinished games made from one address in open hosting."""
    open_games: int = 2000
    """Unfinished games in all."""
    unstarted_minutes: int = 60
    """A game not started after this is given up."""

    # QR codes, which are work

    qr_per_second: float = 5.0
    """QR codes of up to 200 bytes drawn for one address; longer ones count for more."""
    qr_burst: int = 60
    """At once for one address."""
    qr_per_second_total: float = 10.0
    """The same for everybody together."""
    qr_burst_total: int = 250
    """At once for everybody together."""

    # Store and stop

    writes_queued: int = 200
    """Commands waiting for a commit; more are told ``overloaded``."""
    drain_seconds: float = 4.0
    """From the wish to stop to the close of the last connection."""
    stop_seconds: float = 10.0
    """From the wish to stop to the end, whatever happens."""
