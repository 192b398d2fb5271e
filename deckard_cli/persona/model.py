"""What a `persona.toml` says."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Final

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, PrivateAttr

from deckard_cli.errors import UsageError, unknown
from deckard_cli.motion import SHAPES
from deckard_cli.motion.moods import MOODS, NEUTRAL, Mood
from deckard_cli.script.marks import PAUSE
from deckard_cli.tomlfile import line_of, read_toml

__all__ = ["FILE", "Persona", "load"]

FILE: Final = "persona.toml"
"""What makes a folder a persona."""


def _sides(name: str) -> list[str]:
    """The blendshapes that `name` stands for: itself, or both sides of a name without Left or Right."""
    return [full for full in (name, f"{name}Left", f"{name}Right") if full in SHAPES]


def _known(name: str) -> str:
    if not _sides(name):
        raise ValueError(f"'{name}' is no ARKit blendshape")
    return name


def _markable(name: str) -> str:
    if not (name[:1].isalpha() and name.replace("-", "").replace("_", "").isalpha()):
        raise ValueError(f"'{name}' cannot be written as [{name}] in a text: a mood is letters, - and _")
    if name.casefold() == PAUSE:
        raise ValueError(f"[{name}] in a text is a pause, so no mood can be called that")
    return name


def _printable(text: str) -> str:
    if wrong := re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]", text):
        raise ValueError(f"it holds the control character {wrong[0]!r}")
    return text


Text = Annotated[str, AfterValidator(_printable)]
"""What may be shown in a terminal without moving its cursor, whoever wrote it."""
Option = Text | int | float | bool
Shape = Annotated[str, AfterValidator(_known)]
MoodName = Annotated[str, AfterValidator(_markable)]
Weight = Annotated[float, Field(ge=0, le=1)]


class Persona(BaseModel):
    """A whole `persona.toml`."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)

    name: Text = Field(min_length=1)
    """How the persona is called, as people write it."""
    title: Text = ""
    """A few words under the name."""
    about: Text = ""
    """Who this is, in a sentence or two."""
    greeting: Text = ""
    """What the persona says when nothing else is asked for."""
    manner: Text = ""
    """How the persona talks, in words, for minds that write its lines."""
    licence: Text = ""
    """What its picture and its words may be used for: an SPDX expression such as ``CC-BY-4.0``, or a few words; empty
    where nobody says."""
    language: Text = "en-us"
    """BCP 47, lower case, as espeak writes it."""
    voice: Text = "espeak"
    """The voice it speaks with unless another is asked for."""
    face: Text = "rig"
    """The face it has unless another is asked for."""
    voices: dict[Text, dict[Text, Option]] = {}
    """Voice -> the options this persona gives it."""
    faces: dict[Text, dict[Text, Option]] = {}
    """Face -> the options this persona gives it."""
    moods: dict[MoodName, dict[Shape, Weight]] = {}
    """Mood -> the blendshapes, 0..1, in which it differs from the usual mood of that name, or that make a new one.
    A name without Left or Right stands for both sides."""

    _folder: Path = PrivateAttr(default=Path())

    @property
    def folder(self) -> Path:
        """Where its files are, absolute."""
        return self._folder

    @property
    def key(self) -> str:
        """Its short name: what a person types."""
        return self._folder.name

    @property
    def mood_names(self) -> list[str]:
        """Every mood it can be in, the usual ones first."""
        return list(dict.fromkeys([*MOODS, *self.moods]))

    def mood(self, name: str) -> Mood:
        """The mood called `name`, in whatever case, as this persona shows it. Raises `UsageError` with the nearest
        name.
        """
        if name not in self.mood_names:
            alike = {known.casefold(): known for known in reversed(self.mood_names)}
            if name.casefold() not in alike:
                raise unknown("mood", name, self.mood_names)
            name = alike[name.casefold()]
        usual = MOODS.get(name, NEUTRAL)
        own = {shape: weight for given, weight in self.moods.get(name, {}).items() for shape in _sides(given)}
        return replace(usual, name=name, pose={**usual.pose, **own})

    def mistake(self, field: Sequence[str], sentence: str) -> UsageError:
        """What to say about a `field` of the file, such as ``("voices", "espeak", "rate")``, that cannot be meant."""
        path = self._folder / FILE
        line = line_of(path.read_text(encoding="utf-8"), field)
        return UsageError(f"{path}:{line}: {'.'.join(field)}: {sentence}", code="bad_persona", hint=f"mend {path}")


def load(folder: Path) -> Persona:
    """The persona in `folder`. Raises `UsageError`, naming file, line and field of every mistake."""
    persona = read_toml(folder / FILE, Persona, what="persona")
    # A link keeps its own name, which is what people type; `resolve` would put that of its target in its place.
    persona._folder = Path(os.path.normpath(folder.absolute()))
    return persona
