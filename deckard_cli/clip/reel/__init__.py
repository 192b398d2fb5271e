"""Clips become one film: joined, faded into each other, titled, with music under them that steps back for speech.

    paths --footage--> Footage --order--> who speaks when --lineup--> Placed --film--> mp4

This file stays light: it holds what is asked for and what is told, and `run` loads moviepy.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

from deckard_cli.errors import MissingError

if TYPE_CHECKING:
    from deckard_cli.clip.provenance.signer import Signer
    from deckard_cli.clip.reel.footage import Footage

__all__ = ["CAPTIONS", "LAYOUTS", "Assembled", "Filmed", "Layout", "Noted", "Reel", "ReelEvent", "Surveyed", "Waiting"]
__all__ += ["run"]

Layout = Literal["line", "turn", "side"]
"""One after the other as given; in turn by who speaks; in turn, two beside each other."""
LAYOUTS: Final[tuple[Layout, ...]] = ("line", "turn", "side")
CAPTIONS: Final = ("srt", "vtt", "ass", "burned", "off")
"""Captions of a film: a file beside it, in the picture, or none."""

Waiting = Callable[["Footage"], Path | None]
"""Gives a loop in which whoever speaks in a clip waits; None where there is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reel:
    """A film to be made of clips, and how."""

    clips: tuple[Path, ...]
    """In the order in which they come."""
    output: Path
    """The film: .mp4, .webm or .gif. An older file of that name is replaced."""
    title: str = ""
    """Stands on a card before the first clip; empty for no card."""
    titles: tuple[str, ...] = ()
    """One for each clip, on a card before it; empty for no card. ``()`` for none at all."""
    fade: float = 0.5
    """Seconds in which one clip goes over into the next; 0 for a cut. Speech is never in them."""
    background: str = "#101218"
    """A colour or a picture's file: what is behind titles, and beside a clip of another shape than the film's."""
    music: Path | None = None
    """A recording that is played under the speech, again and again until the film ends."""
    layout: Layout = "line"
    captions: str | None = None
    """One of `CAPTIONS`; None for a file of SubRip where the clips have captions beside them."""
    fps: Fraction | None = None
    """Frames a second; None for what most of the clips' seconds have."""
    size: tuple[int, int] | None = None
    """Width and height in pixels; None for those of the first clip, twice as wide with two beside each other."""
    quality: str = "good"
    """As `deckard_cli.clip.Quality.parse` reads it."""
    loudness: float | None = -16.0
    """LUFS of the whole film; None: each clip as loud as it comes."""
    signer: Signer | None = None
    """Who vouches for what the film says of its clips (C2PA); None, and nobody does."""
    waiting: Waiting | None = None
    """Where two are beside each other: what the one who listens does. None, and its last picture stands."""


@dataclass(frozen=True, slots=True)
class Noted:
    """Something a person should be told; the film is made all the same."""

    message: str
    """One sentence."""


@dataclass(frozen=True, slots=True)
class Surveyed:
    """A clip has been looked through."""

    clips: int
    """So many by now."""
    of: int
    """All there are."""


@dataclass(frozen=True, slots=True)
class Assembled:
    """A run of frames is in the film."""

    frames: int
    """So many by now."""
    of: int
    """All there will be."""


@dataclass(frozen=True, slots=True)
class Filmed:
    """The film is whole and stands under its name."""

    path: Path
    """The film, absolute."""
    captions: Path | None
    """The file of captions beside it, absolute; None for none."""
    starts: tuple[tuple[Path, float], ...]
    """Each clip, absolute, and the second of the film at which it begins, in the order in which they are seen."""
    duration: float
    """Seconds."""
    frames: int
    fps: Fraction
    """Frames a second."""
    width: int
    """Pixels."""
    height: int
    """Pixels."""
    rate: int
    """Samples a second."""
    notes: tuple[str, ...] = ()
    """Every `Noted.message` of this film."""


ReelEvent = Surveyed | Noted | Assembled | Filmed
"""Everything that `run` yields. It ends with one `Filmed`, or raises a `DeckardError`."""


def run(reel: Reel) -> Iterator[ReelEvent]:
    """Make the film of `reel`. The last event is `Filmed`; until then nothing stands under the film's name.

    Raises `UsageError` for what cannot be meant and `DeckardError` for a clip that cannot be read, before the film is
    begun; `MissingError` where moviepy is not installed; `DeckardError` where the film cannot be written.
    """
    try:
        from deckard_cli.clip.reel import film
    except ImportError as error:
        raise MissingError(
            f"A reel needs {error.name}, which is not installed.",
            code="not_installed",
            hint="uv pip install 'deckard-cli[reel]'",
        ) from error
    return film.run(reel)
