"""Which clips of a batch are meant: by a pattern, and by the share of one machine among several."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from fnmatch import fnmatchcase

from deckard_cli.batch.clips import Clip
from deckard_cli.batch.names import FIELDS
from deckard_cli.errors import UsageError, unknown

__all__ = ["filtered", "sharded"]


def filtered(clips: Sequence[Clip], patterns: Sequence[str]) -> list[Clip]:
    """The clips that fit all of `patterns`: ``intro-*`` is about the id, ``lang=de*`` about another field.

    Raises `UsageError` for a field that no clip has, and where no clip fits.
    """
    wanted = [_parts(pattern) for pattern in patterns]
    left = [clip for clip in clips if all(fnmatchcase(clip.values[field], glob) for field, glob in wanted)]
    if patterns and not left:
        raise UsageError(
            f"None of the {len(clips)} clips fits {' and '.join(map(repr, patterns))}.",
            code="nothing_fits",
            hint="--filter 'intro-*' is about the id, --filter 'lang=de*' about another field",
        )
    return left


def _parts(pattern: str) -> tuple[str, str]:
    field, equals, glob = pattern.partition("=")
    if not equals:
        return "id", pattern
    if field not in FIELDS:
        raise unknown("field of a filter", field, FIELDS)
    return field, glob


def sharded(clips: Sequence[Clip], shard: str) -> list[Clip]:
    """The clips of part ``2/8``: by the SHA-256 of their ids, so that a clip stays in its part whatever other rows come
    and go. Parts are about of one size. Raises `UsageError` for what is no part.
    """
    said = re.fullmatch(r"([0-9]{1,6})/([0-9]{1,6})", shard.strip())
    part, parts = (int(said[1]), int(said[2])) if said else (0, 0)
    if not 1 <= part <= parts:
        raise UsageError(f"'{shard}' is no part of a batch.", code="bad_shard", hint="--shard 2/8")
    return [clip for clip in clips if _number(clip.id) % parts == part - 1]


def _number(name: str) -> int:
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big")
