"""Lips on the pixels of the patch that a mouth is drawn on: which row each edge has in each column."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from deckard_cli.face.rig.canvas import Grid
from deckard_cli.face.rig.geometry import Geometry, Points
from deckard_cli.face.rig.lips import Lips
from deckard_cli.face.rig.patches import Boxes, Heights
from deckard_cli.face.rig.pose import MouthPose

_FINE: Final = 1024
"""Parts of a pixel to which positions along an edge are rounded, so that a frame is worked out to the same last bit
however many are worked out with it."""
_SHUT: Final = 0.3
"""Units of the face between lips up to which nothing is seen of what is behind them."""
_APART: Final = 1 << 14
"""Pixels from one edge to the next, when many are looked up as one: more than any is long."""


@dataclass(frozen=True, slots=True)
class Fitted:
    """The lips of a run of frames, on the columns of their patches."""

    poses: Sequence[MouthPose]
    gap: Grid
    """Between the inner edges in the middle, in units of the face, shape (frames,)."""
    jaw_drop: Grid
    """How far the lower teeth have come down, in units of the face, shape (frames,)."""
    boxes: Boxes
    """What each mouth covers with its shadow, in pixels: a closed one is half as tall as an open one."""
    columns: Grid
    """Which column of the drawn lips each column shows, shape (frames, columns)."""
    now: tuple[Heights, ...]
    """Rows of `top`, `upper`, `lower` and `bottom` in each column, each (frames, columns)."""
    was: tuple[Heights, ...]
    """The same of the drawn lips, at `columns`."""
    outer: Grid
    """Columns of the outer corners, shape (frames, 2)."""
    inner: Grid
    """Columns of the inner corners."""

    def opened(self, margin: float) -> Boxes:
        """The rows of `boxes` that an open mouth shows its inside in, and `margin` pixels around; nothing of a closed
        one.
        """
        (_, upper, lower, _), boxes = self.now, self.boxes.copy()
        boxes[:, 1] = np.maximum(boxes[:, 1], upper.min(1) - margin)
        boxes[:, 3] = np.where(self.gap > _SHUT, np.minimum(boxes[:, 3], lower.max(1) + margin), 0)
        return boxes


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

    def fit(self, poses: Sequence[MouthPose], shapes: Sequence[Lips], room: tuple[float, float, float]) -> Fitted:
        """`shapes`, the lips of `poses`, on the patch. `room` is how far, in pixels, what is drawn around them reaches
        beside, above and below them.
        """
        edges = np.array([_edges(shape) for shape in shapes])
        x, y = self.column(edges[..., 0]), self.row(edges[..., 1])
        matched = self._matching(x[:, 0], np.array([pose.round for pose in poses])[:, None])
        now, was = self._looked_up(x, y), self.heights(matched)
        return Fitted(
            poses,
            np.array([shape.gap for shape in shapes]),
            np.array([shape.jaw_drop for shape in shapes]),
            self._boxes(x[:, 0, [0, -1]], y[:, 0].min(1), y[:, 3].max(1), room),
            matched,
            tuple(np.ascontiguousarray(now[:, edge]) for edge in range(4)),
            was,
            *(x[:, edge, [0, -1]] for edge in (0, 1)),
        )

    def _boxes(self, outer: Grid, top: Grid, bottom: Grid, room: tuple[float, float, float]) -> Boxes:
        beside, above, below = room
        ends = (outer[:, 0] - beside, top - above, outer[:, 1] + beside + 1, bottom + below + 2)
        boxes: Boxes = np.stack(ends, 1).astype(np.int32)
        return np.clip(boxes, 0, np.array([self.width, self.height] * 2, np.int32))

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
