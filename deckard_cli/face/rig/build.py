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
import json
import xml.etree.ElementTree as ET
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from deckard_cli.errors import DeckardError, MissingError

SCALES: Final = (1, 2)
"""Pixels for each unit of the page, a folder each: small clips need not read the large pictures."""
_SVG: Final = "{http://www.w3.org/2000/svg}"
_QUALITY: Final = 95
_SNAP: Final = 4
"""Units of the page that a layer begins and ends on, so that its pixels lie alike at every scale."""
_WIDE: Final = 420
"""Units of the page that the background is drawn beyond it on each side: enough for 16:9."""

Pixels = NDArray[np.floating]
"""RGBA, shape (height, width, 4), 0..1, colours not premultiplied."""


def build(folder: Path) -> list[str]:
    """Rasterise `folder`/drawing.svg into `folder`/layers; the names of the layers written.

    Raises `MissingError` where the extra ``draw`` is not installed and `DeckardError` for a drawing that has no
    named groups or is not an SVG.
    """
    drawing = folder / "drawing.svg"
    largest = max(SCALES)
    page = list(_page(_parse(drawing)))
    index: dict[str, object] = {"drawing_sha256": digest(drawing), "page": page}
    entries: dict[str, list[int]] = {}
    for name, (x, y), pixels in layers(drawing, largest):
        entries[name] = [x, y, pixels.shape[1] // largest, pixels.shape[0] // largest]
        for scale in SCALES:
            target = folder / "layers" / f"{scale}x"
            target.mkdir(parents=True, exist_ok=True)
            _save(_shrink(pixels, largest // scale), target / f"{name}.webp")
    index["layers"] = entries
    (folder / "layers" / "index.json").write_text(json.dumps(index, indent=1) + "\n", encoding="utf-8")
    return list(entries)


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
    return _bleed(pixels)


def _bleed(pixels: Pixels) -> Pixels:
    """Colours carried on under the transparent part (push-pull): without it a lossy file, whose colour is coarser
    than its edge, draws a dark halo around every layer.
    """
    alpha = pixels[..., 3:]
    colour = pixels[..., :3] * alpha
    filled = _push_pull(colour, alpha)
    pixels[..., :3] = np.where(alpha > 0.02, pixels[..., :3], filled)
    return pixels


def _push_pull(colour: Pixels, alpha: Pixels) -> Pixels:
    """Colour of the nearest opaque surroundings for premultiplied `colour`, shape (height, width, 3)."""
    height, width = alpha.shape[:2]
    known = colour / np.maximum(alpha, 1e-6)
    if min(height, width) <= 2:
        mean = colour.sum((0, 1)) / max(float(alpha.sum()), 1e-6)
        return np.where(alpha > 0, known, mean)
    size = (-(-width // 2), -(-height // 2))
    half = np.asarray(cv2.resize(np.dstack([colour, alpha]), size, interpolation=cv2.INTER_AREA), np.float32)
    coarse = cv2.resize(_push_pull(half[..., :3], half[..., 3:]), (width, height), interpolation=cv2.INTER_LINEAR)
    weight = np.minimum(alpha * 8, 1)
    filled: Pixels = known * weight + coarse * (1 - weight)
    return filled


def _shrink(pixels: Pixels, times: int) -> Pixels:
    """`pixels` at 1/`times` of the size, averaged with their opacity."""
    if times == 1:
        return pixels
    height, width = (side // times for side in pixels.shape[:2])
    blocks = pixels[: height * times, : width * times].reshape(height, times, width, times, 4)
    alpha = blocks[..., 3:]
    mean = alpha.mean((1, 3))
    colour = (blocks[..., :3] * alpha).mean((1, 3)) / np.maximum(mean, 1e-6)
    return np.dstack([np.where(mean > 0, colour, blocks[..., :3].mean((1, 3))), mean])


def _save(pixels: Pixels, target: Path) -> None:
    eight_bit = (np.clip(pixels, 0, 1) * 255 + 0.5).astype(np.uint8)
    opaque = bool((eight_bit[..., 3] == 255).all())
    image = Image.fromarray(eight_bit[..., :3] if opaque else eight_bit)
    image.save(target, "WEBP", quality=_QUALITY, alpha_quality=100, exact=True, method=6)
