"""What was asked for, and where: a flag speaks before the environment, the environment before `deckard.toml`, the file
before the default. Each choice keeps its source, so that `deckard preflight` can say which one spoke.
"""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from deckard_cli import backends
from deckard_cli.errors import UsageError
from deckard_cli.tomlfile import line_of, read_toml, told

__all__ = ["FPS", "Choices", "Settings", "Thresholds", "choose", "frame_rate", "frame_size"]

_FILE: Final = "deckard.toml"
_TABLES: Final = frozenset({"voices", "faces", "prices", "check"})
"""Set in deckard.toml alone."""
_SHARED: Final = frozenset({"trim_silence", "silence_threshold", "silence_pad_ms", "max_audio_seconds"})
"""Set by ``LIPSYNC_...`` as well, which other programs that make faces speak read too."""


class Thresholds(BaseModel):
    """What a clip may be and is still right: the table ``[check]`` of deckard.toml."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    sound_early_ms: float = Field(default=45, ge=0, le=300)
    """Milliseconds by which sound may come before the mouth that says it: from here on it is seen (ITU-R BT.1359)."""
    sound_late_ms: float = Field(default=60, ge=0, le=300)
    """The same for sound that comes after it: what is broadcast has no more (EBU R 37)."""
    fit: float = Field(default=0.12, ge=0, le=1)
    """The least share of what is heard that has to be seen in the mouth, beyond what would be at another offset."""
    rest: float = Field(default=0.5, ge=0)
    """Times as far as in speech that the mouth may be open in silence."""
    closure: float = Field(default=0.68, ge=0, le=1)
    """How often the lips have to be closer in a p, b or m than in another sound; by chance it is 0.5."""
    mouth_motion: float = Field(default=3.0, ge=0)
    """The least that a mouth changes, in times of what is above it."""
    face_lost: float = Field(default=0.1, ge=0, le=1)
    """The most of the pictures that may have no face on them."""
    black_seconds: float = Field(default=0.1, ge=0)
    frozen_seconds: float = Field(default=0.5, ge=0)
    """Seconds, together, that a clip may be black, or stand still while somebody speaks."""
    doubled: float = Field(default=0.025, ge=0, le=1)
    """The most of the pictures that may show the one before them again, amid motion."""
    length_seconds: float = Field(default=0.05, ge=0)
    """Seconds that sound and picture may differ by in start and in length; one frame where that is more."""
    loudness_least: float = Field(default=-32, le=0)
    loudness_most: float = Field(default=-8, le=0)
    """LUFS."""
    clipped: float = Field(default=0.03, ge=0, le=1)
    """The most of the voice that may be cut off at one height."""
    silence_start_seconds: float = Field(default=1.5, ge=0)
    silence_end_seconds: float = Field(default=2.0, ge=0)
    """Seconds of silence before and after what is said, at most."""
    quiet_end_seconds: float = Field(default=0.05, ge=0)
    """The least of it after the last word: without any it seems cut off."""
    captions_whole: float = Field(default=0.8, ge=0, le=1)
    """The least share of the voice over which there is something to read, where there are captions."""
    captions_ms: float = Field(default=500, ge=0)
    """Milliseconds by which captions may come before or after what they say."""


class Settings(BaseModel):
    """What can be set: each is a flag (``--fps``), a variable (``DECKARD_FPS``) and a key of deckard.toml (``fps``)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    persona: str = "joi"
    """Who speaks."""
    voice: str | None = None
    """A name, or several to be tried in turn: ``openai,espeak``. None: the persona's own."""
    voices: dict[str, dict[str, str | int | float | bool]] = {}
    """Voice -> options, before those of the persona: a table ``[voices.openai]`` of deckard.toml alone."""
    face: str | None = None
    """A name, or several to be tried in turn: ``runpod,rig``. None: the persona's own."""
    faces: dict[str, dict[str, str | int | float | bool]] = {}
    """Face -> options, before those of the persona: a table ``[faces.tavus]`` of deckard.toml alone."""
    on_face_error: Literal["fail", "audio"] = "fail"
    """What is made where no face can be had: nothing, or the sound."""
    strict: bool = False
    """Whether a film that another machine sends has to be as long and as quick as it was asked for."""
    lang: str | None = None
    """BCP 47, or the English name of a language, which becomes its tag; None: guessed from the text's script, else the
    persona's own.
    """
    speed: float = Field(default=1.0, ge=0.5, le=2.0, allow_inf_nan=False)
    """Times the voice's normal rate."""
    pitch: float = Field(default=1.0, ge=0.5, le=2.0, allow_inf_nan=False)
    """Times the voice's normal pitch."""
    mood: str = "neutral"
    """The name of a mood of the persona."""
    fps: int = 25
    """Frames per second."""
    size: str = Field(default="512", coerce_numbers_to_str=True)
    """``512``, ``720x1280`` or a shape: ``9:16``, ``16:9``, ``1:1``."""
    quality: str = Field(default="good", coerce_numbers_to_str=True)
    """``draft``, ``good``, ``best``, or x264's constant rate factor."""
    captions: Literal["srt", "vtt", "ass", "burned"] | None = None
    """None: no captions."""
    captions_style: Literal["lines", "words"] = "lines"
    """Whole lines at once, or each word as it is said."""
    words: str | None = None
    """A file that says how words are said; None: only the persona's own."""
    loudness: str = Field(default="-16", coerce_numbers_to_str=True)
    """LUFS, or ``off``."""
    trim_silence: bool = True
    """Whether silence at the ends goes."""
    silence_threshold: float = 500
    """An amplitude of 16-bit sound, 0..32767: what reaches it is no silence."""
    silence_pad_ms: float = 120
    """Milliseconds of silence that stay at the ends."""
    max_audio_seconds: float = 0
    """Seconds after which the sound ends; 0: never."""
    background: str | None = None
    """A colour, a picture's file, or ``transparent``; None: the persona's own, and in .webm none."""
    provenance: bool = True
    """Whether the clip says under a signature that it is synthetic (C2PA)."""
    certificate: str | None = None
    """A PEM file with the certificate that signs it; None: one that was made here."""
    private_key: str | None = None
    """The PEM file of its key."""
    allow_noncommercial: bool = False
    """Whether a voice, a face or a persona may be used whose licence forbids commercial use."""
    cache: bool = Field(default=True, exclude=True)
    """Whether clips, and speech that costs something, are kept, and taken from there."""
    cache_size: str = Field(default="5 GB", coerce_numbers_to_str=True, exclude=True)
    """How much is kept, as `deckard_cli.cache.size_in_bytes` reads it."""
    check: Thresholds = Field(default=Thresholds(), exclude=True)
    """What `deckard check` lets pass: a table ``[check]`` of deckard.toml alone."""
    prices: dict[str, Annotated[float, Field(ge=0, allow_inf_nan=False)]] = Field(default={}, exclude=True)
    """What a voice costs in place of its list price, as `deckard_cli.backends.price` reads it: a table ``[prices]`` of
    deckard.toml alone. It changes no clip, so that it is not in what `model_dump` gives to a job."""

    @field_validator("lang")
    @classmethod
    def _tag(cls, lang: str | None) -> str | None:
        if lang is None or re.fullmatch(r"[A-Za-z]{2,3}([-_].*)?", lang.strip(), flags=re.ASCII):
            return lang
        from deckard_cli.speech.libespeak import voices  # at the top it would load numpy for every command

        return next((tag for tag, name in voices().items() if name.casefold() == lang.strip().casefold()), lang)


@dataclass(frozen=True, slots=True)
class Choices:
    """The settings, and who made each."""

    settings: Settings
    """What holds."""
    sources: Mapping[str, str]
    """Name of a setting -> ``--fps``, ``DECKARD_FPS``, the path of a `deckard.toml`, or ``default``."""

    @contextmanager
    def named(self) -> Iterator[None]:
        """What turns out, inside, not to be there or not to be possible is told with the file and line, or the
        variable, that asks for it.
        """
        try:
            yield
        except UsageError as error:
            name = _ABOUT.get(error.code, "")
            value, source = getattr(self.settings, name, None), self.sources.get(name, "--")
            from_mark = name == "mood" and f"'{value}'" not in error.message
            if source == "default" or source.startswith("--") or from_mark:
                raise
            message = f"{_place(source, name)}: {error.message}"
            raise UsageError(message, code=error.code, hint=error.hint) from error


_ABOUT: Final = {
    "unknown_persona": "persona",
    "unknown_voice": "voice",
    "unknown_face": "face",
    "unknown_language": "lang",
    "unknown_mood": "mood",
    "bad_fps": "fps",
    "bad_size": "size",
    "unknown_quality": "quality",
    "quality_range": "quality",
    "bad_loudness": "loudness",
    "unknown_colour": "background",
    "colour_see_through": "background",
    "background_of_photograph": "background",
    "background_transparent": "background",
}
"""What an error says -> the setting that it is about."""


def _place(source: str, name: str) -> str:
    """The line of a file that sets `name`, or the variable."""
    path = Path(source)
    return f"{path}:{line_of(path.read_text(encoding='utf-8'), [name])}: {name}" if path.name == _FILE else source


def choose(flags: Mapping[str, object]) -> Choices:
    """Settle every setting. `flags` holds what was typed; None stands for a flag that was not.

    Raises `UsageError` for a value that cannot be meant, naming who set it.
    """
    layers: list[dict[str, tuple[str, object]]] = [
        {name: (f"--{name.replace('_', '-')}", value) for name, value in flags.items() if value is not None},
        {name: (_variable(name), os.environ[_variable(name)]) for name in _names() if _is_set(name)},
        _from_file(Path.cwd()),
    ]
    said: dict[str, tuple[str, object]] = {}
    for layer in reversed(layers):
        said.update(layer)
    sources = {name: said[name][0] if name in said else "default" for name in _names()}
    try:
        settings = Settings.model_validate({name: value for name, (_, value) in said.items()})
    except ValidationError as error:
        raise _mistaken(error, said) from error
    return Choices(settings=settings, sources=sources)


def _names() -> list[str]:
    return list(Settings.model_fields)


def _is_set(name: str) -> bool:
    return name not in _TABLES and bool(os.environ.get(_variable(name)))


def _variable(name: str) -> str:
    """The variable that sets `name`: where two may, that which does."""
    own, shared = f"DECKARD_{name.upper()}", f"LIPSYNC_{name.upper()}"
    return shared if name in _SHARED and os.environ.get(shared) and not os.environ.get(own) else own


def _from_file(start: Path) -> dict[str, tuple[str, object]]:
    """What the nearest `deckard.toml` at or above `start` sets."""
    for folder in (start, *start.parents):
        if (path := folder / _FILE).is_file():
            settings = read_toml(path, Settings, what="settings", check=_nobodys)
            return {name: (str(path), getattr(settings, name)) for name in settings.model_fields_set}
    return {}


def _nobodys(settings: Settings) -> Iterator[tuple[Sequence[str], str]]:
    """The names in the tables that are almost one of a voice, or of a face that has a price. One that nobody has here
    may be installed elsewhere.
    """
    voices: tuple[backends.Kind, ...] = ("voice",)
    kinds: dict[str, tuple[backends.Kind, ...]] = {"voices": voices, "faces": ("face",), "prices": ("voice", "face")}
    for table, allowed in kinds.items():
        for key in getattr(settings, table):
            name = key.partition("/")[0]
            known = [each for kind in allowed for each in backends.names(kind)]
            near = difflib.get_close_matches(name, known, n=1, cutoff=0.75)
            if near and name not in known:
                yield (table, key), f"there is no {' or '.join(allowed)} called so; did you mean '{near[0]}'?"


def _mistaken(error: ValidationError, said: Mapping[str, tuple[str, object]]) -> UsageError:
    wrong = list(told(error, Settings, {name: value for name, (_, value) in said.items()}))
    sentences = [f"{said[field[0]][0]}: {sentence}." for field, sentence in wrong]
    source = said[wrong[0][0][0]][0]
    hint = "deckard render --help" if source.startswith("--") else f"change {source}"
    return UsageError("\n".join(sentences), code="bad_setting", hint=hint)


FPS: Final = (24, 25, 30, 50, 60)
"""Frames per second that can be asked for."""

_SHORT_SIDE: Final = 720
_SMALLEST: Final = 64
_LARGEST: Final = 2160


def frame_rate(fps: int) -> int:
    """`fps`, if a clip can have it. Raises `UsageError` with the nearest that it can have."""
    if fps in FPS:
        return fps
    nearest = min(FPS, key=lambda known: abs(known - fps))
    raise UsageError(f"A clip cannot have {fps} frames a second.", code="bad_fps", hint=f"--fps {nearest}")


def frame_size(size: str) -> tuple[int, int]:
    """Width and height in pixels of ``512`` (a square), ``720x1280``, or a shape such as ``9:16``, whose short side is
    720 pixels. Raises `UsageError` with the nearest size that works.
    """
    number = re.fullmatch(r"(\d{1,6})(?:([x:])(\d{1,6}))?", size.strip().lower(), flags=re.ASCII)
    if not number:
        raise UsageError(f"'{size}' is no size.", code="bad_size", hint="--size 512, --size 720x1280 or --size 9:16")
    width, height = int(number[1]), int(number[3] or number[1])
    if number[2] == ":":
        width, height = _shape(width, height)
    fitting = _nearest(width), _nearest(height)
    if fitting != (width, height):
        raise UsageError(
            f"A clip cannot be {width}x{height}: sides are even numbers from {_SMALLEST} to {_LARGEST}.",
            code="bad_size",
            hint=f"--size {fitting[0]}x{fitting[1]}",
        )
    return fitting


def _shape(across: int, down: int) -> tuple[int, int]:
    """Pixels, both even, of the shape whose sides are as `across` to `down`."""
    short = max(1, min(across, down))
    return 2 * round(_SHORT_SIDE * across / short / 2), 2 * round(_SHORT_SIDE * down / short / 2)


def _nearest(side: int) -> int:
    """The even number nearest to `side` that a clip's side can have."""
    return min(max(side + side % 2, _SMALLEST), _LARGEST)
