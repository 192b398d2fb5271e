"""The sound of whole clips: as loud, as long and between such silences as was asked for, by whichever way."""

from __future__ import annotations

import wave
from pathlib import Path

import numpy as np
import pytest
from running import Deckard

from deckard_cli.cli import run
from deckard_cli.settings import choose
from deckard_cli.speech.delivery import TAIL
from deckard_cli.speech.loudness import Meter
from deckard_cli.speech.pcm import Samples

SHARED = ("LIPSYNC_TRIM_SILENCE", "LIPSYNC_SILENCE_THRESHOLD", "LIPSYNC_SILENCE_PAD_MS", "LIPSYNC_MAX_AUDIO_SECONDS")


def sound(file: Path) -> tuple[Samples, int]:
    with wave.open(str(file)) as read:
        samples = np.frombuffer(read.readframes(read.getnframes()), "<i2").astype(np.float32) / 32768
        return samples, read.getframerate()


def loudness(file: Path) -> float:
    samples, rate = sound(file)
    meter = Meter(rate)
    meter.add(samples)
    return meter.integrated()


def silences(file: Path) -> tuple[float, float]:
    """Seconds of silence at the start and at the end."""
    samples, rate = sound(file)
    loud = np.flatnonzero(np.abs(samples) > 0.003)
    return float(loud[0] / rate), float((len(samples) - loud[-1]) / rate)


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A quiet sentence between two seconds of a room's silence."""
    folder = tmp_path_factory.mktemp("recording")
    said = folder / "said.wav"
    assert run(["render", "Hello there, this is a test.", "-o", str(said), "-q", "--loudness", "-30"]) == 0
    samples, rate = sound(said)
    room = np.random.default_rng(5).standard_normal(len(samples) + 4 * rate) * 0.00005
    room[2 * rate : -2 * rate] += samples
    file = folder / "recording.wav"
    with wave.open(str(file), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(rate)
        out.writeframes((room * 32767).astype("<i2").tobytes())
    return file


def test_a_clip_is_as_loud_as_asked_for(here: Path) -> None:
    for loud in ("-16", "-23"):
        assert run(["render", "Hello there, my friend.", "-o", "a.wav", "-q", "--loudness", loud]) == 0
        assert loudness(here / "a.wav") == pytest.approx(float(loud), abs=0.5)
    assert run(["render", "Hello there, my friend.", "-o", "b.wav", "-q", "--loudness", "off"]) == 0
    assert loudness(here / "b.wav") == pytest.approx(-21, abs=2)


def test_a_recording_loses_its_silence_and_gets_its_loudness(here: Path, recording: Path) -> None:
    assert run(["render", "--audio", str(recording), "-o", "a.wav", "-q"]) == 0
    before, after = silences(here / "a.wav")
    assert before == pytest.approx(0.12, abs=0.05)
    assert after == pytest.approx(0.12 + TAIL, abs=0.25)
    assert loudness(here / "a.wav") == pytest.approx(-16, abs=0.5)


def test_a_recording_may_stay_as_it_is(here: Path, recording: Path) -> None:
    arguments = ["--audio", str(recording), "-o", "a.wav", "-q", "--loudness", "off", "--no-trim-silence"]
    assert run(["render", *arguments]) == 0
    whole, rate = sound(recording)
    kept, _ = sound(here / "a.wav")
    assert len(kept) == len(whole) + round(TAIL * rate)
    assert np.abs(kept[: len(whole)] - whole).max() < 1e-3


def test_the_variables_of_other_programs_are_read(here: Path, recording: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIPSYNC_SILENCE_PAD_MS", "500")
    assert run(["render", "--audio", str(recording), "-o", "a.wav", "-q"]) == 0
    assert silences(here / "a.wav")[0] == pytest.approx(0.5, abs=0.05)
    monkeypatch.setenv("LIPSYNC_TRIM_SILENCE", "false")
    assert run(["render", "--audio", str(recording), "-o", "a.wav", "-q"]) == 0
    assert silences(here / "a.wav")[0] > 2


def test_a_flag_and_deckards_own_variable_come_before_those(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in zip(SHARED, ("false", "100", "50", "30"), strict=True):
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("DECKARD_SILENCE_PAD_MS", "70")
    (here / "deckard.toml").write_text("max_audio_seconds = 9\nloudness = -18\n")
    settled = choose({"silence_threshold": 800.0})
    names = ("trim_silence", "silence_threshold", "silence_pad_ms", "max_audio_seconds", "loudness")
    assert {name: (getattr(settled.settings, name), settled.sources[name]) for name in names} == {
        "trim_silence": (False, "LIPSYNC_TRIM_SILENCE"),
        "silence_threshold": (800, "--silence-threshold"),
        "silence_pad_ms": (70, "DECKARD_SILENCE_PAD_MS"),
        "max_audio_seconds": (30, "LIPSYNC_MAX_AUDIO_SECONDS"),
        "loudness": ("-18", str(here / "deckard.toml")),
    }


def test_a_clip_ends_after_the_longest_time_and_says_so(deckard: Deckard) -> None:
    text = "One is here and there. Two is here and there."
    done = deckard("render", text, "--max-audio-seconds", "1.5", "-o", "a.wav", "--captions", "srt")
    assert (done.returncode, done.stdout) == (0, "a.wav\n")
    assert "The sound ends after 1.5 seconds" in done.stderr
    samples, rate = sound(deckard.folder / "a.wav")
    assert 1 < len(samples) / rate <= 1.5
    assert "Two is here and there" not in (deckard.folder / "a.srt").read_text()


@pytest.mark.parametrize(
    ("arguments", "hint"),
    [
        (["--loudness", "loud"], "--loudness -16"),
        (["--loudness", "0"], "--loudness -16"),
        (["--silence-threshold", "-1"], "--silence-threshold 500"),
        (["--silence-pad-ms", "99999"], "--silence-pad-ms 120"),
        (["--max-audio-seconds", "-2"], "--max-audio-seconds 60"),
        (["--max-audio-seconds", "nan"], "--max-audio-seconds 60"),
    ],
)
def test_a_number_that_cannot_be_is_answered_with_one_that_can(
    arguments: list[str], hint: str, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["render", "hello", "-o", "a.wav", *arguments]) == 2
    assert f"try: {hint}" in capsys.readouterr().err
    assert not (here / "a.wav").exists()


def test_marks_are_heard_and_captions_are_as_written(here: Path) -> None:
    text = "[happy] It costs $5. [pause 1] *Really*, [sad] it does, Mr. Joi."
    (here / "say.toml").write_text('joi = "joy"\n')
    assert run(["render", text, "-o", "a.wav", "-q", "--captions", "srt", "--words", "say.toml"]) == 0
    said = " ".join((here / "a.srt").read_text().split())
    assert "It costs $5." in said
    assert "Really, it does, Mr. Joi." in said
    samples, rate = sound(here / "a.wav")
    gaps = np.diff(np.flatnonzero(np.abs(samples) > 0.003)) / rate
    assert gaps.max() == pytest.approx(1, abs=0.12)


def test_the_same_text_has_the_same_sound(here: Path) -> None:
    for name in ("a.wav", "b.wav"):
        assert run(["render", "Hello. [pause 0.3] *Two* of $3 are here.", "-o", name, "-q"]) == 0
    assert (here / "a.wav").read_bytes() == (here / "b.wav").read_bytes()
