"""A game that plays itself, through the ordinary client: for a first look, and for soak tests."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from random import Random, SystemRandom
from typing import Any

from twisted.application.service import Service
from twisted.internet.defer import CancelledError, Deferred, gatherResults
from twisted.internet.task import deferLater
from twisted.logger import Logger
from twisted.python.failure import Failure

from .client import GameClient
from .outbox import ClientRefused

PLAYERS = (("Anna", "Orks", "War Horde"), ("Marek", "Necrons", "Awakened Dynasty"))
_TURN_SECONDS = 30.0
_PATIENCE_SECONDS = 30.0
_TRIES = 3


class Demo(Service):
    """
    A host and two players at one table, match after match.

    :param url: of the server, which must let guests host
    :param speed: 1: a turn takes about half a minute; 10: three seconds
    :param on_match: called with the id of each new match, and the ways into it
    :param matches: how many; None: until it is stopped
    :ivar finished: fires when the last match is signed (or the demo is stopped)
    """

    _log = Logger()

    def __init__(
        self,
        url: str,
        *,
        reactor: Any = None,
        speed: float = 1.0,
        ca_file: str | None = None,
        random: Random | None = None,
        on_match: Callable[[str, dict[str, Any]], object] | None = None,
        matches: int | None = None,
    ) -> None:
        if reactor is None:
            from twisted.internet import reactor
        self.finished: Deferred[None] = Deferred()
        self._reactor = reactor
        self._speed = speed
        self._random = random or SystemRandom()
        self._on_match = on_match
        self._matches = matches
        self._work: Deferred[None] | None = None
        kinds = (("host", "Demo table"), ("player", "Anna's phone"), ("player", "Marek's phone"))
        self.host, self.one, self.two = (
            GameClient(url, reactor=reactor, client_type=kind, name=name, ca_file=ca_file)
            for kind, name in kinds
        )

    def startService(self) -> None:
        super().startService()
        self._work = Deferred.fromCoroutine(self._run())
        self._work.addErrback(self._ended)

    def stopService(self) -> Deferred[None]:
        super().stopService()
        if self._work is not None:
            self._work.cancel()
        gone = gatherResults([client.stop() for client in self._clients])
        return gone.addCallback(self._finish)

    @property
    def _clients(self) -> tuple[GameClient, GameClient, GameClient]:
        return self.host, self.one, self.two

    def _finish(self, _: object = None) -> None:
        if not self.finished.called:
            self.finished.callback(None)

    def _ended(self, failure: Failure) -> None:
        if not failure.check(CancelledError):
            self._log.failure("the demonstration broke", failure=failure)
        self._finish()

    # -- match after match

    async def _run(self) -> None:
        await gatherResults([client.connect() for client in self._clients])
        played, last = 0, None
        while self._matches is None or played < self._matches:
            try:
                last = await self._match(last)
            except ClientRefused as no:
                self._log.warn("the demonstration was refused: {why}", why=no.message)
                last = None
                await self._think(10)
            played += 1
        self._finish()

    async def _match(self, last: str | None) -> str | None:
        """One match, as a rematch of the *last*; its id."""
        if last is None:
            names = {"player1_name": PLAYERS[0][0], "player2_name": PLAYERS[1][0]}
            options = {"clock": "down-90"}
            made = await self.host.create_game(table="Demo", options=options, **names)
        else:
            made = await self.host.create_game(rematch_of=last, swap=True, table="Demo")
            self.one, self.two = self.two, self.one  # each has his seat there already
        places = made.detail["places"]
        if self._on_match is not None:
            self._on_match(str(self.host.game_id), places)
        for seat, client in ((1, self.one), (2, self.two)):
            key = places[f"player:{seat}"]["key"] if last is None else None
            await client.join(made.game_id, key=key)
        await self._set_up()
        while self._status == "playing":
            await self._turn()
        await self._end()
        return self.host.game_id

    @property
    def _status(self) -> str:
        return str((self.host.state or {}).get("status"))

    async def _set_up(self) -> None:
        for client, seat in ((self.one, 1), (self.two, 2)):
            name = self.host.mirror.section("players")[seat - 1]["name"]
            _, faction, detachment = next((p for p in PLAYERS if p[0] == name), PLAYERS[0])
            await self._do(client.profile(faction=faction, detachment=detachment))
            await self._think(1)
            await self._do(client.ready())
        for _ in range(40):  # a tie is rolled again
            setup = self.host.mirror.section("setup")
            if self._status != "setup":
                break
            if setup["kind"] == "roll":
                await self._do(self.one.roll())
                await self._do(self.two.roll())
            else:
                chooser = self.two if setup["chooser"] == 2 else self.one
                await self._do(chooser.choose(self._random.choice(setup["options"])))
            await self._think(2)
        await self._do(self.host.start_clock())

    async def _turn(self) -> None:
        """A turn: command points, saves on the other's time, points; and now and then a slip."""
        turn = self.host.mirror.section("turn")
        seat, round_, ordinal = turn["active_player"], turn["round"], turn["turn"]
        active, other = (self.one, self.two) if seat == 1 else (self.two, self.one)
        await self._seen(active, lambda s: s["turn"]["turn"] >= ordinal)
        await self._think(_TURN_SECONDS / 6)
        if self._cp(seat) > 0 and self._random.random() < 0.7:
            await self._do(active.cp(seat, delta=-1, why="spend"))
        await self._think(_TURN_SECONDS / 3)
        await self._saves(active, other, seat)
        if ordinal == 3:
            await self._do(active.judge("call", "line of sight"))
            await self._think(5)
            await self._do(active.judge("cancel"))
        await self._think(_TURN_SECONDS / 4)
        if round_ > 1:
            await self._do(active.score(seat, "primary", value=self._pick(5, 10, 10, 15)))
        if ordinal == 4:
            await self._do(active.score(seat, "secondary", value=9))  # he meant the row above
            await self._think(3)
            await self._do(active.undo())
        await self._do(active.score(seat, "secondary", value=self._pick(2, 3, 5, 8)))
        await self._think(_TURN_SECONDS / 8)
        for _ in range(_TRIES):
            await self._do(active.end_turn())
            if await self._seen(self.host, lambda s: _past(s, ordinal)):
                return
        await self._do(self.host.end_game("abandon"))  # somebody plays with the demonstration

    async def _saves(self, active: GameClient, other: GameClient, seat: int) -> None:
        """The other side rolls its saves, on its own time."""
        await self._do(active.switch_clock())
        await self._seen(other, lambda s: s["clock"]["side"] != seat)
        await self._think(_TURN_SECONDS / 10)
        await self._do(other.switch_clock())

    async def _end(self) -> None:
        if self._status == "ended":
            for seat, client in ((1, self.one), (2, self.two)):
                await self._do(self.host.score(seat, "battle-ready", value=10))
                await self._think(1)
                await self._seen(client, lambda s: s["status"] == "ended")
            for client in (self.one, self.two):
                await self._think(2)
                await self._do(client.join(client.game_id))  # to sign what is there now
                await self._do(client.sign())
        await self._think(15)

    # -- how it is done

    def _cp(self, seat: int) -> int:
        return int(self.host.mirror.section("scores")["players"][seat - 1]["cp"])

    def _pick(self, *values: int) -> int:
        return self._random.choice(values)

    def _think(self, seconds: float) -> Deferred[None]:
        """Wait as people do: about so long."""
        wait = seconds * (0.6 + 0.8 * self._random.random()) / self._speed
        return deferLater(self._reactor, wait)

    async def _do(self, asked: Deferred[Any]) -> None:
        """
        Until it is done and the host has seen it, who decides what is next.

        Somebody else may have been quicker; then the game goes on all the same.
        """
        try:
            answer = await asked
        except ClientRefused as no:
            self._log.debug("refused: {why}", why=no.message)
            return
        version = getattr(answer, "version", None) or 0
        await self._seen(self.host, lambda _: self.host.version >= version)

    async def _seen(self, client: GameClient, test: Callable[[dict[str, Any]], bool]) -> bool:
        """Wait until *client* shows it; False if it does not in a while."""
        seen = client.when(test).addTimeout(_PATIENCE_SECONDS, self._reactor)
        found = True

        def late(failure: Failure) -> dict[str, Any]:
            nonlocal found
            found = False
            return {}

        await seen.addErrback(late)
        return found


def _past(state: dict[str, Any], ordinal: int) -> bool:
    return bool(state["turn"]["turn"] > ordinal or state["status"] != "playing")


def run_demo(url: str, **options: Any) -> Coroutine[Any, Any, None]:
    """Play until done, as a coroutine; see :class:`Demo`."""

    async def play() -> None:
        demo = Demo(url, **options)
        demo.startService()
        await demo.finished
        await demo.stopService()

    return play()
