"""Small clips to test with."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from deckard_cli.clip.encode import Encoder
from deckard_cli.face import Frame


def grey(index: int, side: int = 32, luma: int | None = None) -> Frame:
    chroma = np.full((side // 2, side // 2), 128, np.uint8)
    return Frame(index, (np.full((side, side), 16 + index % 200 if luma is None else luma, np.uint8), chroma, chroma))


def noise(count: int, seed: int = 0) -> NDArray[np.float32]:
    """Sound with a sharp autocorrelation, in the band that every codec keeps."""
    white = np.random.default_rng(seed).standard_normal(count + 32)
    return (0.1 * np.convolve(white, np.hanning(17), "valid"))[:count].astype(np.float32)


def write(path: Path, sound: NDArray[np.float32], rate: int, fps: int, **options: object) -> int:
    """A clip of `sound` with as many grey frames as it needs; gives their number."""
    frames = -(-len(sound) * fps // rate)
    with Encoder(path, fps=Fraction(fps), size=(32, 32), rate=rate, **options) as encoder:  # type: ignore[arg-type]
        encoder.sound(sound)
        for index in range(frames):
            encoder.picture(grey(index))
    return frames


def half_clear(path: Path, frames: int = 4) -> None:
    """A clip whose left half is clear and whose right half is light grey."""
    alpha = np.zeros((64, 64), np.uint8)
    alpha[:, 32:] = 255
    with Encoder(path, fps=Fraction(25), size=(64, 64), rate=16000, alpha=True) as encoder:
        encoder.sound(noise(640 * frames))
        for index in range(frames):
            encoder.picture(Frame(index, (*grey(index, 64, luma=180).planes, alpha), "yuva420p"))
