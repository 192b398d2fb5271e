"""All files of a model, each checked before it takes its name."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from deckard_cli.errors import BackendError
from deckard_cli.models import File, Model
from deckard_cli.models.fetch import fetch, shown
from deckard_cli.models.store import digest, home, record, recorded, state

__all__ = ["Came", "Coming", "pull", "source"]


@dataclass(frozen=True, slots=True)
class Coming:
    """Some more of a file has come."""

    file: File
    done: int
    """Bytes of it that are here."""
    total: int | None
    """Bytes of all of it, where somebody told."""


@dataclass(frozen=True, slots=True)
class Came:
    """A file is here, whole and under its name."""

    file: File
    sha256: str
    trusted: bool
    """Whether nobody had said what its checksum should be, so that this one is taken for true from now on."""


def source(model: Model, file: File) -> str:
    """Where `file` is fetched from: its makers, or ``DECKARD_MODELS_URL/MODEL/FILE``, a URL or a folder."""
    base = os.environ.get("DECKARD_MODELS_URL")
    if not base:
        return file.url
    if "://" not in base:
        base = Path(base).absolute().as_uri()
    return f"{base.rstrip('/')}/{model.name}/{quote(file.name)}"


def pull(model: Model, *, wait: Callable[[float], object] = time.sleep) -> Iterator[Coming | Came]:
    """Fetch every file of `model` that is not here and whole.

    Raises what `fetch` raises, and `BackendError` for a file that is not the one that is known: it is thrown away.
    """
    folder = home(model)
    folder.mkdir(parents=True, exist_ok=True)
    try:
        for file in model.files:
            match state(model, file):
                case "whole":
                    continue
                case "unrecorded":
                    yield _keep(model, file, folder / file.name)
                case _:
                    yield from _pulled(model, file, folder / f".{file.name}.part", wait)
    finally:
        with suppress(OSError):  # something came
            folder.rmdir()


def _pulled(model: Model, file: File, part: Path, wait: Callable[[float], object]) -> Iterator[Coming | Came]:
    url = source(model, file)
    for done, total in fetch(file, url, part, wait=wait):
        yield Coming(file, done, total)
    try:
        yield _keep(model, file, part)
    except BackendError as error:
        part.unlink()
        raise BackendError(f"{shown(url)}: {error.message}", code=error.code, hint=error.hint) from None
    finally:
        part.with_name(f"{part.name}.tag").unlink(missing_ok=True)


def _keep(model: Model, file: File, path: Path) -> Came:
    """Give what has come its name, if it is what it should be."""
    with path.open("rb") as opened:
        sha256 = digest(opened)
    known = file.sha256 or recorded(model).get(file.name, "")
    if known and sha256 != known:
        raise BackendError(
            f"this is not the known {file.name}, so it was thrown away: its SHA-256 is {sha256}, not {known}.",
            code="model_swapped",
            hint=f"deckard models pull {model.name}  (if it comes again like this, the server has another file)",
        )
    record(model, file.name, sha256)
    path.replace(home(model) / file.name)
    return Came(file, sha256, trusted=not known)
