"""Where in the sound a closed mouth closes and opens: espeak's events tell only roughly.

Measured on espeak-ng 1.52, on its sound against its phoneme events, at 165 words a minute:

- p t k tʃ: the event is the burst, to the sample. The closure is digital silence before it (50 ms), which the events
  give to the phone before.
- b d ɡ dʒ after a vowel: the event is the closing; its murmur lasts two thirds of the phone (45 to 60 ms), then the
  part above 1 kHz rises by 10 to 25 dB at the burst. After silence there is no murmur: the event is the burst.
- m n ŋ before a vowel: the next event is 10 to 35 ms late, because espeak counts the beginning of the vowel to the
  nasal; the murmur's end shows as a rise by 8 to 18 dB. After l ɹ j w it is as late, but the sound has no such edge.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

__all__ = ["LIQUIDS", "NASALS", "STOPS", "VOICED_STOPS", "VOWELS", "Envelope"]

VOICED_STOPS: Final = "bdɡɢɟɖɓɗɠ"
STOPS: Final = "ptkqcʈ" + VOICED_STOPS
NASALS: Final = "mnŋɲɳɴɱ"
LIQUIDS: Final = "lɹjwrʎɫɭɻɥ"
VOWELS: Final = "aeiouyæɐɑɒɔəɚɛɜɝɞɘɤɨɪᵻɯɵøœɶʉʊʌʏ"

_SILENT: Final = 0.02
"""Peaks below this are closed lips; above the echo that some variants add (0.012)."""
_WINDOW: Final = 14
"""Milliseconds before a rise with which it is compared: a glottal period and more, for each pulse is a rise itself."""
_RAMP: Final = 3
"""Milliseconds that a rise may take."""


class Envelope:
    """The peaks of a sound, and of its high part (the difference of neighbouring samples), in each millisecond."""

    def __init__(self, samples: NDArray[np.float32], rate: int) -> None:
        """`samples` are mono, shape (n,)."""
        self._block = max(rate // 1000, 1)
        self._level = self._peaks(samples)
        self._high = self._peaks(np.diff(samples, prepend=np.float32(0)))

    def _peaks(self, samples: NDArray[np.float32]) -> NDArray[np.float32]:
        count = -(-len(samples) // self._block)
        padded = np.zeros(count * self._block, dtype=np.float32)
        padded[: len(samples)] = np.abs(samples)
        peaks: NDArray[np.float32] = padded.reshape(count, self._block).max(axis=1)
        return peaks

    def silence_before(self, sample: int) -> int:
        """The sample at which the silence that ends at `sample` begins; `sample` itself where there is none."""
        block = sample // self._block
        while block > 0 and self._level[block - 1] < _SILENT:
            block -= 1
        return min(block * self._block, sample)

    def release(self, start: int, end: int, rise: float) -> int | None:
        """The sample in `start`..`end` at which the high part first grows `rise` times; None where it never does."""
        first, last = start // self._block, min(end // self._block, len(self._high))
        while first < last and self._level[first] < _SILENT:
            first += 1
        rises = {block: self._rise(block) for block in range(first + _WINDOW, last)}
        enough = max(rise, max(rises.values(), default=0.0) / 2)
        return next((block * self._block for block, each in rises.items() if each >= enough), None)

    def _rise(self, block: int) -> float:
        before = self._high[block - _WINDOW : block - _RAMP].max()
        return float(self._high[block] / max(before, 1e-4))
