"""The schemas that editors complete by say what the models say.

After a wanted change: `uv run python tests/test_persona_schema.py`.
"""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest

from deckard_cli.backends import BUILT_IN
from deckard_cli.persona.make import BLANK, copied, make
from deckard_cli.persona.places import places
from deckard_cli.persona.schema import SCHEMAS, schemas

PERSONAS = Path(__file__).parent.parent / "personas"
FILES = [file for file in (*PERSONAS.glob("*/*.toml"), *BLANK.glob("*.toml")) if f"{file.stem}.schema.json" in SCHEMAS]


def test_the_schemas_are_those_of_the_models() -> None:
    for name, text in schemas():
        assert (PERSONAS / name).read_text(encoding="utf-8") == text, f"run: uv run python {Path(__file__).name}"


def unknown(value: Any, schema: dict[str, Any], defs: dict[str, Any], at: str = "") -> list[str]:
    """The fields of `value` that `schema` does not know."""
    if reference := schema.get("$ref"):
        schema = defs[reference.rpartition("/")[2]]
    if not isinstance(value, dict):
        return []
    known, others = schema.get("properties", {}), schema.get("additionalProperties", True)
    found = []
    for field, inner in value.items():
        below = known.get(field, others)
        if below is False:
            found.append(f"{at}{field}")
        elif isinstance(below, dict):
            found += unknown(inner, below, defs, f"{at}{field}.")
    return found


@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parent.name}-{file.stem}")
def test_every_file_of_ours_has_only_fields_that_its_schema_knows_and_names_it(file: Path) -> None:
    name = f"{file.stem}.schema.json"
    schema = json.loads((PERSONAS / name).read_text(encoding="utf-8"))
    text = file.read_text(encoding="utf-8")
    assert unknown(tomllib.loads(text), schema, schema.get("$defs", {})) == []
    assert text.startswith(f"#:schema ../{name}\n")


def test_a_field_that_nobody_knows_is_seen() -> None:
    schema = json.loads((PERSONAS / "persona.schema.json").read_text(encoding="utf-8"))
    wrong = {"nmae": "Joi", "moods": {"happy": {"mouthSmirk": 1}}, "voices": {"espeak": {"pich": 3}}}
    assert unknown(wrong, schema, schema["$defs"]) == ["nmae", "moods.happy.mouthSmirk", "voices.espeak.pich"]


def test_an_option_of_any_voice_of_ours_is_offered() -> None:
    schema = json.loads((PERSONAS / "persona.schema.json").read_text(encoding="utf-8"))
    voices = schema["properties"]["voices"]["properties"]
    assert {*voices, "recording"} == {backend.name for backend in BUILT_IN if backend.kind == "voice"}
    assert voices["openai"]["properties"]["voice"] == {"type": "string", "default": "coral"}
    asked = {"voices": {"openai": {"vioce": "x"}, "piper": {"speaker": "3"}, "somebodys": {"else": 1}}}
    assert unknown(asked, schema, schema["$defs"]) == ["voices.openai.vioce"]


def test_every_field_of_a_persona_is_explained() -> None:
    schema = json.loads((PERSONAS / "persona.schema.json").read_text(encoding="utf-8"))
    assert [name for name, field in schema["properties"].items() if not field.get("description")] == []


def test_the_schemas_lie_beside_a_persona_that_is_made(tmp_path: Path) -> None:
    made = make("ada", tmp_path / "personas", copied(BLANK, "ada"))
    for name in SCHEMAS:
        assert (made.parent / name).read_bytes() == (places()[2] / name).read_bytes()
    assert (made / "persona.toml").read_text(encoding="utf-8").startswith("#:schema ../persona.schema.json\n")


if __name__ == "__main__":
    for name, text in schemas():
        (PERSONAS / name).write_text(text, encoding="utf-8")
