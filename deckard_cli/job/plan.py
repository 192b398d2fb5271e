"""A clip as it will be made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from deckard_cli import backends
from deckard_cli.clip import Form, Quality
from deckard_cli.clip.provenance.claim import Credit
from deckard_cli.credits import credits
from deckard_cli.face.portrait import Portrait
from deckard_cli.job.asked import TRANSPARENT, Job, caption_file
from deckard_cli.motion.moods import Mood
from deckard_cli.persona import Persona
from deckard_cli.script import Line
from deckard_cli.speech.delivery import Delivery

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from deckard_cli.clip.belief import Told
    from deckard_cli.clip.provenance.signer import Signer

__all__ = ["Plan"]


@dataclass(frozen=True, slots=True)
class Plan:
    """A job whose every name and number is known to be good, and what each of them means here."""

    job: Job
    form: Form
    quality: Quality
    persona: Persona
    voices: tuple[backends.Backend, ...]
    """To be tried in this order."""
    faces: tuple[backends.Backend, ...]
    """The same."""
    line: Line
    delivery: Delivery
    """What is done to the sound."""
    moods: Mapping[str, Mood]
    """By the names that `line` has for them."""
    fps: int
    size: tuple[int, int]
    backdrop: NDArray[np.uint8] | None
    """RGB, shape (height, width, 3): what is behind the persona in place of its own background."""
    signer: Signer | None
    """Who vouches for the clip; None where nobody does."""
    told: Told | None = None
    """What the film says of itself that another machine sent for the pictures; None before, and where they are drawn
    here."""

    def options(self, voice: backends.Backend) -> dict[str, str | int | float | bool]:
        """What `voice` is opened with: the persona's own options, and over them the job's."""
        return {**self.persona.voices.get(voice.name, {}), **self.job.voices.get(voice.name, {})}

    @property
    def face(self) -> backends.Backend:
        """The face that is seen, if it can be."""
        return self.faces[0]

    @property
    def face_options(self) -> dict[str, str | int | float | bool]:
        """What `face` is opened with, as `options`."""
        return {**self.persona.faces.get(self.face.name, {}), **self.job.faces.get(self.face.name, {})}

    def credits(self, voice: str) -> tuple[Credit, ...]:
        """Whose work the clip is when the voice called `voice` speaks: in a loop and in sound alone not everybody's."""
        speaks = [] if self.loop else [each for each in self.voices if each.name == voice]
        drawn = [self.face] if self.form.picture else []
        options = {each.name: self.options(each) for each in speaks}
        return credits(self.persona, (*speaks, *drawn), options, self.line.lang)

    @property
    def transparent(self) -> bool:
        """Whether the background stays out, so that the clip can lie over another."""
        if self.job.background == TRANSPARENT:
            return True
        keeps = self.photographed or self.face.films
        return self.form.container == "webm" and self.backdrop is None and not keeps

    @property
    def photographed(self) -> bool:
        """Whether the persona is a photograph, which cannot be parted from its background."""
        return Portrait(self.persona.folder).photographed

    @property
    def loop(self) -> int | None:
        """The frames of a loop without words; None in a clip that says something."""
        return None if self.job.idle is None else round(self.job.idle * self.fps)

    @property
    def captions(self) -> Path | None:
        """The file of captions beside the clip, where one is asked for."""
        return caption_file(self.job)

    @property
    def timings(self) -> tuple[Path, ...]:
        """The files of timings that are asked for."""
        return tuple(map(Path, self.job.timings))

    @property
    def beside(self) -> tuple[Path, ...]:
        """Every file that is written beside the clip."""
        return (*self.timings, *([self.captions] if self.captions else []))
