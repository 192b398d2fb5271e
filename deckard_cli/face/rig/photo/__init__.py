"""A photograph as a drawing that the rig can move: cut once into layers, along its landmarks."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from deckard_cli.errors import DeckardError
from deckard_cli.face.landmarks import Landmarks
from deckard_cli.face.landmarks.store import load, save
from deckard_cli.face.portrait import LANDMARKS, PHOTO
from deckard_cli.face.rig.fill import Pixels
from deckard_cli.face.rig.photo.cut import cut
from deckard_cli.face.rig.photo.measure import measure
from deckard_cli.face.rig.photo.page import Page
from deckard_cli.face.rig.store import store
from deckard_cli.tomlfile import write_toml

__all__ = ["develop", "keep", "kept"]

_MOVES: Final = """\
#:schema ../rig.schema.json
# How the photograph moves. `deckard persona build` writes it from landmarks.toml; a change here holds until then.
# Lengths are units of the page, 1024 on each side, or where it says so of the face, 236 from eyes to chin."""
_EFFORT: Final = 1
"""Of packing the layers: somebody waits for a photograph."""


def keep(folder: Path, pixels: NDArray[np.uint8], marks: Landmarks) -> None:
    """Put a photograph, RGB of shape (height, width, 3), and its landmarks into `folder`, and `develop` it."""
    Image.fromarray(pixels).save(folder / PHOTO)
    save(marks, folder / LANDMARKS)
    develop(folder)


def kept(folder: Path) -> tuple[NDArray[np.uint8], Landmarks]:
    """The photograph and the landmarks in `folder`. Raises `UsageError` for mistakes in what people may edit, and
    `DeckardError` for a photograph that is damaged or another than the landmarks are of.
    """
    marks = load(folder / LANDMARKS)
    try:
        with Image.open(folder / PHOTO) as image:
            pixels = np.asarray(image.convert("RGB"))
    except (OSError, ValueError, Image.DecompressionBombError) as error:
        raise DeckardError(
            f"{folder / PHOTO} cannot be read: {error}.",
            code="bad_photo",
            hint="make the persona again of the original",
        ) from error
    if (pixels.shape[1], pixels.shape[0]) != marks.size:
        raise DeckardError(
            f"{folder / PHOTO} is {pixels.shape[1]}x{pixels.shape[0]}, but its landmarks are of a picture of "
            f"{marks.size[0]}x{marks.size[1]}.",
            code="bad_photo",
            hint=f"deckard persona create {folder.name} --image {folder / PHOTO} --force",
        )
    return pixels, marks


def develop(folder: Path) -> list[str]:
    """Write `rig.toml` and the layers of the photograph in `folder`; their names. Raises what `kept` does."""
    pixels, marks = kept(folder)
    page, photo = Page.around(marks), pixels.astype(np.float32) / 255
    geometry = measure(marks, page, _lips(photo, marks))
    write_toml(folder / "rig.toml", geometry, head=_MOVES)
    stamp = {
        "photo_sha256": _digest(folder / PHOTO),
        "landmarks_sha256": _digest(folder / LANDMARKS),
        "pixels_per_unit": round(1 / page.scale, 4),
    }
    return store(folder / "layers", cut(photo, marks, page, geometry), stamp, effort=_EFFORT)


def _digest(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def _lips(photo: Pixels, marks: Landmarks) -> NDArray[np.floating]:
    """The usual colour of the lips."""
    mask, mouth = np.zeros(photo.shape[:2], np.uint8), marks.mouth
    for outer, inner in ((mouth.top, mouth.upper), (mouth.bottom, mouth.lower)):
        cv2.fillPoly(mask, [np.round(np.array([*outer, *inner[::-1]])).astype(np.int32)], 1)
    found = photo[mask > 0]
    usual: NDArray[np.floating] = np.median(found, axis=0) if len(found) else photo.mean((0, 1))
    return usual
