"""What is wrong with a file that somebody wrote is told in words, whatever was written."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from deckard_cli.errors import UsageError
from deckard_cli.face.landmarks import Landmarks
from deckard_cli.face.rig.geometry import Geometry
from deckard_cli.persona.model import Persona
from deckard_cli.persona.words import Words, read_words
from deckard_cli.settings import Settings
from deckard_cli.tomlfile import Mistake, told

MODELS: list[type[BaseModel]] = [Settings, Persona, Words, Geometry, Landmarks]
PYDANTICS = re.compile(r"\b(?:[Ii]nput|should|[Ee]xtra|[Vv]alid|[Ff]ield required|instance|dictionary|Saying)\b")

keys = st.sampled_from(sorted({name for model in MODELS for name in model.model_fields} - {"root"})) | st.text(
    max_size=3
)
values = st.recursive(
    st.booleans() | st.integers() | st.floats() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3),
    max_leaves=6,
)


@given(st.sampled_from(MODELS), st.dictionaries(keys, values, max_size=4))
def test_every_mistake_is_told_once_and_in_words(model: type[BaseModel], written: dict[str, Any]) -> None:
    try:
        model.model_validate(written)
    except ValidationError as error:
        mistakes = list(told(error, model, written))
        assert mistakes
        assert len({tuple(field) for field, _ in mistakes}) == len(mistakes)
        for _, sentence in mistakes:
            assert not PYDANTICS.search(re.sub(r"'.*'|\".*\"", "", sentence)), sentence


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("a = 5", 'a: say how: "win"'),
        ("a = []", 'a: say how: "win"'),
        ("a = {}", 'a: say how: "win"'),
        ('a = { siad = "x" }', "a.siad: there is no such field; did you mean 'said'?"),
        ("a = { said = 3 }", "a.said: it has to be a text, not 3"),
        ('"" = "x"', "it has no letter and no digit"),
    ],
)
def test_a_word_that_says_nothing_is_told_what_to_write(line: str, says: str, tmp_path: Path) -> None:
    file = tmp_path / "words.toml"
    file.write_text(f'b = "be"\n{line}\n')
    with pytest.raises(UsageError) as caught:
        read_words(file)
    assert caught.value.message.startswith(f"{file}:2: {says}")


@pytest.mark.parametrize("letter", ["\x1b", "\u061c", "\u200f", "\u202e", "\u2066", "\u2069"])
def test_what_would_turn_or_rewrite_a_terminal_is_written_as_an_escape(letter: str) -> None:
    said = str(Mistake(Path("a.toml"), 1, f"na{letter}me", "ö is fine"))
    assert letter not in said and ascii(letter)[1:-1] in said and said.endswith("ö is fine")
