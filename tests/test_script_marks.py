"""What is said, and what only tells how."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deckard_cli.errors import UsageError
from deckard_cli.script import Mark, Marked, Pause, clean, marked


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
    assert marked(clean(text)) == Marked(said, tuple(Mark(*mark) for mark in marks))


@pytest.mark.parametrize("text", ["see [1] there", "[two words]", "[]", "a [ b", "sum a[i2] up", "[-x]", "[...]"])
def test_other_brackets_are_text(text: str) -> None:
    assert marked(text) == Marked(text)


def test_a_bracket_can_be_said() -> None:
    assert marked(r"\[happy] and \[sad\]") == Marked("[happy] and [sad]")


@given(st.lists(st.sampled_from(["Hello", "world.", "[sad]", "[happy]", ",", "é", "你好", "[1]", "!"]), max_size=12))
def test_what_is_left_is_clean_and_has_no_mark(words: list[str]) -> None:
    try:
        text = clean(" ".join(words))
    except UsageError:
        return
    said, marks, *_ = marked(text)
    assert marked(said) == Marked(said)
    assert said == " ".join(said.split())
    assert [mark.name for mark in marks] == [word.strip("[]") for word in words if word in ("[sad]", "[happy]")]
    assert all(0 <= mark.at <= len(said) for mark in marks)
    assert [mark.at for mark in marks] == sorted(mark.at for mark in marks)


@pytest.mark.parametrize(
    ("text", "said", "pauses"),
    {
        "seconds": ("One, [pause 0.5] two.", "One, two.", [(5, 0.5)]),
        "milliseconds": ("One. [pause 800ms] Two.", "One. Two.", [(5, 0.8)]),
        "a comma's fraction": ("Eins [Pause 0,25 s] zwei", "Eins zwei", [(5, 0.25)]),
        "alone": ("One [pause] two", "One two", [(4, 0.5)]),
        "at the ends": ("[pause 1] One [pause 2]", "One", [(0, 1.0), (3, 2.0)]),
        "none": ("One [pause 0] two", "One two", [(4, 0.0)]),
        "longest": ("One [pause 60] two", "One two", [(4, 60.0)]),
    }.values(),
)
def test_pauses_are_taken_out(text: str, said: str, pauses: list[tuple[int, float]]) -> None:
    assert marked(clean(text)) == Marked(said, (), tuple(Pause(*pause) for pause in pauses))


def test_a_pause_of_an_hour_is_a_mistake() -> None:
    with pytest.raises(UsageError, match="3600 seconds is too long"):
        marked("One [pause 3600] two")


@pytest.mark.parametrize(
    "wrong",
    [
        *("[pause -1]", "[pause 1e3]", "[pause 1 2]", "[Pause=2]", "[pause 5 sec]", "[pause-1]", "[ pause 1m ]"),
        *("[pause x]", "[pause long]", "[pause: half]", "[Pause .]"),
    ],
)
def test_a_pause_whose_length_is_none_is_a_mistake(wrong: str) -> None:
    with pytest.raises(UsageError, match=r"is no pause: it lasts 0 to 60 seconds") as caught:
        marked(f"One {wrong} two")
    assert r"\[" in caught.value.hint
    assert marked(f"One \\{wrong} two").text == f"One {wrong} two"


@pytest.mark.parametrize("text", ["[pause for breath]", "[pauses 2]", "[the pause 2]", "[Pause, please]"])
def test_what_is_no_pause_is_text(text: str) -> None:
    assert marked(text).text == text


@pytest.mark.parametrize(
    ("text", "said", "stressed"),
    {
        "a word": ("I *never* said so.", "I never said so.", ["never"]),
        "several": ("*Not at all*, **really** ***so***!", "Not at all, really so!", ["Not at all", "really", "so"]),
        "with a mood": ("So *very [happy] good*.", "So very good.", ["very good"]),
        "quoted": ('He said "*no*".', 'He said "no".', ["no"]),
        "in Chinese": ("我*真的*不知道", "我真的不知道", ["真的"]),
    }.values(),
)
def test_words_between_stars_are_emphasised(text: str, said: str, stressed: list[str]) -> None:
    found = marked(text)
    assert [found.text[start:end] for start, end in found.stressed] == stressed
    assert found.text == said


@pytest.mark.parametrize(
    "text", ["2 * 3 * 4", "f*ck", "5*3*2", "* one * two", "***", "*", "a* b*", "*.txt and *.py", "snake*case*", "**a*"]
)
def test_other_stars_are_text(text: str) -> None:
    assert marked(text) == Marked(text)


def test_a_star_can_be_said() -> None:
    assert marked(r"\*never\*") == Marked("*never*")


@given(st.text("ab *\\[]1.", max_size=60))
def test_no_text_breaks_the_reading_of_marks(text: str) -> None:
    found = marked(text)
    assert all(0 <= start < end <= len(found.text) for start, end in found.stressed)
    assert len(found.text) <= len(text) + text.count("[")


def test_a_long_text_of_stars_is_read_at_once() -> None:
    assert len(marked("*a " * 50_000).text) > 100_000
