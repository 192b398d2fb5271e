"""Arithmetic on samples."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deckard_cli.speech import Phone, Speech, Word
from deckard_cli.speech.pcm import Samples, join, level, resample, resampled, silence, slowed, stretch


def tone(seconds: float, rate: int, hertz: float = 440) -> Samples:
    return np.sin(2 * np.pi * hertz * np.arange(round(seconds * rate)) / rate).astype(np.float32)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 9000), st.sampled_from([8000, 11025, 22050, 44100]), st.sampled_from([16000, 24000, 48000]))
def test_resampling_keeps_the_length_in_time(count: int, rate: int, to: int) -> None:
    assert len(resample(np.ones(count, dtype=np.float32), rate, to)) == -(-count * to // rate)


def test_resampling_keeps_the_wave_where_it_is() -> None:
    made = resample(tone(1, 22050), 22050, 48000)
    assert np.abs(made - tone(1, 48000))[500:-500].max() < 1e-3


def test_a_stream_is_resampled_as_the_whole_is() -> None:
    whole = tone(1, 44100)
    parts = np.concatenate(list(resampled(np.array_split(whole, 37), 44100, 16000)))
    assert np.abs(parts[:16000] - resample(whole, 44100, 16000)).max() < 1e-5


@pytest.mark.parametrize("factor", [0.3, 0.5, 1.0, 1.7, 4.0])
def test_stretching_keeps_pitch_and_level_and_moves_times_with_the_sound(factor: float) -> None:
    rate = 22050
    sound = np.concatenate([silence(0.5, rate), tone(0.5, rate) / 2, silence(0.5, rate)])
    speech = slowed(Speech(sound, rate, (Word("a", 0.5, 1.0),), (Phone("a", 0.5, 1.0, burst=0.6),)), factor)
    assert len(speech.samples) == round(len(sound) * factor)
    word, phone = speech.words[0], speech.phones[0]
    assert (word.start, phone.burst) == pytest.approx((0.5 * factor, 0.6 * factor), abs=1e-4)
    inside = speech.samples[round((word.start + 0.03) * rate) : round((word.end - 0.03) * rate)]
    assert level(inside) == pytest.approx(level(tone(0.5, rate) / 2), abs=1)
    peak = np.argmax(np.abs(np.fft.rfft(inside))) * rate / len(inside)
    assert peak == pytest.approx(440, abs=15)
    assert level(speech.samples[: round((word.start - 0.06) * rate)]) < -40


@pytest.mark.parametrize("count", [0, 1, 10, 700])
def test_the_shortest_sounds_can_be_stretched(count: int) -> None:
    assert len(stretch(np.ones(count, dtype=np.float32), 22050, 2)) == 2 * count


def test_level_is_in_decibels_of_full_scale() -> None:
    assert level(np.ones(100, dtype=np.float32)) == 0
    assert level(tone(1, 8000) / 10) == pytest.approx(-23.01, abs=0.01)
    assert level(silence(1, 8000)) == -float("inf")
    assert level(silence(0, 8000)) == -float("inf")


def test_joined_speeches_follow_each_other() -> None:
    one = Speech(silence(0.5, 8000), 8000, (Word("a", 0.1, 0.2),), (Phone("p", 0.1, 0.2, burst=0.15),), "a.", ("n",))
    both = join([one, one])
    assert both.duration == 1
    assert [word.start for word in both.words] == pytest.approx([0.1, 0.6])
    assert [phone.burst for phone in both.phones] == pytest.approx([0.15, 0.65])
    assert both.text == "a. a."
    assert both.notes == ("n",)
    with pytest.raises(ValueError, match="one rate"):
        join([])
    with pytest.raises(ValueError, match="one rate"):
        join([one, Speech(silence(1, 16000), 16000)])
