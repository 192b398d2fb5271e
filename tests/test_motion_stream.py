"""However the speech is cut, the face moves the same; nothing is lost, nothing grows."""

from __future__ import annotations

import subprocess
import sys
import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from spoken import FPS, RATE, concatenated, joined, move, sequences, speech

from deckard_cli.errors import UsageError
from deckard_cli.motion import frame_count, frame_rate
from deckard_cli.motion.animate import Animator
from deckard_cli.motion.feelings import Turn
from deckard_cli.motion.moods import MOODS
from deckard_cli.speech import Speech

RATES = st.sampled_from([*FPS, 29.97, 30000 / 1001])


def piecewise(parts, fps, **how):
    animator = Animator(fps, **how)
    return [*(animator.extend(part) for part in parts), animator.finish()]


@given(st.lists(sequences(most=5), min_size=1, max_size=6), RATES, st.sampled_from([0.0, 0.25]))
@settings(deadline=None)
def test_sentence_by_sentence_moves_as_the_whole_does(sentences, fps, tail):
    parts = [speech(sounds, tail=tail, level=0.3, stress=1) for sounds in sentences]
    whole = piecewise([concatenated(parts)], fps, life=1.0, seed="joi")
    cut = piecewise(parts, fps, life=1.0, seed="joi")
    assert np.array_equal(joined(cut).curves, joined(whole).curves)
    assert [part.first for part in cut] == list(np.cumsum([0, *(len(part) for part in cut[:-1])]))


@given(
    st.lists(st.tuples(sequences(most=4), st.sampled_from([None, *MOODS])), min_size=1, max_size=6),
    RATES,
    st.sampled_from([0.0, 0.4]),
)
@settings(deadline=None)
def test_moods_that_change_do_so_alike_however_the_speech_is_cut(sentences, fps, tail):
    parts = [speech(sounds, tail=tail, level=0.3, stress=1) for sounds, _ in sentences]
    starts = np.cumsum([0, *(len(part.samples) for part in parts)]) / RATE
    begun = [part.phones[0].start for part in parts]
    moods = [mood and MOODS[mood] for _, mood in sentences]
    whole = Animator(fps, seed="joi")
    turns = [Turn(start + at, mood) for start, at, mood in zip(starts, begun, moods, strict=False) if mood]
    together = [whole.extend(concatenated(parts), turns), whole.finish()]
    pieces = Animator(fps, seed="joi")
    cut = [
        pieces.extend(part, [Turn(at, mood)] if mood else [])
        for part, at, mood in zip(parts, begun, moods, strict=True)
    ]
    assert np.array_equal(joined([*cut, pieces.finish()]).curves, joined(together).curves)


@given(st.lists(st.integers(0, 6 * RATE), max_size=30), RATES)
@settings(deadline=None, max_examples=30)
def test_sound_without_words_may_be_cut_anywhere(cuts, fps):
    time = np.arange(6 * RATE) / RATE
    hum = np.sin(2 * np.pi * 130 * time) * np.clip(np.sin(2 * np.pi * 2.3 * time) + 0.3, 0, 1) * (time % 2.5 < 1.9)
    samples = (0.3 * hum).astype(np.float32)
    parts = [Speech(piece, RATE) for piece in np.split(samples, sorted(cuts))]
    whole = joined(piecewise([Speech(samples, RATE)], fps, seed="joi"))
    assert np.array_equal(joined(piecewise(parts, fps, seed="joi")).curves, whole.curves)
    assert whole["jawOpen"].max() > 0.1


@given(st.lists(st.integers(0, 50_000), max_size=8), st.sampled_from([8000, 22050, 44100, 48000]), RATES)
@settings(deadline=None)
def test_there_are_as_many_rows_as_the_sound_has_frames(lengths, rate, fps):
    rows = sum(len(part) for part in piecewise([Speech(np.zeros(n, np.float32), rate) for n in lengths], fps))
    assert rows == frame_count(sum(lengths), rate, fps)


def test_frames_are_counted_exactly_over_hours():
    assert frame_rate(29.97) * 100 == 2997
    assert frame_rate(30000 / 1001) * 1001 == 30000
    assert frame_count(10 * 3600 * 48000, 48000, 30000 / 1001) == 1_078_922
    assert frame_count(1, 48000, 25) == 1
    assert frame_count(48000 * 3600, 48000, 25) == 90_000


def test_no_more_than_a_quarter_second_and_a_frame_is_held_back():
    for fps in FPS:
        animator = Animator(fps)
        rows = len(animator.extend(speech([("ɑ", 0.2)] * 5)))
        assert rows / fps > 1.3 - 0.25 - 1.5 / fps


def test_an_hour_needs_no_more_memory_than_a_minute():
    part = speech([("b", 0.06), ("ɑː", 0.15), ("", 0.3)] * 8, level=0.3, stress=1)

    def peak(times: int) -> int:
        animator = Animator(25)
        tracemalloc.start()
        for _ in range(times):
            animator.extend(part)
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    peak(2)
    assert peak(200) < 1.2 * peak(20)


def test_the_same_seed_moves_the_same_in_another_process():
    code = (
        "import hashlib, sys; sys.path.insert(0, 'tests');"
        "from spoken import move, speech;"
        "m = move(speech([('b', .1), ('ɑː', .2), ('', .5)] * 9, level=.3, stress=1), 25, seed='joi', life=1.0);"
        "print(hashlib.sha256(m.curves.tobytes()).hexdigest())"
    )
    run = [subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout for _ in range(2)]
    assert run[0] == run[1]
    assert run[0]


def test_another_seed_moves_otherwise_but_speaks_the_same():
    spoken = speech([("b", 0.1), ("ɑː", 0.2), ("", 0.5)] * 9, level=0.3, stress=1)
    one, other = (move(spoken, 25, seed=seed, life=1.0) for seed in ("joi", "officer k"))
    assert not np.array_equal(one["headYaw"], other["headYaw"])
    assert not np.array_equal(one["eyeBlinkLeft"], other["eyeBlinkLeft"])
    assert np.array_equal(one["jawOpen"], other["jawOpen"])


@pytest.mark.parametrize("fps", [0, -25, float("nan"), float("inf")])
def test_a_rate_of_frames_that_cannot_be_is_refused(fps):
    with pytest.raises(UsageError, match="frames per second"):
        Animator(fps)


def test_a_stream_keeps_its_sample_rate():
    animator = Animator(25)
    animator.extend(Speech(np.zeros(100, np.float32), 16000))
    with pytest.raises(ValueError, match="16000"):
        animator.extend(Speech(np.zeros(100, np.float32), 22050))
