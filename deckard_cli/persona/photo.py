"""A new persona of a photograph: opened, its face found or pointed at, and cut for the rig."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from deckard_cli.face.landmarks import Landmarks
from deckard_cli.face.landmarks.find import find
from deckard_cli.face.landmarks.hand import Box, by_hand
from deckard_cli.face.landmarks.picture import open_picture
from deckard_cli.face.rig.photo import keep
from deckard_cli.persona.make import Fill, name_of
from deckard_cli.persona.model import FILE

__all__ = ["Photograph", "photographed", "take"]

_ROUGH: Final = "The face was found without MediaPipe, which is more exact: deckard persona preview shows it."
_TEXT: Final = """\
#:schema ../persona.schema.json
# Who {name} is. Every field is explained in the guide to personas.

name = {quoted}
title = ""
about = ""
greeting = {greeting}
manner = ""
language = "en-us"
voice = "espeak"
face = "rig"

[voices.espeak]
pitch = 50       # 0 .. 99
rate = 165       # words a minute
"""


@dataclass(frozen=True, slots=True)
class Photograph:
    """A face on a picture."""

    pixels: NDArray[np.uint8]
    """RGB, shape (height, width, 3)."""
    marks: Landmarks
    notes: tuple[str, ...] = ()
    """What a person should know of it."""


def take(
    image: Path,
    *,
    face_index: int | None = None,
    mouth: Box | None = None,
    eyes: tuple[Box, Box] | None = None,
) -> Photograph:
    """The face on the picture `image`: the one that is found there, the `face_index`th from the left, counted from 1,
    or the one whose `mouth` and `eyes` are given as x, y, width and height in pixels.

    Raises `DeckardError` and `UsageError` for a picture that cannot be read and a face that cannot be used.
    """
    picture = open_picture(image)
    if mouth is not None:
        marks = by_hand(picture.pixels, mouth=mouth, eyes=eyes)
    else:
        marks = find(picture.pixels, face_index=face_index)
    notes = (*picture.notes, _ROUGH) if marks.source == "cascade" else picture.notes
    return Photograph(picture.pixels, marks, notes)


def photographed(photo: Photograph, name: str) -> Fill:
    """A persona called `name` that looks as on `photo`."""

    def fill(folder: Path) -> None:
        keep(folder, photo.pixels, photo.marks)
        called = name_of(name)
        quoted, greeting = (json.dumps(text, ensure_ascii=False) for text in (called, f"Hello. I am {called}."))
        (folder / FILE).write_text(_TEXT.format(name=called, quoted=quoted, greeting=greeting), encoding="utf-8")

    return fill
