"""Sound and picture of a clip end together: the number of samples is the one clock."""

from __future__ import annotations

import math
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from deckard_cli import Job, run
from deckard_cli.clip import decode
from deckard_cli.events import Drawn, Noted, Spoken, Written
from deckard_cli.settings import FPS
from deckard_cli.speech.delivery import TAIL

QUICK = {"voice": "tone", "face": "flat", "size": "64"}


def sound(path: Path, samples: int, rate: int) -> Path:
    """A recording of `samples` samples."""
    with av.open(str(path), "w") as file:
        stream = file.add_stream("pcm_s16le", rate=rate, layout="mono")
        block = 4096
        for start in range(0, samples, block):
            values = (8000 * np.sin(np.arange(start, min(start + block, samples)) / 20)).astype(np.int16)
            frame = av.AudioFrame.from_ndarray(values[None], format="s16", layout="mono")
            frame.sample_rate, frame.pts = rate, start
            file.mux(stream.encode(frame))
        file.mux(stream.encode(None))
    return path


def made(job: Job) -> Written:
    *_, written = run(job)
    assert isinstance(written, Written)
    return written


def lengths(path: Path) -> tuple[int, float]:
    """Frames, and seconds of sound, as a player plays them."""
    samples, rate = decode.sound(path)
    return sum(1 for _ in decode.pictures(path)), len(samples) / rate


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    milliseconds=st.one_of(st.integers(1, 50), st.integers(1, 20_000)),
    fps=st.sampled_from(FPS),
    rate=st.sampled_from((8000, 16000, 22050, 24000, 44100, 48000)),
)
def test_a_recording_of_any_length_gives_a_clip_whose_streams_end_together(
    milliseconds: int, fps: int, rate: int, tmp_path: Path
) -> None:
    samples = max(1, milliseconds * rate // 1000)
    audio = sound(tmp_path / "speech.wav", samples, rate)
    written = made(Job(text="", audio=audio, output=tmp_path / "clip.mp4", fps=fps, face="flat", size="64"))
    whole = samples + round(TAIL * rate)
    frames, heard = lengths(written.path)
    assert frames == written.frames == math.ceil(Fraction(whole * fps, rate))
    assert written.duration == pytest.approx(whole / rate)
    assert abs(heard - frames / fps) <= 1 / fps
    assert heard >= samples / rate


@pytest.mark.slow
@pytest.mark.parametrize("fps", FPS)
def test_ten_minutes_end_together(fps: int, tmp_path: Path) -> None:
    audio = sound(tmp_path / "speech.wav", 600 * 22050 + 1, 22050)
    written = made(Job(text="", audio=audio, output=tmp_path / "clip.mp4", fps=fps, face="flat", size="64"))
    frames, heard = lengths(written.path)
    assert frames == math.ceil(Fraction((600 * 22050 + 1 + round(TAIL * 22050)) * fps, 22050))
    assert abs(heard - frames / fps) <= 1 / fps


def test_the_events_tell_what_happened_in_its_order(tmp_path: Path) -> None:
    events = list(run(Job(text="One two. Three four five six.", output=tmp_path / "clip.mp4", **QUICK)))
    assert [type(event) for event in events if not isinstance(event, Drawn)] == [Noted, Spoken, Spoken, Spoken, Written]
    first, second, tail = (event for event in events if isinstance(event, Spoken))
    assert (first.text.strip(), first.start, first.end) == ("One two.", 0.0, 0.5)
    assert (second.start, second.end, second.share) == (0.5, 1.5, 1.0)
    assert (tail.text, tail.end - tail.start) == ("", pytest.approx(TAIL))
    drawn = [event for event in events if isinstance(event, Drawn)]
    assert [(event.frames, event.end) for event in drawn] == [(25, 1.0)]


def test_the_tail_is_silent_and_three_tenths_of_a_second(tmp_path: Path) -> None:
    written = made(Job(text="one two", output=tmp_path / "clip.wav", voice="tone"))
    with av.open(str(written.path)) as clip:
        samples = np.concatenate([frame.to_ndarray().ravel() for frame in clip.decode(audio=0)])
    assert len(samples) == 8000 + 4800
    assert not samples[-4800:].any()
    assert samples[-4900:-4800].any()


def test_a_clip_of_sound_alone_draws_nothing(tmp_path: Path) -> None:
    written = made(Job(text="one two", output=tmp_path / "clip.wav", voice="tone", face="failing"))
    assert written.frames == 0
