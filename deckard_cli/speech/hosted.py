"""Voices on somebody else's machine: a sentence is asked for while the one before is drawn."""

from __future__ import annotations

import io
from collections.abc import Callable, Generator
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

import av
import numpy as np

from deckard_cli.errors import UsageError
from deckard_cli.remote.account import Account
from deckard_cli.remote.retry import Clock, retried
from deckard_cli.script import Line, clean, sentences
from deckard_cli.speech import Speech
from deckard_cli.speech.align import timed
from deckard_cli.speech.media import opened
from deckard_cli.speech.pauses import pauses
from deckard_cli.speech.pcm import Samples, resample, silence, slowed

__all__ = ["RATE", "Piece", "decoded", "pieces", "said", "samples_of"]

RATE: Final = 24_000
"""Samples a second of every hosted voice: what OpenAI's raw sound has, and all others can have."""
_REST: Final = 0.25
"""Seconds of silence after a sentence, at least. Services end theirs with the last sound."""
_FASTEST: Final = 80
"""Letters a second that nobody speaks: four times an auctioneer."""
_SPEEDS: Final = (0.25, 4.0)


@dataclass(frozen=True, slots=True)
class Piece:
    """A sentence, and what stands around it, by which its melody is chosen."""

    text: str
    before: str
    """The sentence before, or empty."""
    after: str
    """The sentence after, or empty."""


def pieces(line: Line) -> list[Piece]:
    """The sentences of `line` that say something. Raises `UsageError` for a text or a speed that cannot be had."""
    low, high = _SPEEDS
    if not low <= line.speed <= high:
        raise UsageError(
            f"A speed of {line.speed:g} cannot be had.", code="out_of_range", hint=f"it goes from {low} to {high}"
        )
    texts = [text.strip() for text in sentences(clean(line.text)) if any(map(str.isalnum, text))]
    return [
        Piece(text, before, after) for before, text, after in zip(["", *texts], texts, [*texts[1:], ""], strict=False)
    ]


def said(
    line: Line, asked: list[Piece], ask: Callable[[Piece], Speech], account: Account, clock: Clock
) -> Generator[Speech, None, None]:
    """What `ask` gets for each of `asked`, again where it fails for the moment, with all its times.

    Speed is our own: some services have none, and some take the number and ignore it.
    """
    for piece in asked:
        speech = timed(_rested(retried(partial(_whole, piece, ask, account), clock)), line.lang)
        yield speech if line.speed == 1 else slowed(speech, 1 / line.speed)


def _whole(piece: Piece, ask: Callable[[Piece], Speech], account: Account) -> Speech:
    """One sentence. Raises `TransientError` for sound that broke off, which a server need not have noticed."""
    speech = replace(ask(piece), text=piece.text)
    if speech.duration < sum(map(str.isalnum, piece.text)) / _FASTEST:
        raise account.nonsense(f"{speech.duration:.2f} seconds of sound for {len(piece.text)} letters")
    return speech


def _rested(speech: Speech) -> Speech:
    quiet = pauses(speech.samples, speech.rate)
    tail = speech.duration - quiet[-1][0] if quiet and speech.duration - quiet[-1][1] < 0.02 else 0.0
    if tail >= _REST:
        return speech
    return replace(speech, samples=np.concatenate([speech.samples, silence(_REST - tail, speech.rate)]))


def samples_of(data: bytes, account: Account) -> Samples:
    """Signed 16-bit little-endian mono sound. Raises `TransientError` where it is none."""
    if not data or len(data) % 2:
        raise account.nonsense(f"{len(data)} bytes, which are no 16-bit sound" if data else "no sound")
    return np.frombuffer(data, "<i2").astype(np.float32) / np.float32(32768)


def decoded(data: bytes, account: Account) -> Samples:
    """The sound in a file of any form that FFmpeg reads, at `RATE`, mono. Raises `TransientError` where it is none."""
    # Not mixed to mono by FFmpeg, whose sum of two channels clips.
    floats = av.AudioResampler(format="fltp")
    try:
        with opened(io.BytesIO(data)) as container:
            stream = container.streams.audio[0]
            parts = [
                made.to_ndarray().mean(axis=0, dtype=np.float32)
                for frame in container.decode(stream)
                for made in floats.resample(frame)
            ]
            rate = stream.rate
    except (av.FFmpegError, ValueError, IndexError):
        raise account.nonsense("sound that cannot be read") from None
    if not parts:
        raise account.nonsense("no sound")
    return np.clip(resample(np.nan_to_num(np.concatenate(parts)), rate, RATE), -1, 1)
