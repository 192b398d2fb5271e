"""Captions that lie beside clips, carried over to the film: read, moved to where each clip is, and joined."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Final

from deckard_cli.clip.captions import Cue, Piece
from deckard_cli.clip.timings.subtitles import ass, srt, vtt
from deckard_cli.errors import UsageError

__all__ = ["beside", "joined", "read", "text"]

_FORMS: Final = (".srt", ".vtt")
"""The files of captions that are looked for beside a clip, in this order."""
_TIMES: Final = re.compile(
    r"^\s*(?:(\d+):)?(\d{1,2}):(\d{1,2})[.,](\d{1,3})\s*-->\s*(?:(\d+):)?(\d{1,2}):(\d{1,2})[.,](\d{1,3})", re.ASCII
)
_TAG: Final = re.compile(r"<[^<>\n]*>|\{\\[^{}\n]*\}")
"""What is no text in a cue: ``<i>``, WebVTT's times of words, ``{\\an8}``."""


def beside(clip: Path) -> Path | None:
    """The file of captions beside `clip`: of the same name, but for the suffix."""
    return next((path for form in _FORMS if (path := clip.with_suffix(form)).is_file()), None)


def read(path: Path) -> list[Cue]:
    """The cues of a file of SubRip or WebVTT, in the order of time.

    Raises `UsageError` where it cannot be read or holds text but no cue.
    """
    try:
        raw = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "they are not UTF-8 text"
        raise UsageError(
            f"The captions '{path}' cannot be read: {reason}.", code="bad_captions", hint="mend them, or --captions off"
        ) from error
    cues = sorted(_cues(raw), key=lambda cue: (cue.start, cue.end))
    if not cues and raw.strip().removeprefix("WEBVTT").strip():
        raise UsageError(
            f"There is no cue in the captions '{path}'.", code="bad_captions", hint="mend them, or --captions off"
        )
    return cues


def _cues(raw: str) -> Iterator[Cue]:
    for block in re.split(r"\n[ \t]*\n", raw.replace("\r\n", "\n").replace("\r", "\n")):
        lines = block.strip("\n").split("\n")
        at = next((index for index, line in enumerate(lines[:2]) if _TIMES.match(line)), None)
        if at is None:
            continue
        times = _TIMES.match(lines[at])
        assert times
        start, end = _seconds(times.groups()[:4]), _seconds(times.groups()[4:])
        shown = [html.unescape(_TAG.sub("", line)).strip() for line in lines[at + 1 :]]
        rows = tuple((Piece(line, start, end),) for line in shown if line)
        if rows and end > start:
            yield Cue(start, end, rows)


def _seconds(parts: Sequence[str | None]) -> float:
    hours, minutes, seconds, fraction = (part or "0" for part in parts)
    whole = int(hours) * 3600 + int(minutes) * 60 + int(seconds)
    return (1000 * whole + int(fraction.ljust(3, "0"))) / 1000


def joined(parts: Iterable[tuple[float, float, Sequence[Cue]]]) -> list[Cue]:
    """The cues of all `parts`: the second of the film at which a clip begins, its length in seconds, and its cues.

    None stands longer than its clip, or into the next cue.
    """
    cues = [
        replace(cue, start=start + cue.start, end=start + min(cue.end, length), rows=_moved(cue, start))
        for start, length, own in parts
        for cue in own
        if cue.start < length
    ]
    cues.sort(key=lambda cue: cue.start)
    ends = [min(cue.end, after.start) if after.start > cue.start else cue.end for cue, after in pairwise(cues)]
    return [replace(cue, end=end) for cue, end in zip(cues, [*ends, *(cue.end for cue in cues[-1:])], strict=True)]


def _moved(cue: Cue, start: float) -> tuple[tuple[Piece, ...], ...]:
    return tuple(
        tuple(replace(piece, start=piece.start + start, end=piece.end + start) for piece in row) for row in cue.rows
    )


def text(cues: Sequence[Cue], form: str, size: tuple[int, int]) -> str:
    """The cues as a file of the `form` srt, vtt or ass, for pictures of `size` in pixels."""
    match form:
        case "vtt":
            return vtt(cues)
        case "ass":
            return ass(cues, size=size)
        case _:
            return srt(cues)
