"""What is behind somebody, where it is not the persona's own: a colour or a picture, as large as the clip."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageColor, ImageOps

from deckard_cli.errors import UsageError, unknown
from deckard_cli.face.landmarks.picture import open_picture

__all__ = ["backdrop"]


def backdrop(asked: str, size: tuple[int, int]) -> NDArray[np.uint8]:
    """RGB pixels, shape (height, width, 3), for a clip of `size` (width, height).

    `asked` is a colour (``#rgb``, ``#rrggbb``, a name of CSS) or the path of a picture, which covers the clip from its
    own middle, the right way up. Raises `UsageError` for what is neither, and what `open_picture` raises.
    """
    if colour := _colour(asked):
        return np.full((size[1], size[0], 3), colour, np.uint8)
    if not _is_path(asked):
        raise unknown("colour", asked, ImageColor.colormap, list_with="a picture is named by its file: sky.jpg")
    path = Path(asked)
    changed = path.stat().st_mtime_ns if path.is_file() else 0
    return _picture(path.absolute(), changed, size)


@lru_cache(maxsize=4)
def _picture(path: Path, changed: int, size: tuple[int, int]) -> NDArray[np.uint8]:
    """The picture in a file that was last `changed` then: the clips of a batch stand before one."""
    picture = Image.fromarray(open_picture(path).pixels)
    return np.array(ImageOps.fit(picture, size, Image.Resampling.LANCZOS), np.uint8)


def _colour(asked: str) -> tuple[int, ...] | None:
    try:
        colour = ImageColor.getrgb(asked.strip())
    except ValueError:
        return None
    if len(colour) == 4 and colour[3] < 255:
        raise UsageError(
            f"The colour '{asked}' is see-through, and a background is either whole or not there.",
            code="colour_see_through",
            hint=f"--background '{asked[:7]}' or --background transparent",
        )
    return tuple(colour[:3])


def _is_path(asked: str) -> bool:
    return not asked.startswith("#") and (Path(asked).exists() or "/" in asked or Path(asked).suffix != "")
