"""What leaves beside the clip, from the one timeline that moved the mouth: captions, mouth cues, face curves.

The suffix of a file's name chooses its form. `Timings` gathers while a clip is made, `write` takes speech as it is.
"""

from __future__ import annotations

import difflib
import importlib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Final

from deckard_cli.clip.captions import Style
from deckard_cli.clip.part import Part
from deckard_cli.clip.timings.document import Document, document
from deckard_cli.clip.timings.livelink import HEADER, rows
from deckard_cli.clip.timings.timeline import Timeline
from deckard_cli.errors import UsageError
from deckard_cli.motion import Motion
from deckard_cli.motion.animate import Animator
from deckard_cli.speech import Speech

__all__ = ["SUFFIXES", "WORDLESS", "Document", "Timeline", "Timings", "document", "suffix", "write"]

_TEXTS: Final[Mapping[str, str]] = {
    ".json": "document:document_text",
    ".rhubarb.json": "mouthcues:json_text",
    ".tsv": "mouthcues:tsv_text",
    ".xml": "mouthcues:xml_text",
    ".TextGrid": "textgrid:textgrid_text",
    ".srt": "subtitles:srt_text",
    ".vtt": "subtitles:vtt_text",
    ".ass": "subtitles:ass_text",
}
"""Suffix -> the function that makes the text of a timeline, loaded when it is asked for: most clips have none."""
CURVES: Final = ".csv"
WORDLESS: Final = (CURVES, ".rhubarb.json", ".tsv", ".xml")
"""The forms that tell something of sound whose words nobody knows: how the face moves to it."""
SUFFIXES: Final = (*_TEXTS, CURVES)
"""Every form: our own JSON, Rhubarb's JSON, TSV and XML, Praat's TextGrid, three of captions, and Live Link Face's."""


def suffix(path: Path) -> str:
    """The one of `SUFFIXES` that the name of `path` ends in. Raises `UsageError`, with the nearest, for another."""
    name = path.name.lower()
    fitting = [known for known in SUFFIXES if name.endswith(known.lower())]
    if fitting:
        return max(fitting, key=len)
    known = [each.lower() for each in SUFFIXES]
    near = difflib.get_close_matches(path.suffix.lower(), known, n=1, cutoff=0.6)
    raise UsageError(
        f"Timings cannot be written as '{path.name}': its suffix says nothing that is known.",
        code="unknown_timings",
        hint=f"did you mean '{path.with_suffix(near[0]).name}'?" if near else f"end it in one of: {' '.join(SUFFIXES)}",
    )


def _text(form: str, timeline: Timeline) -> str:
    module, _, name = _TEXTS[form].partition(":")
    text: str = getattr(importlib.import_module(f"{__name__}.{module}"), name)(timeline)
    return text


class Timings:
    """Files that are written while a clip is made, and that stand under their names once it is whole.

    A context manager: nothing is left of them after an exception.
    """

    def __init__(
        self, paths: Sequence[Path], *, sound: str = "", style: Style = "lines", size: tuple[int, int] = (1920, 1080)
    ) -> None:
        """`sound` is the name of the clip, `size` that of its pictures, `style` that of captions.

        Raises `UsageError` for a suffix that is not known.
        """
        self._forms = [(path, suffix(path)) for path in paths]
        self._timeline = Timeline(sound, style=style, size=size)
        self._parts: list[Part] = []

    @property
    def moves(self) -> bool:
        """Whether a file needs the motion."""
        return any(form in WORDLESS for _, form in self._forms)

    def __enter__(self) -> Timings:
        """Begin the files. Raises `DeckardError` where one cannot be written."""
        try:
            for path, form in self._forms:
                self._parts.append(Part(path))
                if form == CURVES:
                    self._append(self._parts[-1], HEADER)
        except BaseException:
            self._drop()
            raise
        return self

    def hear(self, speech: Speech) -> None:
        """Take the times of `speech`, which follows what was heard before."""
        if self._forms:
            self._timeline.add(speech)

    def see(self, motion: Motion) -> None:
        """Take the rows of `motion`, which follow what was seen before."""
        self._timeline.see(motion)
        for part, (_, form) in zip(self._parts, self._forms, strict=True):
            if form == CURVES:
                self._append(part, rows(motion))

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is None:
                for part, (_, form) in zip(self._parts, self._forms, strict=True):
                    if form != CURVES:
                        self._append(part, _text(form, self._timeline))
                for part in self._parts:
                    part.keep()
        finally:
            self._drop()

    @staticmethod
    def _append(part: Part, text: str) -> None:
        with part.path.open("a", encoding="utf-8", newline="\n") as file:
            file.write(text)

    def _drop(self) -> None:
        for part in self._parts:
            part.drop()


def write(path: Path, speeches: Iterable[Speech], *, sound: str = "", fps: float = 60.0) -> None:
    """Write the times of `speeches`, one after the other, to `path`, whose suffix is one of `SUFFIXES`.

    `sound` is the name of the sound file, `fps` the rate of curves, whose motion is made here: a mouth and nothing
    else. Raises `UsageError` for a suffix that is not known, `DeckardError` where `path` cannot be written.
    """
    with Timings([path], sound=sound) as timings:
        animator = Animator(fps, life=0.0)
        for speech in speeches:
            timings.hear(speech)
            if timings.moves:
                timings.see(animator.extend(speech))
        if timings.moves:
            timings.see(animator.finish())
