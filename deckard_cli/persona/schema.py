"""What may stand in persona.toml and rig.toml as JSON Schemas, which editors complete and check by.

They are kept beside the personas that come with Deckard and laid beside a user's own, so that the same first line,
``#:schema ../persona.schema.json``, finds them from every persona's folder.
"""

from __future__ import annotations

import ast
import inspect
import json
import textwrap
from collections.abc import Iterator, Mapping
from typing import Any, Final

from pydantic import BaseModel

from deckard_cli import backends
from deckard_cli.face.rig.geometry import Geometry
from deckard_cli.motion import SHAPES
from deckard_cli.motion.moods import MOODS
from deckard_cli.persona.model import Persona

__all__ = ["SCHEMAS", "schemas"]

SCHEMAS: Final = ("persona.schema.json", "rig.schema.json")
_JSON_TYPES: Final = {bool: "boolean", int: "integer", float: "number", str: "string"}

Schema = dict[str, Any]


def schemas() -> Iterator[tuple[str, str]]:
    """Each schema's file name and its text."""
    persona, rig = _schema(Persona), _schema(Geometry)
    persona["$defs"] = {"Mood": _mood()}
    persona["properties"]["moods"] |= {
        "properties": {name: {"$ref": "#/$defs/Mood"} for name in MOODS},
        "additionalProperties": {"$ref": "#/$defs/Mood"},
    }
    # A recording is given with the text that is said in it, not with the persona.
    voices = (each for each in backends.BUILT_IN if each.kind == "voice" and each.name != "recording")
    persona["properties"]["voices"]["properties"] = {each.name: _voice(each) for each in voices}
    for name, schema in zip(SCHEMAS, (persona, rig), strict=True):
        yield name, json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def _schema(model: type[BaseModel]) -> Schema:
    """The schema of `model`, with the text under each field as its description."""
    schema = model.model_json_schema()
    for table, told in _told(model):
        described = schema if table == model.__name__ else schema["$defs"].get(table, {})
        for field, text in told.items():
            if field in described.get("properties", {}):
                described["properties"][field]["description"] = text
    return {"$schema": "http://json-schema.org/draft-07/schema#", **_as_draft_7(schema)}


def _as_draft_7(node: Any) -> Any:
    """The schema in the draft that editors of TOML read, where the items of an array have their own list."""
    if isinstance(node, dict):
        return {"items" if key == "prefixItems" else key: _as_draft_7(value) for key, value in node.items()}
    return [_as_draft_7(item) for item in node] if isinstance(node, list) else node


def _told(model: type[BaseModel]) -> Iterator[tuple[str, Mapping[str, str]]]:
    """Every class in the module of `model` and what stands under its fields; Pydantic would read them at each start."""
    source = ast.parse(textwrap.dedent(inspect.getsource(inspect.getmodule(model) or model)))
    for table in (node for node in source.body if isinstance(node, ast.ClassDef)):
        pairs = zip(table.body, table.body[1:], strict=False)
        yield (
            table.name,
            {
                field.target.id: " ".join(inspect.cleandoc(text.value.value).split())
                for field, text in pairs
                if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name)
                if isinstance(text, ast.Expr)
                and isinstance(text.value, ast.Constant)
                and isinstance(text.value.value, str)
            },
        )


def _mood() -> Schema:
    """All that may stand in a mood, by name: an editor completes names, and cannot know what a pattern means."""
    both = (name.removesuffix("Left") for name in SHAPES if name.endswith("Left"))
    weight = {"type": "number", "minimum": 0, "maximum": 1}
    return {
        "type": "object",
        "properties": dict.fromkeys(sorted({*SHAPES, *both}), weight),
        "additionalProperties": False,
    }


def _voice(backend: backends.Backend) -> Schema:
    """The options that a voice takes, as its class says."""
    taken = inspect.signature(backends.load(backend)).parameters.values()
    return {
        "type": "object",
        "description": backend.about,
        "properties": {each.name: {"type": _JSON_TYPES[type(each.default)], "default": each.default} for each in taken},
        "additionalProperties": False,
    }
