"""Phones inside words whose times somebody else knows: an aligner's phones, moved with the words that both have."""

from __future__ import annotations

import itertools
from bisect import bisect
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from deckard_cli.speech import Phone, Speech, Word

__all__ = ["fitted"]

_SHORTEST: Final = 0.001
"""Seconds; what is shorter stood where the two know of no word."""


def fitted(found: Speech, words: Sequence[Word]) -> tuple[Phone, ...]:
    """The phones of `found`, an alignment of the text of `words`, in the times of `words`; none stands outside a word.

    Words are compared by their letters' places in the text, for the two may part it differently ("of the", "don't").
    """
    theirs, ours = _edges(words), _edges(found.words)
    shared = sorted(theirs.keys() & ours.keys())
    if not shared:
        return ()
    known = list(itertools.accumulate((ours[edge] for edge in shared), max))
    meant = list(itertools.accumulate((theirs[edge] for edge in shared), max))
    moved = []
    for phone in found.phones:
        # By its middle: where one word ends the next begins, and in the other's times a pause may lie between.
        after = bisect(known, (phone.start + phone.end) / 2)
        span = slice(max(after - 1, 0), after + 1)
        edges = (phone.start, phone.start if phone.burst is None else phone.burst, phone.end)
        start, burst, end = (float(np.interp(time, known[span], meant[span])) for time in edges)
        if end - start > _SHORTEST:
            moved.append(replace(phone, start=start, end=end, burst=None if phone.burst is None else burst))
    return tuple(moved)


def _edges(words: Sequence[Word]) -> dict[tuple[int, bool], float]:
    """When the letter begins that stands first in a word, and when the last one ends, by its place in the text."""
    edges: dict[tuple[int, bool], float] = {}
    place = 0
    for word in words:
        letters = sum(map(str.isalnum, word.text))
        if letters:
            edges[place, True] = word.start
            place += letters
            edges[place, False] = word.end
    return edges
