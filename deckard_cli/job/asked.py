"""A clip as it was asked for: names and numbers, none of them looked at yet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Final, Literal

from deckard_cli.clip.captions import Style
from deckard_cli.errors import UsageError
from deckard_cli.speech.loudness import TARGET

__all__ = ["CAPTION_FILES", "TRANSPARENT", "Job", "caption_file", "refuse_overwriting"]

TRANSPARENT: Final = "transparent"
"""The background that is none."""

CAPTION_FILES: Final = ("srt", "vtt", "ass")
"""Captions that are a file of their own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One clip to be made, and how."""

    text: str
    r"""What is said; with `audio` what is said in it, or empty where nobody knows. ``[happy]`` changes the mood from
    there on, ``\[`` is a bracket."""
    output: Path
    """The clip's name, whose suffix is its form: .mp4, .webm, .gif or .wav. An older file of that name is replaced."""
    persona: str = "joi"
    """A name, or the path of a folder."""
    voice: str | None = None
    """A name, or several to be tried in turn: ``openai,espeak``. None: the persona's own."""
    voices: Mapping[str, Mapping[str, str | int | float | bool]] = field(default_factory=dict)
    """Voice -> options that come before those which the persona gives it."""
    face: str | None = None
    """A name, or several to be tried in turn: ``runpod,rig``. None: the persona's own."""
    faces: Mapping[str, Mapping[str, str | int | float | bool]] = field(default_factory=dict)
    """Face -> options that come before those which the persona gives it."""
    on_face_error: Literal["fail", "audio"] = "fail"
    """What is made where no face can be had: nothing, or a .wav."""
    strict: bool = False
    """Whether a film that another machine sends has to be as long and as quick as it was asked for."""
    lang: str | None = None
    """BCP 47; None: guessed from the text, else the persona's own."""
    speed: float = 1.0
    """Times the voice's normal rate."""
    pitch: float = 1.0
    """Times the voice's normal pitch."""
    mood: str = "neutral"
    """A mood of the persona: the one before the first that is marked in the text."""
    fps: int = 25
    """Frames per second, one of `deckard_cli.settings.FPS`."""
    size: str | int = "512"
    """As `deckard_cli.settings.frame_size` reads it."""
    quality: str = "good"
    """As `deckard_cli.clip.Quality.parse` reads it."""
    captions: str | None = None
    """srt, vtt, ass, burned, or None."""
    captions_style: Style = "lines"
    """Whole lines at once, or each word as it is said."""
    timings: tuple[str | Path, ...] = ()
    """Files of times and curves to write, each with a suffix of `deckard_cli.clip.timings.SUFFIXES`."""
    audio: Path | str | BinaryIO | None = None
    """A recording that is moved to in place of a voice, or a stream of its bytes."""
    background: str | None = None
    """A colour, a picture's file, or ``transparent``. None: the persona's own, and in .webm none."""
    words: Path | str | None = None
    """A file that says how words are said; it comes before the persona's own, words.toml in its folder."""
    loudness: str | float = TARGET
    """LUFS of the whole clip, -40..-8, or ``off`` for as loud as it comes."""
    trim_silence: bool = True
    """Whether silence before the first sound and after the last goes; speech is never cut."""
    silence_threshold: float = 500
    """An amplitude of 16-bit sound: what reaches it is no silence."""
    silence_pad_ms: float = 120
    """Milliseconds of that silence that stay."""
    max_audio_seconds: float = 0
    """Seconds after which the sound ends, after a whole word; 0: never."""
    provenance: bool = True
    """Whether the clip says under a signature that it is synthetic (C2PA). A .webm has no place for one."""
    certificate: Path | str | None = None
    """A PEM file with the certificate that signs it; None: one that was made here."""
    private_key: Path | str | None = None
    """The PEM file of its key."""
    allow_noncommercial: bool = False
    """Whether a voice, a face or a persona may be used whose licence forbids commercial use."""
    idle: float | None = None
    """Seconds of a loop in which nothing is said: `text` is empty, and the last frame leads to the first."""


def refuse_overwriting(job: Job, source: Path) -> None:
    """Raise `UsageError` where the clip of `job`, or its file of captions, would replace `source`, which is read."""
    for written in (job.output, caption_file(job), *map(Path, job.timings)):
        if written and written.resolve() == source.resolve():
            raise UsageError(
                "The output is the input.",
                code="output_is_input",
                hint=f"-o '{written.with_name(f'{written.stem}-clip.mp4')}'",
            )


def caption_file(job: Job) -> Path | None:
    """The captions beside the clip of `job`, where such are asked for."""
    return job.output.with_suffix(f".{job.captions}") if job.captions in CAPTION_FILES else None
