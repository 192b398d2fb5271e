"""The built-in face: composes a drawing's layers, frame by frame, on the CPU."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from queue import SimpleQueue
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from deckard_cli.face import Frame
from deckard_cli.face.portrait import Portrait
from deckard_cli.face.rig.canvas import Grid, Ground, Layer, Layers, Packed, Planes, eight_bit
from deckard_cli.face.rig.features import Features
from deckard_cli.face.rig.field import Body, View
from deckard_cli.face.rig.geometry import Geometry, load
from deckard_cli.face.rig.pose import poses
from deckard_cli.face.rig.sprite import REACH, Mask, Scratch, Sprite, hidden_by, shown
from deckard_cli.face.rig.sway import Sway
from deckard_cli.motion import Motion
from deckard_cli.speech import Speech

__all__ = ["Rig"]

_HANDS: Final = 2
"""Frames painted at the same time. OpenCV lets go of the interpreter while it works."""
_COARSE: Final = 32
"""Units of the page between the points at which a smooth movement is worked out."""
_FINE: Final = 16
"""The same where the jaw bends the skin."""
_JAW_REACH: Final = 60
"""Units of the page that a jaw may come down."""
_FINER: Final = 1.25
"""Pixels of a layer for each pixel of the clip: fewer and a moving face goes soft, more and it takes longer."""


class Rig:
    """A `Face` made of a drawing."""

    def __init__(self, portrait: Portrait, *, size: tuple[int, int], transparent: bool = False) -> None:
        """`size` is the clip's width and height in pixels, even. `transparent` leaves the background out.

        Raises `DeckardError` where the portrait's files are missing or wrong.
        """
        self._geometry = geometry = load(portrait.folder / "rig.toml")
        view = View.of(geometry, *size)
        layers = Layers(portrait.folder / "layers", min(2.0, view.scale * _FINER))
        self._features = Features(layers, geometry)
        self._sway = Sway()
        self._transparent = transparent
        stage = _Stage(portrait, layers, geometry, view, self._features, transparent)
        self._hands = SimpleQueue[_Hand]()
        for _ in range(_HANDS):
            self._hands.put(_Hand(stage))
        self._pool = ThreadPoolExecutor(_HANDS, "rig")

    def draw(self, speech: Speech, motion: Motion) -> Iterator[Frame]:
        """One frame for each row of `motion`; `speech` is not needed, all that moves is in the motion."""
        begun: deque[Future[Planes]] = deque()
        index = motion.first
        for pose in poses(motion, self._geometry.mouth.smile):
            body = Body(self._geometry, pose.head, pose.mouth, self._sway.step(pose.head, 1 / motion.fps))
            begun.append(self._pool.submit(self._paint, body, self._features.draw(pose)))
            if len(begun) > _HANDS:
                yield self._frame(index, begun.popleft())
                index += 1
        for last in begun:
            yield self._frame(index, last)
            index += 1

    def _paint(self, body: Body, features: Layer) -> Planes:
        hand = self._hands.get()
        try:
            return hand.paint(body, features)
        finally:
            self._hands.put(hand)

    def _frame(self, index: int, painted: Future[Planes]) -> Frame:
        if self._transparent:
            return Frame(index, _straight(*painted.result()), "yuva420p")
        return Frame(index, painted.result(), "yuv420p")


class _Stage:
    """What every frame of a rig is made of; nothing here changes."""

    def __init__(
        self,
        portrait: Portrait,
        layers: Layers,
        geometry: Geometry,
        view: View,
        features: Features,
        transparent: bool,
    ) -> None:
        self.geometry, self.view, self.transparent = geometry, view, transparent
        self.ground = _ground(portrait, view, transparent)
        self.back = layers.flat(["hair-back", "body"])
        self.top = layers.flat(["head", "hair-front"])
        hair = layers.get("hair-front")
        self.hairiness = _hairiness(hair)
        self.coarse, self.fine = (max(4, round(step * view.scale / 2) * 2) for step in (_COARSE, _FINE))
        fine = self.fine
        skin = shown(layers.get("head"), view, fine, below=_JAW_REACH)
        self.back_tiles = shown(self.back, view, self.coarse) & ~hidden_by([self.top], view, self.coarse, REACH)
        self.top_tiles = shown(hair, view, fine) | skin
        outlines = [shown(outline, view, fine, reach=REACH / 2) for outline in features.outlines]
        self.features_tiles: Mask = np.logical_or.reduce(outlines)


class _Hand:
    """Paints one frame at a time, in memory of its own."""

    def __init__(self, stage: _Stage) -> None:
        self._stage = stage
        self._ground = Ground(stage.ground, opacity=stage.transparent)
        geometry, view, scratch = stage.geometry, stage.view, Scratch()
        self._back = Sprite(geometry, view, stage.back_tiles, stage.coarse, scratch)
        self._top = Sprite(geometry, view, stage.top_tiles, stage.fine, scratch, stage.hairiness)
        self._features = Sprite(geometry, view, stage.features_tiles, stage.fine, scratch)

    def paint(self, body: Body, features: Layer) -> Planes:
        """A whole frame: the ground, what is behind the head, the head, and the features over it."""
        planes, carried = self._ground.planes(), body.carried()
        self._back.place(self._stage.back, body.back, (0, 0), planes)
        self._top.place(self._stage.top, body.top, carried, planes)
        self._features.place(features, body.face, carried, planes)
        return planes


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


def _straight(*planes: NDArray[np.uint8]) -> Planes:
    """Premultiplied planes Y, U, V, A as plain ones."""
    y, u, v, a = planes
    half = cv2.resize(a, (u.shape[1], u.shape[0]), interpolation=cv2.INTER_AREA)
    plain = [eight_bit(cv2.divide(plane, by, scale=255)) for plane, by in ((y, a), (u, half), (v, half))]
    return (*plain, a)
