"""How the head, the hair and the body move: for each point of the picture, the point of the page that stands there.

The head is an ellipsoid on a pivot. Turning it moves near points further than far ones, so that nose, ears, fringe and
the hair behind pass one another (parallax). Everything is worked out on a coarse grid and spread to pixels: the
movement is smooth, and a grid of a thousand points costs less than a picture of a hundred thousand.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from deckard_cli.face.rig.canvas import Grid
from deckard_cli.face.rig.geometry import Geometry, Head
from deckard_cli.face.rig.pose import HeadPose, Pose
from deckard_cli.face.rig.skin import Skin, smooth

_LIFT = 2.9
"""Units of the face that breathing in lifts the shoulders."""
_RISE = 1.5
"""Units of the face that it lifts the head."""

Way = Grid
"""Where points (x, y, nearness, 1) come from, shape (2, 4)."""
_STILL: Final[Way] = np.array([[1, 0, 0, 0], [0, 1, 0, 0]], np.float32)


@dataclass(frozen=True, slots=True)
class Spots:
    """Points of the posed page, on a coarse grid that stays where it is from frame to frame.

    Several things move each of them: the head, the head of a moment ago, nothing. What share each has is known
    beforehand, and every way is linear in where a point is and how near: so a frame is one product of matrices.
    """

    x: Grid
    y: Grid
    rows: Grid
    """Shape (4 * ways, points): for each of the ways, its share times x, y, nearness (units of the page) and 1."""
    hair: Grid | float = 0.0
    """How much of what is drawn there is hair (1) and not skin (0)."""
    off: tuple[float, float] = (0.0, 0.0)
    """How far the grid has been moved, with the head under it."""

    @classmethod
    def of(cls, x: Grid, y: Grid, *ways: tuple[Grid | float, Grid | float]) -> Spots:
        """The points (x, y) with the share and the nearness of each way."""
        rows = [share * part * np.ones_like(x) for share, near in ways for part in (x, y, near, 1.0)]
        return cls(x, y, np.stack(rows).reshape(len(rows), -1).astype(np.float32))

    def shifted(self, x: float, y: float) -> Spots:
        """The grid moved, with the head under it."""
        return replace(self, off=(x, y))

    def unmoved(self, *ways: Way) -> tuple[Grid, Grid]:
        """Where the points come from, if each of the ways is followed by its share."""
        every = np.hstack(ways)
        if self.off != (0.0, 0.0):
            every[:, 3::4] += self.off[0] * every[:, 0::4] + self.off[1] * every[:, 1::4]
        x, y = every @ self.rows
        return x.reshape(self.x.shape), y.reshape(self.x.shape)


Unmove = Callable[[Spots], tuple[Grid, Grid]]
"""Points of the posed page -> where they are on the page as drawn."""
Hairiness = Callable[[Grid, Grid], Grid]
"""How much of a point of the page as drawn, and of what is around it, is hair."""


def on_face(geometry: Geometry, x: Grid, y: Grid, relief: float = 0) -> Spots:
    """Points of what is fixed to the skull, `relief` units of the face before it."""
    return Spots.of(x, y, (1.0, _near(geometry, *_upright(geometry.head, x, y)) + geometry.head.scale * relief))


def on_head(geometry: Geometry, hair: Hairiness, x: Grid, y: Grid) -> Spots:
    """Points of skin and hair. Hair stands out a little, its ends lag behind and rest on the shoulders."""
    head, style = geometry.head, geometry.hair
    px, py = _upright(head, x, y)
    if head.merged:
        around = _around(head, px, py)
        spots = Spots.of(x, y, (1 - around, _near(geometry, px, py)), (0.0, 0.0), (around, 0.0))
        return replace(spots, hair=around)
    share, level = hair(px, py), (y - head.origin[1]) / head.scale
    near = _near(geometry, px, py) + head.scale * style.relief * share
    loose, held = style.swing * share * smooth(*style.loose, level), 0.55 * share * smooth(*style.held, level)
    spots = Spots.of(x, y, ((1 - loose) * (1 - held), near), (loose * (1 - held), near), (held, 0.0))
    return replace(spots, hair=share)


def behind_head(geometry: Geometry, hair: Hairiness, x: Grid, y: Grid) -> Spots:
    """Points of body, neck and the hair behind: the neck goes with the head at its top and with the body at its foot,
    hair with the head, and later the longer it is.
    """
    head, neck, style = geometry.head, geometry.neck, geometry.hair
    px, py = _upright(head, x, y)
    share, level, near = hair(px, py), (y - head.origin[1]) / head.scale, _near(geometry, px, py)
    aside = smooth(*neck.width, np.abs(x - head.pivot[0]) / head.scale)
    carried = (1 - aside) * (1 - smooth(head.chin + neck.foot[0], head.chin + neck.foot[1], level))
    follow = carried + share * (1 - smooth(*style.back, level) - carried)
    loose = share * min(style.swing, 1) * smooth(-37, 275, level)
    lifted = smooth(geometry.page.height, head.origin[1] + head.scale * (head.chin + neck.foot[1] - 55), y)
    return Spots.of(
        *(x, y),
        (follow * (1 - loose), near - 40 * head.scale),
        (follow * loose, near - 100 * head.scale),
        (1 - follow, 0.0),
        (lifted, 0.0),
    )


def _around(head: Head, x: Grid, y: Grid) -> Grid:
    """How much a point of the upright page belongs to what is around a head that is one picture with it, 0 on the face:
    shoulders and background are drawn out softly where the head comes and goes.
    """
    fx, fy = (x - head.origin[0]) / head.scale, (y - head.origin[1]) / head.scale
    return smooth(1.05, 1.85, np.hypot(fx / head.ellipsoid[0], (fy + 15) / (0.88 * head.ellipsoid[1])))


def _upright(head: Head, x: Grid, y: Grid) -> tuple[Grid, Grid]:
    """Points of the page with the head at rest -> of the page as drawn."""
    roll = math.radians(head.roll)
    dx, dy = x - head.pivot[0], y - head.pivot[1]
    px = head.pivot[0] + dx * math.cos(roll) + dy * math.sin(roll)
    return px, head.pivot[1] - dx * math.sin(roll) + dy * math.cos(roll)


def _near(geometry: Geometry, x: Grid, y: Grid) -> Grid:
    """How near the resting head comes at a point of the drawing, in units of the page: the ellipsoid with a soft rim
    and a nose. A true one is so steep at its edge that hair there would tear.
    """
    head = geometry.head
    (rx, ry, rz), chin = head.ellipsoid, head.chin
    fx, fy = (x - head.origin[0]) / head.scale, (y - head.origin[1]) / head.scale
    inside = 1 - (fx / (1.3 * rx)) ** 2 - (fy / (1.15 * ry)) ** 2
    dome = rz * 0.5 * (inside + np.sqrt(inside * inside + 0.02))
    nose = np.exp(-((fx / (0.19 * rx)) ** 2) - ((fy - 0.33 * chin) / (0.17 * chin)) ** 2)
    near: Grid = head.scale * (dome + 0.17 * rz * nose)
    return near


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


class Body:
    """The moves of one frame. Each of `face`, `front`, `top` and `back` is an `Unmove`."""

    def __init__(self, geometry: Geometry, pose: Pose, lagging: HeadPose, skin: Skin) -> None:
        """`lagging` is where the head was a moment ago, which is what the ends of the hair still follow; `skin` is in
        `pose`.
        """
        self._geometry = geometry
        self._pose = pose
        self._lagging = lagging
        self._skin = skin
        self._way, self._late = (self._turned(head) for head in (pose.head, lagging))
        self._rest = self._turned(HeadPose()) if geometry.head.merged else _STILL

    def carried(self) -> tuple[float, float]:
        """How far the middle of the head has gone from where it rests, in units of the page."""
        return carried(self._geometry.head, self._pose.head)

    def spread(self) -> float:
        """How far any part of the head may have gone from where its middle went, in units of the page."""
        head, poses = self._geometry.head, (self._pose.head, self._lagging)
        _, high, deep = head.ellipsoid
        roll = max(abs(pose.roll) for pose in poses)
        turn = max(abs(angle) for pose in poses for angle in (pose.yaw, pose.pitch))
        return head.scale * math.radians(roll * high + 0.4 * turn * deep)

    def behind(self) -> tuple[float, ...]:
        """How far what is behind the head has gone, in units of the page: as much as its furthest parts. Breath counts
        three times: shoulders have a bright edge, and nothing else moves there.
        """
        head, now = self._geometry.head, self._pose.head
        ways = (way for pose in (now, self._lagging) for way in carried(head, pose))
        return (*ways, 3 * head.scale * _LIFT * now.breath)

    def face(self, at: Spots) -> tuple[Grid, Grid]:
        """What is fixed to the skull: the mouth, whose own curves know of the jaw."""
        return at.unmoved(self._way)

    def front(self, at: Spots) -> tuple[Grid, Grid]:
        """What rests on the nose and the cheeks."""
        x, y = at.unmoved(self._way)
        skin = self._pose.skin
        return x, y + 2.5 * self._geometry.head.scale * max(skin.cheek_left, skin.cheek_right)

    def top(self, at: Spots) -> tuple[Grid, Grid]:
        """Skin and hair. Skin goes with the skull, its lower part with the jaw and the lips. From one to the other the
        movement changes softly, so that both are one picture and nothing can open between them.
        """
        (left, top), scale = self._geometry.head.origin, self._geometry.head.scale
        x, y = at.unmoved(self._way, self._late, self._rest)
        face_x, face_y = (x - left) / scale, (y - top) / scale
        skin_x, skin_y = self._skin.unmoved(face_x, face_y)
        share = scale * (1 - at.hair)
        return x + share * (skin_x - face_x), y + share * (skin_y - face_y)

    def back(self, at: Spots) -> tuple[Grid, Grid]:
        """Body, neck and the hair behind."""
        breath = np.zeros((2, 4), np.float32)
        breath[1, 3] = self._geometry.head.scale * _LIFT * self._pose.head.breath
        return at.unmoved(self._way, self._late, _STILL, breath)

    def _turned(self, pose: HeadPose) -> Way:
        """The way of a head in `pose`."""
        head = self._geometry.head
        roll, yaw, pitch = (math.radians(angle) for angle in (head.roll + pose.roll, pose.yaw, pose.pitch))
        cos, sin = math.cos(roll), math.sin(roll)
        # From the pivot to the point, turned upright about it; from there the yaw about the midline, the pitch about
        # the line of the eyes.
        x = head.pivot[0] + pose.x * head.height
        y = head.pivot[1] + pose.y * head.height - head.scale * _RISE * pose.breath
        (left, top), (axis_x, axis_y) = head.origin, head.pivot
        off_x, off_y = axis_x - left - x * cos - y * sin, axis_y - top + x * sin - y * cos
        wide, high = 1 / math.cos(yaw), 1 / math.cos(pitch)
        return np.array(
            [
                [wide * cos, wide * sin, -math.tan(yaw), left + wide * off_x],
                [-high * sin, high * cos, math.tan(pitch), top + high * off_y],
            ],
            np.float32,
        )


def carried(head: Head, pose: HeadPose) -> tuple[float, float]:
    """How far the middle of a head in `pose` has gone from where it rests, in units of the page."""
    up, near = head.pivot[1] - head.origin[1], head.scale * head.ellipsoid[2] * 0.6
    across = math.radians(pose.roll) * up + math.radians(pose.yaw) * near
    down = pose.y * head.height - math.radians(pose.pitch) * near - head.scale * _RISE * pose.breath
    return across + pose.x * head.height, down
