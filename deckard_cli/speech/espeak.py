"""The built-in voice: espeak-ng, which needs nothing but its wheel and knows the time of every sound it makes."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Final

import numpy as np

from deckard_cli.errors import UsageError, unknown
from deckard_cli.script import WRITINGS, Line, clean, guess_language, sentences, writing
from deckard_cli.speech import Speech
from deckard_cli.speech.libespeak import Settings, utter, voices
from deckard_cli.speech.libespeak import variants as variants
from deckard_cli.speech.phones import phones
from deckard_cli.speech.words import Spoken, spoken, words

__all__ = ["Espeak", "languages", "variants"]

SLOWEST, FASTEST = 80, 450
"""Words per minute that espeak itself can speak."""

_ALIASES: Final = {"en": "en-us", "zh": "cmn", "zh-hk": "yue", "zh-yue": "yue", "no": "nb", "iw": "he", "in": "id"}


class Espeak:
    """A `Voice` that speaks about a hundred languages, 100 times faster than they are listened to."""

    def __init__(self, *, variant: str = "", pitch: int = 50, rate: int = 165, range: int = 50) -> None:
        """A voice of a timbre (`variants`), a pitch 0..99, a rate in words a minute and a pitch range 0..99.

        Raises `UsageError` for a variant that espeak does not have.
        """
        if variant and variant not in variants():
            raise unknown("espeak variant", variant, variants())
        self.variant = variant
        self.pitch = pitch
        self.rate = rate
        self.range = range

    def speak(self, line: Line) -> Iterator[Speech]:
        """Say `line`, one `Speech` a sentence, with the times of its words and phones.

        Raises `UsageError` for an unknown language and for a text that the language has no letters for.
        """
        settings = self._settings(line)
        text = clean(line.text)
        said = False
        for sentence in sentences(text):
            speech = _say(sentence.strip(), settings, line.lang)
            if len(speech.samples):
                said = said or bool(speech.phones)
                yield speech
        if not said:
            raise _unspeakable(line)

    def _settings(self, line: Line) -> Settings:
        voice = _language(line.lang) + (f"+{self.variant}" if self.variant else "")
        pitch = self.pitch + 50 * math.log2(line.pitch)
        rate = min(max(round(self.rate * line.speed), SLOWEST), FASTEST)
        return Settings(voice, rate, min(max(round(pitch), 0), 99), self.range)


def languages() -> list[tuple[str, str]]:
    """The tags and the names of the languages that `Line.lang` may have."""
    return list(voices().items())


def _language(asked: str) -> str:
    """The tag under which espeak knows a language: ``EN_us``, ``de-AT``, ``zh`` and ``german`` are understood."""
    known = voices()
    tag = asked.strip().lower().replace("_", "-")
    primary = tag.partition("-")[0]
    for name in (_ALIASES.get(tag), tag, _ALIASES.get(primary), primary):
        if name in known:
            return str(name)
    for name, title in known.items():
        if tag == title.lower() or name.startswith(f"{primary}-"):
            return name
    raise unknown("language", asked, [*known, *(title.lower() for title in known.values())])


def _say(sentence: str, settings: Settings, lang: str) -> Speech:
    saying = spoken(sentence)
    sound = utter(saying.text, settings)
    samples = sound.samples.astype(np.float32) / np.float32(32768)
    timed = phones(sound)
    return Speech(
        samples,
        sound.rate,
        words(saying, timed, settings),
        tuple(each.phone for each in timed),
        sentence,
        tuple(_notes(saying, lang)),
    )


def _notes(saying: Spoken, lang: str) -> Iterator[str]:
    if saying.left_out:
        yield f"Emoji are not spoken: {' '.join(saying.left_out)}."
    if foreign := _foreign(saying.text, lang):
        yield f"The language '{lang}' has no sounds for these letters, so they are named or skipped: {foreign}."


def _foreign(text: str, lang: str) -> str:
    """The words of `text`, in their order, in writings that `lang` is not written in."""
    return " ".join(dict.fromkeys(word for word in text.split() if any(_is_foreign(letter, lang) for letter in word)))


def _is_foreign(letter: str, lang: str) -> bool:
    written = writing(letter)
    return written is not None and _language(lang).partition("-")[0] not in WRITINGS.get(
        written, (_language(lang).partition("-")[0],)
    )


def _unspeakable(line: Line) -> UsageError:
    guess = guess_language(line.text)
    return UsageError(
        f"The language '{line.lang}' cannot say this text.",
        code="text_unspeakable",
        hint=f"name the text's own language: --lang {guess}" if guess else "name the text's own language with --lang",
    )
