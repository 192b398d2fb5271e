"""What can go wrong, as a tree; the command line turns each leaf into a sentence, a hint and an exit code.

    DeckardError            exit 1   it could not be done
    ├── UsageError          exit 2   used wrongly: what was typed cannot be meant
    ├── MissingError        exit 3   something is not installed or not downloaded; the hint gets it
    └── BackendError        exit 4   a remote or a model failed; trying again may help

Each carries a slug (`code`) for programs, a sentence (`message`) for people and a `hint`: what to type next.
"""

from __future__ import annotations

import difflib
import os
import shlex
import sys
from collections.abc import Iterable
from pathlib import Path


class DeckardError(Exception):
    """It could not be done."""

    exit_code = 1

    def __init__(self, message: str, *, code: str = "failed", hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        """One sentence: what happened."""
        self.code = code
        """A slug that programs can match on; it never changes."""
        self.hint = hint
        """What to type next, or empty."""


class UsageError(DeckardError):
    """Used wrongly: a name, a number or a text that cannot be meant."""

    exit_code = 2


class MissingError(DeckardError):
    """Something that was asked for is not installed or not downloaded. A hint with ``uv pip install`` is made to work
    in the environment that Deckard runs in.
    """

    exit_code = 3

    def __init__(self, message: str, *, code: str = "failed", hint: str = "") -> None:
        super().__init__(message, code=code, hint=_here(hint))


class BackendError(DeckardError):
    """A remote service or a model failed."""

    exit_code = 4


def unknown(kind: str, name: str, known: Iterable[str], *, list_with: str = "") -> UsageError:
    """A `UsageError` for a name that nobody has, with the nearest one that somebody has.

    `kind` is the noun ("persona"), `known` the names that exist, `list_with` the command that lists them.
    """
    names = sorted(known)
    near = difflib.get_close_matches(name, names, n=1, cutoff=0.65)
    hint = f"did you mean '{near[0]}'?" if near else f"known: {', '.join(names[:12])}" if names else ""
    if list_with:
        hint = f"{hint}  ({list_with})" if hint else list_with
    return UsageError(f"There is no {kind} called '{name}'.", code=f"unknown_{kind.replace(' ', '_')}", hint=hint)


def _here(hint: str) -> str:
    """`hint`, whose ``uv pip install`` names the environment that Deckard runs in, where uv would not find it: that of
    ``uv tool install`` or ``uvx``, one that is not active, or none at all.
    """
    found = os.environ.get("VIRTUAL_ENV") or os.environ.get("CONDA_PREFIX") or _nearest_environment()
    if "--python" in hint or Path(sys.prefix).resolve() == Path(found).resolve():
        return hint
    where = sys.executable if sys.prefix == sys.base_prefix else sys.prefix
    return hint.replace("uv pip install", f"uv pip install --python {shlex.quote(where)}")


def _nearest_environment() -> Path:
    """The ``.venv`` here or in a folder above, as uv looks for it."""
    here = Path.cwd()
    return next((folder / ".venv" for folder in (here, *here.parents) if (folder / ".venv").is_dir()), here)
