"""When is each word and phone said? Times for sound whose words are known.

English is aligned with an acoustic model (`forced`), every other language with espeak's own rendering of the text
(`synthesis`). Both follow a recording block by block; `timed` completes one piece of speech.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final, Protocol

from deckard_cli.errors import UsageError
from deckard_cli.speech import Speech
from deckard_cli.speech.align.fit import fitted
from deckard_cli.speech.align.synthesis import BySynthesis
from deckard_cli.speech.blocks import blocks
from deckard_cli.speech.pcm import Samples, join

__all__ = ["Aligner", "aligner", "timed"]

_WHOLE: Final = 30.0
"""Seconds up to which a piece of speech is aligned as one."""
_UNSURE: Final = 0.35
"""A mean confidence below this is told."""


class Aligner(Protocol):
    """Finds the words of a text, in order, in the blocks of a recording of it."""

    def align(self, block: Samples, *, last: bool) -> Speech:
        """`block` with the words and phones that are said in it; without any where the text is not what is said."""
        ...


def aligner(text: str, lang: str, rate: int, *, sure: bool = False) -> Aligner:
    """What finds the words of `text` in a recording of `rate` samples a second.

    `sure` says that the text is what is said, whatever it sounds like. Raises `UsageError` for a language or a text
    that espeak cannot say.
    """
    if lang.lower().partition("-")[0] == "en":
        try:
            from deckard_cli.speech.align.english import (
                English,
            )  # at the top it would load the model for every language
        except ModuleNotFoundError as error:  # there are machines for which pocketsphinx has no wheel
            if error.name != "pocketsphinx":
                raise
        else:
            return English(text, lang, rate, sure=sure)
    return BySynthesis(text, lang, rate, sure=sure)


def timed(speech: Speech, lang: str) -> Speech:
    """`speech` with all its times: what it has is kept, and what it lacks is found in its sound.

    A voice calls it with about a sentence. Where words have times and phones have not, phones are fitted inside the
    words. Speech without text, and speech in a language that espeak does not know, comes back without more times.
    """
    if not speech.text.strip() or (speech.words and speech.phones):
        return speech
    text = " ".join(word.text for word in speech.words) or speech.text
    try:
        found = _found(replace(speech, text=text), lang)
    except UsageError as error:
        return _noted(speech, f"The times of the sounds are not known: {error.message}")
    if speech.words:
        return replace(speech, phones=fitted(found, speech.words))
    whole = replace(speech, words=found.words, phones=found.phones)
    sure = [word.confidence for word in found.words]
    if sum(sure) < _UNSURE * len(sure) or not sure:
        return _noted(whole, "The times of the words are a guess: the sound is not much like the text.")
    return whole


def _found(speech: Speech, lang: str) -> Speech:
    following = aligner(speech.text, lang, speech.rate, sure=True)
    if speech.duration <= _WHOLE:
        return following.align(speech.samples, last=True)
    return join(following.align(block, last=last) for block, last in blocks([speech.samples], speech.rate))


def _noted(speech: Speech, note: str) -> Speech:
    return replace(speech, notes=(*speech.notes, note))
