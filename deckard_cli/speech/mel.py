"""Mel-frequency cepstra: what a sound is like every 10 ms, whoever makes it."""

from __future__ import annotations

from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from deckard_cli.speech.pcm import Samples, resample

__all__ = ["HOP", "cepstra"]

HOP: Final = 0.01
"""Seconds from row to row."""

_RATE: Final = 16000
_STEP: Final = 160
_WINDOW: Final = 400
_FFT: Final = 512
_BANDS: Final = 26
_KEPT: Final = 13


def cepstra(samples: Samples, rate: int) -> NDArray[np.float32]:
    """Shape (ceil(seconds / HOP), 26): 13 cepstra and their slopes, each of mean 0 and deviation 1.

    Davis and Mermelstein, IEEE Trans. ASSP 28, 1980; the normalisation takes speaker and microphone out.
    """
    mono = resample(samples, rate, _RATE)
    count = max(-(-len(mono) // _STEP), 1)
    padded = np.pad(mono, (_WINDOW // 2, _WINDOW))
    frames = np.lib.stride_tricks.sliding_window_view(padded, _WINDOW)[::_STEP][:count]
    power = np.square(np.abs(np.fft.rfft(frames * np.hamming(_WINDOW), _FFT)))
    static = np.log(power @ _filters() + 1e-6) @ _cosines()
    slopes = np.gradient(np.pad(static, ((1, 1), (0, 0)), mode="edge"), axis=0)[1:-1]
    rows = np.hstack([static, slopes])
    normal: NDArray[np.float32] = ((rows - rows.mean(axis=0)) / (rows.std(axis=0) + 1e-3)).astype(np.float32)
    return normal


@cache
def _filters() -> NDArray[np.float64]:
    """Triangles evenly spaced on the mel scale between 80 and 7000 Hz, shape (bins, bands)."""
    edges = 700 * np.expm1(np.linspace(np.log1p(80 / 700), np.log1p(7000 / 700), _BANDS + 2))
    bins = np.arange(_FFT // 2 + 1)[:, None] * _RATE / _FFT
    rising = (bins - edges[:-2]) / (edges[1:-1] - edges[:-2])
    falling = (edges[2:] - bins) / (edges[2:] - edges[1:-1])
    triangles: NDArray[np.float64] = np.clip(np.minimum(rising, falling), 0, None)
    return triangles


@cache
def _cosines() -> NDArray[np.float64]:
    """The first rows of the discrete cosine transform, shape (bands, kept)."""
    angles = np.pi / _BANDS * (np.arange(_BANDS)[:, None] + 0.5) * np.arange(_KEPT)
    cosines: NDArray[np.float64] = np.cos(angles)
    return cosines
