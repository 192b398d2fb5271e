"""espeak's phoneme events as `Phone`s: its names tidied, its times laid where the sound is."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from deckard_cli.speech import Phone
from deckard_cli.speech.closures import LIQUIDS, NASALS, STOPS, VOICED_STOPS, VOWELS, Envelope
from deckard_cli.speech.libespeak import PHONEME, Event

__all__ = ["TimedPhone", "phones", "tidy"]

_STRESS: Final = {"ˈ": 1, "ˌ": 2}
_RENAMED: Final = {"s.": "ʂ", "z.": "ʐ", "ts.": "tʂ", "ts.h": "tʂ", "g": "ɡ"}
_LONGEST_CLOSURE: Final = 0.06
"""Seconds of a pause that belong to the stop after it."""
_SHORTEST_CLOSURE: Final = 0.005
"""Seconds; a shorter silence before a voiced stop is the quiet part of a glottal cycle."""
_TAIL: Final = 1 / 3
"""Of a vowel, the part that a consonant gets which espeak has melted into it."""
_LATE: Final = 0.015
"""Seconds by which espeak tells of a vowel after a nasal or a liquid too late, where the sound does not show it."""
_MURMUR: Final = 0.6
"""Of a voiced stop after a vowel, the part before its burst, where the burst is too faint to be found."""


@dataclass(frozen=True, slots=True)
class TimedPhone:
    """A phone, and where the word that it belongs to stands in the text."""

    phone: Phone
    position: int
    """Characters from the start of the spoken text."""


@dataclass(frozen=True, slots=True)
class _Mark:
    """Something that starts at a sample: a phone, or a pause, which has no name."""

    sample: int
    ipa: str
    stress: int
    position: int
    burst: int | None = None


def phones(samples: NDArray[np.float32], rate: int, events: tuple[Event, ...]) -> list[TimedPhone]:
    """The phones of a sound, in order of time; each ends where the next one or a pause begins."""
    marks = _placed(_parted(list(_marks(events)), len(samples)), samples, rate)
    ends = [mark.sample for mark in marks[1:]] + [len(samples)]
    return [
        TimedPhone(
            Phone(
                mark.ipa, mark.sample / rate, end / rate, mark.stress, None if mark.burst is None else mark.burst / rate
            ),
            mark.position,
        )
        for mark, end in zip(marks, ends, strict=True)
        if mark.ipa and end > mark.sample
    ]


def _marks(events: tuple[Event, ...]) -> Iterator[_Mark]:
    position = 0
    for event in events:
        if event.type != PHONEME:
            position = event.position
        elif not event.name.startswith("("):
            ipa, stress = tidy(event.name)
            if ipa or not event.name:
                yield _Mark(event.sample, ipa, stress, position)


def _parted(marks: list[_Mark], last: int) -> list[_Mark]:
    """The marks with some of a vowel's time given to a consonant that espeak has melted into it: l in "well"."""
    parted = marks[:1]
    for mark, end in zip(marks[1:], [mark.sample for mark in marks[2:]] + [last], strict=True):
        before = parted[-1]
        if mark.ipa and before.ipa and mark.sample == end:
            mark = replace(mark, sample=end - round((end - before.sample) * _TAIL))
        parted.append(mark)
    return parted


def _placed(marks: list[_Mark], samples: NDArray[np.float32], rate: int) -> list[_Mark]:
    """The marks moved from where espeak counts them to where they are heard: see `closures`."""
    envelope = Envelope(samples, rate)
    placed: list[_Mark] = []
    for mark in marks:
        before = placed[-1] if placed else None
        if mark.ipa[:1] in set(STOPS):
            mark = replace(mark, sample=_closing(mark, before, envelope, rate), burst=mark.sample)
        elif mark.ipa and before and before.ipa[:1] in set(NASALS + LIQUIDS):
            mark = replace(mark, sample=_onset(mark, before, envelope, rate))
        placed.append(mark)
    ends = [mark.sample for mark in placed[1:]] + [len(samples)]
    return [_opened(mark, end, envelope, rate) for mark, end in zip(placed, ends, strict=True)]


def _onset(mark: _Mark, before: _Mark, envelope: Envelope, rate: int) -> int:
    """Where the sound after a nasal or a liquid begins."""
    opening = envelope.release(before.sample, mark.sample, 2.5) if before.ipa[0] in NASALS else None
    late = min(round(_LATE * rate), (mark.sample - before.sample) // 4)
    vowel = mark.ipa[0] in VOWELS
    return mark.sample - late * vowel if opening is None else opening


def _closing(mark: _Mark, before: _Mark | None, envelope: Envelope, rate: int) -> int:
    start = envelope.silence_before(mark.sample)
    if before is None or not before.ipa:
        start = max(start, mark.sample - round(_LONGEST_CLOSURE * rate))
    # Quiet sounds (l in "world") look closed as well: without a floor they would vanish into the stop after them.
    return max(start, ((before.burst or before.sample) + mark.sample) // 2) if before else start


def _opened(mark: _Mark, end: int, envelope: Envelope, rate: int) -> _Mark:
    """A voiced stop with its burst where its murmur ends: until here its burst is espeak's event."""
    if mark.burst is None or mark.ipa[0] not in VOICED_STOPS:
        return mark
    murmurs = mark.burst - mark.sample < _SHORTEST_CLOSURE * rate
    burst = envelope.release(mark.burst, end, 2.0 if murmurs else 2.5)
    usual = mark.sample + round((end - mark.sample) * _MURMUR) if murmurs else mark.burst
    return replace(mark, burst=usual if burst is None else burst)


def tidy(name: str) -> tuple[str, int]:
    """A phoneme's IPA without stress, ties, tones and diacritics, and its stress."""
    stress = next((_STRESS[mark] for mark in name if mark in _STRESS), 0)
    bare = name.translate({ord(mark): None for mark in "ˈˌ-\u200d\u0361"})
    bare = _RENAMED.get(bare, bare)
    if bare[:1] in set(STOPS) and len(bare) > 1:
        bare = bare.removesuffix("h")
    return "".join(_plain(letter) for letter in unicodedata.normalize("NFC", bare)), stress


def _plain(letter: str) -> str:
    if letter in "çː":
        return letter
    if letter == ":":
        return "ː"
    base = unicodedata.normalize("NFD", letter)[0]
    return base if unicodedata.category(base) in ("Ll", "Lo", "Lu") else ""
