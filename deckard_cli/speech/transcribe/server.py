"""A recogniser behind OpenAI's transcription endpoint, or any server's that speaks its protocol."""

from __future__ import annotations

import io
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

import av
import numpy as np
from openai import APIConnectionError, APIStatusError, DefaultHttpxClient, OpenAI, OpenAIError, omit

from deckard_cli.errors import BackendError, MissingError, UsageError
from deckard_cli.speech import Speech, Word
from deckard_cli.speech.pcm import resample

__all__ = ["transcribed"]

_MODEL: Final = "whisper-1"
"""OpenAI's only model that tells the times of words."""
_RATE: Final = 16000
"""Samples a second: recognisers use no more."""
_LARGEST: Final = 24 * 2**20
"""Bytes that OpenAI's server takes; most others take as much."""
_PATIENCE: Final = 600.0
"""Seconds that an answer may take: a server without a GPU needs as long as the recording."""
_ATTEMPTS: Final = 2
"""Times that the library asks again after 408, 409, 429, 5xx and a lost connection, waiting longer each time."""


def transcribed(speech: Speech, lang: str | None) -> Speech:
    """As `deckard_cli.speech.transcribe.transcribed`."""
    address = os.environ.get("DECKARD_TRANSCRIBE_URL")
    variable = "DECKARD_TRANSCRIBE_KEY" if address else "OPENAI_API_KEY"
    with OpenAI(
        api_key=os.environ.get(variable) or "none",
        base_url=address or os.environ.get("OPENAI_BASE_URL"),
        timeout=_PATIENCE,
        max_retries=_ATTEMPTS,
        # What is asked with a key is asked of one address alone.
        http_client=DefaultHttpxClient(follow_redirects=False),
    ) as client:
        try:
            answer = client.audio.transcriptions.with_raw_response.create(
                file=("speech.flac", _flac(speech)),
                model=os.environ.get("DECKARD_TRANSCRIBE_MODEL") or _MODEL,
                response_format="verbose_json",
                timestamp_granularities=["word"],
                language=lang.partition("-")[0] if lang else omit,
            )
        except OpenAIError as error:
            # Without its cause: what the library says of it repeats the answer, and servers repeat keys.
            raise _failure(error, variable) from None
        return _heard(speech, answer.text)


def _flac(speech: Speech) -> bytes:
    file = io.BytesIO()
    with av.open(file, "w", format="flac") as out:
        stream = out.add_stream("flac", rate=_RATE, layout="mono")
        sound = np.clip(resample(speech.samples, speech.rate, _RATE), -1, 1) * 32767
        frame = av.AudioFrame.from_ndarray(sound.astype(np.int16)[None], format="s16", layout="mono")
        frame.sample_rate = _RATE
        out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    if len(file.getvalue()) > _LARGEST:
        raise UsageError(
            f"A recording of {speech.duration / 60:.0f} minutes is too long to be transcribed at once.",
            code="recording_too_long",
            hint="cut it into pieces of 20 minutes, or give the text: --text",
        )
    return file.getvalue()


def _failure(error: OpenAIError, variable: str) -> BackendError | MissingError:
    if isinstance(error, APIStatusError) and error.status_code == 401:
        return MissingError(
            f"The recogniser refused the key in {variable}.", code="key_refused", hint=f"export {variable}=..."
        )
    if isinstance(error, APIStatusError):
        reason = f"answered with status {error.status_code}"
    else:
        reason = "cannot be reached" if isinstance(error, APIConnectionError) else "answered with nonsense"
    return BackendError(
        f"The recogniser {reason}.", code="recogniser_failed", hint="try again, or give the text: --text"
    )


def _heard(speech: Speech, body: str) -> Speech:
    try:
        answer: Any = json.loads(body)
        text = str(answer["text"]).strip()
        words = tuple(_words(answer.get("words") or (), speech.duration))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise BackendError(
            "The recogniser answered with nonsense.",
            code="recogniser_failed",
            hint="try again, or give the text: --text",
        ) from error
    if not any(map(str.isalnum, text)):
        raise BackendError(
            "The recogniser hears no words in this recording.", code="no_words", hint="give the text: --text"
        )
    return replace(speech, text=text, words=words)


def _words(found: Iterable[Mapping[str, Any]], duration: float) -> Iterator[Word]:
    """The words in order: recognisers now and then let one begin before the one before it ends, or end after all."""
    clock = 0.0
    for word in found:
        start = min(max(float(word["start"]), clock), duration)
        clock = min(max(float(word["end"]), start), duration)
        yield Word(str(word["word"]).strip(), start, clock)
