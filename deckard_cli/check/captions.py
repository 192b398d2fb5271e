"""Captions beside a clip against its sound: whether they can be shown, show all that is said, and when it is said."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Final

import numpy as np

from deckard_cli.check.listen import HOP, Hearing
from deckard_cli.check.report import Finding, judged
from deckard_cli.settings import Thresholds

__all__ = ["Cue", "captions", "read_cues"]

FORMS: Final = (".srt", ".vtt")
_TIMES: Final = re.compile(
    r"(?:(\d{1,4}):)?(\d\d):(\d\d)[.,](\d{3})[ \t]+-->[ \t]+(?:(\d{1,4}):)?(\d\d):(\d\d)[.,](\d{3})", re.ASCII
)
_TAG: Final = re.compile(r"<[^<>]*>")
_LARGEST: Final = 10_000_000
"""Bytes of captions that are read: those of a day are a tenth of it."""
_LATE: Final = 0.1
"""Seconds by which the last cue may outlast its clip."""
_PAUSE: Final = 30
"""Hops of silence after which a voice begins anew."""


@dataclass(frozen=True, slots=True)
class Cue:
    """Some words on the screen, as a file has them."""

    start: float
    """Seconds from the start of the clip."""
    end: float
    """Seconds from the start of the clip."""
    text: str
    """Without tags."""


def captions(path: Path, duration: float, hearing: Hearing | None, limits: Thresholds) -> Iterator[Finding]:
    """What is found on the .srt and .vtt of the same name as the clip at `path`, `duration` seconds long."""
    for file in (path.with_suffix(form) for form in FORMS):
        if not file.is_file():
            continue
        name = f"captions_{file.suffix[1:]}"
        cues = read_cues(file)
        fault = _fault(cues, duration)
        yield Finding(name, not fault, f"'{file.name}': {fault or f'{len(cues)} captions, in order.'}")
        if cues and hearing and hearing.voice.any():
            yield _covered(name, cues, hearing, limits)
            yield from _timed(name, cues, hearing, limits)


def read_cues(path: Path) -> list[Cue]:
    """The cues of a SubRip or WebVTT file, as they stand there; none where it is neither."""
    if path.stat().st_size > _LARGEST:
        return []
    text = path.read_text(encoding="utf-8-sig", errors="replace").replace("\r\n", "\n").replace("\r", "\n")
    found = []
    for block in re.split(r"\n[ \t]*\n", text):
        if times := _TIMES.search(block):
            numbers = [int(part or 0) for part in times.groups()]
            said = block[times.end() :].partition("\n")[2]
            found.append(Cue(_seconds(numbers[:4]), _seconds(numbers[4:]), " ".join(_TAG.sub("", said).split())))
    return found


def _seconds(numbers: Sequence[int]) -> float:
    hours, minutes, seconds, thousandths = numbers
    return 3600 * hours + 60 * minutes + seconds + thousandths / 1000


def _fault(cues: Sequence[Cue], duration: float) -> str:
    if not cues:
        return "there are no captions in it."
    if any(cue.end <= cue.start for cue in cues):
        return "a caption ends before it begins."
    if any(later.start < earlier.end - 0.001 for earlier, later in pairwise(cues)):
        return "a caption begins before the one before it has ended."
    if cues[-1].end > duration + _LATE:
        return f"it goes on for {cues[-1].end - duration:.1f} s after the clip."
    return ""


def _covered(name: str, cues: Sequence[Cue], hearing: Hearing, limits: Thresholds) -> Finding:
    """The share of the voice over which something is to be read."""
    shown = np.zeros(len(hearing.voice), bool)
    for cue in cues:
        shown[max(int(cue.start / HOP), 0) : max(int(cue.end / HOP) + 1, 0)] = True
    share = float(shown[hearing.voice].mean())
    told = f"{share:.0%} of what is said has captions."
    return judged(f"{name}_whole", share, (limits.captions_whole, None), "share", told)


def _timed(name: str, cues: Sequence[Cue], hearing: Hearing, limits: Thresholds) -> Iterator[Finding]:
    """How much later than what they say captions come: the middle one of them."""
    late = list(_by_words(cues, hearing) if hearing.words else _by_voice(cues, hearing))
    if not late:
        return
    value = 1000 * float(np.median(late))
    where = "after" if value >= 0 else "before"
    told = f"Captions come {abs(value):.0f} ms {where} what they say."
    yield judged(f"{name}_sync", value, (-limits.captions_ms, limits.captions_ms), "ms", told)


def _by_words(cues: Sequence[Cue], hearing: Hearing) -> Iterator[float]:
    """For each cue whose first word was heard, the seconds by which it comes after that."""
    read = [(word, cue if at == 0 else None) for cue in cues for at, word in enumerate(_words(cue.text))]
    heard = [(part, word) for word in hearing.words for part in _words(word.text)]
    matcher = difflib.SequenceMatcher(None, [word for word, _ in read], [part for part, _ in heard], autojunk=False)
    for here, there, length in matcher.get_matching_blocks():
        for (_, cue), (_, word) in zip(read[here : here + length], heard[there : there + length], strict=True):
            if cue:
                yield cue.start - word.start


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.casefold())


def _by_voice(cues: Sequence[Cue], hearing: Hearing) -> Iterator[float]:
    """For each time that a voice begins after silence, the seconds by which the nearest cue comes after that."""
    voiced = np.concatenate([np.zeros(_PAUSE, bool), hearing.voice])
    starts = np.array([cue.start for cue in cues])
    for hop in np.flatnonzero(np.diff(voiced.astype(np.int8)) > 0) + 1:
        if not voiced[max(hop - _PAUSE, 0) : hop].any():
            away = starts - (hop - _PAUSE) * HOP
            yield float(away[np.argmin(np.abs(away))])
