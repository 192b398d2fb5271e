"""How near the times of English come to the truth, on voices that tell it.

`uv run pytest -m slow -s tests/test_speech_align_truth.py` prints the figures of every voice. The network of boundaries
has heard these voices say other sentences, but slt say none. Of a stop after silence nobody hears the beginning, nor
where one of two silent closures ends and the next begins ("that the"): much of what is far off is one of them.
"""

from __future__ import annotations

import itertools
import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import truth
from truth import Truth

from deckard_cli.speech import Speech
from deckard_cli.speech.align import timed
from deckard_cli.speech.align.synthesis import BySynthesis
from deckard_cli.speech.blocks import blocks
from deckard_cli.speech.pcm import join

pytest.importorskip("pocketsphinx")
VOICES = [("flite", voice) for voice in ("kal", "awb", "rms", "slt")]
VOICES += [("festival", voice) for voice in ("kal_diphone", "cmu_us_slt_arctic_hts")]


@dataclass(frozen=True)
class Errors:
    """Milliseconds by which starts are found early or late."""

    words: np.ndarray
    phones: np.ndarray

    def __str__(self) -> str:
        return (
            f"{len(self.words):4d} words: median {self.of(self.words, 50):5.1f} p95 {self.of(self.words, 95):5.1f}"
            f" max {self.of(self.words, 100):5.1f} ms; phones: median {self.of(self.phones, 50):5.1f} ms"
        )

    @staticmethod
    def of(errors: np.ndarray, percentile: float) -> float:
        return float(np.percentile(np.abs(errors), percentile))


def measured(truths: Iterable[Truth]) -> Errors:
    """Every word has to be found, in order, once."""
    words, phones = [], []
    for true in truths:
        found = timed(Speech(true.speech.samples, true.speech.rate, text=true.text), "en-us")
        assert [word.text for word in found.words] == [word for word, _, _ in true.words]
        for one, other in zip(found.words, true.words, strict=True):
            words.append(one.start - other[1])
            inside = [phone for phone in found.phones if one.start <= phone.start < one.end]
            sounds = true.inside(other)
            if len(inside) == len(sounds):  # the dictionary may have another pronunciation
                phones += [phone.start - sound[1] for phone, sound in zip(inside, sounds, strict=True)]
    return Errors(1000 * np.array(words), 1000 * np.array(phones))


def spoken(program: str, voice: str, stretch: float, folder: Path, sentences: Sequence[str]) -> list[Truth]:
    if not truth.has(program):
        pytest.skip(f"{program} is not installed")
    try:
        return list(getattr(truth, program)(voice, stretch, folder, sentences))
    except FileNotFoundError:
        pytest.skip(f"{program} has no such voice")


def test_words_and_phones_of_a_voice_are_where_it_says(tmp_path: Path) -> None:
    truths = spoken("flite", "slt", 1.0, tmp_path, truth.SENTENCES[:4])
    errors = measured(truths)
    assert errors.of(errors.words, 50) <= 10
    assert errors.of(errors.words, 95) <= 30
    assert errors.of(errors.phones, 50) <= 10


def test_words_are_found_in_noise_and_less_surely(tmp_path: Path) -> None:
    truths = spoken("flite", "slt", 1.0, tmp_path, truth.SENTENCES[:4])
    errors = measured(true.noisy(20) for true in truths)
    assert errors.of(errors.words, 50) <= 15
    sure = [
        np.mean([word.confidence for true in each for word in timed(told(true), "en-us").words])
        for each in (truths, [true.noisy(20) for true in truths])
    ]
    assert sure[1] < sure[0]


def told(true: Truth) -> Speech:
    return Speech(true.speech.samples, true.speech.rate, text=true.text)


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize(("decibels", "median", "most"), [(None, 10, 30), (20, 15, 50)])
def test_all_voices_at_all_speeds(decibels: float | None, median: float, most: float, tmp_path: Path) -> None:
    everything: list[Errors] = []
    for (program, voice), stretch in itertools.product(VOICES, (0.8, 1.0, 1.3)):
        if voice.endswith("hts") and stretch != 1:  # it knows one speed
            continue
        truths = spoken(program, voice, stretch, tmp_path, truth.SENTENCES)
        errors = measured(true.noisy(decibels) if decibels else true for true in truths)
        sys.stdout.write(f"\n{program} {voice} at {stretch}: {errors}")
        everything.append(errors)
    whole = Errors(*(np.concatenate([getattr(each, name) for each in everything]) for name in ("words", "phones")))
    sys.stdout.write(f"\nall: {whole}\n")
    assert whole.of(whole.words, 50) <= median
    assert whole.of(whole.words, 95) <= most
    assert whole.of(whole.phones, 50) <= 20


@pytest.mark.slow
def test_a_long_recording_is_followed_word_by_word_and_fast(tmp_path: Path) -> None:
    from deckard_cli.speech.align.forced import Forced

    truths = spoken("flite", "slt", 1.0, tmp_path, truth.SENTENCES) * 20
    whole = join([told(true) for true in truths])
    ends = np.cumsum([true.speech.duration for true in truths])
    starts = [at + word[1] for at, true in zip([0, *ends[:-1]], truths, strict=True) for word in true.words]
    forced, clock, found = Forced(whole.text, "en-us", whole.rate), 0.0, []
    began = time.process_time()
    for block, last in blocks([whole.samples], whole.rate):
        speech = forced.align(block, last=last)
        found += [clock + word.start for word in speech.words]
        clock += speech.duration
    speed = whole.duration / (time.process_time() - began)
    sys.stdout.write(f"\n{whole.duration:.0f} seconds: {speed:.0f} times as fast as they last\n")
    assert len(found) == len(starts)
    errors = np.abs(np.array(found) - starts)
    assert np.median(errors) <= 0.01
    assert errors.max() < 0.5
    assert speed >= 50


@pytest.mark.slow
def test_warping_finds_words_too(tmp_path: Path) -> None:
    """What other languages have to do with, and English without pocketsphinx."""
    errors = []
    for true in spoken("flite", "slt", 1.0, tmp_path, truth.SENTENCES):
        found = BySynthesis(true.text, "en-us", true.speech.rate, sure=True).align(true.speech.samples, last=True)
        errors += [one.start - other[1] for one, other in zip(found.words, true.words, strict=True)]
    sys.stdout.write(f"\nwarped: median {1000 * np.median(np.abs(errors)):.1f} ms\n")
    assert np.median(np.abs(errors)) <= 0.012
