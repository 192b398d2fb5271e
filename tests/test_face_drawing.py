"""A drawing refers to nothing outside itself: a rasteriser would open it."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from deckard_cli.errors import DeckardError
from deckard_cli.face.rig.build import build
from deckard_cli.face.rig.drawing import GROUPS, read
from deckard_cli.persona.make import BLANK

HEAD = '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="0 0 64 64">'


def drawn(folder: Path, inner: str, head: str = HEAD) -> Path:
    file = folder / "drawing.svg"
    file.write_text(f'{head}\n<g id="head">\n{inner}</g></svg>', encoding="utf-8")
    return file


@pytest.mark.parametrize("file", [BLANK / "drawing.svg", *(Path(__file__).parent.parent / "personas").glob("*/*.svg")])
def test_drawings_of_ours_are_whole_in_themselves(file: Path) -> None:
    found = read(file)
    assert found.faults == ()
    assert [name for name in found.groups if name in GROUPS] == list(GROUPS)


@pytest.mark.parametrize(
    "inner",
    [
        '<image href="/etc/hostname"/>',
        '<image xlink:href="../secret.png"/>',
        '<image href="  secret.png"/>',
        '<image href="file:///etc/hostname"/>',
        '<image href="https://example.org/seen.png"/>',
        '<image href="data:image/svg+xml;base64,PHN2Zy8+"/>',
        '<image href="data:text/html,hello"/>',
        '<image href="&#47;etc/hostname"/>',
        '<use href="other.svg#head"/>',
        '<filter id="f"><feImage href="/etc/hostname"/></filter>',
        '<rect fill="url(other.svg#paint)"/>',
        "<rect style=\"fill: URL( 'other.svg#paint' )\"/>",
        "<style>@import 'https://example.org/seen.css';</style>",
        "<style>@im&#112;ort url(seen.css);</style>",
        "<style><![CDATA[rect { fill: url(https://example.org/seen) }]]></style>",
        "<script>alert(1)</script>",
        '<rect onload="alert(1)"/>',
        "<foreignObject><p/></foreignObject>",
        '<svg:script xmlns:svg="http://www.w3.org/2000/svg"/>',
        '<?xml-stylesheet href="seen.css"?>',
    ],
)
def test_what_lies_outside_and_what_runs_is_refused_before_anything_is_drawn(inner: str, tmp_path: Path) -> None:
    file = drawn(tmp_path, inner)
    faults = read(file).faults
    assert [line for line, _ in faults] == [3], faults
    with pytest.raises(DeckardError, match=r"drawing\.svg:3: "):
        build(tmp_path)
    assert list(tmp_path.rglob("*.webp")) == []


@pytest.mark.parametrize(
    "inner",
    [
        '<use href="#head"/>',
        '<rect fill="url(#paint)" style="filter: url(\'#soft\')"/>',
        f'<image href="data:image/png;base64,{base64.b64encode(b"x").decode()}"/>',
        '<a href="https://example.org"><rect/></a>',
        "<style>rect { fill: url(#paint) }</style>",
        "<!-- <script/> -->",
    ],
)
def test_what_lies_in_the_drawing_may_be_referred_to(inner: str, tmp_path: Path) -> None:
    assert read(drawn(tmp_path, inner)).faults == ()


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("", 1),
        ("plain words", 1),
        (HEAD, 1),
        (f"{HEAD}\n<g>\n</svg>", 3),
        ("<html/>", 1),
        ("<svg viewBox='0 0 1 1'/>", 1),
        ('<!DOCTYPE s [<!ENTITY a "&b;"><!ENTITY b "&a;">]>\n' + HEAD + "&a;</svg>", 2),
        (f'{HEAD}<g id="head"/>\n<g id="head"/></svg>', 2),
    ],
)
def test_what_is_no_drawing_is_told_with_its_line(text: str, line: int, tmp_path: Path) -> None:
    (tmp_path / "drawing.svg").write_text(text, encoding="utf-8")
    assert [at for at, _ in read(tmp_path / "drawing.svg").faults] == [line]


def test_entities_do_not_grow_without_end(tmp_path: Path) -> None:
    entities = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 12))
    text = f'<!DOCTYPE s [<!ENTITY e0 "0123456789">{entities}]>{HEAD}<text>&e11;</text></svg>'
    (tmp_path / "drawing.svg").write_text(text, encoding="utf-8")
    assert "amplification" in read(tmp_path / "drawing.svg").faults[0][1]


def test_groups_are_named_with_their_lines(tmp_path: Path) -> None:
    file = drawn(tmp_path, '<g/>\n<g id="brow-left"/>')
    assert read(file).groups == {"head": 2, "brow-left": 4}
