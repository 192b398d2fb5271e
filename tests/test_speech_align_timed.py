"""`timed` completes speech: what it has is kept, what it lacks is found in its sound."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deckard_cli.script import Line
from deckard_cli.speech import Phone, Speech, Word
from deckard_cli.speech.align import timed
from deckard_cli.speech.align.fit import fitted
from deckard_cli.speech.espeak import Espeak
from deckard_cli.speech.pcm import join

ENGLISH = "Mr. O'Brien's dog ate 25 of the 1,984 cookies, I think!"
GERMAN = "Guten Tag, wie geht es Ihnen heute Morgen?"


def said(text: str, lang: str, variant: str = "f5") -> Speech:
    return join(Espeak(variant=variant).speak(Line(text, lang)))


@pytest.mark.parametrize(("text", "lang"), [(ENGLISH, "en-us"), (ENGLISH, "en-gb"), (GERMAN, "de")])
def test_words_and_phones_are_found_in_the_sound(text: str, lang: str) -> None:
    true = said(text, lang)
    found = timed(Speech(true.samples, true.rate, text=text), lang)
    assert [word.text for word in found.words] == [word.text for word in true.words]
    errors = [abs(one.start - other.start) for one, other in zip(found.words, true.words, strict=True)]
    assert np.median(errors) < 0.02
    edges = [time for phone in found.phones for time in (phone.start, phone.end)]
    assert edges == sorted(edges)
    assert all(phone.end > phone.start for phone in found.phones)
    assert all(0 <= word.confidence <= 1 for word in found.words)
    assert found.samples is true.samples
    assert found.text == text


def test_words_that_have_times_keep_them_and_their_phones_stand_inside() -> None:
    true = said(ENGLISH, "en-us")
    told = tuple(replace(word, start=word.start + 0.02, end=word.end - 0.01) for word in true.words)
    found = timed(replace(true, words=told, phones=()), "en-us")
    assert found.words == told
    for phone in found.phones:
        assert any(word.start - 1e-6 <= phone.start and phone.end <= word.end + 1e-6 for word in told), phone
        assert phone.burst is None or phone.start <= phone.burst <= phone.end
    assert len(found.phones) > 20


def test_speech_that_lacks_nothing_or_has_no_text_stays_as_it_is() -> None:
    true = said(GERMAN, "de")
    assert timed(true, "de") is true
    bare = Speech(true.samples, true.rate)
    assert timed(bare, "de") is bare


def test_a_language_that_nobody_speaks_is_noted() -> None:
    found = timed(Speech(np.zeros(24000, np.float32), 24000, text="hello"), "xx")
    assert (found.words, found.phones) == ((), ())
    assert "xx" in found.notes[0]


def test_a_sound_that_is_not_of_the_text_has_all_words_with_little_confidence_and_a_note() -> None:
    true = said("Rain will fall over the hills tomorrow, and nobody minds it at all.", "en-us")
    found = timed(Speech(true.samples, true.rate, text=ENGLISH), "en-us")
    assert [word.text for word in found.words] == [word.text for word in said(ENGLISH, "en-us").words]
    assert np.mean([word.confidence for word in found.words]) < 0.35
    assert any("guess" in note for note in found.notes)


@given(st.lists(st.tuples(st.floats(0, 0.3), st.floats(0.01, 0.5)), min_size=1, max_size=6))
def test_phones_move_with_their_words(lengths: list[tuple[float, float]]) -> None:
    words, clock = [], 0.0
    for number, (pause, length) in enumerate(lengths):
        words.append(Word("abc"[: number % 3 + 1], clock + pause, clock + pause + length))
        clock += pause + length
    even = Speech(
        np.zeros(100, np.float32),
        100,
        tuple(Word(word.text, float(number), number + 1.0) for number, word in enumerate(words)),
        tuple(Phone("ə", number / 2, number / 2 + 0.5) for number in range(2 * len(words))),
    )
    phones = fitted(even, words)
    middles = [(word.start + word.end) / 2 for word in words]
    assert np.allclose([phone.start for phone in phones[1::2]], middles)
    assert np.allclose([phone.start for phone in phones[::2]], [word.start for word in words])
    assert np.allclose([phone.end for phone in phones[1::2]], [word.end for word in words])
