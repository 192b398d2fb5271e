"""Faces by what OpenCV brings along, without any download: a cascade finds them, each part is fitted to the picture.

The cascade of boosted Haar features: P. Viola and M. Jones, Rapid Object Detection using a Boosted Cascade of Simple
Features, 2001; R. Lienhart and J. Maydt, 2002. It sees faces from the front, so the picture is tilted a few times.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import cv2
import cv2.data
import numpy as np
from numpy.typing import NDArray

from deckard_cli.face.landmarks import Landmarks
from deckard_cli.face.landmarks.eyes import iris
from deckard_cli.face.landmarks.lips import lips
from deckard_cli.face.landmarks.template import Placement
from deckard_cli.face.landmarks.trace import trace

__all__ = ["faces", "in_profile"]

_SIDES: Final = (512, 1280)
"""Pixels of the long side of what the cascade is shown, more where it finds nothing with less."""
_SMALLEST: Final = 40
"""Pixels of a face in it."""
_ROLLS: Final = (0.0, -15.0, 15.0, -30.0, 30.0)
_EYES_APART, _EYES_DOWN = 0.43, 0.38
"""Where the eyes lie in the box of a face, as shares of its side."""
_SURE: Final = 2.5
"""Of a find: that of the cascade over the least it gives, and how dark the irises are."""
_LEAST: Final = 54.0
_PROFILE: Final = 1.0
"""Of a find of the cascade for profiles."""
_BLIND: Final = 0.7
"""The same, for a face whose irises are not to be seen."""
_LIPS: Final = 6.0
"""Of lips, below which such a find is no face at all."""


@dataclass(frozen=True, slots=True)
class _Find:
    placed: Placement
    sureness: float


def faces(pixels: NDArray[np.uint8]) -> list[Landmarks]:
    """The faces on `pixels`, RGB, shape (h, w, 3), in no order; none where none looks to the front, about upright.

    Where no eyes are found the likeliest face of which the lips are seen is given, and its lids tell nothing.
    """
    # A face is tilted for the first look alone: the second takes six times as long.
    guesses = list(_guesses(pixels, _SIDES[0], _ROLLS))
    if not guesses and max(pixels.shape) > _SIDES[0]:
        guesses = list(_guesses(pixels, _SIDES[1], _ROLLS[:1]))
    finds = _unlike([find for guess in guesses if (find := _on_eyes(pixels, guess)).sureness >= _SURE])
    if len(finds) == 1:
        return [trace(pixels, finds[0].placed, "cascade")]
    # Of several, some are patterns with two dark spots: a fold of cloth has no lips.
    blind = _unlike([guess for guess in guesses if guess.sureness >= _BLIND and guess.placed.roll == 0])[:1]
    mouths = [(find.placed, lips(find.placed.patch(pixels))) for find in finds or blind]
    return [trace(pixels, placed, "cascade", mouth) for placed, mouth in mouths if mouth.sureness >= _LIPS]


def in_profile(pixels: NDArray[np.uint8]) -> bool:
    """Whether somebody on `pixels` (RGB, shape (h, w, 3)) looks to the left or to the right."""
    grey, _ = _shown(pixels, _SIDES[0])
    profiles = _boxes("profileface", grey) + _boxes("profileface", np.ascontiguousarray(grey[:, ::-1]))
    return any(weight >= _PROFILE for _, weight in profiles)


def _shown(pixels: NDArray[np.uint8], side: int) -> tuple[NDArray[np.uint8], float]:
    """What a cascade is shown: `pixels` in grey, `side` long, and by how much that is smaller or larger."""
    scale = side / max(pixels.shape[:2])
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    grey = cv2.resize(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), None, fx=scale, fy=scale, interpolation=how)
    return np.asarray(grey, np.uint8), scale


def _boxes(name: str, grey: NDArray[np.uint8]) -> list[tuple[tuple[int, int, int], float]]:
    """x, y and side of what the cascade `name` finds, each with how sure it is."""
    cascade = cv2.CascadeClassifier(str(Path(cv2.data.haarcascades) / f"haarcascade_{name}.xml"))
    boxes, _, weights = cascade.detectMultiScale3(
        grey, scaleFactor=1.1, minNeighbors=3, minSize=(_SMALLEST, _SMALLEST), outputRejectLevels=True
    )
    sure = np.ravel(weights)
    return [((int(x), int(y), int(side)), float(weight)) for (x, y, side, _), weight in zip(boxes, sure, strict=True)]


def _guesses(pixels: NDArray[np.uint8], side: int, rolls: Sequence[float]) -> Iterator[_Find]:
    """Boxes of the cascade, as faces of ordinary proportions."""
    grey, scale = _shown(pixels, side)
    height, width = grey.shape
    for roll in rolls:
        upright = cv2.getRotationMatrix2D((width / 2, height / 2), roll, 1.0)
        turned = cv2.warpAffine(grey, upright, (width, height), borderMode=cv2.BORDER_REPLICATE)
        back = cv2.invertAffineTransform(upright)
        for (x, y, breadth), weight in _boxes("frontalface_alt2", np.asarray(turned, np.uint8)):
            middle = back @ [x + breadth / 2, y + _EYES_DOWN * breadth, 1] / scale
            placed = Placement(float(middle[0]), float(middle[1]), _EYES_APART * breadth / scale, roll)
            yield _Find(placed, weight - _LEAST)


def _on_eyes(pixels: NDArray[np.uint8], guess: _Find) -> _Find:
    """The same face, placed on its irises."""
    placed, dark = guess.placed, 0.0
    for reach in (0.25, 0.15, 0.1):
        patch = placed.patch(pixels)
        (left, left_dark), (right, right_dark) = (iris(patch, side, reach) for side in (-1, 1))
        dark = min(left_dark, right_dark)
        placed = Placement.of(placed.to_picture(left), placed.to_picture(right))
    return _Find(placed, guess.sureness + 5 * dark)


def _unlike(finds: list[_Find]) -> list[_Find]:
    """Of those that are of one face, the surest."""
    kept: list[_Find] = []
    for find in sorted(finds, key=lambda find: find.sureness, reverse=True):
        one = find.placed
        if all(math.hypot(one.x - other.placed.x, one.y - other.placed.y) > other.placed.apart for other in kept):
            kept.append(find)
    return kept
