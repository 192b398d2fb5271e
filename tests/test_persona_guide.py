"""personas/README.md says what is so."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from deckard_cli.cli import run
from deckard_cli.face.rig.drawing import GROUPS, OPTIONAL
from deckard_cli.face.rig.geometry import Geometry
from deckard_cli.motion.moods import MOODS
from deckard_cli.persona.manifest import KINDS, name_fault
from deckard_cli.persona.model import Persona, load
from deckard_cli.persona.words import Saying, read_words

GUIDE = (Path(__file__).parent.parent / "personas" / "README.md").read_text(encoding="utf-8")


def section(title: str) -> str:
    found = re.search(rf"^## {re.escape(title)}\n(.*?)(?=^## |\Z)", GUIDE, re.DOTALL | re.MULTILINE)
    assert found, title
    return found[1]


def test_the_example_of_a_persona_is_one_and_names_every_field(tmp_path: Path) -> None:
    example = "\n".join(line[4:] for line in section("persona.toml").splitlines() if line.startswith("    "))
    (tmp_path / "persona.toml").write_text(example, encoding="utf-8")
    persona = load(tmp_path)
    assert set(Persona.model_fields) == persona.model_fields_set
    assert persona.mood_names == [*MOODS, "sly"]
    assert all(mood in section("persona.toml") for mood in MOODS)


def test_the_examples_of_words_are_said(tmp_path: Path) -> None:
    example = "\n".join(line[4:] for line in section("words.toml").splitlines() if line.startswith("    "))
    (tmp_path / "words.toml").write_text(example, encoding="utf-8")
    words = read_words(tmp_path / "words.toml").root
    assert {field for each in words.values() for field in each.model_fields_set} == set(Saying.model_fields)


def test_every_group_of_a_drawing_is_named_in_order() -> None:
    named = re.findall(r"`([a-z-]+)`", " ".join(row.split("|")[0] for row in section("drawing.svg").split("\n|")[3:]))
    parts = [name for name in named if name.startswith("-")]
    named = [name for name in named if not name.startswith("-")]
    named = [name for name in named if name not in OPTIONAL]
    eye = ["eye-left-white", *(f"eye-left{part}" for part in parts)]
    where = named.index("eye-left-white")
    right = [name.replace("left", "right") for name in eye]
    assert [*named[:where], *eye, *right, *named[where + 1 :]] == list(GROUPS)
    assert [name for name in OPTIONAL if f"`{name}`" not in section("drawing.svg")] == []


def test_every_table_of_a_rig_is_named() -> None:
    said = section("rig.toml")
    assert [table for table in Geometry.model_fields if f"[{table}" not in said] == []


def test_the_kinds_of_files_that_travel_are_those() -> None:
    named = re.findall(r"`(\.[a-z]+)`", section("Share one"))
    assert set(named) == set(KINDS) - {".jpeg"}
    assert not name_fault("LICENSE")


COMMANDS = sorted(set(re.findall(r"^    deckard (persona [a-z]+)", GUIDE, re.MULTILINE)))


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_and_option_in_the_guide_is_there(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([*command.split(), "--help"]) == 0
    help_ = capsys.readouterr().out
    for line in re.findall(rf"^    deckard {command} (.*?)(?:  #.*)?$", GUIDE, re.MULTILINE):
        assert [option for option in re.findall(r"(?<!\S)--?[a-z-]+", line) if option not in help_] == []
