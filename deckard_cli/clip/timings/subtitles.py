"""Cues as files that players read: SubRip, WebVTT (W3C) and Advanced SubStation Alpha.

In the style `words` each word comes as it is said: a cue of its own in SubRip, which has nothing better, a time stamp
inside the cue in WebVTT, a karaoke tag in ASS.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Final

from deckard_cli.clip.captions import LINGER, Cue, Piece, Style
from deckard_cli.clip.timings.timeline import Timeline

__all__ = ["ass", "ass_text", "srt", "srt_text", "vtt", "vtt_text"]

_DIM: Final = "STYLE\n::cue(:future) {\n  opacity: 0.6;\n}\n"
"""Without it a browser would show what is still to be said as if it were said."""
_ESCAPES: Final = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})
_STYLE: Final = (
    "Name, Fontname, Fontsize, PrimaryColour, SecondaryColour, OutlineColour, BackColour, Bold, Italic, Underline, "
    "StrikeOut, ScaleX, ScaleY, Spacing, Angle, BorderStyle, Outline, Shadow, Alignment, MarginL, MarginR, MarginV, "
    "Encoding"
)
_EVENT: Final = "Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text"


def srt(cues: Iterable[Cue], style: Style = "lines") -> str:
    """The cues as a SubRip file."""
    shown = cues if style == "lines" else [word for cue in cues for word in _apart(cue)]
    blocks = (
        f"{number}\n{_clock(cue.start, ',')} --> {_clock(cue.end, ',')}\n" + "\n".join(map(_plain, cue.lines)) + "\n"
        for number, cue in enumerate(shown, 1)
    )
    return "\n".join(blocks)


def vtt(cues: Iterable[Cue], style: Style = "lines") -> str:
    """The cues as a WebVTT file."""
    blocks = (f"{_clock(cue.start, '.')} --> {_clock(cue.end, '.')}\n{_vtt_text(cue, style)}\n" for cue in cues)
    head = ["WEBVTT\n"] if style == "lines" else ["WEBVTT\n", _DIM]
    return "\n".join([*head, *blocks])


def ass(cues: Iterable[Cue], style: Style = "lines", size: tuple[int, int] = (1920, 1080)) -> str:
    """The cues as an ASS file for pictures of `size` (width, height) pixels: white on a dark outline, at their foot."""
    width, height = size
    letters = round(min(size) * 0.06)
    look = (
        f"Default,DejaVu Sans,{letters},&H00FFFFFF,&H00A0A0A0,&H00101010,&H80000000,-1,0,0,0,100,100,0,0,1,"
        f"{max(1, letters // 12)},0,2,{round(width * 0.05)},{round(width * 0.05)},{round(height * 0.05)},1"
    )
    head = (
        f"[Script Info]\nScriptType: v4.00+\nPlayResX: {width}\nPlayResY: {height}\nWrapStyle: 0\n"
        f"ScaledBorderAndShadow: yes\n\n[V4+ Styles]\nFormat: {_STYLE}\nStyle: {look}\n\n[Events]\nFormat: {_EVENT}\n"
    )
    lines = (
        f"Dialogue: 0,{_ass_clock(cue.start)},{_ass_clock(cue.end)},Default,,0,0,0,,{_ass_text(cue, style)}\n"
        for cue in cues
    )
    return head + "".join(lines)


def srt_text(timeline: Timeline) -> str:
    """The timeline's captions as a SubRip file."""
    return srt(timeline.cues(), timeline.style)


def vtt_text(timeline: Timeline) -> str:
    """The timeline's captions as a WebVTT file."""
    return vtt(timeline.cues(), timeline.style)


def ass_text(timeline: Timeline) -> str:
    """The timeline's captions as an ASS file, with lines that go into its picture."""
    return ass(timeline.cues(fitted=True), timeline.style, timeline.size)


def _plain(text: str) -> str:
    return text.replace("-->", "→")


def _clock(seconds: float, point: str) -> str:
    minutes, milliseconds = divmod(_milliseconds(seconds), 60_000)
    return f"{minutes // 60:02}:{minutes % 60:02}:{milliseconds // 1000:02}{point}{milliseconds % 1000:03}"


def _milliseconds(seconds: float) -> int:
    return round(seconds * 1000)


def _ass_clock(seconds: float) -> str:
    minutes, hundredths = divmod(_hundredths(seconds), 6000)
    return f"{minutes // 60}:{minutes % 60:02}:{hundredths // 100:02}.{hundredths % 100:02}"


def _hundredths(seconds: float) -> int:
    return round(seconds * 100)


def _starts(cue: Cue, unit: Callable[[float], int]) -> list[int]:
    """When each piece of `cue` comes, in whole units, in order and within the cue."""
    first, last = unit(cue.start), unit(cue.end)
    starts: list[int] = []
    for piece in _pieces(cue):
        starts.append(min(max(unit(piece.start), *starts[-1:], first), last))
    return [first, *starts[1:]]


def _pieces(cue: Cue) -> list[Piece]:
    return [piece for row in cue.rows for piece in row]


def _apart(cue: Cue) -> Iterator[Cue]:
    """A cue for each piece; one that would have no time of its own shares that of the next."""
    pieces = _pieces(cue)
    end = min(_milliseconds(cue.end), _milliseconds(pieces[-1].end + LINGER))
    starts = _starts(cue, _milliseconds)
    ends = [*starts[1:], max(end, starts[-1] + 1)]
    waiting: list[Piece] = []
    for piece, start, stop in zip(pieces, starts, ends, strict=True):
        waiting.append(piece)
        if stop > start:
            yield Cue(start / 1000, stop / 1000, (_trimmed(waiting),))
            waiting = []


def _trimmed(pieces: Sequence[Piece]) -> tuple[Piece, ...]:
    last = pieces[-1]
    return (*pieces[:-1], Piece(last.text.rstrip(), last.start, last.end))


def _vtt_text(cue: Cue, style: Style) -> str:
    if style == "lines":
        return "\n".join(_plain(line).translate(_ESCAPES) for line in cue.lines)
    starts = iter(_starts(cue, _milliseconds))
    shown, last = _milliseconds(cue.start), _milliseconds(cue.end)
    rows = []
    for row in cue.rows:
        text = ""
        for piece, start in zip(row, starts, strict=False):
            if shown < start < last:
                text += f"<{_clock(start / 1000, '.')}>"
                shown = start
            text += _plain(piece.text).translate(_ESCAPES)
        rows.append(text)
    return "\n".join(rows)


def _ass_text(cue: Cue, style: Style) -> str:
    if style == "lines":
        return r"\N".join(map(_ass_escaped, cue.lines))
    starts = _starts(cue, _hundredths)
    spans = iter([b - a for a, b in pairwise([*starts, max(_hundredths(_pieces(cue)[-1].end), starts[-1])])])
    rows = ["".join(f"{{\\k{next(spans)}}}{_ass_escaped(piece.text)}" for piece in row) for row in cue.rows]
    return r"\N".join(rows)


def _ass_escaped(text: str) -> str:
    """Text in which neither a brace begins a tag nor a backslash a line break: a word joiner parts it from an N."""
    return text.replace("\\", "\\\u2060").replace("{", r"\{").replace("}", r"\}")
