"""What a session sees of its connection, and the connection of its session: no Autobahn here."""

from __future__ import annotations

from typing import Protocol


class Line(Protocol):
    """One open WebSocket, seen from our side."""

    @property
    def peer(self) -> str:
        """The peer's address; behind a named proxy, the one that the proxy tells."""

    @property
    def via(self) -> str | None:
        """The address of the named proxy between us, if there is one."""

    @property
    def secure(self) -> bool:
        """Whether what is sent is encrypted on its way (a named proxy's word counts)."""

    @property
    def host(self) -> str:
        """The Host header: by which name the peer found us."""

    @property
    def origin(self) -> str | None:
        """The Origin header: whose page it is, None for programs."""

    @property
    def jammed(self) -> bool:
        """Whether the peer has stopped reading; what is sent now waits in our own queue."""

    @property
    def debt(self) -> int:
        """Bytes waiting in our own queue (in the transport are 64 KiB more, at most)."""

    def send(self, frame: bytes, is_binary: bool = False) -> None:
        """
        Send one message.

        Never raises; to a closed peer it does nothing. The same bytes object sent to many lines
        in a row is framed once. May call ``Handler.jammed`` before it returns: more than 64 KiB in
        one turn of the reactor jams any line for a moment. A debt of more than
        ``outbound_debt_bytes`` closes the line with ``CloseCode.TOO_SLOW``.
        """

    def close(self, code: int, reason: str) -> None:
        """
        Say goodbye, after all that was sent before.

        :param code: 1000, 1001, 1003, 1007 to 1009, 1011 to 1013, or 3000 to 4999. For 1003, 1008
            and 1009 (abuse) nothing more is read and the connection is cut at once.
        :param reason: at most 123 bytes of UTF-8, the rest is dropped
        """

    def pause_reading(self) -> None:
        """Receive nothing, not even what has arrived already, until `resume_reading`."""

    def resume_reading(self) -> None:
        """Receive again, from the next turn of the reactor on."""


class Handler(Protocol):
    """
    What a connection calls, synchronously.

    An exception out of any of these is logged, and the peer is closed with 1011.
    """

    def opened(self) -> None:
        """The opening handshake is done."""

    def received(self, payload: bytes, is_binary: bool) -> None:
        """A whole message; text is valid UTF-8. Not called any more once the line is closing."""

    def heard(self) -> None:
        """A pong: the peer is there, though it has nothing to say."""

    def jammed(self) -> None:
        """The peer has stopped reading: 64 KiB wait. May come from within ``Line.send``."""

    def drained(self) -> None:
        """It reads again, and all that waited is on its way."""

    def closed(self, code: int | None, reason: str) -> None:
        """
        The connection is gone; called once, last.

        :param code: of the Close that began the closing, ours or the peer's; None if there was
            none or it had no code
        """
