"""What moves in a face by itself: eyes and brows and the folds of a smile, which are painted on the skin."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np

from deckard_cli.face.rig.canvas import Layer, Layers, Packed, eight_bit, faded, lay, over
from deckard_cli.face.rig.eyes import Eyes
from deckard_cli.face.rig.geometry import Geometry
from deckard_cli.face.rig.pose import EyePose, Pose


class Features:
    """The picture of a head with its eyes and brows: painted again only where and when they do something else."""

    def __init__(self, layers: Layers, geometry: Geometry) -> None:
        self._rest_smile = geometry.mouth.smile
        self._folds = (layers.get("fold-left"), layers.get("fold-right"))
        self._eyes = Eyes(layers, geometry)
        self._blank = layers.flat(["head", "hair-front"])
        self._head = replace(self._blank, pixels=self._blank.pixels.copy())
        folds = [layers.get(name) for name in ("fold-left", "fold-right") if layers.has(name)]
        parts = [*folds, *self._eyes.draw(EyePose(), EyePose())]
        left, top = min(part.left for part in parts), min(part.top for part in parts)
        right = max(part.left + part.pixels.shape[1] for part in parts)
        bottom = max(part.top + part.pixels.shape[0] for part in parts)
        self._canvas = Layer(np.zeros((bottom - top, right - left, 4), np.uint8), left, top, layers.scale)
        self._drawn: tuple[object, ...] = ()
        self._fringe = _Fringe(layers.get("hair-front"), self._canvas)

    def head(self, pose: Pose) -> Layer:
        """The head and its hair with the features in `pose`; to be used before the next is drawn."""
        folds = tuple(self._fold(smile) for smile in (pose.mouth.smile_left, pose.mouth.smile_right))
        if self._drawn != (pose.left, pose.right, folds):
            self._drawn = (pose.left, pose.right, folds)
            self._paint(pose, folds)
        return self._head

    def _paint(self, pose: Pose, folds: tuple[float, ...]) -> None:
        canvas = self._canvas
        canvas.pixels.fill(0)
        for eye in self._eyes.draw(pose.left, pose.right):
            _put(canvas, eye, eye.pixels)
        for fold, strength in zip(self._folds, folds, strict=True):
            if strength:
                _put(canvas, fold, faded(fold.pixels, strength))
        self._fringe.hide(canvas.pixels)
        height, width = canvas.pixels.shape[:2]
        x, y = canvas.left - self._head.left, canvas.top - self._head.top
        window = (slice(y, y + height), slice(x, x + width))
        np.copyto(self._head.pixels[window], self._blank.pixels[window])
        over(self._head.pixels[window], canvas.pixels)

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
