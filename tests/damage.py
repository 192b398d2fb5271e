"""Good clips made bad, each in one way that happens to clips: what a check must find.

`Clip` is a clip in memory; each function of `DAMAGES` gives a bad one of it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from deckard_cli.clip.decode import probe, sound
from deckard_cli.clip.encode import Encoder
from deckard_cli.face import Frame

Planes = tuple[NDArray[np.uint8], NDArray[np.uint8], NDArray[np.uint8]]

MOVES = tuple(ms for ms in range(-200, 201, 40) if ms)
"""Milliseconds by which sound is moved: later where positive."""


@dataclass(frozen=True)
class Clip:
    pictures: list[Planes]
    fps: Fraction
    sound: NDArray[np.float32]
    rate: int
    tags: Mapping[str, str]

    @classmethod
    def read(cls, path: Path) -> Clip:
        known = probe(path)
        assert known.picture
        samples, rate = sound(path)
        with av.open(str(path)) as container:
            pictures = [_planes(frame) for frame in container.decode(video=0)]
        return cls(pictures, known.picture.rate, samples, rate, known.tags)

    def write(self, path: Path) -> Path:
        height, width = self.pictures[0][0].shape
        with Encoder(path, fps=self.fps, size=(width, height), rate=self.rate, tags=self.tags) as encoder:
            encoder.sound(self.sound)
            for index, planes in enumerate(self.pictures):
                encoder.picture(Frame(index, planes))
        return path

    @property
    def voiced(self) -> tuple[int, int]:
        """The first sample of the voice, and the one after its last."""
        loud = np.flatnonzero(np.abs(self.sound) > 0.02 * np.abs(self.sound).max())
        return int(loud[0]), int(loud[-1]) + 1


def _planes(frame: av.VideoFrame) -> Planes:
    whole = frame.to_ndarray(format="yuv420p")
    height, width = frame.height, frame.width
    y, rest = whole[:height].copy(), whole[height:].ravel()
    u, v = rest.reshape(2, height // 2, width // 2).copy()
    return y, u, v


def moved(clip: Clip, milliseconds: int) -> Clip:
    """Its sound so much later, with silence before it, and none the longer."""
    by = round(milliseconds * clip.rate / 1000)
    silence = np.zeros(abs(by), np.float32)
    whole = np.concatenate([silence, clip.sound[:-by]] if by > 0 else [clip.sound[-by:], silence])
    return replace(clip, sound=whole)


def cut(clip: Clip) -> Clip:
    """Without the last 100 ms of what is said, and what comes after."""
    end = clip.voiced[1] - round(0.1 * clip.rate)
    frames = int(np.ceil(end * clip.fps / clip.rate))
    return replace(clip, sound=clip.sound[:end], pictures=clip.pictures[:frames])


def short(clip: Clip) -> Clip:
    """With 100 ms less of sound than of picture."""
    return replace(clip, sound=clip.sound[: -round(0.1 * clip.rate)])


def frozen_mouth(clip: Clip, idle: Clip) -> Clip:
    """With the pictures of somebody who says nothing, and looks about."""
    return replace(clip, pictures=[idle.pictures[i % len(idle.pictures)] for i in range(len(clip.pictures))])


def still(clip: Clip) -> Clip:
    """One picture throughout."""
    return replace(clip, pictures=[clip.pictures[0]] * len(clip.pictures))


def dropped(clip: Clip) -> Clip:
    """Every twelfth picture gone, the one before it shown in its place."""
    return replace(clip, pictures=[clip.pictures[i - (i % 12 == 11)] for i in range(len(clip.pictures))])


def lost(clip: Clip) -> Clip:
    """Every twelfth picture gone, and the picture as much shorter."""
    return replace(clip, pictures=[planes for i, planes in enumerate(clip.pictures) if i % 12 != 11])


def resampled(clip: Clip) -> Clip:
    """At 29.97 pictures a second, each the nearest before it."""
    fps = Fraction(30000, 1001)
    count = int(len(clip.pictures) * fps / clip.fps)
    pictures = [clip.pictures[min(int(i * clip.fps / fps), len(clip.pictures) - 1)] for i in range(count)]
    return replace(clip, pictures=pictures, fps=fps)


def slowed(clip: Clip) -> Clip:
    """Its pictures shown as if there were 29.97 a second."""
    return replace(clip, fps=Fraction(30000, 1001))


def dubbed(clip: Clip, other: Clip) -> Clip:
    """With the sound of another clip, as long as its own."""
    samples = np.tile(other.sound, len(clip.sound) // len(other.sound) + 1)[: len(clip.sound)]
    return replace(clip, sound=samples, rate=other.rate)


def clipped(clip: Clip) -> Clip:
    """Twelve decibels too loud for its samples, then turned down again."""
    return replace(clip, sound=np.clip(4 * clip.sound, -1, 1) / 2)


def black(clip: Clip) -> Clip:
    """Half a second of nothing in its middle."""
    middle, half = len(clip.pictures) // 2, max(round(clip.fps / 4), 1)
    nothing = tuple(np.full_like(plane, 16 if i == 0 else 128) for i, plane in enumerate(clip.pictures[0]))
    pictures = [nothing if abs(i - middle) < half else planes for i, planes in enumerate(clip.pictures)]
    return replace(clip, pictures=pictures)


def halted(clip: Clip) -> Clip:
    """A second of its middle shows one picture."""
    middle, half = len(clip.pictures) // 2, round(clip.fps / 2)
    pictures = [clip.pictures[middle - half] if abs(i - middle) < half else p for i, p in enumerate(clip.pictures)]
    return replace(clip, pictures=pictures)


ALONE: dict[str, Callable[[Clip], Clip]] = {
    **{f"sound {ms:+d} ms": lambda clip, ms=ms: moved(clip, ms) for ms in MOVES},
    "last word cut": cut,
    "sound 100 ms short": short,
    "still": still,
    "frames dropped": dropped,
    "frames lost": lost,
    "resampled to 29.97": resampled,
    "played at 29.97": slowed,
    "sound clipped": clipped,
    "black middle": black,
    "halted": halted,
}
"""What can be done to one clip."""
