"""The outline of a face on its patch: the template's, as wide and as long as the skin is."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from deckard_cli.face.landmarks.fit import best, sample
from deckard_cli.face.landmarks.light import Floats, blurred, lab
from deckard_cli.face.landmarks.shape import Points
from deckard_cli.face.landmarks.template import OVAL

__all__ = ["outline"]

_STEP: Final = 0.05
"""How far from the edge its two sides are looked at."""
_SKIN: Final = np.array([(x, y) for x in (-0.6, -0.45, -0.05, 0.05, 0.45, 0.6) for y in (0.3, 0.45, 0.6)])
"""Where a face shows its skin: cheeks and nose."""
_LIP: Final = 1.22
"""How far below the eyes the lower lip usually ends: longer faces have all of it lower."""
_USUAL: Final = np.array([0.0, 1.0, 1.0, 1.0, 1.0])
"""Shift to the right; breadth, breadth of the jaw, length down to the chin and up to the hair, as shares of the
template's."""
_SPREAD: Final = np.array([0.04, 0.05, 0.04, 0.03, 0.05])


def outline(patch: NDArray[np.uint8], lip: float) -> Points:
    """The oval on `patch`, shape (36, 2), from the middle of the forehead, clockwise; its chin is point 18.

    `lip` is how far below the eyes the lower lip ends.
    """
    skin, light = _views(patch)
    usual = _USUAL * [1, 1, 1, np.clip(lip / _LIP, 0.75, 1.3), 1]

    def score(tried: Floats) -> Floats:
        ovals = _ovals(tried)
        away = _STEP * _normals(ovals)
        edge = sample(skin, ovals - away) - sample(skin, ovals + away)
        jaw = slice(13, 24)
        under = sample(light, ovals[:, jaw] - away[:, jaw]) - sample(light, ovals[:, jaw] + away[:, jaw])
        return np.asarray(8 * edge.mean(axis=1) + 4 * under.mean(axis=1))

    found, _ = best(score, usual, _SPREAD)
    oval: Points = _ovals(found[None])[0]
    return oval


def _views(patch: NDArray[np.uint8]) -> tuple[Floats, Floats]:
    """How likely each pixel is skin, 0..1, and its lightness, 1 on skin; shape (h, w) each."""
    colours = blurred(lab(patch), 3)
    spots = np.concatenate([sample(colours[..., channel], _SKIN[None]) for channel in range(3)])
    usual = np.median(spots, axis=1)
    spread = np.maximum(spots.std(axis=1), [0.08 * usual[0], 3, 3]) * [2.5, 2, 2]
    likely = np.exp(-0.5 * (((colours - usual) / spread) ** 2).sum(axis=-1))
    return likely, colours[..., 0] / max(float(usual[0]), 1.0)


def _ovals(tried: Floats) -> Points:
    """Shape (n, 36, 2)."""
    shift, breadth, jaw, down, up = tried.T[..., None]
    x, y = OVAL.T
    low = np.clip((y - 0.5) / 0.8, 0, 1)
    lengths = np.where(y > 0, down, up)
    return np.stack([shift + x * breadth * (1 + (jaw - 1) * low), y * lengths], axis=-1)


def _normals(ovals: Points) -> Points:
    """Outward directions, of length 1."""
    along = np.roll(ovals, -1, axis=1) - np.roll(ovals, 1, axis=1)
    out = np.stack([along[..., 1], -along[..., 0]], axis=-1)
    return np.asarray(out / np.linalg.norm(out, axis=-1, keepdims=True))
