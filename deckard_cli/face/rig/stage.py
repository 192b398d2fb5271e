"""Where the parts of a frame are put: ground, body, head, mouth."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from copy import copy
from dataclasses import replace
from functools import partial
from typing import Final

import numpy as np

from deckard_cli.face.rig.canvas import Box, Grid, Ground, Layer, Layers, Planes
from deckard_cli.face.rig.field import Body, Unmove, View
from deckard_cli.face.rig.geometry import Geometry, Hanging
from deckard_cli.face.rig.held import Held, State, shows
from deckard_cli.face.rig.spots import Spots, behind_head, hairiness, on_face, on_head
from deckard_cli.face.rig.sprite import Scratch, Sprite
from deckard_cli.face.rig.texture import Texture
from deckard_cli.face.rig.tiles import Mask, hidden_by, shown

_Plan = tuple[Mask, Callable[[Grid, Grid], Spots]]
"""Where a layer may show, and what its points follow."""

_CELL: Final = 16
"""Units of the page between the points at which movement is worked out: finer than the jaw bends the skin."""
_CALM: Final = 16
"""Units of the page that the parts of a head in conversation go apart. A head that moves further is drawn in larger
rectangles, which most clips never pay for."""
_BREATH: Final = 7.5
"""Units of the face that a body moves."""
_LATE: Final = 1.5
"""How far hair swings, of what the head goes."""
_SKIN: Final = 60
"""Units of the page around a head in which the air goes with its skin: a jaw that comes down takes the air with it."""
_COLLAR: Final = 12
"""Units of the page around a body in which hair lies on it: what hair swings past would be bent with it."""
_UNSEEN: Final = 0.6
"""Units of the page by which what is behind the head may lag before it is painted again: a third of a pixel at 512."""
_STILL: Final = 0.03
"""The same of the head itself: it moves with every frame, or a slow turn would go in steps."""
_DROP: Final = 1.25
"""How far a jaw may come down, of what it does at jawOpen 1."""


class Stage:
    """Paints frames, one after the other."""

    def __init__(self, layers: Layers, geometry: Geometry, view: View, mouth: Layer, ground: Ground) -> None:
        """`mouth` is a layer as large as the mouth can become, `ground` what is behind everything."""
        self._ground = ground
        self._forget()
        self._geometry, self._view, self._layers = geometry, view, layers
        self._cell, self._scratch = max(4, round(_CELL * view.scale / 2) * 2), Scratch()
        self._back_layer, self._top_layer = layers.flat(["hair-back", "body"]), layers.flat(["head", "hair-front"])
        self._back_texture, self._front_texture = Texture(self._back_layer), Texture(layers.get("front"))
        self._room = replace(mouth, pixels=np.full_like(mouth.pixels, 255))
        hair, head, body, nothing = (layers.get(name) for name in ("hair-front", "head", "body", ""))
        self._hair = hairiness(geometry.page, hair, head, _SKIN)
        self._hair_behind = hairiness(geometry.page, nothing, body, _COLLAR)
        self._made: dict[tuple[str, int], Sprite] = {}

    def again(self) -> Stage:
        """One that has painted nothing yet; what is worked out once, both work out for one another."""
        fresh = copy(self)
        fresh._forget()
        return fresh

    def _forget(self) -> None:
        self._backdrop = Held(self._ground, _UNSEEN / 3)
        self._figure = Held(self._ground, _STILL)
        self._behind: tuple[float, ...] = ()

    def paint(self, body: Body, head: Texture, mouth: Texture, states: Sequence[State]) -> Planes:
        """A whole frame: the ground, what is behind the head, the head, and the mouth over it. `states` are those of
        the parts of `head`.
        """
        carried, spread = body.carried(), body.spread()
        level = max(1, math.ceil(spread / _CALM))
        stale: list[Box] = []
        if not self._behind or self._moved(body.behind()):
            self._behind = body.behind()
            back = self._sprite("back", max(1, math.ceil((spread + math.hypot(*carried)) / _CALM)))
            stale = self._backdrop.renew(back, back.placed(self._back_texture, body.back, (0, 0)), self._ground, ())
        top = self._sprite("top", level)
        self._figure.renew(top, top.placed(head, body.top, carried), self._backdrop.picture, stale, states)
        planes = self._figure.picture.copy()
        self._place("mouth", level, mouth, body.face, carried, planes)
        if self._layers.has("front"):
            self._place("front", level, self._front_texture, body.front, carried, planes)
        return planes

    def _place(
        self, part: str, level: int, texture: Texture, unmove: Unmove, carried: tuple[float, float], planes: Planes
    ) -> None:
        """Draw a layer over `planes`."""
        sprite = self._sprite(part, level)
        placed = sprite.placed(texture, unmove, carried)
        for box in sprite.parts(shows(placed, texture.layer.box, sprite.cell)):
            sprite.draw(box, placed, planes, planes)

    def _moved(self, behind: tuple[float, ...]) -> bool:
        """Whether what is behind the head has gone so far since it was painted that anybody could see it."""
        far = max(abs(now - then) for now, then in zip(behind, self._behind, strict=True))
        return far > _UNSEEN

    def _sprite(self, part: str, level: int) -> Sprite:
        """What draws `part` where nothing goes further than `level` times as far as in a calm head."""
        if (part, level) not in self._made:
            plans = {"back": self._back, "top": self._top, "mouth": self._mouth, "front": self._front}
            tiles, spots = plans[part](level)
            self._made[part, level] = Sprite(spots, self._view, tiles, self._cell, self._scratch)
        return self._made[part, level]

    def _back(self, level: int) -> _Plan:
        breath = _BREATH * self._geometry.head.scale
        shows = self._shown("hair-back", level * _LATE * _CALM) | self._shown("body", level * breath)
        # As far as the head goes, what is behind comes out from under its edge.
        hidden = hidden_by([self._top_layer], self._view, self._cell, level * _CALM)
        return shows & ~hidden, partial(behind_head, self._geometry, self._hair_behind)

    def _top(self, level: int) -> _Plan:
        drop = _DROP * self._geometry.head.scale * self._geometry.head.drop
        shows = self._shown("hair-front", level * _CALM) | self._shown("head", level * _CALM, drop)
        for hanging in self._geometry.hanging:
            shows |= self._around(hanging)
        return shows, partial(on_head, self._geometry, self._hair)

    def _mouth(self, level: int) -> _Plan:
        shows = shown(self._room, self._view, self._cell, reach=level * _CALM / 2)
        return shows, partial(on_face, self._geometry)

    def _front(self, level: int) -> _Plan:
        relief = self._geometry.head.front_relief
        return self._shown("front", level * _CALM), partial(on_face, self._geometry, relief=relief)

    def _around(self, hanging: Hanging) -> Mask:
        """Where an earring may swing."""
        (x, top), (_, bottom), scale = hanging.hook, hanging.end, self._layers.scale
        length = bottom - top
        box = (round(2 * length * scale), round(1.6 * length * scale))
        swung = Layer(np.full((*box[::-1], 4), 255, np.uint8), round((x - length) * scale), round(top * scale), scale)
        return shown(swung, self._view, self._cell, reach=0)

    def _shown(self, name: str, reach: float, below: float = 0) -> Mask:
        return shown(self._layers.get(name), self._view, self._cell, reach=reach, below=below)
