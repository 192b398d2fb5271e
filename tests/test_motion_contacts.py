"""Lips that meet, and the lip on the teeth: in every frame that is shown while they must."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from spoken import FPS, VOWELS, middles, move, sequences, speech

from deckard_cli.motion import Motion
from deckard_cli.motion.moods import MOODS
from deckard_cli.speech import Phone, Speech


def shown(motion: Motion, start: float, end: float) -> np.ndarray:
    """Which frames are on the screen at any instant from start to end, but for 2 ms at the edges."""
    edge = min(0.002, (end - start) / 4)
    first = np.arange(len(motion)) / motion.fps
    return (first < end - edge) & (first + 1 / motion.fps > start + edge)


def closure(phone: Phone) -> tuple[float, float]:
    if phone.ipa == "m":
        return phone.start, phone.end
    return phone.start, phone.start + 0.7 * (phone.end - phone.start) if phone.burst is None else phone.burst


@given(sequences(), st.sampled_from(FPS), st.sampled_from(sorted(MOODS)))
@settings(deadline=None)
def test_lips_are_sealed_from_the_start_of_p_b_m_to_the_burst(sounds, fps, mood):
    spoken = speech(sounds)
    motion = move(spoken, fps, mood=MOODS[mood])
    for phone in spoken.phones:
        if phone.ipa in ("p", "b", "m"):
            frames = shown(motion, *closure(phone))
            assert frames.any()
            assert (motion["mouthClose"][frames] >= motion["jawOpen"][frames]).all()
            assert (motion["jawOpen"][frames] <= 0.2).all()
            assert (motion["mouthPressLeft"][frames] >= 0.49).all()
            for parted in ("mouthLowerDownLeft", "mouthUpperUpRight"):
                assert (motion[parted][frames] <= 1e-6).all()


@given(sequences(), st.sampled_from(FPS), st.sampled_from(sorted(MOODS)))
@settings(deadline=None)
def test_the_lower_lip_is_on_the_teeth_throughout_f_and_v(sounds, fps, mood):
    spoken = speech(sounds)
    motion = move(spoken, fps, mood=MOODS[mood])
    for phone in spoken.phones:
        if phone.ipa in ("f", "v"):
            frames = shown(motion, phone.start, phone.end)
            assert frames.any()
            assert (motion["mouthRollLower"][frames] >= 0.54).all()
            assert (motion["mouthLowerDownLeft"][frames] <= 1e-6).all()
            assert (motion["jawOpen"][frames] - motion["mouthClose"][frames] <= 0.071).all()


@given(sequences((*VOWELS, "t", "s"), most=8), st.sampled_from(FPS))
@settings(deadline=None)
def test_lips_that_need_not_meet_do_not(sounds, fps):
    motion = move(speech(sounds), fps)
    assert not motion["mouthClose"].any()


@pytest.mark.parametrize("fps", FPS)
@pytest.mark.parametrize("plosive", ["p", "b"])
def test_a_known_burst_opens_the_lips_at_once(fps, plosive):
    phones = (Phone("ɑː", 0.3, 0.5), Phone(plosive, 0.5, 0.6, burst=0.53), Phone("ɑː", 0.6, 0.9))
    motion = move(Speech(np.zeros(16000, np.float32), 16000, (), phones), fps)
    times = middles(motion)
    assert (motion["mouthClose"][shown(motion, 0.5, 0.53)] >= motion["jawOpen"][shown(motion, 0.5, 0.53)]).all()
    after = times > 0.53 + 0.05 + 0.5 / fps
    assert not motion["mouthClose"][after].any()


def test_a_prenasal_or_coarticulated_stop_seals_too():
    for ipa in ("ɡb", "kp", "ŋm", "mb", "pʰ", "pf"):
        motion = move(speech([("ɑ", 0.2), (ipa, 0.1), ("ɑ", 0.2)]), 60)
        closed = motion["mouthClose"] >= np.maximum(motion["jawOpen"], 1e-3)
        assert closed[(middles(motion) > 0.2) & (middles(motion) < 0.25)].all(), ipa


def test_a_sibilant_narrows_the_jaw_between_open_vowels():
    for ipa in ("s", "ʃ", "tʃ", "z"):
        motion = move(speech([("ɑː", 0.3), (ipa, 0.12), ("ɑː", 0.3)]), 50)
        during = (middles(motion) >= 0.3) & (middles(motion) <= 0.39)
        assert motion["jawOpen"][during].max() <= 0.16
