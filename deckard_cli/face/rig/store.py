"""Layers as files: a picture for each at every scale, and an index of where they lie."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

import numpy as np
from PIL import Image

from deckard_cli.face.rig.fill import Pixels

SCALES: Final = (1, 2)
"""Pixels for each unit of the page, a folder each: small clips need not read the large pictures."""
LARGEST: Final = max(SCALES)
_QUALITY: Final = 95


def store(
    folder: Path,
    layers: Iterable[tuple[str, tuple[int, int], Pixels]],
    stamp: Mapping[str, object],
    *,
    effort: int = 6,
) -> list[str]:
    """Write `layers` (name, page position of the top left corner, pixels at `LARGEST` a unit) into `folder`; their
    names. `stamp` is what the index says of where they come from. `effort` 0..6: the last tenth of a file's size
    costs three quarters of the time.
    """
    entries: dict[str, list[int]] = {}
    for scale in SCALES:
        (folder / f"{scale}x").mkdir(parents=True, exist_ok=True)
    with ThreadPoolExecutor(2) as pool:
        for name, (x, y), pixels in layers:
            entries[name] = [x, y, pixels.shape[1] // LARGEST, pixels.shape[0] // LARGEST]
            kept = [
                pool.submit(_save, pixels, LARGEST // scale, folder / f"{scale}x", name, effort) for scale in SCALES
            ]
            for one in kept:
                one.result()
    index = json.dumps({**stamp, "layers": entries}, indent=1) + "\n"
    (folder / "index.json").write_text(index, encoding="utf-8")
    return list(entries)


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


def _save(pixels: Pixels, smaller: int, folder: Path, name: str, effort: int) -> None:
    eight_bit = (np.clip(_shrink(pixels, smaller), 0, 1) * 255 + 0.5).astype(np.uint8)
    opaque = bool((eight_bit[..., 3] == 255).all())
    image = Image.fromarray(eight_bit[..., :3] if opaque else eight_bit)
    part = folder / f"{name}.part"
    image.save(part, "WEBP", quality=_QUALITY, alpha_quality=100, exact=True, method=effort)
    part.replace(folder / f"{name}.webp")  # a clip that is made meanwhile reads whole layers
