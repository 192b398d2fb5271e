"""What a licence allows, as far as can be told from its name."""

from __future__ import annotations

import re
from typing import Final

__all__ = ["noncommercial"]

_FORBIDDEN: Final = re.compile(
    r"(?:^|-)NC(?:-|$)|non-?commercial|not (?:for|permitted for|allowed for) commercial|research (?:use )?only"
    r"|for (?:academic|non-?profit|personal|research)\b",
    re.IGNORECASE,
)
_TOKEN: Final = re.compile(r"[()]|[^\s()]+")


def noncommercial(licence: str) -> bool:
    """Whether `licence`, an SPDX expression (SPDX 2.3, annex D) or a few words, forbids commercial use.

    Of ``A OR B`` the better one may be chosen, of ``A AND B`` both hold. A licence that nobody tells forbids nothing.
    """
    tokens = _TOKEN.findall(licence)
    forbids = _either(tokens)
    while tokens:  # a parenthesis too many must not hide what comes after it
        tokens.pop(0)
        forbids |= _either(tokens)
    return forbids


def _either(tokens: list[str]) -> bool:
    forbids = [_both(tokens)]
    while tokens and tokens[0] == "OR":
        tokens.pop(0)
        forbids.append(_both(tokens))
    return all(forbids)


def _both(tokens: list[str]) -> bool:
    forbids = [_one(tokens)]
    while tokens and tokens[0] not in ("OR", ")"):
        if tokens[0] == "AND":
            tokens.pop(0)
        forbids.append(_one(tokens))
    return any(forbids)


def _one(tokens: list[str]) -> bool:
    """An expression in parentheses, or words as far as the next operator."""
    if tokens and tokens[0] == "(":
        tokens.pop(0)
        forbids = _either(tokens)
        if tokens:
            tokens.pop(0)
        return forbids
    words = []
    while tokens and tokens[0] not in ("AND", "OR", "(", ")"):
        words.append(tokens.pop(0))
    return bool(_FORBIDDEN.search(" ".join(words)))
