"""What travels between the server and those who draw for it."""

from __future__ import annotations

from dataclasses import dataclass, field
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import TYPE_CHECKING, Final

from deckard_cli.batch.engine import Failure
from deckard_cli.remote.request import FilmRequest
from deckard_cli.serve.terms import Terms

if TYPE_CHECKING:
    from deckard_cli.serve.bench import Bench

__all__ = ["FILM", "IMAGE", "SOUND", "STOPPED", "Filmed", "Kit", "Order"]

SOUND: Final = "audio"
IMAGE: Final = "image"
FILM: Final = "film.mp4"
"""Files in the folder of an order."""
STOPPED: Final = "stopped"
"""The code of a film that nobody waits for any more."""


@dataclass(frozen=True, slots=True)
class Order:
    """A film to be made, of the sound (and the image) in `folder`."""

    folder: Path
    request: FilmRequest
    """Without its sound and its image."""
    face: str
    """Who draws."""


@dataclass(frozen=True, slots=True)
class Filmed:
    """What became of it: the file `FILM` in its folder, or `failure`."""

    frames: int = 0
    seconds: float = 0.0
    """Of sound."""
    took: float = 0.0
    """Seconds that it was worked at."""
    failure: Failure | None = None
    megabytes: float = 0.0
    """Memory that the worker held afterwards."""


@dataclass(frozen=True, slots=True)
class Kit:
    """What a worker needs for all its films: the `deckard_cli.batch.worker.Kit` of a server."""

    photographs: Path
    """Where photographs that were sent are kept, cut."""
    terms: Terms
    stop: Event | None = field(default=None, compare=False)
    """Set when nobody waits for the film any more."""
    threads: int = 1
    """Of each library that would take every core for itself."""

    def opened(self) -> Bench:
        """The bench of a worker."""
        from deckard_cli.serve.bench import Bench  # at the top it would be loaded for the server too

        return Bench(self)
