"""Trying again: what passes by itself is waited for, longer each time, and never for ever."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeVar

from deckard_cli.errors import DeckardError

__all__ = ["SYSTEM", "Clock", "TransientError", "retried"]

T = TypeVar("T")

_FIRST: Final = 0.5
"""Seconds of the first wait, at most; each wait is at most twice the one before."""
_LONGEST: Final = 60.0
"""Seconds that a server may ask for. Who is told to wait longer is told so."""
_PATIENCE: Final = 60.0
"""Seconds after which nothing is tried again: somebody waits, and there may be another voice."""


@dataclass(frozen=True, slots=True)
class Clock:
    """What time is taken from; a test brings one that does not wait."""

    now: Callable[[], float]
    """Seconds, from any start, that never go back."""
    sleep: Callable[[float], None]
    """Waits so many seconds."""
    chance: Callable[[], float]
    """A number in 0..1, another each time."""


SYSTEM: Final = Clock(time.monotonic, time.sleep, random.random)
"""The machine's."""


class TransientError(Exception):
    """An attempt failed in a way that may pass."""

    def __init__(self, error: DeckardError, after: float | None = None) -> None:
        """`error` is raised in the end where it does not pass; `after` seconds the server asked to be left alone."""
        super().__init__(error.message)
        self.error = error
        self.after = after


def retried(attempt: Callable[[], T], clock: Clock, *, attempts: int = 4) -> T:
    """What `attempt` returns, asked at most `attempts` times and not again after a minute.

    Raises the error of its last `TransientError`.

    Waits are drawn at random between half and all of a bound that doubles, so that many who failed together do not
    come back together ("equal jitter": Brooker, AWS Architecture Blog, 2015); a server's own wish comes first.
    """
    bound, began = _FIRST, clock.now()
    for left in range(attempts - 1, -1, -1):
        try:
            return attempt()
        except TransientError as again:
            wait = bound * (0.5 + clock.chance() / 2) if again.after is None else again.after
            if not left or wait > _LONGEST or clock.now() - began > _PATIENCE:
                raise again.error from None
        clock.sleep(wait)
        bound *= 2
    raise AssertionError("the last attempt returns or raises")
