"""Rasterise a persona's drawing, once, into the layers that ship beside it.

`drawing.svg` is what an artist edits: each part that moves is a group with a name. A clip is composed from pictures of
those groups, because drawing the whole takes seconds. The group ``light`` is not a layer: whatever it does to the page
(screen, multiply, vignette) is an affine change of each pixel's colour, which is baked into every layer, so that the
layers put together again look as the drawing does.
"""

from __future__ import annotations

import copy
import hashlib
import io
import xml.etree.ElementTree as ET
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import numpy as np
from PIL import Image

from deckard_cli.errors import DeckardError, MissingError
from deckard_cli.face.rig.drawing import read
from deckard_cli.face.rig.fill import Pixels, bleed
from deckard_cli.face.rig.store import LARGEST, store

_SVG: Final = "{http://www.w3.org/2000/svg}"
_SNAP: Final = 4
"""Units of the page that a layer begins and ends on, so that its pixels lie alike at every scale."""
_WIDE: Final = 420
"""Units of the page that the background is drawn beyond it on each side: enough for 16:9."""


def build(folder: Path) -> list[str]:
    """Rasterise `folder`/drawing.svg into `folder`/layers; the names of the layers written.

    Raises `MissingError` where the extra ``draw`` is not installed and `DeckardError` for a drawing that has no
    named groups or is not an SVG.
    """
    drawing = folder / "drawing.svg"
    page = list(_page(_parse(drawing)))
    stamp = {"drawing_sha256": digest(drawing), "page": page}
    return store(folder / "layers", layers(drawing, LARGEST), stamp)


def digest(drawing: Path) -> str:
    """SHA-256 of the drawing, by which layers are known to be its own."""
    return hashlib.sha256(drawing.read_bytes()).hexdigest()


def layers(
    drawing: Path, scale: float, only: Sequence[str] | None = None
) -> Iterator[tuple[str, tuple[int, int], Pixels]]:
    """Each layer's name, the page position of its top left corner, and its pixels at `scale` pixels a unit.

    A layer reaches as far as what is drawn in it, the background beyond the page to both sides (for wide clips).
    """
    root = _parse(drawing)
    if faults := read(drawing).faults:
        said = "\n".join(f"{drawing}:{line}: {fault}" for line, fault in faults)
        raise DeckardError(said, code="bad_drawing", hint=f"mend {drawing}")
    names = [name for name in _names(root) if only is None or name in only]
    if not names:
        raise DeckardError(f"{drawing} has no group with a name (an id).", code="drawing_without_layers")
    width, height = _page(root)
    page = (0, 0, width, height)
    wide = (-_WIDE, 0, width + 2 * _WIDE, height)
    light = _light(root, scale, wide)
    for name in names:
        box = wide if name == "background" else page
        pixels = _raster(_alone(root, name), box, scale)
        rows, columns = np.nonzero(pixels[..., 3].max(1) > 0)[0], np.nonzero(pixels[..., 3].max(0) > 0)[0]
        if not len(rows):
            continue
        x0, y0 = (int(first[0] / scale) // _SNAP * _SNAP for first in (columns, rows))
        x1, y1 = (-int(-(last[-1] + 1) / scale // _SNAP) * _SNAP for last in (columns, rows))
        here = (slice(int(y0 * scale), int(y1 * scale)), slice(int(x0 * scale), int(x1 * scale)))
        shift = int((box[0] - wide[0]) * scale)
        there = (here[0], slice(here[1].start + shift, here[1].stop + shift))
        lit = None if light is None else (light[0][there], light[1][there])
        yield name, (x0 + box[0], y0 + box[1]), _graded(pixels[here], lit)


def _parse(drawing: Path) -> ET.Element:
    try:
        return ET.parse(drawing).getroot()
    except (OSError, ET.ParseError) as error:
        raise DeckardError(f"{drawing} is not a drawing that can be read: {error}.", code="bad_drawing") from error


def _page(root: ET.Element) -> tuple[int, int]:
    box = [float(number) for number in root.get("viewBox", "0 0 1024 1024").split()]
    return int(box[2]), int(box[3])


def _names(root: ET.Element) -> list[str]:
    """Names of the groups, in the order they are painted, without ``light``."""
    groups = root.iter(f"{_SVG}g")
    return [name for group in groups if (name := group.get("id")) and name != "light"]


def _alone(root: ET.Element, name: str) -> ET.Element:
    """The drawing with only the group `name`, shown whole: clips and `display` of what holds it are left out."""
    alone = ET.Element(root.tag, root.attrib)
    alone.extend(child for child in root if child.tag == f"{_SVG}defs")
    shell = alone
    chain = _chain(root, name)
    for holder in chain[1:-1]:
        shell = ET.SubElement(shell, holder.tag, {"transform": holder.get("transform", "")})
    group = copy.copy(chain[-1])
    group.attrib = {key: value for key, value in group.attrib.items() if key != "display"}
    shell.append(group)
    return alone


def _chain(root: ET.Element, name: str) -> list[ET.Element]:
    """The elements from `root` down to the group `name`."""
    for child in root:
        if child.get("id") == name:
            return [root, child]
        if child.tag == f"{_SVG}g" and (below := _chain(child, name)):
            return [root, *below]
    return []


def _raster(root: ET.Element, box: tuple[int, int, int, int], scale: float, under: str = "") -> Pixels:
    """The picture of `box` (x, y, width, height in units of the page) on a ground of colour `under`."""
    try:
        import resvg_py
    except ImportError as error:
        raise MissingError(
            "Rasterising a drawing needs resvg-py.",
            code="not_installed",
            hint="uv pip install 'deckard-cli[draw]'",
        ) from error
    page = copy.copy(root)
    x, y, width, height = box
    page.attrib = {"viewBox": f"{x} {y} {width} {height}", "width": str(width), "height": str(height)}
    ET.register_namespace("", _SVG[1:-1])
    png = resvg_py.svg_to_bytes(
        svg_string=ET.tostring(page, encoding="unicode"),
        width=round(width * scale),
        height=round(height * scale),
        background=under or None,
        skip_system_fonts=True,
    )
    with Image.open(io.BytesIO(bytes(png))) as image:
        return np.asarray(image.convert("RGBA"), np.float32) / 255


def _light(root: ET.Element, scale: float, box: tuple[int, int, int, int]) -> tuple[Pixels, Pixels] | None:
    """What the group ``light`` does to a colour under it, as (added, factor), each (height, width, 3)."""
    if not _chain(root, "light"):
        return None
    alone = _alone(root, "light")
    black, white = (_raster(alone, box, scale, under)[..., :3] for under in ("#000000", "#ffffff"))
    return black, white - black


def _graded(pixels: Pixels, light: tuple[Pixels, Pixels] | None) -> Pixels:
    """`pixels` with the light baked in, and colour spread under what is transparent."""
    if light is not None:
        added, factor = light
        pixels[..., :3] = added + factor * pixels[..., :3]
    return bleed(pixels)
