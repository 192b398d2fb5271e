"""What a face does besides speaking, and when: it blinks, looks about, nods, breathes, lifts its brows.

Blinks come in log-normal intervals (Bentivoglio and others, Movement Disorders 12, 1997) and wait for the end of a
phrase. Nods peak on stressed syllables (Alexanderson and others, 2013), brows rise before them (Kim and others, 2014).

Everything hangs on the seed, on absolute time and on what has been heard up to a quarter second later. There is no
other state, so a stream moves as the whole recording does.
"""

from __future__ import annotations

import bisect
import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

from deckard_cli.motion.feelings import Feeling, Feelings
from deckard_cli.motion.gaze import Gaze
from deckard_cli.motion.gestures import INHALE, Gestures
from deckard_cli.motion.rhythm import Events, Rhythm, chance

__all__ = ["BLINKS", "BREATHS", "EMPHASIS", "POSTURES", "Life", "posture"]

Array = NDArray[np.float64]

BLINKS: Final = (3.0, 1.95)
"""Seconds from one blink to the next: mean and standard deviation."""
POSTURES: Final = (3.5, 1.5)
"""The same of the places where the head settles."""
BREATHS: Final = (4.2, 0.6)
"""The same of breaths."""
EMPHASIS: Final = 2.0
"""The accent of a syllable that is emphasised on purpose: brows and head go with each, with others by chance."""
_PAUSE: Final = 0.2
"""Seconds of silence that end a phrase."""
_BEFORE: Final = 0.1
"""Seconds by which a brow starts before its syllable, and a nod a little less."""


class Life:
    """The movements of one face, kept running.

    `hear` what is said, `advance` to a time that nothing unheard can reach any more, then ask for `curves` up to it.
    """

    def __init__(self, seed: str, feelings: Feelings, amount: float, frame: float) -> None:
        """`feelings` may grow later, ahead of `advance`; `amount` and `frame` are those of `Gestures`."""
        self._seed, self._feelings = seed, feelings
        self.gestures = Gestures(seed, amount, frame)
        self._sounds = Events()
        self._ended = -math.inf
        self._pauses: list[float] = []
        self._accents = 0
        self._blinking = Rhythm(seed, "blink", *BLINKS, 1.2, lambda time: feelings.at(time).blinks)
        self._settling = Rhythm(seed, "posture", *POSTURES, 1.6)
        self._breathing = Rhythm(seed, "breath", *BREATHS, 2.5)
        self._gaze = Gaze(seed)
        self.gestures.postures.add(-10.0, 0.0, 0.0, 0.0)
        self.gestures.looks.add(-10.0, 0.0, 0.0)
        self.gestures.breaths.add(-4.0 * chance(seed, "breath", -2)[0] - INHALE, 0.1)

    def hear(self, start: float, end: float, accent: float = 0.0) -> None:
        """Take in a sound from `start` to `end` seconds; `accent` 0..1 is how much its syllable stands out, or
        `EMPHASIS`.
        """
        self._pause(start)
        self._sounds.add(start, end)
        self._ended = end
        if accent > 0:
            self._stress(start, accent)

    def advance(self, heard: float, frontier: float) -> None:
        """Decide all that begins up to `frontier`, knowing every sound that begins before `heard`; both in seconds."""
        self._pause(heard)
        gestures = self.gestures
        for time, _ in self._blinking.until(frontier, self._pauses):
            gestures.blinks.add(time)
        for time, number in self._settling.until(frontier, self._pauses):
            gestures.postures.add(time, *posture(self._seed, number))
        for time, _ in self._breathing.until(frontier, self._pauses):
            gestures.breaths.add(time, float(gestures.breath(np.array([time]))[0]))
        while self._gaze.next <= frontier:
            time = self._gaze.next
            gestures.looks.add(time, *self._gaze.look(self._feelings.at(time), talks=self._talking(time)))

    def forget(self, before: float) -> None:
        """Drop what no row from `before` seconds on can see."""
        self.gestures.forget(before)
        self._sounds.forget(before)
        del self._pauses[: bisect.bisect_left(self._pauses, before - 30.0)]

    def curves(self, times: Array, feeling: Feeling) -> Array:
        """What is to be added to a face at `times` (seconds): shape (times, len(COLUMNS))."""
        return self.gestures.curves(times, feeling)

    def _pause(self, now: float) -> None:
        if now - self._ended >= _PAUSE and self._ended > (self._pauses[-1] if self._pauses else -math.inf):
            self._pauses.append(self._ended)

    def _stress(self, start: float, accent: float) -> None:
        nods, raises, depth, height = chance(self._seed, "accent", self._accents)
        self._accents += 1
        meant = accent == EMPHASIS
        # No sooner than the one before has gone: the face would jump.
        if (meant or nods < 0.7 * accent) and start - self.gestures.nods.times[-1] > (0.55 if meant else 0.6):
            self.gestures.nods.add(start - 0.09, 3.5 if meant else 1.5 + 2.5 * depth * depth, 1.6 * height - 0.8)
        if (meant or raises < 0.45 * accent) and start - self.gestures.brows.times[-1] > (0.55 if meant else 1.4):
            self.gestures.brows.add(start - _BEFORE, 0.55 if meant else 0.25 + 0.25 * height)

    def _talking(self, time: float) -> bool:
        index = bisect.bisect_right(self._sounds.times, time) - 1
        return index >= 0 and time - self._sounds.values[index][0] < 0.8


def posture(seed: str, number: int) -> tuple[float, ...]:
    """Where the head settles the `number`-th time: yaw, pitch and roll, each -1..1."""
    return tuple(2 * draw - 1 for draw in chance(seed, "settle", number)[:3])
