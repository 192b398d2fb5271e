"""How skin moves on the skull: with the jaw, the corners of the mouth, the cheeks, the nose.

Each movement is drawn once, as a map of the face that says how far each point goes. The maps of a frame are added up
and looked up together, which costs the same for twelve movements as for one.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np

from deckard_cli.face.rig.canvas import Grid
from deckard_cli.face.rig.geometry import Geometry, Hanging, Head
from deckard_cli.face.rig.pose import Pose

_STEP: Final = 12
"""Units of the face between two points of a map."""
_LEVEL: Final = 4
"""Units of the face between two heights at which the way of the jaw is kept."""
_NARROW: Final = 0.035
"""Share by which a face gets narrower at its chin, when the jaw is down."""


class Skin:
    """The skin of one face; all in units of the face, seen from the front."""

    def __init__(self, geometry: Geometry) -> None:
        self._geometry = geometry
        head, mouth = geometry.head, geometry.mouth
        rx, chin = head.ellipsoid[0], head.chin
        self._left, self._top = -1.5 * rx, -0.5 * chin
        x, y = np.meshgrid(np.arange(self._left, 1.5 * rx, _STEP), np.arange(self._top, 1.9 * chin, _STEP))
        self._shape = x.shape
        # Beside the cheeks nothing hangs on the jaw: a lock there would be bent with every vowel.
        beside, on_face = smooth(0.66 * rx, 0.8 * rx, np.abs(x)), np.ones_like(x)
        if head.merged:
            # Beside and below the chin of a photograph are neck and collar, which would bob with it.
            beside = smooth(0.95, 1.25, np.hypot(x / (0.9 * rx), y / (1.12 * chin)))
            on_face -= beside
        middle = np.exp(-((x / (1.06 * mouth.half_width)) ** 4)) * (1 - beside)
        still = np.zeros_like(x)
        fixed = np.stack([still, still, 1 - beside - middle, middle], 2)
        ways = [np.stack([on_face * dx, on_face * dy, still, still], 2) for dx, dy in _ways(geometry, x, y)]
        self._maps = np.stack([fixed, *ways]).reshape(len(ways) + 1, -1).astype(np.float32)
        self._levels = np.arange(0, 1.8 * chin, _LEVEL, dtype=np.float32)
        cheek = _with_jaw(chin, self._levels)
        # Nose and upper lip hang on the skull: without this every vowel would draw the nostrils down.
        lip = np.minimum(cheek, smooth(mouth.line - mouth.upper - 12, mouth.line + mouth.lower, self._levels))
        self._drops = (head.drop * cheek, head.drop * lip)
        self.moved = np.zeros((1, *self._shape, 4), np.float32)
        """For each frame and point of a map, how far it goes: right, down, and how much with the jaw and the lip."""
        self.dropped = np.zeros((1, len(self._levels), 2), np.float32)
        """For each frame and level, how far what hangs on the jaw and on the lip has come down."""
        self.place = np.array([*head.origin, head.scale, self._left, self._top, _STEP, _LEVEL], np.float32)
        """Where the face is on the page, the page's units for one of the face, where its maps begin, and the units of
        the face between two points of them and between two levels."""

    def pose(self, poses: Sequence[Pose], swings: Sequence[float]) -> None:
        """Be in each of `poses` from now on, with what hangs `swings` radians out of plumb, + to the viewer's right."""
        amounts = np.array([self._amounts(pose, swing) for pose, swing in zip(poses, swings, strict=True)], np.float32)
        # A product for each frame: one for all is so large that NumPy wakes threads for it.
        self.moved = (amounts[:, None] @ self._maps).reshape(-1, *self._shape, 4)
        self.dropped = np.empty((len(poses), len(self._levels), 2), np.float32)
        for dropped, pose in zip(self.dropped, poses, strict=True):
            for side, drop in enumerate(self._drops):
                lowered = self._levels + pose.mouth.jaw * drop
                dropped[:, side] = np.interp(self._levels, lowered, self._levels) - self._levels

    def _amounts(self, pose: Pose, swing: float) -> tuple[float, ...]:
        """How much of each movement there is, the first of which is always there."""
        mouth, skin, rest = pose.mouth, pose.skin, self._geometry.mouth.smile
        return (
            *(1.0, mouth.jaw, mouth.width, mouth.round, mouth.shift),
            *(mouth.smile_left - rest, mouth.smile_right - rest),
            *(skin.cheek_left, skin.cheek_right, skin.sneer_left, skin.sneer_right),
            *(skin.puff, skin.chin, math.tan(swing)),
        )


def smooth(low: float, high: float, value: Grid) -> Grid:
    """0 below `low`, 1 above `high`, and softly from one to the other."""
    t: Grid = np.clip((value - low) / (high - low), 0, 1)
    return t * t * (3 - 2 * t)


def _with_jaw(chin: float, level: Grid) -> Grid:
    """How much of the jaw's way (0..1) the skin goes at `level` units below the eyes."""
    return smooth(0.263 * chin, 0.869 * chin, level)


def _ways(geometry: Geometry, x: Grid, y: Grid) -> Iterator[tuple[Grid, Grid]]:
    """For each movement, in the order of `Skin.pose`, how far it takes the points (x, y) to the right and down."""
    head, mouth = geometry.head, geometry.mouth
    rx, chin, none = head.ellipsoid[0], head.chin, np.zeros_like(x)
    left = 0.5 - 0.5 * np.tanh(x / 12)
    side = 1 - 2 * left

    def around(right: float, down: float, width: float, height: float) -> Grid:
        """What lies around (right, down) on both sides of the face."""
        near: Grid = np.exp(-(((np.abs(x) - right) / width) ** 2) - ((y - down) / height) ** 2)
        return near

    # Skin beside the mouth goes with its corners, or the lips would slide over a mask.
    corner = around(mouth.half_width, mouth.line, 0.19 * rx, 0.18 * chin)
    yield -_NARROW * x * _with_jaw(chin, y), none
    yield 4.05 * side * corner, none
    yield -9 * side * corner, none
    yield 6 * corner, none
    yield none, -7 * left * corner
    yield none, -7 * (1 - left) * corner
    # A cheek that is raised gets rounder: it goes up, and away from its own middle. The nose gets wider with it.
    apple, wing = (
        around(0.5 * rx, 0.29 * chin, 0.3 * rx, 0.2 * chin),
        around(0.17 * rx, 0.63 * mouth.line, 0.1 * rx, 0.1 * chin),
    )
    out = side * (3 + 0.1 * (np.abs(x) - 0.5 * rx)) * apple + 3 * side * wing
    up = (-9 + 0.1 * (y - 0.29 * chin)) * apple - 2 * wing
    for half in (left, 1 - left):
        yield out * half, up * half
    for half in (left, 1 - left):
        yield 2 * side * wing * half, -8 * around(0.17 * rx, 0.58 * mouth.line, 0.16 * rx, 0.12 * chin) * half
    yield 10 * side * around(0.6 * rx, 0.55 * chin, 0.3 * rx, 0.22 * chin), none
    yield none, -5 * np.exp(-((x / (0.25 * rx)) ** 2) - ((y - 0.86 * chin) / (0.14 * chin)) ** 2)
    yield sum((_hanging(head, hanging, x, y) for hanging in geometry.hanging), none), none


def _hanging(head: Head, hanging: Hanging, x: Grid, y: Grid) -> Grid:
    """How far below its hook each point of what hangs is."""
    hook, end = ((np.array(at) - head.origin) / head.scale for at in (hanging.hook, hanging.end))
    length = end[1] - hook[1]
    below: Grid = np.clip(y - hook[1], 0, 1.4 * length) * np.exp(-(((x - hook[0]) / (0.4 * length)) ** 6))
    return below * (1 - smooth(1.3 * length, 2 * length, y - hook[1]))
