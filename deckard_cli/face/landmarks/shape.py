"""Points as arrays and as the plain numbers that `Landmarks` are made of."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from deckard_cli.face.landmarks import Landmarks

__all__ = ["Points", "between_eyes", "curve", "point"]

Points = NDArray[np.floating]
"""Shape (n, 2), x and y in pixels, or (n, 3) with a depth."""


def point(at: Points) -> tuple[float, float]:
    """A position, shape (2,), to a hundredth of a pixel."""
    return round(float(at[0]), 2), round(float(at[1]), 2)


def curve(points: Points) -> list[tuple[float, float]]:
    """Positions, shape (n, 2), to a hundredth of a pixel."""
    return [point(each) for each in points]


def between_eyes(face: Landmarks) -> float:
    """Pixels from one iris to the other."""
    return math.dist(face.left_eye.iris, face.right_eye.iris)
