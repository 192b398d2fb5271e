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
from deckard_cli.speech.pcm import join

__all__ = ["heard", "known"]

_HEADS: Final = ((0, b"fLaC"), (0, b"OggS"), (0, b"\x1aE\xdf\xa3"), (4, b"ftyp"), (8, b"WAVE"), (8, b"AIF"))
_RATES: Final = (4_000, 192_000)
_CHANNELS: Final = 7
"""From eight on, PyAV reads behind the last one, and the process is gone."""


def heard(file: Path, request: FilmRequest, longest: float) -> Speech:
    """The sound in `file`, at most `longest` seconds, with the times that `request` knows; of a text without times,
    they are found in the sound.

    Raises `DeckardError` and `UsageError` for what is no sound that can be used.
    """
    with file.open("rb") as source:
        if not known(source.read(65_536)):
            raise _unknown()
    _must_be_usual(file)
    parts, seconds = [], 0.0
    for part in backends.load(backends.find("voice", "recording"))(file).speak(Line("")):
        parts.append(part)
        seconds += part.duration
        if seconds > longest:
            raise too_long(longest)
    return _said(join(parts), request)


def known(head: bytes) -> bool:
    """Whether `head` begins a file of sound that holds its sound. FFmpeg reads playlists as well, and would fetch what
    they name, from this machine's disk and from its network.
    """
    while head[:3] == b"ID3" and len(head) > 10:  # FFmpeg looks behind it, and so may a playlist stand there
        size = int.from_bytes(head[6:10], "big")
        head = head[10 + sum((size >> 8 * at & 0x7F) << 7 * at for at in range(4)) :].lstrip(b"\0")
        if not head:
            return False
    framed = len(head) > 1 and head[0] == 0xFF and head[1] & 0xE0 == 0xE0
    return framed or any(head[at:].startswith(sign) for at, sign in _HEADS)


def _unknown() -> UsageError:
    return UsageError(
        "The sound is not a file of sound, or of a kind that is not known.",
        code="audio_unreadable",
        hint="send a wav, flac, mp3, ogg or m4a file",
    )


def too_long(longest: float) -> UsageError:
    """What to say of sound of more than `longest` seconds."""
    return UsageError(f"The sound is longer than {longest:g} seconds.", code="audio_too_long", hint="send it in parts")


def _must_be_usual(file: Path) -> None:
    """By the header alone: what says that it has one sample a second would be a day long when it is made 48,000."""
    try:
        with av.open(str(file), mode="r") as container:
            # A stream of a codec that nobody knows has no context, and then no rate either.
            opened = [stream.codec_context for stream in container.streams.audio[:1]]
            fits = all(
                each is not None and _RATES[0] <= each.sample_rate <= _RATES[1] and 1 <= each.channels <= _CHANNELS
                for each in opened
            )
    except (av.FFmpegError, ValueError):
        return  # the recording says what is wrong with it
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
