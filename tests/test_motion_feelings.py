"""One mood becomes another: in time, and never at once."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from spoken import FPS, joined, middles, speech

from deckard_cli.motion import COLUMN, SHAPES, Motion
from deckard_cli.motion.animate import Animator
from deckard_cli.motion.feelings import EASE, LEAD, Turn
from deckard_cli.motion.moods import MOODS
from deckard_cli.speech import Speech

RATE = 16000


def waits(fps: float, seconds: float, *turns: tuple[float, str], life: float = 0.0) -> Motion:
    """A face that says nothing and changes its mood."""
    animator = Animator(fps, seed="joi", life=life)
    silence = Speech(np.zeros(round(seconds * RATE), np.float32), RATE)
    return joined([animator.extend(silence, [Turn(at, MOODS[mood]) for at, mood in turns]), animator.finish()])


@pytest.mark.parametrize(("before", "after"), list(itertools.permutations(MOODS, 2)))
@pytest.mark.parametrize("fps", [24, 60])
def test_no_shape_pops_from_one_mood_to_another(before, after, fps):
    curves = waits(fps, 4.0, (0.0, before), (2.0, after)).curves[:, : len(SHAPES)]
    # The steepest of a smooth step over EASE is 1.5 / EASE a second, from 0 to 1 at most; a lid that opens while eyes
    # widen goes a hundredth faster.
    assert np.abs(np.diff(curves, axis=0)).max() <= 1.02 * 1.5 / EASE / fps


def test_a_mood_begins_a_little_before_its_first_sound_and_is_whole_soon_after():
    motion = waits(100, 4.0, (2.0, "happy"))
    times, smile = middles(motion), motion["mouthSmileLeft"]
    assert LEAD > 0.1
    assert not smile[times < 2.0 - LEAD].any()
    whole = MOODS["happy"].pose["mouthSmileLeft"]
    assert 0 < smile[times > 2.0][0] < whole
    assert smile[times > 2.0 - LEAD + EASE] == pytest.approx(whole, abs=1e-6)
    assert (np.diff(smile) >= 0).all()


def test_moods_that_follow_fast_are_passed_through_without_a_pop():
    hurried = [(1.0 + 0.07 * number, mood) for number, mood in enumerate([*MOODS, *MOODS, *MOODS])]
    curves = waits(60, 6.0, *hurried).curves[:, : len(SHAPES)]
    assert np.abs(np.diff(curves, axis=0)).max() <= 3.0 / EASE / 60
    for name, weight in MOODS["surprised"].pose.items():
        assert curves[-1, COLUMN[name]] == pytest.approx(weight, abs=1e-6)


@pytest.mark.parametrize("fps", FPS)
def test_the_head_follows_without_a_jerk(fps):
    motion = waits(fps, 40.0, *((2.0 * n, mood) for n, mood in enumerate(["happy", "sad", "angry"] * 6)), life=1.0)
    for name in ("headYaw", "headPitch", "headRoll"):
        assert np.abs(np.diff(motion[name])).max() * fps < 25


def test_what_a_face_does_changes_with_its_mood():
    motion = waits(25, 600.0, (0.0, "happy"), (300.0, "sad"), life=1.0)
    happy, sad = (Motion(motion.curves[rows], 25) for rows in (slice(None, 7400), slice(7600, None)))
    assert sad["headYaw"].std() < 0.75 * happy["headYaw"].std()
    assert sad["headPitch"].mean() < happy["headPitch"].mean() - 1.0
    blinks = [np.count_nonzero(np.diff((part["eyeBlinkLeft"] > 0.9).astype(int)) > 0) for part in (happy, sad)]
    assert blinks[1] < 0.9 * blinks[0]


def test_without_a_turn_all_is_as_if_the_mood_had_been_asked_for():
    spoken = speech([("b", 0.1), ("ɑː", 0.2), ("", 0.5)] * 9, level=0.3, stress=1)
    asked = Animator(25, mood=MOODS["happy"], seed="joi")
    turned = Animator(25, seed="joi")
    one = joined([asked.extend(spoken), asked.finish()]).curves
    other = joined([turned.extend(spoken, [Turn(-2.0, MOODS["happy"])]), turned.finish()]).curves
    poses = [COLUMN[name] for name in ("mouthSmileLeft", "cheekSquintLeft", "jawOpen", "mouthPucker")]
    assert np.array_equal(one[:, poses], other[:, poses])
