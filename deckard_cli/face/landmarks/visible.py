"""Whether a found face can be made to speak: near enough, turned to the viewer, eyes open, the mouth in sight.

A trained mesh draws eyes and lips under a hand, too; so the picture itself is asked whether there is anything.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from deckard_cli.errors import DeckardError
from deckard_cli.face.landmarks import Eye, Landmarks
from deckard_cli.face.landmarks.shape import between_eyes

__all__ = ["check"]

_LEAST: Final = 8.0
"""Pixels between the irises: with fewer a mouth is not ten wide, and nothing can be parted along its line."""
_PROFILE: Final = 40.0
"""Degrees of yaw from where on the far corner of the mouth is hidden behind the lips."""
_TILTED: Final = 55.0
"""Degrees of roll from where on a picture has rather been turned than a head tilted."""
_OPEN: Final = 0.11
"""Height of an open eye, at least, as a share of its width."""
_EYE_RANGE, _MOUTH_RANGE = 0.2, 0.16
"""Light to dark within an eye, within a mouth, at least, as a share of the lightness of the cheeks: iris against white,
the line of the lips against the lips. Skin alone has less than 0.1."""
_CLOTH: Final = 18.0
"""Distance in CIELAB's a and b from where on the skin around the mouth is none."""

_BY_HAND: Final = "if both can be seen, say where they are: --mouth x,y,w,h --eyes x,y,w,h,x,y,w,h"


def check(pixels: NDArray[np.uint8], face: Landmarks) -> None:
    """Raises `DeckardError`, saying why, where `face` on `pixels` (RGB, shape (h, w, 3)) cannot be made to speak."""
    apart = between_eyes(face)
    if apart < _LEAST:
        raise DeckardError(
            f"The face is too small: {apart:.0f} pixels between the eyes, and {_LEAST:.0f} are needed.",
            code="face_too_small",
            hint="take a larger picture, or cut the face out of the original one",
        )
    if abs(face.roll) > _TILTED:
        way = "anticlockwise" if face.roll > 0 else "clockwise"
        raise DeckardError(
            f"The face lies on its side: it is tilted by {abs(face.roll):.0f} degrees.",
            code="sideways",
            hint=f"turn the picture {way} by {90 if abs(face.roll) > 75 else round(abs(face.roll), -1):.0f} degrees",
        )
    if abs(face.yaw) > _PROFILE:
        raise DeckardError(
            f"The face is in profile: it is turned by {abs(face.yaw):.0f} degrees, and {_PROFILE:.0f} are too much.",
            code="profile",
            hint="take a picture that shows both eyes and both corners of the mouth",
        )
    lab = np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGB2LAB), np.uint8)
    skin = _cheeks(lab, face)
    shut = [_shut(lab, eye, float(skin[0])) for eye in (face.left_eye, face.right_eye)]
    if all(shut):
        raise DeckardError(
            "The eyes are closed.", code="eyes_closed", hint=f"take a picture with open eyes; {_BY_HAND}"
        )
    if _hidden(lab, face, skin):
        raise DeckardError(
            "The mouth is hidden: there are no lips where they should be.",
            code="mouth_hidden",
            hint=f"take a picture without anything before the mouth; {_BY_HAND}",
        )


def _shut(lab: NDArray[np.uint8], eye: Eye, skin: float) -> bool:
    upper, lower = np.array(eye.upper), np.array(eye.lower)
    width = float(np.linalg.norm(upper[-1] - upper[0]))
    across = (upper[-1] - upper[0]) / max(width, 1e-6)
    normal = np.array([-across[1], across[0]])
    height = float(np.ptp(np.concatenate([upper, lower]) @ normal))
    return height < _OPEN * width or _range(lab, [*eye.upper, *reversed(eye.lower)]) < _EYE_RANGE * skin


def _hidden(lab: NDArray[np.uint8], face: Landmarks, skin: NDArray[np.floating]) -> bool:
    mouth = face.mouth
    if _range(lab, [*mouth.top, *reversed(mouth.bottom)]) < _MOUTH_RANGE * skin[0]:
        return True
    lip, chin = np.array(mouth.bottom)[len(mouth.bottom) // 2], np.array(face.chin)
    around = _patch(lab, (lip + chin) / 2, between_eyes(face) / 8)
    return bool(np.linalg.norm(around[1:] - skin[1:]) > _CLOTH)


def _range(lab: NDArray[np.uint8], outline: Sequence[tuple[float, float]]) -> float:
    """From the dark to the light within `outline`, in steps of the lightness."""
    mask = np.zeros(lab.shape[:2], np.uint8)
    cv2.fillPoly(mask, [np.round(np.array(outline) * 16).astype(np.int32)], 255, shift=4)
    inside = lab[..., 0][mask > 0]
    return float(np.subtract(*np.percentile(inside, (95, 5)))) if inside.size else 0.0


def _cheeks(lab: NDArray[np.uint8], face: Landmarks) -> NDArray[np.floating]:
    """Colour of the skin between eyes and mouth: L, a and b."""
    corners = np.array([face.mouth.top[0], face.mouth.top[-1]])
    irises = np.array([face.left_eye.iris, face.right_eye.iris])
    spots = 0.55 * irises + 0.45 * corners
    return np.asarray(np.median([_patch(lab, spot, between_eyes(face) / 8) for spot in spots], axis=0))


def _patch(lab: NDArray[np.uint8], middle: NDArray[np.floating], radius: float) -> NDArray[np.floating]:
    """Median colour of a square, as far as it is in the picture."""
    reach = max(1, round(radius))
    x, y = np.clip(np.round(middle).astype(int), 0, (lab.shape[1] - 1, lab.shape[0] - 1))
    area = lab[max(0, y - reach) : y + reach + 1, max(0, x - reach) : x + reach + 1]
    return np.asarray(np.median(area.reshape(-1, 3), axis=0))
