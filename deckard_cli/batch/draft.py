"""A row becomes a job: what it sets itself comes before what is set for all."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Final

from deckard_cli.batch.fields import options
from deckard_cli.batch.names import name_fault
from deckard_cli.batch.rows import STDIN, Row
from deckard_cli.job import Job
from deckard_cli.tomlfile import Mistake

__all__ = ["Draft", "drafted"]

_SOUND: Final = ("voice", "speed", "pitch")
"""What a recording is not changed by."""
_FILES: Final = ("audio", "words", "background", "persona")
"""Fields that may name a file or a folder, which is looked for beside the rows first."""
_JOB: Final = frozenset(field.name for field in fields(Job))


@dataclass(frozen=True, slots=True)
class Draft:
    """What a row says, each thing of the right kind; nothing is looked up yet."""

    row: Row
    id: str
    name: str | None
    """The row's own name for its clip, or pattern of one."""
    timings: tuple[str, ...]
    """Suffixes."""
    given: Mapping[str, Any]
    """What the row sets, under the names of `Job`."""

    def job(self, usual: Mapping[str, Any], output: Path, leave: frozenset[str] = frozenset()) -> Job:
        """The job, over what is `usual`. What it sets under the names in `leave` is left out."""
        own = {name: value for name, value in self.given.items() if name not in leave}
        text = "a" if "text" in leave else own.pop("text", "")
        timings = () if "timings" in leave else tuple(output.with_name(output.stem + form) for form in self.timings)
        set_for_all = {name: value for name, value in usual.items() if name in _JOB}
        own.pop("text", None)
        return Job(**{**set_for_all, **own, "text": text, "output": output, "timings": timings})


def drafted(row: Row, number: str | None) -> Draft | list[Mistake]:
    """What `row` says, or everything that is wrong with it. `number` is its id where no row has one of its own."""
    set_, faults = options(row.fields)
    texts = dict(_texts(row, faults))
    name = texts.pop("id", number or "")
    if "id" not in dict(faults):
        if not name:
            faults.append(("id", "it is missing: each row needs one, or none of them"))
        elif fault := name_fault(name):
            faults.append(("id", f"'{name}' cannot be an id: {fault}"))
    if not texts.get("text") and "audio" not in texts and "text" not in dict(faults):
        faults.append(("text", "it is empty"))
    if "audio" in texts:
        faults += [
            (field, "a recording sounds as it was recorded, and this cannot change it")
            for field in _SOUND
            if field in set_
        ]
    if faults:
        return [row.mistake(field, said) for field, said in faults]
    output = texts.pop("output", None)
    given: dict[str, Any] = {**set_, **texts}
    for field in _FILES:
        if isinstance(given.get(field), str):
            given[field] = _beside(row, given[field])
    if "audio" in given:
        given["audio"] = Path(given["audio"])
        if not given["audio"].is_file():
            return [row.mistake("audio", f"there is no file '{given['audio']}'")]
    return Draft(row, name, output, tuple(_suffixes(row.fields.get("timings"))), given)


def _texts(row: Row, faults: list[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """The fields that are no settings, and are texts."""
    for field in ("id", "text", "output", "audio"):
        value = row.fields.get(field)
        if isinstance(value, str):
            yield field, value if field == "text" else value.strip()
        elif isinstance(value, int | float) and not isinstance(value, bool):
            yield field, str(value)
        elif value is not None:
            faults.append((field, f"it has to be a text, not {value!r}"))
    if not isinstance(row.fields.get("timings"), str | list | None):
        faults.append(("timings", "it has to name suffixes, such as: .json .TextGrid"))


def _suffixes(value: object) -> Iterator[str]:
    """``.json .TextGrid``, or a list of such."""
    said = value.replace(",", " ").split() if isinstance(value, str) else value if isinstance(value, list) else []
    yield from dict.fromkeys(f".{str(each).strip().removeprefix('.')}" for each in said)


def _beside(row: Row, name: str) -> str:
    """The file that `name` means: one beside the rows, else one in the current folder."""
    near = row.file.parent / name
    if row.file != STDIN and not Path(name).is_absolute() and near.exists() and ("/" in name or near.is_file()):
        return str(near)
    return name
