"""Where in the clip a layer may show, in tiles, and few rectangles that hold them."""

from __future__ import annotations

import math
from collections.abc import Iterator

import cv2
import numpy as np
from numpy.typing import NDArray

from deckard_cli.face.rig.canvas import Box, Layer, eight_bit
from deckard_cli.face.rig.field import View

Mask = NDArray[np.bool_]


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


def cuts(tiles: Mask, top: int, left: int, overhead: float) -> Iterator[Box]:
    """Few rectangles that hold every marked tile and do not overlap (drawn twice, soft edges would be twice as thick):
    the bounding one, cut in two or three where that saves most (three, because hair has a face in its middle).
    """
    rows, columns = np.nonzero(tiles.any(1))[0], np.nonzero(tiles.any(0))[0]
    if not len(rows):
        return
    top, left = top + int(rows[0]), left + int(columns[0])
    tiles = tiles[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    height, width = tiles.shape
    (area, start, stop), across = min((_bestcuts(tiles.T), False), (_bestcuts(tiles), True))
    if area + overhead >= height * width:
        yield Box(left, top, left + width, top + height)
        return
    for begin, end in ((0, start), (start, stop), (stop, width if across else height)):
        part = tiles[:, begin:end] if across else tiles[begin:end]
        yield from cuts(part, top if across else top + begin, left + begin if across else left, overhead)


def _bestcuts(tiles: Mask) -> tuple[float, int, int]:
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
