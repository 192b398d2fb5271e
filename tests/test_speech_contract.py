"""What every voice promises, asked of each alike.

A new voice is one more entry of `VOICES`: its name, and a function that makes it, with a folder of its own to put
things in. Hosted voices speak with a server on this machine.
"""

from __future__ import annotations

import itertools
import unicodedata
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import hosted
import numpy as np
import pytest
import speech_server as server
import tinyvoices
from deckard_doubles import Tone

from deckard_cli.errors import UsageError
from deckard_cli.script import Line
from deckard_cli.speech import Speech, Voice
from deckard_cli.speech.espeak import Espeak


def _hosted(name: str, folder: Path) -> Voice:
    return hosted.made(name)


def _kokoro(folder: Path) -> Voice:
    pytest.importorskip("kokoro_onnx")
    from deckard_cli.speech.kokoro import Kokoro

    return Kokoro(model=str(tinyvoices.kokoro(folder) / "kokoro-v1.0.fp16.onnx"))


def _piper(folder: Path) -> Voice:
    pytest.importorskip("piper")
    from deckard_cli.speech.piper import Piper

    return Piper(voice=str(tinyvoices.piper(folder, "en_US-tiny-low") / "en_US-tiny-low.onnx"))


VOICES: dict[str, Callable[[Path], Voice]] = {
    "espeak": lambda folder: Espeak(),
    "kokoro": _kokoro,
    "piper": _piper,
    **{name: partial(_hosted, name) for name in hosted.HOSTED},
}

TEXT = "Good evening, Dr. Smith! It's 9:30 now, isn't it? We have waited - all of us - for 42 days."
LONG = "There was a man who had a very long story to tell. " * 6
FOREIGN = {
    "ja": "こんにちは。元気ですか。",
    "ar": "مرحبا بالعالم. كيف حالك؟",
    "ru": "Привет, мир. Как дела?",
    "hi": "नमस्ते दुनिया। आप कैसे हैं?",
    "de": "Grüße, schöne Welt. Wie geht's?",
}


@pytest.fixture(params=VOICES)
def voice(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Voice]:
    with server.serving() as double:
        hosted.point_at(double, monkeypatch)
        yield VOICES[request.param](tmp_path)


def squeezed(text: str) -> str:
    return " ".join(text.split())


def check(speech: Speech, rate: int) -> None:
    """What holds of every piece of speech alone."""
    assert speech.rate == rate
    assert speech.samples.dtype == np.float32 and speech.samples.ndim == 1 and len(speech.samples)
    assert np.abs(speech.samples).max() <= 1 and np.isfinite(speech.samples).all()
    assert np.abs(speech.samples).max() > 0.01, "it sounds"
    for timed in (speech.words, speech.phones):
        edges = [edge for each in timed for edge in (each.start, each.end)]
        assert all(start <= end for start, end in zip(edges[::2], edges[1::2], strict=True))
        assert all(0 <= edge <= speech.duration + 1e-6 for edge in edges)
    assert all(one.start <= two.start for one, two in itertools.pairwise(speech.words))
    assert all(one.end <= two.start + 1e-6 for one, two in itertools.pairwise(speech.phones))
    place = 0
    for word in speech.words:
        place = speech.text.index(word.text, place) + len(word.text)
        assert 0 <= word.confidence <= 1


def test_what_it_says_is_whole_in_order_and_of_one_rate(voice: Voice) -> None:
    speeches = list(voice.speak(Line(TEXT)))
    assert squeezed(" ".join(speech.text for speech in speeches)) == TEXT
    assert len(speeches) == 3, "a sentence at a time"
    for speech in speeches:
        check(speech, speeches[0].rate)


def test_it_begins_before_it_is_at_the_end(voice: Voice) -> None:
    coming = iter(voice.speak(Line(LONG)))
    first = next(coming)
    assert len(first.text) < len(LONG) / 4
    rest = list(coming)
    assert squeezed(" ".join(speech.text for speech in [first, *rest])) == LONG.strip()
    assert {speech.rate for speech in rest} == {first.rate}


def test_it_stops_when_it_is_closed(voice: Voice) -> None:
    coming = voice.speak(Line(LONG * 100))
    next(coming)
    coming.close()  # type: ignore[attr-defined]
    assert next(coming, None) is None


def test_it_may_be_asked_again_and_while_it_speaks(voice: Voice) -> None:
    one, two = voice.speak(Line("One is here. Two is there.")), voice.speak(Line("Three is gone. Four is back."))
    said = [speech.text.strip() for pair in zip(one, two, strict=True) for speech in pair]
    assert said == ["One is here.", "Three is gone.", "Two is there.", "Four is back."]
    again = [speech.text.strip() for speech in voice.speak(Line("One is here. Two is there."))]
    assert again == ["One is here.", "Two is there."]


@pytest.mark.parametrize("text", ["", "   ", "...", "!?", "\u200d", "<b>bold</b>", "a\ud800b"])
def test_a_text_that_nobody_can_say_is_refused(voice: Voice, text: str) -> None:
    with pytest.raises(UsageError) as caught:
        next(iter(voice.speak(Line(text))))
    assert caught.value.hint


@pytest.mark.parametrize("lang", FOREIGN)
def test_other_letters_are_said_whole_or_refused(voice: Voice, lang: str) -> None:
    try:
        speeches = list(voice.speak(Line(FOREIGN[lang], lang)))
    except UsageError as refused:
        assert refused.hint
        return
    letters = "".join(squeezed(speech.text) for speech in speeches).replace(" ", "")
    assert letters == unicodedata.normalize("NFC", FOREIGN[lang]).replace(" ", "")
    for speech in speeches:
        check(speech, speeches[0].rate)


def test_odd_letters_do_no_harm(voice: Voice) -> None:
    text = "Fish & chips cost £4.50 at O'Neill's café — “cheap”, 50% off! 👍🏽 naïve ½ x² ok."
    for speech in voice.speak(Line(text)):
        check(speech, speech.rate)


def test_one_letter_is_enough(voice: Voice) -> None:
    (speech,) = voice.speak(Line("I"))
    check(speech, speech.rate)


def test_twice_the_speed_is_half_the_time(voice: Voice) -> None:
    def seconds(speed: float) -> float:
        return sum(speech.duration for speech in voice.speak(Line("It is a long way to the sea.", speed=speed)))

    assert seconds(2.0) < 0.75 * seconds(1.0) < 0.75 * seconds(0.7)


def test_the_double_keeps_the_promises_too() -> None:
    speeches = list(Tone().speak(Line(TEXT)))
    for speech in speeches:
        check(speech, speeches[0].rate)
