r"""Marks in a text, which tell how it is said and are not said themselves.

    [happy]         the mood changes from the next word on
    [pause 0.5]     half a second of silence; [pause 800ms], and [pause] alone, work too; [pause x] is refused
    *very* good     the word, or the words, between the stars are emphasised; **very** as well
    \[  \]  \*      a bracket, a star

A star that embraces nothing (2 * 3, f*ck, a list's bullet) is text, and so are brackets around anything else.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, NamedTuple

from deckard_cli.errors import UsageError

__all__ = ["LONGEST_PAUSE", "PAUSE", "Mark", "Marked", "Pause", "marked"]

LONGEST_PAUSE: Final = 60.0
"""Seconds."""
PAUSE: Final = "pause"
"""The mark that is no mood."""

_USUAL_PAUSE: Final = 0.5
_TOKEN: Final = re.compile(
    r"\\(?P<literal>[\[\]*])|(?P<stars>\*++)"
    r"|\s?\[\s?(?:(?P<name>[^\W\d_](?:[^\W\d]|-)*+)|(?i:pause)[\s:](?P<length>\d{0,6}[.,]?\d{1,6})\s?(?P<unit>ms|s)?"
    r"|(?P<wrong>(?i:pause)(?:[^\w\[\]]{0,3}\d[^\[\]]{0,40}|[\s:=]{1,3}[^\s\[\],]{1,40})))\s?\]\s?"
)
_LETTERS: Final = "0-9A-Za-z_À-ɏͰ-ӿ"
"""Of words with spaces between them: a star next to one is inside a word. Chinese has none."""
_OPENS: Final = re.compile(rf"(?<![{_LETTERS}])(\*{{1,3}})(?=[^\s*](?:[^*]{{0,198}}[^\s*])?\1(?![{_LETTERS}*]))")
"""Stars with the same ones near by: without its bound, a text of opening stars costs its length squared."""
_LEANS: Final = frozenset(".,;:!?…)]}”’»")
"""No space comes before these."""
_PARTS: Final = frozenset(".,;:!?…")
"""A space comes after these: "Hello![sad]You're leaving?" is two sentences."""


@dataclass(frozen=True, slots=True)
class Mark:
    """Something about how a text is said, from one place in it on."""

    name: str
    """The word in the brackets, in small letters."""
    at: int
    """Characters of the text, without its marks, that stand before it."""


@dataclass(frozen=True, slots=True)
class Pause:
    """Silence that is asked for at one place in a text."""

    at: int
    """Characters of the text, without its marks, that stand before it."""
    seconds: float
    """How long it lasts, 0..60."""


class Marked(NamedTuple):
    """A text without its marks, and these, each kind in order."""

    text: str
    """What is said."""
    marks: tuple[Mark, ...] = ()
    """Moods."""
    pauses: tuple[Pause, ...] = ()
    """Silences."""
    stressed: tuple[tuple[int, int], ...] = ()
    """Start and end, in characters of the text, of what is emphasised."""


def marked(text: str) -> Marked:
    """A text without its marks, and these; `text` has been through `deckard_cli.script.clean`.

    Raises `UsageError` for a pause that is too long, or whose length is none.
    """
    reader = _Reader(text)
    for match in _TOKEN.finditer(text):
        reader.read(match)
    return reader.result()


class _Reader:
    """Takes the marks out of a text, one after the other."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._said = ""
        self._done = 0
        self._open: tuple[str, int] | None = None
        self._marks: list[Mark] = []
        self._pauses: list[Pause] = []
        self._stressed: list[tuple[int, int]] = []

    def read(self, match: re.Match[str]) -> None:
        self._said += self._text[self._done : match.start()]
        self._done = match.end()
        if match["literal"]:
            self._said += match["literal"]
        elif match["stars"]:
            self._stars(match)
        else:
            self._said += _joint(self._said, match.group(), self._text[self._done : self._done + 1])
            self._mark(match)

    def _stars(self, match: re.Match[str]) -> None:
        stars = match["stars"]
        if self._open and self._open[0] == stars:
            self._stressed.append((self._open[1], len(self._said)))
            self._open = None
        elif not self._open and _OPENS.match(self._text, match.start()):
            self._open = stars, len(self._said)
        else:
            self._said += stars

    def _mark(self, match: re.Match[str]) -> None:
        if match["wrong"]:
            raise UsageError(
                f"'[{match['wrong'].strip()}]' is no pause: it lasts 0 to {LONGEST_PAUSE:g} seconds.",
                code="bad_pause",
                hint=rf"[pause 0.5] or [pause 500ms]; to have the words read out, write \[{match['wrong'].strip()}]",
            )
        name = (match["name"] or PAUSE).casefold()
        if name != PAUSE:
            self._marks.append(Mark(name, len(self._said)))
            return
        seconds = float(match["length"].replace(",", ".")) if match["length"] else _USUAL_PAUSE
        seconds /= 1000 if match["unit"] == "ms" else 1
        if seconds > LONGEST_PAUSE:
            raise UsageError(
                f"A pause of {seconds:g} seconds is too long; the most is {LONGEST_PAUSE:g}.",
                code="pause_too_long",
                hint=f"[pause {LONGEST_PAUSE:g}]",
            )
        self._pauses.append(Pause(len(self._said), seconds))

    def result(self) -> Marked:
        said = f"{self._said}{self._text[self._done :]}".rstrip()
        return Marked(
            said,
            tuple(Mark(mark.name, min(mark.at, len(said))) for mark in self._marks),
            tuple(Pause(min(pause.at, len(said)), pause.seconds) for pause in self._pauses),
            tuple((start, min(end, len(said))) for start, end in self._stressed if start < len(said)),
        )


def _joint(before: str, mark: str, after: str) -> str:
    """What is left where a mark was: a space or nothing."""
    if not before or before[-1].isspace() or not after or after in _LEANS:
        return ""
    return " " if mark != mark.strip() or before[-1] in _PARTS else ""
