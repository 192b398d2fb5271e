"""The cells in which a layer is painted: how a layer moves is worked out at their corners, and drawn out in between."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from deckard_cli.face.rig.canvas import Box, Grid, Layer
from deckard_cli.face.rig.field import Unmove, View
from deckard_cli.face.rig.spots import Spots
from deckard_cli.face.rig.texture import Places

Steps = NDArray[np.int_]
"""How far the cells have gone in each frame, to the right and down: shape (frames, 2), in pixels, even."""


class Lattice:
    """Cells that cover a frame, and some around it."""

    def __init__(self, view: View, cell: int, margin: int) -> None:
        """`cell` is their side in pixels, even, `margin` how many there are around the frame."""
        self._view, self._cell, self._margin = view, cell, margin
        self.all = Box(0, 0, *(-(-side // cell) + 2 * margin for side in (view.width, view.height)))
        """Every cell."""

    def corners(self) -> tuple[Grid, Grid]:
        """Those of the cells, in units of the page, each of shape (rows, columns)."""
        ways = [np.arange(count + 1, dtype=np.float32) - self._margin for count in (self.all.right, self.all.bottom)]
        cell, view = self._cell / self._view.scale, self._view
        x, y = np.meshgrid(ways[0] * cell + view.left, ways[1] * cell + view.top)
        return x, y

    def around(self, layer: Layer, far: float, below: float = 0) -> Box:
        """The cells in which `layer` may show, if no part of it goes further than `far` units of the page from where
        the whole goes, and `below` more downwards.
        """
        cell, (height, width) = self._cell / self._view.scale, layer.pixels.shape[:2]
        left, top = layer.left / layer.scale - self._view.left, layer.top / layer.scale - self._view.top
        ends = (left - far, top - far, left + width / layer.scale + far, top + height / layer.scale + far + below)
        cells = (math.floor(end / cell) + self._margin for end in ends)
        most = (self.all.right, self.all.bottom) * 2
        x0, y0, x1, y1 = (min(max(at, 0), last) for at, last in zip(cells, most, strict=True))
        return Box(x0, y0, min(x1 + 1, most[0]), min(y1 + 1, most[1]))

    def steps(self, way: Grid) -> Steps:
        """What comes nearest to `way`, shape (frames, 2), in units of the page."""
        steps: Steps = 2 * np.rint(way * (self._view.scale / 2)).astype(np.int_)
        return steps

    def placed(self, unmove: Unmove, spots: Spots, cells: Box, gone: Steps) -> Places:
        """Where the corners of `cells` are, whose points are `spots`, and which have `gone` with what they show."""
        part = spots.part(slice(cells.top, cells.bottom + 1), slice(cells.left, cells.right + 1))
        x, y = unmove(part, (gone / self._view.scale).astype(np.float32))
        left, top = ((first - self._margin) * self._cell for first in (cells.left, cells.top))
        firsts = [(left + right, top + down) for right, down in gone.tolist()]
        return Places(x, y, firsts, self._cell)
