"""A face whose mouth, and eyes perhaps, a person has framed: on paintings, drawings and animals."""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

from deckard_cli.errors import UsageError
from deckard_cli.face.landmarks import Brow, Eye, Landmarks, Mouth
from deckard_cli.face.landmarks.eyes import iris
from deckard_cli.face.landmarks.lips import Lips, lips, plain
from deckard_cli.face.landmarks.shape import Points, curve, point
from deckard_cli.face.landmarks.template import BROW, IRIS, LOWER_LID, NOSE, OVAL, UPPER_LID, Placement, mirrored

__all__ = ["Box", "by_hand"]

Box = tuple[float, float, float, float]
"""x and y of the upper left corner, width and height, in pixels."""

_SMALLEST: Final = 6
"""Pixels of a mouth's width, 2 of all others: with fewer nothing can be parted."""
_WIDE: Final = (0.85, 1.0, 0.72, 0.62)
"""Widths of mouths, in distances of the eyes, the most ordinary first: smiles are wider, drawn ones smaller."""
_DOWN: Final = 1.04
"""How far they lie below the eyes."""
_SURE: Final = 9.0
"""Of lips: what is fitted to the picture with less is not taken in place of the frame."""
_DARK: Final = 0.4
"""Of irises, and degrees of roll between them, within which they are taken for those of the face that was framed."""
_TILTED: Final = 15.0
_HALF_EYE: Final = (UPPER_LID[-1, 0] - UPPER_LID[0, 0]) / 2


def by_hand(pixels: NDArray[np.uint8], *, mouth: Box, eyes: tuple[Box, Box] | None = None) -> Landmarks:
    """The landmarks of the face on `pixels` (RGB, shape (h, w, 3)) whose lips and eyes these boxes frame, closely.

    Without `eyes` they are guessed from the mouth. The edges of the lips are those of the picture where they stand
    out, else an ordinary mouth's. Raises `UsageError` for boxes that cannot be meant.
    """
    height, width = pixels.shape[:2]
    _must_lie_inside("mouth", mouth, (width, height), _SMALLEST)
    if eyes is None:
        eyes = _guessed(pixels, mouth)
    for box in eyes:
        _must_lie_inside("eye", box, (width, height), 2)
    left, right = sorted(eyes)
    placed = _placed(left, right, mouth)
    edges = _lips(pixels, placed, mouth)
    down = float(placed.to_face(_middle(mouth))[1]) / _DOWN
    oval = OVAL * np.where(OVAL[:, 1:] > 0, [1, down], 1)
    return Landmarks(
        size=(width, height),
        source="hand",
        oval=curve(placed.to_picture(oval)),
        chin=point(placed.to_picture(oval[18])),
        nose=point(placed.to_picture(NOSE * [1, down])),
        mouth=Mouth(
            top=curve(placed.to_picture(edges.top)),
            upper=curve(placed.to_picture(edges.upper)),
            lower=curve(placed.to_picture(edges.lower)),
            bottom=curve(placed.to_picture(edges.bottom)),
        ),
        left_eye=_eye(left, placed, -1),
        right_eye=_eye(right, placed, 1),
        left_brow=_brow(left, placed, -1),
        right_brow=_brow(right, placed, 1),
        roll=round(placed.roll, 2),
    )


def _must_lie_inside(name: str, box: Box, size: tuple[int, int], smallest: float) -> None:
    x, y, width, height = box
    said = ",".join(f"{number:g}" for number in box)
    if not all(math.isfinite(number) for number in box) or width < smallest or height < 1:
        raise UsageError(
            f"The {name} {said} is no box: it takes x, y, width and height, and {smallest} pixels of width at least.",
            code="bad_box",
            hint=f"--{name}{'s' if name == 'eye' else ''} x,y,w,h in pixels of the picture",
        )
    if x < 0 or y < 0 or x + width > size[0] or y + height > size[1]:
        raise UsageError(
            f"The {name} {said} is not on the picture, which has {size[0]} x {size[1]} pixels.",
            code="bad_box",
            hint="x and y are counted from the upper left corner",
        )


def _guessed(pixels: NDArray[np.uint8], mouth: Box) -> tuple[Box, Box]:
    """Eyes of an ordinary face, upright, with that mouth; on the irises of the picture, where there are some."""
    guesses = [_seen(pixels, mouth, wide) for wide in _WIDE]
    placed, dark = max(guesses, key=lambda guess: guess[1])
    if dark < _DARK:
        placed = _ordinary(mouth, _WIDE[0])
    width, height = 2 * _HALF_EYE * placed.apart, 0.14 * placed.apart
    middles = placed.to_picture(np.array([(-0.5, 0.0), (0.5, 0.0)]))
    first, second = ((float(x) - width / 2, float(y) - height / 2) for x, y in middles)
    if min(first) < 0 or min(second) < 0 or second[0] + width > pixels.shape[1]:
        raise UsageError(
            "The eyes that go with this mouth would not be on the picture.",
            code="bad_box",
            hint="say where they are: --eyes x,y,w,h,x,y,w,h",
        )
    return (*first, width, height), (*second, width, height)


def _ordinary(mouth: Box, wide: float) -> Placement:
    """Of a face, upright, whose mouth is `wide` distances of its eyes wide."""
    (x, y), apart = _middle(mouth), mouth[2] / wide
    return Placement(float(x), float(y - _DOWN * apart), apart, 0.0)


def _seen(pixels: NDArray[np.uint8], mouth: Box, wide: float) -> tuple[Placement, float]:
    """The same face on the irises that are seen near there, and how dark they are: 0 where they cannot be its own."""
    placed = _ordinary(mouth, wide)
    patch = placed.patch(pixels)
    (left, left_dark), (right, right_dark) = (iris(patch, side, 0.15) for side in (-1, 1))
    seen = Placement.of(placed.to_picture(left), placed.to_picture(right))
    return seen, min(left_dark, right_dark) if abs(seen.roll) < _TILTED else 0.0


def _placed(left: Box, right: Box, mouth: Box) -> Placement:
    placed = Placement.of(_middle(left), _middle(right))
    if placed.apart < (left[2] + right[2]) / 2:
        raise UsageError(
            "The eyes lie on one another.", code="bad_box", hint="--eyes takes the left one and the right one"
        )
    across, down = placed.to_face(_middle(mouth))
    if down < 0.3 or abs(across) > 1.5:
        where = "above the eyes" if down < 0 else "not below the eyes"
        raise UsageError(
            f"The mouth is {where}.", code="bad_box", hint="boxes are x,y,w,h, and y is counted from above"
        )
    return placed


def _middle(box: Box) -> Points:
    return np.array([box[0] + box[2] / 2, box[1] + box[3] / 2])


def _lips(pixels: NDArray[np.uint8], placed: Placement, mouth: Box) -> Lips:
    """In the frame: those of the picture, where they are sure."""
    x, y = placed.to_face(_middle(mouth))
    half, high = mouth[2] / placed.apart / 2, mouth[3] / placed.apart
    usual = np.array([x, y - 0.1 * high, half, 0.0, 0.0, 0.0, 0.4 * high, 0.6 * high])
    spread = np.array([0.1 * half, 0.15 * high, 0.08 * half, 0.04, 0.15 * high, 0.25 * high, 0.15 * high, 0.15 * high])
    if abs(x) + half > 1.3 or y + high > 2:
        return plain(usual)
    found = lips(placed.patch(pixels), usual, np.maximum(spread, 0.01))
    return found if found.sureness >= _SURE else plain(usual)


def _eye(box: Box, placed: Placement, side: int) -> Eye:
    """The template's, as wide and as high as the frame."""
    middle, wide = placed.to_face(_middle(box)), box[2] / placed.apart / (2 * _HALF_EYE)
    both = np.concatenate([UPPER_LID[:, 1], LOWER_LID[:, 1]])
    high = box[3] / placed.apart / float(np.ptp(both))

    def lid(usual: Points) -> Points:
        away = (usual - [UPPER_LID[:, 0].mean(), both.max() / 2 + both.min() / 2]) * [side * wide, high]
        return placed.to_picture(middle + away - [away[[0, -1], 0].mean(), 0])

    return Eye(
        upper=curve(lid(UPPER_LID)),
        lower=curve(lid(LOWER_LID)),
        iris=point(_middle(box)),
        iris_radius=round(max(0.5, min(IRIS / _HALF_EYE / 2 * box[2] * max(1.0, high / wide), 0.45 * box[2])), 2),
    )


def _brow(box: Box, placed: Placement, side: int) -> Brow:
    """The template's, or above a higher eye."""
    higher = float(placed.to_face(_middle(box))[1]) - box[3] / placed.apart / 2 - float(UPPER_LID[:, 1].min())
    line = BROW + np.array([0, min(0.0, higher)])
    return Brow(
        line=curve(placed.to_picture(line if side > 0 else mirrored(line))), thickness=round(0.07 * placed.apart, 2)
    )
