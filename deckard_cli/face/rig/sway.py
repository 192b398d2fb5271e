"""Hair that comes after: where the head was a moment ago, by a damped spring."""

from __future__ import annotations

import math
from dataclasses import astuple

from deckard_cli.face.rig.pose import HeadPose

_FREQUENCY = 1.5
"""Hertz at which hair of shoulder length swings."""
_DAMPING = 0.34
"""Of critical."""
_STEP = 1 / 240
"""Seconds: short enough that the swing is the same at every frame rate."""


class Sway:
    """Follows a head; starts at rest with it."""

    def __init__(self) -> None:
        self._place: list[float] = []
        self._speed: list[float] = []

    def step(self, head: HeadPose, seconds: float) -> HeadPose:
        """Where the ends of the hair are, `seconds` after the last step."""
        goal = astuple(head)
        if not self._place:
            self._place, self._speed = list(goal), [0.0] * len(goal)
        steps = max(1, round(seconds / _STEP))
        dt, stiffness = seconds / steps, (2 * math.pi * _FREQUENCY) ** 2
        drag = 2 * _DAMPING * math.sqrt(stiffness)
        for _ in range(steps):
            for i, target in enumerate(goal):
                self._speed[i] += dt * (stiffness * (target - self._place[i]) - drag * self._speed[i])
                self._place[i] += dt * self._speed[i]
        return HeadPose(*self._place)
