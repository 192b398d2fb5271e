"""Where a mark in the text comes in the sound, whoever speaks."""

from __future__ import annotations

import io
import wave
from collections.abc import Iterable

import numpy as np
import pytest
from deckard_doubles import Tone

from deckard_cli.script import Hint, Line, clean, marked
from deckard_cli.speech import Speech, Word
from deckard_cli.speech.cues import Cues
from deckard_cli.speech.espeak import Espeak
from deckard_cli.speech.recording import Recording

TEXT = "[happy] Hello there, my friend. [sad] You are leaving us, [angry] and nobody told me! [thinking] Why?"


def line(text: str, lang: str = "en-us") -> Line:
    said, marks, *_ = marked(clean(text))
    return Line(said, lang, marks=marks)


def places(said: Line, speeches: Iterable[Speech]) -> dict[str, float]:
    """Seconds from the start of the sound at which each mark comes; those that never come are at infinity."""
    cues, found, elapsed = Cues(said), {}, 0.0
    for speech in speeches:
        found |= {mark.name: elapsed + at for at, mark in cues.within(speech).marks}
        elapsed += speech.duration
    return found | {mark.name: float("inf") for mark in cues.rest()}


def starts(speeches: Iterable[Speech]) -> list[tuple[str, float]]:
    words, elapsed = [], 0.0
    for speech in speeches:
        words += [(word.text, elapsed + word.start) for word in speech.words]
        elapsed += speech.duration
    return words


def test_a_mark_comes_with_the_word_after_it() -> None:
    said = line(TEXT)
    speeches = list(Espeak().speak(said))
    found, words = places(said, speeches), dict(starts(speeches))
    wanted = {"happy": "Hello", "sad": "You", "angry": "and", "thinking": "Why"}
    assert found == {mark: words[word] for mark, word in wanted.items()}


def test_a_word_that_comes_often_is_the_right_one() -> None:
    said = line("No, no, no. No! [sad] No, no. [happy] No.")
    speeches = list(Espeak().speak(said))
    times = [time for _, time in starts(speeches)]
    assert places(said, speeches) == {"sad": times[4], "happy": times[6]}


@pytest.mark.parametrize("lang", ["en-us", "cmn"])
def test_what_is_emphasised_is_the_words_between_the_stars(lang: str) -> None:
    text = "No. No, no. I *never* said so, not *you and I*. No, *never*." if lang == "en-us" else "你好。我*不*是他。"
    marks = marked(clean(text))
    said = Line(marks.text, lang, hints=tuple(Hint(*span, stressed=True) for span in marks.stressed))
    cues, emphasised = Cues(said), list[str]()
    for speech in Espeak().speak(said):
        for start, end in cues.within(speech).emphases:
            emphasised.append(" ".join(word.text for word in speech.words if start <= word.start < end))
    assert emphasised == (["never", "you and I", "never"] if lang == "en-us" else ["不"])


def test_a_mark_after_the_last_word_is_left_for_the_silence() -> None:
    said = line("Goodbye. [sad]")
    assert places(said, Espeak().speak(said)) == {"sad": float("inf")}


def test_a_mark_inside_a_word_comes_in_the_middle_of_it() -> None:
    said = line("ab[sad]cd")
    assert places(said, [Speech(np.zeros(800, np.float32), 100, (Word("abcd", 2.0, 4.0),), (), "abcd")]) == {"sad": 3.0}


def test_chinese_has_a_time_for_each_letter() -> None:
    said = line("你好。我[sad]很高兴", "cmn")
    speeches = list(Espeak().speak(said))
    assert places(said, speeches) == {"sad": dict(starts(speeches))["很"]}


def test_a_voice_without_times_is_followed_by_its_letters() -> None:
    said = line("one two [sad] three four.")
    mute = Speech(np.zeros(1900, np.float32), 100, text="one two three four.")
    assert places(said, [mute]) == {"sad": pytest.approx(8.0)}


def test_a_voice_that_respells_a_word_keeps_the_others() -> None:
    said = line("Dr. Who [sad] came late. [happy] Late!")
    words = (Word("Doctor", 0, 1), Word("Who", 1, 2), Word("came", 2, 3), Word("late", 3, 4))
    first = Speech(np.zeros(500, np.float32), 100, words, (), "Doctor Who came late.")
    assert places(said, [first, Speech(np.zeros(100, np.float32), 100, (Word("Late", 0.5, 1),))]) == {
        "sad": 2.0,
        "happy": 5.5,
    }


def test_somebody_elses_voice_is_followed_too() -> None:
    said = line("one two. [sad] three [happy] four.")
    assert places(said, Tone(seconds=0.25).speak(said)) == {"sad": 0.5, "happy": 0.75}


def test_a_recording_of_the_words_is_followed() -> None:
    said = line(TEXT)
    speeches = list(Espeak(variant="f3").speak(said))
    truth = places(said, speeches)
    sound = io.BytesIO()
    with wave.open(sound, "wb") as file:
        file.setparams((1, 2, speeches[0].rate, 0, "NONE", ""))
        file.writeframes((np.concatenate([s.samples for s in speeches]) * 32767).astype("<i2").tobytes())
    sound.seek(0)
    heard = places(said, Recording(sound).speak(said))
    assert heard.keys() == truth.keys()
    # Espeak's voice is no person's: the acoustic model hears where its words begin less surely.
    assert all(abs(heard[name] - truth[name]) < 0.12 for name in truth)
