"""The built-in face: composes a drawing's layers, frame by frame, on the CPU."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from deckard_cli.face import Frame
from deckard_cli.face.portrait import Portrait
from deckard_cli.face.rig.canvas import Layers, Packed, Planes, faded
from deckard_cli.face.rig.eyes import Eyes
from deckard_cli.face.rig.field import Body, View, warp
from deckard_cli.face.rig.geometry import load
from deckard_cli.face.rig.mouth import Mouth
from deckard_cli.face.rig.pose import Pose, poses
from deckard_cli.face.rig.sway import Sway
from deckard_cli.motion import Motion
from deckard_cli.speech import Speech

__all__ = ["Rig"]

_FINER = 1.25
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
        self._planes = Planes(_ground(portrait, view, transparent))
        self._back = layers.flat(["hair-back", "body"])
        self._head = layers.get("head")
        self._hair = layers.get("hair-front")
        self._folds = [layers.get("fold-left"), layers.get("fold-right")]
        self._mouth = Mouth(layers, geometry)
        self._eyes = Eyes(layers, geometry)
        self._sway = Sway()

    def draw(self, speech: Speech, motion: Motion) -> Iterator[Frame]:
        """One frame for each row of `motion`; `speech` is not needed, all that moves is in the motion."""
        for index, pose in enumerate(poses(motion, self._geometry.mouth.smile), motion.first):
            yield Frame(index, *self._paint(pose, 1 / motion.fps))

    def _paint(self, pose: Pose, seconds: float):  # type: ignore[no-untyped-def]
        body = Body(self._geometry, pose.head, pose.mouth, self._sway.step(pose.head, seconds))
        self._planes.clear()
        self._place(self._back, body.back)
        self._place(self._head, body.skin)
        for fold, smile in zip(self._folds, (pose.mouth.smile_left, pose.mouth.smile_right), strict=True):
            depth = float(min(1.0, 1.1 * (smile - self._geometry.mouth.smile)))
            if depth > 0.03:
                self._place(type(fold)(faded(fold.pixels, depth), fold.left, fold.top, fold.scale), body.skin)
        self._place(self._mouth.draw(pose.mouth), body.face)
        for eye in self._eyes.draw(pose.left, pose.right):
            self._place(eye, body.face)
        self._place(self._hair, body.hair)
        planes = self._planes
        if not self._transparent:
            return (planes.y, planes.u, planes.v), "yuv420p"
        return _straight(planes), "yuva420p"

    def _place(self, layer, unmove) -> None:  # type: ignore[no-untyped-def]
        view, reach = self._view, 30
        height, width = layer.pixels.shape[:2]
        left, top = layer.left / layer.scale - reach, layer.top / layer.scale - reach
        roi = view.roi(left, top, left + width / layer.scale + 2 * reach, top + height / layer.scale + 2 * reach)
        if roi[2] and roi[3]:
            self._planes.over(warp(layer, unmove, view, roi), roi[0], roi[1], opacity=self._transparent)


def _ground(portrait: Portrait, view: View, transparent: bool) -> Packed:
    if transparent:
        return np.zeros((view.height, view.width, 4), np.uint8)
    layers = Layers(portrait.folder / "layers", view.scale)
    return layers.view("background", view.left, view.top, (view.width, view.height))


def _straight(planes: Planes):  # type: ignore[no-untyped-def]
    alpha = np.maximum(planes.a, 1).astype(np.uint16)
    half = np.maximum(planes.a[::2, ::2], 1).astype(np.uint16)
    divide = lambda plane, by: np.minimum(plane * np.uint16(255) // by, 255).astype(np.uint8)  # noqa: E731
    return (divide(planes.y, alpha), divide(planes.u, half), divide(planes.v, half), planes.a)
