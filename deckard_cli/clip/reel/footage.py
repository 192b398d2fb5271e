"""What a film has to know of a clip before it is joined: its shape, and where in it somebody speaks."""

from __future__ import annotations

import math
from array import array
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Final

import numpy as np

from deckard_cli.clip.decode import probe
from deckard_cli.clip.reel.hearing import blocks
from deckard_cli.errors import DeckardError
from deckard_cli.speech.loudness import Meter
from deckard_cli.speech.pcm import Samples
from deckard_cli.speech.silence import Edges

__all__ = ["Footage", "survey"]

_THRESHOLD: Final = 500
"""An amplitude of 16-bit sound: what reaches it is no silence."""
_HOP: Final = 0.05
"""Seconds of sound whose peak is one number."""
_PAUSE: Final = 1.2
"""Seconds: in a shorter pause somebody still speaks, and music that came up in each would pump."""


@dataclass(frozen=True, slots=True)
class Footage:
    """A clip, looked through."""

    path: Path
    size: tuple[int, int]
    """Width and height in pixels."""
    fps: Fraction
    """Frames a second."""
    duration: float
    """Seconds, of the longer of picture and sound."""
    rate: int
    """Samples a second; 0 for a silent clip."""
    sound: tuple[float, float] | None
    """Seconds at which the first sound begins and the last one ends; None where all is silence."""
    spoken: tuple[tuple[float, float], ...]
    """Seconds from and to which there is sound, with longer pauses between."""
    loudness: float
    """LUFS; -inf where all is silence."""
    tags: Mapping[str, str] = field(default_factory=dict)
    """Key, in small letters, -> value."""

    @property
    def persona(self) -> str:
        """The short name of who speaks; empty where the clip does not say."""
        return self.tags.get("persona", "")

    @property
    def synthetic(self) -> bool:
        """Whether it says that a machine made it."""
        return self.tags.get("synthetic") == "true"


def survey(path: Path) -> Footage:
    """Look through `path`. Raises `UsageError` for no file, `DeckardError` for what is no clip or has no picture."""
    probed = probe(path)
    if probed.picture is None or not probed.picture.packets:
        raise DeckardError(f"'{path}' has no picture.", code="no_picture", hint="leave it out")
    rate = int(probed.sound.rate) if probed.sound else 0
    ears = _Ears(rate) if rate else None
    for samples in blocks(path, rate) if rate else ():
        assert ears
        ears.add(samples)
    return Footage(
        path=path,
        size=probed.picture.size,
        fps=probed.picture.rate or Fraction(25),
        duration=max(probed.picture.end, ears.seconds if ears else 0.0),
        rate=rate,
        sound=ears.edges() if ears else None,
        spoken=tuple(ears.spoken()) if ears else (),
        loudness=ears.meter.integrated() if ears else -math.inf,
        tags=probed.tags,
    )


class _Ears:
    """Hears a sound in pieces and keeps twenty numbers a second of it."""

    def __init__(self, rate: int) -> None:
        self.meter = Meter(rate)
        self._rate = rate
        self._ends = Edges(rate, _THRESHOLD)
        self._hop = max(1, round(_HOP * rate))
        self._rest = np.zeros(0, np.float32)
        self._peaks = array("f")
        self._count = 0

    def add(self, samples: Samples) -> None:
        self.meter.add(samples)
        self._ends.add(samples)
        self._count += len(samples)
        heard = np.concatenate([self._rest, samples])
        whole = len(heard) // self._hop * self._hop
        self._peaks.extend(np.abs(heard[:whole]).reshape(-1, self._hop).max(axis=1))
        self._rest = heard[whole:]

    @property
    def seconds(self) -> float:
        return self._count / self._rate

    def edges(self) -> tuple[float, float] | None:
        first, last = self._ends.found()
        return (first / self._rate, last / self._rate) if last else None

    def spoken(self) -> Iterator[tuple[float, float]]:
        """The spans between longer pauses, of which the first begins and the last ends with the sound."""
        edges = self.edges()
        if edges is None:
            return
        start, end = edges[0], edges[0]
        for index in np.flatnonzero(np.asarray(self._peaks) >= _THRESHOLD / 32768).tolist():
            at = index * self._hop / self._rate
            if at - end > _PAUSE:
                yield start, end
                start = at
            end = max(end, min(at + _HOP, edges[1]))
        yield start, edges[1]
