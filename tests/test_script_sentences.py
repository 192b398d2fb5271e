"""Where a text is cut into sentences."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deckard_cli.script import LONGEST_SENTENCE, sentences


@given(st.one_of(st.text(max_size=2000), st.text(alphabet='ab.!? ,。\u0301\u200d👩🇩🇪"(Mr', max_size=2000)))
def test_nothing_is_lost_and_no_piece_is_long(text: str) -> None:
    pieces = list(sentences(text))
    assert "".join(pieces) == text
    assert all(0 < len(piece) <= LONGEST_SENTENCE for piece in pieces)


@pytest.mark.parametrize(
    "text",
    [
        "Mr. Smith went home.",
        "It costs 3.14 dollars.",
        "Take fruit, e.g. apples.",
        "The U.S. army came.",
        "J. R. R. Tolkien wrote it.",
        "Wait ... what?",
        "Am 3. Mai war es warm.",
        "Go to example.com now.",
        'He said "Stop!" and left.',
        "Oh! ... 😀 !!!",
    ],
)
def test_these_are_one_sentence(text: str) -> None:
    assert list(sentences(text)) == [text]


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("One. Two! Three? Four", 4),
        ("你好。今天天气很好！你呢？", 3),
        ("नमस्ते। आप कैसे हैं?", 2),
        ("مرحبا. كيف حالك؟ بخير.", 3),
        ("یہ ہے۔ وہ ہے۔", 2),
        ("Բարեւ։ Ինչպես ես։", 2),
        ("She said “Go.” He went.", 2),
        ("It was 1984. He left.", 2),
        ("Yes… No.", 2),
    ],
)
def test_every_writing_ends_its_sentences(text: str, count: int) -> None:
    assert len(list(sentences(text))) == count


def test_a_long_sentence_is_cut_where_a_clause_ends() -> None:
    clause = "and the small boat sailed on past the wall, "
    pieces = list(sentences(clause * 20))
    assert all(piece.endswith(", ") for piece in pieces)
    assert min(map(len, pieces[:-1])) > LONGEST_SENTENCE // 3


def test_a_long_word_is_cut_between_characters_as_a_reader_sees_them() -> None:
    for mark in ("e\u0301", "👩\u200d👧", "🇩🇪", "👍\U0001f3fd"):
        assert {piece.replace(mark, "") for piece in sentences(mark * 400)} == {""}


@pytest.mark.parametrize("unit", [".", "?!", ". ", "।", "Mr. ", '."', "a. ", "<a "])
def test_the_time_grows_with_the_length_and_not_with_its_square(unit: str) -> None:
    text = unit * (100_000 // len(unit)) + "a"
    began = time.perf_counter()
    assert "".join(sentences(text)) == text
    assert time.perf_counter() - began < 3
