"""Cutting a photograph into the layers of a drawing. Put together again at rest they are the photograph."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import cv2
import numpy as np

from deckard_cli.face.landmarks import Landmarks
from deckard_cli.face.rig.fill import Pixels
from deckard_cli.face.rig.geometry import Geometry
from deckard_cli.face.rig.photo.eyes import cut_eye
from deckard_cli.face.rig.photo.layer import Cut, opaque
from deckard_cli.face.rig.photo.mouth import cut_mouth
from deckard_cli.face.rig.photo.page import SIDE, WIDE, Box, Page
from deckard_cli.face.rig.photo.skin import Mask, Patch
from deckard_cli.face.rig.skin import smooth
from deckard_cli.face.rig.store import LARGEST

_FADE: Final = 24
"""Units of the page over which the head's own picture gives way to the one behind it: they show the same there, but
not quite as sharp."""
_BLEND: Final = 90
"""Units of the page over which what continues a photograph goes out of focus."""


def cut(photo: Pixels, marks: Landmarks, page: Page, geometry: Geometry) -> Iterator[Cut]:
    """The layers of `photo` (RGB), of which `geometry` was measured."""
    wide = (-WIDE, 0, SIDE + WIDE, SIDE)
    yield "background", wide[:2], opaque(_surroundings(photo, page, wide))
    box = head_box(geometry)
    whole = Patch(page.raster(photo, box), box)
    # What is cut out is painted over with skin here, or it would be seen twice when it moves.
    bare = Patch(whole.rgb.copy(), box)
    layers = cut_mouth(whole, bare, geometry)
    for name in ("left", "right"):
        eye, brow = getattr(geometry.eye, name), np.array(getattr(geometry.brow, name))
        thick = getattr(marks, f"{name}_brow").thickness * page.scale
        layers += cut_eye(whole, bare, name, eye, (brow, thick))
    yield "head", box[:2], np.dstack([bare.rgb, _fading(bare)])
    yield from layers


def _surroundings(photo: Pixels, page: Page, box: Box) -> Pixels:
    """What lies in `box`; beyond the photograph its mirror picture, out of focus, or a flag would show twice."""
    shown = page.raster(photo, box, upright=False)
    height, width = shown.shape[:2]
    edges = page.scale * np.array([-page.left, -page.top, photo.shape[1] - page.left, photo.shape[0] - page.top])
    x, y = (start + (np.arange(count) + 0.5) / LARGEST for start, count in zip(box[:2], (width, height), strict=True))
    across, down = (np.maximum(low - at, at - high) for at, low, high in ((x, *edges[::2]), (y, *edges[1::2])))
    beyond = smooth(0, _BLEND, np.maximum(across[None], down[:, None]))[..., None].astype(np.float32)
    if not beyond.any():
        return shown
    small = cv2.resize(shown, None, fx=1 / 16, fy=1 / 16, interpolation=cv2.INTER_AREA)
    blurred = cv2.resize(cv2.GaussianBlur(small, (0, 0), 4), (width, height), interpolation=cv2.INTER_CUBIC)
    softened: Pixels = shown + beyond * (blurred - shown)
    return softened


def head_box(geometry: Geometry) -> Box:
    """The part of the page that moves with the head."""
    head = geometry.head
    wide, above, below = (1.98 * side for side in (head.ellipsoid[0], 305, 275))
    x, y = head.origin
    left, top = (int(edge) // 4 * 4 for edge in (x - head.scale * wide, y - head.scale * above))
    right, bottom = (-int(-edge // 4) * 4 for edge in (x + head.scale * wide, y + head.scale * below))
    return max(left, -WIDE), max(top, -200), min(right, SIDE + WIDE), min(bottom, SIDE + 200)


def _fading(patch: Patch) -> Mask:
    height, width = patch.rgb.shape[:2]
    x, y = np.arange(width) + 0.5, np.arange(height) + 0.5
    across, down = (np.minimum(at, at[::-1]) / LARGEST / _FADE for at in (x, y))
    mask: Mask = np.clip(np.minimum(across[None], down[:, None]), 0, 1).astype(np.float32)
    return mask * mask * (3 - 2 * mask)
