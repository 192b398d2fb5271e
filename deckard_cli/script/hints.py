"""How single words of a text are said: otherwise than they are written, or with emphasis."""

from __future__ import annotations

from dataclasses import dataclass, replace

__all__ = ["Hint", "shifted"]


@dataclass(frozen=True, slots=True)
class Hint:
    """Something about one or more words of a text."""

    start: int
    """Characters of the text before them."""
    end: int
    """Characters of the text to their end."""
    said: str = ""
    """How they would be written if they were written as they are said; empty: as they are written."""
    phonemes: str = ""
    """The same in espeak's phoneme mnemonics (``d'Ek3d``), for voices that read these; empty where nobody says."""
    ipa: str = ""
    """The same in the International Phonetic Alphabet, for voices that read it; empty where nobody says."""
    stressed: bool = False
    """Whether they are emphasised."""


def shifted(hints: tuple[Hint, ...], start: int, end: int) -> tuple[Hint, ...]:
    """The hints about a part of a text, as hints about that part alone.

    Emphasis may go on in the next part; what is said otherwise is said as a whole.
    """
    return tuple(
        replace(hint, start=max(hint.start, start) - start, end=min(hint.end, end) - start)
        for hint in hints
        if (hint.start < end and start < hint.end if hint.stressed else start <= hint.start and hint.end <= end)
    )
