"""Scenes after each other, faded into each other by moviepy; two of them beside each other are a scene again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from moviepy import CompositeVideoClip, ImageClip, VideoClip, vfx

from deckard_cli.clip.reel.lineup import Placed
from deckard_cli.clip.reel.pictures import Picture, Pixels

__all__ = ["Beside", "Entry", "Film"]


@dataclass(frozen=True, slots=True)
class Entry:
    """A scene at its place."""

    place: Placed
    open: Callable[[], Picture]
    """Begins to read it; called when it is first seen."""
    card: bool = False
    """Whether it is a title."""


class Film:
    """The pictures of scenes that follow each other."""

    def __init__(self, entries: Sequence[Entry], fps: Fraction) -> None:
        """`entries` are in order, and at most two are seen at once."""
        self._coming = list(entries)[::-1]
        self._fps = fps
        self._seen: list[tuple[Placed, Picture]] = []
        self._crossing: VideoClip | None = None

    def frame(self, number: int) -> Pixels:
        """The picture of frame `number`, from 0. They are asked for in order."""
        while self._seen and self._seen[0][0].end <= number:
            self._seen.pop(0)[1].close()
            self._crossing = None
        while self._coming and self._coming[-1].place.begin <= number:
            entry = self._coming.pop()
            self._seen.append((entry.place, entry.open()))
            self._crossing = None
        time = float((number + Fraction(1, 2)) / self._fps)
        if len(self._seen) == 1 or number >= self._seen[-1][0].begin + self._seen[-1][0].fade:
            place, picture = self._seen[-1]
            return picture.at(time - float(place.zero / self._fps))
        if self._crossing is None:
            layers = [self._layer(*seen, fades=above) for above, seen in enumerate(self._seen)]
            self._crossing = CompositeVideoClip(layers, bg_color=(0, 0, 0))
        return np.asarray(self._crossing.get_frame(time), np.uint8)

    def _layer(self, place: Placed, picture: Picture, *, fades: int) -> VideoClip:
        before = float((place.zero - place.begin) / self._fps)
        clip = VideoClip(lambda time: picture.at(time - before), duration=float((place.end - place.begin) / self._fps))
        if fades:
            clip = clip.with_effects([vfx.CrossFadeIn(float(place.fade / self._fps))])
        return clip.with_start(float(place.begin / self._fps))

    def close(self) -> None:
        """Close what is open."""
        while self._seen:
            self._seen.pop()[1].close()


class Beside:
    """Two films beside each other, as one scene."""

    def __init__(self, films: tuple[Film, Film], frames: int, ground: Pixels, fps: Fraction) -> None:
        """`films`, each of so many `frames`, are left and right on `ground`, which is as large as both together."""
        self._films = films
        self._last = frames - 1
        self._fps = fps
        halves = [VideoClip(self._half(film)) for film in self._films]
        edge = ground.shape[1] // 2
        layers = [ImageClip(ground), halves[0].with_position((0, 0)), halves[1].with_position((edge, 0))]
        self._both = CompositeVideoClip(layers, use_bgclip=True)

    def _half(self, film: Film) -> Callable[[float], Pixels]:
        # moviepy asks for the first picture to learn its size, and a scene that fades in begins before its own time.
        return lambda seconds: film.frame(min(max(0, int(seconds * self._fps)), self._last))

    def at(self, seconds: float) -> Pixels:
        """What is seen of both then."""
        return np.asarray(self._both.get_frame(max(seconds, 0.0)), np.uint8)

    def close(self) -> None:
        """Close what is open on either side."""
        for film in self._films:
            film.close()
