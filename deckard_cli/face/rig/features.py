"""What moves in a face by itself: eyes and brows, the folds of a smile, the mouth, on one patch of the page."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np

from deckard_cli.face.rig.canvas import Layer, Layers, Packed, eight_bit, faded, lay
from deckard_cli.face.rig.eyes import Eyes
from deckard_cli.face.rig.geometry import Geometry
from deckard_cli.face.rig.mouth import Mouth
from deckard_cli.face.rig.pose import EyePose, Pose


class Features:
    """Draws the features of one drawing."""

    def __init__(self, layers: Layers, geometry: Geometry) -> None:
        self._rest_smile = geometry.mouth.smile
        self._folds = (layers.get("fold-left"), layers.get("fold-right"))
        self._mouth, self._eyes = Mouth(layers, geometry), Eyes(layers, geometry)
        parts = [*self._folds, self._mouth.room, *self._eyes.draw(EyePose(), EyePose())]
        self.outlines: list[Layer] = [replace(part, pixels=np.full_like(part.pixels, 255)) for part in parts]
        """Layers that are opaque wherever the features ever are."""
        left, top = min(part.left for part in parts), min(part.top for part in parts)
        right = max(part.left + part.pixels.shape[1] for part in parts)
        bottom = max(part.top + part.pixels.shape[0] for part in parts)
        self._still = Layer(np.zeros((bottom - top, right - left, 4), np.uint8), left, top, layers.scale)
        """All but the mouth, as it was drawn last."""
        self._drawn: tuple[object, ...] = ()
        self._fringe = _Fringe(layers.get("hair-front"), self._still)
        self._canvas = replace(self._still, pixels=np.empty_like(self._still.pixels))

    def draw(self, pose: Pose) -> Layer:
        """The features in `pose`, transparent between them; to be used before the next are drawn."""
        folds = tuple(self._fold(smile) for smile in (pose.mouth.smile_left, pose.mouth.smile_right))
        if self._drawn != (pose.left, pose.right, folds):
            self._drawn = (pose.left, pose.right, folds)
            self._draw_still(pose, folds)
        np.copyto(self._canvas.pixels, self._still.pixels)
        mouth = self._mouth.draw(pose.mouth)
        _put(self._canvas, mouth, mouth.pixels)
        return self._canvas

    def _draw_still(self, pose: Pose, folds: tuple[float, ...]) -> None:
        canvas = self._still
        canvas.pixels.fill(0)
        for eye in self._eyes.draw(pose.left, pose.right):
            _put(canvas, eye, eye.pixels)
        for fold, strength in zip(self._folds, folds, strict=True):
            if strength:
                _put(canvas, fold, faded(fold.pixels, strength))
        self._fringe.hide(canvas.pixels)

    def _fold(self, smile: float) -> float:
        """How strongly the fold beside a corner of the mouth shows, in steps too small to be seen."""
        return round(64 * min(1.0, max(0.0, 1.1 * (smile - self._rest_smile)))) / 64


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
