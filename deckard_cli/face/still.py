"""A picture of somebody at rest, to send to a face that works elsewhere."""

from __future__ import annotations

import io
from functools import lru_cache
from typing import Final

import numpy as np
from PIL import Image

from deckard_cli.face.portrait import Portrait
from deckard_cli.face.rig import Rig
from deckard_cli.face.rig.sheet import rgb
from deckard_cli.motion import COLUMNS, Motion
from deckard_cli.speech import Speech

__all__ = ["still"]

_QUALITY: Final = 92
"""Of a photograph as JPEG: as PNG it would take ten times the bytes, which go out with every sentence."""


def still(portrait: Portrait, size: tuple[int, int]) -> bytes:
    """The first picture of a clip of `size`, width and height in pixels, in which nobody speaks: a drawing as PNG, a
    photograph as JPEG.

    It is cut as the clip is, and not the whole photograph: services send films of the shape that they are sent.
    """
    return _drawn(portrait, portrait.content, size)


@lru_cache(maxsize=8)  # a batch sends the same one with every clip, and to draw it takes as long as a second of speech
def _drawn(portrait: Portrait, content: str, size: tuple[int, int]) -> bytes:
    rig = Rig(portrait, size=size)
    (frame,) = rig.draw(Speech(np.zeros(0, np.float32), 1), Motion(np.zeros((1, len(COLUMNS)), np.float32), 25))
    picture, file = Image.fromarray(rgb(frame)), io.BytesIO()
    if portrait.photographed:
        picture.save(file, "JPEG", quality=_QUALITY)
    else:
        picture.save(file, "PNG")
    return file.getvalue()
