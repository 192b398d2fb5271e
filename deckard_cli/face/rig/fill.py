"""Colour for the parts of a picture that have none, from what is around them."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.floating]
"""RGBA, shape (height, width, 4), 0..1, colours not premultiplied."""


def bleed(pixels: Pixels) -> Pixels:
    """Colours carried on under the transparent part (push-pull): without it a lossy file, whose colour is coarser
    than its edge, draws a dark halo around every layer.
    """
    alpha = pixels[..., 3:]
    colour = pixels[..., :3] * alpha
    filled = push_pull(colour, alpha)
    pixels[..., :3] = np.where(alpha > 0.02, pixels[..., :3], filled)
    return pixels


def push_pull(colour: Pixels, alpha: Pixels) -> Pixels:
    """Colour of the nearest opaque surroundings for premultiplied `colour`, shape (height, width, 3)."""
    height, width = alpha.shape[:2]
    known = colour / np.maximum(alpha, 1e-6)
    if min(height, width) <= 2:
        mean = colour.sum((0, 1)) / max(float(alpha.sum()), 1e-6)
        return np.where(alpha > 0, known, mean)
    size = (-(-width // 2), -(-height // 2))
    half = np.asarray(cv2.resize(np.dstack([colour, alpha]), size, interpolation=cv2.INTER_AREA), np.float32)
    coarse = cv2.resize(push_pull(half[..., :3], half[..., 3:]), (width, height), interpolation=cv2.INTER_LINEAR)
    weight = np.minimum(alpha * 8, 1)
    filled: Pixels = known * weight + coarse * (1 - weight)
    return filled
