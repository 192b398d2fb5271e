"""Hair that comes after: where the head was a moment ago, by a damped spring."""

from __future__ import annotations

import math
from dataclasses import astuple

from deckard_cli.face.rig.pose import HeadPose

_FREQUENCY = 1.5
"""Hertz at which hair of shoulder length swings."""
_DAMPING = 0.34
"""Of critical."""


class Sway:
    """Follows a head; starts at rest with it."""

    def __init__(self) -> None:
        self._place: tuple[float, ...] = ()
        self._speed: tuple[float, ...] = ()

    def step(self, head: HeadPose, seconds: float) -> HeadPose:
        """Where the ends of the hair are, `seconds` after the last step: the spring solved for a goal that
        stands still meanwhile, so that it swings alike at every frame rate.
        """
        goal = astuple(head)
        if not self._place:
            self._place, self._speed = goal, (0.0,) * len(goal)
        decay = _DAMPING * 2 * math.pi * _FREQUENCY
        swing = 2 * math.pi * _FREQUENCY * math.sqrt(1 - _DAMPING**2)
        fade, cos, sin = math.exp(-decay * seconds), math.cos(swing * seconds), math.sin(swing * seconds)
        place, speed = [], []
        for target, at, going in zip(goal, self._place, self._speed, strict=True):
            off = at - target
            turn = (going + decay * off) / swing
            place.append(target + fade * (off * cos + turn * sin))
            speed.append(fade * ((swing * turn - decay * off) * cos - (swing * off + decay * turn) * sin))
        self._place, self._speed = tuple(place), tuple(speed)
        return HeadPose(*place)
