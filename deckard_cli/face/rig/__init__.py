"""The built-in face: composes a drawing's layers, frame by frame, on the CPU."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from copy import copy
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from deckard_cli.face import Frame
from deckard_cli.face.portrait import Portrait
from deckard_cli.face.rig.canvas import Ground, Layers, Packed, Planes, eight_bit, pack
from deckard_cli.face.rig.features import Features
from deckard_cli.face.rig.field import Body, View, carried
from deckard_cli.face.rig.lips import all_lips
from deckard_cli.face.rig.mouth import Mouth
from deckard_cli.face.rig.pose import HeadPose, Heads, poses
from deckard_cli.face.rig.sense import load
from deckard_cli.face.rig.skin import Skin
from deckard_cli.face.rig.stage import Stage
from deckard_cli.face.rig.sway import Sway
from deckard_cli.motion import Motion
from deckard_cli.speech import Speech

__all__ = ["Rig"]

_BLOWN_UP: Final = 1.15
"""Pixels of a clip for each of a photograph from which on it looks soft."""
_HAIR: Final = (1.5, 0.34)
"""Hertz at which hair of shoulder length swings, and how much it is damped."""
_HANGING: Final = (2.2, 0.15)
"""The same of an earring: a pendulum of five centimetres."""
_LINE: Final = 26
"""Units of the page that an earring lags, when it stands out by three quarters of its widest swing."""
_TOGETHER: Final = 25
"""Frames whose lips are worked out at once: one by one they would take as long as drawing them."""
_WIDEST: Final = 0.42
"""Radians that it swings out at most, whatever the head does: further would bend the cheek beside it."""


class Rig:
    """A `Face` made of a drawing."""

    def __init__(
        self,
        portrait: Portrait,
        *,
        size: tuple[int, int],
        transparent: bool = False,
        background: NDArray[np.uint8] | None = None,
    ) -> None:
        """`size` is the clip's width and height in pixels, even. `transparent` leaves the background out; `background`,
        RGB of shape (height, width, 3), takes its place.

        Raises `DeckardError` where the portrait's files are missing or wrong.
        """
        self._geometry = geometry = load(portrait.folder / "rig.toml")
        view = View.of(geometry, *size)
        layers = Layers(portrait.folder / "layers", view.scale)
        layers.preload()
        self._features, self._mouth = Features(layers, geometry), Mouth(layers, geometry)
        self._skin = Skin(geometry)
        self._hair, self._hanging = Sway(*_HAIR), Sway(*_HANGING)
        self._transparent = transparent
        self.notes = _softness(portrait, layers, view)
        ground = _ground(portrait, view, transparent, background)
        self._stage = Stage(layers, geometry, view, self._mouth.room, Ground.of(ground, opacity=transparent))

    def again(self) -> Rig:
        """One that draws as if it were new, and is there at once: it shares all that opening this one took. The two may
        take turns, frame by frame, but not draw at the same time.
        """
        fresh = copy(self)
        fresh._hair, fresh._hanging, fresh._stage = Sway(*_HAIR), Sway(*_HANGING), self._stage.again()
        return fresh

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
        for start in range(0, len(motion), _TOGETHER):
            yield from self._run(Motion(motion.curves[start : start + _TOGETHER], motion.fps, motion.first + start))

    def _run(self, motion: Motion) -> Iterator[Frame]:
        rows, seconds = poses(motion, self._geometry.mouth.smile), 1 / motion.fps
        mouths, heads = [pose.mouth for pose in rows], [pose.head for pose in rows]
        lips = self._mouth.draw(mouths, all_lips(mouths, self._geometry))
        self._skin.pose(rows, self._out_of_plumb(heads, seconds))
        body = Body(self._geometry, rows, [self._hair.step(head, seconds) for head in heads], self._skin)
        scene = self._stage.set(body)
        for index, (pose, mouth) in enumerate(zip(rows, lips, strict=True)):
            planes = self._stage.paint(scene, index, self._features.head(pose), mouth)
            if self._transparent:
                yield Frame(motion.first + index, _straight(*planes), "yuva420p")
            else:
                yield Frame(motion.first + index, planes, "yuv420p")

    def _out_of_plumb(self, heads: Sequence[HeadPose], seconds: float) -> Sequence[float]:
        """The angle to the head, in radians, at which what hangs from it is, each `seconds` after the last."""
        if not self._geometry.hanging:
            return [0.0] * len(heads)
        head, now = self._geometry.head, Heads.of(heads)
        late = Heads.of([self._hanging.step(pose, seconds) for pose in heads])
        swung = _WIDEST * np.tanh((carried(head, late)[0] - carried(head, now)[0]) / _LINE)
        angles: list[float] = (np.radians(head.roll + now.roll) + swung).tolist()
        return angles


def _softness(portrait: Portrait, layers: Layers, view: View) -> tuple[str, ...]:
    """What to say where a clip shows a photograph larger than it is."""
    if layers.detail is None or view.scale <= _BLOWN_UP * layers.detail:
        return ()
    share = layers.detail / view.scale
    has = [max(64, 2 * round(side * share / 2)) for side in (view.width, view.height)]
    size = str(has[0]) if view.width == view.height else f"{has[0]}x{has[1]}"
    return (
        f"The photograph of '{portrait.folder.name}' is smaller than the clip: {min(has)} pixels of it become"
        f" {min(view.width, view.height)}. --size {size} is as sharp as it gets.",
    )


def _ground(portrait: Portrait, view: View, transparent: bool, background: NDArray[np.uint8] | None) -> Packed:
    if transparent:
        return np.zeros((view.height, view.width, 4), np.uint8)
    if background is not None:
        return pack(np.ascontiguousarray(background[..., ::-1]))
    layers = Layers(portrait.folder / "layers", view.scale)
    return layers.view("background", view.left, view.top, (view.width, view.height))


def _straight(*planes: NDArray[np.uint8]) -> Planes:
    """Premultiplied planes Y, U, V, A as plain ones."""
    y, u, v, a = planes
    half = cv2.resize(a, (u.shape[1], u.shape[0]), interpolation=cv2.INTER_AREA)
    plain = [eight_bit(cv2.divide(plane, by, scale=255)) for plane, by in ((y, a), (u, half), (v, half))]
    return (*plain, a)
