"""Captions beside a clip: in order, over all that is said, when it is said."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deckard_cli.check import Thresholds
from deckard_cli.check.captions import Cue, captions, read_cues
from deckard_cli.check.listen import Hearing, Reading
from deckard_cli.check.report import Finding
from deckard_cli.speech import Word

SRT = """1
00:00:01,000 --> 00:00:02,000
Hello there.

2
00:00:04,000 --> 00:00:05,500
How are you?
"""
WORDS = (Word("Hello", 1.0, 1.5), Word("there", 1.5, 2.0), Word("How", 4.0, 4.3), Word("are", 4.3, 4.5))


def hearing(words: tuple[Word, ...] = ()) -> Hearing:
    """A voice from 1 to 2 and from 4 to 5 seconds, of six."""
    level = np.full(600, -90.0, np.float32)
    level[100:200] = level[400:500] = -20
    nothing = np.zeros(600, np.float32)
    return Hearing(level, nothing, -16.0, nothing, 0, Reading(nothing, words, ()) if words else None)


def found(folder: Path, text: str, words: tuple[Word, ...] = ()) -> dict[str, Finding]:
    (folder / "a.srt").write_text(text, encoding="utf-8")
    return {each.name: each for each in captions(folder / "a.mp4", 6.0, hearing(words), Thresholds())}


@pytest.mark.parametrize("words", [(), WORDS])
def test_captions_of_what_is_said_are_right(here: Path, words: tuple[Word, ...]) -> None:
    told = found(here, SRT, words)
    assert set(told) == {"captions_srt", "captions_srt_whole", "captions_srt_sync"}
    assert all(finding.ok for finding in told.values())
    assert told["captions_srt_sync"].value == pytest.approx(0, abs=20)


@pytest.mark.parametrize("words", [(), WORDS])
def test_captions_that_come_late_are_found(here: Path, words: tuple[Word, ...]) -> None:
    told = found(here, SRT.replace("01,000", "01,900").replace("04,000", "04,900"), words)
    assert told["captions_srt_sync"].value == pytest.approx(900, abs=20)
    assert told["captions_srt_sync"].ok is False


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "no captions"),
        ("hello", "no captions"),
        (SRT.replace("05,500", "03,500"), "ends before it begins"),
        (SRT.replace("02,000", "04,500"), "before the one before it has ended"),
        (SRT.replace("05,500", "09,500"), "3.5 s after the clip"),
    ],
)
def test_captions_that_cannot_be_shown_are_told(here: Path, text: str, fault: str) -> None:
    told = found(here, text)["captions_srt"]
    assert told.ok is False
    assert fault in told.sentence


def test_what_has_no_captions_is_measured(here: Path) -> None:
    told = found(here, SRT.partition("\n2\n")[0])["captions_srt_whole"]
    assert told.value == pytest.approx(0.5, abs=0.02)
    assert told.ok is False


def test_web_captions_are_read_with_tags_hours_and_settings(here: Path) -> None:
    (here / "a.vtt").write_text(
        "\ufeffWEBVTT\r\n\r\nNOTE nothing\r\n\r\n00:01.000 --> 00:02.000 line:0\r\n<c>Hel</c>lo\r\nthere\r\n\r\n"
        "one\r\n01:00:04.000 --> 01:00:05.500\r\nHow\r\n",
        encoding="utf-8",
    )
    assert read_cues(here / "a.vtt") == [Cue(1.0, 2.0, "Hello there"), Cue(3604.0, 3605.5, "How")]


def test_a_clip_without_captions_is_asked_for_none(here: Path) -> None:
    assert list(captions(here / "a.mp4", 6.0, hearing(), Thresholds())) == []


@given(st.text(st.sampled_from("0123456789:,.-> \n\r<>abcé\ufeff"), max_size=200))
def test_no_text_makes_reading_fail(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    file = tmp_path_factory.getbasetemp() / "any.srt"
    file.write_text(text, encoding="utf-8")
    assert all(cue.start >= 0 for cue in read_cues(file))
