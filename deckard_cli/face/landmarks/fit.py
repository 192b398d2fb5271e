"""The parameters of a curve that fit a picture best, found without derivatives."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import cv2
import numpy as np

from deckard_cli.face.landmarks.light import Floats
from deckard_cli.face.landmarks.shape import Points
from deckard_cli.face.landmarks.template import to_patch_pixels

__all__ = ["best", "sample"]

_TRIED, _KEPT, _ROUNDS = 200, 20, 16
_STRICT: Final = 0.25
"""What one standard deviation from what is usual costs."""
_SEED: Final = 1729
"""The same picture gives the same landmarks."""


def best(
    score: Callable[[Floats], Floats], usual: Floats, spread: Floats, starts: Floats | None = None
) -> tuple[Floats, float]:
    """The parameters, shape (p,), with the highest score, and that score.

    `score` takes many at once, shape (n, p), and gives n numbers. `usual` and `spread`, shape (p,), say what they
    ordinarily are; what is far from it pays for it by the square. Where there may be several hills, `starts`, shape
    (k, p), says from where each is climbed. The cross-entropy method: R. Rubinstein, Methodology and Computing in
    Applied Probability 1, 1999.
    """

    def plausible(tried: Floats) -> Floats:
        return np.asarray(score(tried) - (((tried - usual) / spread) ** 2).sum(axis=1) * _STRICT)

    if starts is None:
        return _climb(plausible, usual, spread)
    return max((_climb(plausible, start, 0.5 * spread) for start in starts), key=lambda hill: hill[1])


def _climb(score: Callable[[Floats], Floats], start: Floats, spread: Floats) -> tuple[Floats, float]:
    random = np.random.default_rng(_SEED)
    middle, reach = start.astype(np.float64), spread.astype(np.float64)
    found, top = middle, -np.inf
    for _ in range(_ROUNDS):
        tried = np.concatenate([middle[None], random.normal(middle, reach, (_TRIED, middle.size))])
        scores = score(tried)
        order = np.argsort(scores)[::-1][:_KEPT]
        if scores[order[0]] > top:
            found, top = tried[order[0]], float(scores[order[0]])
        middle, reach = tried[order].mean(axis=0), tried[order].std(axis=0) + spread * 1e-3
    return found, top


def sample(image: Floats, points: Points) -> Floats:
    """Values of a patch, shape (h, w), at points of the face, shape (n, m, 2): shape (n, m)."""
    at = to_patch_pixels(points).astype(np.float32)
    values = cv2.remap(
        image.astype(np.float32), at[..., 0], at[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    return np.asarray(values)
