"""A loop of somebody who waits: alive, and without a seam."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from spoken import FPS

from deckard_cli.motion import COLUMN, COLUMNS
from deckard_cli.motion.idle import loop
from deckard_cli.motion.moods import MOODS
from deckard_cli.motion.rhythm import around

LENGTHS = st.floats(2, 60)
SEEDS = st.text("abcdef", min_size=1, max_size=4)


@given(LENGTHS, st.sampled_from(FPS), st.sampled_from(sorted(MOODS)), SEEDS)
@settings(deadline=None, max_examples=60)
def test_the_step_over_the_seam_is_no_larger_than_the_others(seconds, fps, mood, seed):
    frames = round(seconds * fps)
    curves = loop(frames, fps, mood=MOODS[mood], seed=seed).curves
    assert curves.shape == (frames, len(COLUMNS))
    usual = np.abs(np.diff(curves, axis=0)).max(axis=0)
    # A thousandth of a curve nobody sees.
    assert (np.abs(curves[0] - curves[-1]) <= usual + 1e-3).all()


@given(st.integers(2, 20), st.sampled_from(FPS), SEEDS)
@settings(deadline=None, max_examples=30)
def test_it_begins_and_ends_with_open_eyes_that_look_at_the_viewer(seconds, fps, seed):
    motion = loop(seconds * fps, fps, mood=MOODS["neutral"], seed=seed)
    yaw = 30 * (motion["eyeLookOutLeft"] - motion["eyeLookInLeft"]) + motion["headYaw"]
    for row in (0, -1):
        assert motion["eyeBlinkLeft"][row] < 0.15
        assert abs(yaw[row]) < 1.0


@given(LENGTHS, SEEDS, st.floats(1, 5))
def test_what_comes_by_chance_goes_round_a_circle_that_is_cut_at_its_emptiest(period, seed, mean):
    times = around(seed, "blink", mean, 0.6 * mean, period)
    gaps = np.diff([times[-1] - period, *times])
    assert len(times) == max(1, round(period / mean))
    assert times[0] > 0
    assert times[-1] < period
    assert (gaps > 0).all()
    assert gaps[0] == pytest.approx(gaps.max())
    assert times[0] == pytest.approx(period - times[-1])


@pytest.mark.parametrize("seconds", [2, 3, 5, 10, 60])
def test_it_breathes_blinks_looks_about_and_moves_its_head(seconds):
    motion = loop(25 * seconds, 25, mood=MOODS["neutral"], seed="joi")
    assert motion["eyeBlinkLeft"].max() == pytest.approx(1.0)
    assert np.ptp(motion["breath"]) > 0.3
    assert np.ptp(motion["headYaw"]) > 0.5
    assert np.ptp(motion["eyeLookOutLeft"]) > 0.005
    assert not motion["jawOpen"].any()


def test_it_blinks_about_as_often_as_people_at_rest():
    lids = loop(60 * 25, 25, mood=MOODS["neutral"], seed="joi")["eyeBlinkLeft"]
    assert 12 <= np.count_nonzero((lids[1:] > 0.5) & (lids[:-1] <= 0.5)) <= 26


def test_a_mood_is_held_all_the_way_and_changes_the_pace():
    sad, happy = (loop(1500, 25, mood=MOODS[name], seed="joi") for name in ("sad", "happy"))
    for motion, name in ((sad, "sad"), (happy, "happy")):
        for shape, weight in MOODS[name].pose.items():
            assert motion.curves[:, COLUMN[shape]].min() >= weight - 1e-6
    assert happy["headYaw"].std() > 1.3 * sad["headYaw"].std()
    assert happy["headPitch"].mean() > sad["headPitch"].mean() + 1


def test_the_same_seed_waits_the_same_and_another_otherwise():
    one, again, other = (loop(250, 25, mood=MOODS["neutral"], seed=seed).curves for seed in ("joi", "joi", "k"))
    assert np.array_equal(one, again)
    assert not np.array_equal(one, other)
