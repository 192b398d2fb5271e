"""Numbers that would draw nonsense are refused when rig.toml is read, with their line; those of real faces are not."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from deckard_cli.face.rig.geometry import Geometry
from deckard_cli.face.rig.sense import load, nonsense
from deckard_cli.persona.make import BLANK
from deckard_cli.tomlfile import FileError

TEXT = (BLANK / "rig.toml").read_text(encoding="utf-8")
PERSONAS = sorted((Path(__file__).parent.parent / "personas").glob("*/rig.toml"))


@pytest.mark.parametrize("file", [BLANK / "rig.toml", *PERSONAS], ids=lambda file: file.parent.name)
def test_faces_of_ours_make_sense(file: Path) -> None:
    assert list(nonsense(load(file))) == []


def swapped(text: str) -> str:
    """Left and right eye in one another's place."""
    return text.replace("[eye.left]", "[eye.x]").replace("[eye.right]", "[eye.left]").replace("[eye.x]", "[eye.right]")


def line(name: str, side: str = "left") -> str:
    """The curve `name` of an eye as it is written."""
    found = re.search(rf"\[eye\.{side}\].*?\n{name} = (\[\[.*?\]\])\n", TEXT, re.DOTALL)
    assert found
    return found[1]


def moved(curve: str, dy: float) -> str:
    return re.sub(r", (-?[\d.]+)\]", lambda y: f", {float(y[1]) + dy:g}]", curve)


def backwards(curve: str) -> str:
    return "[" + ", ".join(reversed(re.findall(r"\[[^\[\]]+\]", curve))) + "]"


@pytest.mark.parametrize(
    ("text", "field", "says"),
    [
        (TEXT.replace("origin = [512, 470]", "origin = [512, 2000]"), "head.origin", "outside the page"),
        (TEXT.replace("pivot = [512, 735]", "pivot = [512, 300]"), "head.pivot", "below the eyes"),
        (TEXT.replace("half_width = 51", "half_width = 600"), "mouth.line", "the mouth lies outside the page"),
        (TEXT.replace("line = 141", "line = 300"), "mouth.line", "between the eyes .* and the chin"),
        (TEXT.replace("line = 141", "line = -20"), "mouth.line", "between the eyes"),
        (TEXT.replace("teeth = 147", "teeth = 20"), "mouth.teeth", "outside the mouth"),
        (TEXT.replace("box = [-94, 96, 94, 252]", "box = [-40, 96, 94, 252]"), "mouth.box", "has to hold the lips"),
        (TEXT.replace("box = [-94, 96, 94, 252]", "box = [-94, 96, 94, 150]"), "mouth.box", "has to hold the lips"),
        (TEXT.replace("box = [-94, 96, 94, 252]", "box = [94, 96, -94, 252]"), "mouth", "box has to be left, top"),
        (TEXT.replace("box = [-94, 96, 94, 252]", "box = [0, 96, 0, 252]"), "mouth", "box has to be left, top"),
        (TEXT.replace(line("upper"), moved(line("upper"), 30)), "eye.left.upper", "crosses the lower one"),
        (TEXT.replace(line("upper"), line("lower")), "eye.left.upper", "the eye is drawn closed"),
        (TEXT.replace(line("upper"), backwards(line("upper"))), "eye.left.upper", "from the inner corner"),
        (TEXT.replace(line("shut"), moved(line("shut"), -40)), "eye.left.shut", "above the open one"),
        (TEXT.replace(line("shut"), moved(line("shut"), 40)), "eye.left.shut", "below the lower one"),
        (TEXT.replace(line("crease"), moved(line("crease"), 30)), "eye.left.crease", "the fold crosses"),
        (TEXT.replace(line("crease_shut"), moved(line("crease_shut"), 60)), "eye.left.crease_shut", "the fold crosses"),
        (TEXT.replace("iris = [435, 466]", "iris = [500, 466]"), "eye.left.iris", "outside the eye"),
        (TEXT.replace("iris_radius = 23", "iris_radius = 230", 1), "eye.left.iris_radius", "wider than the eye"),
        (swapped(TEXT), "eye.left", "inner corner|to the right of eye.right"),
        (re.sub(r"left = \[\[474.*", "left = [[474, 600], [386, 600]]", TEXT), "brow.left", "below the eye"),
        (re.sub(r"left = \[\[474.*", "left = [[474, 400], [474, 390]]", TEXT), "brow.left", "at the same x"),
        (TEXT.replace("chin = 236", "chin = nan"), "head.chin", "a number, not nan"),
        (TEXT.replace("scale = 1.0", "scale = 1e9"), "head.scale", "at most 16"),
    ],
)
def test_nonsense_is_refused_with_its_line(text: str, field: str, says: str, tmp_path: Path) -> None:
    assert text != TEXT
    file = tmp_path / "rig.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(FileError) as caught:
        load(file)
    wrong = [each for each in caught.value.mistakes if each.field.startswith(field) and re.search(says, each.message)]
    assert wrong, caught.value.message
    table, _, key = wrong[0].field.rpartition(".")
    assert text.splitlines()[wrong[0].line - 1].startswith((f"{key} =", f"[{table}.{key}]", f"[{key}]"))


PLAIN = load(BLANK / "rig.toml").model_dump()
numbers = st.floats(-9000, 9000) | st.sampled_from([0.0, -1.0, 1e-9, 8192.0])


@given(st.lists(st.tuples(numbers, numbers), min_size=2, max_size=6), st.sampled_from(["upper", "lower", "crease"]))
def test_whatever_curve_is_written_it_is_answered(curve: list[tuple[float, float]], name: str) -> None:
    """No curve, however wild, gets past Pydantic and then makes the check itself fail."""
    made = Geometry.model_validate(PLAIN)
    eye = made.eye.left.model_dump() | {name: curve}
    try:
        changed = Geometry.model_validate({**PLAIN, "eye": {"left": eye, "right": made.eye.right.model_dump()}})
    except ValidationError:
        return
    assert all(field and said for field, said in nonsense(changed))
