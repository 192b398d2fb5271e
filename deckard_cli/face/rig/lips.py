"""Where the lips are: the four curves of a mouth for a pose, in units of a face seen from the front.

A lip has an outer edge (against the skin) and an inner one. The inner edges leave the corners as a superellipse,
flatter when the mouth is closed and rounder when it is open; a rounded mouth's outer edge is drawn towards an
ellipse.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from operator import attrgetter
from typing import Final

import numpy as np

from deckard_cli.face.rig.geometry import Geometry, OwnLips, Points
from deckard_cli.face.rig.pose import MouthPose

SAMPLES: Final = 65
_NAMES: Final = tuple(field.name for field in fields(MouthPose))
_VALUES: Final = attrgetter(*_NAMES)
CLOSES_DOWN: Final = 0.2
"""Share of the gap of open lips that the upper one comes down to close it; the lower one comes up the rest."""
_T: Final = np.array([-1, -0.93, -0.8, -0.6, -0.4, -0.2, 0, 0.2, 0.4, 0.6, 0.8, 0.93, 1])
_UPPER_X: Final = np.array([-1, -0.8, -0.55, -0.25, -0.09, 0, 0.09, 0.25, 0.55, 0.8, 1])
_LOWER_X: Final = np.array([-1, -0.86, -0.64, -0.36, 0, 0.36, 0.64, 0.86, 1])
_UPPER_ANGLE: Final = np.radians([180, 158, 134, 110, 97, 90, 83, 70, 46, 22, 0])
_LOWER_ANGLE: Final = np.radians([180, 158, 134, 111, 90, 69, 46, 22, 0])
_BOW: Final = np.array([0, 0, 0, -0.6, 2.4, 4.0, 2.4, -0.6, 0, 0, 0])
"""The cupid's bow: how much lower than the top of the upper lip its edge runs."""


def _spline(controls: int) -> Points:
    """The matrix that turns control points into `SAMPLES` points of a Catmull-Rom curve through them."""
    matrix = np.zeros((SAMPLES, controls), np.float32)
    for row, u in enumerate(np.linspace(0, controls - 1, SAMPLES)):
        i = min(int(u), controls - 2)
        t = u - i
        weights = (
            -0.5 * t + t * t - 0.5 * t**3,
            1 - 2.5 * t * t + 1.5 * t**3,
            0.5 * t + 2 * t * t - 1.5 * t**3,
            -0.5 * t * t + 0.5 * t**3,
        )
        for offset, weight in zip((-1, 0, 1, 2), weights, strict=True):
            matrix[row, min(max(i + offset, 0), controls - 1)] += weight
    return matrix


_INNER: Final = _spline(len(_T))
_OUTER_UPPER: Final = _spline(len(_UPPER_X))
_OUTER_LOWER: Final = _spline(len(_LOWER_X))


@dataclass(frozen=True, slots=True)
class Lips:
    """Four curves on the page, each (SAMPLES, 2), from the viewer's left corner to the right one."""

    top: Points
    """Outer edge of the upper lip."""
    upper: Points
    """Inner edge of the upper lip."""
    lower: Points
    """Inner edge of the lower lip."""
    bottom: Points
    """Outer edge of the lower lip."""
    gap: float
    """Between the inner edges in the middle, in units of the face."""
    jaw_drop: float
    """How far the lower teeth have come down, in units of the face."""


def lips(pose: MouthPose, geometry: Geometry) -> Lips:
    """The lips of `pose` on the drawing of `geometry`."""
    return all_lips([pose], geometry)[0]


def all_lips(poses: Sequence[MouthPose], geometry: Geometry) -> list[Lips]:
    """The lips of each of `poses`, worked out together: one by one they cost as much as drawing them."""
    if not poses:
        return []
    own = geometry.mouth.own
    if own is None:
        edges, gaps, drops = _model(poses, geometry)
    else:
        smile = geometry.mouth.smile
        rest = MouthPose(smile_left=smile, smile_right=smile)
        edges, _, drops = _model([rest, *poses], geometry)
        edges, drops = _carried(edges, own, poses), drops[1:]
        gaps = (edges[:, 2, SAMPLES // 2, 1] - edges[:, 1, SAMPLES // 2, 1]) / geometry.head.scale
    each = zip(edges, gaps.tolist(), drops.tolist(), strict=True)
    return [Lips(e[0], e[1], e[2], e[3], gap, drop) for e, gap, drop in each]


def _carried(model: Points, own: OwnLips, poses: Sequence[MouthPose]) -> Points:
    """Lips of a photograph in `poses`, (n, 4, SAMPLES, 2): each edge goes as far as that of the `model`, whose first is
    its face at rest. Lips that were photographed open are closed first, and open again where they may relax.
    """
    relaxed, rounded = (
        np.array([getattr(pose, name) for pose in poses])[:, None, None] for name in ("relaxed", "round")
    )
    rest, moved = model[0], model[1:]
    top, upper, lower, bottom = opened = _like(own, rest)
    gap = np.maximum(lower - upper, 0) * (0.0, 1.0)
    met = upper + CLOSES_DOWN * gap
    closed = np.stack([top + 0.6 * CLOSES_DOWN * gap, met, met, bottom - 0.55 * gap])
    edges: Points = moved + (closed - rest) + relaxed[..., None] * (opened - closed)
    # A smile bares the teeth; round lips come down over them.
    edges += np.array([0.15, 0.3, 0.15, 0.1])[:, None, None] * rounded[..., None] * gap
    edges[:, 2, :, 1] = np.maximum(edges[:, 2, :, 1], edges[:, 1, :, 1] + 0.05)
    return edges


def _like(own: OwnLips, rest: Points) -> Points:
    """The edges of `own` sampled where those of `rest`, (4, SAMPLES, 2), are: each at the same share of its width."""
    found = np.empty_like(rest, np.float64)
    for edge, model, curve in zip(found, rest, (own.top, own.upper, own.lower, own.bottom), strict=True):
        points = np.array(curve)
        share = (model[:, 0] - model[0, 0]) / (model[-1, 0] - model[0, 0])
        edge[:, 0] = points[0, 0] + share * (points[-1, 0] - points[0, 0])
        edge[:, 1] = np.interp(edge[:, 0], *points[np.argsort(points[:, 0])].T)
    return found


def _model(poses: Sequence[MouthPose], geometry: Geometry) -> tuple[Points, Points, Points]:
    """The edges (n, 4, SAMPLES, 2) on the page, the gaps and the ways of the jaw in units of the face."""
    mouth, head = geometry.mouth, geometry.head
    rows = np.array([_VALUES(pose) for pose in poses]).T[..., None]
    p = dict(zip(_NAMES, rows, strict=True))
    jaw, rounding, press, tuck = p["jaw"], p["round"], p["press"], p["tuck"]
    smiles = np.concatenate([p["smile_left"], p["smile_right"]], 1)
    smile = smiles.mean(1, keepdims=True)
    merry, drop, open_ = np.maximum(smile, 0), head.drop * jaw, 1 - p["close"]
    half = mouth.half_width + 9 * p["width"] + 8 * smile - 24.5 * rounding - 3 * jaw * (1 - rounding) + 1.5 * press
    inner_x = _T * (half - (1.2 + 8 * rounding + 0.8 * jaw))

    # The middle of the inner edges; lips that meet do so where the jaw has carried the line between them.
    raised = mouth.line - 4 * jaw * open_ - 6 * p["part_upper"] - 3 * rounding * (0.3 + jaw) - 6 * tuck - 0.2 * press
    lowered = mouth.line + 0.4 + 0.94 * drop + 4.5 * p["part_lower"] * (1 - tuck) + 3.5 * rounding - 1.5 * tuck
    meeting = mouth.line + 0.3 + 0.42 * drop + 0.8 * press
    raised, lowered = (edge * open_ + meeting * (1 - open_) for edge in (raised, lowered))
    gap = np.maximum(lowered - raised, 0)
    corners = mouth.line + 2 - 12 * smiles + (0.44 - 0.2 * np.minimum(merry, 1)) * drop
    corners = corners + (0.5 * (raised + lowered) - corners) * np.minimum(1, 1.05 * rounding)

    sharp = 0.78 - 0.28 * np.minimum(1, rounding + 0.5 * jaw * open_)
    profile = np.maximum(0, 1 - np.abs(_T) ** 2.1) ** sharp
    bow = 1.8 * np.exp(-((_T / 0.16) ** 2)) - 1.6 * np.exp(-(((np.abs(_T) - 0.42) / 0.22) ** 2))
    bow = bow * (1 - 0.9 * rounding) * (1 - 0.4 * jaw * open_) * (1 - 0.45 * np.minimum(merry, 1)) * (1 - press)
    base = corners[:, :1] + (corners[:, 1:] - corners[:, :1]) * 0.5 * (_T + 1) - np.where(smile > 0, 1.4, 0) * _T
    upper = base + (raised - base) * profile + bow
    lower = np.maximum(base + (lowered - base) * profile + bow * np.maximum(0, 1 - gap / 10), upper + 0.15)

    thick_upper = (mouth.upper + 3 * rounding - 2 * merry - 1.5 * jaw * open_) * (1 - 0.5 * press)
    thick_lower = (mouth.lower + 2 * rounding - 2 * merry - 3 * jaw * open_) * (1 - 0.48 * press) * (1 - 0.45 * tuck)
    top, bottom = raised - thick_upper, lowered + thick_lower
    middle, radius, pull = 0.5 * (top + bottom), 0.5 * (bottom - top), np.minimum(1, 0.92 * rounding)
    outer_top = _rounded(_outer_top(half, corners, top, rounding), _UPPER_ANGLE, half, middle, -radius, pull)
    outer_bottom = _rounded(_outer_bottom(half, corners, bottom, rounding), _LOWER_ANGLE, half, middle, radius, pull)
    outer_top[:, 5, 1] += 2.2 * pull[:, 0]
    curves = [
        _OUTER_UPPER @ outer_top,
        _INNER @ np.stack([inner_x, upper], 2),
        _INNER @ np.stack([inner_x, lower], 2),
        _OUTER_LOWER @ outer_bottom,
    ]
    together = np.concatenate(curves, 1)
    together[..., 0] += 10 * p["shift"]
    placed = head.to_page(together.reshape(-1, 2), relief=8).reshape(len(poses), 4, SAMPLES, 2)
    return placed, gap[:, 0], drop[:, 0]


def _rounded(points: Points, angles: Points, half: Points, middle: Points, radius: Points, pull: Points) -> Points:
    """Control points, shape (n, points, 2), drawn by `pull` towards an ellipse around the mouth."""
    ellipse = np.stack([half * np.cos(angles), middle + radius * np.sin(angles)], 2)
    rounded: Points = points + (ellipse - points) * pull[..., None]
    return rounded


def _outer_top(half: Points, corners: Points, top: Points, rounding: Points) -> Points:
    """Control points of the upper lip's outer edge, shape (n, points, 2)."""
    x = np.broadcast_to(_UPPER_X, (len(half), len(_UPPER_X))).copy()
    x[:, [3, 7]] = np.array([-1, 1]) * (0.25 + 0.11 * rounding)
    rise = np.array([0, 0.36, 0.74, 1, 1, 1, 1, 1, 0.74, 0.36, 0])
    bow = np.broadcast_to(_BOW, x.shape).copy()
    bow[:, 5:6] -= 1.5 * rounding
    base = np.where(x < 0, corners[:, :1] + 1.4, corners[:, 1:] - 1.4)
    return np.stack([half * x, base + (top - base) * rise + bow], 2)


def _outer_bottom(half: Points, corners: Points, bottom: Points, rounding: Points) -> Points:
    """Control points of the lower lip's outer edge, shape (n, points, 2)."""
    edge, full = 0.62 * (0.40 + 0.26 * rounding), np.ones_like(rounding)
    rise = np.concatenate([0 * full, edge, 0.68 + 0.12 * rounding, 0.92 + 0.04 * rounding, full], 1)
    rise = np.concatenate([rise, rise[:, -2::-1]], 1)
    base = np.where(_LOWER_X < 0, corners[:, :1] + 1.4, corners[:, 1:] - 1.4)
    return np.stack([half * _LOWER_X, base + (bottom - base) * rise + np.where(rise == 1, 0.6, 0)], 2)
