"""Loops of those who wait, for a film in which they listen: rendered once, to look as they do in their clip."""

from __future__ import annotations

import shutil
import tempfile
from contextlib import closing
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from deckard_cli import backends
from deckard_cli.clip.decode import Pixels, pictures
from deckard_cli.clip.reel.footage import Footage
from deckard_cli.errors import DeckardError
from deckard_cli.persona import find, names
from deckard_cli.route import Job, run
from deckard_cli.settings import FPS

__all__ = ["Idlers"]

_SECONDS: Final = 8.0
"""Of a loop: long enough that nobody sees it come again."""
_EDGE: Final = 0.04
"""Of the picture's sides: an edge in which there is background and, at the foot, a shoulder that hardly moves."""
_ALIKE: Final = 6.0
"""Of 255: two edges that differ by less are those of the same background."""
_PLAIN: Final = 2.0
"""Of 255: an edge whose colours differ by less is of one colour."""


class Idlers:
    """Gives loops; a context manager, after which they are gone."""

    def __enter__(self) -> Self:
        self._folder = Path(tempfile.mkdtemp(prefix="deckard-idle-"))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)

    def __call__(self, footage: Footage) -> Path | None:
        """A loop of whoever speaks in `footage`, as large and before the same background.

        None where nobody by that name is here, or they look different today.
        """
        # Anybody may have written into the clip who speaks in it: no folder that it names is opened, nobody is paid.
        if footage.persona not in names() or not self._nearby(footage):
            return None
        edge = _edge(_first(footage.path))
        clear = edge.shape[1] == 4
        colour = np.median(edge, axis=0).astype(int).tolist()
        plain = not clear and float(np.abs(edge - np.median(edge, axis=0)).mean()) < _PLAIN
        for background in (None, *(["#{:02x}{:02x}{:02x}".format(*colour)] if plain else [])):
            try:
                path = self._loop(footage, background, ".webm" if clear else ".mp4")
            except DeckardError:
                continue
            found = _edge(_first(path))
            if found.shape[1] == edge.shape[1] and np.abs(found - edge).mean() < _ALIKE:
                return path
        return None

    @staticmethod
    def _nearby(footage: Footage) -> bool:
        """Whether the face of `footage` is drawn here."""
        try:
            face = backends.find("face", footage.tags.get("face") or find(footage.persona).face)
        except DeckardError:
            return False
        return "network" not in face.needs

    def _loop(self, footage: Footage, background: str | None, suffix: str) -> Path:
        width, height = footage.size
        path = self._folder / f"{len(list(self._folder.iterdir()))}{suffix}"
        job = Job(
            text="",
            output=path,
            idle=_SECONDS,
            persona=footage.persona,
            face=footage.tags.get("face") or None,
            fps=min(FPS, key=lambda known: abs(known - footage.fps)),
            size=f"{width}x{height}",
            background=background,
            provenance=False,
            allow_noncommercial=True,
        )
        for _ in run(job):
            pass
        return path


def _first(path: Path) -> Pixels:
    with closing(pictures(path)) as frames:  # type: ignore[type-var]
        pixels: Pixels = next(frames)[1]
    return pixels if pixels[..., 3:].size and pixels[..., 3].min() < 255 else pixels[..., :3]


def _edge(pixels: Pixels) -> NDArray[np.float32]:
    """The colours at the top and the sides, shape (n, 3); (n, 4) with how much they cover, where one sees through."""
    high, wide = (max(1, round(_EDGE * side)) for side in pixels.shape[:2])
    parts = (pixels[:high], pixels[: len(pixels) // 2, :wide], pixels[: len(pixels) // 2, -wide:])
    edge = np.concatenate([part.reshape(-1, part.shape[2]) for part in parts]).astype(np.float32)
    # Where nothing is covered, the colour means nothing.
    edge[:, :3] *= edge[:, 3:] / 255 if edge.shape[1] == 4 else 1
    return edge
