"""Pictures that are kept from frame to frame, and painted again only where something moved."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from deckard_cli.face.rig.canvas import Box, Grid, Ground, Planes, cut
from deckard_cli.face.rig.sprite import Placed, Sprite
from deckard_cli.face.rig.tiles import Mask

State = tuple[Box, object]
"""A part of a layer, in its pixels, and what is painted there."""


class Held:
    """A layer over what is behind it. Each cell of it is where it was when it was painted, until it has gone far enough
    to be seen.
    """

    def __init__(self, ground: Ground, unseen: float) -> None:
        """`ground` is what is behind before anything is painted, `unseen` how far a point may go, in units of the page,
        before it is painted again.
        """
        self.picture = ground.again()
        self._unseen = unseen
        self._sprite: Sprite | None = None
        self._off = (0, 0)
        self._at: tuple[Grid, Grid] = (np.zeros(0), np.zeros(0))
        self._states: Sequence[State] = ()

    def renew(
        self, sprite: Sprite, placed: Placed, under: Ground, stale: Sequence[Box], states: Sequence[State] = ()
    ) -> list[Box]:
        """Paint what changed, and say where, in pixels: what has moved, what lies over the `stale` parts of `under`,
        and the parts of the layer that are in another of their `states`.
        """
        if self._sprite is not sprite or self._off != placed.off:
            self._sprite, self._off, self._states = sprite, placed.off, states
            self._at = (placed.columns[1:-1, 1:-1].copy(), placed.rows[1:-1, 1:-1].copy())
            self.picture.become(under)
            for box in sprite.boxes:
                sprite.draw(box, placed, under.planes, self.picture.planes)
            return [self.picture.box]
        changed = self._moved(placed)
        for box in stale:
            changed[sprite.cells(box, placed.off)] = True
            _copy(under.planes, self.picture.planes, box)
        for (box, state), (_, old) in zip(states, self._states, strict=True):
            if state != old:
                changed |= shows(placed, box, 2 * sprite.cell)
        self._states = states
        return [*stale, *self._mend(sprite, placed, under, changed)]

    def _moved(self, placed: Placed) -> Mask:
        """The cells that have gone far enough."""
        unseen = self._unseen * placed.texture.layer.scale
        moved: Mask = np.abs(placed.columns[1:-1, 1:-1] - self._at[0]) > unseen
        moved |= np.abs(placed.rows[1:-1, 1:-1] - self._at[1]) > unseen
        return moved

    def _mend(self, sprite: Sprite, placed: Placed, under: Ground, changed: Mask) -> Iterator[Box]:
        """Paint the cells that `changed`."""
        for box in sprite.parts(changed):
            cells = sprite.within(box)
            for at, grid in zip(self._at, (placed.columns, placed.rows), strict=True):
                at[cells] = grid[1:-1, 1:-1][cells]
            sprite.draw(box, placed, under.planes, self.picture.planes)
            if here := sprite.pixels(box, placed.off):
                yield here


def shows(placed: Placed, box: Box, margin: float) -> Mask:
    """The cells that show `box`, in pixels of the layer, or come near it."""
    columns, rows = placed.columns[1:-1, 1:-1], placed.rows[1:-1, 1:-1]
    shows: Mask = (columns > box.left - margin) & (columns < box.right + margin)
    shows &= (rows > box.top - margin) & (rows < box.bottom + margin)
    return shows


def _copy(source: Planes, onto: Planes, box: Box) -> None:
    for plane, other in zip(cut(onto, box), cut(source, box), strict=True):
        np.copyto(plane, other)
