"""`deckard align`: a recording and its text in, times out."""

from __future__ import annotations

import io
import json
import wave
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from recogniser import recogniser
from running import Deckard

from deckard_cli.script import Line
from deckard_cli.speech.espeak import Espeak
from deckard_cli.speech.pcm import join

TEXT = "My mother made many new names. In 1984 Bob bought apples."
TRUE = join(Espeak(variant="f5").speak(Line(TEXT)))


def wav() -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(TRUE.rate)
        out.writeframes((TRUE.samples * 32767).astype("<i2").tobytes())
    return file.getvalue()


@pytest.fixture
def speech(here: Path) -> Path:
    path = here / "speech.wav"
    path.write_bytes(wav())
    return path


def test_the_answer_has_every_word_with_its_times_and_how_sure_they_are(deckard: Deckard, speech: Path) -> None:
    done = deckard("align", "speech.wav", "--text", f"[happy] {TEXT}")
    assert (done.returncode, done.stderr) == (0, "")
    told = json.loads(done.stdout)
    assert (told["version"], told["sound"], told["text"]) == (1, "speech.wav", TEXT)
    assert [word["text"] for word in told["words"]] == [word.text for word in TRUE.words]
    errors = [abs(word["start"] - true.start) for word, true in zip(told["words"], TRUE.words, strict=True)]
    assert np.median(errors) < 0.02
    assert all(0 <= word["confidence"] <= 1 for word in told["words"])
    assert len(told["phones"]) > 30
    assert told["visemes"][-1]["end"] == told["duration"]


def test_a_word_is_looked_for_as_it_is_said_and_told_as_it_is_written(deckard: Deckard, speech: Path) -> None:
    (speech.parent / "words.toml").write_text('bxqz = "bob"\n')
    text = TEXT.replace("Bob", "Bxqz")
    told = json.loads(deckard("align", "speech.wav", "--text", text, "--words", "words.toml").stdout)
    guessed = json.loads(deckard("align", "speech.wav", "--text", text).stdout)
    assert (
        [word["text"] for word in told["words"]]
        == [word["text"] for word in guessed["words"]]
        == text.replace(".", "").split()
    )
    here, there = ({word["text"]: word for word in each["words"]}["Bxqz"] for each in (told, guessed))
    bob = next(word for word in TRUE.words if word.text == "Bob")
    assert here["start"] == pytest.approx(bob.start, abs=0.04)
    assert here["confidence"] > there["confidence"]


def test_what_a_recogniser_hears_is_said_as_it_is_heard(deckard: Deckard, speech: Path) -> None:
    done = deckard("align", "speech.wav", "--transcribe", "--words", "words.toml")
    assert (done.returncode, done.stdout) == (2, "")
    assert "--words tells how a text is said that is given" in done.stderr


def test_sound_and_text_come_from_stdin_and_the_suffix_chooses_the_form(deckard: Deckard, here: Path) -> None:
    (here / "script.txt").write_text(TEXT, encoding="utf-8")
    done = deckard("align", "-", "--file", "script.txt", "-o", "words.TextGrid", stdin=wav())
    assert (done.returncode, done.stdout) == (0, "words.TextGrid\n")
    assert '"1984"' in (here / "words.TextGrid").read_text(encoding="utf-8")
    (here / "speech.wav").write_bytes(wav())
    done = deckard("align", "speech.wav", "--text", "-", "-o", "words.srt", stdin=TEXT.encode())
    assert done.returncode == 0
    assert "1984" in (here / "words.srt").read_text(encoding="utf-8")


def test_a_text_that_is_not_what_is_said_leaves_nothing(deckard: Deckard, speech: Path) -> None:
    done = deckard("align", "speech.wav", "--text", "Rain over all the valleys of the south.", "-o", "words.json")
    assert done.returncode == 1
    assert done.stdout == ""
    assert "not what is said" in done.stderr
    assert sorted(path.name for path in speech.parent.iterdir()) == ["speech.wav"]


@pytest.mark.parametrize(
    "arguments",
    [
        ("speech.wav",),
        ("speech.wav", "--text", "a", "--transcribe"),
        ("-", "--text", "-"),
        ("none.wav", "--text", "a"),
        ("speech.wav", "--text", "a", "-o", "words.docx"),
        ("speech.wav", "--text", "a", "-o", "speech.wav"),
        ("speech.wav", "--text", "!"),
    ],
)
def test_what_cannot_be_meant_is_wrong_use(deckard: Deckard, speech: Path, arguments: tuple[str, ...]) -> None:
    done = deckard("align", *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert "try:" in done.stderr
    assert speech.read_bytes() == wav()


def test_words_that_were_heard_keep_their_times_and_get_phones(deckard: Deckard, speech: Path) -> None:
    with recogniser() as server:
        server.says(TEXT, *((word.text, word.start + 0.01, word.end - 0.005) for word in TRUE.words))
        listening = replace(deckard, environment={"DECKARD_TRANSCRIBE_URL": server.url})
        told = json.loads(listening("align", "speech.wav", "--transcribe").stdout)
    assert [word["start"] for word in told["words"]] == [round(word.start + 0.01, 4) for word in TRUE.words]
    assert len(told["phones"]) > 30


def test_a_clip_is_made_of_a_recording_whose_words_were_heard(deckard: Deckard, here: Path) -> None:
    with recogniser() as server:
        server.says(TEXT)
        listening = replace(deckard, environment={"DECKARD_TRANSCRIBE_URL": server.url})
        arguments = ("render", "--audio", "-", "--transcribe", "--face", "flat", "-o", "clip.mp4", "--captions", "srt")
        done = listening(*arguments, stdin=wav())
    assert done.returncode == 0, done.stderr
    assert "1984" in (here / "clip.srt").read_text(encoding="utf-8")
    assert deckard("render", "hello", "--transcribe").returncode == 2
