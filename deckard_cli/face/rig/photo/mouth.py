"""The lips of a photograph, and the mouth behind them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from deckard_cli.face.rig.geometry import Geometry, Points
from deckard_cli.face.rig.photo.inside import Colour, inside
from deckard_cli.face.rig.photo.layer import Cut, through
from deckard_cli.face.rig.photo.skin import Mask, Patch, heal

_CORNER = 0.16
"""Share of half the mouth beside each corner that is shadow more than lip."""


def cut_mouth(whole: Patch, bare: Patch, geometry: Geometry) -> list[Cut]:
    """The layers of the mouth; in `bare` it is painted over."""
    top, upper, lower, bottom = own_edges(geometry)
    unit = geometry.head.scale
    outline = np.concatenate([top, bottom[::-1]])
    patch = whole.window(np.concatenate([outline, _room(geometry)]), 8 * unit)
    hole = patch.inside(outline, grow=5 * unit, soft=6 * unit)
    heal(bare, patch, hole, seed=1)
    lips = np.clip(_between(patch, lower, bottom) + _between(patch, top, upper), 0, 1)
    around = patch.inside(outline, grow=26 * unit) * (1 - hole)
    layers = _inside(patch, geometry, colour(patch, around), colour(patch, lips))
    whole_lips = patch.inside(outline, grow=4 * unit, soft=6 * unit)
    half = float(top[-1, 0] - top[0, 0]) / 2
    along = np.abs(patch.columns - (top[0, 0] + half)) / half
    # In a rounded mouth the corners of a smile would be two dark bars: they are a layer of their own, which fades.
    plain = np.clip((1 + 0.5 * _CORNER - along) / _CORNER, 0, 1)
    layers += through("lip-corners", patch, whole_lips * np.clip(2 - 2 * plain, 0, 1))
    above, below = (0.5 - patch.below(upper) / (0.7 * unit)), (0.5 + patch.below(lower) / (0.7 * unit))
    layers += through("lip-upper", patch, plain * whole_lips * np.clip(above, 0, 1))
    layers += through("lip-lower", patch, plain * whole_lips * np.clip(below, 0, 1))
    return layers


def own_edges(geometry: Geometry) -> tuple[Points, Points, Points, Points]:
    """The edges of the photographed lips, from the upper one's outer edge down."""
    own = geometry.mouth.own
    assert own is not None
    top, upper, lower, bottom = (np.array(curve) for curve in (own.top, own.upper, own.lower, own.bottom))
    return top, upper, lower, bottom


def colour(patch: Patch, mask: Mask) -> Colour:
    """The usual colour under `mask`."""
    found = patch.rgb[mask > 0.9]
    usual: NDArray[np.floating] = np.median(found, axis=0) if len(found) else np.array([0.6, 0.45, 0.4])
    return usual


def _room(geometry: Geometry) -> Points:
    """The part of the page that the mouth may cover, as its upper left and lower right corners."""
    left, top, right, bottom = geometry.mouth.box
    room: Points = geometry.head.scale * np.array([[left, top], [right, bottom]]) + geometry.head.origin
    return room


def _between(patch: Patch, above: Points, below: Points) -> Mask:
    return patch.inside(np.concatenate([above, below[::-1]]))


def _inside(patch: Patch, geometry: Geometry, skin: Colour, lips: Colour) -> list[Cut]:
    """What is behind the lips: painted, and where the photograph shows teeth, those."""
    _, upper, lower, _ = own_edges(geometry)
    unit = geometry.head.scale
    painted = inside(patch, geometry, skin, lips)
    gap = float(np.max(np.interp(upper[:, 0], lower[:, 0], lower[:, 1]) - upper[:, 1]))
    if gap > 2.5 * unit:
        opening = patch.inside(np.concatenate([upper, lower[::-1]]), grow=unit, soft=1.5 * unit)[..., None]
        teeth = painted["teeth-upper"]
        rest = teeth[..., 3:] * (1 - opening)
        rgb = (patch.rgb * opening + teeth[..., :3] * rest) / np.maximum(opening + rest, 1e-6)
        painted["teeth-upper"] = np.dstack([rgb, opening + rest])
    (left, top), (right, bottom) = _room(geometry)
    room = (patch.columns > left) & (patch.columns < right) & (patch.rows > top) & (patch.rows < bottom)
    found: list[Cut] = []
    for name, pixels in painted.items():
        found += through(name, patch, pixels[..., 3] * room, pixels[..., :3])
    return found
