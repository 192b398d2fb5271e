"""What a face does besides speaking: it blinks, looks about, nods, breathes, lifts its brows.

Blinks come in log-normal intervals (Bentivoglio and others, Movement Disorders 12, 1997), close fast and open slowly
(Trutoiu and others, 2011), and wait for the end of a phrase. Looks away have the lengths, sizes and directions of
Eyes Alive (Lee, Badler and Badler, SIGGRAPH 2002), half as large, because a face that fills the frame is close. Nods
peak on stressed syllables (Alexanderson and others, 2013), brows rise before them (Kim and others, 2014).

Everything hangs on the seed, on absolute time and on what has been heard up to a quarter second later. There is no
other state, so a stream moves as the whole recording does.
"""

from __future__ import annotations

import bisect
import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

from deckard_cli.motion import COLUMN, COLUMNS
from deckard_cli.motion.moods import Mood
from deckard_cli.motion.rhythm import Events, Rhythm, chance, eased, log_normal

__all__ = ["Life"]

Array = NDArray[np.float64]

_PAUSE: Final = 0.2
"""Seconds of silence that end a phrase."""
_CLOSE, _SHUT, _OPEN = 0.08, 0.03, 0.17
"""Seconds in which the lids close, stay shut, and open."""
_NOD = (0.17, 0.0, 0.28)
_BROW = (0.12, 0.08, 0.22)
"""Seconds in which a movement comes, stays and goes."""
_BEFORE: Final = 0.1
"""Seconds by which a brow starts before its syllable, and a nod a little less."""
_INHALE: Final = 0.9
_EXHALE: Final = 2.2
"""Seconds: the rise of a breath, and the time constant of its fall."""
_LIMIT: Final = {"headYaw": 6.0, "headPitch": 5.0, "headRoll": 4.0}
"""Degrees that the head never passes."""
_SIDEWAYS, _UPWARDS = 30.0, 25.0
"""Degrees of gaze at which the eyeLook shapes are 1."""
_DIRECTIONS: Final = (15.5, 6.5, 17.7, 7.4, 16.8, 7.9, 20.4, 7.8)
"""Eyes Alive: how often, in percent, a look goes to 0, 45 .. 315 degrees."""
_SWAY: Final = {
    "headYaw": ((0.13, 1.1), (0.27, 0.6), (0.41, 0.3)),
    "headPitch": ((0.11, 0.5), (0.23, 0.4), (0.43, 0.2)),
    "headRoll": ((0.097, 0.6), (0.21, 0.4), (0.37, 0.2)),
    "headX": ((0.083, 0.005), (0.19, 0.003)),
    "headY": ((0.071, 0.003), (0.17, 0.002)),
    "mouthSmileLeft": ((0.091, 0.006), (0.23, 0.004)),
    "mouthSmileRight": ((0.083, 0.006), (0.29, 0.004)),
    "browInnerUp": ((0.067, 0.015), (0.31, 0.01)),
    "eyeSquintLeft": ((0.059, 0.015),),
    "eyeSquintRight": ((0.061, 0.015),),
}
"""Curve -> (Hz, amplitude) of slow waves without a common period: degrees, heights of the face, or 0..1."""


class Life:
    """The movements of one face, kept running.

    `hear` what is said, `advance` to a time that nothing unheard can reach any more, then ask for `curves` up to it.
    """

    def __init__(self, seed: str, mood: Mood, amount: float, frame: float) -> None:
        """`amount`: 1 is natural. `frame`: seconds that a frame is shown; no blink is so short that none shows it."""
        self._seed, self._mood, self._amount = seed, mood, amount
        self._shut = max(_SHUT, frame + 1e-6)
        self._sounds = Events()
        self._ended = -math.inf
        self._pauses: list[float] = []
        self._accents = 0
        rate = 3.0 / mood.blinks
        self._blinking = Rhythm(seed, "blink", rate, 0.65 * rate, 1.2)
        self._settling = Rhythm(seed, "posture", 3.5, 1.5, 1.6)
        self._breathing = Rhythm(seed, "breath", 4.2, 0.6, 2.5)
        self._look, self._away = 0, False
        self._look_next = 0.3 + chance(seed, "look", -1)[0]
        self._blinks, self._postures, self._breaths = Events(), Events(), Events()
        self._nods, self._brows, self._looks = Events(), Events(), Events()
        for events, width in ((self._blinks, 1), (self._nods, 2), (self._brows, 1)):
            events.add(-math.inf, *(0.0,) * width)
        self._postures.add(-10.0, 0.0, 0.0, 0.0)
        self._looks.add(-10.0, 0.0, 0.0)
        self._breaths.add(-4.0 * chance(seed, "breath", -2)[0] - _INHALE, 0.1)

    def hear(self, start: float, end: float, accent: float = 0.0) -> None:
        """Take in a sound from `start` to `end` seconds; `accent` 0..1 is how much its syllable stands out."""
        self._pause(start)
        self._sounds.add(start, end)
        self._ended = end
        if accent > 0:
            self._stress(start, accent)

    def advance(self, heard: float, frontier: float) -> None:
        """Decide all that begins up to `frontier`, knowing every sound that begins before `heard`; both in seconds."""
        self._pause(heard)
        for time, number in self._blinking.until(frontier, self._pauses):
            self._blinks.add(time, float(number))
        for time, number in self._settling.until(frontier, self._pauses):
            draws = chance(self._seed, "settle", number)
            self._postures.add(time, *(2 * draw - 1 for draw in draws[:3]))
        for time, _ in self._breathing.until(frontier, self._pauses):
            self._breaths.add(time, float(self._breath(np.array([time]))[0]))
        while self._look_next <= frontier:
            self._look_on()

    def forget(self, before: float) -> None:
        """Drop what no row from `before` seconds on can see."""
        for events in (self._blinks, self._postures, self._breaths, self._nods, self._brows, self._looks, self._sounds):
            events.forget(before)
        del self._pauses[: bisect.bisect_left(self._pauses, before - 30.0)]

    def curves(self, times: Array) -> Array:
        """What is to be added to a face at `times` (seconds): shape (times, len(COLUMNS))."""
        curves = np.zeros((len(times), len(COLUMNS)))
        for name, waves in _SWAY.items():
            energy = self._mood.head if name.startswith("head") else 1.0
            curves[:, COLUMN[name]] = energy * self._wave(name, waves, times)
        self._move_head(curves, times)
        self._raise_brows(curves, times)
        curves[:, COLUMN["breath"]] = self._breath(times)
        self._move_eyes(curves, times)
        curves *= self._amount
        since, _, _ = self._blinks.at(times)
        lids = np.maximum(curves[:, [COLUMN["eyeBlinkLeft"]]], _blink(since, self._shut)[:, None])
        curves[:, [COLUMN["eyeBlinkLeft"], COLUMN["eyeBlinkRight"]]] = lids
        return curves

    def _pause(self, now: float) -> None:
        if now - self._ended >= _PAUSE and self._ended > (self._pauses[-1] if self._pauses else -math.inf):
            self._pauses.append(self._ended)

    def _stress(self, start: float, accent: float) -> None:
        nods, raises, depth, height = chance(self._seed, "accent", self._accents)
        self._accents += 1
        if nods < 0.7 * accent and start - self._nods.times[-1] > 0.6:
            self._nods.add(start - 0.09, 1.5 + 2.5 * depth * depth, 1.6 * height - 0.8)
        if raises < 0.45 * accent and start - self._brows.times[-1] > 1.4:
            self._brows.add(start - _BEFORE, 0.25 + 0.25 * height)

    def _look_on(self) -> None:
        """Look away, back at the viewer, or a little elsewhere on the viewer's face."""
        time = self._look_next
        length, kind, size, direction = chance(self._seed, "look", self._look)
        talks = self._talking(time)
        away = kind < (0.3 if talks else 0.12) * self._mood.away and not self._away
        self._away = away
        if away:
            self._looks.add(time, *self._aside(size, direction))
            mean, deviation = (0.93, 0.8) if talks else (0.43, 0.24)
            self._look_next = time + min(max(log_normal(length, mean, deviation), 0.25), 3.0)
        else:
            angle = 2 * math.pi * direction
            self._looks.add(time, 0.7 * size * math.cos(angle), 0.4 * size * math.sin(angle))
            self._look_next = time + min(max(log_normal(length, 0.9, 0.6), 0.25), 4.0)
        self._look += 1

    def _aside(self, size: float, direction: float) -> tuple[float, float]:
        degrees = min(-6.9 * math.log(15.0 * size / 15.7), 22.7) / 2 + 1.5
        mark = direction * sum(_DIRECTIONS)
        sector = next((i for i in range(8) if mark < sum(_DIRECTIONS[: i + 1])), 7)
        angle = sector * math.pi / 4
        x, y = self._mood.gaze
        height = 0.7 * degrees * math.sin(angle)
        # A thinker who looked down as often as up would not look like thinking.
        return degrees * math.cos(angle) + x, (math.copysign(height, y) if y else height) + y

    def _talking(self, time: float) -> bool:
        index = bisect.bisect_right(self._sounds.times, time) - 1
        return index >= 0 and time - self._sounds.values[index][0] < 0.8

    def _wave(self, name: str, waves: tuple[tuple[float, float], ...], times: Array) -> Array:
        total = np.zeros(len(times))
        for (hertz, amplitude), phase in zip(waves, chance(self._seed, name, 0), strict=False):
            total += amplitude * np.sin(2 * math.pi * (hertz * times + phase))
        if name.startswith("head"):
            return total
        return total + sum(amplitude for _, amplitude in waves)

    def _move_head(self, curves: Array, times: Array) -> None:
        since, now, before = self._postures.at(times)
        posture = (before + (now - before) * eased(since / 0.7)[:, None]) * (2.0, 1.0, 1.2) * self._mood.head
        curves[:, [COLUMN["headYaw"], COLUMN["headPitch"], COLUMN["headRoll"]]] += posture
        since, nods, _ = self._nods.at(times)
        nod = self._mood.head * nods * _pulse(since, *_NOD)[:, None]
        curves[:, COLUMN["headPitch"]] += self._mood.nod - nod[:, 0]
        curves[:, COLUMN["headRoll"]] += nod[:, 1]
        for name, limit in _LIMIT.items():
            curves[:, COLUMN[name]] = limit * np.tanh(curves[:, COLUMN[name]] / limit)

    def _raise_brows(self, curves: Array, times: Array) -> None:
        since, height, _ = self._brows.at(times)
        raised = self._mood.brows * height[:, 0] * _pulse(since, *_BROW)
        curves[:, COLUMN["browInnerUp"]] += raised
        for side in ("Left", "Right"):
            curves[:, COLUMN[f"browOuterUp{side}"]] += 0.8 * raised

    def _breath(self, times: Array) -> Array:
        since, level, _ = self._breaths.at(times)
        rising = level[:, 0] + (1 - level[:, 0]) * eased(since / _INHALE)
        breath: Array = rising * np.exp(-np.maximum(since - _INHALE, 0.0) / _EXHALE)
        return breath

    def _move_eyes(self, curves: Array, times: Array) -> None:
        since, now, before = self._looks.at(times)
        jump = np.hypot(*(now - before).T)
        gaze = before + (now - before) * eased(since / (0.025 + 0.0024 * jump))[:, None]
        # Without this the eyes ride on the head, and the look slides off the viewer at every nod.
        sideways = (gaze[:, 0] - curves[:, COLUMN["headYaw"]]) / _SIDEWAYS
        upwards = (gaze[:, 1] - curves[:, COLUMN["headPitch"]]) / _UPWARDS
        for side, outwards in (("Left", sideways), ("Right", -sideways)):
            curves[:, COLUMN[f"eyeLookOut{side}"]] = np.maximum(outwards, 0.0)
            curves[:, COLUMN[f"eyeLookIn{side}"]] = np.maximum(-outwards, 0.0)
            curves[:, COLUMN[f"eyeLookUp{side}"]] = np.maximum(upwards, 0.0)
            curves[:, COLUMN[f"eyeLookDown{side}"]] = np.maximum(-upwards, 0.0)
            curves[:, COLUMN[f"eyeBlink{side}"]] = 0.4 * np.maximum(-upwards, 0.0)
            curves[:, COLUMN[f"eyeWide{side}"]] = 0.3 * np.maximum(upwards, 0.0)


def _pulse(since: Array, coming: float, staying: float, going: float) -> Array:
    """0, up to 1 in `coming` seconds, there for `staying`, down again in `going`."""
    return eased(since / coming) * (1.0 - eased((since - coming - staying) / going))


def _blink(since: Array, shut: float) -> Array:
    """How far the lids are closed, so many seconds after they began to: fast down, and open as if into honey."""
    closing = np.clip(since / _CLOSE, 0.0, 1.0) ** 1.5
    opening = 1.0 - np.clip((since - _CLOSE - shut) / _OPEN, 0.0, 1.0)
    blink: Array = closing * opening * opening
    return blink
