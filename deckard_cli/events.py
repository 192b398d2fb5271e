"""What happens on the route, told as it happens: one union, which whoever listens reads by `match`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

__all__ = ["Drawn", "Event", "Noted", "Spoken", "Written"]


@dataclass(frozen=True, slots=True)
class Noted:
    """Something a person should be told; the clip is made all the same."""

    message: str
    """One sentence."""


@dataclass(frozen=True, slots=True)
class Spoken:
    """A piece of the script has become sound."""

    text: str
    """What was said, or empty where nobody knows."""
    start: float
    """Seconds from the start of the clip."""
    end: float
    """Seconds from the start of the clip."""
    share: float | None
    """How much of the script is sound now, 0..1; None where nobody knows how long it will be."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """A run of frames is in the clip."""

    frames: int
    """Frames so far, from the start of the clip."""
    end: float
    """Seconds from the start of the clip at which the last of them ends."""


@dataclass(frozen=True, slots=True)
class Written:
    """The clip is whole and stands under its name."""

    path: Path
    """The clip, absolute."""
    captions: Path | None
    """The caption file beside it, absolute; None where none was asked for."""
    timings: tuple[Path, ...]
    """The files of timings that were asked for, absolute."""
    duration: float
    """Seconds of sound."""
    frames: int
    """Pictures; 0 in a clip of sound alone."""
    fps: float
    """Pictures a second: whole, but in a film that another machine sent."""
    width: int
    """Pixels."""
    height: int
    """Pixels."""
    rate: int
    """Samples a second."""
    persona: str
    """The persona's short name."""
    voice: str
    """The voice's name; empty in a loop without words."""
    face: str
    """The face's name."""
    language: str
    """BCP 47, lower case."""
    notes: tuple[str, ...] = ()
    """Every `Noted.message` of this clip."""
    failed: str = ""
    """Why there is no picture, where one was asked for and sound alone is better than nothing."""
    cached: bool = False
    """Whether it was made before, and only copied now."""


Event = Spoken | Drawn | Noted | Written
"""Everything that `deckard_cli.route.run` yields. It ends with one `Written`, or raises a `DeckardError`."""
