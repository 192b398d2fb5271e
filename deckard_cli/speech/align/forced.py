"""English, aligned by an acoustic model: CMU Sphinx's, which comes in the wheel of pocketsphinx.

The words that may be said in a block are a chain with an exit after each (a finite-state grammar), so that the model
itself finds how far the text goes there; a second pass finds the phones of these words.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from pocketsphinx import AlignmentEntry, Decoder

from deckard_cli.speech import Phone, Speech, Word
from deckard_cli.speech.align.arpabet import ipa
from deckard_cli.speech.align.boundaries import RATE, Segment, refined
from deckard_cli.speech.align.lexicon import Entry, Lexicon, entries
from deckard_cli.speech.pcm import Samples, resample

__all__ = ["Forced"]

_FASTEST: Final = 6
"""Words a second, and a few besides, that are looked for in a block."""
_SHORTEST: Final = 0.05
"""Seconds of a block in which the model can hear anything."""
_FRAME: Final = 0.01
"""Seconds on which the model counts."""
_SETTINGS: Final = {
    # With the narrow beams that are usual the right way is lost, and with `bestpath` the last words are, silently.
    "beam": 1e-80,
    "wbeam": 1e-60,
    "pbeam": 1e-80,
    "bestpath": False,
    "lm": None,
    "silprob": 0.1,
    "topn": 2,
    "loglevel": "FATAL",
}
_GOOD, _BAD = -15.0, -60.0
"""Scores of a word that is surely there, and of one that surely is not: of 3,664 words of 6 voices in noise 20 dB below
them the middle one has -20, and when another text is looked for in the same sound -59."""
_POOR: Final = -42.0
"""Below this mean it is not the same text: one text gave at least -40, two texts at most -44."""
_COVERED: Final = 0.85
"""Of what is loud, the part that has to be words: a voice that is unlike people's is taken for noise between a few."""
_LOUD: Final = 0.5
"""Of the way from the quietest to the loudest, in decibels."""


@dataclass(frozen=True, slots=True)
class _Found:
    """A word as the model has it."""

    phones: tuple[tuple[str, float, float], ...]
    """Name in ARPAbet, start and end in seconds."""
    score: float
    """Log likelihood a frame, beside that of the likeliest sound of all."""


@dataclass(frozen=True, slots=True)
class _Said:
    """A word of the text that was found."""

    entry: Entry
    segments: tuple[Segment, ...]
    score: float
    """As in `_Found`."""


class Forced:
    """Finds the words of an English text, in order, in the blocks of a recording of it."""

    def __init__(self, text: str, lang: str, rate: int) -> None:
        """`rate` is the recording's. Raises `UsageError` for a text that espeak cannot say."""
        self._coming = entries(text, lang)
        self._held: list[Entry] = []
        self._rate = rate
        self._decoder = Decoder(**_SETTINGS)
        self._lexicon = Lexicon(self._decoder)

    def align(self, block: Samples, *, last: bool, sure: bool = False) -> Speech:
        """`block` with the words and phones that are said in it; without any where the text is not what is said.

        `sure` says that it is, whatever it sounds like.
        """
        bare = Speech(block, self._rate)
        ahead = None if last else round(_FASTEST * bare.duration) + _FASTEST
        self._held.extend(itertools.islice(self._coming, ahead and max(ahead - len(self._held), 0)))
        samples = resample(block, self._rate, RATE)
        said = self._said(samples, self._held[:ahead], last) if len(samples) > _SHORTEST * RATE else []
        if not said or not (sure or (_mean(said) > _POOR and _covered(samples, said) > _COVERED)):
            return bare
        del self._held[: len(said)]
        return _spoken(bare, said, samples)

    def rest(self) -> str:
        """What of the text has not been found yet."""
        self._held.extend(self._coming)
        return "".join(entry.written for entry in self._held).strip()

    def _said(self, samples: Samples, coming: Sequence[Entry], last: bool) -> list[_Said]:
        names = [(entry, self._lexicon.name(entry)) for entry in coming]
        chain = [name for _, name in names if name]
        sound = (np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes()
        # All that is left of the text has to be in the last block, if any way can be found to have it there.
        if not chain or not ((last and self._finds(chain, sound, whole=True)) or self._finds(chain, sound)):
            return []
        self._decoder.set_alignment()
        self._hear(sound)
        # An entry is gone when the next one is asked for.
        found = [_read(word) for word in self._decoder.get_alignment() if _is_word(word.name)]
        return list(_matched(names, found))

    def _finds(self, chain: Sequence[str], sound: bytes, *, whole: bool = False) -> bool:
        """Whether words of `chain`, from its first on, are found in `sound`; `whole` asks for all of them."""
        count = len(chain)
        ways = [(place, place + 1, 1.0, name) for place, name in enumerate(chain)]
        # An exit is a word that leads to the end: one without a word would be a part of the answer, which nothing can
        # then align. The first is silence, for a block in which nothing is said.
        exits = [] if whole else [(0, count, 1.0, "<sil>"), *((place, count, 1.0, name) for place, _, _, name in ways)]
        grammar = self._decoder.create_fsg("text", 0, count, [*ways, *exits])
        self._decoder.add_fsg("text", grammar)
        self._decoder.activate_search("text")
        self._hear(sound)
        return any(_is_word(segment.word) for segment in self._decoder.seg() or ())

    def _hear(self, sound: bytes) -> None:
        self._decoder.start_utt()
        self._decoder.process_raw(sound, full_utt=True)
        self._decoder.end_utt()


def _is_word(name: str) -> bool:
    """Whether a name is not one of the model's for silence and noise, or for an exit of the grammar."""
    return name[0] not in "<[("


def _read(word: AlignmentEntry) -> _Found:
    phones = [(phone.name, phone.start * _FRAME, (phone.start + phone.duration) * _FRAME) for phone in word]
    return _Found(tuple(phones), word.score / max(word.duration, 1))


def _matched(names: Sequence[tuple[Entry, str | None]], found: Sequence[_Found]) -> Iterator[_Said]:
    """The words found, in order, each with its entry; words that nobody can pronounce stay between them."""
    coming = iter(found)
    for number, (entry, name) in enumerate(names):
        if name is None:
            yield _Said(entry, (), _BAD)
        elif word := next(coming, None):
            yield _Said(entry, tuple(Segment(*phone, number) for phone in word.phones), word.score)
        else:
            return


def _spoken(bare: Speech, said: Sequence[_Said], samples: Samples) -> Speech:
    placed = iter(refined(samples, [segment for word in said for segment in word.segments]))
    words: list[Word] = []
    phones: list[Phone] = []
    for word in said:
        mine = list(itertools.islice(placed, len(word.segments)))
        names = ipa([segment.name for segment in mine], word.entry.sounds)
        phones.extend(
            Phone(name, segment.start, segment.end, stress) for segment, (name, stress) in zip(mine, names, strict=True)
        )
        at = words[-1].end if words else 0.0
        start, end = (mine[0].start, mine[-1].end) if mine else (at, at)
        words.append(Word(word.entry.text, start, end, _confidence(word.score)))
    text = "".join(word.entry.written for word in said).strip()
    return replace(bare, words=tuple(words), phones=tuple(phones), text=text)


def _covered(samples: Samples, said: Sequence[_Said]) -> float:
    """The share of the loud frames that lie inside words."""
    width = round(_FRAME * RATE)
    power = np.square(samples[: len(samples) // width * width]).reshape(-1, width).mean(axis=1)
    level = np.log(power + 1e-9)
    low, high = np.percentile(level, (3, 95))
    words = np.zeros(len(level), dtype=bool)
    for segment in (segment for word in said for segment in word.segments):
        words[round(segment.start / _FRAME) : round(segment.end / _FRAME)] = True
    loud = level > low + _LOUD * (high - low)
    return float(words[loud].mean()) if loud.any() else 0.0


def _mean(said: Sequence[_Said]) -> float:
    """The score of all the words, each weighed by its length."""
    lengths = [sum(segment.end - segment.start for segment in word.segments) for word in said]
    return float(np.average([word.score for word in said], weights=lengths))


def _confidence(score: float) -> float:
    return min(max((score - _BAD) / (_GOOD - _BAD), 0.0), 1.0)
