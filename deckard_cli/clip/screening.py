"""A finished film as a face: its pictures, one for each that the clip needs."""

from __future__ import annotations

from collections.abc import Iterator

import av
import numpy as np
from av.video.reformatter import ColorRange, Colorspace
from numpy.typing import NDArray

from deckard_cli.clip.remux import opened
from deckard_cli.face import Film, Frame
from deckard_cli.motion import Motion
from deckard_cli.speech import Speech

__all__ = ["Screening"]


class Screening:
    """A `Face` that shows a film, for clips that cannot hold its pictures as they are: those with captions burned in,
    and those that are no .mp4.
    """

    def __init__(self, film: Film, *, size: tuple[int, int]) -> None:
        """`size` is the clip's width and height in pixels. Raises `BackendError` for what is no film."""
        self._size = size
        self._frames = _decoded(film)
        self._now = next(self._frames)
        self._next = next(self._frames, None)

    def draw(self, speech: Speech, motion: Motion) -> Iterator[Frame]:
        """The picture that the film shows at the time of each row of `motion`; after its end, the last one."""
        for index in range(motion.first, motion.first + len(motion)):
            while self._next is not None and self._next[0] <= (index + 0.5) / motion.fps:
                self._now, self._next = self._next, next(self._frames, None)
            yield Frame(index, self._planes(self._now[1]))

    def _planes(self, frame: av.VideoFrame) -> tuple[NDArray[np.uint8], ...]:
        width, height = self._size
        fitted = frame.reformat(
            width, height, "yuv420p", dst_colorspace=Colorspace.ITU709, dst_color_range=ColorRange.MPEG
        )
        packed = np.asarray(fitted.to_ndarray(), np.uint8)
        luma, rest = packed[:height], packed[height:].reshape(-1)
        half = (height // 2, width // 2)
        return luma, rest[: half[0] * half[1]].reshape(half), rest[half[0] * half[1] :].reshape(half)


def _decoded(film: Film) -> Iterator[tuple[float, av.VideoFrame]]:
    """The pictures of `film`, each with the seconds from which it is shown."""
    with opened(film) as source:
        first: float | None = None
        for frame in source.decode(source.streams.video[0]):
            first = frame.time or 0.0 if first is None else first
            yield (frame.time or 0.0) - first, frame
