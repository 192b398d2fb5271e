"""words.toml: how words are said, in files and in clips."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from running import Deckard

from deckard_cli.errors import UsageError
from deckard_cli.job import Job, settle
from deckard_cli.persona.check import written_mistakes
from deckard_cli.persona.words import Words, hints, read_words
from deckard_cli.script import Hint, Line
from deckard_cli.speech import Speech
from deckard_cli.speech.delivery import Delivery, delivered
from deckard_cli.speech.espeak import Espeak
from deckard_cli.speech.ipa import mnemonics
from deckard_cli.speech.pcm import join

WORDS = """
nguyen = "win"
"New York" = "noo yawk"
US = "u s"
gif = "[[dZ'If]]"
joi = { said = "joy", phonemes = "dZ'OI" }
".NET" = "dot net"
"""


@pytest.fixture
def words(tmp_path: Path) -> Words:
    file = tmp_path / "words.toml"
    file.write_text(WORDS, encoding="utf-8")
    return read_words(file)


def found(text: str, words: Words) -> list[tuple[str, str]]:
    return [(text[hint.start : hint.end], hint.said or hint.phonemes) for hint in hints(text, words.root)]


@pytest.mark.parametrize(
    ("text", "expected"),
    {
        "any case": ("Nguyen, NGUYEN's", [("Nguyen", "win"), ("NGUYEN", "win")]),
        "a capital is meant": ("US, not us", [("US", "u s")]),
        "whole words": ("nguyens gifted focus", []),
        "several words": ("in New York!", [("New York", "noo yawk")]),
        "phonemes": ("a GIF", [("GIF", "dZ'If")]),
        "signs": ("on .NET", [(".NET", "dot net")]),
    }.values(),
)
def test_words_are_found_whole(text: str, expected: list[tuple[str, str]], words: Words) -> None:
    assert found(text, words) == expected


def test_the_longer_of_two_words_is_said() -> None:
    words = Words.model_validate({"york": "yawk", "new york": "noo yawk"})
    assert found("New York, York", words) == [("New York", "noo yawk"), ("York", "yawk")]


@pytest.mark.parametrize(
    ("content", "message"),
    {
        "a number": ("a = 1", ":1: a: "),
        "nothing": ('\na = ""', ":2: a: it has no letter and no digit"),
        "signs alone": ('"!" = "bang"', ":1: !: it has no letter and no digit"),
        "no way to say it": ("a = {}", ':1: a: say how: "win"'),
        "a misspelt key": ('a = { say = "b" }', ":1: a.say: "),
        "letters that espeak has not": ('a = "[[dʒɔɪ]]"', ":1: a: espeak's phonemes are written in ASCII"),
        "two spaces": ('"a  b" = "c"', ":1: a  b: it holds a control character"),
    }.values(),
)
def test_every_mistake_is_told_with_its_line(content: str, message: str, tmp_path: Path) -> None:
    file = tmp_path / "words.toml"
    file.write_text(content, encoding="utf-8")
    with pytest.raises(UsageError) as raised:
        read_words(file)
    assert f"{file}{message}" in raised.value.message


def ipa(speech: Speech, text: str) -> str:
    """What is heard while a word is said."""
    word = next(word for word in speech.words if word.text == text)
    return "".join(phone.ipa for phone in speech.phones if word.start - 1e-6 <= phone.start < word.end - 1e-6)


def hint(text: str, word: str, said: str = "", phonemes: str = "") -> Hint:
    at = text.index(word)
    return Hint(at, at + len(word), said, phonemes)


TEXT = "I met Mr. Nguyen in New York. His GIF was [[fine]] \U0001f600 there."
HINTS = (
    hint(TEXT, "Nguyen", "win"),
    hint(TEXT, "New York", "noo yawk"),
    hint(TEXT, "GIF", "jiff", "dZ'If"),
)
WRITTEN = ["I", "met", "Mr", "Nguyen", "in", "New", "York", "His", "GIF", "was", "fine", "there"]


def test_ipa_is_understood_as_dictionaries_write_it(tmp_path: Path) -> None:
    file = tmp_path / "words.toml"
    file.write_text('a = "/wɪn/"\nb = "[wɪn]"\nc = { ipa = " /ˈdɛk.ɚd/ " }\nd = { said = "win", ipa = "wɪn" }\n')
    found = read_words(file).root
    assert {word: (each.said, each.ipa) for word, each in found.items()} == {
        "a": (None, "wɪn"),
        "b": (None, "wɪn"),
        "c": (None, "ˈdɛk.ɚd"),
        "d": ("win", "wɪn"),
    }
    for wrong in ("//", "/w1n/", "/w<n/"):
        file.write_text(f'a = "{wrong}"\n')
        with pytest.raises(UsageError, match=r":1: a: IPA is letters and signs of sound"):
            read_words(file)


@pytest.mark.parametrize(
    ("lang", "written", "heard"),
    [
        ("en-us", "wɪn", "wɪn"),
        ("en-us", "d͡ʒɔɪ", "dʒɔɪ"),
        ("en-us", "ˈdɛkɚd", "dɛkɚd"),
        ("en-gb", "ˈdɛkəd", "dɛkəd"),
        ("en-us", "ʃøːn", "ʃɜːn"),
        ("de", "ʃøːn", "ʃøːn"),
        ("fr-fr", "ʁənoˈsɑ̃s", "ʁənosɑs"),
        ("es", "wɪn", "win"),
        ("en-us", "njuː ˈjɔːk", "njuːjɔːk"),
    ],
)
def test_ipa_is_said_with_the_sounds_that_the_language_has(lang: str, written: str, heard: str) -> None:
    text = "A xylo a."
    speech = join(Espeak().speak(Line(text, lang, hints=(Hint(2, 6, ipa=written),))))
    assert ipa(speech, "xylo") == heard
    assert speech.notes == ()
    assert [word.text for word in speech.words] == ["A", "xylo", "a"]


@settings(deadline=None, max_examples=60)
@given(
    st.text("aeiouyæøœɐɑɒɔəɛɜɪʊʌbdfɡhjklmnpɹstvwzðŋθʃʒçxˈˌː.ʘǁ\u0303\u0361 ", max_size=12),
    st.sampled_from(["en-us", "de", "fr-fr"]),
)
def test_whatever_stands_in_ipa_is_said_or_told(written: str, lang: str) -> None:
    speech = join(Espeak().speak(Line("A xylo a.", lang, hints=(Hint(2, 6, ipa=written),))))
    assert [word.text for word in speech.words] == ["A", "xylo", "a"]
    if written and mnemonics(written, lang) is None:
        assert "'xylo' is said as it is written" in speech.notes[0]
    else:
        assert speech.notes == ()


def test_the_stress_of_ipa_is_said() -> None:
    for written, stressed in (("ˈɹɛkɔːd", "ɛ"), ("ɹɪˈkɔːd", "ɔː")):
        speech = join(Espeak().speak(Line("A xylo.", hints=(Hint(2, 6, ipa=written),))))
        assert [phone.ipa for phone in speech.phones if phone.stress == 1] == [stressed]


@pytest.mark.parametrize(("said", "how"), [("", "as it is written"), ("box", "'box'")])
def test_a_sound_that_nobody_near_has_is_told_and_the_word_said_otherwise(said: str, how: str) -> None:
    speech = join(Espeak().speak(Line("A box a.", hints=(Hint(2, 5, said, ipa="ʘa"),))))
    assert speech.notes == (f"The language 'en-us' has no sounds for /ʘa/, so 'box' is said {how}.",)
    assert ipa(speech, "box") == "bɑːks"


def test_a_voice_that_reads_no_phonemes_says_so_once_and_a_recording_need_not() -> None:
    text = "I met Nguyen. I met Joi, and Ada."
    hints = tuple(
        Hint(text.index(word), text.index(word) + len(word), *how)
        for word, *how in (("Nguyen", "", "", "wɪn"), ("Joi", "", "dZ'OI"), ("Ada", "ayda", "", "ˈeɪdə"))
    )
    notes = [each.notes for each in delivered(_Reader(), Line(text, hints=hints), Delivery())]
    assert notes == [
        ("This voice does not read such phonemes, and says these words as they are written: 'Nguyen', 'Joi'.",),
        (),
    ]

    class Recorded(_Reader):
        recorded = True

    assert not any(each.notes for each in delivered(Recorded(), Line(text, hints=hints), Delivery()))


class _Reader:
    """A voice that knows of no hints: what it is given it reads out."""

    def __init__(self) -> None:
        self.given = ""

    def speak(self, line: Line) -> Iterator[Speech]:
        assert not line.hints
        self.given = line.text
        return Espeak().speak(line)


@pytest.mark.parametrize("voice", [Espeak(), _Reader()], ids=["reads hints", "is respelled"])
def test_words_are_said_so_and_stand_as_they_are_written(voice: Espeak | _Reader) -> None:
    speech = join(delivered(voice, Line(TEXT, hints=HINTS), Delivery()))
    assert [word.text for word in speech.words] == WRITTEN
    assert speech.text == TEXT
    assert [ipa(speech, word) for word in ("Nguyen", "New", "York", "GIF")] == ["wɪn", "nuː", "jɔːk", "dʒɪf"]
    assert all(word.end > word.start for word in speech.words)
    assert all(a.end <= b.start + 1e-6 for a, b in zip(speech.words, speech.words[1:], strict=False))


def test_a_voice_without_hints_is_given_the_words_as_they_are_said() -> None:
    voice = _Reader()
    list(delivered(voice, Line(TEXT, hints=HINTS), Delivery()))
    assert voice.given.startswith("I met Mr. win in noo yawk. His jiff was")


@pytest.mark.parametrize("said", ["win", "the big apple", "a b c d e f"])
def test_more_or_fewer_words_than_are_written_share_the_time(said: str) -> None:
    text = "Go to New York's north, to New York"
    spans = [hint(text, "New York", said), Hint(text.rindex("New"), len(text), said)]
    for voice in (Espeak(), _Reader()):
        speech = join(delivered(voice, Line(text, hints=tuple(spans)), Delivery()))
        assert [word.text for word in speech.words] == ["Go", "to", "New", "York's", "north", "to", "New", "York"]
        assert all(word.end > word.start for word in speech.words)
        assert speech.text == text


def test_emphasis_is_heard_on_its_words_alone() -> None:
    text = "I never said that he stole it."
    plain = join(Espeak().speak(Line(text)))
    at = text.index("he ")
    loud = join(Espeak().speak(Line(text, hints=(Hint(at, at + 2, stressed=True),))))
    assert [word.text for word in loud.words] == [word.text for word in plain.words]

    def length(speech: Speech, index: int) -> float:
        return speech.words[index].end - speech.words[index].start

    assert length(loud, 4) > 1.3 * length(plain, 4)
    assert length(loud, 1) == pytest.approx(length(plain, 1), rel=0.05)
    assert length(loud, 6) == pytest.approx(length(plain, 6), rel=0.1)


def test_a_given_file_comes_before_the_personas(here: Path, tmp_path: Path) -> None:
    persona = here / "personas" / "roy"
    persona.mkdir(parents=True)
    (persona / "persona.toml").write_text('name = "Roy"\n', encoding="utf-8")
    (persona / "words.toml").write_text('nexus = "necksus"\nroy = "roi"\n', encoding="utf-8")
    given = tmp_path / "mine.toml"
    given.write_text('roy = "rwah"\n', encoding="utf-8")
    job = Job(text="Roy is a *Nexus*.", output=tmp_path / "a.wav", persona="roy")
    assert [one.said for one in settle(job).line.hints if one.said] == ["roi", "necksus"]
    job = Job(text="Roy is a *Nexus*.", output=tmp_path / "a.wav", persona="roy", words=given)
    assert settle(job).line.hints == (Hint(0, 3, "rwah"), Hint(9, 14, "necksus"), Hint(9, 14, stressed=True))


def test_the_command_takes_a_file_of_words_and_tells_its_mistakes(deckard: Deckard) -> None:
    (deckard.folder / "say.toml").write_text('hello = "hallo"\n\nworld = 3\n', encoding="utf-8")
    done = deckard("render", "hello", "--words", "say.toml", "-o", "a.wav")
    assert done.returncode == 2
    assert "say.toml:3: world: " in done.stderr


def test_validate_knows_the_words_of_a_persona(tmp_path: Path) -> None:
    (tmp_path / "persona.toml").write_text('name = "Roy"\n', encoding="utf-8")
    (tmp_path / "words.toml").write_text('nexus = "necksus"\ntyrell = ["tie", "rell"]\n', encoding="utf-8")
    (told,) = [str(mistake) for mistake in written_mistakes(tmp_path) if mistake.file.name == "words.toml"]
    assert "words.toml:2: tyrell: " in told


def test_no_mood_is_called_as_the_mark_of_a_pause(tmp_path: Path) -> None:
    (tmp_path / "persona.toml").write_text('name = "Roy"\n\n[moods.Pause]\njawOpen = 0.1\n', encoding="utf-8")
    told = [str(mistake) for mistake in written_mistakes(tmp_path)]
    assert any("persona.toml:3: moods.Pause: [Pause] in a text is a pause" in line for line in told)
