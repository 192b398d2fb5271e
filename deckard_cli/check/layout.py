"""Whether a file is put together rightly: its streams, their lengths, their codecs, and the order of its parts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from deckard_cli.check.read import Stream, Streams
from deckard_cli.check.report import Finding, judged
from deckard_cli.settings import Thresholds

__all__ = ["layout"]

_PICTURES: Final = {"mp4": ("h264",), "webm": ("vp8", "vp9", "av1")}
_SOUNDS: Final = {"mp4": ("aac", "mp3"), "webm": ("opus", "vorbis")}
"""Codecs that every browser plays in such a file."""
_PIXELS: Final = ("yuv420p", "yuvj420p", "yuva420p")
_JITTER: Final = 0.0015
"""Seconds: Matroska counts in milliseconds."""


def layout(streams: Streams, limits: Thresholds) -> Iterator[Finding]:
    """What is found on the packets of a file, before anything is decoded."""
    picture, sound = streams.picture, streams.sound
    yield from _streams(streams)
    yield from _whole(streams)
    if picture and sound:
        most = max(limits.length_seconds, 1.001 / float(picture.rate or 25))
        apart = sound.start - picture.start
        yield judged("start", apart, (-most, most), "s", f"The sound starts {_apart(apart)} the picture.")
        longer = sound.end - picture.end
        yield judged("length", longer, (-most, most), "s", f"The sound ends {_apart(longer)} the picture.")
    if picture and len(picture.times) > 2:
        yield _steady(picture)
    yield from _playable(streams)


def _streams(streams: Streams) -> Iterator[Finding]:
    names = [name for name, stream in (("picture", streams.picture), ("sound", streams.sound)) if stream]
    # A GIF is silent and a WAV blind by nature.
    wanted = {"gif": ["picture"], "wav": ["sound"]}.get(streams.container, ["picture", "sound"])
    missing = [name for name in wanted if name not in names]
    sentence = f"It has no {' and no '.join(missing)}." if missing else f"It has {' and '.join(names)}."
    yield Finding("streams", not missing, sentence)


def _whole(streams: Streams) -> Iterator[Finding]:
    promised = sum(stream.promised for stream in (streams.picture, streams.sound) if stream)
    if promised:
        there = sum(len(stream.times) for stream in (streams.picture, streams.sound) if stream and stream.promised)
        lost = max(promised - there, 0)
        sentence = f"{lost} of its {promised} packets are not there." if lost else "All that it promises is there."
        yield judged("whole", lost, (None, 0), "", sentence)


def _apart(seconds: float) -> str:
    if abs(seconds) < 0.0005:
        return "with"
    return f"{abs(seconds) * 1000:.0f} ms {'after' if seconds > 0 else 'before'}"


def _steady(picture: Stream) -> Finding:
    gaps = np.diff(picture.times)
    usual = float(np.median(gaps))
    uneven = int((np.abs(gaps - usual) > max(_JITTER, 0.02 * usual)).sum())
    sentence = (
        f"{uneven} of its pictures are not shown {usual * 1000:.1f} ms after the one before them."
        if uneven
        else f"{1 / usual:.4g} pictures a second, at even distances."
        if usual
        else "All of its pictures are shown at once."
    )
    return Finding("frame_rate", not uneven and usual > 0, sentence, uneven, (None, 0))


def _playable(streams: Streams) -> Iterator[Finding]:
    form = next((each for each in _PICTURES if each in streams.container), None)
    if form is None:
        return
    wrong = []
    if streams.picture and streams.picture.codec not in _PICTURES[form]:
        wrong.append(f"{streams.picture.codec} pictures")
    elif streams.picture and streams.picture.format not in _PIXELS:
        wrong.append(f"pixels as {streams.picture.format}")
    if streams.sound and streams.sound.codec not in _SOUNDS[form]:
        wrong.append(f"{streams.sound.codec} sound")
    told = f"Not every browser plays its {' and '.join(wrong)}." if wrong else "Browsers play it."
    yield Finding("codecs", not wrong, told)
    if streams.faststart is not None:
        told = (
            "It plays while it loads." if streams.faststart else "Its index is at its end: it plays when all is there."
        )
        yield Finding("faststart", streams.faststart, told)
