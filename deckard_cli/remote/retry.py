"""Trying again: what passes by itself is waited for, longer each time, and never for ever."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final, TypeVar

from deckard_cli.errors import DeckardError

__all__ = ["SYSTEM", "Clock", "TransientError", "retried", "retried_async"]

T = TypeVar("T")

_FIRST: Final = 0.5
"""Seconds of the first wait, at most; each wait is at most twice the one before."""
_LONGEST: Final = 8.0
"""Seconds of a wait that no server asked for, at most."""
_PATIENCE: Final = 60.0
"""Seconds after which nothing is tried again, and that a server may ask for: somebody waits, and there may be another
voice. Who is told to wait longer is told so."""
_SILENT: Final = 4
"""Attempts that nobody answers, or with what cannot be read: after them the next voice or face is asked, and nobody has
waited long."""


@dataclass(frozen=True, slots=True)
class Clock:
    """What time is taken from; a test brings one that does not wait."""

    now: Callable[[], float]
    """Seconds, from any start, that never go back."""
    sleep: Callable[[float], None]
    """Waits so many seconds."""
    chance: Callable[[], float]
    """A number in 0..1, another each time."""
    rest: Callable[[float], Awaitable[None]] = asyncio.sleep
    """Waits so many seconds, while others go on."""


SYSTEM: Final = Clock(time.monotonic, time.sleep, random.random)
"""The machine's."""


class TransientError(Exception):
    """An attempt failed in a way that may pass."""

    def __init__(self, error: DeckardError, after: float | None = None, *, told: bool = True) -> None:
        """`error` is raised in the end where it does not pass; `after` seconds the server asked to be left alone.
        `told`: whether there is a server that fails. One that was not heard may not be there at all.
        """
        super().__init__(error.message)
        self.error = error
        self.after = after
        self.told = told


def retried(attempt: Callable[[], T], clock: Clock, *, attempts: int = 4, patience: float = _PATIENCE) -> T:
    """What `attempt` returns, asked at most `attempts` times and not again after `patience` seconds.

    Raises the error of its last `TransientError`.

    Waits are drawn at random between half and all of a bound that doubles, so that many who failed together do not
    come back together ("equal jitter": Brooker, AWS Architecture Blog, 2015); a server's own wish comes first.
    """
    waits = _Waits(clock, attempts, patience)
    while True:
        try:
            return attempt()
        except TransientError as again:
            wait = waits.after(again)
        clock.sleep(wait)


async def retried_async(
    attempt: Callable[[], Awaitable[T]], clock: Clock, *, attempts: int = 4, patience: float = _PATIENCE
) -> T:
    """As `retried`, of an attempt that is awaited."""
    waits = _Waits(clock, attempts, patience)
    while True:
        try:
            return await attempt()
        except TransientError as again:
            wait = waits.after(again)
        await clock.rest(wait)


class _Waits:
    """How long to wait after each attempt that failed."""

    def __init__(self, clock: Clock, attempts: int, patience: float) -> None:
        self._clock, self._left, self._patience = clock, attempts, patience
        self._bound, self._began, self._silent = _FIRST, clock.now(), 0

    def after(self, again: TransientError) -> float:
        """Seconds until the next attempt. Raises the error of `again` where there is none."""
        self._left -= 1
        self._silent += not again.told
        wait = self._bound * (0.5 + self._clock.chance() / 2) if again.after is None else again.after
        over = self._left <= 0 or self._silent >= _SILENT or self._clock.now() - self._began > self._patience
        if over or wait > self._patience:
            raise again.error from None
        self._bound = min(self._bound * 2, _LONGEST)
        return wait
