"""Letters that the shipped font lacks are drawn with a font of the system's."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen

from deckard_cli.clip.lettering import Letters
from deckard_cli.clip.typefaces import Typeface, folders, typefaces
from deckard_cli.errors import MissingError

FONTCONFIG = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig><dir>{folder}</dir><cachedir>{folder}/cache</cachedir></fontconfig>
"""
SEARCHES = [
    pytest.param("fontconfig", marks=pytest.mark.skipif(not shutil.which("fc-list"), reason="fontconfig is not there")),
    "folders",
]


def font(path: Path, letters: str, codepage: int = 0) -> Path:
    """A font in which each of `letters` is a square; `codepage` is a bit of OS/2's ulCodePageRange1."""
    pen = TTGlyphPen(None)
    pen.moveTo((0, 0))
    for corner in ((0, 700), (700, 700), (700, 0)):
        pen.lineTo(corner)
    pen.closePath()
    square, nothing = pen.glyph(), TTGlyphPen(None).glyph()
    builder = FontBuilder(1000)
    builder.setupGlyphOrder([".notdef", "space", "square"])
    builder.setupCharacterMap({ord(letter): "square" for letter in letters} | {32: "space"})
    builder.setupGlyf({".notdef": nothing, "space": nothing, "square": square})
    builder.setupHorizontalMetrics({".notdef": (800, 0), "space": (300, 0), "square": (800, 0)})
    builder.setupHorizontalHeader(ascent=800, descent=-200)
    builder.setupNameTable({"familyName": path.stem, "styleName": "Regular"})
    builder.setupOS2(
        sTypoAscender=800, sTypoDescender=-200, usWinAscent=800, usWinDescent=200, ulCodePageRange1=1 << codepage
    )
    builder.setupPost()
    path.parent.mkdir(parents=True, exist_ok=True)
    builder.save(path)
    return path


@pytest.fixture(params=SEARCHES)
def fonts(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of fonts, the only one that is looked into."""
    folder = tmp_path / "data" / "fonts"
    folder.mkdir(parents=True)
    if request.param == "fontconfig":
        (tmp_path / "fonts.conf").write_text(FONTCONFIG.format(folder=folder))
        monkeypatch.setenv("FONTCONFIG_FILE", str(tmp_path / "fonts.conf"))
    else:
        monkeypatch.setenv("PATH", str(tmp_path))
        monkeypatch.setattr("deckard_cli.clip.typefaces.folders", lambda: [folder])
    return folder


def ink(letters: Letters, text: str) -> float:
    """The share of white in a line."""
    return float((letters.write([text], 1000).grey > 0.5).mean())


def test_a_letter_that_the_shipped_font_lacks_is_drawn_by_another(fonts: Path) -> None:
    font(fonts / "squares.ttf", "你好")
    letters = Letters(None, 40)
    letters.check("Say 你好!")
    assert ink(letters, "你好你好") > 2 * ink(letters, "llll")
    mixed = letters.write(["-- 你 --"], 1000).grey
    square = np.flatnonzero((mixed > 0.5).sum(axis=0) > 20)
    assert 24 <= np.ptp(square) + 1 <= 30
    assert abs(square.mean() - mixed.shape[1] / 2) < 5


def test_each_script_may_have_a_font_of_its_own(fonts: Path) -> None:
    font(fonts / "han.ttf", "你")
    font(fonts / "thai.ttf", "ค")
    Letters(None, 40).check("你 and ค")


def test_letters_that_no_font_has_are_named_and_no_others(fonts: Path) -> None:
    font(fonts / "han.ttf", "你")
    (fonts / "broken.ttf").write_bytes(b"no font")
    with pytest.raises(MissingError) as caught:
        Letters(None, 40).check("Say 你 ค 好")
    assert "draw ค 好 in" in caught.value.message
    assert "DECKARD_FONT" in caught.value.hint


def test_a_bold_font_comes_before_others_and_a_mono_last(fonts: Path) -> None:
    for name in ("a-mono-bold.ttf", "b.ttf", "c-bold.ttf"):
        font(fonts / name, "你")
    assert [face.path.name for face in typefaces("你")] == ["c-bold.ttf", "b.ttf", "a-mono-bold.ttf"]


@pytest.mark.skipif(not shutil.which("fc-list"), reason="fontconfig is not there")
def test_han_letters_have_the_form_of_their_language(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "fonts.conf").write_text(FONTCONFIG.format(folder=tmp_path))
    monkeypatch.setenv("FONTCONFIG_FILE", str(tmp_path / "fonts.conf"))
    letters = "ˇˉ" + "".join(map(chr, [*range(0x3000, 0x3200), *range(0x4E00, 0xA000), *range(0xFF00, 0xFFF0)]))
    font(tmp_path / "a-japanese.ttf", letters, codepage=17)
    font(tmp_path / "b-chinese.ttf", letters, codepage=18)
    first = {lang: typefaces("你好", lang)[0].path.name for lang in ("ja", "cmn", "zh-cn", "")}
    assert first == {"ja": "a-japanese.ttf", "cmn": "b-chinese.ttf", "zh-cn": "b-chinese.ttf", "": "a-japanese.ttf"}


def test_no_search_is_made_where_the_shipped_font_has_all(fonts: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr("deckard_cli.clip.lettering.typefaces", lambda letters, lang: pytest.fail("looked for fonts"))
    Letters(None, 40).check("Grüße, Ελλάδα, Москва, שלום, سلام 🦊")


def test_a_font_is_opened_at_a_size(tmp_path: Path) -> None:
    assert Typeface(font(tmp_path / "a.ttf", "你")).at(50).getlength("你") == 40


def test_the_folders_of_fonts_are_there() -> None:
    assert all(folder.is_dir() for folder in folders())
