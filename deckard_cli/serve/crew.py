"""Those who draw: processes, a queue before them that has an end, and how long it will take."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from multiprocessing.connection import wait
from pathlib import Path
from typing import Final

from deckard_cli.batch.engine import DIED, Failure
from deckard_cli.batch.hand import SPAWN, Hand
from deckard_cli.serve.meters import Meters
from deckard_cli.serve.order import STOPPED, Filmed, Kit, Order
from deckard_cli.serve.refusal import busy, leaving, slow
from deckard_cli.serve.terms import Terms

__all__ = ["Crew"]

_HEEDS: Final = 3.0
"""Seconds that a worker gets to notice that nobody waits for its film: aligning and opening look at nothing else."""
_PACE: Final = 0.4
"""Seconds of work for each of sound, until it has been measured."""
_SLOWLY: Final = 0.2
"""How much of each new measurement of the pace is believed."""


class _Desk:
    """A worker, and another one when it dies."""

    def __init__(self, photographs: Path, terms: Terms, device: str) -> None:
        self._stop = SPAWN.Event()
        self._kit = Kit(photographs, terms, self._stop)
        self._environment = {"CUDA_VISIBLE_DEVICES": device} if device else {}
        self._hand = Hand(self._kit, self._environment)
        self._closed = False

    @property
    def alive(self) -> bool:
        return self._hand.process.is_alive()

    def make(self, order: Order) -> Filmed:
        """Have it made, and wait for it."""
        if self._closed:
            return Filmed(failure=Failure("The server is stopping.", STOPPED, "try again in a minute"))
        self._stop.clear()
        if not self.alive:
            self._renew()
        self._hand.give(order)
        patience = None
        while not wait([self._hand.pipe, self._hand.process.sentinel], 0.25 if patience is None else _HEEDS):
            if patience is not None:
                self._hand.process.kill()
            elif self._stop.is_set():
                patience = _HEEDS
        said: Filmed | None = self._hand.heard()
        if said is None:
            code = STOPPED if self._stop.is_set() else DIED
            said = Filmed(failure=Failure(self._hand.death, code, "try again, or with less at once"))
        if self._hand.grown or not self.alive:
            self._renew()
        return said

    def stop(self) -> None:
        """What it makes is not needed any more."""
        self._stop.set()

    def close(self) -> None:
        """Nothing that it makes is needed, now or later."""
        self._closed = True
        self._stop.set()

    def _renew(self) -> None:
        self._hand.leave()
        self._hand = Hand(self._kit, self._environment)

    def leave(self) -> None:
        self._hand.leave()


class Crew:
    """As many workers as the terms say, for requests one after the other. To be used in one event loop."""

    def __init__(self, photographs: Path, terms: Terms, meters: Meters) -> None:
        """Start the workers. `photographs` is the folder for those that are sent."""
        self._terms, self._meters = terms, meters
        self._desks = [_Desk(photographs, terms, device) for device in terms.places]
        self._free: asyncio.Queue[_Desk] = asyncio.Queue()
        for desk in self._desks:
            self._free.put_nowait(desk)
        self._threads = ThreadPoolExecutor(len(self._desks), "deckard-desk")
        self._inside = 0
        self._ahead: dict[Path, float] = {}
        self._pace = _PACE
        self._idle = asyncio.Event()
        self._idle.set()
        self.closed = False
        """Whether no more is taken."""

    @property
    def workers(self) -> int:
        """Those that live."""
        return sum(desk.alive for desk in self._desks)

    @property
    def waiting(self) -> int:
        """Requests inside that no worker has begun."""
        return max(self._inside - (len(self._desks) - self._free.qsize()), 0)

    @contextmanager
    def place(self) -> Iterator[None]:
        """A place inside, from before a request is read. Raises `RefusedError` where there is none."""
        if self.closed:
            raise leaving()
        if self._inside >= len(self._desks) + self._terms.queue:
            raise busy(self.delay)
        self._inside += 1
        self._idle.clear()
        try:
            yield
        finally:
            self._inside -= 1
            if not self._inside:
                self._idle.set()

    @property
    def delay(self) -> int:
        """Seconds until what is inside will be done, by what was measured of others."""
        return min(max(math.ceil(sum(self._ahead.values()) * self._pace / len(self._desks)), 1), 600)

    async def film(self, order: Order, seconds: float) -> tuple[Filmed, float]:
        """The film of about so many `seconds`, and how many of them it waited. Cancelled, it lets the worker stop.

        Raises `RefusedError` where it takes longer than it may.
        """
        self._ahead[order.folder] = seconds
        began = time.monotonic()
        try:
            desk = await self._free.get()
            waited = time.monotonic() - began
            self._meters.queued.observe(waited)
            filmed = await self._drawn(desk, order)
        finally:
            del self._ahead[order.folder]
        if filmed.failure is None:
            self._meters.drawn.observe(filmed.took)
            self._pace += _SLOWLY * (filmed.took / max(filmed.seconds, 0.1) - self._pace)
        return filmed, waited

    async def _drawn(self, desk: _Desk, order: Order) -> Filmed:
        loop, work = asyncio.get_running_loop(), self._threads.submit(desk.make, order)

        def back(done: Future[Filmed]) -> None:
            loop.call_soon_threadsafe(self._free.put_nowait, desk)

        work.add_done_callback(back)
        try:
            async with asyncio.timeout(self._terms.timeout):
                return await asyncio.shield(asyncio.wrap_future(work))
        except TimeoutError:
            raise slow(self._terms.timeout) from None
        finally:
            if not work.done():
                desk.stop()

    async def finished(self) -> None:
        """Take no more, and wait until all that is inside is done."""
        self.closed = True
        await self._idle.wait()

    def stop(self) -> None:
        """Give up what is inside."""
        for desk in self._desks:
            desk.close()

    def leave(self) -> None:
        """Let the workers go; to be called when nothing is inside."""
        self.stop()
        self._threads.shutdown()
        for desk in self._desks:
            desk.leave()
        # A process that ends by a signal after this would leave their semaphores behind, and say so.
        self._desks.clear()
        self._free = asyncio.Queue()
