"""A mouth that only hears."""

from __future__ import annotations

import numpy as np
import pytest
from spoken import FPS, middles, move

from deckard_cli.motion import Motion
from deckard_cli.speech import Speech

RATE = 22050
VOWELS = {"a": (850, 1610), "i": (240, 2400), "u": (250, 595)}
"""First and second formant in Hz (Catford, 1988)."""


def vowel(ipa: str, seconds: float, level: float = 0.3) -> np.ndarray:
    """A buzz of 120 Hz through two resonances."""
    time = np.arange(round(seconds * RATE)) / RATE
    total = np.zeros(len(time))
    for harmonic in range(1, 40):
        hertz = 120.0 * harmonic
        gain = sum(1 / (1 + ((hertz - formant) / 60) ** 2) for formant in VOWELS[ipa]) / harmonic**1.2
        total += gain * np.sin(2 * np.pi * hertz * time)
    return (level * total / np.abs(total).max()).astype(np.float32)


def silence(seconds: float) -> np.ndarray:
    return np.zeros(round(seconds * RATE), np.float32)


def hum(seconds: float) -> np.ndarray:
    time = np.arange(round(seconds * RATE)) / RATE
    return (0.04 * (np.sin(2 * np.pi * 120 * time) + 0.3 * np.sin(2 * np.pi * 240 * time))).astype(np.float32)


def heard(*parts: np.ndarray, fps: float = 50) -> Motion:
    return move(Speech(np.concatenate(parts), RATE), fps)


def test_open_round_and_wide_vowels_look_so():
    motion = heard(*(part for ipa in VOWELS for part in (vowel(ipa, 0.4), silence(0.6))))
    middle = {ipa: int((i + 0.2) * 50) for i, ipa in enumerate(VOWELS)}
    jaw, pucker, stretch = (motion[name] for name in ("jawOpen", "mouthPucker", "mouthStretchLeft"))
    assert jaw[middle["a"]] > 2 * max(jaw[middle["i"]], jaw[middle["u"]])
    assert pucker[middle["u"]] > 0.3 > 0.1 > pucker[middle["i"]]
    assert stretch[middle["i"]] > 0.2 > 0.05 > stretch[middle["u"]]


@pytest.mark.parametrize("fps", FPS)
def test_it_is_neither_late_nor_long(fps):
    motion = heard(silence(0.5), vowel("a", 0.4), silence(1.0), fps=fps)
    times, jaw = middles(motion), motion["jawOpen"]
    assert (jaw[(times > 0.53) & (times < 0.85)] > 0.8 * jaw.max()).all()
    assert (jaw[(times < 0.4) | (times > 1.05)] < 0.01).all()


def test_silence_and_faint_noise_leave_it_at_rest():
    noise = np.random.default_rng(1).normal(0, 0.0015, 3 * RATE).astype(np.float32)
    assert heard(noise).curves.max() < 0.01
    assert heard(silence(2)).curves.max() == 0


def test_louder_opens_wider():
    motion = heard(vowel("a", 0.5), silence(0.3), vowel("a", 0.5, 0.06), silence(0.5))
    assert motion["jawOpen"][60:].max() < 0.9 * motion["jawOpen"][:40].max()


def test_a_hum_between_vowels_closes_the_lips():
    motion = heard(vowel("a", 0.3), hum(0.08), vowel("a", 0.3), silence(0.3))
    times = middles(motion)
    during = (times > 0.3) & (times < 0.335)
    assert (motion["mouthClose"][during] >= 0.9 * motion["jawOpen"][during]).all()
    assert motion["mouthClose"][(times < 0.25) | (times > 0.45)].max() < 0.01


def test_hiss_keeps_the_jaw_narrow():
    noise = np.diff(np.random.default_rng(1).normal(0, 0.1, RATE // 2 + 2), n=2).astype(np.float32)
    motion = heard(noise, silence(0.3))
    assert motion["jawOpen"].max() < 0.12
    assert motion["mouthStretchLeft"].max() > 0.05
