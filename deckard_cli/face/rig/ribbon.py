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

    `columns` says which column of `pixels` each column shows; `was` is given at those columns. Outside the band
    nothing is stretched: soft edges and shadows keep their width.
    """
    top, bottom = now
    inside = np.maximum(bottom - top, 0.5)
    ratio = np.maximum(was[1] - was[0], 0.5) / inside
    depth = rows - top
    within = np.clip(depth, 0, inside)
    source = was[0] + within * ratio + (depth - within)
    return _remap(pixels, columns, source)


def shift(pixels: Packed, columns: Grid, was: Heights, now: Heights, rows: Grid, times: float | Grid = 1.0) -> Packed:
    """`pixels` moved so that the curve `was` comes to `now`, stretched `times` away from it."""
    return _remap(pixels, columns, was + (rows - now) / times)


def between(top: Heights, bottom: Heights, rows: Grid) -> Grid:
    """How much of each pixel (0..1) lies below `top` and above `bottom`."""
    covered: Grid = np.clip(rows - top + 0.5, 0, 1) * np.clip(bottom - rows + 0.5, 0, 1)
    return covered


def _remap(pixels: Packed, columns: Grid, source: Grid) -> Packed:
    across = np.ascontiguousarray(np.broadcast_to(columns, source.shape), np.float32)
    rows = source.astype(np.float32)
    return eight_bit(cv2.remap(pixels, across, rows, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT))
