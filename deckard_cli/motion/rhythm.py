"""When things happen on a face, and how they come and go: by chance, but by a chance that a seed decides.

A draw belongs to the number of its event, not to the draws before it; so a stream and the whole recording agree.
"""

from __future__ import annotations

import bisect
import hashlib
import math
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

__all__ = ["Events", "Rhythm", "around", "chance", "eased", "log_normal"]

Array = NDArray[np.float64]


def chance(seed: str, what: str, number: int) -> tuple[float, float, float, float]:
    """Four numbers, evenly spread in 0..1 without the ends, that belong to the `number`-th event of a kind."""
    digest = hashlib.blake2b(f"{seed}\0{what}\0{number}".encode(), digest_size=32).digest()
    first, second, third, fourth = (((word >> 11) + 0.5) / 2**53 for word in struct.unpack("<4Q", digest))
    return first, second, third, fourth


def log_normal(share: float, mean: float, deviation: float) -> float:
    """The value below which `share` of a log-normal distribution lies, given its mean and standard deviation."""
    variance = math.log1p((deviation / mean) ** 2)
    return mean * math.exp(NormalDist().inv_cdf(share) * math.sqrt(variance) - variance / 2)


@dataclass(slots=True)
class Events:
    """Times, rising, and what begins at each."""

    times: list[float] = field(default_factory=list)
    values: list[tuple[float, ...]] = field(default_factory=list)

    def add(self, time: float, *value: float) -> None:
        self.times.append(time)
        self.values.append(value)

    def at(self, times: Array) -> tuple[Array, Array, Array]:
        """For each time: seconds since the last event, its value, and the value of the one before it."""
        last = np.searchsorted(self.times, times, side="right") - 1
        values = np.array(self.values)
        return times - np.array(self.times)[last], values[last], values[np.maximum(last - 1, 0)]

    def forget(self, before: float) -> None:
        """Drop what no time from `before` on can see."""
        gone = max(bisect.bisect_right(self.times, before) - 2, 0)
        del self.times[:gone], self.values[:gone]


def _usual(time: float) -> float:
    return 1.0


class Rhythm:
    """Something that happens every so often, at the end of a phrase if there is one about then."""

    def __init__(
        self, seed: str, what: str, mean: float, deviation: float, least: float, pace: Callable[[float], float] = _usual
    ) -> None:
        """`mean`, `deviation` and `least` are seconds from one to the next; `pace` says of a time how many times as
        often it happens after it.
        """
        self._seed, self._what = seed, what
        self._mean, self._deviation, self._least, self._pace = mean, deviation, least, pace
        self._number = 0
        self._last = -mean / pace(0.0) * chance(seed, what, -1)[0]

    def until(self, frontier: float, pauses: list[float]) -> Iterator[tuple[float, int]]:
        """The times and numbers of its next events, up to `frontier`."""
        while True:
            first, second, _, _ = chance(self._seed, self._what, self._number)
            usual = log_normal(first, self._mean, self._deviation) / self._pace(self._last)
            interval = max(usual, self._least)
            ready, deadline = max(self._last + 0.6 * interval, 0.0), max(self._last + 1.2 * interval, 0.0)
            index = bisect.bisect_right(pauses, ready)
            tied = index < len(pauses) and pauses[index] < deadline
            moment = pauses[index] if tied else deadline
            if moment > frontier:
                return
            self._last = moment + (0.03 + 0.09 * second if tied else 0.0)
            yield self._last, self._number
            self._number += 1


def around(seed: str, what: str, mean: float, deviation: float, period: float) -> list[float]:
    """Times in 0..`period`, rising, of something that happens about every `mean` seconds on a circle of `period`
    seconds: the intervals are log-normal, and the one over the end is halved by it.
    """
    draws = [chance(seed, what, number)[0] for number in range(max(1, round(period / mean)))]
    intervals = np.array([log_normal(draw, mean, deviation) for draw in draws])
    intervals *= period / intervals.sum()
    widest = int(np.argmax(intervals))
    intervals = np.roll(intervals, -widest)
    times: list[float] = (np.cumsum(intervals) - intervals[0] / 2).tolist()
    return times


def eased(share: Array) -> Array:
    """0..1, starting and ending slowly."""
    share = np.clip(share, 0.0, 1.0)
    smooth: Array = share * share * (3.0 - 2.0 * share)
    return smooth
