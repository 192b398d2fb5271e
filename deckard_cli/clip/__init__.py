"""What is kept: frames and speech become a file, and a file becomes frames and sound again.

The suffix chooses the form. This file stays light: `encode` and `decode` load FFmpeg, `burn` loads Pillow.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from deckard_cli.errors import UsageError, unknown

__all__ = ["FORMS", "QUALITIES", "Form", "Quality"]


@dataclass(frozen=True, slots=True)
class Form:
    """A kind of file that a clip can be."""

    container: str
    """FFmpeg's name of the container."""
    picture: str
    """FFmpeg's name of the picture encoder; empty for a file that only sounds."""
    sound: str
    """FFmpeg's name of the sound encoder; empty for a silent file."""
    clear: bool = False
    """Whether its picture can be see-through."""

    @staticmethod
    def of(path: Path) -> Form:
        """The form that the suffix of `path` asks for. Raises `UsageError` for one that is not known."""
        try:
            return FORMS[path.suffix.lower()]
        except KeyError:
            known = ", ".join(FORMS)
            raise UsageError(
                f"A clip cannot be written as '{path.name}': its suffix says nothing that is known.",
                code="unknown_form",
                hint=f"end the name in one of: {known}",
            ) from None


FORMS: Final = {
    ".mp4": Form("mp4", "libx264", "aac"),
    ".webm": Form("webm", "libvpx-vp9", "libopus", clear=True),
    ".gif": Form("gif", "gif", "", clear=True),
    ".wav": Form("wav", "", "pcm_s16le"),
}
"""Suffix -> form."""


@dataclass(frozen=True, slots=True)
class Quality:
    """How much is spent on a clip."""

    preset: str
    """The x264 preset: how long the encoder thinks."""
    crf: int
    """The x264 constant rate factor, 1 (nothing lost that can be seen) .. 51 (coarse)."""
    bit_rate: int
    """Bits per second of the sound."""
    threads: int = 1
    """Of the encoder, the same on every machine: another number writes other bytes. One, beside that which draws, is
    the fastest on two cores where drawing takes as long as encoding."""

    @classmethod
    def parse(cls, text: str) -> Quality:
        """A name (`draft`, `good`, `best`) or a number, the x264 constant rate factor.

        Raises `UsageError` for anything else.
        """
        if not text.lstrip("-").isdecimal():
            if text not in QUALITIES:
                raise unknown("quality", text, QUALITIES)
            return QUALITIES[text]
        if not 1 <= int(text) <= 51:
            raise UsageError(
                f"A quality of {text} is out of range.",
                code="quality_range",
                hint="give draft, good, best, or a number from 1 (best) to 51 (coarsest)",
            )
        return cls("veryfast", int(text), 96_000)


QUALITIES: Final = {
    "draft": Quality("ultrafast", 28, 64_000),
    "good": Quality("veryfast", 20, 96_000),
    "best": Quality("slow", 16, 128_000, threads=4),
}
"""Name -> quality; `good` is what a clip gets when nothing is said."""
