"""The points at which movement is worked out, and what they go with: the head, its hair, the neck, or nothing.

They lie on a coarse grid, and their movement is spread to pixels: it is smooth, and a grid of a thousand points costs
less than a picture of a hundred thousand.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import cv2
import numpy as np

from deckard_cli.face.rig.canvas import Grid, Layer, Packed, eight_bit
from deckard_cli.face.rig.geometry import Geometry, Head, Page
from deckard_cli.face.rig.skin import smooth

Way = Grid
"""Where points (x, y, nearness, 1) come from, shape (2, 4)."""
Hairiness = Callable[[Grid, Grid], Grid]
"""How much of a point of the page as drawn, and of what is around it, is hair."""
_SOFT = 10
"""Units of the page over which hair becomes skin."""
HELD = 0.55
"""How much hair that lies on the shoulders rests on them: its upper side goes with the head."""
_COARSE = 0.25
"""Pixels for each unit of the page, in which it is kept where hair is."""
_ROUND = 80
"""Units around the page for which it is known."""


@dataclass(frozen=True, slots=True)
class Spots:
    """Points of the posed page, on a coarse grid that stays where it is from frame to frame."""

    x: Grid
    y: Grid
    rows: Grid
    """Shape (4 or 8, points): x, y, nearness (units of the page) and 1, in which every way is linear, so that a frame
    is one product of matrices. Four more where hair of a moment ago is further behind."""
    hair: Hairiness
    loose: Grid | float = 0.0
    """How much hair there lags behind the head."""
    held: Grid | float = 0.0
    """How much of it rests on the shoulders."""
    follows: Grid | float = 1.0
    """How much of what is not hair goes with the head."""
    lifted: Grid | float = 0.0
    """How much of a breath lifts it."""
    off: tuple[float, float] = (0.0, 0.0)
    """How far the grid has been moved, with the head under it."""

    def shifted(self, x: float, y: float) -> Spots:
        """The grid moved, with the head under it."""
        return replace(self, off=(x, y))

    def unmoved(self, *ways: Way) -> list[Grid]:
        """Where the points come from by each of `ways`: x and y of the first, x and y of the second."""
        count, every = len(self.rows), np.vstack(ways)
        every[:, 3] += self.off[0] * every[:, 0] + self.off[1] * every[:, 1]
        if count == 4:
            found = every @ self.rows
        else:
            found = np.concatenate([every[:2] @ self.rows[:4], every[2:4] @ self.rows[4:], every[4:] @ self.rows[:4]])
        return [row.reshape(self.x.shape) for row in found]

    def followed(self, now: Way, late: Way, rest: Way) -> tuple[Grid, Grid, Grid]:
        """Where the points come from, if the head went the way `now`, its hair still goes `late`, and what rests goes
        `rest`; and how much of each is hair.
        """
        x, y, late_x, late_y, rest_x, rest_y = self.unmoved(now, late, rest)
        # Hair is looked for where it would come from: asked where the point is now, the ends of the hair in a tilted
        # head would be taken for shoulders, and torn.
        rests = 1 - self.held
        share = self.hair(rest_x + rests * (x - rest_x), rest_y + rests * (y - rest_y))
        loose, follow = share * self.loose, self.follows + share * (rests - self.follows)
        x, y = x + loose * (late_x - x), y + loose * (late_y - y)
        return rest_x + follow * (x - rest_x), rest_y + follow * (y - rest_y), share


def on_face(geometry: Geometry, x: Grid, y: Grid, relief: float = 0) -> Spots:
    """Points of what is fixed to the skull, `relief` units of the face before it."""
    near = _near(geometry, *_upright(geometry.head, x, y)) + geometry.head.scale * relief
    return Spots(x, y, _rows(x, y, near), lambda x, y: np.zeros_like(x))


def on_head(geometry: Geometry, hair: Hairiness, x: Grid, y: Grid) -> Spots:
    """Points of skin and hair. Hair stands out a little, its ends lag behind and rest on the shoulders."""
    head, style = geometry.head, geometry.hair
    px, py = _upright(head, x, y)
    near, level = _near(geometry, px, py), (y - head.origin[1]) / head.scale
    if head.merged:
        around = _around(head, px, py)
        return Spots(x, y, _rows(x, y, near), lambda x, y: around, held=1.0)
    near = near + head.scale * style.relief * hair(px, py)
    loose, held = style.swing * smooth(*style.loose, level), HELD * smooth(*style.held, level)
    return Spots(x, y, _rows(x, y, near), hair, _single(loose), _single(held))


def behind_head(geometry: Geometry, hair: Hairiness, x: Grid, y: Grid) -> Spots:
    """Points of body, neck and the hair behind: the neck goes with the head at its top and with the body at its foot,
    hair with the head, and later the longer it is.
    """
    head, neck, style = geometry.head, geometry.neck, geometry.hair
    level, near = (y - head.origin[1]) / head.scale, _near(geometry, *_upright(head, x, y))
    aside = smooth(*neck.width, np.abs(x - head.pivot[0]) / head.scale)
    carried = (1 - aside) * (1 - smooth(head.chin + neck.foot[0], head.chin + neck.foot[1], level))
    return Spots(
        *(x, y, np.concatenate([_rows(x, y, near - 40 * head.scale), _rows(x, y, near - 100 * head.scale)])),
        hair,
        loose=_single(min(style.swing, 1) * smooth(-37, 275, level)),
        held=_single(smooth(*style.back, level)),
        follows=_single(carried),
        lifted=_single(smooth(geometry.page.height, head.origin[1] + head.scale * (head.chin + neck.foot[1] - 55), y)),
    )


def hairiness(page: Page, hair: Layer, fixed: Layer, reach: float) -> Hairiness:
    """How much of a point of `page`, and of what is around it, goes as `hair` does: hair itself, and everything further
    than `reach` units from what is `fixed`. Empty air goes with the hair: air that stood still would show the hair a
    second time where it had been.
    """
    size = (round((page.width + 2 * _ROUND) * _COARSE), round((page.height + 2 * _ROUND) * _COARSE))
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * round(reach * _COARSE) + 1,) * 2)
    air = cv2.bitwise_not(cv2.dilate(_coarse(fixed, size), kernel))
    soft = [cv2.GaussianBlur(mask, (0, 0), _SOFT * _COARSE).astype(np.float32) for mask in (_coarse(hair, size), air)]
    shares = np.minimum(np.maximum(*soft) / 170, 1)

    def at(x: Grid, y: Grid) -> Grid:
        columns, rows = (((way + _ROUND) * _COARSE - 0.5).astype(np.float32) for way in (x, y))
        share = cv2.remap(shares, columns, rows, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        return share.astype(np.float32, copy=False)

    return at


def _coarse(layer: Layer, size: tuple[int, int]) -> Packed:
    """The opacity of `layer` over the page and what is around it."""
    times = layer.scale / _COARSE
    shifts = (0.5 * times - _ROUND * layer.scale - start - 0.5 for start in (layer.left, layer.top))
    matrix = np.array([[times, 0, next(shifts)], [0, times, next(shifts)]], np.float32)
    alpha = np.ascontiguousarray(layer.pixels[..., 3])
    return eight_bit(cv2.warpAffine(alpha, matrix, size, flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP))


def _single(values: Grid) -> Grid:
    return values.astype(np.float32)


def _rows(x: Grid, y: Grid, near: Grid) -> Grid:
    return np.stack([x, y, near, np.ones_like(x)]).reshape(4, -1).astype(np.float32)


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
