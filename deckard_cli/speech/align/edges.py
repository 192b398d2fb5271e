"""Words and phones of any language, about where they are, with their edges where the sound changes.

The network of boundaries was trained on English; a sound of another language is heard as the nearest that it knows.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from deckard_cli.speech import Phone, Speech, Word
from deckard_cli.speech.align.arpabet import pronounced
from deckard_cli.speech.align.boundaries import RATE, Segment, refined
from deckard_cli.speech.pcm import resample

__all__ = ["sharpened"]

_UNKNOWN: Final = "AH"
"""For a sound that is like none of English."""


def sharpened(speech: Speech) -> Speech:
    """`speech` with better edges; a word in which no phone sounds stands where the one before it ends."""
    starts = [word.start for word in speech.words]
    groups = [
        _segments(phone, max(bisect_right(starts, (phone.start + phone.end) / 2) - 1, 0)) for phone in speech.phones
    ]
    placed = refined(resample(speech.samples, speech.rate, RATE), [segment for group in groups for segment in group])
    phones, taken = [], 0
    pieces: dict[int, list[Segment]] = {}
    for phone, group in zip(speech.phones, groups, strict=True):
        mine = placed[taken : taken + len(group)]
        taken += len(group)
        phones.append(_moved(phone, mine))
        first = pieces.get(mine[0].word, mine)[0]
        pieces[mine[0].word] = [first, mine[-1]]
    return replace(speech, words=tuple(_words(speech.words, pieces)), phones=tuple(phones))


def _segments(phone: Phone, word: int) -> list[Segment]:
    names = pronounced([phone.ipa]) or [_UNKNOWN]
    length = (phone.end - phone.start) / len(names)
    return [
        Segment(name, phone.start + place * length, phone.start + (place + 1) * length, word)
        for place, name in enumerate(names)
    ]


def _moved(phone: Phone, pieces: Sequence[Segment]) -> Phone:
    start, end = pieces[0].start, pieces[-1].end
    known = None if phone.burst is None else min(max(phone.burst, start), end)
    return replace(phone, start=start, end=end, burst=pieces[0].burst or known)


def _words(words: Sequence[Word], pieces: dict[int, list[Segment]]) -> list[Word]:
    found: list[Word] = []
    for number, word in enumerate(words):
        at = found[-1].end if found else 0.0
        if number in pieces:
            start, end = pieces[number][0].start, pieces[number][-1].end
        else:
            start = end = at
        found.append(replace(word, start=start, end=end))
    return found
