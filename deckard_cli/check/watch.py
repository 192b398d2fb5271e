"""What a clip looks like, seen once from its start to its end: light, change, and the mouth of the face in it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from deckard_cli.check import read
from deckard_cli.check.change import Change, Changes
from deckard_cli.check.face import PATCH, Face, find
from deckard_cli.check.mouth import Mouth, Shot
from deckard_cli.clip.interludes import Spans, within
from deckard_cli.clip.turns import Box, Turns, box_at

__all__ = ["Sight", "watch"]

Grey = NDArray[np.uint8]

_ENOUGH: Final = 32.0
"""Pictures a second in which a mouth is looked at: more of them tell no more."""
_AGAIN: Final = 0.4
"""Seconds after which a face that is gone is looked for once more."""
_BLACK: Final = 44
"""Brightness, 0..255, that no part of a black picture reaches; video's black is 16."""
_THUMB: Final = (32, 32)
_LEAST: Final = 24
"""Pixels of the shorter side of a part of a picture in which a face is looked for."""


@dataclass(frozen=True, slots=True)
class Sight:
    """The pictures of a clip."""

    times: NDArray[np.float64]
    """Seconds at which each is shown, shape (n,)."""
    change: Change
    """How each differs from those before it."""
    black: NDArray[np.bool_]
    """Whether there is nothing on it, shape (n,)."""
    aside: NDArray[np.bool_]
    """Whether it is of an interlude, shape (n,)."""
    looked: int
    """Pictures on which a face was looked for."""
    seen: int
    """Those of them with one."""
    broken: int
    """Packets that cannot be decoded."""
    shots: tuple[Shot, ...]
    """The mouth, wherever one face was followed."""


def watch(path: Path, fps: float, interludes: Spans = (), turns: Turns = ()) -> Sight:
    """See the pictures of `path`, of which there are about `fps` a second; no face is looked for in `interludes`, and
    in `turns` only where somebody speaks.
    """
    times: list[float] = []
    black: list[bool] = []
    aside: list[bool] = []
    broken = read.Broken()
    changes, eye = Changes(), _Eye(max(1, round(fps / _ENOUGH)))
    with _one_thread():
        for time, grey in read.pictures(path, broken):
            changes.add(grey, time)
            black.append(int(cv2.resize(grey, _THUMB, interpolation=cv2.INTER_AREA).max()) < _BLACK)
            aside.append(bool(within(interludes, np.array([time]))[0]))
            if aside[-1]:
                eye.shut()
            else:
                eye.turn(box_at(turns, time + 0.5 / fps))  # its middle: the ends of turns are rounded
                eye.look(grey, time, dark=black[-1])
            times.append(time)
        shots = tuple(eye.shots())
    marks = np.array(black, bool), np.array(aside, bool)
    return Sight(np.array(times), changes.change(), *marks, eye.looked, eye.seen, broken.packets, shots)


class _Eye:
    """Looks at the mouth in every so manieth picture."""

    def __init__(self, every: int) -> None:
        self.looked = self.seen = 0
        self._every, self._count = every, 0
        self._face: Face | None = None
        self._mouths: list[Mouth] = []
        self._not_before = -1.0
        self._box: Box | None = None

    def turn(self, box: Box | None) -> None:
        """Look at this part of the pictures from now on; None for all of them."""
        if box != self._box:
            self.shut()
            self._box = box

    def look(self, grey: Grey, time: float, *, dark: bool) -> None:
        self._count += 1
        if (self._count - 1) % self._every:
            return
        self.looked += 1
        patch = None if dark else self._patch(_within(grey, self._box), time)
        if patch is not None:
            self.seen += 1
            self._mouths[-1].add(patch, time)

    def shut(self) -> None:
        """What comes after this picture is another scene."""
        self._face, self._not_before = None, -1.0

    def _patch(self, grey: Grey, time: float) -> Grey | None:
        patch = self._face.follow(grey) if self._face else None
        if patch is None and time >= self._not_before:
            box = find(grey)
            self._face = None if box is None else Face(grey, box)
            patch = self._face.follow(grey) if self._face else None
            self._not_before = time + _AGAIN
            if patch is not None:
                self._mouths.append(Mouth(PATCH))
        return patch

    def shots(self) -> list[Shot]:
        return [shot for mouth in self._mouths if (shot := mouth.shot()) is not None]


def _within(grey: Grey, box: Box | None) -> Grey:
    """What is seen of a picture in `box`; all of it where that is too little to look at."""
    if box is None:
        return grey
    height, width = grey.shape
    part = grey[
        round(box.top * height) : round(box.bottom * height), round(box.left * width) : round(box.right * width)
    ]
    return part if min(part.shape) >= _LEAST else grey


@contextmanager
def _one_thread() -> Iterator[None]:
    """OpenCV's own threads wait by spinning: beside anything else that works, all of it takes several times as long."""
    threads = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        yield
    finally:
        cv2.setNumThreads(threads)
