"""What moves in a face by itself: eyes and brows, and the marks that a feeling leaves on the skin under them."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import cv2
import numpy as np

from deckard_cli.face.rig.canvas import Box, Layer, Layers, Packed, eight_bit, faded, over
from deckard_cli.face.rig.eyes import Eyes
from deckard_cli.face.rig.geometry import Geometry
from deckard_cli.face.rig.pose import EyePose, Pose
from deckard_cli.face.rig.texture import Texture

_MARKS: Final = ("fold-left", "fold-right", "cheek-left", "cheek-right", "furrow", "forehead")
"""Layers that fade in: folds beside the mouth, the light and shade of raised cheeks, what stands between drawn brows
and over raised ones. A drawing does without those it does not have.
"""
_STEPS: Final = 64
"""Steps in which a mark fades in, too small to be seen: what only trembles need not be painted again."""
_Window = tuple[slice, slice]


class Features:
    """The picture of a head with its eyes and brows: painted again only where and when they do something else."""

    def __init__(self, layers: Layers, geometry: Geometry) -> None:
        self._rest_smile = geometry.mouth.smile
        self._eyes = Eyes(layers, geometry)
        self._bare = layers.flat(["head", "hair-front"])
        self._skin = replace(self._bare, pixels=self._bare.pixels.copy())
        self._head = replace(self._bare, pixels=self._bare.pixels.copy())
        self._texture = Texture(self._head)
        hair = layers.get("hair-front")
        self._places = [_Place(eye, self._bare, hair) for eye in self._eyes.draw(EyePose(), EyePose())]
        self._marks = [
            (index, layers.get(name), _Place(layers.get(name), self._bare, hair))
            for index, name in enumerate(_MARKS)
            if layers.has(name)
        ]
        self._marked: tuple[int, ...] = (0,) * len(_MARKS)
        self._drawn: tuple[EyePose, EyePose] | None = None

    def head(self, pose: Pose) -> Texture:
        """The head and its hair with the features in `pose`; to be used before the next is drawn."""
        marks = self._strengths(pose)
        if self._marked != marks:
            self._marked, self._drawn = marks, None
            self._mark()
        if self._drawn != (pose.left, pose.right):
            self._drawn = (pose.left, pose.right)
            for place in self._places:
                place.clear(self._head, self._skin)
            for place, eye in zip(self._places, self._eyes.draw(pose.left, pose.right), strict=True):
                place.paint(self._head, eye.pixels)
                self._texture.renew(place.box)
        return self._texture

    def _mark(self) -> None:
        """Paint the marks on the bare skin, and that over what the head showed there."""
        for _, _, place in self._marks:
            place.clear(self._skin, self._bare)
        for index, mark, place in self._marks:
            if self._marked[index]:
                place.paint(self._skin, faded(mark.pixels, self._marked[index] / _STEPS))
        for _, _, place in self._marks:
            place.clear(self._head, self._skin)
            self._texture.renew(place.box)

    def _strengths(self, pose: Pose) -> tuple[int, ...]:
        """How strongly each mark shows, in steps."""
        mouth, skin, left, right = pose.mouth, pose.skin, pose.left, pose.right
        raised = left.brow_inner + left.brow_outer + right.brow_inner + right.brow_outer
        shares = (
            1.1 * (mouth.smile_left - self._rest_smile),
            1.1 * (mouth.smile_right - self._rest_smile),
            *(skin.cheek_left, skin.cheek_right),
            *(0.5 * (left.brow_frown + right.brow_frown), 0.25 * raised),
        )
        return tuple(round(_STEPS * min(1.0, max(0.0, share))) for share in shares)


class _Place:
    """Where a part lies in the picture of the head. Hair that hangs over it is one picture with the head, which is
    drawn before, so the part is cut out where hair lies.
    """

    def __init__(self, part: Layer, head: Layer, hair: Layer) -> None:
        height, width = part.pixels.shape[:2]
        x, y = part.left - head.left, part.top - head.top
        rows, columns = head.pixels.shape[:2]
        x0, y0, x1, y1 = max(x, 0), max(y, 0), min(x + width, columns), min(y + height, rows)
        self.box = Box(x0, y0, max(x0, x1), max(y0, y1))
        """In pixels of the head."""
        self._there: _Window = (slice(y0, max(y0, y1)), slice(x0, max(x0, x1)))
        self._here: _Window = (slice(y0 - y, max(y0, y1) - y), slice(x0 - x, max(x0, x1) - x))
        clear = ~hair.window(part.left, part.top, width, height)[self._here][..., 3]
        self._empty = not clear.size
        self._holes: Packed | None = None
        if not self._empty and clear.min() < 255:
            self._holes = eight_bit(cv2.merge([clear, clear, clear, clear]))

    def clear(self, onto: Layer, under: Layer) -> None:
        """Show in `onto` what is in `under`, which has the same size."""
        np.copyto(onto.pixels[self._there], under.pixels[self._there])

    def paint(self, onto: Layer, pixels: Packed) -> None:
        """Put the part's `pixels` over what is in `onto`."""
        if self._empty:
            return
        seen = np.ascontiguousarray(pixels[self._here])
        if self._holes is not None:
            seen = eight_bit(cv2.multiply(seen, self._holes, scale=1 / 255))
        over(onto.pixels[self._there], seen)
