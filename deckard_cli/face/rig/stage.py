"""Where the parts of a frame are put: ground, body, head, mouth."""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass
from typing import Final

import numpy as np

from deckard_cli.face.rig.canvas import Ground, Layer, Layers, Planes
from deckard_cli.face.rig.field import Body, Unmove, View
from deckard_cli.face.rig.geometry import Geometry
from deckard_cli.face.rig.lattice import Lattice
from deckard_cli.face.rig.spots import Spots, behind_head, hairiness, on_face, on_head
from deckard_cli.face.rig.texture import Held, Places, Texture, paint

_CELL: Final = 16
"""Units of the page between the points at which movement is worked out: finer than the jaw bends the skin. What is
behind the head bends less: there they are twice as far apart."""
_SKIN: Final = 60
"""Units of the page around a head in which the air goes with its skin: a jaw that comes down takes the air with it."""
_COLLAR: Final = 12
"""Units of the page around a body in which hair lies on it: what hair swings past would be bent with it."""
_MARGIN: Final = 4
"""Cells around the frame: as far as a head goes, what it brings into the frame was outside."""
_DROP: Final = 1.25
"""How far a jaw may come down, of what it does at jawOpen 1."""
_UNSEEN: Final = 0.6
"""Units of the page by which what is behind the head may lag before it is painted again: 0.3 pixels at 512."""


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
        self._ground = ground
        cell = max(4, round(_CELL * view.scale / 2) * 2)
        self._lattice, self._coarse = Lattice(view, cell, _MARGIN), Lattice(view, 2 * cell, 0)
        self._back = Texture(layers.flat(["hair-back", "body"]))
        self._front = Texture(layers.get("front")) if layers.has("front") else None
        hair, head, body, nothing = (layers.get(name) for name in ("hair-front", "head", "body", ""))
        self._head, self._mouth = layers.flat(["head", "hair-front"]), mouth
        self._drop = _DROP * geometry.head.scale * geometry.head.drop
        corners = self._lattice.corners()
        self._on_head = on_head(geometry, hairiness(geometry.page, hair, head, _SKIN), *corners)
        self._on_face = on_face(geometry, *corners)
        self._on_front = on_face(geometry, *corners, relief=geometry.head.front_relief)
        collar = hairiness(geometry.page, nothing, body, _COLLAR)
        self._on_back = behind_head(geometry, collar, *self._coarse.corners())
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
        cells, far = self._lattice, body.spread()
        gone = cells.steps(body.carried())

        def placed(unmove: Unmove, spots: Spots, layer: Layer, below: float = 0) -> Places:
            return cells.placed(unmove, spots, cells.around(layer, far, below), gone)

        return Scene(
            self._coarse.placed(body.back, self._on_back, self._coarse.all, np.zeros_like(gone)),
            placed(body.top, self._on_head, self._head, self._drop),
            placed(body.face, self._on_face, self._mouth),
            placed(body.front, self._on_front, self._front.layer) if self._front else None,
        )

    def paint(self, scene: Scene, frame: int, head: Texture, mouth: Texture) -> Planes:
        """The run's frame number `frame`: the ground, what is behind the head, the head, and the mouth over it."""
        self._behind.follow(scene.back, frame)
        canvas = self._behind.picture.copy()
        paint(head, scene.head, frame, canvas)
        paint(mouth, scene.mouth, frame, canvas)
        if self._front and scene.front:
            paint(self._front, scene.front, frame, canvas)
        return canvas.planes
