"""Praat's TextGrid in its long form: a tier of words and a tier of phones, each tiling the whole sound."""

from __future__ import annotations

from collections.abc import Iterable

from deckard_cli.clip.timings.timeline import Timeline

__all__ = ["textgrid_text"]

Interval = tuple[float, float, str]
"""Start and end in seconds, and what stands there."""


def textgrid_text(timeline: Timeline) -> str:
    """The tiers `words` and `phones`; where nothing is said an interval is empty."""
    end = round(timeline.duration, 6)
    tiers = {
        "words": [(word.start, word.end, word.text) for word in timeline.words],
        "phones": [(phone.start, phone.end, phone.ipa) for phone in timeline.phones],
    }
    head = (
        'File type = "ooTextFile"\nObject class = "TextGrid"\n\n'
        f"xmin = 0\nxmax = {end}\ntiers? <exists>\nsize = {len(tiers)}\nitem []:\n"
    )
    return head + "".join(
        _tier(number, name, _tiled(intervals, end), end) for number, (name, intervals) in enumerate(tiers.items(), 1)
    )


def _tiled(intervals: Iterable[Interval], end: float) -> list[Interval]:
    """The intervals with empty ones between them. What has no width stands beside the next one, or the last."""
    found: list[Interval] = []
    cursor, waiting = 0.0, ""
    for start, stop, text in intervals:
        start, stop = max(round(start, 6), cursor), min(round(stop, 6), end)
        waiting = f"{waiting} {text}".strip()
        if stop <= start:
            continue
        if start > cursor:
            found.append((cursor, start, ""))
        found.append((start, stop, waiting))
        cursor, waiting = stop, ""
    if waiting and cursor == end and found:
        first, last, text = found.pop()
        found.append((first, last, f"{text} {waiting}"))
    elif cursor < end or not found:
        found.append((cursor, end, waiting))
    return found


def _tier(number: int, name: str, intervals: list[Interval], end: float) -> str:
    rows = "".join(
        f"        intervals [{index}]:\n            xmin = {start}\n            xmax = {stop}\n"
        f"            text = {_quoted(text)}\n"
        for index, (start, stop, text) in enumerate(intervals, 1)
    )
    return (
        f'    item [{number}]:\n        class = "IntervalTier"\n        name = "{name}"\n'
        f"        xmin = 0\n        xmax = {end}\n        intervals: size = {len(intervals)}\n{rows}"
    )


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'
