"""How the head, the hair and the body move: for each point of the picture, the point of the page that stands there.

The head is an ellipsoid on a pivot. Turning it moves near points further than far ones, so that nose, ears, fringe and
the hair behind pass one another (parallax).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np

from deckard_cli.face.rig.canvas import Grid
from deckard_cli.face.rig.geometry import Geometry, Head
from deckard_cli.face.rig.pose import HeadPose, Pose
from deckard_cli.face.rig.skin import Skin
from deckard_cli.face.rig.spots import HELD, Spots, Way

_LIFT = 2.9
"""Units of the face that breathing in lifts the shoulders."""
_RISE = 1.5
"""Units of the face that it lifts the head."""

_STILL: Final[Way] = np.array([[1, 0, 0, 0], [0, 1, 0, 0]], np.float32)

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
        turned = head.scale * math.radians(roll * high + 0.4 * turn * deep)
        # The ends of the hair stay on the shoulders when the head goes.
        return max(turned, 0.5 * turned + HELD * max(math.hypot(*carried(head, pose)) for pose in poses))

    def behind(self) -> tuple[float, ...]:
        """How far what is behind the head has gone, in units of the page: as much as its furthest parts. Breath counts
        three times: shoulders have a bright edge, and nothing else moves there.
        """
        head, now = self._geometry.head, self._pose.head
        ways = (way for pose in (now, self._lagging) for way in carried(head, pose))
        return (*ways, 3 * head.scale * _LIFT * now.breath)

    def face(self, at: Spots) -> tuple[Grid, Grid]:
        """What is fixed to the skull: the mouth, whose own curves know of the jaw."""
        x, y = at.unmoved(self._way)
        return x, y

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
        x, y, hair = at.followed(self._way, self._late, self._rest)
        face_x, face_y = (x - left) / scale, (y - top) / scale
        skin_x, skin_y = self._skin.unmoved(face_x, face_y)
        skin = scale * (1 - hair)
        return x + skin * (skin_x - face_x), y + skin * (skin_y - face_y)

    def back(self, at: Spots) -> tuple[Grid, Grid]:
        """Body, neck and the hair behind."""
        x, y, _ = at.followed(self._way, self._late, _STILL)
        return x, y + self._geometry.head.scale * _LIFT * self._pose.head.breath * at.lifted

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
