"""What a clip is known to say: as it was told, by its own tag, or by the timings beside it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final

from deckard_cli.check.listen import Said

__all__ = ["said"]

_TAGGED: Final = 500
"""Letters of a text that its clip keeps in the tag ``text``."""
_LARGEST: Final = 50_000_000
"""Bytes of a file of timings that is read."""


def said(path: Path, tags: Mapping[str, str], text: str | None, lang: str | None) -> Said | None:
    """The words of the clip at `path`, from the surest source; None where nobody knows them."""
    lang = lang or tags.get("language", "")
    if text is not None:
        return Said(text, lang)
    if beside := _beside(path.with_suffix(".json")):
        return Said(beside, lang)
    tagged = tags.get("text", "")
    if len(tagged) >= _TAGGED:
        # The last word may be half a word.
        return Said(tagged.rpartition(" ")[0], lang, whole=False)
    return Said(tagged, lang) if tagged.strip() else None


def _beside(path: Path) -> str:
    """The text in a .json of timings; empty where there is none, or something else of that name."""
    with suppress(OSError, ValueError, RecursionError):
        if path.stat().st_size < _LARGEST:
            held = json.loads(path.read_text(encoding="utf-8"))
            if isinstance(held, dict) and held.get("version") == 1 and isinstance(held.get("text"), str):
                return str(held["text"])
    return ""
