"""What is seen of one scene, asked for in the order of time: moviepy lays it out, FFmpeg's libraries read it.

Each is opened when it is first seen and closed after it was last: a film of a thousand clips has two open.
"""

from __future__ import annotations

from collections.abc import Generator
from functools import cached_property
from pathlib import Path
from typing import Final, Protocol

import av
import cv2
import numpy as np
from moviepy import CompositeVideoClip, ImageClip, VideoClip

from deckard_cli.clip.decode import Pixels, frames, pictures, pixels, probe
from deckard_cli.speech.media import opened

__all__ = ["Clip", "Loop", "Picture", "Pixels", "Still", "last_picture"]


class Picture(Protocol):
    """Something that is seen for a while."""

    def at(self, seconds: float) -> Pixels:
        """What is seen `seconds` from its own beginning; before it what comes first, after its end what came last.

        Times are asked for in order.
        """
        ...

    def close(self) -> None:
        """It is not seen any more."""
        ...


_STIRRING: Final = 0.12
"""Seconds before its beginning in which a clip goes over from rest into its first picture: as a mouth leads."""


class Still:
    """One picture that stands."""

    def __init__(self, pixels: Pixels) -> None:
        self._pixels = pixels

    def at(self, seconds: float) -> Pixels:
        """The picture."""
        return self._pixels

    def close(self) -> None:
        """Nothing is open."""


class _Reader:
    """The pictures of a file, one after the other, of which two are held."""

    def __init__(self, path: Path) -> None:
        self._frames: Generator[tuple[float, Pixels]] = pictures(path)  # type: ignore[assignment]
        self._shown = next(self._frames)
        self._coming: tuple[float, Pixels] | None = next(self._frames, None)

    def at(self, seconds: float) -> Pixels:
        while self._coming and self._coming[0] <= seconds:
            self._shown, self._coming = self._coming, next(self._frames, None)
        return self._shown[1]

    def close(self) -> None:
        self._frames.close()


class Clip:
    """A clip in the middle of a `ground`, as large as goes into it."""

    def __init__(self, path: Path, ground: Pixels, *, ends_at_rest: bool = False) -> None:
        """Of one that `ends_at_rest` the last picture stands before its beginning: in the first the mouth may be open
        already, and would be so for as long as a fade takes.
        """
        self._path = path
        self._reader = _Reader(path)
        self._ground = ground
        self._ends_at_rest = ends_at_rest
        self._seen: Pixels | None = None
        self._made = ground

    def at(self, seconds: float) -> Pixels:
        """What is seen of it then."""
        if seconds < 0 and self._ends_at_rest:
            first = self._reader.at(0)
            share = max(0.0, 1 + seconds / _STIRRING)
            return self._laid_out(np.asarray(cv2.addWeighted(first, share, self._rest, 1 - share, 0), np.uint8))
        seen = self._reader.at(seconds)
        if seen is not self._seen:
            self._seen, self._made = seen, self._laid_out(seen)
        return self._made

    def _laid_out(self, seen: Pixels) -> Pixels:
        if seen.shape[2] == 4:
            return _laid_over(seen, self._ground)
        fitted = _fitted(seen, self._ground)
        if fitted.shape == self._ground.shape:
            return fitted
        layers = [self._under, ImageClip(fitted).with_position("center")]
        return np.asarray(CompositeVideoClip(layers, use_bgclip=True).get_frame(0), np.uint8)

    @cached_property
    def _rest(self) -> Pixels:
        return last_picture(self._path)

    @cached_property
    def _under(self) -> VideoClip:
        return ImageClip(self._ground)

    def close(self) -> None:
        """Close the file."""
        self._reader.close()


def last_picture(path: Path) -> Pixels:
    """The last picture of `path`, found without decoding those long before it."""
    length = probe(path).picture
    with opened(path) as container:
        container.seek(int(max(0.0, (length.end if length else 0.0) - 1) * av.time_base))
        *_, last = frames(container, container.streams.video[0])
        return pixels(last)


class Loop:
    """A clip that begins again where it ends."""

    def __init__(self, path: Path, ground: Pixels, period: float) -> None:
        """`period` is its length in seconds."""
        self._path = path
        self._ground = ground
        self._period = period
        self._turn = 0
        self._clip = Clip(path, ground)

    def at(self, seconds: float) -> Pixels:
        """What is seen of it then."""
        turn, within = divmod(max(seconds, 0.0), self._period)
        if turn != self._turn:
            self.close()
            self._clip, self._turn = Clip(self._path, self._ground), int(turn)
        return self._clip.at(within)

    def close(self) -> None:
        """Close the file."""
        self._clip.close()


def _laid_over(seen: Pixels, ground: Pixels) -> Pixels:
    """A picture that can be seen through, in the middle of `ground`."""
    # Multiplied before it is made larger or smaller: else the colours of clear pixels would come into the edges.
    cover = seen[..., 3:].astype(np.float32) / np.float32(255)
    fitted = _fitted(np.dstack([np.rint(seen[..., :3] * cover).astype(np.uint8), seen[..., 3]]), ground)
    made, (high, wide) = ground.copy(), fitted.shape[:2]
    top, left = (ground.shape[0] - high) // 2, (ground.shape[1] - wide) // 2
    under = made[top : top + high, left : left + wide]
    through = 1 - fitted[..., 3:].astype(np.float32) / np.float32(255)
    under[...] = np.rint(np.minimum(under * through + fitted[..., :3], 255))
    return made


def _fitted(seen: Pixels, ground: Pixels) -> Pixels:
    """`seen` as large as goes into `ground`; shapes that differ by less than two pixels are taken for the same."""
    (height, width), (high, wide) = seen.shape[:2], ground.shape[:2]
    scale = min(high / height, wide / width)
    size = tuple(
        full if full - scale * side < 2 else max(1, round(scale * side))
        for side, full in ((width, wide), (height, high))
    )
    if size == (width, height):
        return seen
    return np.asarray(cv2.resize(seen, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC), np.uint8)
