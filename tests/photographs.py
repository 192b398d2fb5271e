"""The photograph that faces are looked for on, and what can be done to it: scikit-image's astronaut, public domain."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache
from pathlib import Path

import cv2
import numpy as np
import skimage
from numpy.typing import NDArray

from deckard_cli.face.landmarks import Landmarks
from deckard_cli.face.portrait import Portrait
from deckard_cli.face.rig import Rig
from deckard_cli.motion import COLUMNS, Motion
from deckard_cli.speech import Speech

Pixels = NDArray[np.uint8]
Points = NDArray[np.floating]

MARKS = np.array(
    [(203.6, 100.9), (246.6, 103.4), (202.7, 139.4), (245.3, 140.8), (223.4, 143.4), (223.1, 149.9), (221.7, 176.6)]
)
"""Her irises, corners of the mouth, inner edges of the lips in the middle, and chin; checked by eye, to a pixel."""

PAPER = np.array([214, 160, 135], np.uint8)
"""About the colour of a hand."""


@cache
def astronaut() -> Pixels:
    return np.asarray(skimage.data.astronaut(), np.uint8)


def marks(face: Landmarks) -> Points:
    mouth = face.mouth
    middles = [edge[len(edge) // 2] for edge in (mouth.upper, mouth.lower)]
    return np.array([face.left_eye.iris, face.right_eye.iris, mouth.top[0], mouth.top[-1], *middles, face.chin])


def error(face: Landmarks, true: Points) -> float:
    """The largest distance of a mark from where it is, in distances of the eyes."""
    return float(np.linalg.norm(marks(face) - true, axis=1).max() / math.dist(true[0], true[1]))


def moved(matrix: NDArray[np.floating], width: int, height: int) -> tuple[Pixels, Points]:
    """The photograph and its marks under an affine map of pixel corners, shape (2, 3)."""
    inner = matrix.copy()
    inner[:, 2] += matrix[:, :2] @ [0.5, 0.5] - 0.5
    pixels = cv2.warpAffine(astronaut(), inner, (width, height), flags=cv2.INTER_AREA, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(pixels, np.uint8), MARKS @ matrix[:, :2].T + matrix[:, 2]


def turned(degrees: float) -> tuple[Pixels, Points]:
    """Clockwise, about the middle of the picture."""
    return moved(cv2.getRotationMatrix2D((256, 200), -degrees, 1.0), 512, 512)


def scaled(pixels: int) -> tuple[Pixels, Points]:
    scale = pixels / 512
    small = cv2.resize(astronaut(), (pixels, pixels), interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC)
    return np.asarray(small, np.uint8), MARKS * scale


def cropped() -> tuple[Pixels, Points]:
    return astronaut()[40:220, 140:300].copy(), MARKS - [140, 40]


def mirrored() -> tuple[Pixels, Points]:
    return astronaut()[:, ::-1].copy(), (MARKS * [-1, 1] + [512, 0])[[1, 0, 3, 2, 4, 5, 6]]


def recoloured(change: Callable[[NDArray[np.floating]], NDArray[np.floating]]) -> tuple[Pixels, Points]:
    """`change` takes and gives colours in 0..1."""
    return np.clip(change(astronaut() / 255.0) * 255, 0, 255).astype(np.uint8), MARKS


def grey(colours: NDArray[np.floating]) -> NDArray[np.floating]:
    return np.repeat(colours.mean(axis=2, keepdims=True), 3, axis=2)


def painted(*boxes: tuple[int, int, int, int]) -> Pixels:
    """With something the colour of a hand over these: x, y, width, height."""
    pixels = astronaut().copy()
    for x, y, width, height in boxes:
        pixels[y : y + height, x : x + width] = PAPER
    return pixels


def drawing(name: str) -> Pixels:
    """One of our own personas at rest, about as it is drawn."""
    face = Rig(Portrait.load(Path(__file__).parent.parent / "personas" / name), size=(512, 512))
    rest = Motion(np.zeros((1, len(COLUMNS)), np.float32), 25, 0)
    frame = next(iter(face.draw(Speech(np.zeros(0, np.float32), 22050), rest)))
    planes = np.concatenate([plane.ravel() for plane in frame.planes]).reshape(768, 512)
    return np.asarray(cv2.cvtColor(planes, cv2.COLOR_YUV2RGB_I420), np.uint8)


def covered(source: tuple[int, int, int, int], target: tuple[int, int, int, int]) -> Pixels:
    """With what is seen in `source` laid over `target`, both x, y, width, height; softly, as if it were there."""
    x, y, width, height = source
    left, top, wide, high = target
    over = astronaut().copy()
    over[top : top + high, left : left + wide] = cv2.resize(astronaut()[y : y + height, x : x + width], (wide, high))
    mask = np.zeros((512, 512), np.float32)
    cv2.ellipse(mask, (left + wide // 2, top + high // 2), (wide // 2 - 2, high // 2 - 2), 0, 0, 360, 1.0, -1)
    soft = cv2.GaussianBlur(mask, (0, 0), 3)[..., None]
    return np.asarray(astronaut() * (1 - soft) + over * soft, np.uint8)
