"""espeak's phoneme events as `Phone`s: its names tidied, its times laid where the sound is."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from deckard_cli.speech import Phone
from deckard_cli.speech.libespeak import PHONEME, Event, Sound

__all__ = ["TimedPhone", "phones", "tidy"]

_STRESS: Final = {"ˈ": 1, "ˌ": 2}
_RENAMED: Final = {"s.": "ʂ", "z.": "ʐ", "ts.": "tʂ", "ts.h": "tʂʰ", "g": "ɡ"}


@dataclass(frozen=True, slots=True)
class TimedPhone:
    """A phone, and where the word that it belongs to stands in the text."""

    phone: Phone
    position: int
    """Characters from the start of the spoken text."""


def phones(sound: Sound) -> list[TimedPhone]:
    """The phones of a sound, in order, each with an end after its start."""
    return list(_phones(sound))


def _phones(sound: Sound) -> Iterator[TimedPhone]:
    position = 0
    events = [event for event in sound.events if not event.name.startswith("(")]
    for index, event in enumerate(events):
        if event.type != PHONEME:
            position = event.position
            continue
        ipa, stress = tidy(event.name)
        end = _end(events, index, len(sound.samples))
        if ipa and end > event.sample:
            yield TimedPhone(Phone(ipa, event.sample / sound.rate, end / sound.rate, stress), position)


def _end(events: list[Event], index: int, last: int) -> int:
    for event in events[index + 1 :]:
        if event.type == PHONEME and (tidy(event.name)[0] or not event.name):
            return event.sample
    return last


def tidy(name: str) -> tuple[str, int]:
    """A phoneme's IPA without stress, ties, tones and diacritics, and its stress."""
    stress = next((_STRESS[mark] for mark in name if mark in _STRESS), 0)
    bare = name.translate({ord(mark): None for mark in "ˈˌ-\u200d\u0361"})
    bare = _RENAMED.get(bare, bare)
    return "".join(_plain(letter) for letter in unicodedata.normalize("NFC", bare)), stress


def _plain(letter: str) -> str:
    if letter in "çː":
        return letter
    if letter == ":":
        return "ː"
    base = unicodedata.normalize("NFD", letter)[0]
    return base if unicodedata.category(base) in ("Ll", "Lo", "Lu") else ""
