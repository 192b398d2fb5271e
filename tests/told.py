"""Speech whose words and phones are known, without a voice: for what is written of it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from hypothesis import strategies as st

from deckard_cli.speech import Phone, Speech, Word

RATE = 8000

HELLO = (("Well", "w.08 ɛ.12 l.15"), ("hello", "h.05 ə.06 l.07 oʊ.2"), ("Bob", "b.09 ɑː.2 b.1"))
"""Words, and their sounds with seconds."""


def speech(text: str, seconds: float, words: Sequence[Word] = (), phones: Sequence[Phone] = ()) -> Speech:
    return Speech(np.zeros(round(seconds * RATE), np.float32), RATE, tuple(words), tuple(phones), text)


def told(text: str, said: Sequence[tuple[str, str]], lead: float = 0.1, tail: float = 0.3) -> Speech:
    """`text`, of which `said` is each word with its sounds, after `lead` and before `tail` seconds of silence."""
    words, phones = [], []
    now = lead
    for word, sounds in said:
        start = now
        for sound in sounds.split():
            ipa, seconds = sound.split(".")
            phones.append(Phone(ipa, now, now + float(f".{seconds}")))
            now = phones[-1].end
        words.append(Word(word, start, now, 0.9))
    return speech(text, now + tail, words, phones)


def hello() -> list[Speech]:
    """Two sentences of it."""
    return [told("Well, hello Bob!", HELLO), told('"Bob" & <Bob>', [HELLO[2], HELLO[2]], 0.2, 0.5)]


WORDS = (
    "a",
    "the",
    "well,",
    "Yes.",
    "No?",
    "(so",
    "said)",
    "«Ja»",
    "3.14",
    '"Oh"',
    "a{b}",
    "C:\\New",
    "<i>",
    "你好，",
    "नमस्ते",
    "-->",
)
SOUNDS = (
    "p",
    "b",
    "m",
    "f",
    "v",
    "θ",
    "t",
    "n",
    "l",
    "k",
    "s",
    "ʃ",
    "ɹ",
    "w",
    "h",
    "ʔ",
    "æ",
    "ɑː",
    "ɛ",
    "iː",
    "oʊ",
    "aɪ",
)


@st.composite
def speeches(draw: st.DrawFn) -> Speech:
    """Up to 20 words, each of one to four sounds of 10 to 300 ms, some after a pause."""
    words, phones = [], []
    now = draw(st.integers(0, 500)) / 1000
    for text in draw(st.lists(st.sampled_from(WORDS), max_size=20)):
        start = now
        for ipa, ms in draw(st.lists(st.tuples(st.sampled_from(SOUNDS), st.integers(10, 300)), min_size=1, max_size=4)):
            phones.append(Phone(ipa, now, now + ms / 1000))
            now = phones[-1].end
        words.append(Word(text, start, now))
        now += draw(st.sampled_from((0.0, 0.0, 0.05, 0.4)))
    text = " ".join(word.text for word in words)
    return speech(text, now + draw(st.integers(1, 600)) / 1000, words, phones)
