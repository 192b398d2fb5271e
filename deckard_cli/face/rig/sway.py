"""Hair and earrings that come after: where the head was a moment ago, by a damped spring."""

from __future__ import annotations

import math
from dataclasses import fields
from operator import attrgetter
from typing import Final

from deckard_cli.face.rig.pose import HeadPose

_PLACE: Final = attrgetter(*(field.name for field in fields(HeadPose)))


class Sway:
    """Follows a head; starts at rest with it."""

    def __init__(self, frequency: float, damping: float) -> None:
        """`frequency` in hertz, `damping` as a share of the critical one."""
        self._decay = damping * 2 * math.pi * frequency
        self._swing = 2 * math.pi * frequency * math.sqrt(1 - damping**2)
        self._place: tuple[float, ...] = ()
        self._speed: tuple[float, ...] = ()

    def step(self, head: HeadPose, seconds: float) -> HeadPose:
        """Where the ends of the hair are, `seconds` after the last step: the spring solved for a goal that
        stands still meanwhile, so that it swings alike at every frame rate.
        """
        goal = _PLACE(head)
        if not self._place:
            self._place, self._speed = goal, (0.0,) * len(goal)
        decay, swing = self._decay, self._swing
        fade, cos, sin = math.exp(-decay * seconds), math.cos(swing * seconds), math.sin(swing * seconds)
        place, speed = [], []
        for target, at, going in zip(goal, self._place, self._speed, strict=True):
            off = at - target
            turn = (going + decay * off) / swing
            place.append(target + fade * (off * cos + turn * sin))
            speed.append(fade * ((swing * turn - decay * off) * cos - (swing * off + decay * turn) * sin))
        self._place, self._speed = tuple(place), tuple(speed)
        return HeadPose(*place)
