"""What a face does besides speaking, once it is decided when: events become curves.

Blinks close fast and open slowly (Trutoiu and others, 2011). The head sways, settles and nods within limits, the eyes
stay with what they look at while it does.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

from deckard_cli.motion import COLUMN, COLUMNS
from deckard_cli.motion.feelings import Feeling
from deckard_cli.motion.rhythm import Events, chance, eased

__all__ = ["EXHALE", "INHALE", "Gestures"]

Array = NDArray[np.float64]

_CLOSE, _SHUT, _OPEN = 0.08, 0.03, 0.17
"""Seconds in which the lids close, stay shut, and open."""
_NOD = (0.17, 0.0, 0.28)
_BROW = (0.12, 0.08, 0.22)
"""Seconds in which a movement comes, stays and goes."""
INHALE: Final = 0.9
EXHALE: Final = 2.2
"""Seconds: the rise of a breath, and the time constant of its fall."""
_LIMIT: Final = {"headYaw": 6.0, "headPitch": 5.0, "headRoll": 4.0}
"""Degrees that the head never passes."""
_SIDEWAYS, _UPWARDS = 30.0, 25.0
"""Degrees of gaze at which the eyeLook shapes are 1."""
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


class Gestures:
    """Blinks, postures, breaths, looks, nods and raised brows, and the curves that they make.

    Its events are filled in order of time by whoever decides them; each curve at a time depends on the last two events
    of its kind alone.
    """

    def __init__(self, seed: str, amount: float, frame: float, period: float | None = None) -> None:
        """`amount`: 1 is natural. `frame`: seconds that a frame is shown; no blink is so short that none shows it.
        `period`: seconds after which the slow waves come again; None for never.
        """
        self._seed, self._amount, self._period = seed, amount, period
        self._shut = max(_SHUT, frame + 1e-6)
        self.blinks = Events()
        """Begun to close at; no value."""
        self.postures = Events()
        """Left for at; yaw, pitch and roll, each -1..1."""
        self.breaths = Events()
        """Drawn at; the breath (0..1) that was left."""
        self.nods = Events()
        """Begun at; depth and tilt in degrees."""
        self.brows = Events()
        """Begun at; height 0..1."""
        self.looks = Events()
        """Begun at; degrees to the face's own left, and up."""
        for events, width in ((self.blinks, 0), (self.nods, 2), (self.brows, 1)):
            events.add(-math.inf, *(0.0,) * width)

    def curves(self, times: Array, feeling: Feeling) -> Array:
        """What is to be added to a face at `times` (seconds): shape (times, len(COLUMNS))."""
        curves = np.zeros((len(times), len(COLUMNS)))
        for name, waves in _SWAY.items():
            energy = feeling.head if name.startswith("head") else 1.0
            curves[:, COLUMN[name]] = energy * self._wave(name, waves, times)
        self._move_head(curves, times, feeling)
        self._raise_brows(curves, times, feeling)
        curves[:, COLUMN["breath"]] = self.breath(times)
        self._move_eyes(curves, times)
        curves *= self._amount
        since, _, _ = self.blinks.at(times)
        lids = np.maximum(curves[:, [COLUMN["eyeBlinkLeft"]]], _blink(since, self._shut)[:, None])
        curves[:, [COLUMN["eyeBlinkLeft"], COLUMN["eyeBlinkRight"]]] = lids
        return curves

    def breath(self, times: Array) -> Array:
        """How much breath there is at `times`: 0 (out) .. 1 (in)."""
        since, level, _ = self.breaths.at(times)
        rising = level[:, 0] + (1 - level[:, 0]) * eased(since / INHALE)
        breath: Array = rising * np.exp(-np.maximum(since - INHALE, 0.0) / EXHALE)
        return breath

    def forget(self, before: float) -> None:
        """Drop what no row from `before` seconds on can see."""
        for events in (self.blinks, self.postures, self.breaths, self.nods, self.brows, self.looks):
            events.forget(before)

    def _wave(self, name: str, waves: tuple[tuple[float, float], ...], times: Array) -> Array:
        total = np.zeros(len(times))
        for (hertz, amplitude), phase in zip(waves, chance(self._seed, name, 0), strict=False):
            fitting = hertz if self._period is None else round(hertz * self._period) / self._period
            total += amplitude * np.sin(2 * math.pi * (fitting * times + phase))
        if name.startswith("head"):
            return total
        return total + sum(amplitude for _, amplitude in waves)

    def _move_head(self, curves: Array, times: Array, feeling: Feeling) -> None:
        since, now, before = self.postures.at(times)
        posture = (before + (now - before) * eased(since / 0.7)[:, None]) * (2.0, 1.0, 1.2) * feeling.head[:, None]
        curves[:, [COLUMN["headYaw"], COLUMN["headPitch"], COLUMN["headRoll"]]] += posture
        since, nods, _ = self.nods.at(times)
        nod = nods * (feeling.head * _pulse(since, *_NOD))[:, None]
        curves[:, COLUMN["headPitch"]] += feeling.nod - nod[:, 0]
        curves[:, COLUMN["headRoll"]] += nod[:, 1]
        for name, limit in _LIMIT.items():
            curves[:, COLUMN[name]] = limit * np.tanh(curves[:, COLUMN[name]] / limit)

    def _raise_brows(self, curves: Array, times: Array, feeling: Feeling) -> None:
        since, height, _ = self.brows.at(times)
        raised = feeling.brows * height[:, 0] * _pulse(since, *_BROW)
        curves[:, COLUMN["browInnerUp"]] += raised
        for side in ("Left", "Right"):
            curves[:, COLUMN[f"browOuterUp{side}"]] += 0.8 * raised

    def _move_eyes(self, curves: Array, times: Array) -> None:
        since, now, before = self.looks.at(times)
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
