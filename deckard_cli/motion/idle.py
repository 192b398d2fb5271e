"""A face that waits: life without speech, on a circle of time, so that the last frame leads to the first again.

What else comes by chance is placed around the circle, and the slow waves go round it a whole number of times.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

import numpy as np

from deckard_cli.motion import Motion, frame_rate
from deckard_cli.motion.coarticulation import ARTICULATORS, Mouth
from deckard_cli.motion.compose import compose
from deckard_cli.motion.feelings import Feelings
from deckard_cli.motion.gaze import Gaze
from deckard_cli.motion.gestures import EXHALE, INHALE, Gestures
from deckard_cli.motion.life import BLINKS, BREATHS, POSTURES, posture
from deckard_cli.motion.moods import Mood
from deckard_cli.motion.rhythm import Events, around

__all__ = ["loop"]

_STILL: Final = 0.2
"""Seconds before the end without a new look: eyes that jump just there seem to be cut."""


def loop(frames: int, fps: float, *, mood: Mood, seed: str = "") -> Motion:
    """So many `frames` of a face in `mood`, after the last of which the first comes again. They are enough for 2 s."""
    frame = float(1 / frame_rate(fps))
    period = frames * frame
    gestures = _gestures(seed, mood, frame, period)
    times = (np.arange(frames, dtype=np.float64) + 0.5) * frame
    silent = Mouth(np.zeros((frames, len(ARTICULATORS))), np.zeros(frames), np.zeros(frames))
    feeling = Feelings(mood).over(times)
    return Motion(compose(gestures.curves(times, feeling), feeling, silent).astype(np.float32), fps)


def _gestures(seed: str, mood: Mood, frame: float, period: float) -> Gestures:
    gestures = Gestures(seed, 1.0, frame, period)
    mean, deviation = (seconds / mood.blinks for seconds in BLINKS)
    _turned(gestures.blinks, [(time,) for time in around(seed, "blink", mean, deviation, period)], period)
    settling = enumerate(around(seed, "posture", *POSTURES, period))
    _turned(gestures.postures, [(time, *posture(seed, number)) for number, time in settling], period)
    breathing = around(seed, "breath", *BREATHS, period)
    gaps = np.diff([breathing[-1] - period, *breathing]).tolist()
    left = [math.exp(-max(gap - INHALE, 0.0) / EXHALE) for gap in gaps]
    _turned(gestures.breaths, list(zip(breathing, left, strict=True)), period)
    _turned(gestures.looks, _looks(seed, mood, period), period)
    return gestures


def _looks(seed: str, mood: Mood, period: float) -> list[tuple[float, ...]]:
    gaze = Gaze(seed)
    looks: list[tuple[float, ...]] = []
    while gaze.next < period - _STILL:
        looks.append((gaze.next, *gaze.look(mood, talks=False)))
    if gaze.away:  # the loop would begin with somebody who looks past the viewer
        looks[-1] = (looks[-1][0], 0.0, 0.0)
    return looks


def _turned(events: Events, placed: Sequence[tuple[float, ...]], period: float) -> None:
    """Fill `events` with those `placed` in 0..`period`, and with two turns before them: a curve at the start of the
    loop depends on the last two.
    """
    for turn in (-2, -1, 0):
        for time, *value in placed:
            events.add(time + turn * period, *value)
