"""Pictures that are put together anew for each frame, such as a mouth: those of a run of frames at once.

What changes its shape (lips, lids, lashes, brows) is a *band* of a drawing. It lies between two curves that have one
height for each column of pixels. It is drawn once, between the curves it has in the drawing; to draw it between others,
each column is shifted and stretched.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from deckard_cli.face.rig.canvas import Grid, Packed
from deckard_cli.face.rig.compiled import library

Heights = Grid
"""One row position for each column of each patch, shape (patches, columns), or what can be broadcast to it; in pixels.
"""
Boxes = NDArray[np.int32]
"""Shape (patches, 4): left, top, right and bottom, in pixels; nothing is drawn where right or bottom is not further."""
_CURVE: Final = np.exp(-((np.arange(48, dtype=np.float32) / 16) ** 2)).astype(np.float32)
"""How a line that is painted softly fades, at every sixteenth of its thickness (a Gaussian)."""


class Drawn:
    """A packed picture of which bands are taken."""

    def __init__(self, pixels: Packed) -> None:
        self.pixels = np.ascontiguousarray(pixels)
        seen = self.pixels[..., 3] > 0
        last = len(seen) - np.where(seen.any(0), seen[::-1].argmax(0), len(seen))
        self.reach = np.stack([np.where(seen.any(0), seen.argmax(0), len(seen)), last], 1).astype(np.int32)
        """From which row to which each column shows anything, shape (columns, 2)."""
        self.address, self.reach_address = self.pixels.ctypes.data, self.reach.ctypes.data


class Patches:
    """Packed pictures of one size, transparent at first."""

    def __init__(self, count: int, width: int, height: int) -> None:
        self.pixels: Packed = np.zeros((count, height, width, 4), np.uint8)
        """Shape (patches, height, width, 4)."""
        self._size = (count, width, height)
        self._address = self.pixels.ctypes.data
        self._all = np.empty((count, 4), np.int32)
        self._all[:] = (0, 0, width, height)
        self._all_address = self._all.ctypes.data

    def shift(
        self,
        drawn: Drawn,
        columns: Grid,
        was: Heights,
        now: Heights,
        *,
        times: float = 1.0,
        weight: Heights | float = 1.0,
        boxes: Boxes | None = None,
    ) -> None:
        """Put what is `drawn` over each patch, moved so that the curve `was` comes to `now`, and stretched from there.

        `columns` says which column of it each column shows; `was` is given at those columns. `weight` (0..1) is
        how much of it is seen, `boxes` where.
        """
        self._bands(drawn, boxes, 1 / times, weight, columns, now, was)

    def stretch(
        self,
        drawn: Drawn,
        columns: Grid,
        was: tuple[Heights, Heights],
        now: tuple[Heights, Heights],
        *,
        weight: Heights | float = 1.0,
        boxes: Boxes | None = None,
    ) -> None:
        """Put what is `drawn` over each patch, with the band between `was` brought between `now`. Outside it nothing is
        stretched: soft edges and shadows keep their width. The rest is as in `shift`.
        """
        inside = np.maximum(now[1] - now[0], 0.5)
        more = np.maximum(was[1] - was[0], 0.5) / inside - 1
        self._bands(drawn, boxes, 1.0, weight, columns, now[0], was[0], inside, more)

    def _bands(
        self, drawn: Drawn, boxes: Boxes | None, slope: float, weight: Heights | float, *curves: Heights
    ) -> None:
        """`curves` are columns, now, was, and perhaps inside and more, as in `paint.c`."""
        (height, width, _), values = drawn.pixels.shape, self._curves(weight, *curves)
        library().deckard_bands(
            *(self._address, *self._size, self._boxes(boxes), drawn.address, width, height, drawn.reach_address),
            *(values.ctypes.data, len(curves) > 3, slope),
        )

    def between(
        self, others: Patches, top: Heights, bottom: Heights, weight: Heights, boxes: Boxes | None = None
    ) -> None:
        """Put each of `others` over a patch, as far as it lies between the curves `top` and `bottom`."""
        curves = self._curves(weight, top, bottom)
        library().deckard_between(
            *(self._address, *self._size, self._boxes(boxes), others._address, curves.ctypes.data)
        )

    def tint(
        self,
        colour: tuple[float, float, float],
        line: Heights,
        thick: float,
        weight: Heights,
        *,
        floor: Grid | float = 0.0,
        boxes: Boxes | None = None,
    ) -> None:
        """Tint each patch softly with one colour, along the curve `line`, `thick` pixels to either side, but everywhere
        at least as much as `floor`, one value for each patch; all that times `weight`.
        """
        shade, curves, floors = (
            np.array(colour, np.float32),
            self._curves(weight, line),
            np.empty(self._size[0], np.float32),
        )
        floors[:] = floor
        library().deckard_tint(
            *(self._address, *self._size, self._boxes(boxes), shade.ctypes.data, curves.ctypes.data, thick),
            *(_CURVE.ctypes.data, len(_CURVE), floors.ctypes.data),
        )

    def _curves(self, *curves: Heights | float) -> NDArray[np.float32]:
        """All of them in one piece of memory."""
        count, width, _ = self._size
        values = np.empty((len(curves), count, width), np.float32)
        for row, curve in zip(values, curves, strict=True):
            row[:] = curve
        return values

    def _boxes(self, boxes: Boxes | None) -> int:
        address: int = self._all_address if boxes is None else boxes.ctypes.data
        return address
