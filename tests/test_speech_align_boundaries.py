"""Boundaries between phones: in order, inside the sound, and where it changes."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deckard_cli.script import Line
from deckard_cli.speech.align.arpabet import USUAL
from deckard_cli.speech.align.boundaries import RATE, Segment, refined
from deckard_cli.speech.align.bursts import burst
from deckard_cli.speech.align.spectrum import BANDS, HOP, product, spectrum
from deckard_cli.speech.espeak import Espeak
from deckard_cli.speech.pcm import resample

pieces = st.lists(
    st.tuples(st.sampled_from(sorted(USUAL)), st.floats(0, 0.6), st.floats(0.01, 1.5), st.booleans()), max_size=12
)


@settings(max_examples=60, deadline=None)
@given(pieces, st.floats(0, 2), st.sampled_from([0.0, 1e-4, 0.3]), st.integers(0, 99))
def test_no_phone_is_lost_and_none_overlaps_the_next(
    lengths: list[tuple[str, float, float, bool]], left: float, level: float, seed: int
) -> None:
    segments, clock, word = [], 0.0, 0
    for name, pause, length, same in lengths:
        word += not same
        clock += 0 if same else pause
        segments.append(Segment(name, clock, clock + length, word))
        clock += length
    sound = np.random.default_rng(seed).standard_normal(round((clock + left + 0.1) * RATE)) * level
    found = refined(sound.astype(np.float32), segments)
    assert [(each.name, each.word) for each in found] == [(each.name, each.word) for each in segments]
    edges = [edge for each in found for edge in (each.start, each.end)]
    assert edges == sorted(edges)
    assert not edges or (edges[0] >= 0 and edges[-1] <= len(sound) / RATE + 1e-9)
    assert all(each.end - each.start >= 0.01 - 1e-9 for each in found)
    assert all(each.burst is None or each.start <= each.burst <= each.end for each in found)
    assert all(a.end == b.start for a, b in itertools.pairwise(found) if a.word == b.word)


@pytest.mark.parametrize("shift", [-0.08, -0.04, 0.0, 0.04, 0.08])
def test_a_hiss_before_a_hum_is_parted_where_it_ends(shift: float) -> None:
    times = np.arange(round(0.5 * RATE)) / RATE
    hum = np.sum([np.sin(2 * np.pi * 120 * k * times) / k for k in range(1, 25)], axis=0) * 0.1
    hiss = np.diff(np.random.default_rng(0).standard_normal(round(0.2 * RATE) + 1)) * 0.05
    rest = np.random.default_rng(1).standard_normal(round(0.3 * RATE)) * 1e-4
    sound = np.concatenate([rest, hiss, hum[: round(0.15 * RATE)], rest]).astype(np.float32)
    first, second = refined(sound, [Segment("S", 0.3, 0.5 + shift, 0), Segment("AA", 0.5 + shift, 0.65, 0)])
    assert abs(first.start - 0.3) < 0.03
    assert abs(first.end - 0.5) < 0.015
    assert abs(second.end - 0.65) < 0.03


def test_a_stop_opens_where_its_noise_begins_and_a_hum_does_not() -> None:
    noise = np.random.default_rng(0).standard_normal(round(0.4 * RATE)).astype(np.float32) * 0.05
    noise[: round(0.23 * RATE)] *= 0.01
    rows = spectrum(noise)
    assert abs((burst(rows, 0.15, 0.3) or 0) - 0.23) < 0.008
    assert burst(rows, 0.27, 0.4) is None


def test_stops_open_where_a_voice_that_knows_says_so() -> None:
    errors = []
    for speech in Espeak(variant="f2").speak(
        Line("Take the golden cup to Peter, but keep a big bottle for Kate.", "en-us")
    ):
        rows = spectrum(resample(speech.samples, speech.rate, RATE))
        for phone in speech.phones:
            if phone.burst is not None:
                errors.append(abs((burst(rows, phone.start, phone.end) or phone.start) - phone.burst))
    assert len(errors) > 10
    assert np.median(errors) < 0.005


@pytest.mark.parametrize("rows", [0, 1, 7, 1000])
def test_a_product_in_pieces_is_the_product(rows: int) -> None:
    draw = np.random.default_rng(rows)
    left, right = (draw.standard_normal(shape).astype(np.float32) for shape in ((rows, 300), (300, 64)))
    assert np.allclose(product(left, right), left @ right, atol=1e-3)


@pytest.mark.parametrize("count", [0, 1, 79, 80, 16000])
@pytest.mark.parametrize("level", [0.0, 1.0])
def test_any_sound_has_a_spectrum(count: int, level: float) -> None:
    rows = spectrum(np.full(count, level, dtype=np.float32))
    assert rows.shape == (count // round(HOP * RATE) + 1, BANDS)
    assert np.isfinite(rows).all()
