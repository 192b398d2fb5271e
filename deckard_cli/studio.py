"""What stays from one clip to the next: open voices and faces, and what was made before."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

from deckard_cli import backends
from deckard_cli.backends import Backend
from deckard_cli.cache import Cache, digest, of_file, sources
from deckard_cli.face import Face
from deckard_cli.face.portrait import Portrait
from deckard_cli.models.store import installed, recorded
from deckard_cli.speech.kept import Kept

__all__ = ["Studio", "identity", "versions"]

_PASSING: Final = frozenset({"timeout"})
"""Options that change nothing that is heard."""
_CALLED: Final = {"cv2": "opencv-python-headless", "piper": "piper-tts"}
"""Importable name -> the distribution that brings it, where that is called otherwise."""
_OPEN: Final = 3
"""Faces that stay open: the pictures of one take some 30 MB at 1024 pixels."""


class Studio:
    """Voices and faces that were opened, and the cache. For many clips, one after the other, none of which can tell
    whether others came before.
    """

    def __init__(self, cache: Cache | None = None, *, crowded: bool = False) -> None:
        """`cache` is where clips, and the speech of voices that cost something, are kept; None: nowhere.
        `crowded` says that every processor has a clip to make at the same time.
        """
        self.cache, self.crowded = cache, crowded
        self._voices: dict[str, Any] = {}
        self._faces: dict[str, Any] = {}

    def voice(self, backend: Backend, options: Mapping[str, Any]) -> Any:
        """The voice `backend` with its options, opened at most once. Raises what its library and its options do."""
        key = digest([backend.name, options])
        if key not in self._voices:
            self._voices[key] = self._new_voice(backend, options)
        return self._voices[key]

    def _new_voice(self, backend: Backend, options: Mapping[str, Any]) -> Any:
        made = backends.load(backend)
        if self.cache is None or backend.instant:
            return made(**options)
        return Kept(lambda: made(**options), made, self.cache, identity(backend, options))

    def face(self, backend: Backend, portrait: Portrait, options: Mapping[str, Any]) -> Face:
        """The face `backend` of `portrait`, as if it had never drawn before. Raises what opening it does.

        One that has a method ``again``, which gives its equal without a memory, is opened once.
        """
        made = backends.load(backend)
        if not hasattr(made, "again"):
            opened: Face = made(portrait, **options)
            return opened
        key = digest([backend.name, portrait.folder, portrait.content, options])
        if key not in self._faces:
            while len(self._faces) >= _OPEN:
                del self._faces[next(iter(self._faces))]
            self._faces[key] = made(portrait, **options)
        again: Face = self._faces[key].again()
        return again


def identity(backend: Backend, options: Mapping[str, Any]) -> Mapping[str, object]:
    """All that decides what `backend` makes, beside what it is given to make: found without opening it."""
    return {
        "name": backend.name,
        "options": {name: _weighed(value) for name, value in options.items() if name not in _PASSING},
        "versions": versions(backend.package, *backend.libraries),
        "code": sources("remote", "script", "speech") if backend.package == "deckard-cli" else _code(backend),
        "models": dict(_models(backend, options)),
        "settings": {name: os.environ[name] for name in backend.settles if name in os.environ},
    }


def versions(*libraries: str) -> Mapping[str, str]:
    """The version of each of `libraries`, importable names; empty where nobody knows it."""
    return {library: _version(_CALLED.get(library, library)) for library in libraries}


@cache
def _version(distribution: str) -> str:
    try:
        return version(distribution)
    except PackageNotFoundError:
        return ""


def _weighed(value: object) -> object:
    """An option; for one that names a file, what is in it."""
    if isinstance(value, (str, Path)) and Path(value).is_absolute() and Path(value).is_file():
        return of_file(Path(value))
    return value


def _code(backend: Backend) -> str:
    """The code of a voice or face of another package, which people change without a new version while they write it."""
    spec = find_spec(backend.target.partition(":")[0])
    return of_file(Path(spec.origin)) if spec and spec.origin and Path(spec.origin).is_file() else ""


def _models(backend: Backend, options: Mapping[str, Any]) -> Iterator[tuple[str, object]]:
    """The models that `backend` could take, by name, with the checksums that they came with."""
    if not backend.models:
        return
    named = {str(options[name]) for name in ("model", "voice") if options.get(name)}
    here = [model for model in installed() if model.name.startswith(backend.models)]
    chosen = [model for model in here if any(name in model.name for name in named)] or here
    yield from ((model.name, recorded(model)) for model in chosen)
