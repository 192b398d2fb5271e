"""How it sounds: a `Voice` turns a `Line` into `Speech`, sound with the times of its words and phones."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from deckard_cli.script import Line

__all__ = ["Phone", "Speech", "Voice", "Word"]


@dataclass(frozen=True, slots=True)
class Word:
    """A word and when it is said."""

    text: str
    """The word as it stands in the line."""
    start: float
    """Seconds from the start of the speech it belongs to."""
    end: float
    """Seconds from the start of the speech it belongs to."""
    confidence: float = 1.0
    """How surely it is said then: 1 where the voice itself tells its times, 0..1 where they were found in the sound."""


@dataclass(frozen=True, slots=True)
class Phone:
    """A speech sound and when it sounds. Silence is not a phone: it is the gap between two."""

    ipa: str
    """IPA without stress or tie marks; length marks stay (``iː``, ``tʃ``, ``ɚ``)."""
    start: float
    """Seconds from the start of the speech it belongs to."""
    end: float
    """Seconds from the start of the speech it belongs to."""
    stress: int = 0
    """0 none, 1 primary, 2 secondary: the stress of the syllable, carried by its vowel."""
    burst: float | None = None
    """Seconds at which a closure (p, b, t, d, k, g ...) opens, where that is known; else None."""


@dataclass(frozen=True, slots=True)
class Speech:
    """Sound with its timings. The number of samples is the one clock: no stage ever cuts it."""

    samples: NDArray[np.float32]
    """Mono, shape (n,), -1..1."""
    rate: int
    """Samples per second."""
    words: tuple[Word, ...] = ()
    """In order of time; empty when nobody knows the words."""
    phones: tuple[Phone, ...] = ()
    """In order of time, not overlapping; empty when nobody knows them."""
    text: str = ""
    """What is said, as it was written; empty when nobody knows."""
    notes: tuple[str, ...] = ()
    """What a person should be told: sentences about what could not be said as it was written."""

    @property
    def duration(self) -> float:
        """Seconds."""
        return len(self.samples) / self.rate


class Voice(Protocol):
    """Something that speaks. It yields as it goes, about a sentence at a time, so that a face can start early.

    Every `Speech` of one voice has the same `rate`, and they play one after the other without a gap of their own:
    pauses between sentences are samples at the end of each.
    """

    def speak(self, line: Line) -> Iterator[Speech]:
        """Say `line`.

        Raises `UsageError` for a text or a language that the voice cannot say.
        """
        ...
