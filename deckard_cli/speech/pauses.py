"""Where a sound is silent."""

from __future__ import annotations

from typing import Final

import numpy as np

from deckard_cli.speech.pcm import Samples

__all__ = ["pauses"]

_SHORTEST: Final = 0.15
"""Seconds: a shorter silence is the closure of a stop."""
_BELOW: Final = 0.03
"""Of the loudest (30 dB less): what is quieter is a room, not a voice."""
_STEP: Final = 0.01


def pauses(samples: Samples, rate: int) -> list[tuple[float, float]]:
    """The start and end, in seconds, of each silence."""
    width = round(_STEP * rate)
    count = len(samples) // width
    peaks = np.abs(samples[: count * width]).reshape(count, width).max(axis=1)
    loud = peaks > max(_BELOW * float(np.percentile(peaks, 95)), 1e-4) if count else np.zeros(0, dtype=bool)
    edges = np.flatnonzero(np.diff(np.concatenate([[True], loud, [True]]).astype(np.int8)))
    runs = edges.reshape(-1, 2) * width / rate
    return [(float(start), float(end)) for start, end in runs if end - start >= _SHORTEST]
