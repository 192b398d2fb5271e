"""Mouth cues as Rhubarb Lip Sync writes them, for the tools that read its files.

The nine shapes are those of Hanna-Barbera's chart with Rhubarb's three extensions: A lips closed, B teeth nearly
closed, C open, D wide open, E slightly rounded, F puckered, G teeth on the lip, H tongue raised, X at rest. Times are
in whole hundredths of a second, as there.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby, pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from deckard_cli.clip.timings.timeline import MOUTH, Shape, Timeline
from deckard_cli.speech import Phone

__all__ = ["MouthCue", "json_text", "mouth_cues", "tsv_text", "xml_text"]

SHAPES: Final = {
    "sil": "X", "PP": "A", "FF": "G", "TH": "B", "DD": "B", "kk": "B", "CH": "B", "SS": "B", "nn": "B",
    "RR": "E", "aa": "D", "E": "C", "ih": "B", "oh": "E", "ou": "F",
}  # fmt: skip
"""Viseme -> mouth shape."""
_HALF_OPEN: Final = "æʌɐ"
"""Vowels of the viseme ``aa`` for which Rhubarb opens no wider than C."""
_LATERALS: Final = "lɫɭʎ"
_LONG: Final = 0.12
"""Seconds from which on the tongue of an l is seen."""
_BETWEEN: Final = {
    frozenset("AD"): "C", frozenset("BD"): "C", frozenset("GD"): "C", frozenset("XD"): "C",
    frozenset("CF"): "E", frozenset("DF"): "E", frozenset("HF"): "E",
}  # fmt: skip
"""Two shapes -> the one that a drawn mouth passes on its way from one to the other."""
_PASSING: Final = (4, 8)
"""Hundredths of a second that it passes, at least and at most."""
_SHORTEST: Final = 4
"""Hundredths of a second: one picture at 25 a second. A shorter shape is left out, unless the lips close for it."""
_CONTACTS: Final = "AG"
_ESCAPES: Final = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})


@dataclass(frozen=True, slots=True)
class MouthCue:
    """A mouth shape and how long it stands."""

    start: int
    """Hundredths of a second from the start of the clip."""
    end: int
    """Hundredths of a second from the start of the clip."""
    shape: str
    """A to H, or X."""


def mouth_cues(timeline: Timeline) -> list[MouthCue]:
    """The cues of the clip, one after the other from 0 to its end, without a gap."""
    said, seen = _said(timeline), _seen(timeline)
    drawn = [
        replace(cue, start=max(cue.start, _whole(start)), end=min(cue.end, _whole(end)))
        for start, end, wordless in timeline.spans
        for cue in (seen if wordless else said)
        if cue.start < _whole(end) and cue.end > _whole(start)
    ]
    shown = [cue for cue in drawn if cue.end - cue.start >= (1 if cue.shape in _CONTACTS else _SHORTEST)]
    end = _whole(timeline.duration)
    return _passing(_sealed(_closed_up(shown or [MouthCue(0, end, "X")], end)))


def _said(timeline: Timeline) -> list[MouthCue]:
    phones = {phone.start: phone for phone in timeline.phones}
    return [
        MouthCue(_whole(shape.start), _whole(shape.end), _shape(shape, phones.get(shape.target.start)))
        for shape in timeline.visemes()
    ]


def _seen(timeline: Timeline) -> list[MouthCue]:
    """The cues of a mouth that moved to sound whose words nobody knows: the shape of each frame."""
    step, cues = 100 / timeline.fps, list[MouthCue]()
    for shape, frames in groupby(enumerate(_outlines(timeline.mouths)), key=lambda each: each[1]):
        first, *others = (index for index, _ in frames)
        cues.append(MouthCue(round(first * step), round((first + 1 + len(others)) * step), shape))
    return cues


def _outlines(mouths: Sequence[NDArray[np.float32]]) -> list[str]:
    """The mouth shape of each frame, of which `MOUTH` has the columns."""
    jaw, funnel, pucker, close = np.concatenate([np.zeros((0, len(MOUTH)), np.float32), *mouths]).T
    rounding = np.maximum(funnel, pucker)
    known = {
        "A": (jaw > 0.02) & (close > 0.75 * jaw),
        "X": (jaw < 0.05) & (rounding < 0.15),
        "F": (rounding >= 0.45) & (jaw < 0.25),
        "E": rounding >= 0.3,
        "D": jaw >= 0.42,
        "C": jaw >= 0.25,
    }
    outlines: list[str] = np.select(list(known.values()), list(known), "B").tolist()
    return outlines


def _whole(seconds: float) -> int:
    """Whole hundredths of `seconds`, of which 0.29 has 29: in floating point alone it would have 28."""
    return int(seconds * 100 + 1e-6)


def _shape(shape: Shape, phone: Phone | None) -> str:
    if phone and phone.ipa[:1] in set(_HALF_OPEN):
        return "C"
    if phone and phone.ipa[:1] in set(_LATERALS) and phone.end - phone.start >= _LONG:
        return "H"
    return SHAPES[shape.name]


def _closed_up(cues: list[MouthCue], end: int) -> list[MouthCue]:
    """The cues with what was left out given to the one before, and equal neighbours made one."""
    firsts = [next(group) for _, group in groupby(cues, key=lambda cue: cue.shape)]
    starts = [0, *(cue.start for cue in firsts[1:]), end]
    return [replace(cue, start=a, end=b) for cue, (a, b) in zip(firsts, pairwise(starts), strict=True)]


def _sealed(cues: list[MouthCue]) -> list[MouthCue]:
    """The cues with contacts that are too short for a picture begun earlier: a p that nobody sees is missed."""
    found = cues[:1]
    for cue in cues[1:]:
        before = found[-1]
        if cue.shape in _CONTACTS:
            early = min(max(_SHORTEST - (cue.end - cue.start), 0), (before.end - before.start) // 2)
            found[-1] = replace(before, end=before.end - early)
            cue = replace(cue, start=cue.start - early)
        found.append(cue)
    return found


def _passing(cues: list[MouthCue]) -> list[MouthCue]:
    """The cues with the shapes that a mouth passes between them, in time of both neighbours but never of a contact."""
    found = cues[:1]
    for cue in cues[1:]:
        before = found[-1]
        between = _BETWEEN.get(frozenset((before.shape, cue.shape)))
        early, late = (0 if each.shape in _CONTACTS else (each.end - each.start) // 3 for each in (before, cue))
        early, late = min(early, _PASSING[1] // (2 if late else 1)), min(late, _PASSING[1] // (2 if early else 1))
        if between and early + late >= _PASSING[0]:
            found[-1] = replace(before, end=before.end - early)
            found.append(MouthCue(before.end - early, cue.start + late, between))
            cue = replace(cue, start=cue.start + late)
        found.append(cue)
    return found


def tsv_text(timeline: Timeline) -> str:
    """A start and a shape a line; the last line is the end, at rest."""
    cues = mouth_cues(timeline)
    rows = [f"{_seconds(cue.start)}\t{cue.shape}\n" for cue in cues]
    return "".join([*rows, f"{_seconds(cues[-1].end)}\tX\n"])


def xml_text(timeline: Timeline) -> str:
    """`rhubarbResult` with its metadata and cues."""
    cues = mouth_cues(timeline)
    rows = "".join(
        f'    <mouthCue start="{_seconds(cue.start)}" end="{_seconds(cue.end)}">{cue.shape}</mouthCue>\n'
        for cue in cues
    )
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n<rhubarbResult>\n  <metadata>\n'
        f"    <soundFile>{timeline.sound.translate(_ESCAPES)}</soundFile>\n"
        f"    <duration>{_seconds(cues[-1].end)}</duration>\n"
        f"  </metadata>\n  <mouthCues>\n{rows}  </mouthCues>\n</rhubarbResult>\n"
    )


def json_text(timeline: Timeline) -> str:
    """An object with `metadata` and `mouthCues`."""
    cues = mouth_cues(timeline)
    rows = ",\n".join(
        f'    {{ "start": {_seconds(cue.start)}, "end": {_seconds(cue.end)}, "value": "{cue.shape}" }}' for cue in cues
    )
    sound = json.dumps(timeline.sound, ensure_ascii=False)
    return (
        f'{{\n  "metadata": {{\n    "soundFile": {sound},\n    "duration": {_seconds(cues[-1].end)}\n  }},\n'
        f'  "mouthCues": [\n{rows}\n  ]\n}}\n'
    )


def _seconds(hundredths: int) -> str:
    return f"{hundredths // 100}.{hundredths % 100:02}"
