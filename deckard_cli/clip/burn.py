"""Captions burned into the picture, for players and feeds that show none of their own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from deckard_cli.clip.captions import COLUMNS, LETTER, SAFE, Captions, Cue, Piece, Style, fitting
from deckard_cli.clip.lettering import Lettering, Letters
from deckard_cli.face import Frame
from deckard_cli.speech import Speech

__all__ = ["Burner"]

_LEAST: Final = 8
"""Pixels of the font's size: smaller letters cannot be read."""


class Burner:
    """Draws what is being said at the foot of each picture.

    A cue must be known before the first frame that shows it: `add` a speech before its frames are burned.
    """

    def __init__(
        self, size: tuple[int, int], fps: Fraction, font: Path | None = None, style: Style = "lines", lang: str = ""
    ) -> None:
        """`size` is width and height in pixels; `font` a file that comes before the one that is shipped; in the style
        `words` those that are still to be said are dim; `lang` (BCP 47) is the language.

        Raises `UsageError` where `font` is not a font.
        """
        self._size = size
        self._fps = fps
        self._style = style
        pixels = max(_LEAST, round(min(size) * LETTER))
        self._width = int(size[0] * (1 - 2 * SAFE))
        self._letters = Letters(font, pixels, lang)
        self._captions = Captions(min(COLUMNS, fitting(size)))
        self._cues: list[Cue] = []
        self._patch: _Patch | None = None
        self._shown: tuple[Cue, tuple[int, ...] | None] | None = None

    @property
    def notes(self) -> tuple[str, ...]:
        """What a person should know of captions in a picture this small."""
        width, height = self._size
        if min(self._size) * LETTER > _LEAST / 2:
            return ()
        return (f"In {width}x{height} pixels captions cover much of the face: --captions srt puts them beside it.",)

    def add(self, speech: Speech) -> None:
        """Take the words of `speech`. Raises `MissingError` for letters that the font lacks."""
        self._letters.check(speech.text or "".join(word.text for word in speech.words))
        self._cues += self._captions.add(speech)

    def burn(self, frame: Frame) -> Frame:
        """`frame` with the words that are said in it: a picture of its own, or `frame` itself where there are none.

        Frames come in order.
        """
        middle = float((frame.index + Fraction(1, 2)) / self._fps)
        while self._cues and self._cues[0].end <= middle:
            self._cues.pop(0)
        if not self._cues or self._cues[0].start > middle:
            return frame
        cue = self._cues[0]
        said = None if self._style == "lines" else tuple(_said(row, middle) for row in cue.rows)
        if self._patch is None or self._shown != (cue, said):
            self._shown = cue, said
            self._patch = _patch(self._letters.write(cue.lines, self._width, said), self._size)
        return self._patch.laid_over(frame)


def _said(row: Sequence[Piece], time: float) -> int:
    """How many letters of a line have been begun by `time`."""
    return sum(len(piece.text) for piece in row if piece.start <= time)


@dataclass(frozen=True, slots=True)
class _Patch:
    """A lettering at its place."""

    x: int
    y: int
    luma: NDArray[np.float32]
    """Limited range, 16..235."""
    cover: NDArray[np.float32]
    chroma_cover: NDArray[np.float32]
    """Half as wide and half as high."""

    def laid_over(self, frame: Frame) -> Frame:
        planes = [plane.copy() for plane in frame.planes]
        height, width = self.cover.shape
        here = np.s_[self.y : self.y + height, self.x : self.x + width]
        half = np.s_[self.y // 2 : (self.y + height) // 2, self.x // 2 : (self.x + width) // 2]
        if frame.format == "rgb24":
            _blend(planes[0][here], ((self.luma - 16) * (255 / 219))[..., None], self.cover[..., None])
            return replace(frame, planes=tuple(planes))
        cover, chroma_cover = self.cover, self.chroma_cover
        if frame.format == "yuva420p":
            # colours are not premultiplied: over a clear pixel the lettering's own colour counts, however thin it is
            under = planes[3][here].astype(np.float32) / np.float32(255)
            over = cover + under * (1 - cover)
            planes[3][here] = np.rint(over * 255)
            cover = np.asarray(cover / np.maximum(over, 1e-6), np.float32)
            chroma_cover = _halved(cover)
        _blend(planes[0][here], self.luma, cover)
        _blend(planes[1][half], np.float32(128), chroma_cover)
        _blend(planes[2][half], np.float32(128), chroma_cover)
        return replace(frame, planes=tuple(planes))


def _blend(under: NDArray[np.uint8], over: NDArray[np.float32] | np.float32, cover: NDArray[np.float32]) -> None:
    under[...] = np.rint(under + (over - under) * cover)


def _patch(lettering: Lettering, size: tuple[int, int]) -> _Patch:
    height, width = lettering.cover.shape
    x = (size[0] - width) // 4 * 2
    y = int(size[1] * (1 - SAFE) - height) // 2 * 2
    return _Patch(x, y, 16 + 219 * lettering.grey, lettering.cover, _halved(lettering.cover))


def _halved(cover: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(cv2.resize(cover, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA), np.float32)
