"""Cues say all that is said, when it is said, and can be read."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deckard_cli.clip import wrap
from deckard_cli.clip.captions import Captions, Cue
from deckard_cli.speech import Phone, Speech, Word

RATE = 8000


def speech(text: str, seconds: float, words: tuple[Word, ...] = (), phones: tuple[Phone, ...] = ()) -> Speech:
    return Speech(np.zeros(round(seconds * RATE), np.float32), RATE, words, phones, text)


def evenly(text: str, each: float = 0.3, lead: float = 0.0) -> Speech:
    """Every word of `text` as long as the other."""
    words = [Word(word, lead + each * i, lead + each * (i + 1)) for i, word in enumerate(text.split())]
    return speech(text, lead + each * (len(words) + 1), tuple(words))


def cues_of(*speeches: Speech) -> list[Cue]:
    captions = Captions()
    for each in speeches:
        captions.add(each)
    return captions.cues()


def letters(text: str) -> str:
    return "".join(text.split())


LATIN = (
    "a",
    "the",
    "well,",
    "Yes.",
    "No?",
    "(so",
    "said)",
    "«Ja»",
    "3.14",
    "🙂",
    "Lebensversicherungsgesellschaft",
    "x" * 90,
)
OTHER = ("你好，", "我一直在等你。", "こんにちは", "ずっと、", "สวัสดีค่ะ", "नमस्ते", "مرحبا", "한국어")
TEXTS = st.lists(st.sampled_from(LATIN + OTHER), min_size=1, max_size=60).map(" ".join)


@given(TEXTS, st.floats(0.05, 0.8))
def test_all_is_said_in_order_in_two_lines_without_overlap(text: str, each: float) -> None:
    cues = cues_of(evenly(text, each), evenly(text, each))
    assert letters("".join(line for cue in cues for line in cue.lines)) == letters(text) * 2
    for cue in cues:
        assert 1 <= len(cue.lines) <= 2
        assert all(0 < wrap.columns(line) <= 42 for line in cue.lines)
        assert 0 < cue.end - cue.start <= 7 + 1e-9
    for one, other in pairwise(cues):
        gap = other.start - one.end
        assert gap == 0 or gap >= 2 / 24


@given(TEXTS, st.floats(1.0, 200.0))
def test_words_without_times_are_spread_over_the_sound(text: str, seconds: float) -> None:
    said = speech(text, seconds)
    cues = cues_of(said)
    assert letters("".join(line for cue in cues for line in cue.lines)) == letters(text)
    assert cues[0].start == 0
    assert cues[-1].end <= said.duration + 1e-6
    assert all(one.end <= other.start for one, other in pairwise(cues))


@given(TEXTS, st.integers(4, 42))
def test_pieces_join_to_the_text_and_fit_a_line(text: str, widest: int) -> None:
    pieces = wrap.pieces(text, widest)
    assert "".join(pieces) == text
    assert all(wrap.columns(piece.strip()) <= widest for piece in pieces)


def test_a_cue_begins_with_its_first_word_and_lingers_after_its_last() -> None:
    cue, other = cues_of(evenly("Good morning to you.", 0.4, lead=0.5), evenly("And good night.", 0.4, lead=2.0))
    assert (cue.start, cue.end) == (0.5, pytest.approx(0.5 + 4 * 0.4 + 0.3))
    assert other.start == pytest.approx(0.5 + 5 * 0.4 + 2.0)


def test_a_short_word_stands_for_a_second_where_there_is_time() -> None:
    cue, _ = cues_of(evenly("Yes.", 0.2), evenly("I would have said so at once.", 0.3, lead=2.0))
    assert cue.end - cue.start == pytest.approx(1.0)


def test_a_cue_ends_with_its_sentence() -> None:
    first = "It is a long way to the sea from here. "
    cues = cues_of(speech(first + "We walked it in a day, and then we slept.", 8))
    assert [" ".join(cue.lines) for cue in cues] == [first.strip(), "We walked it in a day, and then we slept."]


def test_a_cue_ends_with_its_sentence_where_no_pause_tells() -> None:
    text = "I have been waiting for Dr. Smith. It was a long way to the sea, and he was late again."
    assert [" ".join(cue.lines) for cue in cues_of(evenly(text, 0.35))] == [
        "I have been waiting for Dr. Smith.",
        "It was a long way to the sea, and he was late again.",
    ]


def test_lines_break_at_punctuation_and_near_the_middle() -> None:
    (cue,) = cues_of(speech("When it had rained all day, the streets shone like glass.", 4))
    assert cue.lines == ("When it had rained all day,", "the streets shone like glass.")
    assert wrap.break_cost("rained ") < wrap.break_cost("the ")


def test_quotes_and_brackets_stay_with_their_words() -> None:
    text = 'She said "wait for me" (or so he thought) and then she left for the station in the rain.'
    lines = [line for cue in cues_of(evenly(text)) for line in cue.lines]
    assert not any(line.endswith(('"w', "(")) or (line[0] in ')"' and line[1] == " ") for line in lines)
    assert "(or" in " ".join(lines).split()


def test_no_chinese_line_begins_with_a_comma() -> None:
    lines = [line for cue in cues_of(speech("我一直在等你，大家都知道，" * 12, 40)) for line in cue.lines]
    assert len(lines) > 4
    assert not any(line[0] in "，。" for line in lines)


def test_marks_stay_on_their_letters() -> None:
    text = "สวัสดีค่ะฉันชื่อจอยฉันรอคุณอยู่นานมากแล้วนะคะทุกคนรู้ดีว่าวันนี้อากาศดีมาก"
    for piece in wrap.pieces(text, 42):
        assert piece[0] not in "ัิีึืุู็่้๊๋์ะาำ"
        assert piece[-1] not in "เแโใไ"


def test_text_starts_with_its_phones_where_words_are_unknown() -> None:
    (cue,) = cues_of(speech("Hm", 3.0, phones=(Phone("h", 0.5, 0.7), Phone("m", 0.7, 1.0))))
    assert (cue.start, cue.end) == (0.5, 1.5)


def test_words_stand_in_where_there_is_no_text() -> None:
    (cue,) = cues_of(speech("", 2.0, (Word("good", 0.1, 0.5), Word("day", 0.5, 1.0))))
    assert cue.lines == ("good day",)


def test_silence_has_no_cues() -> None:
    assert cues_of(speech("", 2.0), speech("  ", 1.0)) == []


def test_a_cue_that_was_said_fast_stands_until_it_is_read() -> None:
    (cue,) = cues_of(evenly("Wherever would everybody have wandered?", 0.1), speech("", 3.0))
    assert cue.end - cue.start == pytest.approx(39 / 17)


def test_lines_have_no_line_breaks_of_their_own() -> None:
    (cue,) = cues_of(speech("Good\n\nday  to\tyou ", 3.0))
    assert cue.lines == ("Good day to you",)


@given(TEXTS, st.floats(0.05, 0.8))
def test_every_word_of_a_line_has_its_time(text: str, each: float) -> None:
    said = evenly(text, each)
    pieces = [piece for cue in cues_of(said) for row in cue.rows for piece in row]
    assert all(one.end <= other.start + 1e-6 for one, other in pairwise(pieces))
    assert all(piece.start < piece.end for piece in pieces)
    starts = [piece.start for piece in pieces]
    assert all(any(abs(word.start - start) < 1e-6 for start in starts) for word in said.words)


def test_a_cue_of_one_speech_never_reaches_into_the_next() -> None:
    captions = Captions()
    (cue,) = captions.add(evenly("Yes.", 0.2))
    assert cue.end <= 0.4


@given(TEXTS, st.floats(0.05, 0.8))
def test_a_cue_is_read_in_time_unless_the_next_one_comes(text: str, each: float) -> None:
    said = evenly(text, each)
    cues = cues_of(said)
    for cue, limit in zip(cues, [*(cue.start for cue in cues[1:]), said.duration], strict=True):
        speed = sum(map(wrap.columns, cue.lines)) / (cue.end - cue.start)
        assert speed <= 17 + 1e-6 or cue.end >= limit - 1e-9 or cue.end - cue.start >= 7 - 1e-9
