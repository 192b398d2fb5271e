"""Bands of a drawing that change shape: lips, lids, lashes, brows.

A band lies between two curves that have one height for each column of pixels. It is drawn once, between the curves it
has in the drawing; to draw it between others, each column is shifted and stretched.
"""

from __future__ import annotations

import cv2
import numpy as np

from deckard_cli.face.rig.canvas import Grid, Packed, eight_bit

Heights = Grid
"""One row position for each column, in pixels of the patch."""


def stretch(
    pixels: Packed, columns: Grid, was: tuple[Heights, Heights], now: tuple[Heights, Heights], rows: Grid
) -> Packed:
    """`pixels` with the band between `was` brought between `now`.

    `columns` says which column of `pixels` each column shows, once for each row, of which there may be more than
    `rows`; `was` is given at those columns. Outside the band nothing is stretched: soft edges and shadows keep their
    width.
    """
    top, bottom = now
    inside = np.maximum(bottom - top, 0.5)
    ratio = np.maximum(was[1] - was[0], 0.5) / inside
    depth = rows - top
    within = np.minimum(np.maximum(depth, 0), inside)
    within *= ratio - 1
    depth += was[0]
    depth += within
    return _remap(pixels, columns, depth)


def shift(pixels: Packed, columns: Grid, was: Heights, now: Heights, rows: Grid, times: float = 1.0) -> Packed:
    """`pixels` moved so that the curve `was` comes to `now`, stretched `times` away from it."""
    return _remap(pixels, columns, rows + (was - now) if times == 1 else (rows - now) / times + was)


def between(top: Heights, bottom: Heights, rows: Grid) -> Grid:
    """How much of each pixel (0..1) lies below `top` and above `bottom`."""
    covered: Grid = np.minimum(np.maximum(rows - (top - 0.5), 0), 1)
    covered *= np.minimum(np.maximum((bottom + 0.5) - rows, 0), 1)
    return covered


def each_row(columns: Grid, rows: int) -> Grid:
    """`columns`, one for each column of pixels, over again in each of `rows` rows."""
    every = np.empty((rows, len(columns)), np.float32)
    every[:] = columns
    return every


def _remap(pixels: Packed, columns: Grid, rows: Grid) -> Packed:
    across = columns[: len(rows)]
    return eight_bit(cv2.remap(pixels, across, rows.astype(np.float32, copy=False), cv2.INTER_LINEAR))
