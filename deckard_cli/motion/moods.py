"""How a face feels: a resting pose that speech is laid over, and how lively the rest of the face is.

The poses follow the action units that the Facial Action Coding System (Ekman and Friesen, 1978) names for each feeling,
in ARKit's shapes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from deckard_cli.motion import SHAPES

__all__ = ["MOODS", "NEUTRAL", "Mood"]


@dataclass(frozen=True, slots=True)
class Mood:
    """A feeling, as the face shows it."""

    name: str
    """As it is written in a script or a persona."""
    pose: Mapping[str, float]
    """Blendshape -> 0..1, held under the speech."""
    blinks: float = 1.0
    """Times the normal rate of blinks."""
    head: float = 1.0
    """Times the normal movement of the head."""
    brows: float = 1.0
    """Times the normal height of a raised brow."""
    away: float = 1.0
    """Times the normal share of looking away."""
    gaze: tuple[float, float] = (0.0, 0.0)
    """Degrees that a look away tends towards: to the face's own left, and up."""
    nod: float = 0.0
    """Degrees of head pitch held throughout: - is bowed."""


def _pose(**weights: float) -> Mapping[str, float]:
    """A pose whose names without Left or Right stand for both sides."""
    full = {
        name: weight
        for base, weight in weights.items()
        for name in (base, f"{base}Left", f"{base}Right")
        if name in SHAPES
    }
    return MappingProxyType(full)


NEUTRAL: Final = Mood("neutral", _pose())
"""No feeling in particular."""

_HAPPY: Final = Mood(
    "happy",
    _pose(mouthSmile=0.65, cheekSquint=0.6, eyeSquint=0.1, mouthDimple=0.15, browOuterUp=0.3),
    blinks=1.1,
    head=1.25,
    brows=1.2,
    away=0.8,
    nod=0.5,
)
_SAD: Final = Mood(
    "sad",
    _pose(mouthFrown=0.7, browInnerUp=1.0, browDown=0.35, eyeSquint=0.1, eyeBlink=0.16, mouthShrugLower=0.3),
    blinks=0.8,
    head=0.6,
    brows=0.6,
    away=1.4,
    gaze=(0.0, -6.0),
    nod=-1.5,
)
_THINKING: Final = Mood(
    "thinking",
    _pose(browDownLeft=0.6, browOuterUpRight=0.75, eyeSquint=0.3, mouthPress=0.2, mouthLeft=0.3),
    blinks=0.75,
    head=0.8,
    brows=0.8,
    away=2.0,
    gaze=(5.0, 6.0),
    nod=0.5,
)
_ANGRY: Final = Mood(
    "angry",
    _pose(browDown=1.0, eyeSquint=0.45, noseSneer=0.6, mouthPress=0.35, mouthFrown=0.5),
    blinks=0.7,
    head=1.3,
    brows=0.4,
    away=0.5,
    nod=-1.0,
)
_SURPRISED: Final = Mood(
    "surprised",
    _pose(browInnerUp=1.0, browOuterUp=1.0, eyeWide=1.0, jawOpen=0.07, mouthFunnel=0.25, mouthLowerDown=0.25),
    blinks=0.7,
    head=1.1,
    away=0.6,
    nod=0.8,
)

MOODS: Final[Mapping[str, Mood]] = MappingProxyType(
    {mood.name: mood for mood in (NEUTRAL, _HAPPY, _SAD, _THINKING, _ANGRY, _SURPRISED)}
)
"""Name -> mood."""
