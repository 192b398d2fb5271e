"""Clips that flash while they sound, so that anybody can see whether a film of them is in time."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from deckard_cli.clip.decode import pictures, sound
from deckard_cli.clip.encode import Encoder
from deckard_cli.face import Frame

HERTZ = 440.0


@dataclass(frozen=True)
class Flash:
    """A clip that is dark and silent but for one span, in frames."""

    frames: int = 30
    first: int = 10
    last: int = 20
    fps: Fraction = Fraction(25)
    size: tuple[int, int] = (64, 64)
    rate: int = 16000
    level: float = 0.2
    tags: tuple[tuple[str, str], ...] = ()
    colour: tuple[int, int, int] = (235, 235, 235)

    @property
    def samples(self) -> NDArray[np.float32]:
        times = np.arange(int(self.frames * self.rate / self.fps)) / self.rate
        on = (times >= self.first / self.fps) & (times < self.last / self.fps)
        return (self.level * on * np.sin(2 * np.pi * HERTZ * times)).astype(np.float32)

    def write(self, path: Path) -> Path:
        width, height = self.size
        with Encoder(path, fps=self.fps, size=self.size, rate=self.rate, tags=dict(self.tags)) as encoder:
            encoder.sound(self.samples)
            for number in range(self.frames):
                colour = self.colour if self.first <= number < self.last else (40, 40, 40)
                encoder.picture(Frame(number, (np.full((height, width, 3), colour, np.uint8),), "rgb24"))
        return path


def seen(path: Path, least: float = 150) -> list[tuple[float, float]]:
    """The spans in which the middle of a film is bright, in seconds."""
    times, bright = [], []
    for time, pixels in pictures(path):
        height, width = pixels.shape[:2]
        times.append(time)
        bright.append(float(pixels[height // 2 - 2 : height // 2 + 2, width // 2 - 2 : width // 2 + 2].mean()) > least)
    step = (times[-1] - times[0]) / (len(times) - 1)
    return spans(np.array(bright), step)


def heard(path: Path) -> list[tuple[float, float]]:
    """The spans in which a film sounds, in seconds, to 2 ms."""
    samples, rate = sound(path)
    hop = rate // 500
    loud = np.abs(samples[: len(samples) // hop * hop]).reshape(-1, hop).max(axis=1)
    # a sine is near zero twice in each of its periods
    return spans(np.convolve(loud > 0.1 * loud.max(), np.ones(5), "same") > 2, hop / rate)


def spans(on: NDArray[np.bool_], step: float) -> list[tuple[float, float]]:
    edges = np.flatnonzero(np.diff(np.concatenate([[0], on.astype(int), [0]])))
    return [(a * step, b * step) for a, b in edges.reshape(-1, 2).tolist()]
