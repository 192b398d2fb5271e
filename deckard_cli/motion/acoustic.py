"""A mouth from sound alone, for speech whose words nobody knows.

How loud it is opens the jaw, and where its energy lies shapes the lips: the centroid of 200..1000 Hz follows the first
formant (higher is wider open), that of 500..3000 Hz the second (lower is rounder, higher is wider), after the acoustic
theory of vowels (Fant, 1960). A short soft hum between louder sounds is taken for closed lips. What cannot be heard
this way (an f from an s, a p from a k) is left alone rather than guessed.

The limits were set on the built-in voice in three languages. All windows are centred, so nothing lags.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from deckard_cli.motion.coarticulation import ARTICULATORS, Mouth

__all__ = ["Ear"]

Array = NDArray[np.float64]

_HOP: Final = 0.01
"""Seconds from one look at the sound to the next."""
_WINDOW: Final = 0.032
"""Seconds that one look takes in."""
_LEAD: Final = 0.02
"""Seconds by which the mouth is ahead of its sound."""
_SETTLED: Final = 19
"""Hops after which nothing more can change what the mouth does in one."""
_SILENT: Final = -90.0
"""Decibels of digital silence."""
_FADE: Final = 0.01
"""Decibels a hop by which the memory of the loudest sound fades."""
_LOUDEST: Final = -26.0
"""Decibels of the loudest sound before any was heard, and 12 below it the least that is ever taken for loud."""
_RANGE: Final = 24.0
"""Decibels below the loudest at which the mouth is shut."""
_DIP: Final = (2.0, 8.0)
"""Decibels by which a hum through closed lips is softer than the softer and the louder vowel beside it, at least."""
_HUM: Final = 1200.0
"""Hz: the energy of such a hum lies below. So a third of the b and m of English, Spanish and German is found, and four
of seven closures found are one."""
_SIDE, _LONGEST_DIP = 6, 11
"""Hops in which those vowels are looked for, and that lips stay closed at most."""
_PEAK: Final = 2
"""Hops after which one is known to be a peak."""
_BLOCK: Final = 1024


class Ear:
    """Listens to a stream of samples; the mouth of any time is known a fifth of a second later."""

    def __init__(self, rate: int, start: int = 0) -> None:
        """Listen from sample `start` of a stream of `rate` samples per second."""
        self._rate = rate
        self._width = max(round(_WINDOW * rate), 16)
        self._size = 1 << (self._width - 1).bit_length()
        self._shade = np.hanning(self._width + 2)[1:-1]
        self._hertz = np.fft.rfftfreq(self._size, 1 / rate)
        # Samples before the first are silence, so that the first window is whole.
        self._samples: NDArray[np.float32] = np.zeros(self._width, np.float32)
        self._from = start - self._width
        self._loudest = _LOUDEST
        self._heard: Array = np.zeros((0, 5))
        self._first = self._done = -(-start * 100 // rate)
        self._tracks: Array = np.zeros((0, len(ARTICULATORS) + 1))
        self._tracks_from = self._done

    def listen(self, samples: NDArray[np.float32]) -> list[tuple[float, float, bool]]:
        """Take in what comes next: start and end (seconds) of each hop with a voice in it, and whether it is a peak."""
        self._samples = np.concatenate([self._samples, samples])
        first = self._first + len(self._heard)
        known = self._from + len(self._samples)
        last = first
        while self._start(last) + self._width <= known:
            last += 1
        for start in range(first, last, _BLOCK):
            self._hear(start, min(start + _BLOCK, last))
        self._settle()
        voiced = list(self._voiced(first, last))
        self._drop()
        return voiced

    def mouth(self, times: Array) -> Mouth:
        """The mouth at `times` (seconds), which lie at least a quarter second before the end of what was heard."""
        place = np.clip((times + _LEAD) / _HOP - 0.5 - self._tracks_from, 0.0, max(len(self._tracks) - 1.0, 0.0))
        if not len(self._tracks):
            return Mouth(np.zeros((len(times), len(ARTICULATORS))), np.zeros(len(times)), np.zeros(len(times)))
        left = np.floor(place).astype(np.intp)
        right = np.minimum(left + 1, len(self._tracks) - 1)
        share = (place - left)[:, None]
        tracks = self._tracks[left] * (1 - share) + self._tracks[right] * share
        return Mouth(tracks[:, :-1], tracks[:, -1], np.zeros(len(times)))

    @property
    def known(self) -> float:
        """Seconds up to which it has said what has a voice in it."""
        return (self._first + len(self._heard) - _PEAK) * _HOP

    def forget(self, before: float) -> None:
        """Drop what no time from `before` seconds on can see."""
        gone = max(int(before / _HOP) - 4 - self._tracks_from, 0)
        self._tracks = self._tracks[gone:]
        self._tracks_from += min(gone, len(self._tracks) + gone)

    def _start(self, hop: int) -> int:
        """The first sample of the window around the middle of a hop."""
        return (2 * hop + 1) * self._rate // 200 - self._width // 2

    def _hear(self, first: int, last: int) -> None:
        """Level, loudest so far, height of the first and of the second formant, and share of hiss, for each hop."""
        windows = sliding_window_view(self._samples, self._width)
        starts = np.array([self._start(hop) - self._from for hop in range(first, last)])
        looks = windows[starts].astype(np.float64)
        power = np.mean(looks * looks, axis=1)
        level = np.where(power > 1e-9, 10 * np.log10(np.maximum(power, 1e-9)), _SILENT)
        heard = np.zeros((last - first, 5))
        heard[:, 0] = level
        heard[:, 1] = self._louder(level, first)
        loud = np.flatnonzero(level > -60.0)
        heard[loud, 2:] = self._shape(looks[loud])
        self._heard = np.concatenate([self._heard, heard])

    def _louder(self, level: Array, first: int) -> Array:
        fading = _FADE * np.arange(first, first + len(level))
        loudest = np.maximum.accumulate(np.concatenate([[self._loudest], level + fading]))
        self._loudest = float(loudest[-1])
        return np.asarray(np.maximum(loudest[1:] - fading, _LOUDEST - 12.0))

    def _shape(self, looks: Array) -> Array:
        energy = np.square(np.abs(np.fft.rfft(looks * self._shade, self._size, axis=1)))
        tilted = np.sqrt(energy) * self._hertz
        total = np.maximum(energy.sum(axis=1), 1e-12)
        hiss = energy[:, np.searchsorted(self._hertz, 3500.0) :].sum(axis=1) / total
        return np.stack([self._centroid(tilted, 200.0, 1000.0), self._centroid(energy, 500.0, 3000.0), hiss], axis=1)

    def _centroid(self, spectra: Array, low: float, high: float) -> Array:
        band = slice(*np.searchsorted(self._hertz, (low, high)))
        weights = spectra[:, band]
        centroid: Array = (weights * self._hertz[band]).sum(axis=1) / np.maximum(weights.sum(axis=1), 1e-12)
        return centroid

    def _settle(self) -> None:
        """Add the rows of the tracks that nothing can change any more."""
        end = self._first + len(self._heard) - _SETTLED
        if end <= self._done:
            return
        tracks = _tracks(self._heard)
        self._tracks = np.concatenate([self._tracks, tracks[self._done - self._first : end - self._first]])
        self._done = end

    def _drop(self) -> None:
        """Keep the samples and hops that the next ones need."""
        gone = max(self._done - 2 * _SETTLED - self._first, 0)
        self._heard = self._heard[gone:]
        self._first += gone
        first = max(self._start(self._first + len(self._heard)) - self._from, 0)
        self._samples = self._samples[first:].copy()
        self._from += first

    def _voiced(self, first: int, last: int) -> Iterator[tuple[float, float, bool]]:
        level = self._heard[:, 0]
        for hop in range(max(first - _PEAK, self._first), last - _PEAK):
            index = hop - self._first
            if level[index] > self._heard[index, 1] - _RANGE and self._heard[index, 4] < 0.8:
                around = level[max(index - 5, 0) : index + _PEAK + 1]
                peak = bool(level[index] >= around.max()) and level[index] > self._heard[index, 1] - 4.0
                yield hop * _HOP, (hop + 1) * _HOP, peak


def _tracks(heard: Array) -> Array:
    """Articulators and, last, the seal, for each hop."""
    level, loudest, first, second, hiss = heard.T
    open_ = np.clip((level - loudest + _RANGE) / (_RANGE - 4.0), 0.0, 1.0)
    voiced = open_ * np.clip((0.6 - hiss) / 0.3, 0.0, 1.0)
    hissing = open_ - voiced
    height = np.clip((first - 300.0) / 470.0, 0.0, 1.0)
    rounding = voiced * np.clip((960.0 - second) / 120.0, 0.0, 1.0) * np.clip((820.0 - first) / 80.0, 0.0, 1.0)
    spreading = voiced * np.clip((second - 1500.0) / 800.0, 0.0, 1.0)
    columns = dict.fromkeys(ARTICULATORS, np.zeros(len(level)))
    columns["jawOpen"] = voiced * (0.1 + 0.6 * height) * (1 - 0.35 * rounding) + 0.06 * hissing
    columns["mouthPucker"] = 0.5 * rounding
    columns["mouthFunnel"] = 0.35 * rounding
    columns["mouthStretch"] = 0.35 * spreading + 0.2 * hissing
    columns["mouthSmile"] = 0.15 * spreading
    columns["mouthLowerDown"] = 0.12 * voiced * height + 0.2 * hissing
    columns["mouthUpperUp"] = 0.08 * voiced * height + 0.15 * hissing
    shape = np.stack([_smooth(columns[name]) for name in ARTICULATORS], axis=1)
    return np.concatenate([shape, _average(_murmurs(level, second, hiss, open_), 1)[:, None]], axis=1)


def _smooth(track: Array) -> Array:
    """Up in 30 ms and down in 70, neither late."""
    return np.maximum(_average(track, 1), _average(track, 3))


def _average(track: Array, side: int) -> Array:
    """The mean of a hop, of `side` before and as many after it."""
    padded = np.pad(track, side)
    total = np.zeros(len(track))
    for shift in range(2 * side + 1):
        total += padded[shift : shift + len(track)]
    return total / (2 * side + 1)


def _murmurs(level: Array, second: Array, hiss: Array, open_: Array) -> Array:
    """1 in each run of 30 to 110 ms that hums more softly than what stands on both sides of it."""
    padded = np.pad(level, _SIDE, constant_values=_SILENT)
    windows = sliding_window_view(padded, _SIDE + 1)
    before, after = windows[: len(level)].max(axis=1), windows[_SIDE:].max(axis=1)
    soft = (level < np.minimum(before, after) - _DIP[0]) & (level < np.maximum(before, after) - _DIP[1])
    soft &= (open_ > 0.05) & (hiss < 0.05) & (second < _HUM)
    edges = np.flatnonzero(np.diff(np.concatenate([[0], soft.astype(np.int8), [0]])))
    murmurs = np.zeros(len(level))
    for start, end in edges.reshape(-1, 2):
        if 3 <= end - start <= _LONGEST_DIP:
            murmurs[start:end] = 1.0
    return murmurs
