"""Where the parts of a frame are put: ground, body, head, mouth."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final

import cv2
import numpy as np

from deckard_cli.face.portrait import Portrait
from deckard_cli.face.rig.canvas import Grid, Ground, Layer, Layers, Packed, Planes
from deckard_cli.face.rig.field import Body, View
from deckard_cli.face.rig.geometry import Geometry
from deckard_cli.face.rig.sprite import REACH, Scratch, Sprite, hidden_by, shown

_CELL: Final = 16
"""Units of the page between the points at which movement is worked out: finer than the jaw bends the skin."""
_BREATH: Final = 8
"""Units of the page that a body moves."""
_PARALLAX: Final = 16
"""Units of the page that what is behind the head may come out from under its edge, when it turns."""
_UNSEEN: Final = 0.6
"""Units of the page by which what is behind the head may lag before it is painted again: a third of a pixel at 512."""
_JAW_REACH: Final = 60
"""Units of the page that a jaw may come down."""


class Stage:
    """Paints frames, one after the other."""

    def __init__(
        self, portrait: Portrait, layers: Layers, geometry: Geometry, view: View, mouth: Layer, transparent: bool
    ) -> None:
        """`mouth` is a layer as large as the mouth can become; `transparent` leaves the background out."""
        self._ground = Ground.of(_ground(portrait, view, transparent), opacity=transparent)
        self._backdrop = Ground(self._ground.planes())
        self._behind: tuple[float, ...] = ()
        self._back_layer = layers.flat(["hair-back", "body"])
        head = layers.flat(["head", "hair-front"])
        hair, scratch = layers.get("hair-front"), Scratch()
        cell = max(4, round(_CELL * view.scale / 2) * 2)
        behind = hidden_by([head], view, cell, _PARALLAX)
        back = shown(layers.get("hair-back"), view, cell) | shown(layers.get("body"), view, cell, reach=_BREATH)
        top = shown(hair, view, cell) | shown(layers.get("head"), view, cell, below=_JAW_REACH)
        room = shown(replace(mouth, pixels=np.full_like(mouth.pixels, 255)), view, cell, reach=REACH / 2)
        self._back = Sprite(geometry, view, back & ~behind, cell, scratch)
        self._top = Sprite(geometry, view, top, cell, scratch, _hairiness(hair))
        self._mouth = Sprite(geometry, view, room, cell, scratch)

    def paint(self, body: Body, head: Layer, mouth: Layer) -> Planes:
        """A whole frame: the ground, what is behind the head, the head, and the mouth over it."""
        carried = body.carried()
        if not self._behind or self._moved(body.behind()):
            self._behind = body.behind()
            planes = self._ground.planes()
            self._back.place(self._back_layer, body.back, (0, 0), planes)
            self._backdrop.become(planes)
        planes = self._backdrop.planes()
        self._top.place(head, body.top, carried, planes)
        self._mouth.place(mouth, body.face, carried, planes)
        return planes

    def _moved(self, behind: tuple[float, ...]) -> bool:
        """Whether what is behind the head has gone so far since it was painted that anybody could see it."""
        far = max(abs(now - then) for now, then in zip(behind, self._behind, strict=True))
        return far > _UNSEEN


def _hairiness(hair: Layer) -> Callable[[Grid, Grid], Grid]:
    """How much of a point of the page, and of what is around it, is hair."""
    soft = cv2.GaussianBlur(hair.pixels[..., 3], (0, 0), 10 * hair.scale)

    def at(x: Grid, y: Grid) -> Grid:
        column, row = (x * hair.scale - hair.left - 0.5), (y * hair.scale - hair.top - 0.5)
        sampled = cv2.remap(soft, column.astype(np.float32), row.astype(np.float32), cv2.INTER_LINEAR)
        share: Grid = np.clip(sampled.astype(np.float32) / 170, 0, 1)
        return share

    return at


def _ground(portrait: Portrait, view: View, transparent: bool) -> Packed:
    if transparent:
        return np.zeros((view.height, view.width, 4), np.uint8)
    layers = Layers(portrait.folder / "layers", view.scale)
    return layers.view("background", view.left, view.top, (view.width, view.height))
