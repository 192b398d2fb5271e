"""A face seen from the front, of ordinary proportions, and where it stands on a picture.

Its unit is the distance of the irises, its origin the middle between them; x to the right, y down to the chin.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from deckard_cli.face.landmarks.shape import Points

__all__ = ["BROW", "FINE", "IRIS", "LOWER_LID", "NOSE", "OVAL", "UPPER_LID", "Placement", "mirrored"]

FINE: Final = 100
"""Pixels of a patch for each unit of the face."""
PATCH: Final = (-1.5, -1.1, 1.5, 2.2)
"""What of a face a patch shows: left, top, right, bottom."""

_MEDIUM: Final = 0.5
"""What faces darker than that are made as light as; the power that does it is no less than `_MOST`."""
_MOST: Final = 0.3

IRIS: Final = 0.092
"""Radius of an iris: 11.7 mm across in nearly all adults, whose irises are some 63 mm apart."""
NOSE: Final = np.array([0.0, 0.58])
UPPER_LID: Final = np.array(
    [
        (0.27, 0.045),
        (0.31, 0.01),
        (0.36, -0.03),
        (0.44, -0.06),
        (0.52, -0.068),
        (0.6, -0.055),
        (0.66, -0.026),
        (0.71, 0.01),
    ]
)
"""Of the eye on the viewer's right, from the inner to the outer corner."""
LOWER_LID: Final = np.array(
    [
        (0.27, 0.045),
        (0.31, 0.053),
        (0.36, 0.057),
        (0.44, 0.068),
        (0.52, 0.073),
        (0.6, 0.065),
        (0.66, 0.046),
        (0.71, 0.01),
    ]
)
BROW: Final = np.array([(0.2, -0.2), (0.33, -0.24), (0.45, -0.258), (0.63, -0.27), (0.76, -0.24), (0.87, -0.17)])
_HALF_OVAL: Final = (
    *((0.0, -0.72), (0.3, -0.71), (0.56, -0.675), (0.79, -0.6), (0.94, -0.48), (1.03, -0.325), (1.08, -0.16)),
    *((1.1, 0.05), (1.09, 0.26), (1.08, 0.47), (1.05, 0.7), (0.99, 0.95), (0.9, 1.155), (0.79, 1.31), (0.65, 1.46)),
    *((0.52, 1.56), (0.385, 1.655), (0.22, 1.72), (0.0, 1.74)),
)


def mirrored(points: Points) -> Points:
    """The same on the other side of the face, in the same order."""
    return points * [-1, 1]


OVAL: Final = np.concatenate([_HALF_OVAL, mirrored(np.array(_HALF_OVAL[-2:0:-1]))])
"""From the middle of the forehead, clockwise as the viewer sees it."""


@dataclass(frozen=True, slots=True)
class Placement:
    """Where a face stands on a picture."""

    x: float
    """Middle between the irises, in pixels."""
    y: float
    apart: float
    """Pixels between the irises."""
    roll: float
    """Degrees, + clockwise as the viewer sees it."""

    @classmethod
    def of(cls, left: Points, right: Points) -> Placement:
        """Of the face whose irises are at `left` and `right`, in pixels."""
        middle, across = (left + right) / 2, right - left
        roll = math.degrees(math.atan2(across[1], across[0]))
        return cls(float(middle[0]), float(middle[1]), float(np.hypot(*across)), roll)

    def to_picture(self, points: Points) -> Points:
        """Points of the face, shape (..., 2), in pixels."""
        placed: Points = self.apart * points @ self._axes() + [self.x, self.y]
        return placed

    def to_face(self, points: Points) -> Points:
        """Pixels, shape (..., 2), as points of the face."""
        seen: Points = (points - [self.x, self.y]) @ self._axes().T / self.apart
        return seen

    def patch(self, pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """The face upright, `FINE` pixels for each of its units, of what `PATCH` says; a dark one made lighter."""
        scale = FINE / self.apart
        small, shrunk = pixels, min(1.0, scale)
        if shrunk < 1:  # sampled as it is, a large picture would show its grain as edges
            small = np.asarray(cv2.resize(pixels, None, fx=shrunk, fy=shrunk, interpolation=cv2.INTER_AREA), np.uint8)
        corners = np.array([(0.0, 0.0), (1.0, 0.0), (0.0, 1.0)])
        seen = self.to_picture(corners) * shrunk - 0.5
        to_patch = cv2.getAffineTransform(seen.astype(np.float32), to_patch_pixels(corners).astype(np.float32))
        size = round((PATCH[2] - PATCH[0]) * FINE), round((PATCH[3] - PATCH[1]) * FINE)
        warped = cv2.warpAffine(small, to_patch, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        return _lightened(np.asarray(warped, np.uint8))

    def _axes(self) -> Points:
        """The face's axes on the picture, one a row."""
        turn = math.radians(self.roll)
        return np.array([[math.cos(turn), math.sin(turn)], [-math.sin(turn), math.cos(turn)]])


def _lightened(patch: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """By a power of its values, so that differences on dark skin count as those on light skin do."""
    (left, top), (right, bottom) = to_patch_pixels(np.array([(-0.8, 0.0), (0.8, 1.3)])).round().astype(int)
    middle = float(np.median(patch[top:bottom, left:right])) / 255
    if middle >= _MEDIUM:
        return patch
    power = max(_MOST, math.log(_MEDIUM) / math.log(max(middle, 1 / 255)))
    return np.asarray(255 * (np.arange(256) / 255) ** power + 0.5, np.uint8)[patch]


def to_patch_pixels(points: Points) -> Points:
    """Points of the face, shape (..., 2), as pixels of its patch."""
    seen: Points = (points - np.array(PATCH[:2])) * FINE - 0.5
    return seen
