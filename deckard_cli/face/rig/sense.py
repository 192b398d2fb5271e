"""Reading a `rig.toml`, and what no drawing can mean by one, however well-formed: faces that would fold over."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import numpy as np

from deckard_cli.face.rig.geometry import Curve, Eye, Geometry, Mouth, Points
from deckard_cli.tomlfile import read_toml

__all__ = ["load", "nonsense"]

_SLACK: Final = 0.04
"""Of an eye's width: how far lids that meet may pass one another, as they do by a hair in the corners."""
_OPEN: Final = 0.03
"""Of an eye's width: an eye that is drawn less open than this has no ball to show."""


def load(path: Path) -> Geometry:
    """Read `path`. Raises `FileError`, naming file, line and field of every mistake."""
    return read_toml(path, Geometry, what="rig", check=nonsense)


def nonsense(geometry: Geometry) -> Iterator[tuple[tuple[str, ...], str]]:
    """Every field of `geometry` that would draw nonsense, such as ``("mouth", "box")``, and why."""
    page, head = geometry.page, geometry.head
    if not (0 <= head.origin[0] <= page.width and 0 <= head.origin[1] <= page.height):
        yield ("head", "origin"), "it lies outside the page"
    if head.pivot[1] <= head.origin[1]:
        yield ("head", "pivot"), "it has to lie below the eyes"
    yield from ((("mouth", field), said) for field, said in _mouth(geometry.mouth, geometry))
    for side, eye, inwards in (("left", geometry.eye.left, 1), ("right", geometry.eye.right, -1)):
        yield from ((("eye", side, field), said) for field, said in _eye(eye, inwards))
    if not _middle(geometry.eye.left.upper) < _middle(geometry.eye.right.upper):
        yield ("eye", "left"), "it lies to the right of eye.right: left and right are the viewer's"
    for side, brow, eye in (
        ("left", geometry.brow.left, geometry.eye.left),
        ("right", geometry.brow.right, geometry.eye.right),
    ):
        if brow[0][0] == brow[-1][0]:
            yield ("brow", side), "both its ends lie at the same x"
        if np.mean([y for _, y in brow]) >= np.mean([y for _, y in eye.lower]):
            yield ("brow", side), "it lies below the eye"


def _mouth(mouth: Mouth, geometry: Geometry) -> Iterator[tuple[str, str]]:
    page, head = geometry.page, geometry.head
    corners = head.to_page(np.array([[-mouth.half_width, mouth.line], [mouth.half_width, mouth.line]]))
    if (corners < 0).any() or (corners > (page.width, page.height)).any():
        yield "line", "the mouth lies outside the page"
    if not 0 < mouth.line < head.chin:
        yield "line", f"the mouth has to lie between the eyes (0) and the chin ({head.chin:g})"
    if not mouth.line - mouth.upper <= mouth.teeth <= mouth.line + mouth.lower + head.drop:
        yield "teeth", "the upper teeth end outside the mouth"
    left, top, right, bottom = mouth.box
    across = (corners[:, 0] - head.origin[0]) / head.scale
    if left > across[0] or right < across[1] or top > mouth.line - mouth.upper or bottom < mouth.line + mouth.lower:
        needed = [across[0], mouth.line - mouth.upper, across[1], mouth.line + mouth.lower]
        yield "box", f"it has to hold the lips, which take [{', '.join(f'{value:.0f}' for value in needed)}]"


def _eye(eye: Eye, inwards: int) -> Iterator[tuple[str, str]]:
    """`inwards` is the sign of the way along x from the outer to the inner corner."""
    for field in ("upper", "lower", "shut", "crease", "crease_shut"):
        curve = getattr(eye, field)
        if inwards * (curve[0][0] - curve[-1][0]) <= 0:
            yield field, "it has to run from the inner corner of the eye to the outer one"
            return
    ends = sorted((eye.upper[0][0], eye.upper[-1][0]))
    width = ends[1] - ends[0]
    x = np.linspace(ends[0], ends[1], 33)
    upper, lower, shut, crease, crease_shut = (
        _heights(curve, x) for curve in (eye.upper, eye.lower, eye.shut, eye.crease, eye.crease_shut)
    )
    slack = _SLACK * width
    for field, above, below, said in (
        ("upper", upper, lower, "the upper lid crosses the lower one"),
        ("shut", upper, shut, "the closed lid lies above the open one"),
        ("shut", shut, lower, "the closed lid lies below the lower one"),
        ("crease", crease, upper, "the fold crosses the edge of the lid"),
        ("crease_shut", crease_shut, shut, "the fold crosses the edge of the closed lid"),
    ):
        if (above > below + slack).any():
            yield field, said
    if (lower - upper).max() < _OPEN * width:
        yield "upper", "the eye is drawn closed: it lies on the lower lid"
    if not (ends[0] <= eye.iris[0] <= ends[1] and upper.min() - slack <= eye.iris[1] <= lower.max() + slack):
        yield "iris", "it lies outside the eye"
    if eye.iris_radius > width:
        yield "iris_radius", "the iris is wider than the eye"


def _heights(curve: Curve, x: Points) -> Points:
    points = np.array(sorted(curve))
    heights: Points = np.interp(x, points[:, 0], points[:, 1])
    return heights


def _middle(curve: Curve) -> float:
    return float(np.mean([x for x, _ in curve]))
