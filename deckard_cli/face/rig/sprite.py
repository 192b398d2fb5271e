"""Putting a moved layer into the frame: where it may show, the coarse grid there, and memory that is used again."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from deckard_cli.face.rig.canvas import Layer, Planes, cover
from deckard_cli.face.rig.field import Spots, Unmove, View
from deckard_cli.face.rig.geometry import Geometry

REACH: Final = 24
"""Units of the page that any part of a layer may move from where its middle goes."""

_OVERHEAD: Final = 13000
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
    processor's cache, and never new, because the first touch of fresh memory costs more than drawing in it."""

    PIXELS: Final = 1 << 16
    """Of a rectangle at most, about."""

    def __init__(self) -> None:
        self._floats = np.empty(0, np.float32)
        self._bytes = np.empty(0, np.uint8)

    def positions(self, width: int, height: int) -> NDArray[np.float32]:
        """Shape (height, width, 2)."""
        count = width * height * 2
        if self._floats.size < count:
            self._floats = np.empty(count, np.float32)
        return self._floats[:count].reshape(height, width, 2)

    def pictures(self, width: int, height: int) -> list[NDArray[np.uint8]]:
        """A packed picture and its four planes, and the same at half the size."""
        shapes = [(height, width, 4), *[(height, width)] * 4]
        shapes += [(height // 2, width // 2, 4), *[(height // 2, width // 2)] * 4]
        counts = [math.prod(shape) for shape in shapes]
        if self._bytes.size < sum(counts):
            self._bytes = np.empty(sum(counts), np.uint8)
        ends = list(itertools.accumulate(counts))
        return [
            self._bytes[end - count : end].reshape(shape)
            for end, count, shape in zip(ends, counts, shapes, strict=True)
        ]


class Sprite:
    """One layer in the frame: moved on a coarse grid, drawn rectangle by rectangle."""

    def __init__(self, geometry: Geometry, view: View, tiles: Mask, cell: int, scratch: Scratch) -> None:
        """`tiles` are the cells in which the layer may show, `cell` is their side in pixels."""
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
        self._spots = Spots.at(geometry, *np.meshgrid(xs[self._left : right], ys[self._top : bottom]))
        self._coarse = np.empty((*self._spots.x.shape, 2), np.float32)

    def place(self, layer: Layer, unmove: Unmove, carried: tuple[float, float], planes: Planes) -> None:
        """Draw the layer over `planes`. `carried` is how far, in units of the page, the layer has gone as a whole:
        the rectangles go with it, so that they need not hold all the places where it could ever be."""
        if not self.boxes:
            return
        spots, off_x, off_y = self._carried(carried)
        x, y = unmove(spots)
        np.multiply(x, layer.scale, out=self._coarse[..., 0])
        np.multiply(y, layer.scale, out=self._coarse[..., 1])
        self._coarse -= (layer.left + 0.5, layer.top + 0.5)
        for box in self.boxes:
            self._draw(box, off_x, off_y, layer, planes.planes)

    def _carried(self, by: tuple[float, float]) -> tuple[Spots, int, int]:
        """The grid moved `by` units of the page, to a whole and even number of pixels, and that number."""
        off_x, off_y = (round(way * self._scale / 2) * 2 for way in by)
        if not off_x and not off_y:
            return self._spots, 0, 0
        x, y = np.float32(off_x / self._scale), np.float32(off_y / self._scale)
        return Spots(self._spots.x + x, self._spots.y + y, self._spots.depth), off_x, off_y

    def _draw(self, box: Box, off_x: int, off_y: int, layer: Layer, planes: tuple[NDArray[np.uint8], ...]) -> None:
        cell = self._cell
        left, top = box.left * cell + off_x, box.top * cell + off_y
        x, y = max(left, 0), max(top, 0)
        width = min(box.right * cell + off_x, self._size[0]) - x
        height = min(box.bottom * cell + off_y, self._size[1]) - y
        if width <= 0 or height <= 0:
            return
        rows, columns = box.top - self._top, box.left - self._left
        coarse = self._coarse[rows : rows + box.bottom - box.top + 2, columns : columns + box.right - box.left + 2]
        fine = self._scratch.positions((box.right - box.left + 2) * cell, (box.bottom - box.top + 2) * cell)
        cv2.resize(coarse, (fine.shape[1], fine.shape[0]), fine, interpolation=cv2.INTER_LINEAR)
        positions = fine[cell + y - top :, cell + x - left :][:height, :width]
        shown, y_, u, v, a, small, su_, su, sv, sa = pictures = self._scratch.pictures(width, height)
        cv2.remap(layer.pixels, positions, None, cv2.INTER_LINEAR, shown, cv2.BORDER_CONSTANT)
        cv2.resize(shown, (width // 2, height // 2), small, interpolation=cv2.INTER_AREA)
        cv2.split(shown, pictures[1:5])
        cv2.split(small, pictures[6:])
        full = (slice(y, y + height), slice(x, x + width))
        half = (slice(y // 2, (y + height) // 2), slice(x // 2, (x + width) // 2))
        holes, holes_small = cv2.bitwise_not(a, u), cv2.bitwise_not(sa, su_)
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


def shown(layer: Layer, view: View, tile: int, *, reach: float = REACH, below: float = 0) -> Mask:
    """The tiles (of `tile` pixels) of the clip in which `layer` may show, if no part of it moves further than `reach`
    units of the page (`below` more downwards) from where the whole goes."""
    rows, columns = -(-view.height // tile), -(-view.width // tile)
    found = np.zeros((rows, columns), np.uint8)
    y, x = np.nonzero(layer.pixels[..., 3])
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
            [[scale, 0, layer.left * scale - view.left * view.scale], [0, scale, layer.top * scale - view.top * view.scale]]
        )
        solid = (layer.pixels[..., 3] == 255).astype(np.uint8)
        opaque |= cv2.warpAffine(solid, matrix, (view.width, view.height), flags=cv2.INTER_NEAREST)
    padded = np.ones((rows * tile, columns * tile), np.uint8)
    padded[: view.height, : view.width] = opaque
    always = padded.reshape(rows, tile, columns, tile).min((1, 3))
    shrink = math.ceil(reach * view.scale / tile)
    hidden: Mask = cv2.erode(always, np.ones((2 * shrink + 1,) * 2, np.uint8), borderValue=0) > 0
    return hidden


def _cut(tiles: Mask, top: int, left: int, overhead: float) -> Iterator[Box]:
    """Few rectangles that hold every marked tile and do not overlap (drawn twice, soft edges would be twice as thick):
    the bounding one, cut in two or three across where that saves most (three, because hair has a face in its middle)."""
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
    least, and those columns."""
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
