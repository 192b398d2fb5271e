"""Burned-in words stand where and when they should, and only there."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from deckard_cli.clip.burn import Burner
from deckard_cli.clip.captions import Style
from deckard_cli.clip.lettering import SHIPPED, Letters
from deckard_cli.errors import UsageError
from deckard_cli.face import Frame
from deckard_cli.speech import Speech, Word

FPS = Fraction(25)
SIZES = [(512, 512), (1080, 1920), (1920, 1080), (270, 480), (64, 64)]


def speech(text: str, seconds: float = 4.0, lead: float = 0.0) -> Speech:
    return Speech(np.zeros(round(8000 * seconds), np.float32), 8000, (Word(text, lead, seconds - 1),), (), text)


def grey(size: tuple[int, int], index: int = 25, luma: int = 128) -> Frame:
    width, height = size
    chroma = np.full((height // 2, width // 2), 90, np.uint8)
    return Frame(index, (np.full((height, width), luma, np.uint8), chroma, chroma.copy()))


def burner(text: str, size: tuple[int, int], lead: float = 0.0) -> Burner:
    made = Burner(size, FPS)
    made.add(speech(text, lead=lead))
    return made


@pytest.mark.parametrize("size", SIZES)
def test_words_are_white_on_dark_within_the_safe_area(size: tuple[int, int]) -> None:
    width, height = size
    frame = grey(size)
    burned = burner("Wherever WWWW you MMMM go, there you are", size).burn(frame)
    luma = burned.planes[0].astype(int)
    changed = np.argwhere(luma != 128)
    (top, left), (bottom, right) = changed.min(0), changed.max(0)
    assert top > height * 0.5
    assert height * 0.9 < bottom + 1 <= height * 0.95
    assert left >= int(width * 0.05) - 2
    assert right <= width - int(width * 0.05) + 2
    assert abs((left + right) / 2 - width / 2) <= 3
    assert luma.max() >= 225
    assert 16 <= luma.min() < 40
    assert (frame.planes[0] == 128).all()


def test_colour_goes_where_words_are_and_stays_elsewhere() -> None:
    burned = burner("Hello", (512, 512)).burn(grey((512, 512)))
    assert abs(int(burned.planes[1].max()) - 128) <= 1
    assert (burned.planes[1][:200] == 90).all()
    assert (burned.planes[1] == burned.planes[2]).all()


def test_words_come_with_their_first_sound_and_go_after_their_last() -> None:
    made = burner("Hello", (128, 128), lead=1.0)
    shown = [index for index in range(100) if (made.burn(grey((128, 128), index)).planes[0] != 128).any()]
    assert shown == list(range(25, round((3.0 + 0.3) * 25)))


def test_a_frame_without_words_is_the_frame_itself() -> None:
    frame = grey((128, 128), 0)
    assert burner("Hello", (128, 128), lead=1.0).burn(frame) is frame


def test_each_speech_follows_the_one_before() -> None:
    made = Burner((256, 256), FPS)
    made.add(speech("One", 2.0))
    first = made.burn(grey((256, 256), 10)).planes[0]
    made.add(speech("Another", 2.0))
    second = made.burn(grey((256, 256), 60)).planes[0]
    assert (second != 128).sum() > (first != 128).sum() > 0


def test_rgb_and_yuv_show_the_same() -> None:
    size = (256, 256)
    yuv = burner("Hello", size).burn(grey(size, luma=16)).planes[0].astype(float)
    rgb = burner("Hello", size).burn(Frame(25, (np.zeros((256, 256, 3), np.uint8),), "rgb24")).planes[0]
    assert np.abs((yuv - 16) * 255 / 219 - rgb.mean(2)).max() <= 2


def test_words_show_where_the_picture_is_clear() -> None:
    size = (256, 256)
    frame = grey(size)
    clear = np.zeros((256, 256), np.uint8)
    burned = burner("Hello", size).burn(Frame(25, (*frame.planes, clear), "yuva420p"))
    luma, alpha = burned.planes[0], burned.planes[3]
    assert alpha.max() == 255
    assert (alpha[:128] == 0).all()
    assert luma[alpha == 255].max() >= 225
    solid = burner("Hello", size).burn(Frame(25, (*frame.planes, clear + 255), "yuva420p"))
    assert (solid.planes[3] == 255).all()
    assert (solid.planes[0] == burner("Hello", size).burn(frame).planes[0]).all()


def spoken(text: str, style: Style) -> Burner:
    """A word a second."""
    words = [Word(word, float(i), float(i + 1)) for i, word in enumerate(text.split())]
    made = Burner((512, 256), FPS, None, style)
    made.add(Speech(np.zeros(8000 * (len(words) + 1), np.float32), 8000, tuple(words), (), text))
    return made


def bright(burned: Frame) -> list[int]:
    """The columns with white letters."""
    return np.flatnonzero((burned.planes[0] > 210).any(axis=0)).tolist()


def test_words_light_up_from_left_to_right_as_they_are_said() -> None:
    made, whole = spoken("One two three", "words"), spoken("One two three", "lines")
    first, second, third = (made.burn(grey((512, 256), 12 + 25 * i, 60)) for i in range(3))
    full = whole.burn(grey((512, 256), 62, 60))
    assert bright(first)[0] == bright(full)[0]
    assert bright(first)[-1] < bright(second)[-1] < bright(third)[-1] == bright(full)[-1]
    assert (third.planes[0] == full.planes[0]).all()
    dim = first.planes[0][:, bright(first)[-1] + 4 :]
    assert 130 < dim.max() < 180


def test_arabic_words_light_up_from_right_to_left() -> None:
    made = spoken("سلام سلام سلام", "words")
    first, second, third = (made.burn(grey((512, 256), 12 + 25 * i, 60)) for i in range(3))
    assert bright(first)[0] > bright(second)[0] > bright(third)[0]
    assert bright(first)[-1] == bright(third)[-1]


def test_emoji_are_left_out() -> None:
    with_emoji, without = burner("Hi 🦊", (256, 256)), burner("Hi", (256, 256))
    frame = grey((256, 256))
    assert (with_emoji.burn(frame).planes[0].max(0) > 200).sum() == (without.burn(frame).planes[0].max(0) > 200).sum()


def test_arabic_is_shaped_from_right_to_left() -> None:
    letters = Letters(None, 40)
    joined = letters.write(["سلام"], 500).grey
    apart = letters.write(["س\u200cل\u200cا\u200cم"], 500).grey
    ink = [np.flatnonzero(each.max(0) > 0.5) for each in (joined, apart)]
    assert np.ptp(ink[0]) < np.ptp(ink[1])


@pytest.mark.parametrize(("size", "noted"), [((64, 64), True), ((480, 64), True), ((96, 96), False)])
def test_letters_twice_as_large_as_they_should_be_are_told(size: tuple[int, int], noted: bool) -> None:
    assert [f"{size[0]}x{size[1]} pixels" in note for note in Burner(size, FPS).notes] == [True] * noted


def test_another_font_may_be_given(tmp_path: Path) -> None:
    copy = tmp_path / "a.ttf"
    copy.write_bytes(SHIPPED.read_bytes())
    Burner((128, 128), FPS, copy).add(speech("Hello"))
    copy.write_bytes(b"no font")
    for path in (copy, tmp_path / "none.ttf"):
        with pytest.raises(UsageError, match="is not a font"):
            Burner((128, 128), FPS, path)


def test_the_font_ships_with_its_licence() -> None:
    assert "Bitstream Vera" in (SHIPPED.parent / "DejaVuSans-Bold.LICENSE.txt").read_text(encoding="utf-8")
