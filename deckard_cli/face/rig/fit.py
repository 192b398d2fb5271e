"""Lips on the pixels of the patch that a mouth is drawn on: which row each edge has in each column."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from deckard_cli.face.rig.canvas import Grid, Packed
from deckard_cli.face.rig.geometry import Geometry, Points
from deckard_cli.face.rig.lips import Lips
from deckard_cli.face.rig.pose import MouthPose

_FINE: Final = 1024
"""Parts of a pixel to which positions along an edge are rounded, so that a frame is worked out to the same last bit
however many are worked out with it."""
_APART: Final = 1 << 14
"""Pixels from one edge to the next, when many are looked up as one: more than any is long."""


@dataclass(frozen=True, slots=True)
class Window:
    """A part of the patch, in its pixels."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def rows(self) -> Grid:
        return np.arange(self.top, self.bottom, dtype=np.float32)[:, None]

    def part(self, top: float, bottom: float) -> Window:
        """Its rows from `top` to `bottom`."""
        first = min(max(int(top), self.top), self.bottom - 1)
        return Window(self.left, first, self.right, min(max(int(bottom) + 2, first + 1), self.bottom))

    def cut(self, pixels: Packed, part: Window) -> Packed:
        """The `part` of `pixels`, which has the size of the window."""
        return pixels[part.top - self.top : part.bottom - self.top]


@dataclass(frozen=True, slots=True)
class Fitted:
    """The lips of one frame, on the columns of a window."""

    pose: MouthPose
    lips: Lips
    at: Window
    """What this mouth covers with its shadow: a closed one is half as tall as an open one."""
    columns: Grid
    """Which column of the drawn lips each column shows."""
    now: tuple[Grid, Grid, Grid, Grid]
    """Rows of `top`, `upper`, `lower` and `bottom` in each column."""
    was: tuple[Grid, Grid, Grid, Grid]
    """The same of the drawn lips, at `columns`."""
    outer: tuple[float, float]
    """Columns of the outer corners."""
    inner: tuple[float, float]
    """Columns of the inner corners."""


class Patch:
    """The part of the page that a mouth may cover, on the lattice of the layers."""

    def __init__(self, geometry: Geometry, scale: float, drawn: Lips) -> None:
        """`drawn` are the lips as the layers show them."""
        head, (left, top, right, bottom) = geometry.head, geometry.mouth.box
        self.left = round((head.origin[0] + head.scale * left) * scale)
        self.top = round((head.origin[1] + head.scale * top) * scale)
        self.width = round(head.scale * (right - left) * scale)
        self.height = round(head.scale * (bottom - top) * scale)
        self.scale = scale
        self.drawn = drawn
        self._photographed = geometry.mouth.own is not None
        self._edges = [(self.column(edge[:, 0]), self.row(edge[:, 1])) for edge in _edges(drawn)]

    def column(self, x: Grid) -> Grid:
        return x * self.scale - self.left - 0.5

    def row(self, y: Grid) -> Grid:
        return y * self.scale - self.top - 0.5

    def heights(self, columns: Grid) -> tuple[Grid, ...]:
        """The rows of the drawn edges `top`, `upper`, `lower` and `bottom` at `columns`."""
        return tuple(np.interp(columns, *edge).astype(np.float32) for edge in self._edges)

    def fit(self, poses: Sequence[MouthPose], shapes: Sequence[Lips], room: tuple[float, float, float]) -> list[Fitted]:
        """`shapes`, the lips of `poses`, on the patch. `room` is how far, in pixels, what is drawn around them reaches
        beside, above and below them.
        """
        if not poses:
            return []
        edges = np.array([_edges(shape) for shape in shapes])
        x, y = self.column(edges[..., 0]), self.row(edges[..., 1])
        matched = self._matching(x[:, 0], np.array([pose.round for pose in poses])[:, None])
        now, was = self._looked_up(x, y), np.array(self.heights(matched)).transpose(1, 0, 2)
        corners = x[..., [0, -1]].tolist()
        fitted = []
        for index, (pose, shape, (outer, inner, *_)) in enumerate(zip(poses, shapes, corners, strict=True)):
            at = self._window(outer, y[index, 0].min(), y[index, 3].max(), room)
            here = slice(at.left, at.right)
            edge_now, edge_was = tuple(now[index, :, here]), tuple(was[index, :, here])
            fitted.append(Fitted(pose, shape, at, matched[index, here], edge_now, edge_was, tuple(outer), tuple(inner)))
        return fitted

    def _window(self, outer: Sequence[float], top: float, bottom: float, room: tuple[float, float, float]) -> Window:
        beside, above, below = room
        left, right = outer
        return Window(
            max(0, int(left - beside)),
            max(0, int(top - above)),
            min(self.width, int(right + beside) + 1),
            min(self.height, int(bottom + below) + 2),
        )

    def _looked_up(self, x: Points, y: Points) -> Grid:
        """The rows of edges through the points (x, y), each (n, 4, points), in every column: (n, 4, width)."""
        x = np.round(x * _FINE) / _FINE
        count, each, _ = x.shape
        along = np.clip(np.arange(self.width), x[..., :1], x[..., -1:])
        start = (np.arange(count * each) * float(_APART)).reshape(count, each, 1)
        rows: Grid = np.interp((along + start).ravel(), (x + start).ravel(), y.ravel()).astype(np.float32)
        return rows.reshape(count, each, self.width)

    def _matching(self, top: Points, rounded: Points) -> Grid:
        """Which column of the drawn lips each column shows, (n, width), where the outer edges of the upper lips go
        through the columns `top`, (n, points), and the lips are `rounded`, (n, 1): both halves are stretched from the
        middle to the corner.
        """
        columns, drawn = np.arange(self.width), self._edges[0][0]
        x, was = (edge[..., [0, edge.shape[-1] // 2, -1], None] for edge in (top, drawn))
        # The corners of a photographed smile are dark: in a small round mouth they would be two black bars.
        shown = 1 - 0.3 * rounded if self._photographed else 1.0
        off = shown * (columns - x[:, 1])
        left = was[1] + off * (was[1] - was[0]) / (x[:, 1] - x[:, 0])
        right = was[1] + off * (was[2] - was[1]) / (x[:, 2] - x[:, 1])
        matched = np.where(columns < x[:, 1], left, right)
        if self._photographed:
            ends = columns - np.clip(columns, x[:, 0], x[:, 2])
            beyond = np.where(ends < 0, was[0] + ends, np.where(ends > 0, was[2] + ends, matched))
            matched = np.where(rounded > 0, beyond, matched)
        columns_shown: Grid = matched.astype(np.float32)
        return columns_shown


def _edges(lips: Lips) -> tuple[Points, Points, Points, Points]:
    return lips.top, lips.upper, lips.lower, lips.bottom
