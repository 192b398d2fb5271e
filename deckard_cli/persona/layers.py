"""The picture of a persona, looked over without drawing it: rig.toml, the drawing or the photograph, and the layers
made of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from deckard_cli.face.landmarks import Landmarks
from deckard_cli.face.portrait import LANDMARKS, PHOTO
from deckard_cli.face.rig import drawing
from deckard_cli.face.rig.build import digest
from deckard_cli.face.rig.geometry import Geometry
from deckard_cli.face.rig.sense import load
from deckard_cli.face.rig.store import SCALES
from deckard_cli.persona.picture import picture_fault, pixels
from deckard_cli.tomlfile import FileError, Mistake, line_of, read_toml

__all__ = ["layer_mistakes"]

_NEEDED: Final = ("background", "head")
"""Layers without which there is nothing to see; another that is missing is empty."""
_BUILD: Final = "deckard persona build makes them anew"
_PAGE: Final = 8192
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")

Place = Annotated[int, Field(ge=-_PAGE, le=_PAGE)]
Size = Annotated[int, Field(ge=1, le=4 * _PAGE)]


class _Index(BaseModel):
    """What `layers/index.json` has to say."""

    model_config = ConfigDict(strict=True)

    drawing_sha256: str = ""
    photo_sha256: str = ""
    landmarks_sha256: str = ""
    page: tuple[int, int] | None = None
    """Width and height of the drawing."""
    layers: dict[str, tuple[Place, Place, Size, Size]]
    """Name -> left, top, width, height in units of the page."""


def layer_mistakes(folder: Path) -> Iterator[Mistake]:
    """All that is wrong with the picture of the persona in `folder`."""
    geometry = None
    try:
        geometry = load(folder / "rig.toml")
    except FileError as error:
        yield from error.mistakes
    if (folder / "drawing.svg").exists():
        yield from _drawing(folder / "drawing.svg")
    if (folder / LANDMARKS).exists():
        yield from _photograph(folder)
    yield from _index(folder, geometry)


def _drawing(file: Path) -> Iterator[Mistake]:
    try:
        found = drawing.read(file)
    except OSError as error:
        yield Mistake(file, 1, "", f"cannot be read: {error.strerror}")
        return
    for line, said in found.faults:
        yield Mistake(file, line, "", said)
    if not found.faults:
        for name in drawing.GROUPS:
            if name not in found.groups:
                yield Mistake(file, 1, name, "there is no group with this id; an empty one will do")


def _photograph(folder: Path) -> Iterator[Mistake]:
    photo, marks = folder / PHOTO, folder / LANDMARKS
    fault = picture_fault(photo) if photo.is_file() else "there is no such file"
    if fault:
        yield Mistake(photo, 1, "", fault)
    try:
        size = read_toml(marks, Landmarks, what="landmarks").size
    except FileError as error:
        yield from error.mistakes
        return
    if not fault and size != (found := pixels(photo)):
        line = line_of(marks.read_text(encoding="utf-8"), ["size"])
        yield Mistake(marks, line, "size", f"{PHOTO} has {found[0]}x{found[1]} pixels")


def _index(folder: Path, geometry: Geometry | None) -> Iterator[Mistake]:
    file = folder / "layers" / "index.json"
    if not file.is_file():
        yield Mistake(file, 1, "", f"there are no layers yet; {_BUILD}")
        return
    try:
        index = _Index.model_validate_json(file.read_bytes())
    except ValidationError as error:
        for mistake in error.errors(include_url=False, include_context=False):
            yield Mistake(file, 1, ".".join(map(str, mistake["loc"])), f"{mistake['msg']}; {_BUILD}")
        return
    for source in (folder / name for name in ("drawing.svg", PHOTO, LANDMARKS)):
        field = f"{source.stem}_sha256"
        if source.is_file() and getattr(index, field) != digest(source):
            yield Mistake(file, 1, field, f"{source.name} has been changed since; {_BUILD}")
    if geometry and index.page and index.page != (geometry.page.width, geometry.page.height):
        said = f"the drawing is {index.page[0]}x{index.page[1]}"
        yield Mistake(
            folder / "rig.toml", line_of((folder / "rig.toml").read_text(encoding="utf-8"), ["page"]), "page", said
        )
    for name in (name for name in _NEEDED if name not in index.layers):
        yield Mistake(file, 1, f"layers.{name}", f"there has to be such a layer; {_BUILD}")
    for name, box in index.layers.items():
        yield from _layer(file, name, box)


def _layer(file: Path, name: str, box: tuple[int, int, int, int]) -> Iterator[Mistake]:
    if not _NAME.fullmatch(name):
        yield Mistake(file, 1, "layers", f"'{name[:64]}' is no name for a layer")
        return
    for scale in SCALES:
        picture = file.parent / f"{scale}x" / f"{name}.webp"
        size = (box[2] * scale, box[3] * scale)
        if not picture.is_file():
            yield Mistake(picture, 1, "", f"the layer is missing; {_BUILD}")
        elif fault := picture_fault(picture):
            yield Mistake(picture, 1, "", f"{fault}; {_BUILD}")
        elif (found := pixels(picture)) != size:
            said = f"it has {found[0]}x{found[1]} pixels, and the index says {size[0]}x{size[1]}; {_BUILD}"
            yield Mistake(picture, 1, "", said)
