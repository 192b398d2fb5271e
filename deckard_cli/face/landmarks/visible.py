"""Whether a found face can be made to speak: near enough, turned to the viewer, eyes open, the mouth in sight.

A trained mesh draws eyes and lips under a hand, too; so the picture itself is asked whether there is anything.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

from deckard_cli.errors import DeckardError
from deckard_cli.face.landmarks import Eye, Landmarks
from deckard_cli.face.landmarks.light import Floats, lab
from deckard_cli.face.landmarks.lips import contrast, lips
from deckard_cli.face.landmarks.shape import Points, between_eyes
from deckard_cli.face.landmarks.template import Placement

__all__ = ["FRONTAL", "check"]

FRONTAL: Final = "take a picture that shows both eyes and both corners of the mouth"

_LEAST: Final = 8.0
"""Pixels between the irises: with fewer a mouth is not ten wide, and nothing can be parted along its line."""
_PROFILE: Final = 40.0
"""Degrees of yaw from where on the far corner of the mouth is hidden behind the lips."""
_TILTED: Final = 55.0
"""Degrees of roll from where on a picture has rather been turned than a head tilted."""
_OPEN: Final = 0.16
"""Height of open eyes, at least, as a share of their width."""
_IRIS: Final = 0.15
"""How much darker an iris is than what is around the eye, at least, as a share of it."""
_LIPS: Final = 0.7
"""Contrast of lips, at least, in the mean of both halves: they have 1 to 5; a hand or a mask, on which lips are only
imagined, 0.5 at most."""
_BEARDED: Final = 7.0
"""Sureness with which lips are found anew where they have less: those in a beard, lighter than it, have 8; a hand 3."""
_WHOLE, _HALF = 2.0, 0.3
"""Contrast of one half that says that there are lips, and share of it that the other has, at least."""

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
            hint=FRONTAL,
        )
    if _shut(lab(pixels)[..., 0], face):
        raise DeckardError(
            "The eyes are closed.", code="eyes_closed", hint=f"take a picture with open eyes; {_BY_HAND}"
        )
    if _hidden(pixels, face):
        raise DeckardError(
            "The mouth is hidden: there are no lips where they should be.",
            code="mouth_hidden",
            hint=f"take a picture without anything before the mouth; {_BY_HAND}",
        )


def _shut(light: Floats, face: Landmarks) -> bool:
    eyes = face.left_eye, face.right_eye
    heights = sum(_height(eye) for eye in eyes)
    widths = sum(math.dist(eye.upper[0], eye.upper[-1]) for eye in eyes)
    return heights < _OPEN * widths or all(_iris(light, eye) < _IRIS for eye in eyes)


def _height(eye: Eye) -> float:
    """Of its opening, across the line between its corners."""
    upper, lower = np.array(eye.upper), np.array(eye.lower)
    along = (upper[-1] - upper[0]) / max(float(np.linalg.norm(upper[-1] - upper[0])), 1e-6)
    return float(np.ptp(np.concatenate([upper, lower]) @ [-along[1], along[0]]))


def _iris(light: Floats, eye: Eye) -> float:
    """How much darker it is than what is around the eye, as a share of it."""
    middle = np.array(eye.iris)
    inside = float(_patch(light, middle, 0.5 * eye.iris_radius))
    around = float(_patch(light, middle, 4 * eye.iris_radius))
    return 1 - inside / max(around, 1.0)


def _hidden(pixels: NDArray[np.uint8], face: Landmarks) -> bool:
    placed = Placement.of(np.array(face.left_eye.iris), np.array(face.right_eye.iris))
    mouth = face.mouth
    top, upper, lower, bottom = (
        placed.to_face(np.array(edge)) for edge in (mouth.top, mouth.upper, mouth.lower, mouth.bottom)
    )
    patch = placed.patch(pixels)
    less, more = sorted(contrast(patch, (top, upper, lower, bottom)))
    if less + more < 2 * _LIPS:
        return lips(patch).sureness < _BEARDED
    return more > _WHOLE and less < _HALF * more


def _patch(image: Floats, middle: Points, radius: float) -> Floats:
    """Median of a square, as far as it is on the picture."""
    reach = max(1, round(radius))
    x, y = np.clip(np.floor(middle).astype(int), 0, (image.shape[1] - 1, image.shape[0] - 1))
    area = image[max(0, y - reach) : y + reach + 1, max(0, x - reach) : x + reach + 1]
    return np.asarray(np.median(area, axis=(0, 1)))
