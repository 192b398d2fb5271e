"""Two beside each other: while one speaks the other waits, moving where somebody gives a loop of that."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Final

from deckard_cli.clip.decode import probe
from deckard_cli.clip.reel import Waiting
from deckard_cli.clip.reel.footage import Footage
from deckard_cli.clip.reel.lineup import Placed, Scene
from deckard_cli.clip.reel.order import sides
from deckard_cli.clip.reel.pictures import Clip, Loop, Pixels, Still
from deckard_cli.clip.reel.sequence import Beside, Entry, Film
from deckard_cli.clip.turns import Box

__all__ = ["Conversation"]

_MELTING: Final = 0.16
"""Seconds in which somebody who waited goes over into somebody who speaks: less than is quiet before the first word
and after the last, so that no mouth is seen twice."""
_HALVES: Final = (Box(0, 0, 0.5, 1), Box(0.5, 0, 1, 1))


@dataclass(frozen=True, slots=True)
class _Wait:
    """A loop of somebody who waits."""

    path: Path
    period: float
    """Seconds."""


class Conversation:
    """Clips of two, as one scene."""

    def __init__(self, footage: Sequence[Footage], scenes: Sequence[Scene], fps: Fraction) -> None:
        """`scenes` are those of the `footage`. Raises `UsageError` where not just two speak."""
        self._footage = footage
        self._scenes = scenes
        self._fps = fps
        self._sides = sides(footage)
        self.starts = list(accumulate((scene.frames for scene in scenes), initial=0))[:-1]
        """The frame of the scene at which each clip begins."""
        self._waits: dict[int, _Wait] = {}

    @property
    def spoken(self) -> tuple[tuple[int, int, Box], ...]:
        """The frames of the scene from and to which each clip alone is seen on its side, and that side."""
        # A mouth that is half that of the one who waited looks like none in speech, and open where it is shut.
        begins = [start + round(_MELTING * self._fps) if start else 0 for start in self.starts]
        ends = (start + scene.frames for start, scene in zip(self.starts, self._scenes, strict=True))
        turns = zip(begins, ends, self._sides, strict=True)
        return tuple((begin, end, _HALVES[side]) for begin, end, side in turns if begin < end)

    @property
    def scene(self) -> Scene:
        """How long it is, and which of it is silent."""
        frames = self.starts[-1] + self._scenes[-1].frames
        return Scene(frames, self._scenes[0].lead, self.starts[-1] + self._scenes[-1].said)

    def wait(self, waiting: Waiting) -> list[str]:
        """Ask for the loops of both; the paths of clips whose speaker has none."""
        lacking = []
        for side in (0, 1):
            first = self._footage[self._sides.index(side)] if side in self._sides else None
            if first is None:
                continue
            if path := waiting(first):
                picture = probe(path).picture
                self._waits[side] = _Wait(path, picture.end if picture else 1.0)
            else:
                lacking.append(str(first.path))
        return lacking

    def open(self, ground: Pixels) -> Beside:
        """Begin to show it on `ground`."""
        half = ground.shape[1] // 2
        grounds = (ground[:, :half], ground[:, half:])
        left, right = (Film(self._entries(side, grounds[side]), self._fps) for side in (0, 1))
        return Beside((left, right), self.scene.frames, ground, self._fps)

    def _entries(self, side: int, ground: Pixels) -> list[Entry]:
        """What is seen on one side, without a gap."""
        own = [number for number, its in enumerate(self._sides) if its == side]
        frames = self.scene.frames
        if not own:
            return [_ground(ground, frames)]
        melting = round(_MELTING * self._fps)
        spans = [(self.starts[number], self.starts[number] + self._scenes[number].frames) for number in own]
        gaps = list(pairwise([0, *(frame for span in spans for frame in span), frames]))[::2]
        wait = self._waits.get(side)
        waits = [wait is not None and b - a > 2 * melting for a, b in gaps]
        entries: list[Entry] = []
        for index, (number, (start, end)) in enumerate(zip(own, spans, strict=True)):
            if waits[index] and wait:
                entries.append(_loop(wait, ground, gaps[index][0], start + melting, melting))
            begin = start if waits[index] or index else 0
            over = end if waits[index + 1] else gaps[index + 1][1]
            last = index == len(own) - 1 and not waits[index + 1]
            place = Placed(begin, start, frames if last else over + melting, melting if begin else 0)
            entries.append(_clip(self._footage[number].path, ground, place))
        if waits[-1] and wait:
            entries.append(_loop(wait, ground, gaps[-1][0], frames, melting))
        return entries


def _clip(path: Path, ground: Pixels, place: Placed) -> Entry:
    return Entry(place, lambda: Clip(path, ground))


def _loop(wait: _Wait, ground: Pixels, begin: int, end: int, melting: int) -> Entry:
    return Entry(Placed(begin, begin, end, melting if begin else 0), lambda: Loop(wait.path, ground, wait.period))


def _ground(ground: Pixels, frames: int) -> Entry:
    return Entry(Placed(0, 0, frames, 0), lambda: Still(ground))
