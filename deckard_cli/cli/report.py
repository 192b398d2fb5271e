"""Answers on stdout, words to people on stderr."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping

__all__ = ["answer", "say"]


def answer(report: Mapping[str, object]) -> None:
    """Print one JSON object: the whole answer of a command with `--json`."""
    sys.stdout.write(json.dumps(report, ensure_ascii=False) + "\n")


def say(sentence: str) -> None:
    """Tell a person something that is not the answer."""
    sys.stderr.write(f"deckard: {sentence}\n")
