"""How it looks: a `Face` turns `Speech` and `Motion` into `Frame`s; a `RemoteFace` sends back a finished `Film`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from deckard_cli.motion import Motion
from deckard_cli.speech import Speech

__all__ = ["Face", "Film", "Frame", "PixelFormat", "RemoteFace"]

PixelFormat = Literal["rgb24", "yuv420p", "yuva420p"]


@dataclass(frozen=True, slots=True)
class Frame:
    """One picture, and its index."""

    index: int
    """From the start of the clip."""
    planes: tuple[NDArray[np.uint8], ...]
    """rgb24: one array (height, width, 3). yuv420p: Y (height, width), U and V (half of both), BT.709, limited range.
    yuva420p: the same and A (height, width); colours are not premultiplied."""
    format: PixelFormat = "yuv420p"

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        height, width = self.planes[0].shape[:2]
        return width, height


@dataclass(frozen=True, slots=True)
class Film:
    """An encoded video that a remote face returned; it is remuxed with our sound, not encoded again."""

    data: bytes
    """The container's bytes."""
    media_type: str = "video/mp4"
    speaks: bool = False
    """Whether a voice of its own says the text in it, to which the mouth moves: that is heard then, and not ours."""


class Face(Protocol):
    """Something that draws.

    It is made of a `Portrait`, a ``size`` (width, height) in pixels and whether it is ``transparent``, the last two by
    name. One that can put its figure before another ``background`` takes that too: RGB, shape (height, width, 3).
    """

    def draw(self, speech: Speech, motion: Motion) -> Iterator[Frame]:
        """One frame for each row of `motion`, in order, each a picture of its own (nothing is written into it later).

        `speech` is the sound during those frames.
        """
        ...


class RemoteFace(Protocol):
    """Somebody else's GPU: the whole picture comes back at once.

    It is made of a `Portrait`, a ``size`` (width, height) in pixels, the ``fps`` (frames a second) and the key of the
    ``persona``, the last three by name. One that wants to know the language that is spoken takes ``lang`` too.

    One that can say the text itself names the option that asks it to, as ``speaks_with`` of its class: where that is
    set, no voice is asked, `film` is sent the text without a sample, and what the film says is heard.
    """

    async def film(self, speech: Speech) -> Film:
        """A video of `speech`. Raises `BackendError` where trying again may help."""
        ...
