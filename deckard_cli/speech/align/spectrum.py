"""A sound's spectrum every 5 ms, as the model of boundaries hears it."""

from __future__ import annotations

from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from deckard_cli.speech.pcm import Samples

__all__ = ["BANDS", "HOP", "RATE", "product", "spectrum"]

RATE: Final = 16000
"""Samples per second."""
HOP: Final = 0.005
"""Seconds from one row to the next; row 0 is about the first sample."""
BANDS: Final = 24

_WIDTH: Final = 240
"""Samples of a window, 15 ms: a glottal period and more; within a shorter one a low voice changes all the time."""
_FFT: Final = 256
_LEVEL: Final = 0.1
"""The level to which the loudest twentieth is brought."""
_FLOOR: Final = 1e-4
"""Power that is added: noise some 50 dB below speech hides what lies below it, in one recording as in another."""
_SMALL: Final = 200_000
"""Products of numbers up to which a product of matrices is done by the thread that asks for it."""


def spectrum(samples: Samples) -> NDArray[np.float32]:
    """Log power in `BANDS` bands, less its mean over what is loud, shape (rows, BANDS); `samples` are at `RATE`."""
    step = round(HOP * RATE)
    padded = np.pad(samples, (_WIDTH // 2, _WIDTH))
    frames = np.lib.stride_tricks.sliding_window_view(padded, _WIDTH)[::step][: len(samples) // step + 1]
    level = np.sqrt(np.square(frames).mean(axis=1))
    top = np.percentile(level, 95)
    power = np.square(np.abs(np.fft.rfft(frames * (_window() * np.float32(_LEVEL / max(top, 1e-6))), _FFT)))
    rows = np.log(product(power, _filters()) + np.float32(_FLOOR))
    found: NDArray[np.float32] = (rows - rows[level >= _LEVEL * top].mean(axis=0)) / 2
    return found


def product(rows: NDArray[np.float32], matrix: NDArray[np.float32]) -> NDArray[np.float32]:
    """`rows @ matrix`, a few rows at a time: for a large product OpenBLAS wakes a thread on every core, and there they
    spin while something else works, which takes twice the time.
    """
    some = max(_SMALL // matrix.size, 1)
    stacks = -(-len(rows) // some)
    padded = np.zeros((stacks * some, len(matrix)), dtype=np.float32)
    padded[: len(rows)] = rows
    found: NDArray[np.float32] = padded.reshape(stacks, some, len(matrix)) @ matrix
    return found.reshape(stacks * some, matrix.shape[1])[: len(rows)]


@cache
def _window() -> NDArray[np.float32]:
    window: NDArray[np.float32] = np.hanning(_WIDTH).astype(np.float32)
    return window


@cache
def _filters() -> NDArray[np.float32]:
    """Triangles of area 1, evenly spaced on the mel scale between 80 and 7000 Hz, shape (bins, bands)."""
    edges = 700 * np.expm1(np.linspace(np.log1p(80 / 700), np.log1p(7000 / 700), BANDS + 2))
    bins = np.arange(_FFT // 2 + 1)[:, None] * RATE / _FFT
    rising = (bins - edges[:-2]) / (edges[1:-1] - edges[:-2])
    falling = (edges[2:] - bins) / (edges[2:] - edges[1:-1])
    triangles = np.clip(np.minimum(rising, falling), 0, None)
    filters: NDArray[np.float32] = (triangles / triangles.sum(axis=0)).astype(np.float32)
    return filters
