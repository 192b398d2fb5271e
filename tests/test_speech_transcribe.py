"""What is said in a recording that nobody wrote down: the real client against a server on this machine."""

from __future__ import annotations

import io
import sys
import types
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
import pytest
from recogniser import Recogniser, recogniser

from deckard_cli.errors import BackendError, DeckardError, MissingError, UsageError
from deckard_cli.speech import Speech
from deckard_cli.speech.transcribe import transcribed

KEY = "sk-ThisIsNobodysKey0123456789"
SOUND = Speech(np.sin(np.arange(48000) / 20, dtype=np.float32) / 2, 24000)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Recogniser]:
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with recogniser() as double:
        monkeypatch.setenv("DECKARD_TRANSCRIBE_URL", double.url)
        monkeypatch.setenv("DECKARD_TRANSCRIBE_KEY", KEY)
        monkeypatch.setenv("DECKARD_TRANSCRIBE_MODEL", "tiny-ears")
        yield double


def failure(lang: str | None = None) -> DeckardError:
    with pytest.raises(DeckardError) as caught:
        transcribed(SOUND, lang)
    assert KEY not in f"{caught.value} {caught.value.hint} {caught.value.__cause__}"
    return caught.value


def test_the_words_come_with_the_times_that_the_server_tells(server: Recogniser) -> None:
    server.says("Hello there.", ("Hello", 0.1, 0.5), (" there.", 0.6, 1.1))
    heard = transcribed(SOUND, "en-us")
    assert heard.text == "Hello there."
    assert [(word.text, word.start, word.end) for word in heard.words] == [("Hello", 0.1, 0.5), ("there.", 0.6, 1.1)]
    assert heard.samples is SOUND.samples


def test_the_server_is_sent_the_sound_the_model_the_key_and_the_language(server: Recogniser) -> None:
    server.says("Hello.")
    assert transcribed(SOUND, "en-us").words == ()
    [(path, headers, body)] = server.heard
    assert path == "/v1/audio/transcriptions"
    assert {name.lower(): value for name, value in headers.items()}["authorization"] == f"Bearer {KEY}"
    assert all(part in body for part in (b"tiny-ears", b"verbose_json", b"\r\nen\r\n"))
    flac = body[body.index(b"fLaC") :]
    with av.open(io.BytesIO(flac)) as file:
        sent = np.concatenate([frame.to_ndarray()[0] for frame in file.decode(audio=0)])
    assert abs(len(sent) / 16000 - SOUND.duration) < 0.01


def test_times_that_step_back_or_leave_the_recording_are_put_in_order(server: Recogniser) -> None:
    server.says("one two three", ("one", 0.2, 0.9), ("two", 0.7, 0.8), ("three", 1.5, 7.0))
    words = transcribed(SOUND, None).words
    edges = [time for word in words for time in (word.start, word.end)]
    assert edges == sorted(edges)
    assert edges[-1] == SOUND.duration


def test_a_refused_key_is_told_by_the_name_of_its_variable(server: Recogniser) -> None:
    server.status, server.answer = 401, f'{{"error": {{"message": "bad key {KEY}"}}}}'
    error = failure()
    assert isinstance(error, MissingError)
    assert "DECKARD_TRANSCRIBE_KEY" in error.message


@pytest.mark.parametrize(
    ("status", "answer"),
    [(404, "{}"), (200, "<html>"), (200, "{}"), (200, '{"text": " ... "}'), (200, '{"text": "a", "words": [1]}')],
)
def test_an_answer_that_is_none_is_told(server: Recogniser, status: int, answer: str) -> None:
    server.status, server.answer = status, answer
    assert isinstance(failure(), BackendError)


def test_without_a_recogniser_it_is_said_what_to_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    error = failure()
    assert error.code == "no_recogniser"
    assert "DECKARD_TRANSCRIBE_URL" in error.hint


@dataclass
class HeardWord:
    word: str
    start: float
    end: float
    probability: float


def test_a_local_model_is_asked_in_its_folder_alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    class WhisperModel:
        """Stands for faster-whisper's, whose weights no test can have."""

        def __init__(self, folder: str, device: str) -> None:
            assert folder == str(tmp_path)

        def transcribe(
            self, samples: np.ndarray, language: str | None, word_timestamps: bool
        ) -> tuple[list[types.SimpleNamespace], None]:
            assert (len(samples), language, word_timestamps) == (32000, "en", True)
            words = [HeardWord(" Hello", 0.1, 0.4, 0.9), HeardWord(" there.", 0.5, 0.9, 0.6)]
            return [types.SimpleNamespace(words=words)], None

    library = types.ModuleType("faster_whisper")
    library.WhisperModel = WhisperModel  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "faster_whisper", library)
    monkeypatch.setenv("DECKARD_TRANSCRIBE_MODEL", str(tmp_path))
    heard = transcribed(SOUND, "en-us")
    assert heard.text == "Hello there."
    assert [(word.text, word.confidence) for word in heard.words] == [("Hello", 0.9), ("there.", 0.6)]
    monkeypatch.setenv("DECKARD_TRANSCRIBE_MODEL", "tiny")
    assert isinstance(failure(), UsageError)


def test_a_library_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delitem(sys.modules, "deckard_cli.speech.transcribe.local", raising=False)
    monkeypatch.setitem(sys.modules, "faster_whisper", None)
    monkeypatch.setenv("DECKARD_TRANSCRIBE_MODEL", str(tmp_path))
    error = failure()
    assert error.code == "not_installed"
    assert "deckard-cli[whisper]" in error.hint
