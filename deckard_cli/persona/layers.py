"""The picture of a persona, looked over without drawing it: rig.toml, drawing.svg and the layers made of it."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Final

from PIL import Image
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from deckard_cli.face.rig import drawing
from deckard_cli.face.rig.build import digest
from deckard_cli.face.rig.geometry import Geometry
from deckard_cli.face.rig.sense import load
from deckard_cli.face.rig.store import SCALES
from deckard_cli.tomlfile import FileError, Mistake, line_of

__all__ = ["PICTURES", "layer_mistakes", "picture_fault", "pixels"]

PICTURES: Final = {".webp": "WEBP", ".png": "PNG", ".jpg": "JPEG", ".jpeg": "JPEG"}
"""Suffix -> what Pillow calls that form."""
_NEEDED: Final = ("background", "head")
"""Layers without which there is nothing to see; another that is missing is empty."""
_SIDE: Final = 16384
"""Pixels that a picture may be wide or high."""
_AREA: Final = 64_000_000
"""Pixels that a picture may have."""
_BUILD: Final = "run: deckard persona build NAME"
_PAGE: Final = 8192
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")

Place = Annotated[int, Field(ge=-_PAGE, le=_PAGE)]
Size = Annotated[int, Field(ge=1, le=4 * _PAGE)]


class _Index(BaseModel):
    """What `layers/index.json` has to say."""

    model_config = ConfigDict(strict=True)

    drawing_sha256: str = ""
    """Empty for layers that were made of a photograph."""
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


def _index(folder: Path, geometry: Geometry | None) -> Iterator[Mistake]:
    file, svg = folder / "layers" / "index.json", folder / "drawing.svg"
    if not file.is_file():
        yield Mistake(file, 1, "", f"there are no layers yet; {_BUILD}")
        return
    try:
        index = _Index.model_validate_json(file.read_bytes())
    except ValidationError as error:
        for mistake in error.errors(include_url=False, include_context=False):
            yield Mistake(file, 1, ".".join(map(str, mistake["loc"])), f"{mistake['msg']}; {_BUILD}")
        return
    if svg.is_file() and index.drawing_sha256 != digest(svg):
        yield Mistake(file, 1, "drawing_sha256", f"drawing.svg has been changed since; {_BUILD}")
    if geometry and index.page and index.page != (geometry.page.width, geometry.page.height):
        said = f"the drawing is {index.page[0]}x{index.page[1]}"
        yield Mistake(folder / "rig.toml", line_of((folder / "rig.toml").read_text("utf-8"), ["page"]), "page", said)
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


def picture_fault(picture: Path) -> str:
    """What is wrong with a picture, told by its header alone, so that none is unpacked that would not fit in memory;
    empty for nothing.
    """
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
