"""A sound whose peaks stay under a ceiling, also between its samples."""

from __future__ import annotations

import functools
from typing import Final

import numpy as np
import soxr

from deckard_cli.speech.pcm import Samples

__all__ = ["CEILING", "limited", "peaks"]

CEILING: Final = -1.0
"""dBTP, of EBU R 128: what an encoder adds to a peak has to find room above it."""

_MARGIN: Final = 0.1
"""dB: a gain that moves shifts the wave between two samples a little."""
_REACH: Final = 0.01
"""Seconds in which the gain comes down before a peak, and goes up after it: the period of a man's voice. In less, the
gain would follow each single wave, which is heard as roughness."""
_OVERSAMPLED: Final = 4


def limited(samples: Samples, reached: Samples, rate: int) -> Samples:
    """`samples` with each peak over the ceiling turned down to it, by a gain that moves smoothly.

    `reached` are the `peaks` of the samples.
    """
    highest = np.float32(10 ** ((CEILING - _MARGIN) / 20))
    if not len(reached) or reached.max() <= highest:
        return samples
    gains: Samples = np.divide(highest, np.maximum(reached, highest))
    return samples * _smoothed(gains, round(_REACH * rate))


def peaks(samples: Samples, rate: int) -> Samples:
    """The highest that the wave reaches near each sample, shape (n,): the true peak of BS.1770-4, annex 2."""
    if not len(samples):
        return samples
    between = np.abs(soxr.resample(samples, rate, _OVERSAMPLED * rate))
    between = np.pad(between, (_OVERSAMPLED, _OVERSAMPLED))[: _OVERSAMPLED * (len(samples) + 1)]
    highest: Samples = functools.reduce(np.maximum, between.reshape(-1, _OVERSAMPLED).T)
    return functools.reduce(np.maximum, (highest[:-1], highest[1:], np.abs(samples)))


def _smoothed(gains: Samples, reach: int) -> Samples:
    """A curve that is nowhere over `gains` and moves over 2 * `reach` samples."""
    # A mean of what is lowest within `reach` of each place that it is taken over is no more than what is in its middle.
    lowest, width = np.pad(gains, 2 * reach, constant_values=1), 1
    while width < 2 * reach + 1:
        step = min(width, 2 * reach + 1 - width)
        lowest, width = np.minimum(lowest[:-step], lowest[step:]), width + step
    for half in (reach // 2, reach - reach // 2):
        lowest = _means(lowest, half)
    return np.minimum(lowest[: len(gains)], gains)


def _means(values: Samples, half: int) -> Samples:
    """The mean of each 2 * `half` + 1 values in a row: 2 * `half` fewer."""
    sums = np.cumsum(np.pad(values, (1, 0)), dtype=np.float64)
    return ((sums[2 * half + 1 :] - sums[: -2 * half - 1]) / (2 * half + 1)).astype(np.float32)
