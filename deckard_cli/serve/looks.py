"""Who is seen: a persona of the server's, or a photograph that was sent, cut once and kept for the next request."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
import warnings
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from PIL import Image

from deckard_cli.errors import DeckardError, UsageError
from deckard_cli.face.portrait import Portrait
from deckard_cli.face.rig.photo import keep
from deckard_cli.motion.moods import NEUTRAL, Mood
from deckard_cli.persona import Persona, find
from deckard_cli.persona.photo import take
from deckard_cli.persona.places import check_name
from deckard_cli.remote.request import FilmRequest

__all__ = ["Looks", "Seen"]

_KEPT: Final = 64
"""Photographs that stay: some megabytes each."""


@dataclass(frozen=True, slots=True)
class Seen:
    """Somebody who can be drawn."""

    portrait: Portrait
    photographed: bool
    """Whether it is a photograph, and no drawing. Of an image the portrait does not tell: both are cut alike."""
    mood: Mood
    name: str
    """As people write it; empty of an image that was sent."""
    licence: str = ""
    """The persona's."""


class Looks:
    """Finds portraits. Several processes use one folder of photographs."""

    def __init__(self, folder: Path, pixels: int) -> None:
        """`folder` holds photographs that were sent, each of at most so many `pixels`."""
        self._folder, self._pixels = folder, pixels

    def of(self, request: FilmRequest, image: Path | None) -> Seen:
        """Whoever is asked for: the persona, where it is the same here, else who is on `image`; of neither, ``joi``.

        Raises `UsageError` for a persona that is not here, `DeckardError` for an image that cannot be used.
        """
        if image is not None and not request.persona:
            return self._sent(image, request.image_is)
        try:
            persona = find(check_name(request.persona or "joi"))
            portrait = Portrait.load(persona.folder)
            if request.persona_content and request.persona_content != portrait.content:
                raise _another(persona)
        except DeckardError:
            if image is None:
                raise
            return self._sent(image, request.image_is)
        return Seen(portrait, portrait.photographed, persona.mood("neutral"), persona.name, persona.licence)

    def _sent(self, image: Path, what: Literal["photograph", "drawing"]) -> Seen:
        _must_fit(image, self._pixels)
        with image.open("rb") as file:
            folder = self._folder / hashlib.file_digest(file, "sha256").hexdigest()
        if not folder.is_dir():
            self._cut(image, folder)
        with suppress(OSError):
            os.utime(folder)
        return Seen(Portrait.load(folder), what == "photograph", NEUTRAL, "")

    def _cut(self, image: Path, folder: Path) -> None:
        photo = take(image)
        made = Path(tempfile.mkdtemp(prefix=".", dir=self._folder))
        try:
            keep(made, photo.pixels, photo.marks)
            with suppress(OSError):  # another worker has just cut the same one
                made.rename(folder)
        finally:
            shutil.rmtree(made, ignore_errors=True)
        self._sweep()

    def _sweep(self) -> None:
        """Throw away what was not asked for lately."""
        with suppress(OSError):
            kept = [each for each in self._folder.iterdir() if not each.name.startswith(".")]
            for old in sorted(kept, key=lambda each: each.stat().st_mtime)[:-_KEPT]:
                shutil.rmtree(old, ignore_errors=True)


def _another(persona: Persona) -> UsageError:
    return UsageError(
        f"The persona '{persona.key}' looks otherwise here than where it was asked for.",
        code="another_persona",
        hint="send its image as well",
    )


def _must_fit(image: Path, pixels: int) -> None:
    """By the header alone: a file of some kilobytes can ask for gigabytes."""
    with suppress(OSError, ValueError, SyntaxError), warnings.catch_warnings():
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        try:
            with Image.open(image) as opened:
                fits = opened.width * opened.height <= pixels
        except Image.DecompressionBombError:
            fits = False
        if not fits:
            raise UsageError(
                f"The image is too large: {pixels / 1e6:g} megapixels are the most.",
                code="picture_too_large",
                hint="send it smaller",
            )
