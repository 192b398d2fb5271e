"""A picture in a persona's folder, told by its header alone: none is unpacked that would not fit in memory."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Final

from PIL import Image

__all__ = ["PICTURES", "picture_fault", "pixels"]

PICTURES: Final = {".webp": "WEBP", ".png": "PNG", ".jpg": "JPEG", ".jpeg": "JPEG"}
"""Suffix -> what Pillow calls that form."""
_SIDE: Final = 16384
"""Pixels that a picture may be wide or high."""
_AREA: Final = 64_000_000
"""Pixels that a picture may have."""


def picture_fault(picture: Path) -> str:
    """What is wrong with a picture; empty for nothing."""
    form = PICTURES[picture.suffix.lower()]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(picture, formats=[form]) as image:
                width, height = image.size
                frames = getattr(image, "n_frames", 1)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        return "it has far too many pixels"
    except (OSError, ValueError, SyntaxError) as error:
        return f"it is no {form} that can be read ({error.__class__.__name__})"
    if frames != 1:
        return "it moves"
    if max(width, height) > _SIDE or width * height > _AREA:
        return f"it has too many pixels: {width}x{height}"
    return ""


def pixels(picture: Path) -> tuple[int, int]:
    """Width and height of a picture in which `picture_fault` finds nothing."""
    with Image.open(picture) as image:
        return image.size
