"""How what a voice says is handed on: between its silences, with its pauses, as loud and as long as is asked for."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from operator import add
from typing import Final

import numpy as np

from deckard_cli.errors import UsageError
from deckard_cli.script import Line
from deckard_cli.speech import Speech, Voice
from deckard_cli.speech.loudness import TARGET, Leveller
from deckard_cli.speech.pcm import Samples, retimed, silence
from deckard_cli.speech.readings import readings
from deckard_cli.speech.respelled import respelled
from deckard_cli.speech.silence import Trim, said, sounding

__all__ = [
    *("AS_IT_COMES", "LOUDNESS", "TAIL", "Delivery", "capped", "delivered", "levelled", "loudness", "parts", "spaced"),
    "tail",
]

LOUDNESS: Final = (-40.0, -8.0)
"""LUFS that a clip can have: above, speech would be limited all the time."""
AS_IT_COMES: Final = "off"
"""The loudness of a clip whose sound is left alone."""

TAIL: Final = 0.3
"""Seconds of silence after the last sound. A clip that ends with the sound seems to cut the last word."""

_CLOSING: Final = 0.1
"""Seconds of the tail in which a mouth closes."""
_FADE: Final = 0.005
"""Seconds: a sound that is cut off at once clicks."""
_CLICK: Final = 0.1
"""Seconds of the quietest place before a cut, where nobody knows the words."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """What is done to sound, whoever made it. Speech is never cut, but where `longest` asks for it."""

    loudness: float | None = TARGET
    """LUFS of the whole clip; None: as it came."""
    trim: Trim | None = field(default_factory=Trim)
    """What silence at the ends goes; None: it stays."""
    longest: float = 0.0
    """Seconds that the sound of a clip has at most, the tail with it: speech ends with a whole word; 0: no end."""


def loudness(asked: str) -> float | None:
    """The LUFS that `asked` names; None to leave the sound alone. Raises `UsageError` for what no clip can have."""
    if asked.strip().casefold() == AS_IT_COMES:
        return None
    try:
        wanted = float(asked)
    except ValueError:
        wanted = math.nan
    if not LOUDNESS[0] <= wanted <= LOUDNESS[1]:
        low, high = LOUDNESS
        raise UsageError(
            f"A clip cannot have a loudness of '{asked}': it goes from {low:g} to {high:g} LUFS, or is {AS_IT_COMES}.",
            code="bad_loudness",
            hint=f"--loudness {TARGET:g}",
        )
    return wanted


def delivered(voice: Voice, line: Line, how: Delivery, *, whole: float | None = None) -> Iterator[Speech]:
    """What `voice` says of `line`, piece by piece, handed on as soon as it comes.

    `whole` is the loudness of all of it, in LUFS, where that is known. Raises what the voice raises.
    """
    speeches = spaced(_said(voice, line), how.trim)
    if how.longest:
        speeches = capped(speeches, how.longest)
    return speeches if how.loudness is None else levelled(speeches, how.loudness, whole=whole)


def _said(voice: Voice, line: Line) -> Iterator[tuple[float, Speech | None]]:
    for pause, part in parts(line):
        if part is None:
            yield pause, None
            continue
        for speech in _read(voice, part):
            yield pause, speech
            pause = 0.0


def _read(voice: Voice, line: Line) -> Iterator[Speech]:
    """What `voice` says of `line` and of the hints about it.

    A voice whose class says ``hints`` reads them itself. One whose class says ``signs`` is given in full what is
    written short ("$5"), as espeak is: it turns letters into phonemes by espeak's rules and would read out the signs.
    """
    if getattr(voice, "hints", False):
        return voice.speak(line)
    if getattr(voice, "signs", False):
        line = replace(line, hints=(*line.hints, *readings(line.text, line.lang, line.hints)))
    return respelled(voice, line)


def parts(line: Line) -> Iterator[tuple[float, Line | None]]:
    """What stands between the pauses of a line, each with the seconds of the pause before it; None is said at its end.

    What has no letter and no digit ("...") is left out: no voice can say it alone.
    """
    pause, start = 0.0, 0
    for end, seconds in [*((each.at, each.seconds) for each in line.pauses), (len(line.text), 0.0)]:
        if not line.text or any(unicodedata.category(letter)[0] in "LN" for letter in line.text[start:end]):
            yield pause, line.part(start, end)
            pause = 0.0
        pause, start = pause + seconds, end
    if pause:
        yield pause, None


def spaced(pieces: Iterable[tuple[float, Speech | None]], trim: Trim | None) -> Iterator[Speech]:
    """The pieces, each with seconds of pause before it, without the silence before the first and after the last.

    The silence that ends a piece is handed on with the next one: it is known for the last only when none comes.
    """
    how = trim or Trim()
    held: Samples | None = None
    tail, rate, whole, begun = 0.0, 0, None, False
    for pause, speech in pieces:
        if speech is None:
            if rate:
                yield Speech(silence(max(pause - tail, 0.0), rate), rate)
            return
        rate = speech.rate
        sound = sounding(speech, how.threshold)
        first, last = said(speech, sound)
        if last <= first and trim:
            held, whole = speech.samples if held is None else np.concatenate([held, speech.samples]), whole or speech
            continue
        pad = round(how.pad * rate)
        begin = first if pause else max(first - pad, 0) if trim and not begun else 0
        end = min(last + pad, len(speech.samples)) if trim else len(speech.samples)
        before = silence(max(pause - tail, 0.0), rate) if pause else silence(0, rate) if held is None else held
        if trim and not begun and not pause:
            before = before[len(before) - min(max(pad - first, 0), len(before)) :]
        yield _between(speech, begin, end, before)
        held, tail, begun = speech.samples[end:], (end - (sound[1] or last)) / rate, True
    if whole is not None and held is not None and not begun:
        yield replace(whole, samples=held)


def _between(speech: Speech, begin: int, end: int, before: Samples) -> Speech:
    """`speech` from one sample to another, after some silence."""
    if (begin, end, len(before)) == (0, len(speech.samples), 0):
        return speech
    moved = retimed(speech, partial(add, (len(before) - begin) / speech.rate))
    return replace(moved, samples=np.concatenate([before, speech.samples[begin:end]]))


def capped(speeches: Iterable[Speech], seconds: float) -> Iterator[Speech]:
    """The speeches up to `seconds`: the last word ends before, with time to close the mouth, and a note says
    that more would follow.
    """
    left = seconds
    for speech in speeches:
        if speech.duration > left:
            unit = "second" if seconds == 1 else "seconds"
            note = f"The sound ends after {seconds:g} {unit}, as the limit asks: more would follow."
            yield _cut(speech, max(left - _CLOSING, 0.0), note)
            return
        yield speech
        left -= speech.duration


def tail(said: float, longest: float = 0.0) -> float:
    """The seconds of silence after speech of `said` seconds, in a clip of `longest` seconds at most; 0: no end."""
    return max(0.0, min(TAIL, longest - said)) if longest else TAIL


def _cut(speech: Speech, left: float, note: str) -> Speech:
    words = tuple(word for word in speech.words if word.end < left)
    end = int(left * speech.rate)
    if speech.words:
        later = speech.words[len(words)].start if len(words) < len(speech.words) else left
        end = min(end, math.ceil((words[-1].end + later) / 2 * speech.rate)) if words else 0
    else:
        end = _quietest(speech.samples[:end], speech.rate)
    at = end / speech.rate
    samples = speech.samples[:end].copy()
    fade = min(round(_FADE * speech.rate), end)
    samples[end - fade :] *= np.linspace(1, 0, fade, dtype=np.float32)
    text = speech.text
    if speech.words:
        place = 0
        for word in words:
            place = max(text.find(word.text, place), place) + len(word.text)
        text = text[:place]
    phones = tuple(replace(phone, end=min(phone.end, at)) for phone in speech.phones if phone.start < at)
    words = tuple(replace(word, end=min(word.end, at)) for word in words)
    return replace(speech, samples=samples, words=words, phones=phones, text=text, notes=(*speech.notes, note))


def _quietest(samples: Samples, rate: int) -> int:
    """Where to cut `samples`: in the quietest place of their last second."""
    width = round(_CLICK * rate)
    first = max(len(samples) - rate, 0)
    power = np.cumsum(np.square(samples[first:], dtype=np.float64))
    if len(power) <= width:
        return len(samples)
    return first + int(np.argmin(power[width:] - power[:-width])) + width // 2


def levelled(speeches: Iterable[Speech], target: float, *, whole: float | None = None) -> Iterator[Speech]:
    """The speeches at a loudness of `target` LUFS: see `Leveller`."""
    leveller: Leveller | None = None
    for speech in speeches:
        leveller = leveller or Leveller(speech.rate, target=target, whole=whole)
        yield replace(speech, samples=leveller.level(speech.samples))
