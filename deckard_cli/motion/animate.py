"""The whole face, kept running: speech goes in as it comes, rows of `Motion` come out when nothing can change them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import Final

import numpy as np
from numpy.typing import NDArray

from deckard_cli.errors import UsageError
from deckard_cli.motion import COLUMNS, Motion, frame_count, frame_rate
from deckard_cli.motion.acoustic import Ear
from deckard_cli.motion.coarticulation import HORIZON, MEMORY, articulate
from deckard_cli.motion.compose import both, compose
from deckard_cli.motion.feelings import Feelings, Turn
from deckard_cli.motion.life import EMPHASIS, Life
from deckard_cli.motion.moods import NEUTRAL, Mood
from deckard_cli.motion.visemes import viseme_track
from deckard_cli.speech import Phone, Speech

__all__ = ["Animator"]

Array = NDArray[np.float64]

_HORIZON: Final = Fraction(HORIZON)
_BLOCK: Final = 2048
"""Rows worked on at a time, so that an hour needs no more memory than its result."""


class Animator:
    """Makes `Motion` of `Speech` that comes piece by piece; the rows are the same however it is cut.

    The number of samples so far is its clock: row i is the face at (i + 0.5) / fps seconds of sound. A row is given out
    once the sound has gone `HORIZON` seconds further, because until then a coming phone could still move it.
    """

    def __init__(self, fps: float, *, mood: Mood = NEUTRAL, seed: str = "", life: float = 1.0) -> None:
        """Start at the first frame.

        `fps`: frames per second. `mood`: until the first turn to another. `seed`: the same one moves the same way.
        `life`: 1 is natural, 0 the mouth alone. Raises `UsageError` for an fps that is not positive.
        """
        if not (math.isfinite(fps) and fps > 0):
            raise UsageError(f"A clip cannot have {fps:g} frames per second.", code="bad_fps", hint="try 25")
        self.fps = fps
        self._exact = frame_rate(fps)
        self._feelings = Feelings(mood)
        self._life = Life(seed, self._feelings, life, float(1 / self._exact)) if life else None
        self._rate = 1
        self._samples = 0
        self._rows = 0
        self._phones: list[Phone] = []
        self._gains: list[float] = []
        self._loudness = _Loudness()
        self._ear: Ear | None = None

    def extend(
        self, speech: Speech, turns: Iterable[Turn] = (), emphases: Iterable[tuple[float, float]] = ()
    ) -> Motion:
        """The rows that `speech`, with the `turns` of mood in it, decides; none where it is short. `emphases` are the
        start and end, in seconds of `speech`, of what is emphasised in it.

        Raises ValueError if its sample rate is another than before.
        """
        if self._samples and speech.rate != self._rate:
            raise ValueError(f"the stream has {self._rate} samples a second, the new speech {speech.rate}")
        self._rate = speech.rate
        for turn in turns:
            self._feelings.turn(self._clock(round(turn.at * speech.rate)), turn.mood)
        self._hear(speech, {_focus(speech.phones, *emphasis) for emphasis in emphases})
        if self._ear or (len(speech.samples) and not speech.phones):
            self._listen(speech.samples if not speech.phones else np.zeros_like(speech.samples))
        self._samples += len(speech.samples)
        decided = (Fraction(self._samples, self._rate) - _HORIZON) * self._exact - Fraction(1, 2)
        heard = self._clock(0) if speech.phones or not self._ear else self._ear.known
        return self._advance(max(math.floor(decided) + 1, self._rows), heard)

    def finish(self) -> Motion:
        """The rows that were held back, so that all together are as many as the frames of the sound."""
        if self._ear:
            self._listen(np.zeros(math.ceil(2 * HORIZON * self._rate), np.float32))
        return self._advance(frame_count(self._samples, self._rate, self.fps), math.inf)

    def _hear(self, speech: Speech, emphasised: set[Phone | None]) -> None:
        for phone in speech.phones:
            first, last = round(phone.start * speech.rate), round(phone.end * speech.rate)
            burst = None if phone.burst is None else self._clock(round(phone.burst * speech.rate))
            gain = self._loudness.gain(speech.samples[first:last])
            heard = Phone(phone.ipa, self._clock(first), self._clock(last), phone.stress, burst)
            self._gains.append(gain)
            self._phones.append(heard)
            if self._life:
                accent = EMPHASIS if phone in emphasised else _accent(heard, gain)
                self._life.hear(heard.start, heard.end, accent)

    def _listen(self, samples: NDArray[np.float32]) -> None:
        """Follow by ear what came without phones; what came with them is silence to it."""
        if self._ear is None:
            self._ear = Ear(self._rate, self._samples)
        for start, end, peak in self._ear.listen(samples):
            if self._life:
                self._life.hear(start, end, 0.8 * peak)

    def _clock(self, sample: int) -> float:
        """Seconds from the start of the stream to a sample of the speech that is coming in."""
        return (self._samples + sample) / self._rate

    def _advance(self, end: int, heard: float) -> Motion:
        first = self._rows
        if self._life and end > first:
            self._life.advance(heard, float(self._times(end - 1, end)[0]))
        curves = np.zeros((end - first, len(COLUMNS)), np.float32)
        targets = viseme_track(self._phones, self._gains)
        for start in range(first, end, _BLOCK):
            stop = min(start + _BLOCK, end)
            times = self._times(start, stop)
            near = [t for t in targets if t.start < times[-1] + 2 * HORIZON and t.end > times[0] - 2 * MEMORY]
            mouth = articulate(near, times, float(1 / self._exact))
            if self._ear:
                mouth = both(mouth, self._ear.mouth(times))
            feeling = self._feelings.over(times)
            life = self._life.curves(times, feeling) if self._life else np.zeros((len(times), len(COLUMNS)))
            curves[start - first : stop - first] = compose(life, feeling, mouth)
        self._rows = end
        self._forget()
        return Motion(curves, self.fps, first)

    def _times(self, start: int, stop: int) -> Array:
        numerator, denominator = self._exact.as_integer_ratio()
        times: Array = (2 * np.arange(start, stop) + 1) * denominator / (2 * numerator)
        return times

    def _forget(self) -> None:
        """Drop the phones that no coming row can see."""
        passed = float(self._rows / self._exact) - 2.0
        gone = next((i for i, phone in enumerate(self._phones) if phone.end > passed), len(self._phones))
        del self._phones[:gone], self._gains[:gone]
        self._feelings.forget(passed)
        if self._ear:
            self._ear.forget(passed)
        if self._life:
            self._life.forget(passed)


def _accent(phone: Phone, gain: float) -> float:
    """0..1, how much the syllable of a phone stands out: by its stress, and by being louder than usual."""
    return min(max(1.0 + 2.0 * (gain - 1.0), 0.3), 1.0) if phone.stress == 1 else 0.0


def _focus(phones: Sequence[Phone], start: float, end: float) -> Phone | None:
    """Of the phones from `start` to `end` seconds, the vowel that carries what is emphasised in them."""
    inside = [phone for phone in phones if start <= phone.start < end]
    return max(inside, key=lambda phone: (phone.stress == 1, phone.end - phone.start), default=None)


class _Loudness:
    """How loud a phone is beside those before it."""

    def __init__(self) -> None:
        self._usual: float | None = None

    def gain(self, samples: NDArray[np.float32]) -> float:
        """About 1: 1.25 for a phone 8 dB louder than usual so far, 0.75 for one 8 dB softer; 1 for digital silence."""
        power = float(np.mean(np.square(samples, dtype=np.float64))) if len(samples) else 0.0
        if power < 1e-9:
            return 1.0
        level = 10 * math.log10(power)
        usual = level if self._usual is None else self._usual
        self._usual = usual + 0.1 * (level - usual)
        return min(max(1 + 0.03 * (level - usual), 0.75), 1.25)
