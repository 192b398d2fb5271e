"""What is said, and what only tells how."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deckard_cli.errors import UsageError
from deckard_cli.script import Mark, clean, marked


@pytest.mark.parametrize(
    ("text", "said", "marks"),
    {
        "between sentences": ("[happy] Hello! [sad] Bye?", "Hello! Bye?", [("happy", 0), ("sad", 7)]),
        "inside a sentence": ("I came, [sad] and you left.", "I came, and you left.", [("sad", 8)]),
        "without spaces": ("Hello![sad]Bye.", "Hello! Bye.", [("sad", 7)]),
        "inside a word": ("Hel[sad]lo", "Hello", [("sad", 3)]),
        "before a comma": ("Well [sad], no.", "Well, no.", [("sad", 4)]),
        "at the end": ("Goodbye. [sad]", "Goodbye.", [("sad", 8)]),
        "one after the other": ("[sad] [happy]  Hi", "Hi", [("sad", 0), ("happy", 0)]),
        "in capitals and roomy": ("[ Happy ] Hi", "Hi", [("happy", 0)]),
        "with a dash": ("[half-asleep] Hi [dead_tired]", "Hi", [("half-asleep", 0), ("dead_tired", 2)]),
        "in Chinese": ("你好。[sad]再见。", "你好。再见。", [("sad", 3)]),
        "in another alphabet": ("[веселая] Привет", "Привет", [("веселая", 0)]),
    }.values(),
)
def test_marks_are_taken_out_and_their_places_kept(text: str, said: str, marks: list[tuple[str, int]]) -> None:
    assert marked(clean(text)) == (said, tuple(Mark(*mark) for mark in marks))


@pytest.mark.parametrize("text", ["see [1] there", "[two words]", "[]", "a [ b", "sum a[i2] up", "[-x]", "[...]"])
def test_other_brackets_are_text(text: str) -> None:
    assert marked(text) == (text, ())


def test_a_bracket_can_be_said() -> None:
    assert marked(r"\[happy] and \[sad\]") == ("[happy] and [sad]", ())


@given(st.lists(st.sampled_from(["Hello", "world.", "[sad]", "[happy]", ",", "é", "你好", "[1]", "!"]), max_size=12))
def test_what_is_left_is_clean_and_has_no_mark(words: list[str]) -> None:
    try:
        text = clean(" ".join(words))
    except UsageError:
        return
    said, marks = marked(text)
    assert marked(said) == (said, ())
    assert said == " ".join(said.split())
    assert [mark.name for mark in marks] == [word.strip("[]") for word in words if word in ("[sad]", "[happy]")]
    assert all(0 <= mark.at <= len(said) for mark in marks)
    assert [mark.at for mark in marks] == sorted(mark.at for mark in marks)
