"""Numbers, prices, dates and abbreviations: said in full, while the words stay as they are written."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deckard_cli.script import Hint, Line
from deckard_cli.speech import Speech
from deckard_cli.speech.espeak import Espeak
from deckard_cli.speech.pcm import join
from deckard_cli.speech.readings import readings


def read(text: str, lang: str = "en-us") -> dict[str, str]:
    return {text[hint.start : hint.end]: hint.said.strip() for hint in readings(text, lang)}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("$3.50, $1, $0.99 and $1,250", ["3 dollars 50", "1 dollar", "99 cents", "1,250 dollars"]),
        ("£5m or $1.5bn or $2 million", ["5 million pounds", "1.5 billion dollars", "2 million dollars"]),
        ("20€ or €20", ["20 euros", "20 euros"]),
        ("on 2024-11-21 or 11/22/2024", ["November 21st 2024", "November 22nd 2024"]),
        ("on 2024-13-21, 13/13/2024", []),
        ("at 3:05, 4:00 and 5:00 pm", ["3 oh 5", "4 o'clock", "5"]),
        ("at 3:45, for 10:30:20", []),
        ("10 km/h, 5kg, 20°C", ["kilometers per hour", "kilograms", "degrees Celsius"]),
        ("1/2 and 3/4, 7/8 and 1/2/3", ["one half", "three quarters"]),
        ("1990-1995, 10–15", ["1990 to 1995", "10 to 15"]),
        ("555-0199, +1-800-555-0199, 5-3, -5", []),
        ("Louis XIV, World War II", ["14", "2"]),
        ("I am MIX, VI and CD", []),
        ("A vs. B, No. 5, approx. 7", ["versus", "number", "approximately"]),
        ("no. That is it.", []),
        ("1 km, 1 kWh, 1 ft, 21 km", ["kilometer", "kilowatt hour", "foot", "kilometers"]),
        ("pp. 3–5 of ch. 12, p. 7", ["pages", "3 to 5", "chapter", "page"]),
        ("Jan. 5, 2024 and 5 Dec 2024, Mar 3", ["January", "December", "March"]),
        ("on Fifth Ave. by J. Doe Jr. and/or a may", ["avenue", "junior", "and or"]),
        ("16:9 and 4:3, not 4:30", ["16 to 9", "4 to 3"]),
    ],
)
def test_what_is_written_short_is_said_in_full(text: str, said: list[str]) -> None:
    assert [hint.said.strip() for hint in readings(text, "en-us")] == said


def test_a_date_of_britain_begins_with_its_day() -> None:
    assert read("21/11/2024", "en-gb") == {"21/11/2024": "November 21st 2024"}
    assert read("21/11/2024", "en-us") == {}


@pytest.mark.parametrize(
    ("text", "lang", "said"),
    [
        ("3,50 ₽ и €5", "ru", {"3,50 ₽": "3,50 рублей", "€5": "5 евро"}),
        ("2024年11月21日", "ja", {"年": "ねん", "月": "がつ", "日": "にち"}),
        ("日本の人", "ja", {}),
        ("¥42", "cmn", {"¥42": "42 元"}),
        ("3,50 €", "de", {}),
        ("$5", "sw", {}),
    ],
)
def test_signs_that_espeak_leaves_out_are_said(text: str, lang: str, said: dict[str, str]) -> None:
    assert read(text, lang) == said


def test_what_somebody_hints_comes_first() -> None:
    text = "It costs $5 or $6"
    assert [hint.said for hint in readings(text, "en", [Hint(9, 11, "a fiver")])] == ["6 dollars"]


def say(text: str, lang: str = "en-us") -> Speech:
    return join(Espeak().speak(Line(text, lang)))


def ipa(speech: Speech, text: str) -> str:
    word = next(word for word in speech.words if word.text == text)
    return "".join(phone.ipa for phone in speech.phones if word.start - 1e-6 <= phone.start < word.end - 1e-6)


@pytest.mark.parametrize(
    ("text", "lang", "word", "sound"),
    [
        ("I am 42 years old.", "en-us", "42", "fɔːɹɾituː"),
        ("It was $3.50 then.", "en-us", "$3.50", "θɹiːdɑːlɚzfɪfti"),
        ("Take one and -5 now.", "en-us", "-5", "maɪnəsfaɪv"),
        ("At 10 km/h or so.", "en-us", "km/h", "kɪlɑːmɪɾɚzpɜːɹaʊɚ"),
        ("Louis XIV came.", "en-us", "XIV", "fɔːɹtiːn"),
        ("Dr. Smith is in.", "en-us", "Dr", "dɑːktɚ"),
        ("5 ₽ und mehr", "de", "₽", "ruːbəl"),
        ("价格是¥42，好。", "cmn", "¥42", "siʂiərjyæn"),
        ("2024年です", "ja", "年", "neɴ"),
    ],
)
def test_a_word_has_the_time_of_all_that_is_said_for_it(text: str, lang: str, word: str, sound: str) -> None:
    assert ipa(say(text, lang), word) == sound


PIECES = [
    "$5",
    "3.50",
    "the",
    "2024-11-21",
    "km",
    "10",
    "XIV",
    "Dr.",
    "vs.",
    "1/2",
    "-5",
    "*",
    "42%",
    "3:05",
    "No.",
    "a",
]


@settings(max_examples=25, deadline=None)
@given(st.lists(st.sampled_from(PIECES), min_size=1, max_size=7), st.sampled_from(["en-us", "de", "fr", "es"]))
def test_no_word_is_missing_doubled_or_out_of_order(pieces: list[str], lang: str) -> None:
    text = f"So {' '.join(pieces)} here"
    speech = say(text, lang)
    assert [word.text.rstrip(".") for word in speech.words] == [word.rstrip(".") for word in text.split()]
    assert all(a.end <= b.start + 1e-6 for a, b in itertools.pairwise(speech.words))
    covered = [any(w.start - 1e-6 <= phone.start < w.end - 1e-6 for w in speech.words) for phone in speech.phones]
    assert all(covered)


@given(st.text("$€0123456789.,-–/:XIVkmh °C₽ab", max_size=40), st.sampled_from(["en", "ru", "ja"]))
def test_readings_stand_in_order_and_never_over_each_other(text: str, lang: str) -> None:
    found = list(readings(text, lang))
    assert all(0 <= hint.start < hint.end <= len(text) and hint.said.strip() for hint in found)
    assert all(a.end <= b.start for a, b in itertools.pairwise(found))
