"""Irises, lids and brows on the patch of a face."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from deckard_cli.face.landmarks.fit import best, sample
from deckard_cli.face.landmarks.light import Floats, blurred, grey, lab
from deckard_cli.face.landmarks.shape import Points
from deckard_cli.face.landmarks.template import BROW, FINE, IRIS, LOWER_LID, PATCH, UPPER_LID, to_patch_pixels

__all__ = ["brow", "iris", "lids"]

_BLACK: Final = 24.0
"""Lightness, of 255, below which differences are noise."""
_STEP: Final = np.array([0, 0.025])
"""How far from an edge its two sides are looked at."""


def iris(patch: NDArray[np.uint8], side: int, reach: float) -> tuple[Points, float]:
    """Middle of the iris of one eye (`side` -1 or 1) within `reach` of where it usually is, and how dark it is.

    The darkness is a share of the lightness around it. Every edge votes for the points that it is a circle around, the
    light outside: C. Timm and E. Barth, Accurate Eye Centre Localisation by Means of Gradients, 2011.
    """
    x, y = to_patch_pixels(np.array([side * 0.5, 0.0])).round().astype(int)
    half = round(reach * FINE) + round(1.5 * IRIS * FINE)
    light = grey(patch)[y - half : y + half + 1, x - half : x + half + 1]
    votes = _votes(blurred(light, 1.5))
    votes *= blurred(1 - light / 255, 3)
    edge = half - round(reach * FINE)
    votes[:edge], votes[-edge:], votes[:, :edge], votes[:, -edge:] = 0, 0, 0, 0
    top = np.array(np.unravel_index(np.argmax(votes), votes.shape))
    row, column = _centre(votes, top)
    around = float(np.median(light))
    dark = 1 - float(blurred(light, 0.4 * IRIS * FINE)[top[0], top[1]]) / max(around, _BLACK)
    at = (np.array([x - half + column, y - half + row]) + 0.5) / FINE + PATCH[:2]
    return at, dark


def _votes(light: Floats) -> Floats:
    across, down = (cv2.Sobel(light, cv2.CV_32F, *order, ksize=3) for order in ((1, 0), (0, 1)))
    steep = np.hypot(across, down) + 1e-6
    weight = np.minimum(steep, np.percentile(steep, 97)) * np.sqrt(np.abs(across) / steep)
    rows, columns = np.mgrid[: light.shape[0], : light.shape[1]]
    votes = np.zeros_like(light)
    for radius in range(round(0.65 * IRIS * FINE), round(1.15 * IRIS * FINE) + 1):
        to_row = np.clip(np.round(rows - down / steep * radius).astype(int), 0, light.shape[0] - 1)
        to_column = np.clip(np.round(columns - across / steep * radius).astype(int), 0, light.shape[1] - 1)
        cast = np.zeros_like(light)
        np.add.at(cast, (to_row, to_column), weight)
        votes += blurred(cast, 1.5) / radius
    return votes


def _centre(votes: Floats, top: NDArray[np.intp]) -> tuple[float, float]:
    """Row and column of the highest vote, between pixels."""
    rows, columns = np.mgrid[-2:3, -2:3]
    height, width = votes.shape
    near = votes[np.clip(top[0] + rows, 0, height - 1), np.clip(top[1] + columns, 0, width - 1)]
    near = (near - near.min()) ** 2 + 1e-9
    return float(top[0] + (rows * near).sum() / near.sum()), float(top[1] + (columns * near).sum() / near.sum())


def lids(patch: NDArray[np.uint8], side: int) -> tuple[Points, Points]:
    """Upper and lower lid of one eye, from the inner to the outer corner, shape (8, 2) each."""
    light = _light(patch)

    def edges(tried: Floats) -> tuple[Points, Points]:
        up, low, rise, slope = tried.T[..., None]
        middle = UPPER_LID[0, 1] + (UPPER_LID[-1, 1] - UPPER_LID[0, 1]) * _along(UPPER_LID)
        tilt = rise + slope * (UPPER_LID[:, 0] - 0.5)
        upper = middle + (UPPER_LID[:, 1] - middle) * np.maximum(up, 0.1) + tilt
        lower = middle + (LOWER_LID[:, 1] - middle) * np.maximum(low, 0.1) + tilt
        return _curve(side, UPPER_LID[:, 0], upper), _curve(side, LOWER_LID[:, 0], lower)

    def score(tried: Floats) -> Floats:
        upper, lower = (each[:, 1:-1] for each in edges(tried))
        lashes = sample(light, upper - _STEP) - sample(light, upper + 0.4 * _STEP)
        below = sample(light, lower + _STEP) - sample(light, lower - _STEP)
        return np.asarray(lashes.mean(axis=1) * 1.5 + below[:, 1:-1].mean(axis=1))

    found, _ = best(score, np.array([1.0, 1.0, 0.0, 0.0]), np.array([0.25, 0.2, 0.015, 0.05]))
    upper, lower = edges(found[None])
    return upper[0], lower[0]


def brow(patch: NDArray[np.uint8], side: int) -> tuple[Points, float]:
    """Middle line of one brow, from its inner to its outer end, shape (6, 2), and its thickness."""
    light = _light(patch)

    def line(tried: Floats) -> Points:
        rise, slope, arch, _ = tried.T[..., None]
        along = (BROW[:, 0] - 0.53) / 0.33
        return _curve(side, BROW[:, 0], BROW[:, 1] + rise + slope * along + arch * (1 - along**2))

    def score(tried: Floats) -> Floats:
        middle, away = line(tried), np.stack([np.zeros(len(tried)), tried[:, 3]], axis=-1)[:, None]
        dark = sample(light, middle - away) + sample(light, middle + away) - 2 * sample(light, middle)
        return np.asarray(dark.mean(axis=1))

    found, _ = best(score, np.array([0.0, 0.0, 0.0, 0.06]), np.array([0.05, 0.03, 0.03, 0.01]))
    return line(found[None])[0], float(np.clip(1.1 * found[3], 0.04, 0.12))


def _light(patch: NDArray[np.uint8]) -> Floats:
    """Lightness of the patch in the contrast of the eyes."""
    light = blurred(lab(patch)[..., 0], 1.2)
    (left, top), (right, bottom) = to_patch_pixels(np.array([(-0.85, -0.35), (0.85, 0.15)])).round().astype(int)
    return np.asarray(light / max(float(light[top:bottom, left:right].std()), 1.0))


def _along(lid: Points) -> Floats:
    return np.asarray((lid[:, 0] - lid[0, 0]) / (lid[-1, 0] - lid[0, 0]))


def _curve(side: int, x: Floats, y: Floats) -> Points:
    return np.stack([np.broadcast_to(side * x, y.shape), y], axis=-1)
