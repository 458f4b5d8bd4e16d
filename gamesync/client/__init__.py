"""
What every Python client of gamesync uses.

Start with :class:`GameClient`; the rest is what its methods take and give.
"""

from __future__ import annotations

from .client import GameClient
from .entering import Joined, Way, parse_link
from .envelope import Message
from .link import State
from .mirror import Status
from .outbox import Answer, ClientRefused
from .talk import Kind, Reason
from .tls import BadTrust, UntrustedServer
from .tokens import FileTokens, MemoryTokens, TokenStore

__all__ = [
    "Answer",
    "BadTrust",
    "ClientRefused",
    "FileTokens",
    "GameClient",
    "Joined",
    "Kind",
    "MemoryTokens",
    "Message",
    "Reason",
    "State",
    "Status",
    "TokenStore",
    "UntrustedServer",
    "Way",
    "parse_link",
]
