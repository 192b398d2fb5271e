"""What is heard of a clip: loudness, peaks that are cut off, silence at its ends, and its last word."""

from __future__ import annotations

import wave
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from deckard_cli.check import Report, check
from deckard_cli.check.listen import Said, listen
from deckard_cli.script import Line
from deckard_cli.speech.espeak import Espeak
from deckard_cli.speech.loudness import Meter

RATE = 22050
TEXT = "Maybe Bob will promise Pam five more movies."


@pytest.fixture(scope="module")
def voice() -> NDArray[np.float32]:
    """A sentence, 0.3 s of silence after it, at about -16 LUFS and with peaks below 1."""
    (said,) = Espeak().speak(Line(TEXT))
    quiet = np.zeros(round(0.3 * RATE), np.float32)
    whole = np.concatenate([said.samples, quiet])
    return np.asarray(whole / np.abs(whole).max() * 0.7, np.float32)


def heard(folder: Path, samples: NDArray[np.float32], **options: str) -> Report:
    path = folder / "a.wav"
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes((np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes())
    return check(path, **options)  # type: ignore[arg-type]


def test_a_voice_is_right(here: Path, voice: NDArray[np.float32]) -> None:
    report = heard(here, voice)
    assert report.ok, report.failed
    meter = Meter(RATE)
    meter.add(voice)
    assert report["loudness"].value == pytest.approx(meter.integrated(), abs=0.1)
    assert report["clipping"].value == pytest.approx(0, abs=0.01)
    assert 0.3 < (report["silence_end"].value or 0) < 0.8


@pytest.mark.parametrize("times", [4, 10])
def test_peaks_that_are_cut_off_are_found_however_loud_the_clip_is_then(
    here: Path, voice: NDArray[np.float32], times: float
) -> None:
    cut = np.clip(voice * times, -1, 1)
    for level in (1.0, 0.4):
        assert heard(here, cut * level)["clipping"].ok is False
    assert heard(here, voice * 0.3)["clipping"].ok, "a voice that is merely soft"


def test_nothing_and_next_to_nothing_are_too_soft(here: Path, voice: NDArray[np.float32]) -> None:
    silent = heard(here, np.zeros(RATE, np.float32))
    assert [finding.name for finding in silent.failed] == ["loudness"]
    assert "Nothing is heard" in silent["loudness"].sentence
    assert heard(here, voice * 0.02)["loudness"].ok is False


def test_silence_at_the_ends_is_measured(here: Path, voice: NDArray[np.float32]) -> None:
    pause = np.zeros(3 * RATE, np.float32)
    report = heard(here, np.concatenate([pause, voice, pause]))
    assert {finding.name for finding in report.failed} == {"silence_start", "silence_end"}
    assert report["silence_start"].value == pytest.approx(3, abs=0.1)


@pytest.mark.parametrize("left", [0.1, 0.5, 0.9])
def test_a_word_that_is_cut_off_is_found_wherever_it_is_cut(
    here: Path, voice: NDArray[np.float32], left: float
) -> None:
    loud = np.flatnonzero(np.abs(voice) > 0.05)
    assert heard(here, voice[: int(loud[int(left * (len(loud) - 1))])])["last_word"].ok is False


def test_hops_do_not_drift_where_the_rate_is_no_multiple_of_a_hundred(here: Path) -> None:
    samples = np.zeros(40 * RATE + 17, np.float32)
    samples[-RATE:] = 0.3
    path = here / "a.wav"
    heard(here, samples)
    hearing = listen(path, None)
    assert len(hearing.level) == len(samples) * 100 // RATE
    assert int(np.flatnonzero(hearing.voice)[0]) == pytest.approx(3900, abs=1)


def test_words_are_found_in_their_sound_and_in_no_other(here: Path, voice: NDArray[np.float32]) -> None:
    heard(here, voice)
    found = listen(here / "a.wav", Said(TEXT, "en-us"))
    assert [word.text for word in found.words] == ["Maybe", "Bob", "will", "promise", "Pam", "five", "more", "movies"]
    assert found.said is not None and found.said.max() > 0.5
    other = listen(here / "a.wav", Said("The rain has stopped, and the bus leaves in four minutes.", "en-us"))
    assert other.reading is not None and not other.words and other.said is None
    assert listen(here / "a.wav", Said("Maybe.", "xx-nowhere")).reading is None, "a language that nobody can say"


def test_sound_that_is_missing_from_the_middle_moves_nothing_after_it(here: Path) -> None:
    with av.open(str(here / "a.mkv"), "w") as container:
        stream = container.add_stream("pcm_s16le", rate=16000, layout="mono")
        for block in (*range(10), *range(15, 20)):
            tone = np.full((1, 1600), 8000 if block == 19 else 0, np.int16)
            frame = av.AudioFrame.from_ndarray(tone, format="s16", layout="mono")
            frame.rate, frame.pts, frame.time_base = 16000, 1600 * block, Fraction(1, 16000)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    hearing = listen(here / "a.mkv", None)
    assert len(hearing.level) == pytest.approx(200, abs=2)
    assert int(np.flatnonzero(hearing.level > -40)[0]) == pytest.approx(190, abs=2)
