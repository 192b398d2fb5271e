"""Where in a film nobody speaks: while a title stands, and while one clip goes over into the next.

A film carries them in a tag, so that who measures it does not look for a face on a card.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

__all__ = ["TAG", "Spans", "read", "within", "written"]

Spans = tuple[tuple[float, float], ...]
"""Seconds from and to which."""

TAG: Final = "interludes"
_SPAN: Final = re.compile(r"(\d{1,7}(?:\.\d{1,3})?)-(\d{1,7}(?:\.\d{1,3})?)", re.ASCII)


def written(spans: Iterable[tuple[float, float]]) -> str:
    """`spans`, as the tag has them."""
    return " ".join(f"{start:.3f}-{end:.3f}" for start, end in spans)


def read(tags: Mapping[str, str]) -> Spans:
    """Those that stand in `tags`; none where there are none, or something else of that name."""
    found = [_SPAN.fullmatch(span) for span in tags.get(TAG, "").split()]
    spans = [(float(span[1]), float(span[2])) for span in found if span]
    return tuple((start, end) for start, end in spans if start < end)


def within(spans: Spans, times: NDArray[np.floating]) -> NDArray[np.bool_]:
    """Which of `times`, in seconds, lie in any of `spans`."""
    starts, ends = np.sort(np.array(spans, np.float64).reshape(-1, 2), axis=0).T
    begun = np.searchsorted(starts, times, side="right")
    over: NDArray[np.intp] = np.searchsorted(ends, times, side="right")
    return np.asarray(begun > over)
