"""The sound of a request, with what is said in it and when."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import av

from deckard_cli import backends
from deckard_cli.errors import UsageError
from deckard_cli.remote.request import FilmRequest, Timed
from deckard_cli.script import Line, clean
from deckard_cli.speech import Phone, Speech, Word
from deckard_cli.speech.align import timed
from deckard_cli.speech.media import opened
from deckard_cli.speech.pcm import join

__all__ = ["heard"]

_RATES: Final = (4_000, 192_000)
_CHANNELS: Final = 7
"""From eight on, PyAV reads behind the last one, and the process is gone."""


def heard(file: Path, request: FilmRequest, longest: float) -> Speech:
    """The sound in `file`, at most `longest` seconds, with the times that `request` knows; of a text without times,
    they are found in the sound.

    Raises `DeckardError` and `UsageError` for what is no sound that can be used.
    """
    _must_be_usual(file)
    parts, seconds = [], 0.0
    for part in backends.load(backends.find("voice", "recording"))(file).speak(Line("")):
        parts.append(part)
        seconds += part.duration
        if seconds > longest:
            raise too_long(longest)
    return _said(join(parts), request)


def too_long(longest: float) -> UsageError:
    """What to say of sound of more than `longest` seconds."""
    return UsageError(f"The sound is longer than {longest:g} seconds.", code="audio_too_long", hint="send it in parts")


def _must_be_usual(file: Path) -> None:
    """By the header alone: what says that it has one sample a second would be a day long when it is made 48,000."""
    try:
        with opened(file) as container:
            # A stream of a codec that nobody knows has no context, and then no rate either.
            contexts = [stream.codec_context for stream in container.streams.audio[:1]]
            fits = all(
                each is not None and _RATES[0] <= each.sample_rate <= _RATES[1] and 1 <= each.channels <= _CHANNELS
                for each in contexts
            )
    except (av.FFmpegError, ValueError) as error:
        raise UsageError(
            "The sound is not a file of sound, or of a kind that is not known.",
            code="audio_unreadable",
            hint="send a wav, flac, mp3, ogg or m4a file",
        ) from error
    if not fits:
        raise UsageError(
            "The sound has a codec, a sample rate or a number of channels that no recording has.",
            code="audio_unreadable",
            hint="send 16 or 48 kHz, one channel",
        )


def _said(sound: Speech, request: FilmRequest) -> Speech:
    """`sound` with all that is known of it."""
    text = clean(request.text) if request.text.strip() else ""
    words = tuple(Word(*each) for each in _within(request.words, sound.duration))
    phones = tuple(Phone(*each) for each in _within(request.phones, sound.duration))
    speech = Speech(sound.samples, sound.rate, words, phones, text)
    return speech if phones else timed(speech, request.lang)


def _within(times: tuple[Timed, ...], seconds: float) -> list[Timed]:
    """Those of `times` that lie in the sound, in their order, none over another."""
    fitting: list[Timed] = []
    for text, start, end in sorted(times, key=lambda each: each[1:]):
        start, end = max(start, fitting[-1][2] if fitting else 0.0), min(end, seconds)
        if text and start < end:
            fitting.append((text, start, end))
    return fitting
