"""Which voices and faces there are: a table of strings, and what other packages add to it.

No backend is imported to list them. One is imported when its name is chosen, built in or not through the same `load`.
Another package adds its own under the entry point groups `deckard.voices` and `deckard.faces`:

    [project.entry-points."deckard.voices"]
    robot = "my_package.robot:Robot"
"""

from __future__ import annotations

import functools
import importlib
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from importlib.metadata import EntryPoint, entry_points
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from deckard_cli.backends.table import BUILT_IN, Backend, Kind
from deckard_cli.errors import BackendError, DeckardError, MissingError, unknown
from deckard_cli.models.store import installed
from deckard_cli.models.table import KNOWN

__all__ = [
    "BUILT_IN",
    "Backend",
    "Kind",
    "chain",
    "everything",
    "find",
    "load",
    "missing",
    "names",
    "none_of",
    "not_installed",
    "obstacle",
    "price",
    "terms",
]


def _added(kind: Kind) -> dict[str, EntryPoint]:
    return _entries(kind, tuple(sys.path))


@functools.lru_cache(maxsize=8)  # to read what every installed package declares takes 10 ms, for each clip of a batch
def _entries(kind: Kind, path: tuple[str, ...]) -> dict[str, EntryPoint]:
    """The entry points of the packages on `path`, that of the process."""
    return {entry.name: entry for entry in entry_points(group=f"deckard.{kind}s")}


def _described(kind: Kind, entry: EntryPoint) -> Backend:
    package = entry.dist.name if entry.dist else entry.module
    return Backend(kind=kind, name=entry.name, target=entry.value, about=f"from {package}", package=package)


def names(kind: Kind) -> list[str]:
    """Every name of `kind` that can be typed, built-in ones first."""
    built_in = [backend.name for backend in BUILT_IN if backend.kind == kind]
    return built_in + sorted(set(_added(kind)) - set(built_in))


def everything() -> list[Backend]:
    """Every voice, then every face, that has a name here."""
    kinds: tuple[Kind, ...] = ("voice", "face")
    return [find(kind, name) for kind in kinds for name in names(kind)]


def find(kind: Kind, name: str) -> Backend:
    """The backend called `name`. Raises `UsageError` with the nearest name for one that nobody has."""
    for backend in BUILT_IN:
        if (backend.kind, backend.name) == (kind, name):
            return backend
    entry = _added(kind).get(name)
    if entry is None:
        raise unknown(kind, name, names(kind), list_with=f"deckard {'voice list' if kind == 'voice' else 'preflight'}")
    return _described(kind, entry)


def terms(backend: Backend) -> Backend:
    """`backend` with the licence under which it may be used, whether it is a trained model, and whether it makes films.
    One of another package says so by its class, which has ``licence``, ``trained`` or a method ``film``; it is imported
    to be asked.
    """
    if backend.package == "deckard-cli":
        return backend
    try:
        made = load(backend)
    except DeckardError:  # whoever is asked to speak or to draw with it will say what is missing
        return backend
    return replace(
        backend,
        licence=str(getattr(made, "licence", "")),
        trained=bool(getattr(made, "trained", False)),
        films=hasattr(made, "film"),
    )


def chain(kind: Kind, names: str) -> tuple[Backend, ...]:
    """The voices of ``openai,espeak``, or the faces of ``runpod,rig``, to be tried in that order.

    Raises `UsageError` for a name that nobody has.
    """
    asked = [name.strip() for name in names.split(",")]
    return tuple(find(kind, name) for name in dict.fromkeys(filter(None, asked)) or [names])


def none_of(kind: Kind, failures: Sequence[DeckardError]) -> DeckardError:
    """What to say where none of a chain could do it: what kept the only one, or what kept each."""
    if len(failures) == 1:
        return failures[0]
    remote = any(isinstance(failure, BackendError) for failure in failures)
    absent = all(isinstance(failure, MissingError) for failure in failures)
    made = BackendError if remote else MissingError if absent else DeckardError
    could = "speak" if kind == "voice" else "be seen"
    told = "\n".join([f"None of the {kind}s could {could}.", *(failure.message for failure in failures)])
    return made(told, code=f"no_{kind}", hint=failures[0].hint)


def not_installed(backend: Backend) -> list[str]:
    """The libraries of `backend` that are not there, looked for without importing them."""
    return [library for library in backend.libraries if not _is_there(library)]


def _is_there(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except (ImportError, ValueError):  # a parent package is not there, or the module was made unimportable
        return False


def missing(backend: Backend, library: str) -> MissingError:
    """What to say when `library`, which `backend` stands on, is not installed."""
    package = f"'{backend.package}[{backend.extra}]'" if backend.extra else f"--reinstall {backend.package}"
    return MissingError(
        f"The {backend.kind} '{backend.name}' needs {library}, which is not installed.",
        code="not_installed",
        hint=f"uv pip install {package}",
    )


def price(backend: Backend, options: Mapping[str, object], prices: Mapping[str, float]) -> float | None:
    """US dollars for a million characters that the voice `backend` says, or a second that the face shows; None where
    nobody knows.

    `options` are those that it is opened with: its ``model`` may have a price of its own. `prices` are a person's, by
    ``name/model`` or ``name``, and come before the list prices.
    """
    model = str(options.get("model") or "")
    for name in (f"{backend.name}/{model}", backend.name):
        if name in prices:
            return prices[name]
    if not model or not backend.cost:
        return backend.cost
    try:
        known = getattr(load(backend), "models", ())
    except MissingError:
        known = ()
    return next((each.cost for each in known if each.name == model), None)


def obstacle(backend: Backend, options: Mapping[str, object] | None = None) -> MissingError | None:
    """The first thing that keeps `backend`, opened with `options`, from working here, found without importing it; None
    where nothing does.
    """
    if gone := not_installed(backend):
        return missing(backend, gone[0])
    if unset := [names for names in backend.keys if not any(map(_is_set, names.split(" or ")))]:
        return MissingError(
            f"The {backend.kind} '{backend.name}' needs {' and '.join(unset)} in the environment.",
            code="no_key",
            hint="; ".join(f"export {names.split(' or ')[0]}=..." for names in unset),
        )
    own = Path(str((options or {}).get(backend.model_option) or ""))
    if own.is_file():
        return None
    if own.suffix == ".onnx":
        return MissingError(
            f"The {backend.kind} '{backend.name}' needs the model '{own}', which is not here.",
            code="model_missing",
            hint=f"mend {backend.model_option} in [voices.{backend.name}]",
        )
    here = [model.name for model in installed()] if backend.models else []
    for prefix in backend.models:
        if not any(name.startswith(prefix) for name in here):
            known = next(model.name for model in KNOWN if model.name.startswith(prefix))
            return MissingError(
                f"The {backend.kind} '{backend.name}' needs a model that is not here.",
                code="model_missing",
                hint=f"deckard models pull {known}",
            )
    return None


def _is_set(variable: str) -> bool:
    return bool(os.environ.get(variable, "").strip())


def load(backend: Backend) -> Any:
    """Import what `backend.target` names: a class of voices or faces.

    Raises `MissingError`, with the command that installs it, when a library of its is not there.
    """
    module, _, attribute = backend.target.partition(":")
    try:
        return getattr(importlib.import_module(module), attribute)
    except ModuleNotFoundError as error:
        if error.name is None or error.name == module or error.name.startswith("deckard_cli"):
            raise
        raise missing(backend, error.name) from error
