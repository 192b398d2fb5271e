"""Whether a clip looks right: no black in it, nothing that stands still, no picture shown twice, and a face."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

from deckard_cli.check.change import HELD, cadence, doubled
from deckard_cli.check.listen import HOP, Hearing
from deckard_cli.check.report import Finding, judged
from deckard_cli.check.watch import Sight
from deckard_cli.settings import Thresholds

__all__ = ["pictures"]

_STILL: Final = 12.0
"""Change over `HELD` seconds, as `Change.held` has it, below which nothing has moved: a head that breathes has 30."""
_SPOKEN: Final = 0.5
"""Of that time, in which there has to be a voice: a mouth may rest in silence."""
_FEW: Final = 3
"""Pictures that seem to be shown twice in a short clip in which none is."""
_BEAT: Final = 5.5
"""Standard errors of a beat that is there: of 12 good clips none has more than 5.0."""


def pictures(sight: Sight, hearing: Hearing | None, limits: Thresholds) -> Iterator[Finding]:
    """What is found on the pictures of a clip."""
    frame = float(np.median(np.diff(sight.times))) if len(sight.times) > 1 else 0.04
    if sight.broken:
        yield Finding(
            "picture_broken", False, f"Of its pictures {sight.broken} cannot be decoded.", sight.broken, (None, 0)
        )
    black = frame * int(sight.black.sum())
    told = f"{black:.2f} s of it are black." if black else "Nothing of it is black."
    yield judged("black", black, (None, limits.black_seconds), "s", told)
    still = _longest(_frozen(sight, hearing))
    frozen = still * frame + HELD if still else 0.0
    told = f"It stands still for {frozen:.2f} s while somebody speaks." if frozen else "It never stands still."
    yield judged("frozen", frozen, (None, limits.frozen_seconds), "s", told)
    yield _doubled(sight, limits)
    lost = 1 - sight.seen / max(sight.looked, 1)
    told = f"{lost:.0%} of its pictures have no face." if sight.seen else "There is no face in it."
    yield judged("face", lost, (None, limits.face_lost), "share", told)


def _doubled(sight: Sight, limits: Thresholds) -> Finding:
    change = sight.change.of(~sight.aside)  # a card that stands is on the beat of the encoder
    amid, limit = len(doubled(change)), (None, limits.doubled)
    errors, beat = cadence(change)
    if errors > _BEAT:
        told = f"One picture in about {round(beat)} shows the one before it again."
        return judged("doubled", 1 / beat, limit, "share", told)
    share = amid / max(len(sight.times), 1) if amid > _FEW else 0.0
    told = f"{amid} pictures show the one before them again." if share else "No picture is shown twice."
    return judged("doubled", share, limit, "share", told)


def _frozen(sight: Sight, hearing: Hearing | None) -> NDArray[np.bool_]:
    """The pictures that differ in nothing from those a while ago, though somebody spoke since; none that is black."""
    still: NDArray[np.bool_] = (sight.change.held < _STILL) & ~sight.black & ~sight.aside
    if hearing is None or not len(hearing.level):
        return still
    heard = np.concatenate([[0], np.cumsum(hearing.voice)])
    last = np.clip((sight.times / HOP).astype(np.intp), 0, len(heard) - 1)
    still &= (heard[last] - heard[np.maximum(last - round(HELD / HOP), 0)]) * HOP > _SPOKEN * HELD
    return still


def _longest(marked: NDArray[np.bool_]) -> int:
    edges = np.flatnonzero(np.diff(np.concatenate([[0], marked.astype(np.int8), [0]])))
    return int((edges[1::2] - edges[::2]).max()) if len(edges) else 0
