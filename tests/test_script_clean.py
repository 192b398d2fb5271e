"""What a text is before it is said."""

from __future__ import annotations

import io
import subprocess
import sys
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deckard_cli.errors import DeckardError, UsageError
from deckard_cli.script import LONGEST, clean, guess_language, read_file, read_stdin


def refusal(text: str) -> str:
    with pytest.raises(UsageError) as caught:
        clean(text)
    assert caught.value.message.endswith(".")
    assert caught.value.hint
    return caught.value.code


@pytest.mark.parametrize(
    "text",
    [
        "\x1b[1;31mHello\x1b[0m world",
        "Hel\x1b[38;5;12mlo \x1b[Kworld",
        "\x1b]0;title\x07Hello world",
        "Hello \x1b]8;;http://a.example\x1b\\world\x1b]8;;\x1b\\",
        "\x1bHello world",
    ],
)
def test_what_colours_a_terminal_is_not_said(text: str) -> None:
    assert clean(text) == "Hello world"


@pytest.mark.parametrize("text", ["", "   ", "\n\t", "\u200b", "\x00\x07"])
def test_text_without_anything_is_refused(text: str) -> None:
    assert refusal(text) == "text_empty"


@pytest.mark.parametrize("text", ["...", "?!", "😀", "❤️ 👩‍👩‍👧", "— * —", "%"])
def test_text_without_a_letter_or_a_digit_is_refused(text: str) -> None:
    assert refusal(text) == "text_unspeakable"


@pytest.mark.parametrize(
    "text",
    [
        "<speak>hi</speak>",
        "wait <break/> here",
        'a <prosody rate="slow">b',
        "x </p> y",
        "<!-- hi -->",
        "<BR>one",
        "<?xml a",
    ],
)
def test_markup_is_refused(text: str) -> None:
    assert refusal(text) == "text_markup"


@pytest.mark.parametrize("text", ["a < b", "a < b and c > d", "I <3 you", "x<5", "mail <joi@example.org>", "1 <2> 3"])
def test_signs_that_are_not_markup_stay(text: str) -> None:
    assert clean(text) == text


def test_a_text_that_is_too_long_says_how_long_it_is() -> None:
    with pytest.raises(UsageError, match="2,000,000 characters") as caught:
        clean("a" * 2_000_000)
    assert caught.value.code == "text_too_long"
    assert len(clean("a" * LONGEST)) == LONGEST


def test_bytes_that_were_not_text_are_refused() -> None:
    assert refusal(b"caf\xe9".decode("utf-8", "surrogateescape")) == "text_undecodable"


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("a\u0301", "á"),
        ("one\r\n\ttwo\u00a0three", "one two three"),
        ("he\u00adllo\u200b wor\ufeffld\x1b", "hello world"),
        ("\u202eabc\u202c", "abc"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("क्\u200dष", "क्\u200dष"),
        ("a 👩\u200d👧 b", "a 👩\u200d👧 b"),
        ("end\u200d", "end"),
        ("you \ufffd me", "you me"),
    ],
)
def test_junk_goes_and_meaning_stays(text: str, cleaned: str) -> None:
    assert clean(text) == cleaned


@given(st.text(max_size=200))
def test_cleaning_twice_changes_nothing_and_loses_no_letter(text: str) -> None:
    try:
        once = clean(text)
    except UsageError:
        return
    assert clean(once) == once
    assert not [c for c in once if unicodedata.category(c) in ("Cc", "Co", "Cs")]
    letters = [c for c in unicodedata.normalize("NFC", text) if c.isalnum()]
    assert len([c for c in once if c.isalnum()]) <= len(letters)
    assert set(unicodedata.normalize("NFD", once)) >= {c for c in unicodedata.normalize("NFD", text) if c.isalnum()}


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("你好", "cmn"),
        ("こんにちは世界", "ja"),
        ("世界の人", "ja"),
        ("안녕", "ko"),
        ("مرحبا", "ar"),
        ("नमस्ते", "hi"),
        ("Привет", "ru"),
        ("Καλημέρα", "el"),
        ("שלום", "he"),
        ("สวัสดี", "th"),
        ("வணக்கம்", "ta"),
        ("হ্যালো", "bn"),
        ("hello", None),
        ("hello 你", None),
        ("123 !?", None),
    ],
)
def test_the_writing_tells_the_language(text: str, language: str | None) -> None:
    assert guess_language(text) == language


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_file_is_read_in_each_encoding(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "script.txt"
    path.write_bytes("Grüße, 世界".encode(encoding))
    assert read_file(path) == "Grüße, 世界"


@pytest.mark.parametrize("data", [b"caf\xe9", b"\x89PNG\r\n\x1a\n\x00\x00", b"\xff\xfeabc"])
def test_a_file_that_is_not_text_is_refused(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "script.txt"
    path.write_bytes(data)
    with pytest.raises(UsageError, match="is not text") as caught:
        read_file(path)
    assert caught.value.code == "text_undecodable"


def test_a_file_that_is_not_there_a_folder_and_a_huge_file_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="There is no file"):
        read_file(tmp_path / "none.txt")
    with pytest.raises(DeckardError):
        read_file(tmp_path)
    huge = tmp_path / "huge.txt"
    with huge.open("wb") as file:
        file.truncate(2**30)
    with pytest.raises(UsageError, match="larger than 16 MB"):
        read_file(huge)


def test_stdin_is_read_and_a_terminal_is_refused() -> None:
    class Terminal(io.BytesIO):
        def isatty(self) -> bool:
            return True

    assert read_stdin(io.BytesIO("olá".encode())) == "olá"
    with pytest.raises(UsageError, match="terminal") as caught:
        read_stdin(Terminal())
    assert "echo" in caught.value.hint


def test_the_script_is_light_to_import() -> None:
    heavy = "numpy", "av", "cv2", "rich", "typer"
    program = f"import sys, deckard_cli.script; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
