"""Layers as they are painted from, and painting them: what `paint.c` does, asked from Python."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from deckard_cli.face.rig.canvas import Box, Ground, Layer, Planes
from deckard_cli.face.rig.compiled import library

__all__ = ["Held", "Places", "Texture", "paint"]


class Texture:
    """A layer as it is looked up: brightness and opacity, colour at half the size, as a frame keeps it, and which parts
    of it are empty or opaque.
    """

    def __init__(self, layer: Layer) -> None:
        self.layer = layer
        height, width = layer.pixels.shape[:2]
        self.size = (width, height)
        """In pixels."""
        self._memory = np.empty(library().deckard_texture_bytes(width, height), np.uint8)
        self.address: int = self._memory.ctypes.data
        self._follow(layer.box, fresh=True)

    def renew(self, box: Box) -> None:
        """Follow the layer's pixels, which have changed in `box`."""
        if box.left < box.right and box.top < box.bottom:
            self._follow(box, fresh=False)

    def _follow(self, box: Box, *, fresh: bool) -> None:
        pixels = self.layer.pixels
        library().deckard_texture_renew(
            *(self.address, *self.size, pixels.ctypes.data, pixels.strides[0]),
            *(box.left, box.top, box.right, box.bottom, fresh),
        )


@dataclass(frozen=True, slots=True)
class Places:
    """Which place of the page the corners of a frame's cells show, in each frame of a run."""

    x: NDArray[np.float32]
    """Shape (frames, cells down + 1, cells across + 1), in units of the page."""
    y: NDArray[np.float32]
    corners: Sequence[tuple[int, int]]
    """The first cell's column and row in each frame, in pixels, which may lie outside."""
    cell: int
    """Side of a cell, in pixels, even."""


class Held:
    """A layer over a ground, kept from frame to frame: each cell of it stays where it was when it was painted, until it
    has gone far enough to be seen.
    """

    def __init__(self, texture: Texture, ground: Ground, unseen: float) -> None:
        """`unseen` is how far a point may go, in units of the page, before it is painted again."""
        self._texture, self._ground = texture, ground
        self._unseen = unseen * texture.layer.scale
        self.picture = ground.again()
        self._cells = np.zeros(0, np.float32)

    def follow(self, places: Places, frame: int) -> None:
        """Paint what has gone too far by the run's frame number `frame`."""
        _, down, across = places.x.shape
        count = (down - 1) * (across - 1) * library().deckard_held_floats()
        if self._cells.size != count:
            self._cells = np.full(count, np.nan, np.float32)
        ground, cells = self._ground.planes[0].ctypes.data, self._cells.ctypes.data
        _paint(self._texture, places, frame, self.picture.planes, ground, cells, self._unseen)


def paint(texture: Texture, places: Places, frame: int, planes: Planes) -> None:
    """Put a layer over `planes`, which lie in memory one after the other, as frame number `frame` of a run shows it."""
    _paint(texture, places, frame, planes, None, None, 0.0)


def _paint(
    texture: Texture, places: Places, frame: int, planes: Planes, ground: int | None, cells: int | None, unseen: float
) -> None:
    layer, (height, width) = texture.layer, planes[0].shape
    _, down, across = places.x.shape
    at = frame * places.x.strides[0]
    library().deckard_paint(
        *(texture.address, *texture.size, layer.scale, layer.left + 0.5, layer.top + 0.5),
        *(places.x.ctypes.data + at, places.y.ctypes.data + at, across - 1, down - 1),
        *(places.cell, *places.corners[frame]),
        *(planes[0].ctypes.data, width, height, len(planes) == 4, ground, cells, unseen),
    )
