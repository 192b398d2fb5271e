"""Lightness and colour of pixels, as numbers to reckon with."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

__all__ = ["Floats", "blurred", "grey", "lab"]

Floats = NDArray[np.floating]


def lab(pixels: NDArray[np.uint8]) -> Floats:
    """RGB, shape (h, w, 3), as CIELAB in steps of 0..255: lightness, green to red, blue to yellow."""
    return np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGB2LAB), np.float32)


def grey(pixels: NDArray[np.uint8]) -> Floats:
    """RGB, shape (h, w, 3), as luma, 0..255, shape (h, w)."""
    return np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), np.float32)


def blurred(image: Floats, sigma: float) -> Floats:
    """By a Gaussian of `sigma` pixels."""
    return np.asarray(cv2.GaussianBlur(image, (0, 0), sigma), np.float32)
