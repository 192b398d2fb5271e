"""Masks along landmarks, and skin where a photograph shows something that will move away."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from deckard_cli.face.rig.fill import Pixels, push_pull
from deckard_cli.face.rig.geometry import Points
from deckard_cli.face.rig.photo.page import Box
from deckard_cli.face.rig.store import LARGEST

Mask = NDArray[np.floating]
"""Shape (height, width), 0..1."""


class Patch:
    """A part of the upright page with the photograph on it, at `LARGEST` pixels a unit."""

    def __init__(self, rgb: Pixels, box: Box) -> None:
        self.rgb, self.box = rgb, box
        self.columns, self.rows = np.meshgrid(
            box[0] + (np.arange(rgb.shape[1], dtype=np.float32) + 0.5) / LARGEST,
            box[1] + (np.arange(rgb.shape[0], dtype=np.float32) + 0.5) / LARGEST,
        )

    def window(self, points: Points, margin: float) -> Patch:
        """The part of this patch that holds `points` and `margin` units around them."""
        edges = np.concatenate([points.min(0) - margin, points.max(0) + margin]) - np.tile(self.box[:2], 2)
        left, top = (max(0, int(edge) // 4 * 4) for edge in edges[:2])
        right, bottom = (-int(-edge // 4) * 4 for edge in edges[2:])
        rgb = self.rgb[top * LARGEST : bottom * LARGEST, left * LARGEST : right * LARGEST]
        x, y = self.box[0] + left, self.box[1] + top
        return Patch(rgb, (x, y, x + rgb.shape[1] // LARGEST, y + rgb.shape[0] // LARGEST))

    def inside(self, outline: Points, *, grow: float = 0, soft: float = 1) -> Mask:
        """1 within the polygon `outline` (page units) made `grow` wider on every side, with an edge `soft` wide."""
        drawn = np.zeros(self.rgb.shape[:2], np.uint8)
        cv2.fillPoly(drawn, [self._pixels(outline)], 255, shift=4)
        return self._edge(drawn, grow, soft)

    def along(self, line: Points, thickness: float, *, soft: float = 1) -> Mask:
        """1 within half of `thickness` of a polyline."""
        drawn = np.zeros(self.rgb.shape[:2], np.uint8)
        cv2.polylines(drawn, [self._pixels(line)], isClosed=False, color=255, thickness=1, shift=4)
        return self._edge(drawn, thickness / 2, soft)

    def below(self, curve: Points) -> Mask:
        """How many units of the page each point lies below `curve`, which is carried on flat beyond its ends."""
        ordered = curve[np.argsort(curve[:, 0])]
        heights = np.interp(self.columns[0], ordered[:, 0], ordered[:, 1])
        way: Mask = self.rows - heights.astype(np.float32)
        return way

    def _pixels(self, points: Points) -> NDArray[np.int32]:
        at = (np.asarray(points) - self.box[:2]) * LARGEST - 0.5
        whole: NDArray[np.int32] = np.round(at * 16).astype(np.int32)
        return whole

    def _edge(self, drawn: NDArray[np.uint8], grow: float, soft: float) -> Mask:
        """A soft mask whose middle is `grow` units outside of what is `drawn`."""
        out = cv2.distanceTransform(cv2.bitwise_not(drawn), cv2.DIST_L2, 5) / LARGEST
        into = cv2.distanceTransform(drawn, cv2.DIST_L2, 5) / LARGEST
        mask: Mask = np.clip(0.5 + (grow - (out - into)) / soft, 0, 1).astype(np.float32)
        return mask


def heal(bare: Patch, patch: Patch, hole: Mask, seed: int) -> None:
    """Paint skin over the `hole` of `patch` into the larger patch `bare`, with the grain of the photograph on it."""
    known = (1 - hole)[..., None] ** 2
    smooth = cv2.GaussianBlur(push_pull(patch.rgb * known, known), (0, 0), 1.5 * LARGEST)
    left, top = (LARGEST * (patch.box[axis] - bare.box[axis]) for axis in (0, 1))
    height, width = hole.shape
    under = bare.rgb[top : top + height, left : left + width]
    under += hole[..., None] * (smooth + _grain(patch.rgb, hole, seed) - under)


def _grain(rgb: Pixels, hole: Mask, seed: int) -> Pixels:
    """Noise as strong and as coarse as that of the skin around the `hole`. Without it the filled place is a spot of
    plastic.
    """
    fine = rgb - cv2.GaussianBlur(rgb, (0, 0), 2.5)
    around = (cv2.dilate(hole, np.ones((41, 41), np.uint8)) > 0) & (hole == 0)
    if not around.any():
        return np.zeros_like(rgb)
    found = fine[around]
    # Lashes and edges are no grain: the middle half of what is found.
    strength = 0.74 * np.subtract(*np.percentile(found, (75, 25), axis=0))
    luma = np.random.default_rng(seed).standard_normal(rgb.shape[:2]).astype(np.float32)
    coarse = cv2.GaussianBlur(luma, (0, 0), _coarseness(fine[..., 1], around))
    grain: Pixels = (coarse / max(float(coarse.std()), 1e-6))[..., None] * strength.astype(np.float32)
    return grain


def _coarseness(fine: Mask, around: NDArray[np.bool_]) -> float:
    """Pixels of blur that noise needs to be as smooth as `fine` is from one pixel to the next."""
    both = around[:, 1:] & around[:, :-1]
    if not both.any():
        return 1.0
    here, there = fine[:, 1:][both], fine[:, :-1][both]
    alike = float((here * there).mean() / max((here * here).mean(), 1e-9))
    # White noise blurred by s is like its neighbour by exp(-1 / (4 s^2)).
    return float(np.clip(0.5 / np.sqrt(-np.log(np.clip(alike, 0.1, 0.98))), 0.4, 3.5))
