"""A cue's words as a bitmap: white, outlined, on a soft dark box.

Pillow shapes right-to-left and Indic scripts through Raqm, which its wheels carry. Letters that the shipped font lacks
are drawn with one of the system's own.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from deckard_cli.clip.typefaces import Typeface, typefaces
from deckard_cli.errors import MissingError, UsageError

SHIPPED: Final = Path(__file__).parent / "fonts" / "DejaVuSans-Bold.ttf"
SHADE: Final = 0.45
"""How much of the picture the box takes away."""
DIM: Final = 0.62
"""The grey of a word that is still to be said."""
UNASSIGNED: Final = "\U0010ffff"
"""A code point that no font draws: its picture is that of a missing letter."""


@dataclass(frozen=True, slots=True)
class Lettering:
    """What is laid over a picture: a grey value and how much it covers."""

    grey: NDArray[np.float32]
    """Shape (height, width), 0 black .. 1 white; means nothing where nothing is covered."""
    cover: NDArray[np.float32]
    """Shape (height, width), 0 .. 1."""


@dataclass(frozen=True, slots=True)
class Run:
    """Letters of a line that one font draws."""

    text: str
    font: ImageFont.FreeTypeFont

    @property
    def width(self) -> float:
        """Pixels."""
        return self.font.getlength(self.text)


class Letters:
    """Fonts at a size, and what they draw."""

    def __init__(self, font: Path | None, pixels: int, lang: str = "") -> None:
        """`pixels` is the fonts' size; `font` comes before the one that is shipped; `lang` (BCP 47) is the language.

        Raises `UsageError` for a file that is not a font.
        """
        self._faces = [Typeface(path) for path in (font, SHIPPED) if path]
        self._pixels = pixels
        self._lang = lang
        self._known: dict[tuple[Typeface, str], bool] = {}
        self._fonts: dict[tuple[Typeface, int], ImageFont.FreeTypeFont] = {}
        try:
            self._font(self._faces[0], pixels)
        except OSError as error:
            raise UsageError(
                f"'{font}' is not a font that can be read.",
                code="not_a_font",
                hint="set DECKARD_FONT to a .ttf or .otf file, or unset it",
            ) from error

    def check(self, text: str) -> None:
        """Find fonts for `text`, those of the system among them.

        Raises `MissingError` naming the letters that no font has. Emoji are none: they are left out.
        """
        lacking = self._lacking(text)
        for face in typefaces(lacking, self._lang) if lacking else ():
            if any(self._draws(face, letter) for letter in lacking):
                self._faces.append(face)
                lacking = self._lacking(text)
            if not lacking:
                return
        if lacking:
            raise MissingError(
                f"No font here can draw {' '.join(lacking[:12])} in captions.",
                code="no_glyph",
                hint="install a font that can, such as one of the Noto family, or set DECKARD_FONT to its file",
            )

    def _lacking(self, text: str) -> list[str]:
        letters = (letter for letter in dict.fromkeys(text) if unicodedata.category(letter)[0] in "LN")
        return [letter for letter in letters if not any(self._draws(face, letter) for face in self._faces)]

    def _draws(self, face: Typeface, letter: str) -> bool:
        if (face, letter) not in self._known:
            try:
                font = self._font(face, self._pixels)
                drawn = bytes(font.getmask(letter)) != bytes(font.getmask(UNASSIGNED))
            except OSError:  # a font of pictures has no other size than its own
                drawn = False
            self._known[face, letter] = drawn
        return self._known[face, letter]

    def write(self, lines: Sequence[str], width: int, said: Sequence[int] | None = None) -> Lettering:
        """The lines, centred, one under the other; drawn smaller where one would be wider than `width` pixels.

        `said` tells how many letters of each line are said by now; the others are dim. None: all are.
        """
        pad = self._pixels // 2
        widest = max(_width(self._runs(line, self._pixels)) for line in lines) + 4 * pad
        pixels = self._pixels if widest <= width else int(self._pixels * width / widest)
        rows = [self._runs(line, pixels) for line in lines]
        step = round(pixels * 1.3)
        size = (min(width, int(widest) + 1) // 2 * 2, (step * len(rows) + pad) // 2 * 2)
        fill, outline = (_drawn(rows, size, step, stroke=stroke) for stroke in (0, max(1, round(pixels / 14))))
        box = _box(size, round(pad * 0.8)) * SHADE
        dark = 1 - (1 - box) * (1 - outline)
        cover = 1 - (1 - dark) * (1 - fill)
        if said is None:
            return Lettering(fill, cover)
        done = [_width(self._runs(line[:count], pixels)) for line, count in zip(lines, said, strict=True)]
        return Lettering(fill * _light(rows, done, size, step), cover)

    def _runs(self, line: str, pixels: int) -> list[Run]:
        """The line in the order in which it is read, in runs of one font each, without what no font draws."""
        owned = [(self._owner(word), word) for word in _words(line)]
        runs = []
        for face, words in groupby(owned, key=lambda each: each[0]):
            font = face.at(pixels)
            text = "".join(
                letter for _, word in words for letter in word if letter.isspace() or self._draws(face, letter)
            )
            runs.append(Run(text, font))
        return runs

    def _font(self, face: Typeface, pixels: int) -> ImageFont.FreeTypeFont:
        if (face, pixels) not in self._fonts:
            self._fonts[face, pixels] = face.at(pixels)
        return self._fonts[face, pixels]

    def _owner(self, word: str) -> Typeface:
        """The first font that draws all of `word`, else the one that draws most: parted, its letters would not join."""
        return max(self._faces, key=lambda face: sum(letter.isspace() or self._draws(face, letter) for letter in word))


def _words(line: str) -> Iterator[str]:
    """The words of `line`, each with the spaces after it; joined they are the line."""
    word = ""
    for letter in line:
        if word[-1:].isspace() and not letter.isspace():
            yield word
            word = ""
        word += letter
    yield word


def _width(runs: Sequence[Run]) -> float:
    return sum(run.width for run in runs)


def _is_leftward(text: str) -> bool:
    """Whether the first letter with a direction goes from right to left (Unicode Standard Annex 9, rule P2)."""
    directions = (unicodedata.bidirectional(letter) for letter in text)
    return next((each in ("R", "AL") for each in directions if each in ("L", "R", "AL")), False)


def _drawn(rows: Sequence[Sequence[Run]], size: tuple[int, int], step: int, *, stroke: int) -> NDArray[np.float32]:
    image = Image.new("L", size)
    draw = ImageDraw.Draw(image)
    top = (size[1] - step * len(rows)) / 2 + step / 2
    for index, row in enumerate(rows):
        ascent, descent = row[0].font.getmetrics()
        x, baseline = (size[0] - _width(row)) / 2, top + index * step + (ascent - descent) / 2
        for run in reversed(row) if _is_leftward("".join(run.text for run in row)) else row:
            draw.text((x, baseline), run.text, 255, run.font, anchor="ls", stroke_width=stroke)
            x += run.width
    return np.asarray(image, np.float32) / np.float32(255)


def _light(
    rows: Sequence[Sequence[Run]], done: Sequence[float], size: tuple[int, int], step: int
) -> NDArray[np.float32]:
    """Shape (height, width): 1 over what is said, the first `done` pixels of each line, and `DIM` over the rest."""
    light = np.ones(size[::-1], np.float32)
    top = (size[1] - step * len(rows)) / 2
    for index, (row, said) in enumerate(zip(rows, done, strict=True)):
        band = light[round(top + index * step) : round(top + (index + 1) * step)]
        side = (size[0] - _width(row)) / 2
        if said >= _width(row):  # the last letter may reach a little beyond its width
            continue
        if _is_leftward("".join(run.text for run in row)):
            band[:, : max(0, round(size[0] - side - said))] = DIM
        else:
            band[:, max(0, round(side + said)) :] = DIM
    return light


def _box(size: tuple[int, int], soft: int) -> NDArray[np.float32]:
    """A box that fades out over `soft` pixels at its edge."""
    image = Image.new("L", size)
    ImageDraw.Draw(image).rounded_rectangle((soft, soft, size[0] - soft - 1, size[1] - soft - 1), soft * 2, 255)
    blurred = cv2.GaussianBlur(np.asarray(image, np.float32) / 255, (0, 0), soft / 2)
    return np.asarray(blurred, np.float32)
