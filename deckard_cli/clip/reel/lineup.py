"""When each scene of a film is seen: arithmetic in whole frames, so that nothing drifts however long the film is."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from deckard_cli.clip.reel.footage import Footage

__all__ = ["Placed", "Scene", "line_up", "scene"]


@dataclass(frozen=True, slots=True)
class Scene:
    """How long a scene is and which of it may lie under a fade, in frames of the film."""

    frames: int
    lead: int
    """Before the first sound."""
    said: int
    """Up to the end of the last sound."""

    @classmethod
    def silent(cls, frames: int) -> Scene:
        """A scene in which nothing is heard."""
        return cls(frames, frames, 0)


@dataclass(frozen=True, slots=True)
class Placed:
    """Where a scene lies in the film, in frames."""

    begin: int
    """The first frame in which something of it is seen."""
    zero: int
    """The frame in which its own time begins: in those before it, its first picture stands."""
    end: int
    """After the last frame in which something of it is seen; where that is longer than it is, its last picture
    stands."""
    fade: int
    """So many of its first frames fade in over the scene before."""


def scene(footage: Footage, fps: Fraction) -> Scene:
    """`footage` in frames of a film with `fps`: as many as it needs, none of its sound outside."""
    frames = max(1, _up(footage.duration, fps))
    if footage.sound is None:
        return Scene.silent(frames)
    first, last = footage.sound
    return Scene(frames, math.floor(first * fps), min(frames, _up(last, fps)))


def _up(seconds: float, fps: Fraction) -> int:
    # A clip of whole frames ends within a thousandth of one, on either side.
    return math.ceil(seconds * fps - Fraction(1, 1000))


def line_up(scenes: Sequence[Scene], fade: int) -> list[Placed]:
    """The `scenes` one after the other. A fade takes `fade` frames: those after the last sound of the one before and
    before the first of the one after, as far as there are as many; for the rest of it a picture stands.

    No more than two scenes are seen at once.
    """
    begin = zero = before = 0
    placed = []
    for this, following in zip(scenes, [*scenes[1:], None], strict=True):
        if following is None:
            placed.append(Placed(begin, zero, max(zero + this.frames, begin + before), before))
            break
        over = max(zero + this.frames - fade, zero + this.said, begin + before)
        placed.append(Placed(begin, zero, over + fade, before))
        begin, zero, before = over, max(over, over + fade - following.lead), fade
    return placed
