"""The moods of a stretch of speech, each easing into the next."""

from __future__ import annotations

import bisect
import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from deckard_cli.motion import COLUMN, COLUMNS
from deckard_cli.motion.moods import Mood
from deckard_cli.motion.rhythm import eased

__all__ = ["EASE", "LEAD", "Feeling", "Feelings", "Turn"]

Array = NDArray[np.float64]

LEAD: Final = 0.2
"""Seconds by which a face changes before the voice does. Less than the quarter second for which rows are held back:
a mood that began before the last row given out would jump."""
EASE: Final = 0.5
"""Seconds from one mood to the next."""
_MEMORY: Final = 60.0
"""Seconds for which a mood that has passed is still known: longer than any two blinks are apart."""


@dataclass(frozen=True, slots=True)
class Turn:
    """A change of mood."""

    at: float
    """Seconds from the start of the speech in which it comes: the first sound said in the new mood."""
    mood: Mood
    """The new one."""


@dataclass(frozen=True, slots=True)
class Feeling:
    """How a face feels, row by row."""

    pose: Array
    """Shape (rows, len(COLUMNS)): the weights of the pose, 0..1."""
    head: Array
    """Shape (rows,): times the normal movement of the head."""
    brows: Array
    """Shape (rows,): times the normal height of a raised brow."""
    nod: Array
    """Shape (rows,): degrees of head pitch."""


class Feelings:
    """Moods on a line of time, which grows at its end."""

    def __init__(self, mood: Mood) -> None:
        """Begin in `mood`."""
        self._starts = [-math.inf]
        self._moods = [mood]

    def turn(self, time: float, mood: Mood) -> None:
        """Change to `mood`, whose first sound is at `time` (seconds); not before a change that was told earlier."""
        self._starts.append(max(time - LEAD, self._starts[-1]))
        self._moods.append(mood)

    def at(self, time: float) -> Mood:
        """The mood that begins last up to `time` (seconds)."""
        return self._moods[bisect.bisect_right(self._starts, time) - 1]

    def over(self, times: Array) -> Feeling:
        """The feeling at `times` (seconds, rising)."""
        # A row must not depend on where its run of rows begins: a share of 1, surely 1 after the hair's breadth that is
        # added, leaves nothing of the mood before.
        first = max(bisect.bisect_right(self._starts, times[0] - EASE - 1e-6) - 1, 0)
        last = bisect.bisect_right(self._starts, times[-1])
        row = np.broadcast_to(_row(self._moods[first]), (len(times), len(COLUMNS) + 3))
        for start, mood in zip(self._starts[first + 1 : last], self._moods[first + 1 : last], strict=True):
            share = eased((times - start) / EASE)[:, None]
            row = (1.0 - share) * row + share * _row(mood)
        return Feeling(row[:, :-3], row[:, -3], row[:, -2], row[:, -1])

    def forget(self, before: float) -> None:
        """Drop what no row from `before` seconds on, and nothing that began up to a minute earlier, depends on."""
        gone = bisect.bisect_right(self._starts, before - _MEMORY) - 1
        del self._starts[:gone], self._moods[:gone]


def _row(mood: Mood) -> Array:
    row = np.zeros(len(COLUMNS) + 3)
    row[[COLUMN[name] for name in mood.pose]] = list(mood.pose.values())
    row[-3:] = mood.head, mood.brows, mood.nod
    return row
