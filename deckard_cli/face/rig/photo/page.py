"""Laying a photograph on the page: which part of it is shown, and the head brought upright."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from deckard_cli.face.landmarks import Landmarks
from deckard_cli.face.rig.fill import Pixels
from deckard_cli.face.rig.geometry import Points
from deckard_cli.face.rig.store import LARGEST

SIDE: Final = 1024
"""Units of the page across."""
WIDE: Final = 420
"""Units of the page that are kept on each side of it: enough for 16:9."""
_FACE: Final = 0.3
"""The least share of the page that a face is high: of a smaller one nobody could read the lips."""
_EYES: Final = 0.38
"""Where on the page the eyes come, from its top, if the photograph has room around them."""

Box = tuple[int, int, int, int]
"""Left, top, right, bottom, in units of the page."""


@dataclass(frozen=True, slots=True)
class Page:
    """How the pixels of a photograph lie on the page. *Upright* is the page turned until the head is not tilted."""

    scale: float
    """Units of the page for each pixel of the photograph."""
    left: float
    """Column of the photograph at the page's left edge."""
    top: float
    pivot: tuple[float, float]
    """Where the head turns, in units of the page."""
    roll: float
    """Degrees that the head is tilted."""

    @classmethod
    def around(cls, marks: Landmarks) -> Page:
        """As much of the photograph as a square holds; less of it where the face would be small."""
        width, height = marks.size
        tall = float(np.ptp(np.array(marks.oval)[:, 1]))
        side = min(width, height, tall / _FACE)
        eyes = (np.array(marks.left_eye.iris) + marks.right_eye.iris) / 2
        left = min(max(eyes[0] - side / 2, 0), width - side)
        top = min(max(eyes[1] - _EYES * side, 0), height - side)
        neck = np.array(marks.chin) + 0.07 * (np.array(marks.chin) - eyes)
        pivot = (neck - (left, top)) * SIDE / side
        return cls(SIDE / side, float(left), float(top), (float(pivot[0]), float(pivot[1])), marks.roll)

    def upright(self, points: object) -> Points:
        """Positions on the photograph -> on the upright page; shape (n, 2)."""
        matrix = self._matrix(self.roll)
        moved: Points = np.atleast_2d(np.asarray(points, np.float64)) @ matrix[:, :2].T + matrix[:, 2]
        return moved

    def raster(self, photo: Pixels, box: Box, *, upright: bool = True) -> Pixels:
        """What of `photo` (RGB) lies in `box`, mirrored where the photograph ends, at `LARGEST` pixels a unit."""
        left, top, right, bottom = box
        matrix = self._matrix(self.roll if upright else 0)
        matrix = LARGEST * np.column_stack([matrix[:, :2], matrix[:, 2] - (left, top)])
        times = LARGEST * self.scale
        if times < 0.7:
            # Without this a large photograph, of which every third pixel is looked at, glitters.
            photo = np.asarray(cv2.resize(photo, None, fx=times, fy=times, interpolation=cv2.INTER_AREA), np.float32)
            matrix[:, :2] /= times
        # Positions count from the corner of a pixel, OpenCV counts from its middle.
        matrix[:, 2] += 0.5 * matrix[:, :2].sum(1) - 0.5
        size = ((right - left) * LARGEST, (bottom - top) * LARGEST)
        flags = cv2.INTER_CUBIC
        found = cv2.warpAffine(photo, matrix, size, flags=flags, borderMode=cv2.BORDER_REFLECT_101)
        return np.clip(np.asarray(found, np.float32), 0, 1)

    def _matrix(self, roll: float) -> NDArray[np.float64]:
        """Positions on the photograph -> on the page turned back by `roll` degrees about the pivot."""
        cos, sin = math.cos(math.radians(roll)), math.sin(math.radians(roll))
        turn = np.array([[cos, sin], [-sin, cos]])
        start = -self.scale * np.array([self.left, self.top])
        pivot = np.array(self.pivot)
        return np.column_stack([self.scale * turn, turn @ (start - pivot) + pivot])
