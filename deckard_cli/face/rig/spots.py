"""The points at which movement is worked out, and what they go with: the head, its hair, the neck, or nothing.

They lie on a coarse grid, and their movement is spread to pixels: it is smooth, and a grid of a thousand points costs
less than a picture of a hundred thousand.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from deckard_cli.face.rig.canvas import Grid, Layer, Packed, eight_bit
from deckard_cli.face.rig.geometry import Geometry, Head, Page
from deckard_cli.face.rig.skin import smooth

Way = Grid
"""Where points (x, y, nearness, 1) come from in each frame, shape (frames, 2, 4), or (1, 2, 4) in all."""
_SOFT = 10
"""Units of the page over which hair becomes skin."""
HELD = 0.55
"""How much hair that lies on the shoulders rests on them: its upper side goes with the head."""
COARSE = 0.25
"""Pixels for each unit of the page, in which it is kept where hair is."""
ROUND = 80
"""Units around the page for which it is known."""


@dataclass(frozen=True, slots=True)
class Hairiness:
    """How much of a point of the page as drawn, and of what is around it, is hair."""

    shares: NDArray[np.float32]
    """0..1, for the page and what is around it."""

    def __call__(self, x: Grid, y: Grid) -> Grid:
        """At points of any shape, in units of the page."""
        columns, rows = (((way + ROUND) * COARSE - 0.5).astype(np.float32) for way in (x, y))
        found = cv2.remap(self.shares, columns, rows, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        return found.astype(np.float32, copy=False)


@dataclass(frozen=True, slots=True)
class Spots:
    """Points of the posed page, on a coarse grid, and how each moves."""

    rows: NDArray[np.float32]
    """Shape (values, rows, columns), in this order: x and y; how near to the viewer it is, and how near as hair of a
    moment ago, which may be further behind; how much of it is hair, or goes as hair does, where that does not change;
    how much hair there lags behind the head, and how much of it rests on the shoulders; how much of what is not hair
    goes with the head; how much of a breath lifts it."""
    hair: Hairiness | None
    """What says how much is hair, where that changes."""

    def part(self, rows: slice, columns: slice) -> Spots:
        """The points of those rows and columns."""
        return Spots(np.ascontiguousarray(self.rows[:, rows, columns]), self.hair)


def _spots(
    x: Grid,
    y: Grid,
    near: Grid,
    late: Grid | None = None,
    hair: Hairiness | None = None,
    *,
    share: Grid | float = 0.0,
    loose: Grid | float = 0.0,
    held: Grid | float = 0.0,
    follows: Grid | float = 1.0,
    lifted: Grid | float = 0.0,
) -> Spots:
    values = (x, y, near, near if late is None else late, share, loose, held, follows, lifted)
    return Spots(np.stack([np.broadcast_to(value, x.shape).astype(np.float32) for value in values]), hair)


def on_face(geometry: Geometry, x: Grid, y: Grid, relief: float = 0) -> Spots:
    """Points of what is fixed to the skull, `relief` units of the face before it."""
    near = _near(geometry, *_upright(geometry.head, x, y)) + geometry.head.scale * relief
    return _spots(x, y, near)


def on_head(geometry: Geometry, hair: Hairiness, x: Grid, y: Grid) -> Spots:
    """Points of skin and hair. Hair stands out a little, its ends lag behind and rest on the shoulders."""
    head, style = geometry.head, geometry.hair
    px, py = _upright(head, x, y)
    near, level = _near(geometry, px, py), (y - head.origin[1]) / head.scale
    if head.merged:
        return _spots(x, y, near, share=_around(head, px, py), held=1.0)
    near = near + head.scale * style.relief * hair(px, py)
    loose, held = style.swing * smooth(*style.loose, level), HELD * smooth(*style.held, level)
    return _spots(x, y, near, hair=hair, loose=loose, held=held)


def behind_head(geometry: Geometry, hair: Hairiness, x: Grid, y: Grid) -> Spots:
    """Points of body, neck and the hair behind: the neck goes with the head at its top and with the body at its foot,
    hair with the head, and later the longer it is.
    """
    head, neck, style = geometry.head, geometry.neck, geometry.hair
    level, near = (y - head.origin[1]) / head.scale, _near(geometry, *_upright(head, x, y))
    aside = smooth(*neck.width, np.abs(x - head.pivot[0]) / head.scale)
    carried = (1 - aside) * (1 - smooth(head.chin + neck.foot[0], head.chin + neck.foot[1], level))
    return _spots(
        *(x, y, near - 40 * head.scale, near - 100 * head.scale, hair),
        loose=min(style.swing, 1) * smooth(-37, 275, level),
        held=smooth(*style.back, level),
        follows=carried,
        lifted=smooth(geometry.page.height, head.origin[1] + head.scale * (head.chin + neck.foot[1] - 55), y),
    )


def hairiness(page: Page, hair: Layer, fixed: Layer, reach: float) -> Hairiness:
    """How much of a point of `page`, and of what is around it, goes as `hair` does: hair itself, and everything further
    than `reach` units from what is `fixed`. Empty air goes with the hair: air that stood still would show the hair a
    second time where it had been.
    """
    size = (round((page.width + 2 * ROUND) * COARSE), round((page.height + 2 * ROUND) * COARSE))
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * round(reach * COARSE) + 1,) * 2)
    air = cv2.bitwise_not(cv2.dilate(_coarse(fixed, size), kernel))
    soft = [cv2.GaussianBlur(mask, (0, 0), _SOFT * COARSE).astype(np.float32) for mask in (_coarse(hair, size), air)]
    return Hairiness(np.minimum(np.maximum(*soft) / 170, 1).astype(np.float32))


def _coarse(layer: Layer, size: tuple[int, int]) -> Packed:
    """The opacity of `layer` over the page and what is around it."""
    times = layer.scale / COARSE
    shifts = (0.5 * times - ROUND * layer.scale - start - 0.5 for start in (layer.left, layer.top))
    matrix = np.array([[times, 0, next(shifts)], [0, times, next(shifts)]], np.float32)
    alpha = np.ascontiguousarray(layer.pixels[..., 3])
    return eight_bit(cv2.warpAffine(alpha, matrix, size, flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP))


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
