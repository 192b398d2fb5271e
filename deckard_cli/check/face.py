"""A face followed through the pictures of a clip, so that its mouth can be looked at as if the head stood still.

A cascade finds it (P. Viola and M. Jones, 2001), then points of its upper half are followed from the first picture
into each later one (B. Lucas and T. Kanade, 1981) and the head's shift, turn and size are fitted to them. Every picture
is compared with the first and not with the one before: nothing drifts. No part of it was trained here, and drawings
are faces to it as photographs are.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import cv2
import cv2.data
import numpy as np
from numpy.typing import NDArray

__all__ = ["PATCH", "Face", "find"]

Grey = NDArray[np.uint8]
Affine = NDArray[np.floating]

PATCH: Final = (48, 42)
"""Width and height of the picture of a mouth, in pixels."""
_MOUTH: Final = (0.22, 0.60, 0.78, 1.09)
"""Left, top, right and bottom of what it shows, in the box of the face: from the nose to below the chin."""
_BROW: Final = (0.1, 0.1, 0.9, 0.66)
"""The same of the upper half, where nothing speaks."""
_LOOK: Final = (32, 24)
"""Width and height at which that is compared."""
_SIDES: Final = (192, 320)
"""Pixels of the long side of what the cascade is shown, more where it finds nothing with less."""
_SMALLEST: Final = 0.12
"""Of that side: a smaller face has a mouth of a few pixels."""
_SURE: Final = 54.5
"""Of the cascade, whose least is 54."""
_FINE: Final = 128
"""Pixels of a face in which points are followed."""
_MARGIN: Final = 0.2
"""Of a face's width, by which it may move from one picture to the next."""
_POINTS: Final = 40
_FIRM: Final = 0.25
"""Of the points, that have to agree on where the head is."""
_LIKE: Final = 0.5
"""Correlation with the first look at a face, below which this is no longer it."""


def find(grey: Grey) -> NDArray[np.float64] | None:
    """Left, top and side, in pixels, of the box of the surest face on a picture, shape (height, width)."""
    cascade = cv2.CascadeClassifier(str(Path(cv2.data.haarcascades) / "haarcascade_frontalface_alt2.xml"))
    for side in _SIDES:
        scale = side / max(grey.shape)
        # By the scale alone a picture that is but a line would have no pixel left, and OpenCV would raise.
        size = (max(1, round(scale * grey.shape[1])), max(1, round(scale * grey.shape[0])))
        small = cv2.resize(grey, size, interpolation=cv2.INTER_AREA)
        least = round(_SMALLEST * side)
        boxes, _, weights = cascade.detectMultiScale3(
            small, scaleFactor=1.1, minNeighbors=3, minSize=(least, least), outputRejectLevels=True
        )
        sure = np.ravel(weights)
        if len(sure) and sure.max() >= _SURE:
            box: NDArray[np.float64] = np.asarray(boxes[int(np.argmax(sure))], np.float64)[:3] / scale
            return box
    return None


class Face:
    """A face from the picture on which it was found."""

    def __init__(self, grey: Grey, box: NDArray[np.float64]) -> None:
        """`box`: left, top and side in pixels."""
        left, top, side = box
        self._box = (float(left), float(top), float(side))
        self._scale = _FINE / side
        self._at = np.array([left - _MARGIN * side, top - _MARGIN * side])
        self._reference = self._cut(grey, self._at)
        points = cv2.goodFeaturesToTrack(self._reference, _POINTS, 0.01, 5, mask=self._mask())
        self._points = np.zeros((0, 1, 2), np.float32) if points is None else np.asarray(points, np.float32)
        self._origin = self._at
        self._move: Affine = np.eye(3)
        self._looked = self._look(grey, self._move)

    def follow(self, grey: Grey) -> Grey | None:
        """The mouth on the next picture, upright and in its place, of the size `PATCH`; None where the face is gone."""
        move = self._moved(grey)
        if move is None:
            return None
        looked = self._look(grey, move)
        if float(cv2.matchTemplate(looked, self._looked, cv2.TM_CCOEFF_NORMED)[0, 0]) < _LIKE or looked.std() < 2:
            return None
        self._move = move
        self._at = self._origin + (move @ self._middle() - self._middle())[:2]
        return _warped(grey, move @ self._frame(_MOUTH, PATCH), PATCH)

    def _moved(self, grey: Grey) -> Affine | None:
        """How the head lies beside the first picture: pixels there to pixels here, shape (3, 3)."""
        if len(self._points) < 6:
            return None
        now = self._cut(grey, self._at)
        guess = self._to_small(self._at) @ self._move @ np.linalg.inv(self._to_small(self._origin))
        near = cv2.transform(self._points, guess[:2]).astype(np.float32)
        found, known, _ = cv2.calcOpticalFlowPyrLK(
            self._reference, now, self._points, near, winSize=(15, 15), maxLevel=2, flags=cv2.OPTFLOW_USE_INITIAL_FLOW
        )
        seen = np.ravel(known) == 1
        if seen.sum() < _FIRM * len(self._points):
            return None
        fit, firm = cv2.estimateAffinePartial2D(
            self._points[seen], found[seen], method=cv2.RANSAC, ransacReprojThreshold=1.0, maxIters=100
        )
        if fit is None or firm.sum() < _FIRM * len(self._points):
            return None
        small = np.vstack([fit, [0, 0, 1]])
        return np.asarray(np.linalg.inv(self._to_small(self._at)) @ small @ self._to_small(self._origin))

    def _to_small(self, corner: NDArray[np.float64]) -> Affine:
        """Pixels of the picture to those of what is cut out of it at `corner`."""
        scale = self._scale
        return np.array([[scale, 0, -scale * corner[0]], [0, scale, -scale * corner[1]], [0, 0, 1]])

    def _cut(self, grey: Grey, corner: NDArray[np.float64]) -> Grey:
        """The upper half of the face and what is around it, `_FINE` pixels for its width."""
        width, height = round(_FINE * (1 + 2 * _MARGIN)), round(_FINE * (_BROW[3] + 2 * _MARGIN))
        return _warped(grey, np.linalg.inv(self._to_small(corner)), (width, height))

    def _mask(self) -> Grey:
        mask = np.zeros_like(self._reference)
        left, top, right, bottom = (round(_FINE * (_MARGIN + edge)) for edge in _BROW)
        mask[top:bottom, left:right] = 255
        return mask

    def _middle(self) -> NDArray[np.float64]:
        left, top, side = self._box
        return np.array([left + side / 2, top + side / 2, 1.0])

    def _frame(self, area: tuple[float, float, float, float], size: tuple[int, int]) -> Affine:
        """Pixels of a look at `area` of the face's box, `size` large, to pixels of the first picture."""
        left, top, side = self._box
        across, down = (area[2] - area[0]) * side / size[0], (area[3] - area[1]) * side / size[1]
        return np.array([[across, 0, left + area[0] * side], [0, down, top + area[1] * side], [0, 0, 1]])

    def _look(self, grey: Grey, move: Affine) -> Grey:
        return _warped(grey, move @ self._frame(_BROW, _LOOK), _LOOK)


def _warped(grey: Grey, to_picture: Affine, size: tuple[int, int]) -> Grey:
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    warped = cv2.warpAffine(grey, to_picture[:2], size, flags=flags, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(warped, np.uint8)
