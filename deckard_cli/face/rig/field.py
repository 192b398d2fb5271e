"""How the head, the hair and the body move: for each point of the picture, the point of the page that stands there.

The head is an ellipsoid on a pivot. Turning it moves near points further than far ones, so that nose, ears, fringe and
the hair behind pass one another (parallax).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from deckard_cli.face.rig.canvas import Grid
from deckard_cli.face.rig.compiled import library
from deckard_cli.face.rig.geometry import Geometry, Head
from deckard_cli.face.rig.pose import HeadPose, Heads, Pose
from deckard_cli.face.rig.skin import Skin
from deckard_cli.face.rig.spots import COARSE, HELD, ROUND, Spots, Way

_LIFT = 2.9
"""Units of the face that breathing in lifts the shoulders."""
_RISE = 1.5
"""Units of the face that it lifts the head."""

_OWN = 16
"""Units of the face that skin goes by itself, with a smile or a raised cheek."""

_STILL: Final[Way] = np.array([[[1, 0, 0, 0], [0, 1, 0, 0]]], np.float32)

Moved = tuple[NDArray[np.float32], NDArray[np.float32]]
"""Where points are on the page as drawn, each of shape (frames, rows, columns)."""
Unmove = Callable[[Spots, Grid], Moved]
"""Points of the posed page, and how far they were shifted in each frame of a run, shape (frames, 2) -> where they are
on the page as drawn."""


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
    """The moves of a run of frames. Each of `face`, `front`, `top` and `back` is an `Unmove`."""

    def __init__(self, geometry: Geometry, poses: Sequence[Pose], lagging: Sequence[HeadPose], skin: Skin) -> None:
        """`lagging` is where the head was a moment ago, which is what the ends of the hair still follow; `skin` is in
        `poses`.
        """
        self._geometry = geometry
        self._heads = heads, late = Heads.of([pose.head for pose in poses]), Heads.of(lagging)
        self._breath = heads.breath.astype(np.float32)
        cheeks = [max(pose.skin.cheek_left, pose.skin.cheek_right) for pose in poses]
        self._cheeks = np.array(cheeks, np.float32)[:, None, None]
        self._skin = skin
        self._way, self._late = self._turned(heads), self._turned(late)
        self._rest = self._turned(Heads.of([HeadPose()])) if geometry.head.merged else _STILL

    def carried(self) -> Grid:
        """How far the middle of the head has gone from where it rests, in units of the page: shape (frames, 2)."""
        return np.stack(carried(self._geometry.head, self._heads[0]), 1)

    def spread(self) -> float:
        """How far any part of the head may have gone from where its middle went, in units of the page."""
        head = self._geometry.head
        _, high, deep = head.ellipsoid
        gone = max(float(np.hypot(*carried(head, each)).max()) for each in self._heads)
        roll = max(float(np.abs(each.roll).max()) for each in self._heads)
        turn = max(float(np.abs(angle).max()) for each in self._heads for angle in (each.yaw, each.pitch))
        turned = math.radians(roll * high + 0.4 * turn * deep)
        # The ends of the hair stay on the shoulders when the head goes.
        return head.scale * (turned + _OWN) + HELD * gone

    def face(self, at: Spots, off: Grid) -> Moved:
        """What is fixed to the skull: the mouth, whose own curves know of the jaw."""
        return self._moved(at, off)

    def front(self, at: Spots, off: Grid) -> Moved:
        """What rests on the nose and the cheeks."""
        x, y = self._moved(at, off)
        y += 2.5 * self._geometry.head.scale * self._cheeks
        return x, y

    def top(self, at: Spots, off: Grid) -> Moved:
        """Skin and hair. Skin goes with the skull, its lower part with the jaw and the lips. From one to the other the
        movement changes softly, so that both are one picture and nothing can open between them.
        """
        return self._moved(at, off, self._rest, skin=self._skin)

    def back(self, at: Spots, off: Grid) -> Moved:
        """Body, neck and the hair behind."""
        return self._moved(at, off, lifts=self._geometry.head.scale * _LIFT * self._breath)

    def _moved(
        self, at: Spots, off: Grid, rest: Way = _STILL, *, skin: Skin | None = None, lifts: Grid | None = None
    ) -> Moved:
        """Where the points come from, if the head went one way, its hair still goes another, and what rests goes
        `rest`.
        """
        frames, (_, *shape) = len(off), at.rows.shape
        x, y = np.empty((2, frames, *shape), np.float32)
        ways = np.empty((frames, 3, 2, 4), np.float32)
        ways[:, 0], ways[:, 1], ways[:, 2] = self._way, self._late, rest
        ways[..., 3] += off[:, 0, None, None] * ways[..., 0] + off[:, 1, None, None] * ways[..., 1]
        lifts = np.zeros(frames, np.float32) if lifts is None else lifts
        hair = at.hair.shares if at.hair else None
        library().deckard_move(
            *(x.ctypes.data, y.ctypes.data, frames, math.prod(shape), at.rows.ctypes.data, ways.ctypes.data),
            lifts.ctypes.data,
            *((None, 0, 0) if hair is None else (hair.ctypes.data, hair.shape[1], hair.shape[0])),
            *(ROUND, COARSE),
            *(_of_skin(skin) if skin else (None, None, 0, 0, None, 0)),
        )
        return x, y

    def _turned(self, heads: Heads) -> Way:
        """The ways of `heads`."""
        head = self._geometry.head
        roll, yaw, pitch = (np.radians(angle) for angle in (head.roll + heads.roll, heads.yaw, heads.pitch))
        cos, sin = np.cos(roll), np.sin(roll)
        # From the pivot to the point, turned upright about it; from there the yaw about the midline, the pitch about
        # the line of the eyes.
        x = head.pivot[0] + heads.x * head.height
        y = head.pivot[1] + heads.y * head.height - head.scale * _RISE * heads.breath
        (left, top), (axis_x, axis_y) = head.origin, head.pivot
        off_x, off_y = axis_x - left - x * cos - y * sin, axis_y - top + x * sin - y * cos
        wide, high = 1 / np.cos(yaw), 1 / np.cos(pitch)
        rows = [
            [wide * cos, wide * sin, -np.tan(yaw), left + wide * off_x],
            [-high * sin, high * cos, np.tan(pitch), top + high * off_y],
        ]
        return np.array(rows, np.float32).transpose(2, 0, 1)


def _of_skin(skin: Skin) -> tuple[int, ...]:
    """What `deckard_move` takes of it."""
    _, height, width, _ = skin.moved.shape
    tables = (skin.moved.ctypes.data, width, height, skin.dropped.ctypes.data, skin.dropped.shape[1])
    return (skin.place.ctypes.data, *tables)


def carried(head: Head, heads: Heads) -> tuple[Grid, Grid]:
    """How far the middle of a head has gone from where it rests, in units of the page, in each of `heads`."""
    up, near = head.pivot[1] - head.origin[1], head.scale * head.ellipsoid[2] * 0.6
    across = np.radians(heads.roll) * up + np.radians(heads.yaw) * near
    down = heads.y * head.height - np.radians(heads.pitch) * near - head.scale * _RISE * heads.breath
    return across + heads.x * head.height, down
