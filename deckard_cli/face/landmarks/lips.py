"""The four edges of the lips on the patch of a face, fitted to what is red, dark and light on it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from deckard_cli.face.landmarks.fit import best, sample
from deckard_cli.face.landmarks.light import Floats, blurred, lab
from deckard_cli.face.landmarks.shape import Points

__all__ = ["Lips", "contrast", "lips", "plain"]

_ACROSS: Final = np.sin(np.linspace(-1, 1, 17) * np.pi / 2)
"""From corner to corner, closer together where the edges bend."""
_BOW: Final = 0.82 + 0.18 * (1 - np.exp(-((_ACROSS / 0.14) ** 2)))
"""Of the upper lip."""

_USUAL: Final = np.array([0.0, 1.02, 0.45, 0.0, 0.02, 0.07, 0.08, 0.12])
"""x and y of the corners' middle, half width, slope, how far the middle hangs below the corners, opening, thickness of
the upper and of the lower lip."""
_SPREAD: Final = np.array([0.05, 0.1, 0.07, 0.04, 0.05, 0.07, 0.018, 0.02])
_STEP: Final = 0.035
"""How far from an edge its two sides are looked at."""
_COLOURLESS: Final = 1.5
"""Contrast of a channel, in its steps, that is no more than noise."""
_SKIN: Final = np.array([(x, y) for x in (-0.75, -0.62, 0.62, 0.75) for y in (0.6, 0.75, 0.9, 1.05)])
_MIDDLE: Final = np.array([(x, y) for x in np.linspace(-0.35, 0.35, 8) for y in np.linspace(0.85, 1.25, 9)])
_STARTS: Final = np.outer([-2.0, -1.0, 0.0, 1.0, 2.0], np.eye(8)[1])
"""In spreads: from above, where nostrils look like a mouth, to below, where the fold of the chin does."""
_SHUT: Final = np.array([1, 1, 1, 1, 1, 0, 1, 1])
"""Leaves no opening."""

Score = Callable[[Floats], Floats]
"""Of many sets of parameters, shape (n, 8): n numbers."""


@dataclass(frozen=True, slots=True)
class Lips:
    """Edges from the viewer's left corner to the right one, shape (17, 2) each, in units of the face."""

    top: Points
    upper: Points
    lower: Points
    bottom: Points
    sureness: float
    """How much the edges stand out, in the lightness' own contrast; under 1 there is hardly anything."""


def lips(patch: NDArray[np.uint8], usual: Floats = _USUAL, spread: Floats = _SPREAD) -> Lips:
    """The lips on `patch` (RGB, of `Placement.patch`); `usual` and `spread` say where they are looked for."""
    views = _Views.of(patch)
    starts = usual + spread * _STARTS
    fits = [best(kind(views), usual, spread, starts) for kind in _KINDS]
    kind = int(np.argmax([score for _, score in fits]))
    found, score = fits[kind]
    every = _KINDS[kind](views)
    found, _ = best(lambda tried: every(tried) + 2 * _ends(views, _edges(tried)), found, 0.3 * spread)
    return plain(found * _SHUT if _KINDS[kind] is _closed else found, score)


def plain(parameters: Floats, sureness: float = 0.0) -> Lips:
    """The lips of these parameters, as `_USUAL` lists them."""
    top, upper, lower, bottom = (edge[0] for edge in _edges(parameters[None]))
    return Lips(top, upper, lower, bottom, sureness)


def contrast(patch: NDArray[np.uint8], edges: tuple[Points, Points, Points, Points]) -> tuple[float, float]:
    """How much the left and the right half of a mouth stand out from the skin; next to nothing where there is none.

    `edges` are top, upper, lower and bottom, from corner to corner, shape (n, 2) each, in units of the face.
    """
    views, share = _Views.of(patch), (_ACROSS + 1) / 2
    even = [np.stack([np.interp(share, np.linspace(0, 1, len(edge)), edge[:, i]) for i in (0, 1)], 1) for edge in edges]
    halves = [[edge[None, part] for edge in even] for part in (slice(0, 9), slice(8, 17))]
    left, right = (float(_around(views, (half[0], half[1], half[2], half[3]))[0]) for half in halves)
    return left, right


def _edges(tried: Floats) -> tuple[Points, Points, Points, Points]:
    """Top, upper, lower and bottom of mouths of these parameters, shape (n, 17, 2) each."""
    x, y, half, slope, hang, opening, above, below = tried.T[..., None]
    bulge = 1 - _ACROSS**2
    upper = y + slope * _ACROSS + hang * bulge
    lower = upper + np.maximum(opening, 0) * bulge
    top = upper - np.maximum(above, 0.02) * bulge**0.8 * _BOW
    bottom = lower + np.maximum(below, 0.03) * bulge**0.65
    across = np.broadcast_to(x + half * _ACROSS, upper.shape)
    first, second, third, last = (np.stack([across, line], axis=-1) for line in (top, upper, lower, bottom))
    return first, second, third, last


@dataclass(frozen=True, slots=True)
class _Views:
    """What lips are told by, each shape (h, w), 0 on skin, in its own contrast around the mouth."""

    light: Floats
    fine: Floats
    """The same, sharp enough for the line between closed lips."""
    lip: Floats
    """Redder and darker than skin."""
    coloured: bool

    @classmethod
    def of(cls, patch: NDArray[np.uint8]) -> _Views:
        colours = lab(patch)
        fine = _standing_out(colours[..., 0])
        light, red = (_standing_out(blurred(colours[..., channel], 1.5)) for channel in (0, 1))
        coloured = bool(np.any(red))
        return cls(light, fine, 0.5 * red - 0.5 * light if coloured else -light, coloured)


def _standing_out(channel: Floats) -> Floats:
    """Of one channel, what it differs by from the skin around the mouth, in the contrast of the mouth."""
    around = sample(channel, _SKIN[None])
    inside = sample(channel, _MIDDLE[None])
    contrast = float(np.std(np.concatenate([around, inside], axis=1)))
    if contrast < _COLOURLESS:
        return np.zeros_like(channel)
    return (channel - float(np.median(around))) / contrast


def _closed(views: _Views) -> Score:
    """Lips that meet: a dark line between them."""

    def score(tried: Floats) -> Floats:
        tried = tried * _SHUT
        edges = _edges(tried)
        line, step = edges[1], np.array([0, _STEP * 0.6])
        dark = _mean(views.fine, line - step) + _mean(views.fine, line + step) - 2 * _mean(views.fine, line)
        return _outside(views, edges) + 1.8 * dark

    return score


def _open(views: _Views, view: Floats, bare: float, least: float, rare: float) -> Score:
    """Lips at least `least` apart: what is between them is more than they in `view`, and than skin by `bare`.

    `rare` is what such a mouth pays for being seldom one.
    """

    def score(tried: Floats) -> Floats:
        edges = _edges(tried)
        _, upper, lower, _ = edges
        step = np.array([0, _STEP])
        within = np.minimum((lower - upper) / 2, step)
        inner = _mean(view, upper + within) - _mean(view, upper - step)
        inner += _mean(view, lower - within) - _mean(view, lower + step)
        shown = sample(view, (upper + lower)[:, 5:12] / 2).mean(axis=1) - bare
        fits = _outside(views, edges) + inner + 3 * np.clip(shown, -0.7, 0.7)
        return np.asarray(fits - np.maximum(0, least - tried[:, 5]) * 20 - rare)

    return score


def _teeth(views: _Views) -> Score:
    return _open(views, views.light - views.lip, 0.6 if views.coloured else 1.5, 0.06, 0.0)


def _dark(views: _Views) -> Score:
    return _open(views, -1.5 * views.light - 0.5 * views.lip, 4.0, 0.08, 1.0)


_KINDS: Final = (_closed, _teeth, _dark)


def _outside(views: _Views, edges: tuple[Points, Points, Points, Points]) -> Floats:
    """How well the outer edges of the lips, their bodies and their corners stand out from the skin.

    Corners count little here: those of the nose, between the folds of the cheeks, are darker.
    """
    return np.asarray(_around(views, edges) + 0.3 * _ends(views, edges))


def _ends(views: _Views, edges: tuple[Points, Points, Points, Points]) -> Floats:
    """The same of the corners alone."""
    upper, aside = edges[1], np.array([1.5 * _STEP, 0])
    dark = views.lip - views.light
    ends = sample(dark, upper[:, :1] + aside) - sample(dark, upper[:, :1] - aside)
    ends += sample(dark, upper[:, -1:] - aside) - sample(dark, upper[:, -1:] + aside)
    return np.asarray(ends[:, 0])


def _around(views: _Views, edges: tuple[Points, Points, Points, Points]) -> Floats:
    """The same of the outer edges and the bodies alone."""
    top, upper, lower, bottom = edges
    step = np.array([0, _STEP])
    outer = _mean(views.lip, top + step) - _mean(views.lip, top - step)
    outer += _mean(views.lip, bottom - step) - _mean(views.lip, bottom + step)
    body = _mean(views.lip, (top + upper) / 2) + _mean(views.lip, (lower + bottom) / 2)
    body -= _mean(views.lip, top - 3 * step) + _mean(views.lip, bottom + 3 * step)
    return np.asarray(outer + 0.5 * body)


def _mean(view: Floats, points: Points) -> Floats:
    """Over all but the outermost points, where the edges run together."""
    return np.asarray(sample(view, points[:, 1:-1]).mean(axis=1))
