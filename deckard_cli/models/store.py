"""The models that are here: ``models/NAME/FILE`` in the data folder, with the checksums of what came beside them.

The checksums stand in the form of ``sha256sum``, so that ``sha256sum -c SHA256SUMS`` says the same as
``deckard models verify``; a copy of the folder is a mirror that ``DECKARD_MODELS_URL`` may name.
"""

from __future__ import annotations

import hashlib
import re
import shutil
from collections.abc import Iterator, Mapping
from contextlib import suppress
from io import BufferedReader
from pathlib import Path
from typing import Final, Literal

from deckard_cli.data import data_folder
from deckard_cli.errors import MissingError, UsageError
from deckard_cli.models import File, Model
from deckard_cli.models.table import find

__all__ = ["SUMS", "State", "digest", "home", "installed", "need", "record", "recorded", "remove", "state", "verify"]

SUMS: Final = "SHA256SUMS"
"""The file of checksums in a model's folder."""

State = Literal["whole", "missing", "broken", "unrecorded"]
"""``unrecorded``: nobody ever wrote down what the file should be."""


def home(model: Model) -> Path:
    """The folder of `model`, whether it is there or not."""
    return data_folder() / "models" / model.name


def installed() -> Iterator[Model]:
    """Every model whose files are all here, in the order of the alphabet."""
    folder = data_folder() / "models"
    here = {path.name for path in folder.iterdir() if path.is_dir()} if folder.is_dir() else set()
    for name in sorted(here):
        with suppress(UsageError):  # a folder of the user's own
            model = find(name)
            if all(_fits(home(model) / file.name, file) for file in model.files):
                yield model


def _fits(path: Path, file: File) -> bool:
    return path.is_file() and file.size in (None, path.stat().st_size)


def need(name: str) -> Path:
    """The folder of the model `name`, with all its files in it. Raises `MissingError` with the command that gets it."""
    model = find(name)
    for file in model.files:
        path = home(model) / file.name
        if not _fits(path, file):
            what = "is not whole" if path.exists() else "is not here"
            raise MissingError(
                f"The model '{name}' {what}: there is no {file.name} of the right size in {home(model)}.",
                code="model_missing",
                hint=f"deckard models pull {name}",
            )
    return home(model)


def state(model: Model, file: File) -> State:
    """How `file` is, found by reading all of it."""
    path = home(model) / file.name
    if not path.is_file():
        return "missing"
    expected = file.sha256 or recorded(model).get(file.name, "")
    if not expected:
        return "unrecorded"
    with path.open("rb") as opened:
        return "whole" if digest(opened) == expected else "broken"


def verify(model: Model) -> Mapping[str, State]:
    """The state of each file of `model`, by its name."""
    return {file.name: state(model, file) for file in model.files}


def digest(file: BufferedReader) -> str:
    """The SHA-256 of an open file, from where it stands."""
    return hashlib.file_digest(file, "sha256").hexdigest()


def recorded(model: Model) -> dict[str, str]:
    """File name -> the checksum that it had when it came."""
    path = home(model) / SUMS
    lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
    found = (re.fullmatch(r"([0-9a-f]{64}) [ *](.+)", line) for line in lines)
    return {line[2]: line[1] for line in found if line}


def record(model: Model, name: str, sha256: str) -> None:
    """Write down the checksum that the file `name` of `model` came with."""
    sums = recorded(model) | {name: sha256}
    text = "".join(f"{each}  {file}\n" for file, each in sorted(sums.items()))
    part = home(model) / f".{SUMS}.part"
    part.write_text(text, encoding="utf-8", newline="\n")
    part.replace(home(model) / SUMS)


def remove(model: Model) -> int:
    """Delete the folder of `model` with what was left half fetched in it; the bytes that were freed."""
    folder = home(model)
    freed = sum(path.stat().st_size for path in folder.iterdir() if path.is_file())
    shutil.rmtree(folder)
    return freed
