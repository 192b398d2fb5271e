"""The inside of a mouth, painted in the light of the photograph: dark, teeth, tongue."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from deckard_cli.face.rig.fill import Pixels
from deckard_cli.face.rig.geometry import Geometry
from deckard_cli.face.rig.photo.skin import Mask, Patch

Colour = NDArray[np.floating]
"""RGB, 0..1."""

FLESH: Final = np.array([1.0, 0.72, 0.74])
"""What the colour of lips is multiplied by inside a mouth, where light has gone through them."""
_WIDTHS: Final = (0.0, 9.6, 17.6, 25.4, 32.0, 38.0, 44.0)
"""Edges of the upper teeth from the middle to one side, in units of the face."""


def inside(patch: Patch, geometry: Geometry, skin: Colour, lips: Colour) -> dict[str, Pixels]:
    """Layers of the inside of a mouth whose skin and lips have these colours."""
    head, mouth = geometry.head, geometry.mouth
    middle = head.to_page(np.array([[0.0, mouth.line]]), relief=8)[0, 0]
    x = (patch.columns - middle) / head.scale
    y = (patch.rows - head.origin[1]) / head.scale - mouth.line
    bright = float(skin.max())
    tooth = bright * (0.72 * np.array([1.0, 0.97, 0.9]) + 0.28 * skin / bright)
    side = 1 - 0.5 * np.clip(np.abs(x) / (1.05 * mouth.half_width), 0, 1) ** 2
    edge = mouth.teeth - mouth.line
    return {
        "mouth-inside": _dark(y, lips),
        "teeth-upper": _upper(x, y, edge, tooth, side),
        "tongue": _tongue(x, y, lips, side),
        "teeth-lower": _lower(x, y, edge, tooth, side),
    }


def _layer(colour: NDArray[np.floating], opacity: Mask) -> Pixels:
    return np.dstack([np.clip(colour, 0, 1), opacity]).astype(np.float32)


def _dark(y: Mask, lips: Colour) -> Pixels:
    depth = np.clip(0.13 + 0.0025 * y, 0.10, 0.30)
    return _layer(depth[..., None] * lips * FLESH, np.ones_like(y))


def _upper(x: Mask, y: Mask, edge: float, tooth: Colour, side: Mask) -> Pixels:
    at = np.abs(x)
    number = np.clip(np.searchsorted(_WIDTHS, at, side="right") - 1, 0, len(_WIDTHS) - 2)
    left, right = np.array(_WIDTHS)[number], np.array(_WIDTHS)[number + 1]
    across = np.clip((at - left) / (right - left), 0, 1)
    # Corners of teeth are round, and the row rises towards the sides.
    lower = edge - 2.2 * np.abs(2 * across - 1) ** 4 - np.array([0, 0.9, 0.2, 1.6, 2.6, 3.6])[number] - 0.0012 * at**2
    gap = np.exp(-((np.minimum(across * (right - left), (1 - across) * (right - left)) / 0.55) ** 2))
    round_ = 1 - 0.10 * (2 * across - 1) ** 2
    gum = np.clip((y - edge + 20) / 10, 0, 1)
    light = side * round_ * (1 - 0.30 * gap) * (0.80 + 0.20 * gum)
    opacity = np.clip(lower - y + 0.5, 0, 1) * np.clip(_WIDTHS[-1] - at, 0, 1)
    return _layer(cv2.GaussianBlur(light, (0, 0), 0.8)[..., None] * tooth, opacity)


def _lower(x: Mask, y: Mask, edge: float, tooth: Colour, side: Mask) -> Pixels:
    """They are behind the upper ones, narrower, and in more shade."""
    at = np.abs(x)
    phase = np.abs(((at / 6.4) % 1) - 0.5) * 2
    top = edge + 1.6 + 1.1 * phase**4 + 0.0016 * at**2
    light = 0.74 * side * (1 - 0.28 * np.clip(phase - 0.86, 0, 1) / 0.14) * (1 - 0.35 * np.clip((y - top) / 22, 0, 1))
    opacity = np.clip(y - top + 0.5, 0, 1) * np.clip(36 - at, 0, 1) * np.clip((edge + 26 - y) / 10, 0, 1)
    return _layer(cv2.GaussianBlur(light, (0, 0), 0.8)[..., None] * tooth, opacity)


def _tongue(x: Mask, y: Mask, lips: Colour, side: Mask) -> Pixels:
    across = np.clip(1 - (x / 40) ** 2, 0, 1)
    top = 26 - 22 * np.sqrt(across) + 2.0 * np.exp(-((x / 5) ** 2))
    depth = y - top
    shine = 0.12 * np.exp(-(((np.abs(x) - 13) / 9) ** 2) - ((depth - 7) / 5) ** 2)
    groove = 0.14 * np.exp(-((x / 4) ** 2)) * np.clip(depth / 12, 0, 1)
    light = side * (0.78 + 0.10 * np.clip(depth / 20, 0, 1) - groove)
    colour = light[..., None] * lips * FLESH + shine[..., None]
    return _layer(colour, np.clip(depth / 2.5, 0, 1) * np.clip(across * 30, 0, 1))
