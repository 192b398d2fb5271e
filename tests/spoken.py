"""Made-up speech for tests: phones of any length in any order, on the sample grid, over noise or silence."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from hypothesis import strategies as st

from deckard_cli.motion import Motion
from deckard_cli.motion.animate import Animator
from deckard_cli.motion.moods import NEUTRAL, Mood
from deckard_cli.speech import Phone, Speech

RATE = 16000
FPS = (24, 25, 30, 50, 60)
VOWELS = ("ɑː", "æ", "ɛ", "ə", "iː", "ɪ", "ɔː", "uː", "aɪ", "oʊ", "ɜː")
CONSONANTS = ("p", "b", "m", "f", "v", "θ", "t", "d", "n", "l", "k", "ŋ", "s", "z", "ʃ", "tʃ", "ɹ", "w", "j", "h", "ʔ")


def speech(sounds: Sequence[tuple[str, float]], *, tail: float = 0.3, level: float = 0.0, stress: int = 0) -> Speech:
    """Speech of (IPA, seconds), where an empty IPA is silence; `level` is that of the noise under the phones."""
    phones = []
    now = 0
    loud = []
    for ipa, seconds in [*sounds, ("", tail)]:
        end = now + round(seconds * RATE)
        if ipa:
            phones.append(Phone(ipa, now / RATE, end / RATE, stress))
        loud.append(np.full(end - now, level if ipa else 0.0, np.float32))
        now = end
    noise = np.random.default_rng(7).uniform(-1.0, 1.0, now).astype(np.float32)
    return Speech(np.concatenate(loud) * noise, RATE, (), tuple(phones))


def move(spoken: Speech, fps: float, *, mood: Mood = NEUTRAL, seed: str = "", life: float = 0.0) -> Motion:
    """All rows of `spoken`."""
    animator = Animator(fps, mood=mood, seed=seed, life=life)
    return joined([animator.extend(spoken), animator.finish()])


def joined(parts: Sequence[Motion]) -> Motion:
    return Motion(np.concatenate([part.curves for part in parts]), parts[0].fps, parts[0].first)


def concatenated(parts: Sequence[Speech]) -> Speech:
    """One speech of several."""
    phones = []
    offset = 0
    for part in parts:
        for phone in part.phones:
            start, end = (offset + round(time * RATE) for time in (phone.start, phone.end))
            phones.append(Phone(phone.ipa, start / RATE, end / RATE, phone.stress, phone.burst))
        offset += len(part.samples)
    return Speech(np.concatenate([part.samples for part in parts]), RATE, (), tuple(phones))


def middles(motion: Motion) -> np.ndarray:
    """Seconds at which the rows are the face."""
    return (motion.first + np.arange(len(motion)) + 0.5) / motion.fps


def sequences(ipa: Sequence[str] = VOWELS + CONSONANTS, most: int = 14) -> st.SearchStrategy[list[tuple[str, float]]]:
    """Sounds of 15 to 300 ms, some after a silence of up to 600 ms."""
    length = st.integers(15, 300).map(lambda ms: ms / 1000)
    sound = st.tuples(st.sampled_from(ipa), length)
    silence = st.integers(0, 600).map(lambda ms: [("", ms / 1000)])
    groups = st.lists(st.tuples(st.one_of(st.just([]), silence), sound), min_size=1, max_size=most)
    return groups.map(lambda found: [item for before, one in found for item in [*before, one]])
