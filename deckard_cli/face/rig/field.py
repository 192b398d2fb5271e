"""How the head, the hair and the body move: for each point of the picture, the point of the page that stands there.

The head is an ellipsoid on a pivot. Turning it moves near points further than far ones, so that nose, ears, fringe and
the hair behind pass one another (parallax). Everything is worked out on a coarse grid and spread to pixels: the
movement is smooth, and a grid of a thousand points costs less than a picture of a hundred thousand.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from deckard_cli.face.rig.canvas import Grid
from deckard_cli.face.rig.geometry import Geometry, Head
from deckard_cli.face.rig.pose import HeadPose, MouthPose

_LIFT = 3.2
"""Units of the page that breathing in lifts the shoulders."""
_RISE = 1.6
"""Units of the page that it lifts the head."""


@dataclass(frozen=True, slots=True)
class Spots:
    """Points of the posed page, on a coarse grid that stays where it is from frame to frame."""

    x: Grid
    y: Grid
    depth: Grid
    """How near the resting head comes there, in units of the face."""
    hair: Grid | float = 0.0
    """How much of what is drawn there is hair (1) and not skin (0)."""
    loose: Grid | float = 0.0
    """How much of the head's lag shows there: the ends of the hair swing out further than the head went."""
    held: Grid | float = 0.0
    """How much what is there rests on the shoulders."""

    @classmethod
    def at(cls, geometry: Geometry, x: Grid, y: Grid, hair: Callable[[Grid, Grid], Grid] | None = None) -> Spots:
        """The points (x, y), both of one shape; `hair` says of points of the drawing how much of them is hair."""
        head = geometry.head
        roll = math.radians(head.roll)
        dx, dy = x - head.pivot[0], y - head.pivot[1]
        px = head.pivot[0] + dx * math.cos(roll) + dy * math.sin(roll)
        py = head.pivot[1] - dx * math.sin(roll) + dy * math.cos(roll)
        depth = _depth(head, (px - head.origin[0]) / head.scale, (py - head.origin[1]) / head.scale)
        if hair is None:
            return cls(x, y, depth)
        share, eyes = hair(px, py), head.origin[1]
        loose, held = _smooth(eyes + 60, eyes + 420, y), _smooth(eyes + 260, eyes + 440, y)
        return cls(x, y, depth, share, 1.6 * share * loose, 0.55 * share * held)

    def shifted(self, x: float, y: float) -> Spots:
        """The grid moved, with the head under it."""
        return replace(self, x=self.x + np.float32(x), y=self.y + np.float32(y))


Unmove = Callable[[Spots], tuple[Grid, Grid]]
"""Points of the posed page -> where they are on the page as drawn."""


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
        """As much of the page as fits: its middle in a tall clip, its surroundings too in a wide one."""
        page = geometry.page
        scale = min(height / page.height, width / (page.width * 9 / 16))
        left = geometry.head.origin[0] - width / scale / 2 if width < height else (page.width - width / scale) / 2
        return cls(left, 0 if height / scale <= page.height else page.height - height / scale, scale, width, height)


def _smooth(low: float, high: float, value: Grid) -> Grid:
    t: Grid = np.clip((value - low) / (high - low), 0, 1)
    return t * t * (3 - 2 * t)


def _depth(head: Head, x: Grid, y: Grid) -> Grid:
    """The ellipsoid with a soft rim and a nose: a true one is so steep at its edge that hair there would tear."""
    rx, ry, rz = head.ellipsoid
    inside = 1 - (x / (1.3 * rx)) ** 2 - (y / (1.15 * ry)) ** 2
    dome = rz * 0.5 * (inside + np.sqrt(inside * inside + 0.02))
    depth: Grid = dome + 26 * np.exp(-((x / 34) ** 2) - ((y - 0.33 * head.chin) / 40) ** 2)
    return depth


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

    def carried(self) -> tuple[float, float]:
        """How far the middle of the head has gone from where it rests, in units of the page."""
        return self._carried(self._head)

    def _carried(self, pose: HeadPose) -> tuple[float, float]:
        head = self._geometry.head
        up, near = head.pivot[1] - head.origin[1], head.scale * head.ellipsoid[2] * 0.6
        across = math.radians(pose.roll) * up + math.radians(pose.yaw) * near
        down = pose.y * head.height - math.radians(pose.pitch) * near - _RISE * pose.breath
        return across + pose.x * head.height, down

    def behind(self) -> tuple[float, ...]:
        """How far what is behind the head has gone, in units of the page: as much as its furthest parts. Breath counts
        three times: shoulders have a bright edge, and nothing else moves there.
        """
        poses = (self._head, self._lagging)
        return (*(way for pose in poses for way in self._carried(pose)), 3 * _LIFT * self._head.breath)

    def face(self, at: Spots) -> tuple[Grid, Grid]:
        """What is fixed to the skull: the mouth, whose own curves know of the jaw."""
        return self._unturn(self._head, at)

    def top(self, at: Spots) -> tuple[Grid, Grid]:
        """Skin and hair. Skin goes with the skull, its lower part with the jaw and the lips; hair stands out a little,
        its ends lag behind and rest on the shoulders. From one to the other the movement changes softly, so that
        both are one picture and nothing can open between them.
        """
        origin, scale = self._geometry.head.origin, self._geometry.head.scale
        x, y = self._unturn(self._head, at, relief=26 * at.hair)
        lag_x, lag_y = self._unturn(self._lagging, at, relief=26 * at.hair)
        x, y = x + at.loose * (lag_x - x), y + at.loose * (lag_y - y)
        x, y = x + at.held * (at.x - x), y + at.held * (at.y - y)
        skin_x, skin_y = self._unjaw((x - origin[0]) / scale, (y - origin[1]) / scale, origin, scale)
        return skin_x + at.hair * (x - skin_x), skin_y + at.hair * (y - skin_y)

    def back(self, at: Spots) -> tuple[Grid, Grid]:
        """Body, neck and the hair behind: the neck goes with the head at its top and with the body at its foot."""
        geometry, head, x, y = self._geometry, self._geometry.head, at.x, at.y
        foot = head.origin[1] + head.scale * (head.chin + 110)
        near, far = self._unturn(self._head, at, relief=-40), self._unturn(self._lagging, at, relief=-100)
        aside = _smooth(0.42, 0.62, np.abs(x - head.pivot[0]) / (head.scale * 2 * head.ellipsoid[0]))
        loose = _smooth(head.origin[1] - 40, head.origin[1] + 300, y)
        behind = [a + aside * loose * (b - a) for a, b in zip(near, far, strict=True)]
        neck = 1 - _smooth(head.origin[1] + head.scale * head.chin - 20, foot, y)
        fall = 1 - _smooth(head.origin[1] + 130, head.origin[1] + 400, y)
        follow = neck + aside * (fall - neck)
        lift = _LIFT * self._head.breath * _smooth(geometry.page.height, foot - 60, y)
        return x + follow * (behind[0] - x), y + follow * (behind[1] - y) + lift

    def _with_jaw(self, level: Grid) -> Grid:
        """How much of the jaw's way (0..1) the skin goes at `level` units of the face below the eyes."""
        chin = self._geometry.head.chin
        return _smooth(0.263 * chin, 0.869 * chin, level)

    def _unturn(self, pose: HeadPose, at: Spots, relief: Grid | float = 0) -> tuple[Grid, Grid]:
        head = self._geometry.head
        roll = math.radians(head.roll + pose.roll)
        dx = at.x - (head.pivot[0] + pose.x * head.height)
        dy = at.y - (head.pivot[1] + pose.y * head.height - _RISE * pose.breath)
        px = head.pivot[0] + dx * math.cos(roll) + dy * math.sin(roll)
        py = head.pivot[1] - dx * math.sin(roll) + dy * math.cos(roll)
        yaw, pitch = math.radians(pose.yaw), math.radians(pose.pitch)
        near = head.scale * (at.depth + relief)
        cx = head.origin[0]
        return (
            cx + (px - cx - near * math.sin(yaw)) / math.cos(yaw),
            head.origin[1] + (py - head.origin[1] + near * math.sin(pitch)) / math.cos(pitch),
        )

    def _unjaw(self, fx: Grid, fy: Grid, origin: tuple[float, float], scale: float) -> tuple[Grid, Grid]:
        jaw, mouth = self._mouth, self._geometry.mouth
        drawn = np.where(fy <= 0, fy, np.interp(fy, self._lowered, self._levels)).astype(np.float32)
        # Beside the cheeks nothing hangs on the jaw: a lock there would be bent with every vowel.
        wide = self._geometry.head.ellipsoid[0]
        drawn = drawn + _smooth(0.66 * wide, 0.8 * wide, np.abs(fx)) * (fy - drawn)
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
