"""The fields that a row can have, and what is in them."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Final

from pydantic import ValidationError

from deckard_cli.errors import unknown
from deckard_cli.settings import Settings
from deckard_cli.tomlfile import told

__all__ = ["OWN", "TABLES", "field_fault", "options"]

OWN: Final = ("id", "text", "output", "audio", "timings")
"""Fields that are no setting."""
TABLES: Final = ("voices", "faces")
"""Settings that hold the options of each voice and face: ``voices.espeak.variant`` is a field too."""


@functools.cache
def _known() -> tuple[str, ...]:
    """Every field: what a setting has that changes a clip, a row has too."""
    return (*OWN, *(name for name, field in Settings.model_fields.items() if not field.exclude))


@functools.cache
def field_fault(name: str) -> str | None:
    """What is wrong with a field of that name, with the nearest that there is; None where a row can have it."""
    head, _, option = name.partition(".")
    if name in _known() or (head in _known() and head in TABLES and 0 < option.find(".") < len(option) - 1):
        return None
    error = unknown("field", name, _known())
    return f"{error.message} {error.hint}"


def options(fields: Mapping[str, object]) -> tuple[dict[str, object], list[tuple[str, str]]]:
    """What a row's `fields` set, by the names of `Settings`; and each field that cannot be meant, with why."""
    given, faults = dict(_nested(fields)), []
    for name in given:
        if fault := field_fault(name):
            faults.append((name, fault))
    asked = {name: value for name, value in given.items() if name not in OWN and field_fault(name) is None}
    while asked:
        try:
            settings = Settings.model_validate(asked)
        except ValidationError as error:
            wrong = [(".".join(at), sentence) for at, sentence in told(error, Settings, asked)]
            faults += wrong
            asked = {name: asked[name] for name in asked.keys() - {at.partition(".")[0] for at, _ in wrong}}
        else:
            return {name: getattr(settings, name) for name in asked}, faults
    return {}, faults


def _nested(fields: Mapping[str, object]) -> Iterator[tuple[str, object]]:
    """The fields, with ``voices.espeak.variant`` and the like put together to one."""
    tables: dict[str, dict[str, dict[str, object]]] = {}
    for name, value in fields.items():
        head, _, rest = name.partition(".")
        if head not in TABLES or (not rest and not isinstance(value, Mapping)):
            yield name, value.strip() if isinstance(value, str) else value
            continue
        owner, _, option = rest.partition(".")
        told = {owner: {option: value}} if rest else value
        assert isinstance(told, Mapping)
        for key, given in told.items():
            own = given if isinstance(given, Mapping) else {"": given}
            table = tables.setdefault(head, {}).setdefault(str(key), {})
            table.update({str(each): _scalar(what) for each, what in own.items()})
    yield from tables.items()


def _scalar(value: object) -> object:
    """A number or a truth that was written as a text."""
    if not isinstance(value, str):
        return value
    if value.strip() in ("true", "false"):
        return value.strip() == "true"
    for kind in (int, float):
        with suppress(ValueError):
            return kind(value)
    return value.strip()
