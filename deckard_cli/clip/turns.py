"""Who speaks where in a film of several: which part of the picture, from when to when.

A film carries them in a tag, so that who measures it looks at the mouth that speaks and not at one that listens.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Mapping
from itertools import pairwise
from typing import Final, NamedTuple

__all__ = ["TAG", "Box", "Turn", "Turns", "box_at", "read", "written"]

TAG: Final = "turns"
_LEAST: Final = 0.1
"""Of the picture's sides: in a smaller part nobody's mouth is seen."""

_LONGEST: Final = 200_000
"""Letters of a tag: ten thousand turns. Anybody may have written it."""
_NUMBER: Final = r"\d{1,7}(?:\.\d{1,4})?"
_BOX: Final = re.compile(",".join([f"({_NUMBER})"] * 4), re.ASCII)
_SPAN: Final = re.compile(f"({_NUMBER})-({_NUMBER})", re.ASCII)
_APART: Final = 0.0015
"""Seconds: times are written in milliseconds, and two turns that meet may overlap by one."""


class Box(NamedTuple):
    """A part of a picture, in shares of its width and height: 0..1."""

    left: float
    top: float
    right: float
    bottom: float


class Turn(NamedTuple):
    """Somebody speaks, and is seen in `box` meanwhile."""

    start: float
    """Seconds."""
    end: float
    """Seconds."""
    box: Box


Turns = tuple[Turn, ...]
"""One after the other."""


def written(turns: Iterable[Turn]) -> str:
    """`turns`, as the tag has them: ``0,0,0.5,1 0.000-3.200 6.100-9.000; 0.5,0,1,1 3.200-6.100``."""
    spans: dict[Box, list[str]] = {}
    for turn in turns:
        spans.setdefault(turn.box, []).append(f"{turn.start:.3f}-{turn.end:.3f}")
    return "; ".join(" ".join([",".join(f"{side:.4g}" for side in box), *own]) for box, own in spans.items())


def read(tags: Mapping[str, str]) -> Turns:
    """Those that stand in `tags`; none where there are none, or where any of them cannot be meant."""
    tag = tags.get(TAG, "")
    if not tag.strip() or len(tag) > _LONGEST:
        return ()
    turns: list[Turn] = []
    for part in tag.split(";"):
        box, spans = _part(part)
        if box is None or not spans:
            return ()
        turns += (Turn(start, end, box) for start, end in spans)
    turns.sort()
    return tuple(turns) if all(one.end <= other.start + _APART for one, other in pairwise(turns)) else ()


def _part(part: str) -> tuple[Box | None, list[tuple[float, float]]]:
    """The box of a part of the tag and when it speaks; None or nothing where either cannot be meant."""
    first, *rest = part.split() or [""]
    spans = [(float(span[1]), float(span[2])) for each in rest if (span := _SPAN.fullmatch(each))]
    whole = len(spans) == len(rest) and all(start < end for start, end in spans)
    return _box(first), spans if whole else []


def _box(text: str) -> Box | None:
    found = _BOX.fullmatch(text)
    if found is None:
        return None
    box = Box(*map(float, found.groups()))
    inside = box.right <= 1 and box.bottom <= 1
    return box if inside and min(box.right - box.left, box.bottom - box.top) >= _LEAST - 1e-9 else None


def box_at(turns: Turns, seconds: float) -> Box | None:
    """The part of the picture in which somebody speaks then; None where nobody says."""
    number = bisect_right(turns, seconds, key=lambda turn: turn.start)
    return turns[number - 1].box if number and seconds < turns[number - 1].end else None
