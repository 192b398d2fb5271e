"""When a stop opens: where the high part of the sound grows most inside it."""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

from deckard_cli.speech.align.spectrum import HOP

__all__ = ["STOPS", "burst"]

STOPS: Final = {"P", "B", "T", "D", "K", "G", "CH", "JH"}
"""In ARPAbet."""
_HIGH: Final = 12
"""The first band of the high part, which begins at 1.6 kHz."""
_RISE: Final = 0.5
"""Growth in 10 ms, in rows of `spectrum` (4 dB), below which a stop is not heard to open."""
_SHORTEST: Final = 0.005
"""Seconds of a closure."""


def burst(rows: NDArray[np.float32], start: float, end: float) -> float | None:
    """Seconds at which the stop between `start` and `end` opens; None where nothing grows there.

    Against espeak's own times of 4 of its voices it is 2 ms off in the median, 5 ms of voiceless stops in 90 of 100.
    """
    first = max(math.ceil((start + _SHORTEST) / HOP), 1)
    high = rows[first - 1 : round(end / HOP) + 2, _HIGH:].mean(axis=1)
    rises = high[2:] - high[:-2]
    if not len(rises) or rises.max() < _RISE:
        return None
    return min((first + int(rises.argmax())) * HOP, end)
