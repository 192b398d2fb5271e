"""A face that is alive: how often it blinks, where it looks, how its head moves."""

from __future__ import annotations

import numpy as np
import pytest
from spoken import FPS, joined, middles, move, speech

from deckard_cli.motion import Motion
from deckard_cli.motion.animate import Animator
from deckard_cli.motion.moods import MOODS
from deckard_cli.motion.rhythm import chance, log_normal

PHRASE = [("h", 0.06), ("ɑː", 0.14), ("l", 0.06), ("oʊ", 0.2), ("t", 0.08), ("ɛ", 0.12), ("n", 0.1)]


def talk(fps: float, phrases: int = 60, *, mood: str = "neutral", seed: str = "joi") -> Motion:
    """About 85 s of phrases with pauses between."""
    spoken = speech([*PHRASE, ("", 0.1), *PHRASE, ("", 0.5)] * phrases, level=0.3, stress=1)
    return move(spoken, fps, mood=MOODS[mood], seed=seed, life=1.0)


def blinks(motion: Motion) -> np.ndarray:
    """Rows in which a blink is first fully closed."""
    closed = motion["eyeBlinkLeft"] >= 0.999
    return np.flatnonzero(closed & ~np.concatenate([[False], closed[:-1]]))


@pytest.mark.parametrize("fps", FPS)
def test_every_blink_closes_fully_in_at_least_one_frame(fps):
    motion = talk(fps)
    lids = motion["eyeBlinkLeft"]
    begun = np.flatnonzero((lids[1:] > 0.3) & (lids[:-1] <= 0.3))
    assert len(begun) == len(blinks(motion)) > 10


def test_it_blinks_as_often_as_people_who_talk():
    rates = [60 * len(blinks(m)) / (len(m) / m.fps) for m in (talk(30, seed=seed) for seed in "abcdef")]
    assert all(10.5 <= rate <= 32.5 for rate in rates)


@pytest.mark.parametrize("seed", list("abcdefgh"))
def test_brows_and_head_go_with_what_is_emphasised(seed: str) -> None:
    spoken = speech([*PHRASE, ("", 0.6)] * 3, stress=2, level=0.3)  # nothing that it would go with by chance
    vowel = [each for each in spoken.phones if each.ipa == "ɛ"][1]
    made = []
    for emphases in ([], [(vowel.start - 0.02, vowel.end + 0.08)]):
        animator = Animator(50, seed=seed)
        made.append(joined([animator.extend(spoken, (), emphases), animator.finish()]))
    plain, emphasised = made
    times = middles(plain)
    during = (times > vowel.start) & (times < vowel.start + 0.15)
    assert (emphasised["browInnerUp"] - plain["browInnerUp"])[during].max() > 0.4
    assert (plain["headPitch"] - emphasised["headPitch"])[during].max() > 1.5
    before = times < vowel.start - 0.12
    assert np.array_equal(plain.curves[before], emphasised.curves[before])
    assert np.abs(np.diff(emphasised["headPitch"])).max() < 1.0
    assert np.array_equal(plain["jawOpen"], emphasised["jawOpen"])


def test_blinks_like_the_ends_of_phrases():
    motion = talk(50)
    spoken_end = [(i + 1) * 2.12 - 0.5 for i in range(60)]
    times = middles(motion)[blinks(motion)]
    near = [min(abs(t - 0.12 - end) for end in spoken_end) < 0.15 for t in times]
    assert np.mean(near) > 0.5


def test_lids_close_fast_and_open_slowly():
    motion = talk(200, 10)
    first = blinks(motion)[0]
    lids = motion["eyeBlinkLeft"]
    closing = first - np.flatnonzero(lids[:first] < 0.1)[-1]
    opening = np.flatnonzero(lids[first:] < 0.1)[0]
    assert closing < 0.1 * 200 < opening


@pytest.mark.parametrize("mood", sorted(MOODS))
def test_the_head_stays_within_its_limits_and_moves(mood):
    motion = talk(25, mood=mood)
    for name, limit in (("headYaw", 6), ("headPitch", 5), ("headRoll", 4)):
        assert np.abs(motion[name]).max() <= limit
        assert np.ptp(motion[name]) > 0.5
        assert np.abs(np.diff(motion[name])).max() < 50 / 25
    assert 0 <= motion["breath"].min() < 0.4 < 0.9 < motion["breath"].max() <= 1


def test_nods_bottom_out_on_stressed_syllables():
    still = move(speech([("", 1.0), ("t", 0.1), ("", 3.0)], level=0.3), 100, seed="n0", life=1.0)
    depths = []
    for number in range(12):
        sounds = [("", 1.0), ("ɑː", 0.2), ("", 2.9)]
        plain, stressed = (
            move(speech(sounds, level=0.3, stress=stress), 100, seed=f"n{number}", life=1.0) for stress in (0, 1)
        )
        nod = plain["headPitch"] - stressed["headPitch"]
        if nod.max() > 0.5:
            depths.append(nod.max())
            assert 0.95 < middles(still)[nod.argmax()] < 1.2
    assert len(depths) >= 5
    assert max(depths) <= 4.5


def test_brows_rise_before_the_syllable_they_mark():
    onsets = []
    for number in range(16):
        plain, stressed = (
            move(speech([("", 1.0), ("ɑː", 0.3), ("", 1.0)], level=0.3, stress=s), 200, seed=f"b{number}", life=1.0)
            for s in (0, 1)
        )
        raised = stressed["browOuterUpLeft"] - plain["browOuterUpLeft"]
        if raised.max() > 0.1:
            onsets.append(middles(stressed)[np.flatnonzero(raised > 0.005)[0]])
    assert len(onsets) >= 3
    assert all(0.89 < onset < 0.95 for onset in onsets)


def test_eyes_look_mostly_at_the_viewer_and_jump_when_they_do_not():
    motion = talk(50)
    sideways = 30 * (motion["eyeLookOutLeft"] - motion["eyeLookInLeft"]) + motion["headYaw"]
    upwards = 25 * (motion["eyeLookUpLeft"] - motion["eyeLookDownLeft"]) + motion["headPitch"]
    away = np.hypot(sideways, upwards) > 1.4
    assert 0.05 < away.mean() < 0.4
    assert np.hypot(sideways, upwards).max() < 16
    assert np.abs(np.diff(sideways)).max() > 2


def test_eyes_turn_against_the_head():
    motion = talk(50)
    eye = 30 * (motion["eyeLookOutLeft"] - motion["eyeLookInLeft"])
    at_viewer = np.hypot(eye + motion["headYaw"], 0) < 1.0
    assert np.corrcoef(eye[at_viewer], motion["headYaw"][at_viewer])[0, 1] < -0.8
    assert np.allclose(motion["eyeLookOutLeft"], motion["eyeLookInRight"])


def test_without_life_only_the_mouth_moves():
    motion = move(speech(PHRASE, level=0.3, stress=1), 25, seed="joi", life=0.0)
    for name in ("headYaw", "headPitch", "breath", "eyeBlinkLeft", "browInnerUp", "eyeLookInLeft"):
        assert not motion[name].any()
    assert motion["jawOpen"].max() > 0.2


def test_an_idle_mouth_is_all_but_still():
    motion = move(speech([("", 20.0)]), 25, seed="joi", life=1.0)
    assert motion["jawOpen"].max() == 0
    assert motion["mouthSmileLeft"].max() < 0.03
    assert len(blinks(motion)) >= 3


def test_chance_is_even_and_belongs_to_its_event():
    draws = np.array([chance("seed", "blink", n) for n in range(4000)])
    assert np.allclose(draws.mean(axis=0), 0.5, atol=0.02)
    assert np.allclose(draws.var(axis=0), 1 / 12, atol=0.01)
    assert chance("seed", "blink", 1) != chance("seed", "look", 1)
    values = [log_normal(draw, 3.0, 2.0) for draw in draws[:, 0]]
    assert np.mean(values) == pytest.approx(3.0, rel=0.05)
    assert np.std(values) == pytest.approx(2.0, rel=0.15)
