"""Keys that lie in a file: the nearest `.env`, here or in a folder above, or the file that DECKARD_ENV_FILE names.

Keys alone are read: an address in a file that came with somebody's project would have the keys of the environment sent
there. What the environment says stays, and a file that somebody else could have written is left alone.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from deckard_cli.errors import UsageError

__all__ = ["IS_KEY", "KeyFile", "key_file", "lend"]

IS_KEY: Final = re.compile(r"[A-Z][A-Z0-9_]*_(?:KEY|TOKEN)", re.ASCII)
"""The name of a variable that holds a key."""
_REGION: Final = "AZURE_SPEECH_REGION"
"""Read as well: it goes with a key, and is no address."""
_LINE: Final = re.compile(
    r"""\s*(?:export\s+)?(?P<name>[A-Z][A-Z0-9_]*)\s*=\s*(?:"(?P<double>[^"]*)"|'(?P<single>[^']*)'|(?P<bare>[^\s"']\S*))"""
    r"\s*(?:(?<=\s)#.*)?",
    re.ASCII,
)
_LARGEST: Final = 1 << 20
"""Bytes of a file that is one of keys."""


@dataclass(frozen=True, slots=True)
class KeyFile:
    """A file with keys in it."""

    path: Path
    keys: Mapping[str, str] = field(repr=False)
    """Variable -> key; none of a file that is left alone."""
    fault: str = ""
    """Why it is left alone, or empty."""
    shown: bool = False
    """Whether others on this machine may read it."""


def key_file() -> KeyFile | None:
    """The file that is read for keys; None where there is none, or DECKARD_ENV_FILE is set to nothing.

    Raises `UsageError` where DECKARD_ENV_FILE names none.
    """
    asked = os.environ.get("DECKARD_ENV_FILE")
    if asked == "":
        return None
    here = Path.cwd()
    places = [Path(asked)] if asked else [folder / ".env" for folder in (here, *here.parents)]
    for path in places:
        try:
            if path.is_file():
                return _read(path)
        except OSError:
            continue
    if asked:
        raise UsageError(
            f"DECKARD_ENV_FILE: there is no file '{asked}' that can be read.", code="no_env_file", hint="mend its path"
        )
    return None


def lend() -> str:
    """Set the variables of the keys that the environment does not have. Why a file was left alone, or empty."""
    found = key_file()
    if not found:
        return ""
    for name, key in found.keys.items():
        os.environ.setdefault(name, key)
    return f"The keys in {found.path} are left alone: {found.fault}." if found.fault else ""


def _read(path: Path) -> KeyFile:
    with path.open("rb") as file:
        text = file.read(_LARGEST).decode("utf-8-sig", "replace")
        mode, owner = os.fstat(file.fileno()).st_mode, os.fstat(file.fileno()).st_uid
    lines = filter(None, map(_LINE.fullmatch, text.splitlines()))
    said = {line["name"]: line["double"] or line["single"] or line["bare"] or "" for line in lines}
    keys = {name: key for name, key in said.items() if key and (IS_KEY.fullmatch(name) or name == _REGION)}
    if fault := _fault(mode, owner) if keys else "":
        return KeyFile(path, {}, fault)
    return KeyFile(path, keys, shown=os.name == "posix" and bool(mode & (stat.S_IRGRP | stat.S_IROTH)))


def _fault(mode: int, owner: int) -> str:
    """Why a file may not be what the user wrote, or empty."""
    if os.name != "posix":
        return ""
    if mode & stat.S_IWOTH:
        return "everybody may write to it (chmod o-w)"
    return "" if owner in (0, os.getuid()) or os.getuid() == 0 else "it is somebody else's"
