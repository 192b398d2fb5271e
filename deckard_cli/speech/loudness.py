"""How loud a sound is, and made as loud as another: EBU R 128, on the meter of ITU-R BS.1770-4.

A sound of one channel counts as one loudspeaker: this is what FFmpeg's ``ebur128`` says of the same file.
"""

from __future__ import annotations

import math
from array import array
from typing import Final

import numpy as np
from numpy.typing import NDArray

from deckard_cli.speech.limit import limited, peaks
from deckard_cli.speech.pcm import Samples

__all__ = ["TARGET", "Leveller", "Meter"]

TARGET: Final = -16.0
"""LUFS: what platforms of speech and short films ask for, and what a telephone's loudspeaker can play."""

_STEP: Final = 0.1
_BLOCK: Final = 4
"""Steps of a block: 400 ms, of which each overlaps three quarters of the one before."""
_ABSOLUTE: Final = -70.0
"""LUFS: a block below is silence."""
_RELATIVE: Final = -10.0
"""LU: a block that is so far below the others is a pause."""
_OFFSET: Final = -0.691
"""Makes a tone of 997 Hz as loud as its level says."""
_MEMORY: Final = 0.1
"""Seconds after which the weighting's answer to a click has fallen by 200 dB."""
_WINDOW: Final = 1 << 15
"""Samples that are weighted at once."""
_MOST: Final = 40.0
"""dB by which a sound is raised at most: beyond, it is a room that would be heard."""
_MAKEUP: Final = 10 ** (4 / 20)
"""Times by which it is raised at most in place of what limiting its peaks takes away."""
_TRIALS: Final = 2


class Meter:
    """The integrated loudness of a sound that comes in pieces. It keeps ten numbers a second, and no sound."""

    def __init__(self, rate: int) -> None:
        """`rate` is that of the sound, in samples a second."""
        answer = _weighting(rate)
        self._spectrum = np.fft.rfft(answer, _WINDOW)
        self._past = np.zeros(len(answer) - 1)
        self._step = round(_STEP * rate)
        self._squares = np.zeros(0)
        self._powers = array("d")

    def add(self, samples: Samples) -> None:
        """Measure `samples`, which follow what was added before."""
        most = _WINDOW - len(self._past)
        for start in range(0, len(samples), most):
            self._add(samples[start : start + most])

    def _add(self, samples: Samples) -> None:
        heard = np.concatenate([self._past, samples])
        # The first of a convolution round a circle are wrong: those of the sound that was heard before.
        weighted = np.fft.irfft(np.fft.rfft(heard, _WINDOW) * self._spectrum, _WINDOW)[len(self._past) : len(heard)]
        self._past = heard[len(samples) :]
        squares = np.concatenate([self._squares, weighted**2])
        count = len(squares) // self._step
        whole, self._squares = np.split(squares, [count * self._step])
        self._powers.extend(whole.reshape(count, self._step).mean(axis=1))

    def integrated(self) -> float:
        """LUFS of all that was added, as if silence followed it; -inf where it was all silence."""
        steps = np.array([*self._powers, self._squares.sum() / self._step, *[0.0] * (_BLOCK - 1)])
        blocks = np.convolve(steps, np.full(_BLOCK, 1 / _BLOCK), "valid")
        for gate in (_ABSOLUTE, _RELATIVE):
            if not len(blocks):
                break
            under = gate if gate == _ABSOLUTE else _loudness(float(blocks.mean())) + gate
            blocks = blocks[blocks > _power(under)]
        return _loudness(float(blocks.mean())) if len(blocks) else -math.inf


class Leveller:
    """Makes the pieces of one sound as loud as is asked for, one gain a piece, with no peak over -1 dBTP.

    Where the loudness of the whole is known there is one gain. Else a piece has the gain that all so far would need
    together: the first is right at once, and each one after it changes the gain by less, so that it never pumps.
    """

    def __init__(self, rate: int, *, target: float = TARGET, whole: float | None = None) -> None:
        """`rate` in samples a second; `target`, and the loudness of the `whole` where that is known, in LUFS."""
        self._rate = rate
        self._target = target
        self._whole = whole
        self._meter = Meter(rate)
        self._wanted = self._had = 0.0
        self._makeup = 1.0

    def level(self, samples: Samples) -> Samples:
        """The next piece, as loud as it should be; silence stays as it is."""
        heard = self._whole
        if heard is None:
            self._meter.add(samples)
            heard = self._meter.integrated()
        if not math.isfinite(heard):
            return samples
        raised = samples * np.float32(10 ** (min(self._target - heard, _MOST) / 20))
        self._wanted += _energy(raised)
        reached = peaks(raised, self._rate)
        made = limited(raised, reached, self._rate)
        for _ in range(_TRIALS):
            lost = self._wanted / max(self._had + _energy(made), 1e-9)
            self._makeup = min(self._makeup * math.sqrt(lost), _MAKEUP)
            made = limited(raised * np.float32(self._makeup), reached * np.float32(self._makeup), self._rate)
        self._had += _energy(made)
        return made


def _energy(samples: Samples) -> float:
    return float(np.square(samples, dtype=np.float64).sum())


def _loudness(power: float) -> float:
    return _OFFSET + 10 * math.log10(power) if power > 0 else -math.inf


def _power(loudness: float) -> float:
    return 10 ** ((loudness - _OFFSET) / 10)


def _weighting(rate: int) -> NDArray[np.float64]:
    """The K-weighting of BS.1770 as the answer to a click, shape (n,).

    Its two filters are given there for 48 kHz alone; for other rates they are made anew from their corner, quality and
    gain (the bilinear transform, as in Mansbridge, Finn and Reiss, AES 132, 2012).
    """
    count = 1 << math.ceil(math.log2(2 * _MEMORY * rate))
    turn = np.exp(-2j * np.pi * np.arange(count // 2 + 1) / count)
    response = np.ones_like(turn)
    for above, below in (_shelf(rate), _high_pass(rate)):
        # Written out: a product with a matrix wakes the threads of BLAS, which takes ten times as long.
        response *= (above[0] + turn * (above[1] + turn * above[2])) / (below[0] + turn * (below[1] + turn * below[2]))
    return np.fft.irfft(response)[: round(_MEMORY * rate)]


def _shelf(rate: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """What a head adds: 4 dB above 1.7 kHz."""
    corner, quality, gain = (
        math.tan(math.pi * 1681.974450955533 / rate),
        0.7071752369554196,
        10 ** (3.999843853973347 / 20),
    )
    middle = gain**0.4996667741545416
    above = [gain + middle * corner / quality + corner**2, 2 * (corner**2 - gain)]
    above += [gain - middle * corner / quality + corner**2]
    return np.array(above), _below(corner, quality)


def _high_pass(rate: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """What an ear leaves out: 38 Hz and below."""
    corner, quality = math.tan(math.pi * 38.13547087602444 / rate), 0.5003270373238773
    # Its numerator is 1, -2, 1 as the standard has it, not scaled with the rest.
    below = _below(corner, quality)
    return np.array([1.0, -2.0, 1.0]) * below[0], below


def _below(corner: float, quality: float) -> NDArray[np.float64]:
    return np.array([1 + corner / quality + corner**2, 2 * (corner**2 - 1), 1 - corner / quality + corner**2])
