"""Edges of words and phones of any language: none is lost, and they come nearer to where the sound changes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deckard_cli.speech import Phone, Speech, Word
from deckard_cli.speech.align.boundaries import RATE
from deckard_cli.speech.align.edges import sharpened

PHONES = ("a", "ʁ", "ʂ", "t͡s", "tʃ", "pf", "ã", "eə", "ŋ", "ǃ", "k", "ʔ")


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.lists(st.tuples(st.sampled_from(PHONES), st.floats(0.005, 0.3)), max_size=5), min_size=1, max_size=5),
    st.floats(0, 0.3),
)
def test_no_word_and_no_phone_is_lost_and_all_are_in_order(words: list[list[tuple[str, float]]], pause: float) -> None:
    told, phones, clock = [], [], 0.1
    for number, sounds in enumerate(words):
        start = clock
        for ipa, length in sounds:
            phones.append(Phone(ipa, clock, clock + length, 1, clock + length / 2))
            clock += length
        told.append(Word(str(number), start, clock, 0.5))
        clock += pause
    noise = np.random.default_rng(0).standard_normal(round((clock + 0.1) * RATE)).astype(np.float32) * 0.1
    found = sharpened(Speech(noise, RATE, tuple(told), tuple(phones), "x"))
    assert [(word.text, word.confidence) for word in found.words] == [(word.text, 0.5) for word in told]
    assert [(phone.ipa, phone.stress) for phone in found.phones] == [(phone.ipa, 1) for phone in phones]
    for pieces in (found.words, found.phones):
        edges = [edge for each in pieces for edge in (each.start, each.end)]
        assert edges == sorted(edges)
        assert not edges or (edges[0] >= 0 and edges[-1] <= found.duration + 1e-9)
    assert all(phone.burst is not None and phone.start <= phone.burst <= phone.end for phone in found.phones)


@pytest.mark.parametrize("off", [-0.05, 0.05])
def test_what_is_a_little_off_comes_back(off: float) -> None:
    draw = np.random.default_rng(0)
    hiss = np.diff(draw.standard_normal(round(0.2 * RATE) + 1)) * 0.05
    times = np.arange(round(0.2 * RATE)) / RATE
    hum = np.sum([np.sin(2 * np.pi * 120 * k * times) / k for k in range(1, 25)], axis=0) * 0.1
    rest = draw.standard_normal(round(0.3 * RATE)) * 1e-4
    true = (Phone("ʃ", 0.3, 0.5), Phone("aː", 0.5, 0.7))
    wrong = tuple(replace(phone, start=phone.start + off, end=phone.end + off) for phone in true)
    sound = np.concatenate([rest, hiss, hum, rest]).astype(np.float32)
    found = sharpened(Speech(sound, RATE, (Word("Schah", 0.3 + off, 0.7 + off),), wrong, "Schah"))
    assert abs(found.phones[0].start - true[0].start) < 0.045
    assert abs(found.phones[1].start - true[1].start) < 0.015
    assert (found.words[0].start, found.words[0].end) == (found.phones[0].start, found.phones[1].end)
