"""Where the parts of a frame are put: ground, body, head, mouth."""

from __future__ import annotations

import math
from copy import copy
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from deckard_cli.face.rig.canvas import Box, Grid, Ground, Layer, Layers, Planes
from deckard_cli.face.rig.field import Body, Unmove, View
from deckard_cli.face.rig.geometry import Geometry
from deckard_cli.face.rig.spots import Spots, behind_head, hairiness, on_face, on_head
from deckard_cli.face.rig.texture import Held, Places, Texture, paint

_CELL: Final = 16
"""Units of the page between the points at which movement is worked out: finer than the jaw bends the skin."""
_SKIN: Final = 60
"""Units of the page around a head in which the air goes with its skin: a jaw that comes down takes the air with it."""
_COLLAR: Final = 12
"""Units of the page around a body in which hair lies on it: what hair swings past would be bent with it."""
_MARGIN: Final = 4
"""Cells around the frame: as far as a head goes, what it brings into the frame was outside."""
_DROP: Final = 1.25
"""How far a jaw may come down, of what it does at jawOpen 1."""
_UNSEEN: Final = 0.3
"""Units of the page by which what is behind the head may lag before it is painted again: a sixth of a pixel at 512."""


@dataclass(frozen=True, slots=True)
class Scene:
    """Where everything is in a run of frames."""

    back: Places
    head: Places
    mouth: Places
    front: Places | None


class Stage:
    """Paints frames, one after the other."""

    def __init__(self, layers: Layers, geometry: Geometry, view: View, mouth: Layer, ground: Ground) -> None:
        """`mouth` is a layer as large as the mouth can become, `ground` what is behind everything."""
        self._ground, self._view = ground, view
        self._cell = max(4, round(_CELL * view.scale / 2) * 2)
        self._back = Texture(layers.flat(["hair-back", "body"]))
        self._front = Texture(layers.get("front")) if layers.has("front") else None
        hair, head, body, nothing = (layers.get(name) for name in ("hair-front", "head", "body", ""))
        self._head, self._mouth = layers.flat(["head", "hair-front"]), mouth
        self._drop = _DROP * geometry.head.scale * geometry.head.drop
        self._all = Box(0, 0, *(-(-side // self._cell) + 2 * _MARGIN for side in (view.width, view.height)))
        x, y = self._corners()
        self._on_head = on_head(geometry, hairiness(geometry.page, hair, head, _SKIN), x, y)
        self._on_face = on_face(geometry, x, y)
        self._on_front = on_face(geometry, x, y, relief=geometry.head.front_relief)
        self._on_back = behind_head(geometry, hairiness(geometry.page, nothing, body, _COLLAR), x, y)
        self._forget()

    def again(self) -> Stage:
        """One that has painted nothing yet; what is worked out once, both share."""
        fresh = copy(self)
        fresh._forget()
        return fresh

    def _forget(self) -> None:
        self._behind = Held(self._back, self._ground, _UNSEEN)

    def set(self, body: Body) -> Scene:
        """Where everything is when the figure moves as `body`: worked out together, because frame by frame it would
        take as long as painting.
        """
        # Cells go with the head, by whole pixels and even ones, as colour goes by twos.
        gone = np.rint(body.carried() * (self._view.scale / 2)).astype(int) * 2
        still, far = np.zeros_like(gone), body.spread()
        return Scene(
            self._placed(body.back, self._on_back, self._all, still),
            self._placed(body.top, self._on_head, self._around(self._head, far, self._drop), gone),
            self._placed(body.face, self._on_face, self._around(self._mouth, far), gone),
            self._placed(body.front, self._on_front, self._around(self._front.layer, far), gone)
            if self._front
            else None,
        )

    def paint(self, scene: Scene, frame: int, head: Texture, mouth: Texture) -> Planes:
        """The run's frame number `frame`: the ground, what is behind the head, the head, and the mouth over it."""
        self._behind.follow(scene.back, frame)
        planes = self._behind.picture.copy()
        paint(head, scene.head, frame, planes)
        paint(mouth, scene.mouth, frame, planes)
        if self._front and scene.front:
            paint(self._front, scene.front, frame, planes)
        return planes

    def _placed(self, unmove: Unmove, spots: Spots, cells: Box, gone: NDArray[np.int_]) -> Places:
        """Where the points of some cells are, which have gone so many pixels in each frame."""
        part = spots.part(slice(cells.top, cells.bottom + 1), slice(cells.left, cells.right + 1))
        x, y = unmove(part.shifted((gone / self._view.scale).astype(np.float32)))
        left, top = ((first - _MARGIN) * self._cell for first in (cells.left, cells.top))
        corners = [(left + right, top + down) for right, down in gone.tolist()]
        return Places(np.ascontiguousarray(x, np.float32), np.ascontiguousarray(y, np.float32), corners, self._cell)

    def _around(self, layer: Layer, far: float, below: float = 0) -> Box:
        """The cells in which `layer` may show, if no part of it goes further than `far` units of the page from where
        the whole goes, and `below` more downwards.
        """
        cell, (height, width) = self._cell / self._view.scale, layer.pixels.shape[:2]
        left, top = layer.left / layer.scale - self._view.left, layer.top / layer.scale - self._view.top
        ends = (left - far, top - far, left + width / layer.scale + far, top + height / layer.scale + far + below)
        first, last = ([math.floor(end / cell) + _MARGIN for end in ends], [self._all.right, self._all.bottom])
        x0, y0, x1, y1 = (min(max(at, 0), most) for at, most in zip(first, last * 2, strict=True))
        return Box(x0, y0, min(x1 + 1, self._all.right), min(y1 + 1, self._all.bottom))

    def _corners(self) -> tuple[Grid, Grid]:
        """Those of the cells that cover the frame, and of some around it, in units of the page."""
        ways = [np.arange(count + 1, dtype=np.float32) - _MARGIN for count in (self._all.right, self._all.bottom)]
        cell, view = self._cell / self._view.scale, self._view
        x, y = np.meshgrid(ways[0] * cell + view.left, ways[1] * cell + view.top)
        return x, y
