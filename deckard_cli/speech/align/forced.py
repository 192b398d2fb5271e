"""English, aligned by an acoustic model: how far the text goes in each block, and how surely."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from deckard_cli.speech import Phone, Speech, Word
from deckard_cli.speech.align.arpabet import ipa
from deckard_cli.speech.align.boundaries import RATE, refined
from deckard_cli.speech.align.lexicon import Entry, entries
from deckard_cli.speech.align.model import FRAME, Said, heard
from deckard_cli.speech.pcm import Samples, resample

__all__ = ["Forced"]

_FASTEST: Final = 6
"""Words a second, and a few besides, that are looked for in a block."""
_SHORTEST: Final = 0.05
"""Seconds of a block in which the model can hear anything."""
_GOOD, _BAD = -15.0, -60.0
"""Scores of a word that is surely there, and of one that surely is not: of the words of 6 voices, clean and in noise
20 dB below them, the middle one has -16, and when another text is looked for in the same sound -48."""
_POOR: Final = -35.0
"""Below this mean it is not the same text: of those voices one text gave at least -31. Two texts gave at most -40 on
clean sound; in the noise one in 60 gave more than this and was as loud in its words."""
_COVERED: Final = 0.85
"""Of what is loud, the part that has to be words: a voice that is unlike people's is taken for noise between a few."""
_LOUD: Final = 0.5
"""Of the way from the quietest to the loudest, in decibels."""


class Forced:
    """Finds the words of an English text, in order, in the blocks of a recording of it."""

    def __init__(self, text: str, lang: str, rate: int) -> None:
        """`rate` is the recording's. Raises `UsageError` for a text that espeak cannot say."""
        self._coming = entries(text, lang)
        self._held: list[Entry] = []
        self._rate = rate

    def align(self, block: Samples, *, last: bool, sure: bool = False) -> Speech:
        """`block` with the words and phones that are said in it; without any where the text is not what is said.

        `sure` says that it is, whatever it sounds like.
        """
        bare = Speech(block, self._rate)
        ahead = None if last else round(_FASTEST * bare.duration) + _FASTEST
        self._held.extend(itertools.islice(self._coming, ahead and max(ahead - len(self._held), 0)))
        samples = resample(block, self._rate, RATE)
        said = heard(samples, self._held[:ahead], last=last) if len(samples) > _SHORTEST * RATE else []
        if not said or not (sure or (_mean(said) > _POOR and _covered(samples, said) > _COVERED)):
            return bare
        del self._held[: len(said)]
        return _spoken(bare, said, samples)

    def rest(self) -> str:
        """What of the text has not been found yet."""
        self._held.extend(self._coming)
        return "".join(entry.written for entry in self._held).strip()


def _spoken(bare: Speech, said: Sequence[Said], samples: Samples) -> Speech:
    placed = iter(refined(samples, [segment for word in said for segment in word.segments]))
    words: list[Word] = []
    phones: list[Phone] = []
    for word in said:
        mine = list(itertools.islice(placed, len(word.segments)))
        names = ipa([segment.name for segment in mine], word.entry.sounds)
        phones.extend(
            Phone(name, segment.start, segment.end, stress, segment.burst)
            for segment, (name, stress) in zip(mine, names, strict=True)
        )
        at = words[-1].end if words else 0.0
        start, end = (mine[0].start, mine[-1].end) if mine else (at, at)
        words.append(Word(word.entry.text, start, end, _confidence(word.score)))
    text = "".join(word.entry.written for word in said).strip()
    return replace(bare, words=tuple(words), phones=tuple(phones), text=text)


def _covered(samples: Samples, said: Sequence[Said]) -> float:
    """The share of the loud frames that lie inside words."""
    width = round(FRAME * RATE)
    power = np.square(samples[: len(samples) // width * width]).reshape(-1, width).mean(axis=1)
    level = np.log(power + 1e-9)
    low, high = np.percentile(level, (3, 95))
    words = np.zeros(len(level), dtype=bool)
    for segment in (segment for word in said for segment in word.segments):
        words[round(segment.start / FRAME) : round(segment.end / FRAME)] = True
    loud = level > low + _LOUD * (high - low)
    return float(words[loud].mean()) if loud.any() else 0.0


def _mean(said: Sequence[Said]) -> float:
    """The score of all the words, each weighed by its length."""
    lengths = [sum(segment.end - segment.start for segment in word.segments) for word in said]
    return float(np.average([word.score for word in said], weights=lengths))


def _confidence(score: float) -> float:
    return min(max((score - _BAD) / (_GOOD - _BAD), 0.0), 1.0)
