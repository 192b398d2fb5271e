"""A cue's words as a bitmap: white, outlined, on a soft dark box.

Pillow shapes right-to-left and Indic scripts through Raqm, which its wheels carry.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from deckard_cli.errors import MissingError, UsageError

SHIPPED: Final = Path(__file__).parent / "fonts" / "DejaVuSans-Bold.ttf"
SHADE: Final = 0.45
"""How much of the picture the box takes away."""
UNASSIGNED: Final = "\U0010ffff"
"""A code point that no font draws: its picture is that of a missing letter."""


@dataclass(frozen=True, slots=True)
class Lettering:
    """What is laid over a picture: a grey value and how much it covers."""

    grey: NDArray[np.float32]
    """Shape (height, width), 0 black .. 1 white; means nothing where nothing is covered."""
    cover: NDArray[np.float32]
    """Shape (height, width), 0 .. 1."""


class Letters:
    """A font at a size, and what it draws."""

    def __init__(self, font: Path | None, pixels: int) -> None:
        """`pixels` is the font's size. Raises `UsageError` for a file that is not a font."""
        path = font or SHIPPED
        try:
            self._font = ImageFont.truetype(str(path), pixels)
        except OSError as error:
            raise UsageError(
                f"'{path}' is not a font that can be read.",
                code="not_a_font",
                hint="set DECKARD_FONT to a .ttf or .otf file, or unset it",
            ) from error
        self._pixels = pixels
        self._missing = bytes(self._font.getmask(UNASSIGNED))
        self._known: dict[str, bool] = {}

    def check(self, text: str) -> None:
        """Raises `MissingError` naming the letters of `text` that the font lacks. Emoji are none: they are left out."""
        lacking = [letter for letter in dict.fromkeys(text) if _is_letter(letter) and not self._draws(letter)]
        if lacking:
            raise MissingError(
                f"The font of the captions cannot draw {' '.join(lacking[:12])}.",
                code="no_glyph",
                hint="set DECKARD_FONT to a font file that can, such as one of the Noto family",
            )

    def _draws(self, letter: str) -> bool:
        if letter not in self._known:
            self._known[letter] = bytes(self._font.getmask(letter)) != self._missing
        return self._known[letter]

    def write(self, lines: Iterable[str], width: int) -> Lettering:
        """The lines, centred, one under the other; drawn smaller where one would be wider than `width` pixels."""
        texts = ["".join(letter for letter in line if letter.isspace() or self._draws(letter)) for line in lines]
        pad = self._pixels // 2
        widest = max(self._font.getlength(text) for text in texts) + 4 * pad
        font = self._font if widest <= width else self._font.font_variant(size=int(self._pixels * width / widest))
        step = round(font.size * 1.3)
        size = (min(width, int(widest) + 1) // 2 * 2, (step * len(texts) + pad) // 2 * 2)
        stroke = max(1, round(font.size / 14))
        fill, outline = _drawn(font, texts, size, step, stroke=0), _drawn(font, texts, size, step, stroke=stroke)
        box = _box(size, round(pad * 0.8)) * SHADE
        dark = 1 - (1 - box) * (1 - outline)
        return Lettering(fill, 1 - (1 - dark) * (1 - fill))


def _is_letter(letter: str) -> bool:
    return unicodedata.category(letter)[0] in "LN"


def _drawn(
    font: ImageFont.FreeTypeFont, texts: list[str], size: tuple[int, int], step: int, *, stroke: int
) -> NDArray[np.float32]:
    image = Image.new("L", size)
    draw = ImageDraw.Draw(image)
    top = (size[1] - step * len(texts)) / 2 + step / 2
    for index, text in enumerate(texts):
        draw.text((size[0] / 2, top + index * step), text, 255, font, anchor="mm", stroke_width=stroke)
    return np.asarray(image, np.float32) / np.float32(255)


def _box(size: tuple[int, int], soft: int) -> NDArray[np.float32]:
    """A box that fades out over `soft` pixels at its edge."""
    image = Image.new("L", size)
    ImageDraw.Draw(image).rounded_rectangle((soft, soft, size[0] - soft - 1, size[1] - soft - 1), soft * 2, 255)
    blurred = cv2.GaussianBlur(np.asarray(image, np.float32) / 255, (0, 0), soft / 2)
    return np.asarray(blurred, np.float32)
