"""What moves in a face by itself: eyes and brows, the folds of a smile, the mouth, on one patch of the page."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import cv2
import numpy as np

from deckard_cli.face.rig.canvas import Layer, Layers, Packed, Pool, eight_bit, faded, lay
from deckard_cli.face.rig.eyes import Eyes
from deckard_cli.face.rig.geometry import Geometry
from deckard_cli.face.rig.mouth import Mouth
from deckard_cli.face.rig.pose import EyePose, MouthPose, Pose

_FOLD_FROM: Final = 0.01
"""Strength below which a fold cannot be seen."""


class Features:
    """Draws the features of one drawing."""

    def __init__(self, layers: Layers, geometry: Geometry) -> None:
        self._rest_smile = geometry.mouth.smile
        self._folds = (layers.get("fold-left"), layers.get("fold-right"))
        self._mouth, self._eyes = Mouth(layers, geometry), Eyes(layers, geometry)
        resting = MouthPose(smile_left=self._rest_smile, smile_right=self._rest_smile)
        parts = [*self._folds, self._mouth.draw(resting), *self._eyes.draw(EyePose(), EyePose())]
        self.outlines: list[Layer] = [replace(part, pixels=np.full_like(part.pixels, 255)) for part in parts]
        """Layers that are opaque wherever the features ever are."""
        left, top = min(part.left for part in parts), min(part.top for part in parts)
        right = max(part.left + part.pixels.shape[1] for part in parts)
        bottom = max(part.top + part.pixels.shape[0] for part in parts)
        self._empty = Layer(np.zeros((bottom - top, right - left, 4), np.uint8), left, top, layers.scale)
        self._pool = Pool(self._empty.pixels)
        self._fringe = _Fringe(layers.get("hair-front"), self._empty)

    def draw(self, pose: Pose) -> Layer:
        """The features in `pose`, transparent between them."""
        canvas = replace(self._empty, pixels=self._pool.take())
        for eye in self._eyes.draw(pose.left, pose.right):
            _put(canvas, eye, eye.pixels)
        for fold, smile in zip(self._folds, (pose.mouth.smile_left, pose.mouth.smile_right), strict=True):
            strength = float(min(1.0, 1.1 * (smile - self._rest_smile)))
            if strength > _FOLD_FROM:
                _put(canvas, fold, faded(fold.pixels, strength))
        mouth = self._mouth.draw(pose.mouth)
        _put(canvas, mouth, mouth.pixels)
        self._fringe.hide(canvas.pixels)
        return canvas


def _put(canvas: Layer, part: Layer, pixels: Packed) -> None:
    lay(canvas.pixels, pixels, part.left - canvas.left, part.top - canvas.top)


class _Fringe:
    """Hair that hangs over brows and eyes. It is one picture with the head, which is drawn before them, so they are
    cut out where it lies.
    """

    def __init__(self, hair: Layer, canvas: Layer) -> None:
        height, width = canvas.pixels.shape[:2]
        alpha = hair.window(canvas.left, canvas.top, width, height)[..., 3]
        rows, columns = np.nonzero(alpha.any(1))[0], np.nonzero(alpha.any(0))[0]
        self._window = (slice(0, 0), slice(0, 0))
        self._holes: Packed | None = None
        if len(rows):
            self._window = (slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1))
            clear = cv2.bitwise_not(np.ascontiguousarray(alpha[self._window]))
            self._holes = eight_bit(cv2.merge([clear, clear, clear, clear]))

    def hide(self, pixels: Packed) -> None:
        """Cut what lies under the hair out of `pixels`, which has the size of the canvas."""
        if self._holes is not None:
            under = pixels[self._window]
            cv2.multiply(under, self._holes, under, 1 / 255)
