"""How the words of an English text are pronounced, in every way that is worth trying on a recording of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from pocketsphinx import Decoder

from deckard_cli.script import Line
from deckard_cli.speech import Phone, Speech
from deckard_cli.speech.align.arpabet import pronounced
from deckard_cli.speech.espeak import Espeak

__all__ = ["Entry", "Lexicon", "entries"]

_VARIANTS: Final = 8
"""Pronunciations that the dictionary has for a word, at most."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A word of the text, and how espeak says it there: it reads out numbers, signs and abbreviations."""

    text: str
    """The word as it stands in the text."""
    written: str
    """The word with all that stands before the next one; the text is these, joined."""
    sounds: tuple[Phone, ...]
    """Espeak's phones of it; empty where it skips the word."""


def entries(text: str, lang: str) -> Iterator[Entry]:
    """The words of `text`, in order, read as they are asked for.

    Raises `UsageError` for a language or a text that espeak cannot say.
    """
    return (entry for speech in Espeak().speak(Line(text, lang)) for entry in _entries(speech))


def _entries(speech: Speech) -> Iterator[Entry]:
    ends = [0]
    for word in speech.words:
        ends.append(speech.text.index(word.text, ends[-1]) + len(word.text))
    starts = [0, *(end - len(word.text) for end, word in zip(ends[2:], speech.words[1:], strict=True))]
    for word, start, end in zip(speech.words, starts, [*starts[1:], len(speech.text)], strict=True):
        last = end == len(speech.text)
        sounds = tuple(phone for phone in speech.phones if word.start <= (phone.start + phone.end) / 2 < word.end)
        yield Entry(word.text, speech.text[start:end] + " " * last, sounds)


class Lexicon:
    """Teaches a decoder the words of a text, each under a name of its own."""

    def __init__(self, decoder: Decoder) -> None:
        self._decoder = decoder
        self._names: dict[tuple[str, tuple[str, ...]], str | None] = {}

    def __len__(self) -> int:
        return len(self._names)

    def name(self, entry: Entry) -> str | None:
        """What the decoder calls `entry`; None for a word that nobody can pronounce."""
        key = entry.text.lower().replace("’", "'"), tuple(sound.ipa for sound in entry.sounds)
        if key not in self._names:
            self._names[key] = self._learn(f"word{len(self._names)}", self._pronunciations(*key))
        return self._names[key]

    def _pronunciations(self, word: str, sounds: tuple[str, ...]) -> list[str]:
        """The dictionary's, for they are as people speak, and espeak's, which knows what a sign or a number is here."""
        known = [self._decoder.lookup_word(word + number) for number in _NUMBERS]
        return list(dict.fromkeys(filter(None, [*known, " ".join(pronounced(sounds))])))

    def _learn(self, name: str, pronunciations: list[str]) -> str | None:
        for number, phones in zip(_NUMBERS, pronunciations, strict=False):
            self._decoder.add_word(name + number, phones, False)
        return name if pronunciations else None


_NUMBERS: Final = ("", *(f"({number})" for number in range(2, _VARIANTS + 1)))
"""What the dictionary writes after a word to tell its pronunciations apart."""
