"""What happens in a batch, told as it happens: one union, which whoever listens reads by `match`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from deckard_cli.batch.clips import Clip
from deckard_cli.batch.engine import Failure
from deckard_cli.batch.manifest import Entry

__all__ = ["BatchEvent", "Begun", "Failed", "Finished", "Kept", "Made", "Planned", "Retried"]


@dataclass(frozen=True, slots=True)
class Planned:
    """Every row was looked at, and nothing is wrong with any."""

    clips: int
    """Clips that are asked for."""
    kept: int
    """How many of them stand there already."""
    seconds: float
    """Of speech that is to be made, as far as one can tell."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A clip stands there already, made of the same."""

    clip: Clip
    entry: Entry


@dataclass(frozen=True, slots=True)
class Begun:
    """Somebody works at a clip."""

    clip: Clip


@dataclass(frozen=True, slots=True)
class Made:
    """A clip is whole, stands under its name, and is in the manifest."""

    clip: Clip
    entry: Entry


@dataclass(frozen=True, slots=True)
class Retried:
    """A clip was not made, and will be tried again."""

    clip: Clip
    failure: Failure


@dataclass(frozen=True, slots=True)
class Failed:
    """A clip was not made."""

    clip: Clip
    failure: Failure


@dataclass(frozen=True, slots=True)
class Finished:
    """Nothing is left to do, or the first failure ended it."""

    made: int
    cached: int
    """How many of those that were made are copies of clips that were made before."""
    kept: int
    failed: int
    skipped: int
    """Clips that were not tried, because one before them failed."""
    speech: float
    """Seconds of sound in the clips that were made."""
    seconds: float
    """How long it took."""
    gone: tuple[str, ...] = ()
    """Ids in the manifest that no row has any more; their clips stand there still, unless they were pruned."""
    left: tuple[str, ...] = ()
    """Files of clips that have other names now; they stand there still, unless they were pruned."""
    taken: tuple[str, ...] = ()
    """Ids of clips that were made in place of those of other rows."""
    others: Mapping[str, int] = field(default_factory=dict)
    """Where other rows stood, and how many clips of them are there: no business of this batch, and never pruned."""
    pruned: bool = False
    """Whether all of those were removed."""


BatchEvent = Planned | Kept | Begun | Made | Retried | Failed | Finished
"""Everything that `deckard_cli.batch.batch` yields: `Planned` first, `Finished` last."""
