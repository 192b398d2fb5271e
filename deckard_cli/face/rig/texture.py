"""Layers as they are painted from, and painting them: what `paint.c` does, asked from Python."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from deckard_cli.face.rig.canvas import Box, Canvas, Ground, Layer
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
        self._pixels: int = layer.pixels.ctypes.data
        self._follow(layer.box, fresh=True)

    def renew(self, box: Box) -> None:
        """Follow the layer's pixels, which have changed in `box`."""
        if box.left < box.right and box.top < box.bottom:
            self._follow(box, fresh=False)

    def _follow(self, box: Box, *, fresh: bool) -> None:
        library().deckard_texture_renew(
            *(self.address, *self.size, self._pixels, self.layer.pixels.strides[0]),
            *(box.left, box.top, box.right, box.bottom, fresh),
        )


class Places:
    """Which place of the page the corners of a frame's cells show, in each frame of a run."""

    def __init__(
        self, x: NDArray[np.float32], y: NDArray[np.float32], firsts: Sequence[tuple[int, int]], cell: int
    ) -> None:
        """`x` and `y` have the shape (frames, cells down + 1, cells across + 1), in units of the page. `firsts` is the
        first cell's column and row in each frame, in pixels, which may lie outside; `cell` the side of one, in pixels,
        even.
        """
        self._kept = (x, y)
        self._x, self._y, self._each = x.ctypes.data, y.ctypes.data, x.strides[0]
        self._firsts, self._cell = firsts, cell
        self.across, self.down = x.shape[2] - 1, x.shape[1] - 1
        """Cells."""

    def at(self, frame: int) -> tuple[int, ...]:
        """What `deckard_paint` takes of frame number `frame`."""
        off = frame * self._each
        return (self._x + off, self._y + off, self.across, self.down, self._cell, *self._firsts[frame])


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
        count = places.down * places.across * library().deckard_held_floats()
        if self._cells.size != count:
            self._cells = np.full(count, np.nan, np.float32)
        kept = (self._ground.canvas.address, self._cells.ctypes.data, self._unseen)
        _paint(self._texture, places, frame, self.picture.canvas, kept)


def paint(texture: Texture, places: Places, frame: int, canvas: Canvas) -> None:
    """Put a layer over what is on `canvas`, as frame number `frame` of a run shows it."""
    _paint(texture, places, frame, canvas, (None, None, 0.0))


def _paint(
    texture: Texture, places: Places, frame: int, canvas: Canvas, kept: tuple[int | None, int | None, float]
) -> None:
    layer = texture.layer
    library().deckard_paint(
        *(texture.address, *texture.size, layer.scale, layer.left + 0.5, layer.top + 0.5),
        *places.at(frame),
        *(canvas.address, *canvas.size, canvas.clear, *kept),
    )
