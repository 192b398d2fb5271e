"""The silence before and after what is said: where it ends and begins, however softly that is."""

from __future__ import annotations

from array import array
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from deckard_cli.speech import Phone, Speech, Word
from deckard_cli.speech.pcm import Samples

__all__ = ["Edges", "Trim", "said", "sounding"]

_HOP: Final = 0.01
_STILL: Final = 10
"""Hops (100 ms) that are as quiet as the room: a shorter quiet is the closure of a stop, as in "stop" itself."""
_FAINT, _LOUDEST = 2, 0.05
"""Where the loudest is not so many times the threshold, all of the voice is about as faint as that, and what is 26 dB
under the loudest is no silence."""
_ROOM: Final = 1.5
"""Times the highest peak of the stillest tenth of a second: as far as a steady noise goes elsewhere. Twice that, and
the fading f in "off" is cut."""
_DITHER: Final = 4 / 32768
"""Below it is what a converter adds to silence."""


@dataclass(frozen=True, slots=True)
class Trim:
    """How the silence at the ends is known, and how much of it stays."""

    threshold: float = 500
    """An amplitude of 16-bit sound, 0..32767: what reaches it is no silence."""
    pad: float = 0.12
    """Seconds of silence that stay at either end, where there are as many."""


class Edges:
    """Where a sound that comes in pieces begins and ends. It keeps a hundred numbers a second, and no sound."""

    def __init__(self, rate: int, threshold: float) -> None:
        """`rate` in samples a second; `threshold` as that of a `Trim`."""
        self._width = max(round(_HOP * rate), 1)
        self._threshold = threshold / 32768
        self._rest = np.zeros(0, np.float32)
        self._peaks = array("f")

    def add(self, samples: Samples) -> None:
        """Listen to `samples`, which follow what was added before."""
        heard = np.concatenate([self._rest, samples])
        count = len(heard) // self._width
        self._peaks.extend(_peaks(heard[: count * self._width], self._width))
        self._rest = heard[count * self._width :]

    def found(self) -> tuple[int, int]:
        """The first sample of what is no silence, and the one after its last; 0 and 0 where all is silence."""
        peaks = np.array([*self._peaks, *([np.abs(self._rest).max()] if len(self._rest) else [])], np.float32)
        highest = float(peaks.max(initial=0.0))
        if not highest:
            return 0, 0
        loud = np.flatnonzero(peaks >= (self._threshold if highest >= _FAINT * self._threshold else _LOUDEST * highest))
        still = _stillest(peaks)
        first = loud[0] - _softly(peaks[: loud[0]][::-1], still)
        last = loud[-1] + 1 + _softly(peaks[loud[-1] + 1 :], still)
        whole = len(self._peaks) * self._width + len(self._rest)
        return int(first) * self._width, min(int(last) * self._width, whole)


def sounding(speech: Speech, threshold: float) -> tuple[int, int]:
    """As `Edges.found`, for one `Speech`."""
    edges = Edges(speech.rate, threshold)
    edges.add(speech.samples)
    return edges.found()


def said(speech: Speech, sound: tuple[int, int]) -> tuple[int, int]:
    """`sound`, widened to where the words and phones of a `Speech` begin and end, which may be said more softly."""
    timed: list[Word | Phone] = [*speech.words, *speech.phones]
    if not timed:
        return sound
    first, last = sound if sound[1] else (len(speech.samples), 0)
    start, end = min(each.start for each in timed), max(each.end for each in timed)
    return min(first, int(start * speech.rate)), max(last, min(round(end * speech.rate), len(speech.samples)))


def _peaks(samples: Samples, width: int) -> Samples:
    peaks: Samples = np.abs(samples).reshape(-1, width).max(axis=1)
    return peaks


def _stillest(peaks: NDArray[np.float32]) -> float:
    """The highest peak in the stillest tenth of a second, at an end or between two words."""
    if len(peaks) < _STILL:
        return 0.0
    return float(np.lib.stride_tricks.sliding_window_view(peaks, _STILL).max(axis=1).min())


def _softly(outward: NDArray[np.float32], stillest: float) -> int:
    """How many of the peaks, from the loud sound outwards, are sound as well: up to where the room alone is heard.

    What is louder than the room in some pause is kept, for it may be an f at the start of the file.
    """
    if len(outward) < _STILL:
        return len(outward)
    room = max(_ROOM * stillest, _DITHER)
    still = np.convolve(outward <= room, np.ones(_STILL), "valid") == _STILL
    return int(np.argmax(still)) if still.any() else len(outward)
