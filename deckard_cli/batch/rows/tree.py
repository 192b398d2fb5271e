"""YAML: a list of rows, or a mapping from ids to rows or to texts.

Every scalar is taken as it is written, as in a table: YAML 1.1 would read the language ``no`` as false, and the id
``007`` as seven.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import yaml

from deckard_cli.batch.rows.row import Row, field_name, is_empty
from deckard_cli.tomlfile import Mistake

__all__ = ["read_tree"]

_NOTHING: Final = ("~", "null")
_MERGE: Final = "<<"
"""The key whose mapping gives what the mapping itself does not say."""
_Loader: Final = getattr(yaml, "CBaseLoader", yaml.BaseLoader)  # libyaml's reads a thousand rows ten times as fast


def read_tree(text: str, file: Path) -> Iterator[Row | Mistake]:
    """The rows of a YAML document."""
    try:
        root = yaml.compose(text, Loader=_Loader)
    except (yaml.YAMLError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or "it cannot be read"
        yield Mistake(file, mark.line + 1 if mark else 1, "", f"this is no YAML: {problem}")
        return
    if root is None:
        return
    if isinstance(root, yaml.SequenceNode):
        for node in root.value:
            yield _row(file, node, {})
    elif isinstance(root, yaml.MappingNode):
        for key, node in root.value:
            if isinstance(node, yaml.ScalarNode):
                yield _checked(file, key, {"id": key.value, "text": node.value})
            else:
                yield _row(file, node, {"id": key.value}, line=_line(key))
    else:
        yield Mistake(file, _line(root), "", "this is neither a list of rows nor a mapping of ids to rows")


def _line(node: yaml.Node) -> int:
    return int(node.start_mark.line) + 1


def _checked(file: Path, node: yaml.Node, fields: dict[str, object]) -> Row | Mistake:
    if any(not isinstance(name, str) for name in fields.values()):
        return Mistake(file, _line(node), "", "an id is a text")
    return Row(file, _line(node), {name: value for name, value in fields.items() if not is_empty(value)})


def _row(file: Path, node: yaml.Node, known: dict[str, object], line: int = 0) -> Row | Mistake:
    line = line or _line(node)
    if not isinstance(node, yaml.MappingNode):
        return Mistake(file, line, "", "this is no row, such as {id: hello, text: Hello.}")
    try:
        found = _mapping(node, depth=3)
    except ValueError as error:
        return Mistake(file, line, "", str(error))
    return Row(file, line, known | {name: value for name, value in found.items() if not is_empty(value)})


def _mapping(node: yaml.MappingNode, depth: int) -> dict[str, object]:
    """What a mapping says, with what it takes over from another. Raises `ValueError`."""
    own: dict[str, object] = {}
    taken: dict[str, object] = {}
    for key, value in node.value:
        if not isinstance(key, yaml.ScalarNode):
            raise ValueError("the name of a field is a text")
        name = field_name(key.value)
        if name == _MERGE and isinstance(value, yaml.MappingNode) and depth:
            taken |= _mapping(value, depth - 1)
        elif name in own:
            raise ValueError(f"it says '{name}' twice")
        else:
            own[name] = _value(value, depth)
    return taken | own


def _value(node: yaml.Node, depth: int) -> object:
    # An alias may name what it stands in: without an end the nesting would have none.
    if not depth:
        raise ValueError("this is nested too deep")
    if isinstance(node, yaml.MappingNode):
        return _mapping(node, depth - 1)
    if isinstance(node, yaml.SequenceNode):
        if not all(isinstance(each, yaml.ScalarNode) for each in node.value):
            raise ValueError("a list holds words and numbers alone")
        return [each.value for each in node.value]
    return None if not getattr(node, "style", None) and node.value in _NOTHING else node.value
