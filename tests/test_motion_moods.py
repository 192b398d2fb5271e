"""A feeling is seen before, during and after speech."""

from __future__ import annotations

import numpy as np
import pytest
from spoken import move, speech

from deckard_cli.motion import COLUMN
from deckard_cli.motion.moods import MOODS, NEUTRAL

SENTENCE = [("", 0.5), ("ɑː", 0.2), ("m", 0.1), ("uː", 0.2), ("f", 0.1), ("iː", 0.2), ("", 0.5)]


def test_there_are_six():
    assert list(MOODS) == ["neutral", "happy", "sad", "thinking", "angry", "surprised"]
    assert all(mood.name == name for name, mood in MOODS.items())
    assert not NEUTRAL.pose


@pytest.mark.parametrize("mood", [mood for mood in MOODS.values() if mood.pose], ids=lambda mood: mood.name)
def test_a_silent_face_has_the_pose_of_its_mood(mood):
    motion = move(speech([("", 1.0)]), 25, mood=mood)
    for name, weight in mood.pose.items():
        assert 0 < weight <= 1
        assert np.allclose(motion[name], weight, atol=1e-6)


def test_a_smile_survives_speaking_and_yields_to_rounding():
    motion = move(speech(SENTENCE), 50, mood=MOODS["happy"])
    smile = motion["mouthSmileLeft"]
    assert smile.min() > 0.1
    assert smile[int(0.9 * 50)] < 0.75 * smile[int(0.6 * 50)]


@pytest.mark.parametrize("name", ["angry", "thinking"])
def test_pressed_lips_let_the_vowels_open(name):
    motion = move(speech(SENTENCE), 50, mood=MOODS[name])
    assert motion["mouthPressLeft"][int(0.6 * 50)] < 0.08


@pytest.mark.parametrize("mood", sorted(MOODS))
def test_the_words_can_be_read_in_every_mood(mood):
    plain, felt = (move(speech(SENTENCE), 50, mood=MOODS[name]) for name in ("neutral", mood))
    for name in ("jawOpen", "mouthPucker", "mouthRollLower"):
        assert np.abs(plain.curves[:, COLUMN[name]] - felt.curves[:, COLUMN[name]]).max() < 0.08


def test_a_sad_head_moves_less_than_a_happy_one():
    spoken = speech([("t", 0.1), ("ɑː", 0.2), ("", 0.3)] * 40, level=0.3, stress=1)
    happy, sad = (move(spoken, 25, mood=MOODS[name], seed="joi", life=1.0) for name in ("happy", "sad"))
    assert happy["headYaw"].std() > 1.3 * sad["headYaw"].std()
    assert sad["headPitch"].mean() < happy["headPitch"].mean()
