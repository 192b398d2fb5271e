"""JSON Lines: an object in each line."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

from deckard_cli.batch.rows.row import Row, field_name, is_empty
from deckard_cli.tomlfile import Mistake

__all__ = ["read_lines"]


def read_lines(text: str, file: Path) -> Iterator[Row | Mistake]:
    """The rows of a text with a JSON object in each line that is not empty."""
    for number, line in enumerate(text.split("\n"), start=1):  # `splitlines` would part a text at U+2028 too
        if not line.strip():
            continue
        try:
            found = json.loads(line, object_pairs_hook=_single)
        except (ValueError, RecursionError) as error:
            yield Mistake(file, number, "", f"this is no JSON object: {error}")
            continue
        if isinstance(found, dict):
            yield Row(file, number, {name: value for name, value in found.items() if not is_empty(value)})
        else:
            yield Mistake(file, number, "", 'this is no JSON object, such as {"id": "hello", "text": "Hello."}')


def _single(pairs: Sequence[tuple[str, object]]) -> dict[str, object]:
    found: dict[str, object] = {}
    for written, value in pairs:
        if (name := field_name(written)) in found:
            raise ValueError(f"it says '{name}' twice")
        found[name] = value
    return found
