"""Where eyes go: away, back at the viewer, or a little elsewhere on the viewer's face.

Looks away have the lengths, sizes and directions of Eyes Alive (Lee, Badler and Badler, SIGGRAPH 2002), half as large,
because a face that fills the frame is close.
"""

from __future__ import annotations

import math
from typing import Final

from deckard_cli.motion.moods import Mood
from deckard_cli.motion.rhythm import chance, log_normal

__all__ = ["Gaze"]

_DIRECTIONS: Final = (15.5, 6.5, 17.7, 7.4, 16.8, 7.9, 20.4, 7.8)
"""Eyes Alive: how often, in percent, a look goes to 0, 45 .. 315 degrees."""


class Gaze:
    """One look after the other."""

    def __init__(self, seed: str) -> None:
        self._seed = seed
        self._number = 0
        self.away = False
        """Whether the last look went away from the viewer."""
        self.next = 0.3 + chance(seed, "look", -1)[0]
        """Seconds at which the next look begins."""

    def look(self, mood: Mood, *, talks: bool) -> tuple[float, float]:
        """The next look, of a face that `talks` or does not: degrees to the face's own left, and up."""
        length, kind, size, direction = chance(self._seed, "look", self._number)
        self._number += 1
        self.away = kind < (0.3 if talks else 0.12) * mood.away and not self.away
        if self.away:
            mean, deviation = (0.93, 0.8) if talks else (0.43, 0.24)
            self.next += min(max(log_normal(length, mean, deviation), 0.25), 3.0)
            return _aside(size, direction, mood)
        self.next += min(max(log_normal(length, 0.9, 0.6), 0.25), 4.0)
        angle = 2 * math.pi * direction
        return 0.7 * size * math.cos(angle), 0.4 * size * math.sin(angle)


def _aside(size: float, direction: float, mood: Mood) -> tuple[float, float]:
    degrees = min(-6.9 * math.log(15.0 * size / 15.7), 22.7) / 2 + 1.5
    mark = direction * sum(_DIRECTIONS)
    sector = next((i for i in range(8) if mark < sum(_DIRECTIONS[: i + 1])), 7)
    angle = sector * math.pi / 4
    x, y = mood.gaze
    height = 0.7 * degrees * math.sin(angle)
    # A thinker who looked down as often as up would not look like thinking.
    return degrees * math.cos(angle) + x, (math.copysign(height, y) if y else height) + y
