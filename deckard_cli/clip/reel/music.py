"""Music under speech: played again until the film ends, and quieter whenever somebody speaks."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from deckard_cli.clip.reel.hearing import blocks, sound_rate
from deckard_cli.clip.reel.mix import loudness
from deckard_cli.errors import DeckardError
from deckard_cli.speech.loudness import TARGET
from deckard_cli.speech.pcm import Samples, silence

__all__ = ["Music", "ducking"]

_OPEN: Final = TARGET - 6
"""LUFS of music where nobody speaks."""
_DUCK: Final = 14.0
"""dB by which it steps back: then it is 20 below speech, as success criterion 1.4.7 of WCAG 2 asks."""
_ATTACK: Final = 0.35
"""Seconds before speech in which it steps back."""
_RELEASE: Final = 1.1
"""Seconds after speech in which it comes up."""
_SEAM: Final = 1.5
"""Seconds in which the end of the recording goes over into its beginning."""
_ENTRY: Final = 0.4
"""Seconds in which it comes at the start of the film."""
_EXIT: Final = 3.0
"""Seconds in which it goes at the end of the film."""
_SHORTEST: Final = 0.5
"""Seconds of a recording that can be played again and again."""


class Music:
    """A recording, as it sounds in a film."""

    def __init__(self, path: Path, rate: int) -> None:
        """At `rate` samples a second. Raises `DeckardError` for a file without sound or with too little of it."""
        self._path = path
        self._rate = rate
        self._count = 0
        if not sound_rate(path):
            raise _soundless(path)
        self._loudness = loudness(self._counted(), rate)
        if self._count < _SHORTEST * rate or not math.isfinite(self._loudness):
            raise _soundless(path)

    def _counted(self) -> Iterator[Samples]:
        for samples in blocks(self._path, self._rate):
            self._count += len(samples)
            yield samples

    def under(self, spoken: Sequence[tuple[float, float]], count: int) -> Iterator[Samples]:
        """At least `count` samples of it for a film in which somebody speaks in the spans `spoken`, in seconds."""
        level = 10 ** ((_OPEN - self._loudness) / 20)
        done, whole = 0, count / self._rate
        for samples in self._again():
            times = (done + np.arange(len(samples))) / self._rate
            gains = level * ducking(spoken, times) * _ramp(times / _ENTRY) * _ramp((whole - times) / min(_EXIT, whole))
            yield (samples * gains).astype(np.float32)
            done += len(samples)
            if done >= count:
                return

    def _again(self) -> Iterator[Samples]:
        """The recording without end, its last second faded into its first at equal power."""
        seam = min(round(_SEAM * self._rate), self._count // 3)
        turn = (np.arange(seam) + 0.5) / max(seam, 1) * math.pi / 2
        tail = silence(0, self._rate)
        while True:
            held, begun = silence(0, self._rate), False
            for samples in blocks(self._path, self._rate):
                held = np.concatenate([held, samples])
                if len(held) <= 2 * seam:
                    continue
                if not begun and len(tail):
                    held[:seam] = held[:seam] * np.sin(turn) + tail * np.cos(turn)
                begun = True
                yield held[:-seam]
                held = held[-seam:]
            yield held[:-seam]
            tail = held[-seam:]


def ducking(spoken: Sequence[tuple[float, float]], times: NDArray[np.float64]) -> NDArray[np.float64]:
    """What music is multiplied with at each of `times`, shape (n,), all in seconds: 1 where nobody speaks, and 14 dB
    less in each of the spans `spoken`, with a slope like half a cosine, in dB, before and after.
    """
    if not len(spoken):
        return np.ones(len(times))
    starts, ends = (np.array(side) for side in zip(*spoken, strict=True))
    at = np.searchsorted(starts, times, "right")
    after = times - np.where(at > 0, ends[np.maximum(at - 1, 0)], -math.inf)
    before = np.where(at < len(starts), starts[np.minimum(at, len(starts) - 1)], math.inf) - times
    down = np.maximum(_ramp(1 - after / _RELEASE), _ramp(1 - before / _ATTACK))
    return np.asarray(10 ** (-_DUCK * down / 20))


def _ramp(share: NDArray[np.float64]) -> NDArray[np.float64]:
    """0 up to 0, 1 from 1 on, half a cosine between."""
    return np.asarray((1 - np.cos(np.pi * np.clip(share, 0, 1))) / 2)


def _soundless(path: Path) -> DeckardError:
    return DeckardError(f"There is too little to hear in '{path}'.", code="no_music", hint="give another with --music")


def spans(parts: Iterable[tuple[float, Sequence[tuple[float, float]]]]) -> list[tuple[float, float]]:
    """Where in the film somebody speaks: for each clip its start and its own spans, all in seconds."""
    return sorted((start + first, start + last) for start, own in parts for first, last in own)
