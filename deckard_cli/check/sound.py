"""Whether a clip sounds right: how loud, cut off at no height, between silences that are neither long nor missing."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Final

import numpy as np

from deckard_cli.check.listen import HOP, Hearing
from deckard_cli.check.report import Finding, judged
from deckard_cli.settings import Thresholds

__all__ = ["read", "sounds"]

_CEILING: Final = 1.0
"""Decibels below the highest peaks within which a peak touches what cuts it off."""
_FLAT: Final = 6.0
"""Decibels of a peak over the level around it: 3 for a pure tone, 8 and more for a voice, 4 for one that is cut off."""
_HUSH: Final = 12.0
"""Decibels below what counts as voice down to which the last word fades."""


def sounds(hearing: Hearing, limits: Thresholds) -> Iterator[Finding]:
    """What is found on the sound of a clip."""
    if hearing.broken:
        yield Finding(
            "sound_broken",
            False,
            f"Of its packets of sound {hearing.broken} cannot be decoded.",
            hearing.broken,
            (None, 0),
        )
    least, most = limits.loudness_least, limits.loudness_most
    told = f"{hearing.loudness:.1f} LUFS." if math.isfinite(hearing.loudness) else "Nothing is heard."
    yield judged("loudness", hearing.loudness, (least, most), "LUFS", told)
    voice = np.flatnonzero(hearing.voice)
    if not len(voice):
        return
    flat = _flat(hearing)
    told = f"{flat:.0%} of the voice is cut off at one height." if flat else "No peak is cut off."
    yield judged("clipping", flat, (None, limits.clipped), "share", told)
    silent = ~hearing.aside
    before, after = (int(ends.sum()) * HOP for ends in (silent[: voice[0]], silent[voice[-1] + 1 :]))
    told = f"{before:.2f} s of silence before the first sound."
    yield judged("silence_start", before, (None, limits.silence_start_seconds), "s", told)
    told = f"{after:.2f} s of silence after the last sound."
    yield judged("silence_end", after, (None, limits.silence_end_seconds), "s", told)
    quiet = _quiet(hearing)
    whole = quiet >= limits.quiet_end_seconds
    told = "The last word fades." if whole else "The last word is cut off: there is no quiet after it."
    yield judged("last_word", quiet, (limits.quiet_end_seconds, None), "s", told)


def read(hearing: Hearing) -> Iterator[Finding]:
    """Whether the words that a clip is known to say are said in it."""
    if hearing.reading is None or not hearing.voice.any():
        return
    count = len(hearing.words)
    told = f"{count} words of its text are heard." if count else "Its text is not what is said."
    yield Finding("words", count > 0, told, count, (1, None))


def _flat(hearing: Hearing) -> float:
    """The share of the voice whose peaks all reach one height, and stay there."""
    voiced = hearing.voice
    peak = 20 * np.log10(np.maximum(hearing.peak[voiced], 1e-6))
    highest = peak > np.percentile(peak, 98) - _CEILING
    return float((highest & (peak - hearing.level[voiced] < _FLAT)).mean())


def _quiet(hearing: Hearing) -> float:
    """Seconds at the end that are quieter than a word's fading."""
    loud = np.flatnonzero(hearing.level > hearing.floor - _HUSH)
    return (len(hearing.level) - 1 - int(loud[-1])) * HOP if len(loud) else hearing.duration
