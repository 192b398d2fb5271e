"""What is said: text from an argument, a file or stdin becomes a `Script` of `Line`s."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Line:
    """Some text and how it is to be said."""

    text: str
    """One or more sentences, cleaned: no control characters, never empty."""
    lang: str = "en-us"
    """BCP 47 language, lower case as espeak writes it (``en-us``, ``de``, ``cmn``)."""
    speed: float = 1.0
    """Times the voice's normal rate."""
    pitch: float = 1.0
    """Times the voice's normal pitch."""
    mood: str = "neutral"
    """The name of a mood of the persona."""
