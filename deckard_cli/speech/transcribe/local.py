"""A recogniser on this machine: faster-whisper, with a model in a folder that somebody has put here."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import Final

from faster_whisper import WhisperModel

from deckard_cli.errors import BackendError, UsageError
from deckard_cli.speech import Speech, Word
from deckard_cli.speech.pcm import resample

__all__ = ["transcribed"]

_RATE: Final = 16000
"""Samples a second that Whisper hears."""


def transcribed(speech: Speech, lang: str | None) -> Speech:
    """As `deckard_cli.speech.transcribe.transcribed`. Raises `UsageError` where there is no such folder."""
    folder = Path(os.environ["DECKARD_TRANSCRIBE_MODEL"])
    # A name that is no folder would be fetched from the network without a word.
    if not folder.is_dir():
        raise UsageError(
            f"There is no model in '{folder}'.",
            code="no_model",
            hint="set DECKARD_TRANSCRIBE_MODEL to the folder of a model for faster-whisper",
        )
    model = WhisperModel(str(folder), device="auto")
    segments, _ = model.transcribe(
        resample(speech.samples, speech.rate, _RATE),
        language=lang.partition("-")[0] if lang else None,
        word_timestamps=True,
    )
    words = tuple(
        Word(word.word.strip(), word.start, word.end, word.probability)
        for segment in segments
        for word in segment.words or ()
    )
    if not words:
        raise BackendError(
            "The recogniser hears no words in this recording.", code="no_words", hint="give the text: --text"
        )
    return replace(speech, text=" ".join(word.text for word in words), words=words)
