"""Layers as they leave the scissors."""

from __future__ import annotations

import numpy as np

from deckard_cli.face.rig.fill import Pixels, bleed
from deckard_cli.face.rig.photo.skin import Mask, Patch
from deckard_cli.face.rig.store import LARGEST

Cut = tuple[str, tuple[int, int], Pixels]
"""A layer's name, the page position of its top left corner, and its pixels (RGBA)."""


def through(name: str, patch: Patch, mask: Mask, rgb: Pixels | None = None) -> list[Cut]:
    """The layer that shows `rgb`, or the photograph, through `mask`, cut to what is seen; none where nothing is."""
    rows, columns = (np.nonzero(mask.max(axis) > 0.003)[0] for axis in (1, 0))
    if not len(rows):
        return []
    step = 4 * LARGEST
    top, left = rows[0] // step * step, columns[0] // step * step
    here = (slice(top, -(-(rows[-1] + 1) // step) * step), slice(left, -(-(columns[-1] + 1) // step) * step))
    pixels = np.dstack([(patch.rgb if rgb is None else rgb)[here], mask[here]]).astype(np.float32)
    return [(name, (patch.box[0] + int(left) // LARGEST, patch.box[1] + int(top) // LARGEST), bleed(pixels))]


def opaque(rgb: Pixels) -> Pixels:
    """`rgb` with an opacity of 1."""
    return np.dstack([rgb, np.ones(rgb.shape[:2], np.float32)])
