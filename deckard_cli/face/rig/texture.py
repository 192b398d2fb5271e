"""Layers as they are resampled: two pixels at a time.

OpenCV looks up four channels at a place in hardly more time than one. So what a place of a layer holds here is
brightness and opacity of two neighbours, of which only every second is looked up, and colour is kept at half the size,
as a frame keeps it. Next to nothing is lost: neighbours keep their distance, which a face that turns or talks changes
by a few hundredths.
"""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np

from deckard_cli.face.rig.canvas import Box, Layer, Packed, eight_bit

_PAIRED: Final = (0, 0, 3, 1, 4, 2, 7, 3)
"""Which channel of two packed pictures goes into which of the pairs: Y and opacity of one, Y and opacity of the other.
"""


class Texture:
    """The pairs and the colour of a layer."""

    def __init__(self, layer: Layer) -> None:
        self.layer = layer
        height, width = layer.pixels.shape[:2]
        self.pairs = np.empty((height, width + 1, 4), np.uint8)
        """Pair i is made of the columns i - 1 and i, with nothing beyond the edges."""
        self.colour = np.empty(((height + 1) // 2 + 1, (width + 1) // 2, 4), np.uint8)
        """Packed, at half the size; the last row comes twice: a layer may end where the picture does, and one that is
        see-through would have a line of another colour there."""
        self.renew(layer.box)

    def renew(self, box: Box) -> None:
        """Follow the layer's pixels, which have changed in `box`."""
        pixels = self.layer.pixels
        height, width = pixels.shape[:2]
        left, top = box.left // 2 * 2, box.top // 2 * 2
        right, bottom = min(-(-box.right // 2) * 2, width), min(-(-box.bottom // 2) * 2, height)
        if left >= right or top >= bottom:
            return
        near = pixels[top:bottom, max(left - 1, 0) : right + 1]
        if left == 0 or right == width:
            near = _edged(near, 0, int(left == 0), int(right == width))
        cv2.mixChannels([near[:, :-1], near[:, 1:]], [self.pairs[top:bottom, left : right + 1]], _PAIRED)
        even = pixels[top:bottom, left:right]
        if (bottom - top) % 2 or (right - left) % 2:
            even = _edged(even, 0, 0, (right - left) % 2)
            even = eight_bit(cv2.copyMakeBorder(even, 0, (bottom - top) % 2, 0, 0, cv2.BORDER_REPLICATE))
        half = self.colour[top // 2 : (bottom + 1) // 2, left // 2 : (right + 1) // 2]
        cv2.resize(even, half.shape[1::-1], half, interpolation=cv2.INTER_AREA)
        self.colour[-1] = self.colour[-2]


def _edged(pixels: Packed, below: int, left: int, right: int) -> Packed:
    """`pixels` with so many transparent ones more on three sides."""
    return eight_bit(cv2.copyMakeBorder(pixels, 0, below, left, right, cv2.BORDER_CONSTANT))
