"""A photograph from a file, whatever its format, as sRGB pixels the right way up."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from deckard_cli.errors import DeckardError, UsageError
from deckard_cli.face.landmarks.colour import rgb

__all__ = ["LONGEST", "Picture", "open_picture"]

LONGEST: Final = 2160
"""Pixels of the long side: a clip has no more, and what is larger is made smaller."""

_SMALLEST: Final = 16
"""Pixels of the short side."""
_MOST: Final = 120_000_000
"""Pixels of what is decoded at all. A file of a few kilobytes can ask for gigabytes of memory."""
_FORMATS: Final = ("JPEG", "PNG", "WEBP", "TIFF", "BMP", "GIF", "AVIF", "JPEG2000", "PPM", "TGA", "QOI")
"""Not all that Pillow opens: some call other programs (EPS runs Ghostscript)."""
_GIVE: Final = "give a jpeg, png, webp, avif or tiff file"


@dataclass(frozen=True, slots=True)
class Picture:
    """A decoded photograph."""

    pixels: NDArray[np.uint8]
    """RGB, shape (h, w, 3)."""
    notes: tuple[str, ...] = ()
    """Sentences on what was done to it that a person should know."""


def open_picture(path: Path) -> Picture:
    """The photograph in the file at `path`; at most `LONGEST` pixels long.

    Raises `UsageError` where there is no such file, `DeckardError` where it is no picture, or none that can be used.
    """
    _must_be_file(path)
    try:
        with warnings.catch_warnings():
            # Pillow warns of large pictures, of which `_MOST` decides, and of damaged EXIF data, which is not needed.
            warnings.simplefilter("ignore")
            Image.init()
            with Image.open(path, formats=[name for name in _FORMATS if name in Image.OPEN]) as image:
                _must_be_sensible(image, path)
                return _decode(image)
    except DeckardError:
        raise
    except UnidentifiedImageError as error:
        raise _unknown(path) from error
    except Image.DecompressionBombError as error:
        raise _too_large(path) from error
    except (
        Exception
    ) as error:  # on a damaged file the decoders raise whatever they stumble over: struct.error, KeyError
        raise DeckardError(
            f"The picture '{path}' is damaged or breaks off: {str(error) or type(error).__name__}.",
            code="picture_damaged",
            hint="fetch or export it again",
        ) from error


def _must_be_file(path: Path) -> None:
    if path.is_dir():
        raise UsageError(f"'{path}' is a folder.", code="is_folder", hint="name the picture in it")
    if path.exists() and not path.is_file():  # a pipe would be waited for without end
        raise UsageError(f"'{path}' is a pipe or a device.", code="not_a_file", hint="name a picture")
    try:
        with path.open("rb") as file:
            empty = not file.read(1)
    except FileNotFoundError:
        raise UsageError(f"There is no file '{path}'.", code="picture_missing", hint="check the path") from None
    except OSError as error:
        message = f"The file '{path}' cannot be read: {error.strerror}."
        raise UsageError(message, code="picture_unreadable", hint="name a picture that you may read") from error
    if empty:
        raise DeckardError(f"The picture '{path}' is empty.", code="picture_empty", hint="fetch or export it again")


def _must_be_sensible(image: Image.Image, path: Path) -> None:
    """By the file's header alone: nothing is decoded yet."""
    if image.width * image.height > _MOST:
        raise _too_large(path, f"{image.width} x {image.height} pixels; ")
    if min(image.size) < _SMALLEST:
        raise DeckardError(
            f"The picture '{path}' is too small: {image.width} x {image.height} pixels.",
            code="picture_too_small",
            hint="take one on which the face alone is some 100 pixels wide",
        )


def _too_large(path: Path, size: str = "") -> DeckardError:
    return DeckardError(
        f"The picture '{path}' is too large: {size}{_MOST // 1_000_000} megapixels are the most.",
        code="picture_too_large",
        hint="cut the face out of it, or export it smaller",
    )


def _unknown(path: Path) -> DeckardError:
    with path.open("rb") as file:
        head = file.read(512)
    if head[4:8] == b"ftyp":
        kind, code = "HEIC, AVIF or a film, which cannot be read here", "picture_format"
    elif b"<svg" in head:
        kind, code = "a drawing (SVG), not a photograph", "picture_format"
    else:
        kind, code = "not a picture, or of a kind that is not known", "not_a_picture"
    return DeckardError(f"'{path}' is {kind}.", code=code, hint=f"{_GIVE}; most programs export it as one")


def _decode(image: Image.Image) -> Picture:
    notes = []
    size, frames = image.size, getattr(image, "n_frames", 1)
    if frames > 1 and image.format != "MPO":
        notes.append(f"It has {frames} pictures in it: the first one is used.")
    image.draft(image.mode, (LONGEST, LONGEST))
    image.load()
    upright = _turned(image)
    plain, said = rgb(upright, LONGEST)
    notes += said
    if max(size) > LONGEST:
        notes.append(f"Its {size[0]} x {size[1]} pixels were made {plain.width} x {plain.height}: a clip has no more.")
    return Picture(np.array(plain, np.uint8), tuple(notes))


def _turned(image: Image.Image) -> Image.Image:
    """As the camera was held, where the file says so."""
    try:
        return ImageOps.exif_transpose(image)
    except Exception:  # damaged EXIF data, which is read as it is parsed: the pixels are as good without it
        return image
