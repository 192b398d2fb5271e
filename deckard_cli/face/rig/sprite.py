"""Putting a moved layer into the frame: the coarse grid where it may show, and memory that is used again."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from deckard_cli.face.rig.canvas import Box, Grid, Packed, Plane, Planes, cover, cut, eight_bit
from deckard_cli.face.rig.field import Unmove, View
from deckard_cli.face.rig.spots import Spots
from deckard_cli.face.rig.texture import Texture
from deckard_cli.face.rig.tiles import Mask, cuts

_OVERHEAD: Final = 16000
"""Pixels that could be drawn in the time it takes to begin one more rectangle."""
Floats = NDArray[np.float32]

_GAP: Final = 3
"""Rows of cells between two things that changed, from which on each gets a rectangle of its own."""
_SIZES: Final = 512
"""Sizes of rectangles whose scratch pictures are kept."""


@dataclass(frozen=True, slots=True)
class Placed:
    """A layer on its way into the frame."""

    texture: Texture
    columns: Grid
    """Which column of its pairs each point of the sprite's grid shows. The points are the middles of its cells, and of
    one cell more on every side."""
    rows: Grid
    off: tuple[int, int]
    """Pixels, even ones, that the sprite's rectangles have gone with the layer."""


class Pictures(NamedTuple):
    """What a rectangle is drawn by."""

    maps: Sequence[Floats]
    """Columns and rows of its pairs in a layer, and those of its colour, with a cell more on every side."""
    size: tuple[int, int]
    """Width and height of the first two maps."""
    half_size: tuple[int, int]
    seen: Sequence[Floats]
    """The same without that cell."""
    pairs: Packed
    """As in `Texture`."""
    pixels: NDArray[np.uint8]
    """The same memory with each pair as two pixels, of Y and opacity."""
    colour: Packed
    full: Sequence[Plane]
    """Y and opacity."""
    half: Sequence[Plane]
    """Y, U, V and opacity at half the size."""


class Scratch:
    """Memory that every rectangle of every layer is drawn in, one after the other: small enough to stay in the
    processor's cache, and never new, because the first touch of fresh memory costs more than drawing in it.
    """

    PIXELS: Final = 1 << 17
    """Of a rectangle at most, about."""

    def __init__(self) -> None:
        self._floats = np.empty(0, np.float32)
        self._bytes = np.empty(0, np.uint8)
        self._pictures: dict[tuple[int, int], Pictures] = {}

    def pictures(self, width: int, height: int, cell: int) -> Pictures:
        """For a rectangle of that many cells of `cell` pixels."""
        if (width, height) not in self._pictures:
            if len(self._pictures) >= _SIZES:
                self._pictures.clear()
            self._pictures[width, height] = self._cut(width, height, cell)
        return self._pictures[width, height]

    def _cut(self, width: int, height: int, cell: int) -> Pictures:
        high, wide = (height + 2) * cell, (width + 2) * cell
        around = [(high, wide // 2)] * 2 + [(high // 2, wide // 2)] * 2
        high, wide = height * cell, width * cell
        half = (high // 2, wide // 2)
        shapes = [(high, wide // 2, 4), (*half, 4), (high, wide), (high, wide), half, half, half, half]
        self._grow(sum(map(math.prod, around)), sum(map(math.prod, shapes)))
        maps, (pairs, colour, *planes) = _laid(self._floats, around), _laid(self._bytes, shapes)
        edges = (cell, cell, cell // 2, cell // 2)
        seen = [grid[edge:-edge, cell // 2 : -cell // 2] for grid, edge in zip(maps, edges, strict=True)]
        sizes = (maps[0].shape[::-1], maps[2].shape[::-1])
        return Pictures(maps, *sizes, seen, pairs, pairs.reshape(high, wide, 2), colour, planes[:2], planes[2:])

    def _grow(self, floats: int, count: int) -> None:
        if self._floats.size < floats or self._bytes.size < count:
            self._floats = np.empty(max(floats, self._floats.size), np.float32)
            self._bytes = np.empty(max(count, self._bytes.size), np.uint8)
            self._pictures.clear()


def _laid(memory: NDArray[Any], shapes: Sequence[tuple[int, ...]]) -> list[NDArray[Any]]:
    """Arrays of `shapes`, one after the other in `memory`."""
    counts = [math.prod(shape) for shape in shapes]
    ends = itertools.accumulate(counts)
    return [memory[end - n : end].reshape(shape) for end, n, shape in zip(ends, counts, shapes, strict=True)]


class Sprite:
    """One layer in the frame: moved on a coarse grid, drawn rectangle by rectangle."""

    def __init__(
        self,
        spots: Callable[[Grid, Grid], Spots],
        view: View,
        tiles: Mask,
        cell: int,
        scratch: Scratch,
    ) -> None:
        """`spots` makes the grid of its points, `tiles` are the cells in which the layer may show, `cell` is their
        side in pixels.
        """
        self.cell, self._scale, self._scratch = cell, view.scale, scratch
        self._size = (view.width, view.height)
        self.boxes = list(_bands(cuts(tiles, 0, 0, _OVERHEAD / cell**2), cell))
        rows, columns = tiles.shape
        # One cell more on every side: resizing carries its first and last half cell on flat, which would show as a
        # fold around each rectangle.
        xs = (np.arange(-0.5, columns + 1, dtype=np.float32) * cell) / view.scale + view.left
        ys = (np.arange(-0.5, rows + 1, dtype=np.float32) * cell) / view.scale + view.top
        boxes = self.boxes or [Box(0, 0, 0, 0)]
        self.left = min(box.left for box in boxes)
        """The first column of cells that the grid has a point for, beside the one more on that side."""
        self.top = min(box.top for box in boxes)
        right, bottom = max(box.right for box in boxes) + 2, max(box.bottom for box in boxes) + 2
        self._spots = spots(*np.meshgrid(xs[self.left : right], ys[self.top : bottom]))

    def placed(self, texture: Texture, unmove: Unmove, carried: tuple[float, float]) -> Placed:
        """Where the layer is. `carried` is how far, in units of the page, it has gone as a whole: the rectangles go
        with it, so that they need not hold all the places where it could ever be.
        """
        spots, off = self._carried(carried)
        x, y = unmove(spots)
        columns, rows = x * self._scale, y * self._scale
        columns -= texture.layer.left
        rows -= texture.layer.top + 0.5
        return Placed(texture, columns.astype(np.float32, copy=False), rows.astype(np.float32, copy=False), off)

    def _carried(self, by: tuple[float, float]) -> tuple[Spots, tuple[int, int]]:
        """The grid moved `by` units of the page, to a whole and even number of pixels, and that number."""
        off_x, off_y = (round(way * self._scale / 2) * 2 for way in by)
        if not off_x and not off_y:
            return self._spots, (0, 0)
        return self._spots.shifted(off_x / self._scale, off_y / self._scale), (off_x, off_y)

    def parts(self, mask: Mask) -> Iterator[Box]:
        """Rectangles, in cells, that hold what is marked in `mask`, which has a value for each point of the grid but
        those of the one cell more on every side.
        """
        for box in self.boxes:
            part = mask[self.within(box)]
            rows = np.flatnonzero(part.any(1))
            if not len(rows):
                continue
            for run in np.split(rows, np.flatnonzero(np.diff(rows) > _GAP) + 1):
                first, last = int(run[0]), int(run[-1]) + 1
                columns = np.flatnonzero(part[first:last].any(0))
                start, stop = int(columns[0]), int(columns[-1]) + 1
                yield Box(box.left + start, box.top + first, box.left + stop, box.top + last)

    def within(self, box: Box) -> tuple[slice, slice]:
        """Where the values for the cells of `box` stand in such a mask."""
        return slice(box.top - self.top, box.bottom - self.top), slice(box.left - self.left, box.right - self.left)

    def pixels(self, box: Box, off: tuple[int, int]) -> Box | None:
        """What `box`, in cells, is in pixels of the clip, when it has gone `off` pixels; None where that is outside."""
        left, top = max(box.left * self.cell + off[0], 0), max(box.top * self.cell + off[1], 0)
        right = min(box.right * self.cell + off[0], self._size[0])
        bottom = min(box.bottom * self.cell + off[1], self._size[1])
        return Box(left, top, right, bottom) if left < right and top < bottom else None

    def cells(self, box: Box, off: tuple[int, int] = (0, 0)) -> tuple[slice, slice]:
        """The rows and columns of the cells that lie over `box`, in pixels, when they have gone `off` pixels."""
        left, right = (box.left - off[0]) // self.cell, -((off[0] - box.right) // self.cell)
        top, bottom = (box.top - off[1]) // self.cell, -((off[1] - box.bottom) // self.cell)
        return (
            slice(max(top - self.top, 0), max(bottom - self.top, 0)),
            slice(max(left - self.left, 0), max(right - self.left, 0)),
        )

    def draw(self, box: Box, placed: Placed, under: Planes, planes: Planes) -> None:
        """Write into `planes` what `box`, in cells, shows over `under`."""
        here = self.pixels(box, placed.off)
        if here is None:
            return
        (y, a), (_, u, v, small_a) = self._looked_up(box, placed)
        left, top = box.left * self.cell + placed.off[0], box.top * self.cell + placed.off[1]
        inside = Box(here.left - left, here.top - top, here.right - left, here.bottom - top)
        y, u, v, a = cut((y, u, v, a), inside)
        small_a = cut((y, small_a), inside)[1]
        onto, behind = cut(planes, here), cut(under, here)
        if len(onto) == 4:
            cover(onto[3], behind[3], a, eight_bit(cv2.bitwise_not(a)))
        cv2.bitwise_not(a, a)
        cv2.bitwise_not(small_a, small_a)
        cover(onto[0], behind[0], y, a)
        cover(onto[1], behind[1], u, small_a)
        cover(onto[2], behind[2], v, small_a)

    def _looked_up(self, box: Box, placed: Placed) -> tuple[Sequence[Plane], Sequence[Plane]]:
        """What the layer shows in `box`: its Y and opacity, and all four planes at half the size."""
        left, top, right, bottom = box.left, box.top, box.right, box.bottom
        pictures = self._scratch.pictures(right - left, bottom - top, self.cell)
        part = (slice(top - self.top, bottom - self.top + 2), slice(left - self.left, right - self.left + 2))
        columns, rows = placed.columns[part], placed.rows[part]
        full, full_rows, half, half_rows = pictures.maps
        cv2.resize(columns, pictures.size, full)
        cv2.resize(rows, pictures.size, full_rows)
        cv2.resize(0.5 * columns - 0.5, pictures.half_size, half)
        cv2.resize(0.5 * rows - 0.25, pictures.half_size, half_rows)
        full, full_rows, half, half_rows = pictures.seen
        cv2.remap(placed.texture.pairs, full, full_rows, cv2.INTER_LINEAR, pictures.pairs)
        cv2.remap(placed.texture.colour, half, half_rows, cv2.INTER_LINEAR, pictures.colour)
        cv2.split(pictures.pixels, pictures.full)
        cv2.split(pictures.colour, pictures.half)
        return pictures.full, pictures.half


def _bands(rectangles: Iterator[Box], cell: int) -> Iterator[Box]:
    """`rectangles` cut into bands that fit the scratch memory."""
    for box in rectangles:
        height = max(1, Scratch.PIXELS // ((box.right - box.left) * cell * cell))
        for top in range(box.top, box.bottom, height):
            yield Box(box.left, top, box.right, min(top + height, box.bottom))
