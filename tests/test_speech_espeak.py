"""The built-in voice."""

from __future__ import annotations

import hashlib
import itertools
import signal
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deckard_cli.errors import UsageError
from deckard_cli.script import Line
from deckard_cli.speech import Speech
from deckard_cli.speech.espeak import Espeak, languages, variants
from deckard_cli.speech.pcm import join

HERE = str(Path(__file__).parent)
GREETINGS = {
    "en-us": "Hello world, how are you today?",
    "de": "Guten Tag, wie geht es Ihnen?",
    "fr": "Bonjour, comment allez-vous ce weekend?",
    "es": "Buenos días, ¿dónde está el banco?",
    "cmn": "你好，今天天气很好。",
    "ar": "مرحبا بالعالم",
    "hi": "नमस्ते दुनिया, भारत",
    "ja": "こんにちは、ありがとう",
    "ko": "안녕하세요 세계",
    "ru": "Добрый день, бабушка",
    "th": "สวัสดีชาวโลก",
    "el": "Καλημέρα κόσμε",
    "he": "שלום עולם",
    "vi": "Xin chào thế giới",
    "ta": "வணக்கம் உலகம்",
    "it": "Buongiorno, babbo mio",
}


def say(text: str, lang: str = "en-us", speed: float = 1.0, pitch: float = 1.0, variant: str = "") -> Speech:
    return join(Espeak(variant=variant).speak(Line(text, lang, speed, pitch)))


def digest(speech: Speech) -> str:
    return hashlib.sha256(speech.samples.tobytes() + repr((speech.words, speech.phones)).encode()).hexdigest()


def assert_in_time(speech: Speech) -> None:
    for timed in (speech.words, speech.phones):
        assert all(each.start < each.end for each in timed)
        assert all(one.end <= other.start + 1e-9 for one, other in itertools.pairwise(timed))
        assert timed[0].start >= 0
        assert timed[-1].end <= speech.duration + 1e-9
    for phone in speech.phones:
        assert phone.burst is None or phone.start <= phone.burst <= phone.end


@pytest.mark.parametrize("lang", GREETINGS)
def test_each_language_sounds_and_its_times_rise(lang: str) -> None:
    speech = say(GREETINGS[lang], lang)
    assert np.abs(speech.samples).max() > 0.1
    assert speech.samples.dtype == np.float32
    assert len(speech.phones) > 6
    assert_in_time(speech)
    assert not speech.notes


def test_phones_are_ipa_with_stress_on_vowels() -> None:
    phones = say("hello world").phones
    assert [phone.ipa for phone in phones] == ["h", "ə", "l", "oʊ", "w", "ɜː", "l", "d"]
    assert [phone.stress for phone in phones] == [0, 0, 0, 1, 0, 1, 0, 0]
    ipa = {phone.ipa for lang, text in GREETINGS.items() for phone in say(text, lang).phones}
    assert not set("".join(ipa)) & set("ˈˌ\u0361\u200d()-_.0123456789ʲʰ ")


def test_the_sound_is_there_while_phones_last_and_gone_in_the_gaps() -> None:
    speech = say("Papa, my Bob. Stop it.")
    at = (np.arange(len(speech.samples)) + 0.5) / speech.rate
    inside = np.zeros(len(at), dtype=bool)
    for phone in speech.phones:
        inside |= (at >= phone.start) & (at < phone.end)
    assert np.abs(speech.samples[~inside]).max() < 0.01
    assert np.sqrt(np.mean(speech.samples[inside] ** 2)) > 0.05


@pytest.mark.parametrize("speed", [0.6, 1.0, 1.8])
def test_lips_close_silently_before_a_burst_and_sound_after_it(speed: float) -> None:
    speech = say("Peter picked a copper cap, upper and topper.", speed=speed)
    stops = [phone for phone in speech.phones if phone.ipa == "p" and phone.start > 0.1]
    assert len(stops) >= 5
    for phone in stops:
        assert phone.burst is not None
        assert phone.burst - phone.start > 0.02
        low, mid, high = (
            round(seconds * speech.rate) for seconds in (phone.start + 0.002, phone.burst, phone.burst + 0.01)
        )
        assert np.abs(speech.samples[low : mid - 1]).max() < 0.03
        assert np.abs(speech.samples[mid:high]).max() > 0.03


def test_a_voiced_stop_murmurs_before_its_burst() -> None:
    speech = say("The rubber baby buggy, a ladder and a tiger ahead.")
    high = np.abs(np.diff(speech.samples, prepend=np.float32(0)))
    stops = [phone for phone in speech.phones if phone.ipa in "bdɡ"]
    assert len(stops) >= 6
    for phone in stops:
        assert phone.burst is not None
        mid = round(phone.burst * speech.rate)
        before = high[round((phone.burst - 0.015) * speech.rate) : mid].max()
        assert high[mid : mid + 330].max() > 1.5 * before, phone


def test_a_nasal_ends_where_its_murmur_ends() -> None:
    speech = say("My mama met many men.")
    high = np.abs(np.diff(speech.samples, prepend=np.float32(0)))
    for phone, following in itertools.pairwise(speech.phones):
        if phone.ipa == "m" and phone.end == following.start:
            end = round(phone.end * speech.rate)
            assert high[end : end + 330].max() > 2 * high[end - 440 : end - 22].max()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("In 1984 Bob paid $1,984.50.", ["In", "1984", "Bob", "paid", "$1,984.50"]),
        ("On 12/05/2024 at 3:30pm", ["On", "12/05/2024", "at", "3:30pm"]),
        ("Dr. Smith of the U.S. (e.g. me)!", ["Dr", "Smith", "of", "the", "U.S.", "e.g.", "me"]),
        ("in the end of the world it is to be", ["in", "the", "end", "of", "the", "world", "it", "is", "to", "be"]),
        ("hel😀lo 👍 world", ["hel😀lo", "world"]),
        ("AT&T C++ #tag 100% — well-known", ["AT&T", "C++", "#tag", "100%", "well-known"]),
        ("“Don't,” she said.", ["Don't", "she", "said"]),
    ],
)
def test_every_written_word_comes_once_and_in_order(text: str, words: list[str]) -> None:
    speech = say(text)
    assert [word.text for word in speech.words] == words
    assert_in_time(speech)


def test_han_letters_are_words_of_their_own() -> None:
    assert [word.text for word in say("你好，世界 OK", "zh").words] == ["你", "好", "世", "界", "OK"]


TOKENS = [
    *(
        "of",
        "the",
        "a",
        "I'm",
        "well-known",
        "1984",
        "3.14",
        "$5",
        "Dr.",
        "U.S.",
        "e.g.",
        "x",
        "😀",
        "hel😀lo",
        "naïve",
    ),
    *("12:30", "it's,", "(so)", '"yes"', "STOP!"),
]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(TOKENS), min_size=1, max_size=25))
def test_words_cover_any_text(tokens: list[str]) -> None:
    text = " ".join(["So", *tokens])
    speech = say(text)
    assert "".join(c for word in speech.words for c in word.text if c.isalnum()) == "".join(filter(str.isalnum, text))
    assert all(one.end <= other.start + 1e-9 for one, other in itertools.pairwise(speech.words))
    assert all(word.start <= word.end for word in speech.words)


def test_the_same_line_is_the_same_sound_whatever_was_said_before_and_in_another_process() -> None:
    line = "She sells sea shells, by Fred's zoo! Whispering is a breath."
    first = digest(say(line, variant="f3"))
    say("Etwas anderes.", "de", variant="whisper")
    assert digest(say(line, variant="f3")) == first
    program = (
        f"import sys; sys.path.insert(0, {HERE!r}); from test_speech_espeak import *; "
        f"print(digest(say({line!r}, variant='f3')))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == first


def test_two_threads_at_once_say_what_they_say_alone() -> None:
    lines = [("Hello there, one and two. And three!", "en-us"), ("Guten Morgen, liebe Leute. Wie geht's?", "de")]
    alone = [digest(say(text, lang)) for text, lang in lines]
    together: dict[int, set[str]] = {0: set(), 1: set()}
    barrier = threading.Barrier(2)

    def speak(index: int) -> None:
        barrier.wait()
        for _ in range(15):
            together[index].add(digest(say(*lines[index])))

    threads = [threading.Thread(target=speak, args=(index,)) for index in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert together == {0: {alone[0]}, 1: {alone[1]}}


def test_words_without_a_sound_of_their_own_still_come() -> None:
    for text in ("a ° b", "° one", "of the of the", "a · b", "x ™ ® y"):
        assert [word.text for word in say(text).words if word.text.isalnum()] == [
            w for w in text.split() if w.isalnum()
        ]


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="Windows has no timers of this kind")
def test_an_interruption_while_espeak_speaks_is_neither_lost_nor_heard_later() -> None:
    program = """
import signal, sys
sys.path.insert(0, sys.argv[1])
from test_speech_espeak import digest, say
text = "The quick brown fox jumps over the lazy dog."
rung = caught = 0
def ring(*_):
    global rung
    rung += 1
    raise KeyboardInterrupt
first = digest(say(text))
signal.signal(signal.SIGALRM, ring)
for delay in range(1, 80):
    try:
        signal.setitimer(signal.ITIMER_REAL, delay / 10_000)
        say(text)
        signal.setitimer(signal.ITIMER_REAL, 0)
    except KeyboardInterrupt:
        caught += 1
signal.signal(signal.SIGALRM, signal.SIG_IGN)
assert digest(say(text)) == first
assert rung == caught > 10, (rung, caught)
"""
    done = subprocess.run([sys.executable, "-c", program, HERE], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_it_speaks_a_sentence_at_a_time() -> None:
    speeches = Espeak().speak(Line("One is here. Two is there. " * 500))
    assert next(speeches).text == "One is here."
    assert next(speeches).text == "Two is there."


def test_half_an_hour_takes_no_more_memory_than_a_minute() -> None:
    program = """
import resource, sys
from deckard_cli.script import Line
from deckard_cli.speech.espeak import Espeak
text = "The quick brown fox jumps over the lazy dog, and 1984 is of the past. " * int(sys.argv[1])
seconds = sum(speech.duration for speech in Espeak().speak(Line(text)))
print(round(seconds), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""
    runs = [subprocess.check_output([sys.executable, "-c", program, count]).split() for count in ("11", "330")]
    (short, low), (long, high) = [(int(seconds), int(peak)) for seconds, peak in runs]
    assert short >= 60 and long >= 1800
    assert high < 1.15 * low


@pytest.mark.parametrize(("speed", "low", "high"), [(0.25, 3.2, 5), (0.5, 1.7, 2.3), (2, 0.4, 0.6), (4, 0.15, 0.4)])
def test_speed_is_what_was_asked_also_beyond_what_espeak_can(speed: float, low: float, high: float) -> None:
    text = "My mother made many new names for the children."
    plain, changed = say(text), say(text, speed=speed)
    ratio = (changed.phones[-1].end - changed.phones[0].start) / (plain.phones[-1].end - plain.phones[0].start)
    assert low < ratio < high
    assert_in_time(changed)


def test_pitch_and_variant_change_the_sound() -> None:
    def fundamental(speech: Speech) -> float:
        vowel = max(speech.phones, key=lambda phone: phone.end - phone.start)
        part = speech.samples[round(vowel.start * speech.rate) : round(vowel.end * speech.rate)]
        part = np.where(np.abs(part) > 0.6 * np.abs(part).max(), part, 0)
        likeness = np.correlate(part, part, "full")[len(part) - 1 :]
        shortest = speech.rate // 280
        return float(speech.rate / (shortest + np.argmax(likeness[shortest : speech.rate // 60])))

    plain = fundamental(say("ah"))
    assert fundamental(say("ah", pitch=1.5)) == pytest.approx(1.5 * plain, rel=0.2)
    assert fundamental(say("ah", pitch=0.7)) == pytest.approx(0.7 * plain, rel=0.2)
    assert fundamental(say("ah", variant="f3")) > 1.3 * plain


def test_what_is_not_said_is_told() -> None:
    notes = say("Hello 你好 world 😀").notes
    assert any("你好" in note for note in notes)
    assert any("😀" in note for note in notes)
    assert not say("Привет, OK world", "ru").notes
    assert any(note.endswith(": 世界 本.") for note in say("こんにちは世界、本です、3日です", "ja").notes)


@pytest.mark.parametrize(
    ("text", "lang", "hint"), [("你好世界", "en-us", "cmn"), ("Привет", "de", "ru"), ("नमस्ते", "ja", "hi")]
)
def test_a_text_of_another_language_is_refused_with_that_language(text: str, lang: str, hint: str) -> None:
    with pytest.raises(UsageError) as caught:
        Espeak().speak(Line(text, lang))
    assert caught.value.hint.endswith(f"--lang {hint}")


def test_an_unknown_language_or_variant_names_the_nearest() -> None:
    with pytest.raises(UsageError, match="no language called 'germn'") as caught:
        Espeak().speak(Line("hello", "germn"))
    assert caught.value.hint.startswith("--lang de")
    with pytest.raises(UsageError) as caught:
        Espeak(variant="wisper")
    assert "'whisper'" in caught.value.hint


@pytest.mark.parametrize(
    ("one", "other"), [("EN_us", "en-us"), ("en", "en-us"), ("zh", "cmn"), ("German", "de"), ("de-AT", "de")]
)
def test_tags_are_understood_however_they_are_written(one: str, other: str) -> None:
    assert digest(say("OK 3", one)) == digest(say("OK 3", other))


@pytest.mark.parametrize(
    ("one", "other"), [("fr-fr", "fr"), ("es-mx", "es-419"), ("pt-pt", "pt"), ("hbs", "hr"), ("zh-cmn", "cmn")]
)
def test_a_second_tag_of_a_language_is_that_language_and_not_english(one: str, other: str) -> None:
    assert digest(say("Bonjour 3", one)) == digest(say("Bonjour 3", other)) != digest(say("Bonjour 3", "en-us"))


def test_british_english_is_not_american() -> None:
    (water,) = Espeak().speak(Line("water", "en-gb"))
    assert "ɾ" not in "".join(phone.ipa for phone in water.phones)


@pytest.mark.parametrize(
    "line", [Line("x", speed=5), Line("x", speed=float("nan")), Line("x", pitch=0.1), Line("x", speed=0)]
)
def test_numbers_out_of_bounds_are_refused(line: Line) -> None:
    with pytest.raises(UsageError, match="cannot be had"):
        Espeak().speak(line)


def test_languages_and_variants_are_listed() -> None:
    assert len(languages()) > 100
    assert ("de", "German") in languages()
    assert "fo" not in dict(languages()), "Faroese is listed by espeak without the dictionary it needs"
    assert "f3" in variants()


def test_japanese_without_kana_is_told_to_write_kana() -> None:
    with pytest.raises(UsageError, match="Kanji are not read") as caught:
        next(Espeak().speak(Line("東京都", "ja")))
    assert "kana" in caught.value.hint
    assert "cmn" not in caught.value.hint


@pytest.mark.parametrize(("asked", "nearest"), [("germann", "de"), ("englich", "en-us"), ("frr", "fr")])
def test_an_unknown_language_is_answered_by_codes_the_nearest_first(asked: str, nearest: str) -> None:
    with pytest.raises(UsageError, match="no language called") as caught:
        next(Espeak().speak(Line("hello", asked)))
    codes = caught.value.hint.removeprefix("--lang ").removesuffix(")").replace("  (then nearest: ", ", ").split(", ")
    assert len(codes) == len(set(codes)) <= 6
    assert set(codes) <= {code for code, _ in languages()}
    assert codes[0].startswith(nearest)


def test_a_language_that_is_like_none_is_answered_by_how_one_is_written() -> None:
    with pytest.raises(UsageError, match="no language called 'xyzzy'") as caught:
        next(Espeak().speak(Line("hello", "xyzzy")))
    assert caught.value.hint.startswith("a tag such as en-us")
