"""How loud a clip is, by our own meter and by FFmpeg's."""

from __future__ import annotations

import re
import shutil
import subprocess

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deckard_cli.script import Hint, Line, marked
from deckard_cli.speech.delivery import Delivery, delivered
from deckard_cli.speech.espeak import Espeak
from deckard_cli.speech.limit import CEILING, limited, peaks
from deckard_cli.speech.loudness import Leveller, Meter
from deckard_cli.speech.pcm import Samples, join, silence

measured = pytest.mark.skipif(not shutil.which("ffmpeg"), reason="FFmpeg's own meter is the measure")


def heard(samples: Samples, rate: int) -> tuple[float, float]:
    """LUFS and dBTP, as FFmpeg measures them."""
    source = ["-f", "f32le", "-ar", str(rate), "-ch_layout", "mono", "-i", "-"]
    command = ["ffmpeg", "-nostats", *source, "-af", "ebur128=peak=true", "-f", "null", "-"]
    said = subprocess.run(
        command, input=samples.astype("<f4").tobytes(), capture_output=True, check=True
    ).stderr.decode()
    said = said[said.rindex("Summary:") :]
    numbers = [re.search(rf"{name}:\s+(\S+)", said) for name in ("I", "Peak")]
    assert all(numbers)
    return float(numbers[0][1]), float(numbers[1][1])  # type: ignore[index]


def loudness(samples: Samples, rate: int) -> float:
    meter = Meter(rate)
    meter.add(samples)
    return meter.integrated()


def noise(seconds: float, rate: int, level: float = 0.05, seed: int = 1) -> Samples:
    return (np.random.default_rng(seed).standard_normal(round(seconds * rate)) * level).astype(np.float32)


@pytest.mark.parametrize("rate", [8000, 22050, 44100, 48000])
def test_a_tone_of_997_hertz_is_as_loud_as_its_level_says(rate: int) -> None:
    tone = (0.1 * np.sin(2 * np.pi * 997 * np.arange(5 * rate) / rate)).astype(np.float32)
    assert loudness(np.concatenate([tone] * 8), rate) == pytest.approx(-23.01, abs=0.05)


def test_what_is_ten_lu_softer_is_a_pause() -> None:
    rate = 16000
    loud, soft = noise(4, rate, 0.1), noise(8, rate, 0.01)
    alone = loudness(loud, rate)
    assert loudness(np.concatenate([loud, soft, silence(5, rate)]), rate) == pytest.approx(alone, abs=0.3)
    assert loudness(np.concatenate([loud, noise(8, rate, 0.06)]), rate) < alone - 1


def test_silence_has_no_loudness() -> None:
    assert loudness(silence(2, 16000), 16000) == -float("inf")
    assert loudness(silence(0, 16000), 16000) == -float("inf")


@settings(max_examples=15, deadline=None)
@given(st.lists(st.integers(1, 40_000), min_size=1, max_size=6), st.sampled_from([8000, 22050, 48000]))
def test_a_sound_in_pieces_is_as_loud_as_in_one(sizes: list[int], rate: int) -> None:
    whole = noise(sum(sizes) / rate, rate)[: sum(sizes)]
    meter = Meter(rate)
    for piece in np.split(whole, np.cumsum(sizes)[:-1]):
        meter.add(piece)
    assert meter.integrated() == pytest.approx(loudness(whole, rate), abs=1e-6)


@measured
@pytest.mark.parametrize("rate", [8000, 22050, 48000])
def test_our_meter_says_what_ffmpegs_says(rate: int) -> None:
    time = np.arange(12 * rate) / rate
    for sound in (noise(12, rate) * (time % 3 < 1.7), noise(12, rate, 0.1) * np.where(time % 8 < 4, 1, 0.1)):
        samples = np.concatenate([np.clip(sound, -1, 1).astype(np.float32), silence(1, rate)])
        integrated, peak = heard(samples, rate)
        assert loudness(samples, rate) == pytest.approx(integrated, abs=0.11)
        assert 20 * np.log10(peaks(samples, rate).max()) == pytest.approx(peak, abs=0.5)


TEXTS = {
    "a sentence": "This is one sentence of the usual length, with a comma in it.",
    "many": "Yes. It was a long way! Is that all there is to say about it? No, there is more. And then it ends.",
    "soft and loud": "*Never* again. Perhaps, she said, we might as well. **All of it!**",
}


@measured
@pytest.mark.parametrize("variant", ["", "f3", "whisper", "klatt", "Andy"])
@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_every_voice_is_as_loud_as_asked_for(text: str, variant: str) -> None:
    found = marked(text)
    line = Line(found.text, hints=tuple(Hint(*span, stressed=True) for span in found.stressed))
    said = join(delivered(Espeak(variant=variant), line, Delivery()))
    integrated, peak = heard(said.samples, said.rate)
    assert integrated == pytest.approx(-16, abs=1)
    assert peak <= CEILING + 0.1


@measured
@pytest.mark.parametrize("gain", [0.02, 0.2, 0.9])
def test_soft_and_loud_recordings_get_one_gain(gain: float) -> None:
    said = join(Espeak().speak(Line(TEXTS["many"])))
    quiet = said.samples / np.abs(said.samples).max() * np.float32(gain)
    leveller = Leveller(said.rate, whole=loudness(quiet, said.rate))
    made = np.concatenate([leveller.level(block) for block in np.array_split(quiet, 7)])
    integrated, peak = heard(made, said.rate)
    assert integrated == pytest.approx(-16, abs=1)
    assert peak <= CEILING + 0.1


def test_another_loudness_can_be_asked_for() -> None:
    def said(target: float | None) -> float:
        speech = join(delivered(Espeak(), Line(TEXTS["a sentence"]), Delivery(loudness=target)))
        return loudness(speech.samples, speech.rate)

    assert said(-23) == pytest.approx(-23, abs=0.2)
    assert said(None) == pytest.approx(-21, abs=1.5)


def test_a_voice_that_stays_the_same_keeps_its_gain() -> None:
    rate = 22050
    leveller = Leveller(rate)
    pieces = [noise(3, rate, 0.02, seed) for seed in range(8)]
    gains = [20 * np.log10(leveller.level(piece).std() / piece.std()) for piece in pieces]
    assert max(gains) - min(gains) < 0.3


def test_a_gain_changes_less_with_every_sentence() -> None:
    rate = 22050
    leveller = Leveller(rate)
    pieces = [noise(3, rate, 0.01 * 2 ** (turn % 2), turn) for turn in range(24)]
    gains = [20 * np.log10(leveller.level(piece).std() / piece.std()) for piece in pieces]
    steps = np.abs(np.diff(gains))
    assert steps[0] > 2
    assert steps[-6:].max() < 0.3


def test_silence_and_a_hissing_room_stay_what_they_are() -> None:
    rate = 16000
    assert not Leveller(rate).level(silence(1, rate)).any()
    assert len(Leveller(rate).level(silence(0, rate))) == 0
    hiss = noise(3, rate, 0.0005)
    assert 20 * np.log10(Leveller(rate).level(hiss).std() / hiss.std()) <= 40.01


@settings(max_examples=30, deadline=None)
@given(st.lists(st.floats(-6, 6), min_size=1, max_size=200), st.integers(1, 60))
def test_no_peak_gets_over_the_ceiling(heights: list[float], apart: int) -> None:
    rate = 8000
    sound = np.zeros(len(heights) * apart, np.float32)
    sound[::apart] = heights
    made = limited(sound, peaks(sound, rate), rate)
    assert len(made) == len(sound)
    assert np.abs(made).max() <= 10 ** (CEILING / 20)


def test_a_peak_is_turned_down_smoothly_and_the_rest_left_alone() -> None:
    rate = 16000
    tone = (0.5 * np.sin(2 * np.pi * 440 * np.arange(rate) / rate)).astype(np.float32)
    loud = tone.copy()
    loud[8000:8100] *= 4
    made = limited(loud, peaks(loud, rate), rate)
    assert np.array_equal(made[:7500], tone[:7500])
    assert np.array_equal(made[8600:], tone[8600:])
    gain = made[7700:8400] / np.where(loud[7700:8400] == 0, 1, loud[7700:8400])
    gain = gain[np.abs(loud[7700:8400]) > 1e-3]
    assert np.abs(np.diff(gain)).max() < 0.02
    assert 20 * np.log10(peaks(made, rate).max()) <= CEILING


def test_peaks_between_two_samples_are_found() -> None:
    rate = 48000
    tone = np.sin(2 * np.pi * (rate / 4) * np.arange(4800) / rate + np.pi / 4).astype(np.float32)
    assert np.abs(tone).max() == pytest.approx(0.707, abs=0.001)
    assert peaks(tone, rate)[500:-500].max() == pytest.approx(1, abs=0.01)
