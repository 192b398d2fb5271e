"""How it moves: `Speech` becomes `Motion`, the curves of a face frame by frame.

    phones ──visemes──▶ Targets ──coarticulation, contacts──▶ Mouth ──animate──▶ Motion
    sound without phones ──acoustic──────────────────────────▶ Mouth     ▲ feelings (moods), life (gaze, rhythm)

`animate.Animator` runs it all, piece by piece; `idle` makes a loop of life alone.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

import numpy as np
from numpy.typing import NDArray

__all__ = ["COLUMN", "COLUMNS", "HEAD", "SHAPES", "Motion", "frame_count", "frame_rate"]

SHAPES: Final = (
    "eyeBlinkLeft", "eyeLookDownLeft", "eyeLookInLeft", "eyeLookOutLeft", "eyeLookUpLeft",
    "eyeSquintLeft", "eyeWideLeft",
    "eyeBlinkRight", "eyeLookDownRight", "eyeLookInRight", "eyeLookOutRight", "eyeLookUpRight",
    "eyeSquintRight", "eyeWideRight",
    "jawForward", "jawRight", "jawLeft", "jawOpen",
    "mouthClose", "mouthFunnel", "mouthPucker", "mouthRight", "mouthLeft",
    "mouthSmileLeft", "mouthSmileRight", "mouthFrownLeft", "mouthFrownRight",
    "mouthDimpleLeft", "mouthDimpleRight", "mouthStretchLeft", "mouthStretchRight",
    "mouthRollLower", "mouthRollUpper", "mouthShrugLower", "mouthShrugUpper",
    "mouthPressLeft", "mouthPressRight", "mouthLowerDownLeft", "mouthLowerDownRight",
    "mouthUpperUpLeft", "mouthUpperUpRight",
    "browDownLeft", "browDownRight", "browInnerUp", "browOuterUpLeft", "browOuterUpRight",
    "cheekPuff", "cheekSquintLeft", "cheekSquintRight", "noseSneerLeft", "noseSneerRight", "tongueOut",
)  # fmt: skip
"""The 52 blendshapes of Apple's ARKit (ARFaceAnchor.BlendShapeLocation), in the order of a Live Link Face file;
each 0..1. Left and right are the face's own."""

HEAD: Final = ("headYaw", "headPitch", "headRoll", "headX", "headY", "breath")
"""Head rotation in degrees (yaw + turns to the face's own left, pitch + looks up, roll + tilts towards its own left
shoulder), head shift in units of the face's height (x + towards its own left, y + up), and breath 0 (out) .. 1 (in)."""

COLUMNS: Final = SHAPES + HEAD
COLUMN: Final = {name: index for index, name in enumerate(COLUMNS)}
"""Name of a curve -> its column in `Motion.curves`."""


@dataclass(frozen=True, slots=True)
class Motion:
    """What a face does in a run of frames."""

    curves: NDArray[np.float32]
    """Shape (frames, len(COLUMNS)). Row i is the face in the middle of frame `first` + i, which is shown from
    (first + i) / fps to (first + i + 1) / fps seconds."""
    fps: float
    """Frames per second."""
    first: int = 0
    """Index, from the start of the clip, of the first row's frame."""

    def __len__(self) -> int:
        return len(self.curves)

    def __getitem__(self, name: str) -> NDArray[np.float32]:
        """One curve by its name, shape (frames,)."""
        column: NDArray[np.float32] = self.curves[:, COLUMN[name]]
        return column


def frame_rate(fps: float) -> Fraction:
    """Frames per second as the exact ratio that was meant: 29.97 is 2997/100, 30000/1001 is itself.

    Counted in floating point, a clip of an hour would be a frame longer or shorter than its sound.
    """
    return Fraction(fps).limit_denominator(1001)


def frame_count(samples: int, rate: int, fps: float) -> int:
    """How many frames show `samples` of sound at `rate` per second: ceil(samples * fps / rate), exactly."""
    return math.ceil(Fraction(samples, rate) * frame_rate(fps))
