"""The acoustic model: words that may be said, in order, and a sound, in; the words and phones that it hears, out.

CMU Sphinx's, which comes in the wheel of pocketsphinx. The words are a chain with an exit after each (a finite-state
grammar), so that the model itself finds how far they go. Where a phone is inside its word is a guess from how long such
phones usually last, which `boundaries` puts right: to ask the model for it would take as long again.
"""

from __future__ import annotations

import itertools
import math
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from pocketsphinx import Decoder
from pocketsphinx import Segment as Hypothesis

from deckard_cli.speech.align.arpabet import USUAL
from deckard_cli.speech.align.boundaries import Segment
from deckard_cli.speech.align.lexicon import Entry, Lexicon
from deckard_cli.speech.pcm import Samples

__all__ = ["FRAME", "UNHEARD", "Said", "heard"]

FRAME: Final = 0.01
"""Seconds on which the model counts."""
_SETTINGS: Final = {
    # With the narrow beams that are usual the right way is lost, and with `bestpath` the last words are, silently.
    "beam": 1e-60,
    "wbeam": 1e-40,
    "pbeam": 1e-60,
    "bestpath": False,
    "lm": None,
    # What costs nothing is found between any two words; `refined` keeps the pauses among it.
    "silprob": 1.0,
    # Half of the usual: a quarter faster, and the 95th percentile of word starts 1.5 ms worse.
    "topn": 2,
    "loglevel": "FATAL",
}
_UNIT: Final = math.log(1.0001)
"""In which the model counts the logarithms of likelihoods."""
UNHEARD: Final = -1000.0
"""The score of a word that nobody can pronounce."""
_MOST: Final = 20_000
"""Words that a decoder is taught before another takes its place: it forgets none."""


@dataclass(frozen=True, slots=True)
class _Found:
    """A word as the model has it."""

    phones: tuple[tuple[str, float, float], ...]
    """Name in ARPAbet, start and end in seconds."""
    score: float
    """Log likelihood a frame, beside that of the likeliest sound of all."""


@dataclass(frozen=True, slots=True)
class Said:
    """A word of the text that was found."""

    entry: Entry
    segments: tuple[Segment, ...]
    score: float
    """As in `_Found`."""


class _Model:
    """A decoder, which takes a third of a second to load, and what it has been taught."""

    def __init__(self) -> None:
        self._decoder = Decoder(**_SETTINGS)
        self.lexicon = Lexicon(self._decoder)

    def hear(self, samples: Samples, coming: Sequence[Entry], last: bool) -> list[Said]:
        names = [(entry, self.lexicon.name(entry)) for entry in coming]
        chain = [name for _, name in names if name]
        sound = (np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes()
        # All that is left of the text has to be in the last block, if any way can be found to have it there.
        if not chain or not ((last and self._finds(chain, sound, whole=True)) or self._finds(chain, sound)):
            return []
        # An entry is gone when the next one is asked for.
        found = [self._read(word) for word in self._decoder.seg() if _is_word(word.word)]
        return list(_matched(names, found))

    def _read(self, word: Hypothesis) -> _Found:
        first, after = word.start_frame, word.end_frame + 1
        names = self._decoder.lookup_word(word.word).split()
        lengths = [0, *itertools.accumulate(USUAL[name] for name in names)]
        edges = [(first + (after - first) * length / lengths[-1]) * FRAME for length in lengths]
        return _Found(
            tuple(zip(names, edges, edges[1:], strict=False)), math.log(word.ascore) / _UNIT / (after - first)
        )

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


_LOCK: Final = threading.Lock()
_models: list[_Model] = []


def heard(samples: Samples, coming: Sequence[Entry], *, last: bool) -> list[Said]:
    """The words of `coming`, from the first on, that are said in `samples`; all of them, if that can be, where these
    are the `last`. `samples` are at `RATE`.
    """
    with _LOCK:
        if not _models or len(_models[0].lexicon) > _MOST:
            _models[:] = [_Model()]
        return _models[0].hear(samples, coming, last)


def _is_word(name: str) -> bool:
    """Whether a name is not one of the model's for silence and noise, or for an exit of the grammar."""
    return name[0] not in "<[("


def _matched(names: Sequence[tuple[Entry, str | None]], found: Sequence[_Found]) -> Iterator[Said]:
    """The words found, in order, each with its entry; words that nobody can pronounce stay between them."""
    coming = iter(found)
    for number, (entry, name) in enumerate(names):
        if name is None:
            yield Said(entry, (), UNHEARD)
        elif word := next(coming, None):
            yield Said(entry, tuple(Segment(*phone, number) for phone in word.phones), word.score)
        else:
            return
