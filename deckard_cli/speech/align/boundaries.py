"""Where one phone ends and the next begins, finer than the 10 ms on which an acoustic model counts.

Between the middles of two neighbours the sound is parted in two where the parts differ least from their own means: the
likeliest place of one change in a Gaussian sequence (Hinkley, Biometrika 57, 1970), drawn towards the model's place.
Models place boundaries of some kinds early or late by habit; those habits are taken out (Stolcke et al., ICASSP 2014).
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from deckard_cli.speech.align.arpabet import CLASSES
from deckard_cli.speech.pcm import Samples

__all__ = ["RATE", "Segment", "refined"]

RATE: Final = 16000
"""Samples per second."""

_HOP: Final = 0.0025
_WINDOW: Final = 0.015
"""Seconds: a glottal period and more; within a shorter one a low voice changes all the time."""
_FFT: Final = 256
_BANDS: Final = 20
_REACH: Final = 0.06
"""Seconds by which a boundary moves at most."""
_NEAR: Final = 0.02
_PULL: Final = 10.0
"""Cost of a move by `_NEAR` seconds, in squared nats a band."""
_PAUSE: Final = 0.08
"""Seconds of a silence between two words from which on it is a pause."""
_CLOSURE: Final = 0.08
"""Seconds by which it has to be longer where the next word begins with a stop, which is silent before its burst."""
_STOPS: Final = ("voiceless stop", "voiced stop")
_QUIET: Final = 0.25
"""Silence lies below this share of the way from the recording's quietest to its loudest, in decibels."""
_SHORTEST: Final = 0.01
"""Seconds that a phone lasts at least."""


@dataclass(frozen=True, slots=True)
class Segment:
    """A phone in a recording."""

    name: str
    """ARPAbet."""
    start: float
    """Seconds."""
    end: float
    """Seconds."""
    word: int
    """The number of its word."""


def refined(samples: Samples, segments: Sequence[Segment]) -> list[Segment]:
    """`segments`, in order of time, with their ends where the sound changes; `samples` are at `RATE`.

    A gap between two stays where it is a pause; any other is closed. None is lost and none overlaps the next.
    """
    if not segments:
        return []
    sound = _Sound(samples)
    lead = (0.0, segments[0].start)
    starts, ends = [sound.change(lead, segments[0], segments[0].start)], []
    for before, here in itertools.pairwise(segments):
        pause = _pause(before, here, sound)
        if pause:
            ends.append(sound.change(before, pause, pause[0]))
            starts.append(sound.change(pause, here, pause[1]))
        else:
            starts.append(sound.change(before, here, (before.end + here.start) / 2))
            ends.append(starts[-1])
    tail = (segments[-1].end, len(samples) / RATE)
    ends.append(sound.change(segments[-1], tail, segments[-1].end))
    return _in_order(segments, starts, ends, len(samples) / RATE)


def _pause(before: Segment, here: Segment, sound: _Sound) -> tuple[float, float] | None:
    """Start and end of the silence between two phones; None where one runs into the other."""
    if before.word == here.word:
        return None
    quiet = sound.quiet(_middle(before), _middle(here))
    closure = _CLOSURE * (CLASSES[here.name] in _STOPS)
    return quiet if quiet[1] - quiet[0] >= _PAUSE + closure else None


def _middle(piece: Segment | tuple[float, float]) -> float:
    start, end = (piece.start, piece.end) if isinstance(piece, Segment) else piece
    return (start + end) / 2


def _in_order(
    segments: Sequence[Segment], starts: Sequence[float], ends: Sequence[float], whole: float
) -> list[Segment]:
    """The segments with `starts` and `ends`, each pushed on where it would be shorter than a phone is."""
    placed: list[Segment] = []
    clock = 0.0
    for left, (segment, start, end) in enumerate(zip(segments, starts, ends, strict=True), 1 - len(segments)):
        latest = whole + (left - 1) * _SHORTEST
        start = min(max(start, clock), max(latest, clock))
        clock = min(max(end, start + _SHORTEST), max(latest + _SHORTEST, start))
        placed.append(replace(segment, start=start, end=clock))
    joined = [
        replace(here, end=after.start) if after.start - here.end < _SHORTEST else here
        for here, after in itertools.pairwise(placed)
    ]
    return [*joined, placed[-1]]


class _Sound:
    """A sound's spectrum every 2.5 ms."""

    def __init__(self, samples: Samples) -> None:
        width, step = round(_WINDOW * RATE), round(_HOP * RATE)
        padded = np.pad(samples, (width // 2, width))
        frames = np.lib.stride_tricks.sliding_window_view(padded, width)[::step][: -(-len(samples) // step)]
        power = np.square(np.abs(np.fft.rfft(frames * _window(width), _FFT)))
        # Not by `@`: OpenBLAS's threads would spin on every core while the model listens, which took twice as long.
        self._rows = np.log(np.einsum("ij,jk->ik", power, _filters()) + 1e-5)
        level = 10 * np.log10(np.square(frames).mean(axis=1) + 1e-9)
        low, high = np.percentile(level, (3, 95))
        self._level = (level - low) / max(high - low, 1.0)

    def quiet(self, start: float, end: float) -> tuple[float, float]:
        """The start and end of the longest silence there, in seconds; of no length where there is none."""
        first = round(start / _HOP)
        low = np.concatenate([[False], self._level[first : round(end / _HOP)] < _QUIET, [False]])
        edges = np.flatnonzero(np.diff(low.astype(np.int8))).reshape(-1, 2)
        if not len(edges):
            return start, start
        longest = edges[np.argmax(edges[:, 1] - edges[:, 0])]
        return float(first + longest[0]) * _HOP, float(first + longest[1]) * _HOP

    def change(self, before: Segment | tuple[float, float], after: Segment | tuple[float, float], near: float) -> float:
        """When `before` turns into `after`, near the time where the model has it; a pause has a start and an end."""
        low, high = max(near - _REACH, _middle(before)), min(near + _REACH, _middle(after))
        rows = self._rows[round(low / _HOP) : round(high / _HOP) + 1]
        if len(rows) >= 6:
            cuts = np.arange(2, len(rows) - 1)
            times = (round(low / _HOP) + cuts - 0.5) * _HOP
            near = float(times[np.argmin(_unlike(rows, cuts) + _PULL * ((times - near) / _NEAR) ** 2)])
        return near - _HABITS.get((_manner(before), _manner(after)), 0) / 1000


def _manner(piece: Segment | tuple[float, float]) -> str:
    return CLASSES[piece.name] if isinstance(piece, Segment) else "pause"


def _unlike(rows: NDArray[np.float32], cuts: NDArray[np.intp]) -> NDArray[np.float64]:
    """Squared distance of `rows`, parted before each of `cuts`, from the means of the two parts, a band."""
    sums = np.cumsum(rows, axis=0, dtype=np.float64)
    squares = np.square(rows, dtype=np.float64).sum()
    left, whole = sums[cuts - 1], sums[-1]
    means = np.square(left).sum(axis=1) / cuts + np.square(whole - left).sum(axis=1) / (len(rows) - cuts)
    apart: NDArray[np.float64] = (squares - means) / rows.shape[1]
    return apart


@cache
def _window(width: int) -> NDArray[np.float32]:
    window: NDArray[np.float32] = np.hanning(width).astype(np.float32)
    return window


@cache
def _filters() -> NDArray[np.float32]:
    """Triangles of area 1, evenly spaced on the mel scale between 80 and 7000 Hz, shape (bins, bands)."""
    edges = 700 * np.expm1(np.linspace(np.log1p(80 / 700), np.log1p(7000 / 700), _BANDS + 2))
    bins = np.arange(_FFT // 2 + 1)[:, None] * RATE / _FFT
    rising = (bins - edges[:-2]) / (edges[1:-1] - edges[:-2])
    falling = (edges[2:] - bins) / (edges[2:] - edges[1:-1])
    triangles = np.clip(np.minimum(rising, falling), 0, None)
    filters: NDArray[np.float32] = (triangles / triangles.sum(axis=0)).astype(np.float32)
    return filters


_HABITS: Final[Mapping[tuple[str, str], int]] = {
    ("aspirate", "vowel"): 4,
    ("glide", "vowel"): -6,
    ("liquid", "nasal"): -9,
    ("liquid", "voiced stop"): -3,
    ("liquid", "voiceless fricative"): 3,
    ("liquid", "vowel"): -4,
    ("nasal", "glide"): 4,
    ("nasal", "liquid"): -4,
    ("nasal", "voiced fricative"): -13,
    ("pause", "aspirate"): 22,
    ("pause", "nasal"): 4,
    ("pause", "voiced fricative"): -4,
    ("pause", "voiced stop"): 31,
    ("pause", "voiceless fricative"): 31,
    ("pause", "voiceless stop"): 37,
    ("pause", "vowel"): 3,
    ("voiced fricative", "aspirate"): -3,
    ("voiced fricative", "liquid"): 3,
    ("voiced fricative", "voiced fricative"): -9,
    ("voiced fricative", "voiceless stop"): 8,
    ("voiced stop", "liquid"): -7,
    ("voiced stop", "voiced fricative"): -12,
    ("voiced stop", "voiced stop"): -3,
    ("voiced stop", "voiceless stop"): 11,
    ("voiceless fricative", "nasal"): -5,
    ("voiceless fricative", "voiced fricative"): -8,
    ("voiceless fricative", "voiceless stop"): -3,
    ("voiceless stop", "glide"): -5,
    ("voiceless stop", "liquid"): -8,
    ("voiceless stop", "voiced fricative"): -21,
    ("voiceless stop", "voiced stop"): -3,
    ("voiceless stop", "voiceless fricative"): 4,
    ("voiceless stop", "vowel"): -3,
    ("vowel", "aspirate"): -13,
    ("vowel", "liquid"): -7,
    ("vowel", "nasal"): -6,
    ("vowel", "pause"): -7,
    ("vowel", "voiced fricative"): -4,
    ("vowel", "vowel"): -7,
}
"""Milliseconds by which boundaries between two manners come late."""
