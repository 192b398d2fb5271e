"""Every mistake in a persona's files, at once, as editors and programs read it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from deckard_cli.cli import run
from deckard_cli.persona.make import BLANK, copied, make

Change = Callable[[Path], None]


@pytest.fixture
def ada(here: Path) -> Path:
    """A persona without mistakes, in ./personas."""
    return make("ada", here / "personas", copied(BLANK, "ada"))


def told(capsys: pytest.CaptureFixture[str], *names: str) -> list[str]:
    """What `validate` prints of `names`, which have mistakes."""
    capsys.readouterr()
    assert run(["persona", "validate", *names]) == 2
    return capsys.readouterr().out.splitlines()


def changed(file: str, old: str, new: str) -> Change:
    def change(folder: Path) -> None:
        text = (folder / file).read_text(encoding="utf-8")
        assert old in text
        (folder / file).write_text(text.replace(old, new, 1), encoding="utf-8")

    return change


def resized(folder: Path) -> None:
    file = folder / "layers" / "2x" / "head.webp"
    with Image.open(file) as image:
        image.resize((7, 9)).save(file)


@pytest.mark.parametrize("name", ["joi", str(BLANK)])
def test_what_comes_with_deckard_has_no_mistakes(name: str, here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["persona", "validate", name]) == 0
    out, err = capsys.readouterr()
    assert (out, err) == ("", f"deckard: {Path(name).name}: no mistakes\n")


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (changed("persona.toml", "manner", "manners"), r"persona\.toml:9: manners: "),
        (
            changed("persona.toml", "[moods.happy]", '[moods."very sad"]'),
            r"persona\.toml:\d+: moods\.very sad: .*mark|\[",
        ),
        (changed("persona.toml", "pitch = 50", "pitch = 500"), r"persona\.toml:\d+: voices\.espeak: A pitch"),
        (changed("persona.toml", "pitch = 50", 'pitch = "high"'), r"persona\.toml:15: voices\.espeak\.pitch: "),
        (
            changed("persona.toml", "pitch = 50", "picth = 50"),
            r"persona\.toml:15: voices\.espeak\.picth: it has no such option",
        ),
        (changed("persona.toml", "[voices.espeak]", "[voices.espaek]"), r"voices\.espaek: .*did you mean 'espeak'"),
        (changed("persona.toml", '"espeak"', '"espeek"'), r"persona\.toml:11: voice: There is no voice"),
        (changed("persona.toml", '"rig"', '"rug"'), r"persona\.toml:12: face: There is no face"),
        (changed("rig.toml", "chin = 236", "chin = -1"), r"rig\.toml:\d+: head\.chin: "),
        (
            changed("rig.toml", "line = 141", "line = 700"),
            r"rig\.toml:\d+: mouth\.line: the mouth lies outside the page",
        ),
        (changed("rig.toml", "width = 1024", "width = 1000"), r"rig\.toml:\d+: page: the drawing is 1024x1024"),
        (lambda folder: (folder / "rig.toml").unlink(), r"rig\.toml:1: cannot be read: No such file"),
        (changed("drawing.svg", 'id="brow-left"', 'id="brow-lift"'), r"drawing\.svg:1: brow-left: there is no group"),
        (changed("drawing.svg", "</svg>", ""), r"drawing\.svg:\d+: this is not SVG: no element"),
        (changed("drawing.svg", "#f2c49f", "#f2c49e"), r"index\.json:1: drawing_sha256: drawing\.svg has been changed"),
        (lambda folder: (folder / "layers" / "index.json").unlink(), r"index\.json:1: there are no layers yet"),
        (lambda folder: (folder / "layers" / "index.json").write_text("{"), r"index\.json:1: .*JSON"),
        (lambda folder: (folder / "layers" / "1x" / "head.webp").unlink(), r"1x/head\.webp:1: the layer is missing"),
        (lambda folder: (folder / "layers" / "1x" / "head.webp").write_bytes(b""), r"1x/head\.webp:1: it is no WEBP"),
        (resized, r"2x/head\.webp:1: it has 7x9 pixels"),
        (changed("layers/index.json", '"head"', '"haed"'), r"layers\.head: there has to be such a layer"),
    ],
)
def test_each_kind_of_mistake_is_told_with_file_line_and_field(
    change: Change, says: str, ada: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    change(ada)
    lines = told(capsys, "ada")
    assert any(re.search(says, line) for line in lines), lines
    assert all(re.match(rf"{re.escape(str(ada))}/[\w./-]+:\d+: ", line) for line in lines)


def test_all_of_them_are_told_at_once(ada: Path, here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    changed("persona.toml", "manner", "manners")(ada)
    changed("rig.toml", "chin = 236", "chin = -1")(ada)
    changed("drawing.svg", "#f2c49f", "#f2c49e")(ada)
    make("eve", here / "personas", copied(BLANK, "eve"))
    other = make("zoe", here / "personas", copied(BLANK, "zoe"))
    changed("rig.toml", "roll = -2", "roll = 200")(other)
    files = {line.partition(":")[0].removeprefix(f"{here}/personas/") for line in told(capsys, "ada", "eve", "zoe")}
    assert files == {"ada/persona.toml", "ada/rig.toml", "ada/layers/index.json", "zoe/rig.toml"}


def test_programs_read_the_same(ada: Path, capsys: pytest.CaptureFixture[str]) -> None:
    changed("persona.toml", "manner", "manners")(ada)
    assert run(["persona", "validate", "ada", "joi", "--json"]) == 2
    said = json.loads(capsys.readouterr().out)
    assert (said["version"], said["valid"]) == (1, False)
    bad, good = said["personas"]
    assert (bad["key"], bad["valid"], good["key"], good["valid"], good["mistakes"]) == ("ada", False, "joi", True, [])
    assert bad["mistakes"] == [
        {
            "file": str(ada / "persona.toml"),
            "line": 9,
            "field": "manners",
            "message": "there is no such field; did you mean 'manner'?",
        }
    ]


def test_a_folder_that_is_no_persona_is_told(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "empty").mkdir()
    assert f"{'empty/persona.toml'}:1: cannot be read: No such file or directory" in told(capsys, "./empty")
    assert run(["persona", "validate", "nobody"]) == 2


def test_a_voice_of_somebody_elses_may_be_tuned(ada: Path) -> None:
    changed("persona.toml", "[voices.espeak]", "[voices.their-own]")(ada)
    assert run(["persona", "validate", "ada"]) == 0
