"""How the head, the hair and the body move: for each point of the picture, the point of the page that stands there.

The head is an ellipsoid on a pivot. Turning it moves near points further than far ones, so that nose, ears, fringe and
the hair behind pass one another (parallax). Everything is worked out on a coarse grid and spread to pixels: the
movement is smooth, and a grid of a thousand points costs less than a picture of a hundred thousand.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np

from deckard_cli.face.rig.canvas import Grid, Layer, Packed
from deckard_cli.face.rig.geometry import Geometry
from deckard_cli.face.rig.pose import HeadPose, MouthPose

Unmove = Callable[[Grid, Grid], tuple[Grid, Grid]]
"""Positions on the posed page -> positions on the page as drawn."""

CELL = 16
"""Units of the page between points of the coarse grid."""


@dataclass(frozen=True, slots=True)
class View:
    """Which part of the page a clip shows."""

    left: float
    """Page position of the left edge."""
    top: float
    scale: float
    """Pixels of the clip for each unit of the page."""
    width: int
    """Pixels."""
    height: int

    @classmethod
    def of(cls, geometry: Geometry, width: int, height: int) -> View:
        """The whole page where it fits; the middle of it in a tall clip; its surroundings too in a wide one."""
        page = geometry.page
        tall = page.width * 9 / 16
        scale = max(height / page.height, width / (page.width + 2 * page.wide))
        scale = min(scale, width / tall) if width / height < tall / page.height else scale
        left = geometry.head.origin[0] - width / scale / 2 if width < height else (page.width - width / scale) / 2
        return cls(left, 0 if height / scale <= page.height else page.height - height / scale, scale, width, height)

    @property
    def cell(self) -> int:
        """Pixels between points of the coarse grid, even."""
        return max(4, round(CELL * self.scale / 2) * 2)

    def roi(self, left: float, top: float, right: float, bottom: float) -> tuple[int, int, int, int]:
        """Pixels (x, y, width, height), all even and inside the clip, that cover a part of the page."""
        x0 = max(0, int((left - self.left) * self.scale) // 2 * 2)
        y0 = max(0, int((top - self.top) * self.scale) // 2 * 2)
        x1 = min(self.width, -int(-(right - self.left) * self.scale // 2) * 2)
        y1 = min(self.height, -int(-(bottom - self.top) * self.scale // 2) * 2)
        return x0, y0, max(0, x1 - x0), max(0, y1 - y0)


def warp(layer: Layer, unmove: Unmove, view: View, roi: tuple[int, int, int, int]) -> Packed:
    """What `roi` of the clip shows of `layer` when the page is moved; packed, of the roi's size."""
    x, y, width, height = roi
    cell = view.cell
    columns, rows = -(-width // cell) + 2, -(-height // cell) + 2
    # One cell more on every side: resizing carries its first and last half cell on flat, which would show as a fold
    # around each layer.
    xs = ((np.arange(columns, dtype=np.float32) - 0.5) * cell + x) / view.scale + view.left
    ys = ((np.arange(rows, dtype=np.float32) - 0.5) * cell + y) / view.scale + view.top
    px, py = unmove(*np.meshgrid(xs, ys))
    grid = np.empty((rows, columns, 2), np.float32)
    np.multiply(px, layer.scale, out=grid[..., 0])
    np.multiply(py, layer.scale, out=grid[..., 1])
    grid -= (layer.left + 0.5, layer.top + 0.5)
    fine = cv2.resize(grid, (columns * cell, rows * cell), interpolation=cv2.INTER_LINEAR)
    fine = fine[cell : cell + height, cell : cell + width]
    return cv2.remap(layer.pixels, fine, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=0)


def _smooth(low: float, high: float, value: Grid) -> Grid:
    t = np.clip((value - low) / (high - low), 0, 1)
    return t * t * (3 - 2 * t)


class Body:
    """The moves of one frame. Each method is an `Unmove`."""

    def __init__(self, geometry: Geometry, head: HeadPose, mouth: MouthPose, lagging: HeadPose) -> None:
        """`lagging` is where the head was a moment ago, which is what the ends of the hair still follow."""
        self._geometry = geometry
        self._head = head
        self._mouth = mouth
        self._lagging = lagging
        chin = geometry.head.chin
        levels = np.arange(0, 1.8 * chin, 2, dtype=np.float32)
        self._levels = levels
        self._lowered = levels + geometry.head.drop * mouth.jaw * self._with_jaw(levels)

    def face(self, x: Grid, y: Grid) -> tuple[Grid, Grid]:
        """What is fixed to the skull: eyes, brows, mouth (whose own curves know of the jaw)."""
        return self._unturn(self._head, x, y)

    def skin(self, x: Grid, y: Grid) -> tuple[Grid, Grid]:
        """The head's skin: as the face, and its lower part goes with the jaw and the lips."""
        x, y = self.face(x, y)
        origin, scale = self._geometry.head.origin, self._geometry.head.scale
        fx, fy = (x - origin[0]) / scale, (y - origin[1]) / scale
        return self._unjaw(fx, fy, origin, scale)

    def hair(self, x: Grid, y: Grid) -> tuple[Grid, Grid]:
        """The hair in front: as the face, a little nearer; its ends lag and rest on the shoulders."""
        now = self._unturn(self._head, x, y, relief=26)
        then = self._unturn(self._lagging, x, y, relief=26)
        origin = self._geometry.head.origin
        loose = 1.6 * _smooth(origin[1] + 60, origin[1] + 420, y)
        held = 0.55 * _smooth(origin[1] + 260, origin[1] + 440, y)
        out = [a + loose * (b - a) for a, b in zip(now, then, strict=True)]
        return out[0] + held * (x - out[0]), out[1] + held * (y - out[1])

    def back(self, x: Grid, y: Grid) -> tuple[Grid, Grid]:
        """Body, neck and the hair behind: the neck goes with the head at its top and with the body at its foot."""
        geometry, head = self._geometry, self._geometry.head
        foot = head.origin[1] + head.scale * (head.chin + 110)
        near, far = self._unturn(self._head, x, y, relief=-40), self._unturn(self._lagging, x, y, relief=-150)
        aside = _smooth(0.42, 0.62, np.abs(x - head.pivot[0]) / (head.scale * 2 * head.ellipsoid[0]))
        loose = _smooth(head.origin[1] - 40, head.origin[1] + 300, y)
        behind = [a + aside * loose * (b - a) for a, b in zip(near, far, strict=True)]
        neck = 1 - _smooth(head.origin[1] + head.scale * head.chin - 20, foot, y)
        fall = 1 - _smooth(head.origin[1] + 130, head.origin[1] + 400, y)
        follow = neck + aside * (fall - neck)
        lift = 3.2 * self._head.breath * _smooth(geometry.page.height, foot - 60, y)
        drop = 0.8 * head.scale * head.drop * self._mouth.jaw * (1 - aside)
        level = (y - head.origin[1]) / head.scale / head.chin
        under = drop * _smooth(0.7, 1.0, level) * (1 - _smooth(1.05, 1.45, level))
        return x + follow * (behind[0] - x), y + follow * (behind[1] - y) + lift - under

    def _with_jaw(self, level: Grid) -> Grid:
        """How much of the jaw's way (0..1) the skin goes at `level` units of the face below the eyes."""
        chin = self._geometry.head.chin
        return _smooth(0.263 * chin, 0.869 * chin, level)

    def _unturn(self, pose: HeadPose, x: Grid, y: Grid, relief: float = 0) -> tuple[Grid, Grid]:
        head = self._geometry.head
        height = head.scale * 2 * head.chin
        roll = math.radians(head.roll + pose.roll)
        dx = x - (head.pivot[0] + pose.x * height)
        dy = y - (head.pivot[1] + pose.y * height - 1.6 * pose.breath)
        px = head.pivot[0] + dx * math.cos(roll) + dy * math.sin(roll)
        py = head.pivot[1] - dx * math.sin(roll) + dy * math.cos(roll)
        yaw, pitch = math.radians(pose.yaw), math.radians(pose.pitch)
        near = head.scale * (self._depth((px - head.origin[0]) / head.scale, (py - head.origin[1]) / head.scale) + relief)
        cx = head.origin[0]
        return (
            cx + (px - cx - near * math.sin(yaw)) / math.cos(yaw),
            head.origin[1] + (py - head.origin[1] + near * math.sin(pitch)) / math.cos(pitch),
        )

    def _depth(self, x: Grid, y: Grid) -> Grid:
        """The ellipsoid with a soft rim and a nose: a true one is so steep at its edge that hair there would tear."""
        rx, ry, rz = self._geometry.head.ellipsoid
        inside = 1 - (x / (1.3 * rx)) ** 2 - (y / (1.15 * ry)) ** 2
        dome = rz * 0.5 * (inside + np.sqrt(inside * inside + 0.02))
        return dome + 26 * np.exp(-((x / 34) ** 2) - ((y - 0.33 * self._geometry.head.chin) / 40) ** 2)

    def _unjaw(self, fx: Grid, fy: Grid, origin: tuple[float, float], scale: float) -> tuple[Grid, Grid]:
        jaw, mouth = self._mouth, self._geometry.mouth
        drawn = np.where(fy <= 0, fy, np.interp(fy, self._lowered, self._levels)).astype(np.float32)
        narrow = 1 + 0.035 * jaw.jaw * self._with_jaw(drawn)
        # Skin beside the mouth goes with its corners, or the lips would slide over a mask.
        reach = np.exp(-(((np.abs(fx) - mouth.half_width) / 34) ** 2) - ((drawn - mouth.line) / 42) ** 2)
        side = np.sign(fx)
        pull = 9 * jaw.width - 20 * jaw.round
        smile = np.where(fx < 0, jaw.smile_left, jaw.smile_right) - mouth.smile
        return (
            origin[0] + scale * (fx * narrow - 0.45 * pull * reach * side - 6 * jaw.shift * reach),
            origin[1] + scale * (drawn + 7 * smile * reach),
        )
