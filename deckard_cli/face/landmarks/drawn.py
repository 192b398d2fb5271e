"""Landmarks shown over the picture that they were found on."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from deckard_cli.face.landmarks import Eye, Landmarks, Point
from deckard_cli.face.landmarks.shape import between_eyes

__all__ = ["drawn"]

_LARGEST: Final = 1600
"""Pixels of the long side of what is shown."""
_EYES_APART: Final = 160
"""Pixels between the eyes that a small face is enlarged to."""
_FINER: Final = 2
"""Drawn so many times larger, for smooth lines."""
_OVAL, _LIPS, _LINE, _EYE, _BROW = "#ffd166", "#ff5c7a", "#ffffff", "#4cc9f0", "#95e06c"
_DARK: Final = "#101014"


def drawn(pixels: NDArray[np.uint8], landmarks: Landmarks) -> Image.Image:
    """`landmarks` over `pixels` (RGB, shape (h, w, 3)), whole and at least large enough to see the eyes by.

    Every line has a dark rim, so that it is seen on light and on dark skin.
    """
    height, width = pixels.shape[:2]
    scale = min(_LARGEST / max(width, height), max(1.0, _EYES_APART / max(1.0, between_eyes(landmarks))))
    page = Image.fromarray(pixels).resize(
        (max(1, round(width * scale * _FINER)), max(1, round(height * scale * _FINER))), Image.Resampling.BICUBIC
    )
    pen = _Pen(ImageDraw.Draw(page), scale * _FINER, max(1.0, between_eyes(landmarks) * scale / 80) * _FINER)
    _draw(pen, landmarks)
    return page.resize((page.width // _FINER, page.height // _FINER), Image.Resampling.BOX)


class _Pen:
    def __init__(self, draw: ImageDraw.ImageDraw, scale: float, width: float) -> None:
        self._draw, self._scale, self._width = draw, scale, width

    def line(self, points: Sequence[Point], colour: str) -> None:
        for ink, width in ((_DARK, 2.4 * self._width), (colour, self._width)):
            self._draw.line(self._at(points), fill=ink, width=round(width), joint="curve")

    def circle(self, middle: Point, radius: float, colour: str) -> None:
        around = [2 * math.pi * i / 48 for i in range(49)]
        x, y = middle
        self.line([(x + radius * math.cos(a), y + radius * math.sin(a)) for a in around], colour)

    def dot(self, at: Point, colour: str) -> None:
        (middle,) = self._at([at])
        for ink, radius in ((_DARK, 2.4 * self._width), (colour, 1.6 * self._width)):
            self._draw.circle(middle, radius, fill=ink)

    def _at(self, points: Sequence[Point]) -> list[tuple[float, float]]:
        return [(x * self._scale, y * self._scale) for x, y in points]


def _draw(pen: _Pen, face: Landmarks) -> None:
    pen.line([*face.oval, face.oval[0]], _OVAL)
    for brow in (face.left_brow, face.right_brow):
        pen.line(brow.line, _BROW)
    for eye in (face.left_eye, face.right_eye):
        _draw_eye(pen, eye)
    for edge in (face.mouth.top, face.mouth.bottom):
        pen.line(edge, _LIPS)
    for edge in (face.mouth.lower, face.mouth.upper):
        pen.line(edge, _LINE)
    for mark in (face.nose, face.chin):
        pen.dot(mark, _OVAL)


def _draw_eye(pen: _Pen, eye: Eye) -> None:
    pen.circle(eye.iris, eye.iris_radius, _LINE)
    pen.line(eye.upper, _EYE)
    pen.line(eye.lower, _EYE)
