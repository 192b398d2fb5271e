"""The sound of a film: each clip's as loud as the others', music that steps back for it, and the whole levelled.

All of it is a stream, made anew for each time that it is listened to.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from deckard_cli.clip.reel.hearing import blocks
from deckard_cli.speech.limit import limited, peaks
from deckard_cli.speech.loudness import TARGET, Meter
from deckard_cli.speech.pcm import Samples, silence

__all__ = ["Heard", "levelled", "loudness", "mixed"]

Sound = Callable[[], Iterator[Samples]]
"""Begins a stream of samples again."""

_MOST: Final = 20.0
"""dB by which the sound of one clip is raised at most."""
_CONTEXT: Final = 0.05
"""Seconds around a block that the limiter looks at: more than it reaches."""
_NEAR: Final = 0.1
"""LU from what was asked for that nobody hears."""


@dataclass(frozen=True, slots=True)
class Heard:
    """A sound at its place in the film."""

    path: Path
    start: int
    """The sample of the film at which it begins."""
    loudness: float | None
    """LUFS; -inf where it is silent, None to leave it as it is."""

    @property
    def gain(self) -> float:
        """What it is multiplied with to be as loud as any other."""
        if self.loudness is None or not math.isfinite(self.loudness):
            return 1.0
        return float(10 ** (min(TARGET - self.loudness, _MOST) / 20))


class _Taken:
    """Samples of a stream, as many as are asked for at a time; silence where it has ended."""

    def __init__(self, stream: Iterator[Samples]) -> None:
        self._stream = stream
        self._rest = silence(0, 1)
        self._whole = False

    @property
    def ended(self) -> bool:
        return self._whole and not len(self._rest)

    def take(self, count: int) -> Samples:
        while len(self._rest) < count and not self._whole:
            block = next(self._stream, None)
            self._whole = block is None
            self._rest = self._rest if block is None else np.concatenate([self._rest, block])
        taken, self._rest = self._rest[:count], self._rest[count:]
        return np.pad(taken, (0, count - len(taken)))


def mixed(sounds: Sequence[Heard], count: int, rate: int, music: Iterator[Samples] | None = None) -> Iterator[Samples]:
    """`count` samples of `sounds`, which are in order, over `music`, a second at a time at `rate` samples a second."""
    coming = list(sounds)[::-1]
    open_: list[tuple[_Taken, float]] = []
    under = _Taken(music) if music else None
    for start in range(0, count, rate):
        block = under.take(min(rate, count - start)) if under else np.zeros(min(rate, count - start), np.float32)
        for taken, gain in open_:
            block += np.float32(gain) * taken.take(len(block))
        while coming and coming[-1].start < start + len(block):
            sound = coming.pop()
            taken = _Taken(blocks(sound.path, rate))
            block[sound.start - start :] += np.float32(sound.gain) * taken.take(len(block) - (sound.start - start))
            open_.append((taken, sound.gain))
        open_ = [each for each in open_ if not each[0].ended]
        yield block


def loudness(stream: Iterable[Samples], rate: int) -> float:
    """LUFS of a whole stream."""
    meter = Meter(rate)
    for samples in stream:
        meter.add(samples)
    return meter.integrated()


def levelled(sound: Sound, rate: int, target: float) -> Iterator[Samples]:
    """`sound` with one gain, as loud as `target` LUFS, no peak over the ceiling of `deckard_cli.speech.limit`.

    It is listened to twice before: what limiting takes away is known by then.
    """
    heard = loudness(sound(), rate)
    if not math.isfinite(heard):
        return sound()
    gain = target - heard
    missing = target - loudness(_limited(sound(), rate, gain), rate)
    if abs(missing) > _NEAR:
        gain += missing
    return _limited(sound(), rate, gain)


def _limited(stream: Iterable[Samples], rate: int, gain: float) -> Iterator[Samples]:
    """The stream raised by `gain` dB and limited, as if all of it were limited at once."""
    reach = round(_CONTEXT * rate)
    factor = np.float32(10 ** (gain / 20))
    held, before = silence(0, rate), 0
    for block in stream:
        held = np.concatenate([held, factor * block])
        if len(held) > before + 2 * reach:
            made = limited(held, peaks(held, rate), rate)
            yield made[before : len(held) - reach]
            held = held[max(0, len(held) - 2 * reach) :]
            before = min(reach, len(held) - reach)
    yield limited(held, peaks(held, rate), rate)[before:]
