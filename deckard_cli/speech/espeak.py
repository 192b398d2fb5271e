"""The built-in voice: espeak-ng, which needs nothing but its wheel and knows the time of every sound it makes."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from dataclasses import replace
from difflib import SequenceMatcher
from typing import ClassVar, Final

import numpy as np

from deckard_cli.errors import UsageError, unknown
from deckard_cli.script import WRITINGS, Hint, Line, clean, guess_language, sentences, writing
from deckard_cli.speech import Speech
from deckard_cli.speech.ipa import mnemonics
from deckard_cli.speech.libespeak import Settings, utter, variants, voices
from deckard_cli.speech.pcm import slowed
from deckard_cli.speech.phones import phones
from deckard_cli.speech.readings import readings
from deckard_cli.speech.words import Spoken, spoken, words

__all__ = ["Espeak", "languages", "variants"]

SLOWEST: Final = 80
FASTEST: Final = 449
"""Words per minute that espeak itself speaks: from 450 on it speeds its sound up afterwards and its times are wrong."""

_ALIASES: Final = {"en": "en-us", "zh": "cmn", "zh-hk": "yue", "zh-yue": "yue", "no": "nb", "iw": "he", "in": "id"}

_ALIKE: Final = 0.65
"""How like what was typed a language's tag or name has to be to be suggested."""


class Espeak:
    """A `Voice` that speaks about a hundred languages, 100 times faster than they are listened to."""

    hints: ClassVar = True
    """It reads the hints of a line itself."""

    def __init__(self, *, variant: str = "", pitch: int = 50, rate: int = 165, range: int = 50) -> None:
        """A voice of a timbre (`variants`), a pitch 0..99, a rate in words a minute and a pitch range 0..99.

        Raises `UsageError` for a variant that espeak does not have and for a number out of bounds.
        """
        if variant and variant not in variants():
            raise unknown("espeak variant", variant, variants())
        self.variant = variant
        self.pitch = int(_bounded("pitch of the voice", pitch, 0, 99))
        self.rate = int(_bounded("rate of the voice", rate, SLOWEST, FASTEST))
        self.range = int(_bounded("range of the voice", range, 0, 99))

    def speak(self, line: Line) -> Iterator[Speech]:
        """Say `line`, one `Speech` a sentence, with the times of its words and phones.

        Raises `UsageError`, before anything is said, for an unknown language, a speed outside 0.25..4, a pitch outside
        0.5..2 and a text that has no letter of the language.
        """
        text = clean(line.text)
        lang = _language(line.lang)
        rate = self.rate * _bounded("speed", line.speed, 0.25, 4)
        pitch = self.pitch + 50 * math.log2(_bounded("pitch", line.pitch, 0.5, 2))
        spoken_rate = min(max(round(rate), SLOWEST), FASTEST)
        settings = Settings(
            lang + (f"+{self.variant}" if self.variant else ""), spoken_rate, min(max(round(pitch), 0), 99), self.range
        )
        if not any(letter.isalnum() and not _is_foreign(letter, lang) for letter in text):
            raise _unspeakable(text, line.lang)
        factor = spoken_rate / rate if spoken_rate in (SLOWEST, FASTEST) else 1.0
        whole = line if text == line.text else replace(line, text=text, hints=())
        return (_say(part, settings, lang, factor) for part in _sentences(whole) if any(map(str.isalnum, part.text)))


def _bounded(what: str, value: float, low: float, high: float) -> float:
    if not low <= value <= high:
        raise UsageError(
            f"A {what} of {value:g} cannot be had.", code="out_of_range", hint=f"it goes from {low} to {high}"
        )
    return value


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
    raise _unknown(tag, asked)


def _unknown(tag: str, asked: str) -> UsageError:
    likeness = {
        name: max(SequenceMatcher(None, tag, each).ratio() for each in (name, title.lower().partition(" (")[0]))
        for name, title in voices().items()
    }
    near = [name for name in likeness if likeness[name] >= _ALIKE]
    near.sort(key=lambda name: (-likeness[name], name not in _ALIASES.values(), name))
    others = f"  (then nearest: {', '.join(near[1:6])})" if near[1:] else ""
    return UsageError(
        f"There is no language called '{asked}'.",
        code="unknown_language",
        hint=f"--lang {near[0]}{others}" if near else "a tag such as en-us, de or cmn: --lang de",
    )


def _sentences(line: Line) -> Iterator[Line]:
    start = 0
    for sentence in sentences(line.text):
        yield line.part(start, start + len(sentence))
        start += len(sentence)


def _say(sentence: Line, settings: Settings, lang: str, factor: float) -> Speech:
    hints = [replace(hint, phonemes=hint.phonemes or mnemonics(hint.ipa, lang) or "") for hint in sentence.hints]
    saying = spoken(sentence.text, (*hints, *readings(sentence.text, lang, hints)))
    sound = utter(saying.text, settings, phonemes=saying.phonemes)
    samples = sound.samples.astype(np.float32) / np.float32(32768)
    timed = phones(samples, sound.rate, sound.events)
    speech = Speech(
        samples,
        sound.rate,
        words(saying, timed, settings),
        tuple(each.phone for each in timed),
        sentence.text,
        (*_notes(saying, lang), *_unsayable(sentence.text, hints, lang)),
    )
    return speech if factor == 1 else slowed(speech, factor)


def _notes(saying: Spoken, lang: str) -> Iterator[str]:
    if saying.left_out:
        yield f"Emoji are not spoken: {' '.join(saying.left_out)}."
    if foreign := _foreign(saying.text, lang):
        yield f"The language '{lang}' has no sounds for these letters, so they are named or skipped: {foreign}."


def _unsayable(text: str, hints: list[Hint], lang: str) -> Iterator[str]:
    for hint in hints:
        if hint.ipa and not hint.phonemes:
            word, how = text[hint.start : hint.end], f"'{hint.said}'" if hint.said else "as it is written"
            yield f"The language '{lang}' has no sounds for /{hint.ipa}/, so '{word}' is said {how}."


def _foreign(text: str, lang: str) -> str:
    """The runs of letters in `text`, in their order, in writings that `lang` is not written in."""
    runs = itertools.groupby(text, lambda letter: _is_foreign(letter, lang))
    return " ".join(dict.fromkeys("".join(run) for foreign, run in runs if foreign))


def _is_foreign(letter: str, lang: str) -> bool:
    primary = lang.partition("-")[0]
    return primary not in WRITINGS.get(writing(letter) or "", (primary,))


def _unspeakable(text: str, lang: str) -> UsageError:
    guess = guess_language(text)
    if lang.partition("-")[0] == "ja" and guess in WRITINGS["CJK"]:
        return UsageError(
            "Kanji are not read, and this text has no other letter of Japanese.",
            code="text_unspeakable",
            hint="write it in kana: こんにちは for 今日は",
        )
    return UsageError(
        f"The language '{lang}' has no letter of this text.",
        code="text_unspeakable",
        hint=f"name the text's own language: --lang {guess}" if guess else "name the text's own language with --lang",
    )
