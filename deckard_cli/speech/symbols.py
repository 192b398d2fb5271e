"""The times of a neural voice's own symbols, as the times of phones and words.

Such a voice is given IPA, letter by letter, and may tell how long each letter sounds. espeak says the same sentence in
the same IPA and knows which phone and which word each letter belongs to, so its times are moved to the letters' own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from typing import Final

import numpy as np

from deckard_cli.script import Hint, Line, clean
from deckard_cli.script.hints import shifted
from deckard_cli.speech import Phone, Speech
from deckard_cli.speech.align import timed
from deckard_cli.speech.espeak import Espeak
from deckard_cli.speech.pauses import pauses
from deckard_cli.speech.pcm import Samples, silence
from deckard_cli.speech.phones import tidy

__all__ = ["Part", "Symbol", "fitted", "laid", "read"]

_STRESS: Final = frozenset("ˈˌ")
_ALIKE: Final = 0.7
"""Of espeak's phones, those that have to be among the voice's letters: fewer, and it was given other phonemes."""
_JUST_BEFORE: Final = 1e-6
"""Seconds: where one phone ends and the next begins, what ends there is told from what begins there."""
_SHORTEST: Final = 0.001
"""Seconds of a phone that is one."""


@dataclass(frozen=True, slots=True)
class Symbol:
    """What a voice was told to say, in its smallest parts, and when it says it."""

    text: str
    """IPA, a mark of stress or length, a space, a mark of punctuation."""
    start: float
    """Seconds from the start of the sound."""
    end: float
    """Seconds from the start of the sound."""


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a sentence that a voice is to turn into its letters, or that is them already."""

    text: str
    """As it is written."""
    ipa: str = ""
    """How it is said, where the script tells; else empty."""


def read(line: Line, lang: str) -> Iterator[tuple[Speech, list[Part]]]:
    """`line` as espeak reads it in `lang`, a sentence at a time: its words and phones, which a voice is held against,
    and its parts.

    Raises `UsageError`, before anything is said, for a text that has no letter of the language.
    """
    text = clean(line.text)
    line = Line(text, lang, hints=line.hints if text == line.text else ())
    return _parted(line, Espeak().speak(line))


def _parted(line: Line, speeches: Iterable[Speech]) -> Iterator[tuple[Speech, list[Part]]]:
    place = 0
    for known in speeches:
        start = max(line.text.find(known.text, place), place)
        place = start + len(known.text)
        yield known, list(_parts(known.text, shifted(line.hints, start, place)))


def _parts(sentence: str, hints: Iterable[Hint]) -> Iterator[Part]:
    done = 0
    for hint in hints:
        yield Part(sentence[done : hint.start])
        yield Part(sentence[hint.start : hint.end], hint.ipa)
        done = hint.end
    yield Part(sentence[done:])


def fitted(known: Speech, samples: Samples, rate: int, symbols: Sequence[Symbol], lang: str) -> Speech:
    """A voice's sound of the sentence `known` with its words and phones, and with espeak's pause after it.

    Where `symbols` are none, or not those of the sentence, the times are found in the sound.
    """
    ends = known.phones[-1].end if known.phones else known.duration
    quiet = [end - start for start, end in pauses(samples, rate) if end * rate > len(samples) - 0.02 * rate]
    more = silence(max(known.duration - ends - sum(quiet), 0), rate)
    speech = Speech(np.concatenate([samples, more]), rate, text=known.text, notes=known.notes)
    return laid(known, speech, symbols) or timed(speech, lang)


def laid(known: Speech, speech: Speech, symbols: Sequence[Symbol]) -> Speech | None:
    """`speech` with the words and phones of `known` where the symbols say; None where they are not the same phones."""
    theirs = [(letter, index) for index, phone in enumerate(known.phones) for letter in phone.ipa]
    ours = list(_letters(symbols))
    spans: dict[int, tuple[float, float]] = {}
    matcher = SequenceMatcher(None, [letter for letter, _ in theirs], [letter for letter, *_ in ours], autojunk=False)
    for block in matcher.get_matching_blocks():
        for (_, index), (_, start, end) in zip(theirs[block.a :][: block.size], ours[block.b :], strict=False):
            before = spans.get(index, (start, end))
            spans[index] = (min(before[0], start), max(before[1], end))
    if not known.phones or len(spans) < _ALIKE * len(known.phones):
        return None
    return _moved(known, speech, {known.phones[index]: span for index, span in sorted(spans.items())})


def _letters(symbols: Iterable[Symbol]) -> Iterator[tuple[str, float, float]]:
    """Each letter of IPA with its start and end. A mark of stress begins the sound that it stands before."""
    begun: float | None = None
    for symbol in symbols:
        letters = tidy(symbol.text)[0]
        start = symbol.start if begun is None else begun
        begun = start if symbol.text in _STRESS else None
        for place, letter in enumerate(letters):
            share = (symbol.end - start) / len(letters)
            yield letter, start + place * share, start + (place + 1) * share


def _moved(known: Speech, speech: Speech, spans: dict[Phone, tuple[float, float]]) -> Speech:
    """`speech` with the times of `known`, in which the phones in `spans` lie where these say and the rest between."""
    their = np.array([(phone.start, phone.end - _JUST_BEFORE) for phone in spans]).ravel()
    our = np.maximum.accumulate(np.clip(np.array(list(spans.values())).ravel(), 0, speech.duration))

    def begins(seconds: float) -> float:
        return float(np.interp(seconds, their, our))

    def ends(seconds: float) -> float:
        return begins(seconds - _JUST_BEFORE)

    phones = (
        replace(
            phone,
            start=begins(phone.start),
            end=ends(phone.end),
            burst=None if phone.burst is None else ends(phone.burst),
        )
        for phone in known.phones
    )
    return replace(
        speech,
        words=tuple(replace(word, start=begins(word.start), end=ends(word.end)) for word in known.words),
        phones=tuple(phone for phone in phones if phone.end - phone.start >= _SHORTEST),
    )
