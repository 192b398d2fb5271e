"""Titles of clips, from a file: a line for each, or JSONL that names the clips, as the manifest of a batch does."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from deckard_cli.errors import UsageError

__all__ = ["read_titles"]

_NAMES: Final = ("clip", "path", "file")
"""The fields that may name a clip."""


def read_titles(path: Path, clips: Sequence[Path]) -> tuple[str, ...]:
    """A title for each of `clips`, empty where it has none.

    A .jsonl has an object a line: ``clip``, the name of a file, and ``title``, without which its ``id`` is shown; of
    several about one clip the last holds. Any other file has the titles alone, a line for each clip, in their order.
    Raises `UsageError`, naming file and line.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise UsageError(f"{path} cannot be read: {reason}.", code="bad_titles", hint="check the path") from error
    if path.suffix.lower() == ".jsonl":
        named = _named(path, lines)
        return tuple(named.get(clip.name, "") for clip in clips)
    if len(lines) > len(clips) and any(line.strip() for line in lines[len(clips) :]):
        raise UsageError(
            f"{path}:{len(clips) + 1}: there are {len(clips)} clips, and this is one title more.",
            code="bad_titles",
            hint="give one line for each clip, an empty one for no card",
        )
    titles = [line.strip() for line in lines[: len(clips)]]
    return tuple(titles + [""] * (len(clips) - len(titles)))


def _named(path: Path, lines: Sequence[str]) -> dict[str, str]:
    """Name of a clip's file -> title."""
    titles = {}
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (ValueError, RecursionError):
            row = None
        if not isinstance(row, dict):
            raise _bad(path, number, "this is no JSON object")
        name = next((row[field] for field in _NAMES if isinstance(row.get(field), str)), None)
        if name is None:
            raise _bad(path, number, "no clip is named")
        title = row.get("title", row.get("id", ""))
        if not isinstance(title, str):
            raise _bad(path, number, f"title: {json.dumps(title)} is no text")
        titles[Path(name).name] = title.strip()
    return titles


def _bad(path: Path, number: int, what: str) -> UsageError:
    return UsageError(
        f"{path}:{number}: {what}.", code="bad_titles", hint='{"clip": "hello.mp4", "title": "Chapter one"}'
    )
