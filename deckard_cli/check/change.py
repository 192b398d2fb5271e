"""How a clip changes from picture to picture: where it stands still, and where one picture is shown twice.

A picture that is shown twice is not told by being the same: encoded once more, it is a little different. It stands
where the motion before and after it goes on in one direction, while a face that stops by itself turns back or rests.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

__all__ = ["HELD", "Change", "Changes", "cadence", "doubled"]

Floats = NDArray[np.float64]

HELD: Final = 0.4
"""Seconds over which a picture is compared with an earlier one."""
_FINE: Final = (256, 256)
_SIDE: Final = 64
"""Pixels of the side at which pictures are compared: what the encoder adds evens out, what moves does not."""
_MOVING: Final = 15.0
"""Change, as `Change.step` has it, of a picture on which something moves."""
_ONWARD: Final = 0.4
"""Cosine of the motion before and after, from which they go in one direction."""
_STOPPED: Final = (0.25, 0.5)
"""Of the motion around: what is left of it along its way, and in all, in a picture that is shown twice."""
_NOISE: Final = 4.0
_WINDOW: Final = 400
"""Pictures in which a beat is looked for: over more of them it might drift."""
_BEATS: Final = (3.0, 32.0)
"""Pictures from one to the next that is shown twice: 24 as 30 a second is 5, 25 is 6."""


@dataclass(frozen=True, slots=True)
class Change:
    """What changes from each picture to the next; all of shape (n,)."""

    step: Floats
    """How much each differs from the one before: length of the difference of two small pictures."""
    onward: Floats
    """The cosine of that step and the one before it."""
    beyond: Floats
    """The cosine of that step and the one before the one before it."""
    held: Floats
    """How much each differs from the one `HELD` seconds earlier; infinite where there is none."""

    def of(self, some: NDArray[np.bool_]) -> Change:
        """That of some of the pictures."""
        return Change(self.step[some], self.onward[some], self.beyond[some], self.held[some])


class Changes:
    """Takes pictures as they come, and keeps four numbers of each."""

    def __init__(self) -> None:
        self._rows: list[tuple[float, float, float, float]] = []
        self._steps: deque[NDArray[np.float32]] = deque(maxlen=2)
        self._past: deque[tuple[float, NDArray[np.float32]]] = deque()

    def add(self, grey: NDArray[np.uint8], time: float) -> None:
        """The picture that is shown at `time` seconds, shape (height, width)."""
        fine = cv2.resize(grey, _FINE, interpolation=cv2.INTER_AREA).astype(np.float32)
        now = np.asarray(cv2.resize(fine, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA), np.float32)
        step = now - self._past[-1][1] if self._past else np.zeros_like(now)
        onward, beyond, *_ = *[_cosine(step, earlier) for earlier in reversed(self._steps)], 0.0, 0.0
        self._rows.append((cv2.norm(step), onward, beyond, self._held(now, time)))
        self._steps.append(step)
        self._past.append((time, now))

    def _held(self, now: NDArray[np.float32], time: float) -> float:
        """How much `now` differs from the last picture that is at least `HELD` seconds older."""
        ago = time - HELD + 1e-6
        while len(self._past) > 1 and self._past[1][0] <= ago:
            self._past.popleft()
        return cv2.norm(now, self._past[0][1]) if self._past and self._past[0][0] <= ago else np.inf

    def change(self) -> Change:
        """Of all pictures so far."""
        step, onward, beyond, held = np.array(self._rows, np.float64).reshape(-1, 4).T
        return Change(step, onward, beyond, held)


def doubled(change: Change) -> NDArray[np.intp]:
    """The pictures that show the one before them again, amid motion."""
    if len(change.step) < 5:
        return np.zeros(0, np.intp)
    before, here, after = change.step[1:-2], change.step[2:-1], change.step[3:]
    here_before, after_here, after_before = change.onward[2:-1], change.onward[3:], change.beyond[3:]
    # Of the step at this picture, what goes the way of the sum of the two around it, each of length one.
    way = here * (here_before + after_here)
    around = (before + after) * (1 + after_before)
    left, whole = _STOPPED
    least = np.minimum(before, after)
    twice = (least > _MOVING) & (after_before > _ONWARD) & (2 * way < left * around) & (here < whole * least)
    return np.flatnonzero(twice) + 2


def cadence(change: Change) -> tuple[float, float]:
    """How many standard errors the pictures on the strongest beat change less than others, and pictures a beat.

    What a change of the frame rate repeats comes at even distances; what a face does, does not.
    """
    step = change.step[1:]
    if len(step) < 30:
        return 0.0, 0.0
    still = np.concatenate([_stillness(step[at : at + _WINDOW]) for at in range(0, len(step), _WINDOW)])
    found = [_strongest(still[at : at + _WINDOW]) for at in range(0, max(len(still) - 29, 1), _WINDOW)]
    return sorted(found)[len(found) // 2]


def _stillness(step: Floats) -> Floats:
    """How much less each picture changes than those around it, in standard deviations."""
    padded = np.pad(step, 2, mode="reflect") if len(step) > 2 else np.pad(step, 2, mode="edge")
    around = np.median(np.stack([padded[shift : shift + len(step)] for shift in (0, 1, 3, 4)]), axis=0)
    still = -np.clip(np.log((step + _NOISE) / (around + _NOISE)), -2.0, 0.3)
    return np.asarray((still - still.mean()) / (still.std() + 1e-9))


def _strongest(still: Floats) -> tuple[float, float]:
    count, best = len(still), (0.0, 0.0)
    beat = _BEATS[0]
    while beat <= min(_BEATS[1], count / 5):
        places = np.floor(np.arange(0, beat, 0.5)[:, None] + beat * np.arange(int(count / beat))).astype(np.intp)
        there = places < count
        sums = np.where(there, still[np.minimum(places, count - 1)], 0.0).sum(axis=1)
        best = max(best, (float((sums / np.sqrt(there.sum(axis=1))).max()), beat))
        beat *= 1 + 0.4 / count
    return best


def _cosine(one: NDArray[np.float32], other: NDArray[np.float32]) -> float:
    lengths = cv2.norm(one) * cv2.norm(other)
    return float((one * other).sum() / lengths) if lengths > 1e-6 else 0.0
