"""The built-in face: composes a drawing's layers, frame by frame, on the CPU."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from deckard_cli.face import Frame
from deckard_cli.face.portrait import Portrait
from deckard_cli.face.rig.canvas import Layers, Planes, eight_bit
from deckard_cli.face.rig.features import Features
from deckard_cli.face.rig.field import Body, View
from deckard_cli.face.rig.geometry import load
from deckard_cli.face.rig.lips import all_lips
from deckard_cli.face.rig.mouth import Mouth
from deckard_cli.face.rig.pose import poses
from deckard_cli.face.rig.stage import Stage
from deckard_cli.face.rig.sway import Sway
from deckard_cli.motion import Motion
from deckard_cli.speech import Speech

__all__ = ["Rig"]

_FINER: Final = 1.0
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
        layers.preload()
        self._features, self._mouth = Features(layers, geometry), Mouth(layers, geometry)
        self._sway = Sway()
        self._transparent = transparent
        self._stage = Stage(portrait, layers, geometry, view, self._mouth.room, transparent)

    def draw(self, speech: Speech, motion: Motion) -> Iterator[Frame]:
        """One frame for each row of `motion`; `speech` is not needed, all that moves is in the motion."""
        threads = cv2.getNumThreads()
        # OpenCV's own threads wait by spinning: they take more from the encoder than they give to pictures this small.
        cv2.setNumThreads(1)
        try:
            yield from self._draw(motion)
        finally:
            cv2.setNumThreads(threads)

    def _draw(self, motion: Motion) -> Iterator[Frame]:
        rows = poses(motion, self._geometry.mouth.smile)
        shapes = all_lips([pose.mouth for pose in rows], self._geometry)
        for index, (pose, shape) in enumerate(zip(rows, shapes, strict=True), motion.first):
            body = Body(self._geometry, pose.head, pose.mouth, self._sway.step(pose.head, 1 / motion.fps))
            planes = self._stage.paint(body, self._features.head(pose), self._mouth.draw(pose.mouth, shape))
            if self._transparent:
                yield Frame(index, _straight(*planes), "yuva420p")
            else:
                yield Frame(index, planes, "yuv420p")


def _straight(*planes: NDArray[np.uint8]) -> Planes:
    """Premultiplied planes Y, U, V, A as plain ones."""
    y, u, v, a = planes
    half = cv2.resize(a, (u.shape[1], u.shape[0]), interpolation=cv2.INTER_AREA)
    plain = [eight_bit(cv2.divide(plane, by, scale=255)) for plane, by in ((y, a), (u, half), (v, half))]
    return (*plain, a)
