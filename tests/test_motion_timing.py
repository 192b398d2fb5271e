"""When the mouth moves: ahead of its sound, never after it, the same at every rate of frames; at rest in silence."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from spoken import CONSONANTS, FPS, VOWELS, middles, move, sequences, speech

from deckard_cli.motion import COLUMN, SHAPES, frame_count

MOUTH = [COLUMN[name] for name in SHAPES if name.startswith(("jaw", "mouth", "tongue"))]
FREE = (*VOWELS, "t", "k", "n", "θ", "ɹ", "w", "h", "ʔ")


@pytest.mark.parametrize("fps", FPS)
@pytest.mark.parametrize("before", ["", "m", "b", "f", "s", "t", "ɛ", "ʃ"])
@pytest.mark.parametrize(("vowel", "curve"), [("ɑː", "jawOpen"), ("uː", "mouthPucker"), ("iː", "mouthStretchLeft")])
def test_a_vowel_is_reached_no_later_than_20_ms_after_its_sound_begins(fps, before, vowel, curve):
    start = 0.4137
    motion = move(speech([("", 0.3137), (before or "", 0.1), (vowel, 0.2)]), fps)
    times = middles(motion)
    reached = motion[curve][(times >= start + 0.02) & (times < start + 0.12)]
    assert (reached >= 0.85 * motion[curve].max()).all()


@pytest.mark.parametrize("fps", FPS)
@pytest.mark.parametrize("ipa", [*VOWELS, "ʃ", "w", "ɹ", "p", "f"])
def test_after_a_pause_the_mouth_starts_early_but_never_200_ms_early(fps, ipa):
    motion = move(speech([("", 0.5), (ipa, 0.2)]), fps)
    times = middles(motion)
    moved = motion.curves[:, MOUTH].max(axis=1)
    assert (moved[times < 0.5 - 0.2] == 0).all()
    assert moved[times < 0.5 - 0.04].max() > 0.01


@given(sequences(FREE), st.sampled_from(FPS))
@settings(deadline=None)
def test_every_rate_of_frames_samples_the_same_curve(sounds, fps):
    spoken = speech(sounds)
    slow, fast = move(spoken, fps), move(spoken, fps * 3)
    same = fast.curves[1::3]
    assert np.allclose(slow.curves[: len(same)], same, atol=1e-6)


@given(sequences(), st.sampled_from(FPS))
@settings(deadline=None)
def test_the_mouth_is_at_rest_in_silence(sounds, fps):
    spoken = speech([("", 0.5), *sounds, ("", 0.4), *sounds])
    motion = move(spoken, fps)
    times, edges = middles(motion), [*((p.start, p.end) for p in spoken.phones), (spoken.duration + 0.2, 0.0)]
    for (_, end), (start, _) in zip([(0.0, -1.0), *edges], edges, strict=False):
        resting = (times >= end + 0.15) & (times <= start - 0.2)
        assert (motion.curves[resting][:, MOUTH] < 0.01).all()


@given(sequences(("t", "k", "n", "s", *VOWELS)), st.sampled_from(FPS))
@settings(deadline=None)
def test_a_mouth_without_contacts_moves_no_faster_than_mouths_do(sounds, fps):
    motion = move(speech(sounds), fps)
    steps = np.abs(np.diff(motion.curves[:, MOUTH], axis=0))
    assert (steps <= 32.0 / fps).all()  # of sounds as short as 15 ms, too


@given(sequences(), st.sampled_from([*FPS, 29.97, 30000 / 1001, 12.5]), st.sampled_from([0.0, 0.3, 1.0]))
@settings(deadline=None)
def test_every_curve_stays_in_its_bounds(sounds, fps, life):
    spoken = speech(sounds, level=0.5, stress=1)
    motion = move(spoken, fps, life=life)
    shapes = motion.curves[:, : len(SHAPES)]
    assert np.isfinite(motion.curves).all()
    assert shapes.min() >= 0 and shapes.max() <= 1
    assert len(motion) == frame_count(len(spoken.samples), spoken.rate, fps)


def test_short_vowels_are_smaller_and_a_stressed_one_larger():
    def opening(seconds: float, stress: int) -> float:
        return float(move(speech([("t", 0.08), ("ɑː", seconds), ("t", 0.08)], stress=stress), 50)["jawOpen"].max())

    assert opening(0.04, 0) < opening(0.12, 0) < opening(0.12, 1)


def test_vowels_open_with_loudness():
    quiet = speech([("ɑː", 0.2), ("", 0.4)] * 4, level=0.1)
    loud = speech([("ɑː", 0.2), ("", 0.4)], level=0.5)
    samples = quiet.samples.copy()
    samples[-len(loud.samples) :] = loud.samples
    jaw = move(type(quiet)(samples, quiet.rate, (), quiet.phones), 50)["jawOpen"]
    assert jaw[90:].max() > 1.1 * jaw[:80].max()


def test_lips_round_early_through_a_consonant_of_the_tongue():
    motion = move(speech([("iː", 0.2), ("t", 0.12), ("uː", 0.2)]), 100)
    pucker = motion["mouthPucker"]
    assert pucker[int(0.28 * 100)] > 0.8 * pucker.max()
    assert pucker[int(0.12 * 100)] < 0.05 * pucker.max()


def test_a_short_pause_does_not_shut_the_mouth():
    motion = move(speech([("ɑː", 0.2), ("", 0.1), ("ɑː", 0.2)]), 100)
    assert motion["jawOpen"][22:28].min() > 0.4


@pytest.mark.parametrize("ipa", CONSONANTS)
def test_a_consonant_alone_is_seen(ipa):
    motion = move(speech([("", 0.3), (ipa, 0.1), ("", 0.4)]), 50)
    moved = motion.curves[:, MOUTH].max()
    assert moved == 0 if ipa in ("h", "ʔ") else moved > 0.05
