"""The built-in face: composes a drawing's layers, frame by frame, on the CPU."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from deckard_cli.face import Frame, PixelFormat
from deckard_cli.face.portrait import Portrait
from deckard_cli.face.rig.canvas import Layer, Layers, Packed, Planes, faded, lay
from deckard_cli.face.rig.eyes import Eyes
from deckard_cli.face.rig.field import Body, Unmove, View
from deckard_cli.face.rig.geometry import load
from deckard_cli.face.rig.mouth import Mouth
from deckard_cli.face.rig.pose import Pose, poses
from deckard_cli.face.rig.sprite import REACH, Mask, Scratch, Sprite, hidden_by, shown
from deckard_cli.face.rig.sway import Sway
from deckard_cli.motion import COLUMNS, Motion
from deckard_cli.speech import Speech

__all__ = ["Rig"]

Plane = NDArray[np.uint8]

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
        self._view = view = View.of(geometry, *size)
        layers = Layers(portrait.folder / "layers", min(2.0, view.scale * _FINER))
        self._transparent = transparent
        self._planes = Planes(_ground(portrait, view, transparent), opacity=transparent)
        self._back = layers.flat(["hair-back", "body"])
        self._head = layers.get("head")
        self._hair = layers.get("hair-front")
        self._folds = [layers.get("fold-left"), layers.get("fold-right")]
        self._mouth = Mouth(layers, geometry)
        self._eyes = Eyes(layers, geometry)
        rest = poses(Motion(np.zeros((1, len(COLUMNS)), np.float32), 25), geometry.mouth.smile)[0]
        self._canvas = _room_for([*self._folds, self._mouth.draw(rest.mouth), *self._eyes.draw(rest.left, rest.right)])
        self._sway = Sway()
        self._scratch = Scratch()
        coarse, fine = self._cell(_COARSE), self._cell(_FINE)
        behind_head = hidden_by([self._head, self._hair], view, coarse, REACH)
        behind_hair = hidden_by([self._hair], view, fine, REACH / 2)
        room = replace(self._canvas, pixels=np.full_like(self._canvas.pixels, 255))
        self._sprites = {
            "back": self._sprite(shown(self._back, view, coarse) & ~behind_head, _COARSE),
            "head": self._sprite(shown(self._head, view, fine, below=_JAW_REACH) & ~behind_hair, _FINE),
            "features": self._sprite(shown(room, view, fine, reach=REACH / 2), _FINE),
            "hair": self._sprite(shown(self._hair, view, coarse), _COARSE),
        }

    def draw(self, speech: Speech, motion: Motion) -> Iterator[Frame]:
        """One frame for each row of `motion`; `speech` is not needed, all that moves is in the motion."""
        format_: PixelFormat = "yuva420p" if self._transparent else "yuv420p"
        for index, pose in enumerate(poses(motion, self._geometry.mouth.smile), motion.first):
            self._paint(pose, 1 / motion.fps)
            planes = self._planes.planes
            yield Frame(index, _straight(*planes) if self._transparent else planes, format_)

    def _paint(self, pose: Pose, seconds: float) -> None:
        body = Body(self._geometry, pose.head, pose.mouth, self._sway.step(pose.head, seconds))
        self._planes.clear()
        carried = body.carried()
        self._place("back", self._back, body.back, (0, 0))
        self._place("head", self._head, body.skin, carried)
        self._place("features", self._features(pose), body.face, carried)
        self._place("hair", self._hair, body.hair, carried)

    def _features(self, pose: Pose) -> Layer:
        """What moves in the face by itself: eyes and brows, the folds of a smile, the mouth."""
        mouth, canvas = self._mouth.draw(pose.mouth), self._canvas
        canvas.pixels.fill(0)
        for layer in self._eyes.draw(pose.left, pose.right):
            lay(canvas.pixels, layer.pixels, layer.left - canvas.left, layer.top - canvas.top)
        for fold, smile in zip(self._folds, (pose.mouth.smile_left, pose.mouth.smile_right), strict=True):
            depth = float(min(1.0, 1.1 * (smile - self._geometry.mouth.smile)))
            if depth > 0.01:
                lay(canvas.pixels, faded(fold.pixels, depth), fold.left - canvas.left, fold.top - canvas.top)
        lay(canvas.pixels, mouth.pixels, mouth.left - canvas.left, mouth.top - canvas.top)
        return canvas

    def _place(self, name: str, layer: Layer, unmove: Unmove, carried: tuple[float, float]) -> None:
        self._sprites[name].place(layer, unmove, carried, self._planes)

    def _sprite(self, tiles: Mask, step: float) -> Sprite:
        return Sprite(self._geometry, self._view, tiles, self._cell(step), self._scratch)

    def _cell(self, step: float) -> int:
        """Pixels, even, for `step` units of the page."""
        return max(4, round(step * self._view.scale / 2) * 2)


def _room_for(layers: list[Layer]) -> Layer:
    """An empty layer in which all of `layers` have their place."""
    left, top = min(layer.left for layer in layers), min(layer.top for layer in layers)
    right = max(layer.left + layer.pixels.shape[1] for layer in layers)
    bottom = max(layer.top + layer.pixels.shape[0] for layer in layers)
    return Layer(np.zeros((bottom - top, right - left, 4), np.uint8), left, top, layers[0].scale)


def _ground(portrait: Portrait, view: View, transparent: bool) -> Packed:
    if transparent:
        return np.zeros((view.height, view.width, 4), np.uint8)
    layers = Layers(portrait.folder / "layers", view.scale)
    return layers.view("background", view.left, view.top, (view.width, view.height))


def _straight(*planes: Plane) -> tuple[Plane, ...]:
    """Premultiplied planes Y, U, V, A as plain ones."""
    y, u, v, a = planes
    half = cv2.resize(a, (u.shape[1], u.shape[0]), interpolation=cv2.INTER_AREA)
    return *(cv2.divide(plane, by, scale=255) for plane, by in ((y, a), (u, half), (v, half))), a.copy()
