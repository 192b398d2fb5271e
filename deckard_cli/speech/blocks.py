"""A long sound in pieces that end where it is quiet."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

import numpy as np

from deckard_cli.speech.pcm import Samples

__all__ = ["blocks"]

_SHORTEST, _LONGEST = 4, 8
"""Seconds of a block: it ends at its quietest place between the two."""
_QUIET: Final = 0.1
"""Seconds of the quietest place."""


def blocks(parts: Iterable[Samples], rate: int) -> Iterator[tuple[Samples, bool]]:
    """The sound in blocks, each with whether it is the last."""
    held: list[Samples] = []
    count = 0
    for part in parts:
        held.append(part)
        count += len(part)
        while count > _LONGEST * rate:
            whole = np.concatenate(held)
            cut = _quietest(whole, rate)
            yield whole[:cut], False
            held, count = [whole[cut:]], count - cut
    yield np.concatenate(held), True


def _quietest(samples: Samples, rate: int) -> int:
    """Where to cut: in the middle of the quietest tenth of a second, so that no word is cut where there is a pause."""
    width = round(_QUIET * rate)
    power = np.cumsum(np.square(samples[_SHORTEST * rate : _LONGEST * rate], dtype=np.float64))
    return _SHORTEST * rate + int(np.argmin(power[width:] - power[:-width])) + width // 2
