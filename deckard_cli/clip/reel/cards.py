"""Cards with a title, and captions in the picture: letters that moviepy lays over what is behind them."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from moviepy import CompositeVideoClip, ImageClip
from numpy.typing import NDArray

from deckard_cli.clip import wrap
from deckard_cli.clip.captions import COLUMNS, LETTER, SAFE, SPEED, Cue, fitting
from deckard_cli.clip.lettering import Letters
from deckard_cli.clip.reel.pictures import Pixels

__all__ = ["Captioner", "card", "check", "standing"]

_TITLE: Final = 0.085
"""The size of a title's letters over the shorter side of the picture."""
_WIDE: Final = 0.8
"""Of the picture's width, that a title may take."""
_LETTER_WIDTH: Final = 0.62
"""Of a letter, over its size."""
_INK: Final = (20, 22, 28)
_PAPER: Final = (246, 246, 242)
"""RGB of letters on light and on dark."""
_DIM: Final = 0.45
"""How much is left of a picture behind a title."""
_SHORTEST: Final = 2.0
_LONGEST: Final = 6.0
"""Seconds that a title stands, at least and at most."""


def standing(title: str) -> float:
    """Seconds in which everybody has read `title`."""
    return min(max(_SHORTEST, 1.0 + wrap.columns(title) / SPEED), _LONGEST)


def check(titles: Iterable[str]) -> None:
    """Raise `MissingError` for letters of `titles` that no font here has."""
    _letters(16).check("".join(titles))


def card(title: str, ground: Pixels) -> Pixels:
    """`title` in the middle of `ground`, light on dark or dark on light; a `ground` with a picture in it is dimmed.

    Raises what `check` raises.
    """
    height, width = ground.shape[:2]
    size = max(10, round(min(height, width) * _TITLE))
    letters = _letters(size)
    letters.check(title)
    cover = letters.write(_lines(title, max(6, int(width * _WIDE / (size * _LETTER_WIDTH)))), width).grey
    if ground.std(axis=(0, 1)).max() > 1:
        ground = np.asarray(ground * _DIM, np.uint8)
    light = float(ground.mean(axis=(0, 1)) @ (0.2126, 0.7152, 0.0722)) > 140
    words = np.dstack([np.full((*cover.shape, 3), _INK if light else _PAPER), cover * 255]).astype(np.uint8)
    return _over(ground, words, "center")


def _lines(title: str, widest: int) -> list[str]:
    pieces = wrap.pieces(" ".join(title.split()), widest)
    ends = accumulate(wrap.rows(pieces, widest), initial=0)
    return ["".join(pieces[a:b]).strip() for a, b in pairwise(ends)]


def _letters(size: int) -> Letters:
    font = os.environ.get("DECKARD_FONT")
    return Letters(Path(font) if font else None, size)


def _over(under: Pixels, words: NDArray[np.uint8], place: str) -> Pixels:
    layers = [ImageClip(under), ImageClip(words).with_position(place)]
    return np.asarray(CompositeVideoClip(layers, use_bgclip=True).get_frame(0), np.uint8)


class Captioner:
    """Writes into each picture what is said in it."""

    def __init__(self, cues: Sequence[Cue], size: tuple[int, int]) -> None:
        """`cues` in order; `size` of the pictures in pixels. Raises `MissingError` for letters that no font has."""
        self._cues = list(cues)[::-1]
        self._size = size
        self._letters = _letters(max(8, round(min(size) * LETTER)))
        self._letters.check("".join(line for cue in cues for line in cue.lines))
        self._written: tuple[Cue, NDArray[np.uint8]] | None = None

    def write(self, pixels: Pixels, seconds: float) -> Pixels:
        """`pixels` with what is said at `seconds`, which comes in order."""
        while self._cues and self._cues[-1].end <= seconds:
            self._cues.pop()
        if not self._cues or self._cues[-1].start > seconds:
            return pixels
        cue = self._cues[-1]
        if self._written is None or self._written[0] is not cue:
            self._written = cue, self._drawn(cue)
        words = self._written[1]
        width, height = self._size
        x, y = (width - words.shape[1]) // 2, max(0, int(height * (1 - SAFE)) - words.shape[0])
        here = np.s_[y : y + words.shape[0], x : x + words.shape[1]]
        made = pixels.copy()
        made[here] = _over(pixels[here], words, "center")
        return made

    def _drawn(self, cue: Cue) -> NDArray[np.uint8]:
        widest = min(COLUMNS, fitting(self._size))
        fits = all(wrap.columns(line) <= widest for line in cue.lines)
        lines = cue.lines if fits else _lines(" ".join(cue.lines), widest)
        written = self._letters.write(lines, int(self._size[0] * (1 - 2 * SAFE)))
        grey = cv2.cvtColor(written.grey, cv2.COLOR_GRAY2RGB)
        return np.asarray(np.rint(np.dstack([grey, written.cover]) * 255), np.uint8)
