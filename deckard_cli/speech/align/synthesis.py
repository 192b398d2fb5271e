"""Times for speech that came without them: espeak says the same words, and its times are laid onto the sound.

Dynamic time warping of mel cepstra (Sakoe and Chiba, IEEE Trans. ASSP 26, 1978; as an aligner by synthesis: Malfrère
and Dutoit, Eurospeech 1997), block by block, each against the text that is still to come, with its end left open. The
edges of a voice that is not espeak's are then put where the sound changes.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from deckard_cli.script import Line
from deckard_cli.speech import Phone, Speech
from deckard_cli.speech.align.edges import sharpened
from deckard_cli.speech.align.warp import distances, warp
from deckard_cli.speech.espeak import Espeak
from deckard_cli.speech.mel import HOP, cepstra
from deckard_cli.speech.pauses import pauses
from deckard_cli.speech.pcm import Samples, join, retimed, silence

__all__ = ["ALIKE", "BySynthesis"]

_AHEAD: Final = 2.0
"""Seconds of espeak's speech held ready for each second of the recording's."""
_LEAD: Final = 0.2
"""Seconds of silence put before espeak's speech, for the silence before the recording's to match."""
_POOR: Final = 0.86
"""From here on it is not the same text. Of espeak's voices one text gives at most 0.73 and two texts at least 0.89; of
two Italians and two others of Festival and Flite one text gives 0.78 to 0.91, half of them 0.84, two at least 0.87."""
ALIKE: Final = 0.75
"""Up to here it is a voice of espeak's that is heard. Its sound changes where it says: other edges would be worse."""
_GOOD, _BAD = 0.5, 1.0
"""Costs of a word that is surely there, and of one that is no more like the sound than chance."""
_VOICES: Final = ("", "f2")
"""A man's and a woman's: the nearer one is kept, for a throat of another length changes the cepstra as words do."""


class BySynthesis:
    """Finds the words of a text, in order, in the blocks of a recording of it."""

    def __init__(self, text: str, lang: str, rate: int, *, sure: bool = False, most: float = _POOR) -> None:
        """`rate` is the recording's; `sure` says that the text is what is said, whatever it sounds like; `most` is how
        unlike espeak's saying it may else be.

        Raises `UsageError` for a language or a text that espeak cannot say.
        """
        self._tellers = [_Teller(Espeak(variant=variant).speak(Line(text, lang))) for variant in _VOICES]
        self._rate, self._most = rate, math.inf if sure else most

    def align(self, block: Samples, *, last: bool) -> Speech:
        """`block` with the words and phones that are said in it; without any where the text is not what is said."""
        bare = Speech(block, self._rate)
        matches = [
            (_match(bare, known, last), teller, known)
            for teller in self._tellers
            if (known := teller.ready(bare.duration)) is not None
        ]
        if not matches:
            return bare
        match, teller, known = min(matches, key=lambda each: each[0].unlike)
        if match.unlike > self._most:
            return bare
        self._tellers = [teller]
        said, teller.held = _parted(known, known.duration if last else len(match.places) * HOP)
        return _timed(bare, said, match)


@dataclass(frozen=True, slots=True)
class _Match:
    """Where espeak's speech lies in a recording's."""

    unlike: float
    """How unlike the two are, 1 being chance."""
    places: NDArray[np.float64]
    """For each row of espeak's cepstra that is said in the recording, seconds from the recording's start."""
    costs: NDArray[np.float64]
    """How unlike each of these rows is, 1 being chance."""


class _Teller:
    """One of espeak's voices, telling the text as far ahead as is needed."""

    def __init__(self, coming: Iterator[Speech]) -> None:
        self._coming = coming
        self.held: Speech | None = None

    def ready(self, seconds: float) -> Speech | None:
        """What is still to be matched, held ready for a block of `seconds`; None at the end of the text."""
        while self.held is None or self.held.duration < _AHEAD * seconds:
            more = next(self._coming, None)
            if more is None:
                break
            self.held = more if self.held is None else join([self.held, more])
        return self.held


def _match(heard: Speech, known: Speech, last: bool) -> _Match:
    lead = round(_LEAD / HOP)
    rows = cepstra(heard.samples, heard.rate)
    reference = cepstra(np.concatenate([silence(_LEAD, known.rate), known.samples]), known.rate)
    path, costs = _way(rows, reference, last)
    _, others = _way(rows, reference[::-1], last)
    chance = float(others.mean())
    visits = np.bincount(path[:, 1])
    places = np.bincount(path[:, 1], weights=path[:, 0]) / visits * HOP
    rated = np.bincount(path[:, 1], weights=costs) / visits / chance
    return _Match(float(costs.mean()) / chance, places[lead:], rated[lead:])


def _way(
    rows: NDArray[np.float32], others: NDArray[np.float32], last: bool
) -> tuple[NDArray[np.intp], NDArray[np.float32]]:
    """The cheapest way through both, and how unlike they are at each step of it."""
    unlike = distances(rows, others)
    path = warp(unlike, open_end=not last)
    return path, unlike[path[:, 0], path[:, 1]]


def _parted(known: Speech, end: float) -> tuple[Speech, Speech | None]:
    """`known` up to the word that is being said at `end` seconds, and from the next one on."""
    count = sum((word.start + word.end) / 2 < end for word in known.words)
    if count == len(known.words):
        return known, None
    at = known.words[count].start
    cut = round(at * known.rate)
    place = 0
    for word in known.words[:count]:
        place = known.text.index(word.text, place) + len(word.text)
    place = known.text.index(known.words[count].text, place)
    said = replace(
        known,
        words=known.words[:count],
        phones=tuple(phone for phone in known.phones if phone.start < at),
        text=known.text[:place].strip(),
    )
    left = Speech(
        known.samples[cut:], known.rate, known.words[count:], known.phones[len(said.phones) :], known.text[place:]
    )
    return said, retimed(left, lambda seconds: seconds - cut / known.rate)


def _timed(heard: Speech, said: Speech, match: _Match) -> Speech:
    rows = np.arange(len(match.places)) * HOP
    placed = retimed(said, lambda seconds: min(float(np.interp(seconds, rows, match.places)), heard.duration))
    quiet = pauses(heard.samples, heard.rate)
    words = tuple(
        replace(word, confidence=_confidence(match.costs[round(true.start / HOP) : round(true.end / HOP) + 1]))
        for word, true in zip(placed.words, said.words, strict=True)
    )
    found = replace(heard, words=words, phones=tuple(_sounding(placed.phones, quiet)), text=said.text)
    return sharpened(found) if match.unlike > ALIKE else found


def _confidence(costs: NDArray[np.float64]) -> float:
    """Of a word whose rows have these costs."""
    cost = float(costs.mean()) if len(costs) else _BAD
    return min(max((_BAD - cost) / (_BAD - _GOOD), 0.0), 1.0)


def _sounding(phones: Iterable[Phone], quiet: list[tuple[float, float]]) -> list[Phone]:
    """The phones without the pauses that the warping stretched them over: nobody's mouth is open there."""
    kept: list[Phone] = []
    for phone in phones:
        start, end = phone.start, phone.end
        for low, high in quiet:
            if low <= start < high:
                start = high
            elif start < low < end:
                end = low
        if end > start:
            burst = None if phone.burst is None else min(max(phone.burst, start), end)
            kept.append(replace(phone, start=start, end=end, burst=burst))
    return kept
