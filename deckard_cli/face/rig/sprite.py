"""Putting a moved layer into the frame: where it may show, the coarse grid there, and memory that is used again."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from deckard_cli.face.rig.canvas import Grid, Layer, Packed, Planes, cover, eight_bit
from deckard_cli.face.rig.field import Unmove, View
from deckard_cli.face.rig.spots import Spots

_OVERHEAD: Final = 10000
"""Pixels that could be drawn in the time it takes to begin one more rectangle."""

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle in cells of a coarse grid."""

    left: int
    top: int
    right: int
    bottom: int


class Scratch:
    """Memory that every rectangle of every layer is drawn in, one after the other: small enough to stay in the
    processor's cache, and never new, because the first touch of fresh memory costs more than drawing in it.
    """

    PIXELS: Final = 1 << 17
    """Of a rectangle at most, about."""

    def __init__(self) -> None:
        self._floats = np.empty(0, np.float32)
        self._bytes = np.empty(0, np.uint8)
        self._pictures: dict[tuple[int, int], list[NDArray[np.uint8]]] = {}

    def positions(self, width: int, height: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Columns and rows, each of shape (height, width)."""
        count = width * height
        if self._floats.size < 2 * count:
            self._floats = np.empty(2 * count, np.float32)
        return self._floats[:count].reshape(height, width), self._floats[count : 2 * count].reshape(height, width)

    def pictures(self, width: int, height: int) -> list[NDArray[np.uint8]]:
        """A packed picture and its four planes, and the same at half the size."""
        if (width, height) not in self._pictures:
            self._pictures[width, height] = self._cut(width, height)
        return self._pictures[width, height]

    def _cut(self, width: int, height: int) -> list[NDArray[np.uint8]]:
        shapes = [(height, width, 4), *[(height, width)] * 4]
        shapes += [(height // 2, width // 2, 4), *[(height // 2, width // 2)] * 4]
        counts = [math.prod(shape) for shape in shapes]
        if self._bytes.size < sum(counts):
            self._bytes = np.empty(sum(counts), np.uint8)
            self._pictures.clear()
        ends = list(itertools.accumulate(counts))
        return [
            self._bytes[end - count : end].reshape(shape)
            for end, count, shape in zip(ends, counts, shapes, strict=True)
        ]


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
        self._cell, self._scale, self._scratch = cell, view.scale, scratch
        self._size = (view.width, view.height)
        self.boxes = list(_bands(_cut(tiles, 0, 0, _OVERHEAD / cell**2), cell))
        rows, columns = tiles.shape
        # One cell more on every side: resizing carries its first and last half cell on flat, which would show as a
        # fold around each rectangle.
        xs = (np.arange(-0.5, columns + 1, dtype=np.float32) * cell) / view.scale + view.left
        ys = (np.arange(-0.5, rows + 1, dtype=np.float32) * cell) / view.scale + view.top
        self._left = min((box.left for box in self.boxes), default=0)
        self._top = min((box.top for box in self.boxes), default=0)
        right = max((box.right for box in self.boxes), default=0) + 2
        bottom = max((box.bottom for box in self.boxes), default=0) + 2
        self._spots = spots(*np.meshgrid(xs[self._left : right], ys[self._top : bottom]))

    def place(self, layer: Layer, unmove: Unmove, carried: tuple[float, float], planes: Planes) -> None:
        """Draw the layer over `planes`. `carried` is how far, in units of the page, the layer has gone as a whole:
        the rectangles go with it, so that they need not hold all the places where it could ever be.
        """
        if not self.boxes:
            return
        spots, off_x, off_y = self._carried(carried)
        x, y = unmove(spots)
        columns = (x * layer.scale - (layer.left + 0.5)).astype(np.float32)
        rows = (y * layer.scale - (layer.top + 0.5)).astype(np.float32)
        for box in self.boxes:
            self._draw(box, (off_x, off_y), layer.pixels, (columns, rows), planes)

    def _carried(self, by: tuple[float, float]) -> tuple[Spots, int, int]:
        """The grid moved `by` units of the page, to a whole and even number of pixels, and that number."""
        off_x, off_y = (round(way * self._scale / 2) * 2 for way in by)
        if not off_x and not off_y:
            return self._spots, 0, 0
        return self._spots.shifted(off_x / self._scale, off_y / self._scale), off_x, off_y

    def _draw(self, box: Box, off: tuple[int, int], pixels: Packed, coarse: tuple[Grid, Grid], planes: Planes) -> None:
        """Draw `box`, moved by `off` pixels; `coarse` says which column and row of `pixels` each grid point shows."""
        cell = self._cell
        left, top = box.left * cell + off[0], box.top * cell + off[1]
        x, y = max(left, 0), max(top, 0)
        width = min(box.right * cell + off[0], self._size[0]) - x
        height = min(box.bottom * cell + off[1], self._size[1]) - y
        if width <= 0 or height <= 0:
            return
        part = (
            slice(box.top - self._top, box.bottom - self._top + 2),
            slice(box.left - self._left, box.right - self._left + 2),
        )
        size = ((box.right - box.left + 2) * cell, (box.bottom - box.top + 2) * cell)
        window = (slice(cell + y - top, cell + y - top + height), slice(cell + x - left, cell + x - left + width))
        columns, rows = (
            cv2.resize(grid[part], size, fine, interpolation=cv2.INTER_LINEAR)[window]
            for grid, fine in zip(coarse, self._scratch.positions(*size), strict=True)
        )
        shown, y_, spare, _, a, small, spare_small, su, sv, sa = pictures = self._scratch.pictures(width, height)
        cv2.remap(pixels, columns, rows, cv2.INTER_LINEAR, shown, cv2.BORDER_CONSTANT)
        cv2.resize(shown, (width // 2, height // 2), small, interpolation=cv2.INTER_AREA)
        cv2.split(shown, pictures[1:5])
        cv2.split(small, pictures[6:])
        full = (slice(y, y + height), slice(x, x + width))
        half = (slice(y // 2, (y + height) // 2), slice(x // 2, (x + width) // 2))
        holes, holes_small = eight_bit(cv2.bitwise_not(a, spare)), eight_bit(cv2.bitwise_not(sa, spare_small))
        cover(planes[0][full], y_, holes)
        cover(planes[1][half], su, holes_small)
        cover(planes[2][half], sv, holes_small)
        if len(planes) == 4:
            cover(planes[3][full], a, holes)


def _bands(rectangles: Iterator[Box], cell: int) -> Iterator[Box]:
    """`rectangles` cut into bands that fit the scratch memory."""
    for box in rectangles:
        height = max(1, Scratch.PIXELS // ((box.right - box.left) * cell * cell))
        for top in range(box.top, box.bottom, height):
            yield Box(box.left, top, box.right, min(top + height, box.bottom))


def shown(layer: Layer, view: View, tile: int, *, reach: float, below: float = 0) -> Mask:
    """The tiles (of `tile` pixels) of the clip in which `layer` may show, if no part of it moves further than `reach`
    units of the page (`below` more downwards) from where the whole goes.
    """
    rows, columns = -(-view.height // tile), -(-view.width // tile)
    found = np.zeros((rows, columns), np.uint8)
    y, x = np.nonzero(layer.pixels[::2, ::2, 3])
    x, y = 2 * x, 2 * y
    tiles_x = (((x + layer.left) / layer.scale - view.left) * view.scale / tile).astype(int)
    tiles_y = (((y + layer.top) / layer.scale - view.top) * view.scale / tile).astype(int)
    inside = (tiles_x >= -1) & (tiles_x <= columns) & (tiles_y >= -1) & (tiles_y <= rows)
    found[np.clip(tiles_y[inside], 0, rows - 1), np.clip(tiles_x[inside], 0, columns - 1)] = 1
    grow, more = math.ceil(reach * view.scale / tile), math.ceil(below * view.scale / tile)
    kernel = np.ones((2 * grow + 1 + more, 2 * grow + 1), np.uint8)
    grown: Mask = cv2.dilate(found, kernel, anchor=(grow, grow + more)) > 0
    return grown


def hidden_by(layers: list[Layer], view: View, tile: int, reach: float) -> Mask:
    """The tiles that `layers` together cover even if they move by `reach` units of the page."""
    rows, columns = -(-view.height // tile), -(-view.width // tile)
    opaque = np.zeros((view.height, view.width), np.uint8)
    for layer in layers:
        scale = view.scale / layer.scale
        matrix = np.array(
            [
                [scale, 0, layer.left * scale - view.left * view.scale],
                [0, scale, layer.top * scale - view.top * view.scale],
            ]
        )
        solid = (layer.pixels[..., 3] == 255).astype(np.uint8)
        seen = cv2.warpAffine(solid, matrix, (view.width, view.height), flags=cv2.INTER_NEAREST)
        opaque = np.maximum(opaque, eight_bit(seen))
    padded = np.ones((rows * tile, columns * tile), np.uint8)
    padded[: view.height, : view.width] = opaque
    always = padded.reshape(rows, tile, columns, tile).min((1, 3))
    shrink = math.ceil(reach * view.scale / tile)
    hidden: Mask = cv2.erode(always, np.ones((2 * shrink + 1,) * 2, np.uint8), borderValue=0) > 0
    return hidden


def _cut(tiles: Mask, top: int, left: int, overhead: float) -> Iterator[Box]:
    """Few rectangles that hold every marked tile and do not overlap (drawn twice, soft edges would be twice as thick):
    the bounding one, cut in two or three where that saves most (three, because hair has a face in its middle).
    """
    rows, columns = np.nonzero(tiles.any(1))[0], np.nonzero(tiles.any(0))[0]
    if not len(rows):
        return
    top, left = top + int(rows[0]), left + int(columns[0])
    tiles = tiles[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    height, width = tiles.shape
    (area, start, stop), across = min((_best_cut(tiles.T), False), (_best_cut(tiles), True))
    if area + overhead >= height * width:
        yield Box(left, top, left + width, top + height)
        return
    for begin, end in ((0, start), (start, stop), (stop, width if across else height)):
        part = tiles[:, begin:end] if across else tiles[begin:end]
        yield from _cut(part, top if across else top + begin, left + begin if across else left, overhead)


def _best_cut(tiles: Mask) -> tuple[float, int, int]:
    """The area of the rectangles around the three parts of `tiles` before, between and after two columns, at its
    least, and those columns.
    """
    width = tiles.shape[1]
    before, after = _areas(tiles), _areas(tiles[:, ::-1])[::-1]
    best = (float(before[-1]), 0, width)
    for start in range(width):
        total = before[start] + _areas(tiles[:, start:]) + after[start:]
        stop = int(np.argmin(total))
        best = min(best, (float(total[stop]), start, start + stop))
    return best


def _areas(tiles: Mask) -> NDArray[np.float64]:
    """The area of the rectangle around what is marked in the first 0, 1, 2 ... columns."""
    height, width = tiles.shape
    marked = tiles.any(0)
    index = np.arange(width)
    first = np.minimum.accumulate(np.where(marked, tiles.argmax(0), height))
    last = np.maximum.accumulate(np.where(marked, height - tiles[::-1].argmax(0), 0))
    near = np.minimum.accumulate(np.where(marked, index, width))
    far = np.maximum.accumulate(np.where(marked, index + 1, 0))
    return np.concatenate([[0.0], np.maximum(last - first, 0) * np.maximum(far - near, 0)])
