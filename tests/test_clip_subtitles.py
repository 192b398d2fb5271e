"""Files of captions are as players read them: text and times come back out of pysrt, webvtt and FFmpeg."""

from __future__ import annotations

import re
import shutil
import subprocess
from itertools import pairwise
from pathlib import Path

import pysrt
import pytest
import webvtt
from hypothesis import given, settings
from hypothesis import strategies as st
from told import hello, speech, speeches

from deckard_cli.clip import wrap
from deckard_cli.clip.captions import Captions, Cue, Piece, Style
from deckard_cli.clip.timings.subtitles import ass, srt, vtt
from deckard_cli.speech import Speech, Word

FEW = settings(max_examples=40, deadline=None)
SAID = st.lists(speeches(), min_size=1, max_size=3)


def cues_of(said: list[Speech], columns: int = 42) -> list[Cue]:
    captions = Captions(columns)
    for each in said:
        captions.add(each)
    return captions.cues()


def cue(start: float, end: float, *lines: str) -> Cue:
    return Cue(start, end, tuple((Piece(line, start, end),) for line in lines))


def plain(text: str) -> str:
    return "".join(text.replace("→", "-->").split())


def all_of(said: list[Speech]) -> str:
    return plain("".join(each.text for each in said))


def test_no_cues_are_an_empty_file() -> None:
    assert srt([]) == ""
    assert vtt([]) == "WEBVTT\n"
    assert ass([]).endswith("Effect, Text\n")


def test_times_and_signs_are_written_as_players_read_them() -> None:
    cues = [cue(0.0, 1.2345, "Tom & <Jerry>", "--> go"), cue(3661.5, 3662.0, "{End}", r"C:\New")]
    assert srt(cues).splitlines() == [
        "1", "00:00:00,000 --> 00:00:01,234", "Tom & <Jerry>", "→ go", "",
        "2", "01:01:01,500 --> 01:01:02,000", "{End}", r"C:\New",
    ]  # fmt: skip
    assert vtt(cues).splitlines()[2:5] == ["00:00:00.000 --> 00:00:01.234", "Tom &amp; &lt;Jerry&gt;", "→ go"]
    assert ass(cues).splitlines()[-2:] == [
        r"Dialogue: 0,0:00:00.00,0:00:01.23,Default,,0,0,0,,Tom & <Jerry>\N--> go",
        r"Dialogue: 0,1:01:01.50,1:01:02.00,Default,,0,0,0,,\{End\}\NC:" + "\\\u2060New",
    ]


@FEW
@given(SAID)
def test_pysrt_reads_all_that_is_said_in_cues_that_do_not_overlap(said: list[Speech]) -> None:
    found = pysrt.from_string(srt(cues_of(said)))
    assert plain("".join(item.text for item in found)) == all_of(said)
    assert [item.index for item in found] == list(range(1, len(found) + 1))
    assert all(item.start < item.end for item in found)
    assert all(one.end <= other.start for one, other in pairwise(found))
    assert all(len(item.text.splitlines()) <= 2 for item in found)


@FEW
@given(SAID)
def test_pysrt_reads_one_cue_for_each_word(said: list[Speech]) -> None:
    found = pysrt.from_string(srt(cues_of(said), "words"))
    assert plain("".join(item.text for item in found)) == all_of(said)
    assert len(found) == sum(len(list(wrap.pieces(each.text, 42))) for each in said)
    assert all(item.start < item.end for item in found)
    assert all(one.end <= other.start for one, other in pairwise(found))


@FEW
@given(SAID, st.sampled_from(["lines", "words"]))
def test_webvtt_reads_all_that_is_said(said: list[Speech], style: Style) -> None:
    cues = cues_of(said)
    found = webvtt.from_string(vtt(cues, style))
    assert plain("".join(caption.text for caption in found)) == plain(
        all_of(said).translate(str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})).replace("--&gt;", "→")
    )
    assert [(caption.start_in_seconds, caption.end_in_seconds) for caption in found] == [
        (int(cue.start + 0.0005), int(cue.end + 0.0005)) for cue in cues
    ]


@FEW
@given(SAID)
def test_time_stamps_within_a_cue_rise_and_lie_within_it(said: list[Speech]) -> None:
    for block in vtt(cues_of(said), "words").split("\n\n")[2:]:
        times = [float(m) * 60 + float(s) for m, s in re.findall(r"00:(\d\d):(\d\d\.\d{3})", block)]
        start, end, *inside = times
        assert [start, *inside, end] == sorted({start, *inside, end})


def test_each_word_is_stamped_with_its_time() -> None:
    cues = cues_of(hello())
    assert vtt(cues, "words").splitlines() == [
        "WEBVTT", "", "STYLE", "::cue(:future) {", "  opacity: 0.6;", "}", "",
        "00:00:00.100 --> 00:00:01.520", "Well, <00:00:00.450>hello <00:00:00.830>Bob!", "",
        "00:00:01.720 --> 00:00:02.800", '"Bob" <00:00:02.013>&amp; <00:00:02.110>&lt;Bob&gt;',
    ]  # fmt: skip
    assert [line.rpartition(",,")[2] for line in ass(cues, "words").splitlines()[-2:]] == [
        r"{\k35}Well, {\k38}hello {\k39}Bob!",
        r'{\k29}"Bob" {\k10}& {\k39}<Bob>',
    ]


@FEW
@given(SAID)
def test_karaoke_lasts_as_long_as_its_words(said: list[Speech]) -> None:
    cues = cues_of(said)
    lines = [line for line in ass(cues, "words").splitlines() if line.startswith("Dialogue")]
    for shown, line in zip(cues, lines, strict=True):
        spans = [int(span) for span in re.findall(r"\{\\k(\d+)\}", line)]
        pieces = [piece for row in shown.rows for piece in row]
        assert len(spans) == len(pieces)
        assert sum(spans) <= round(100 * shown.end) - round(100 * shown.start)
        for index, piece in enumerate(pieces[1:], 1):
            lit = max(piece.start, shown.start)  # what began before its cue is lit at once
            assert abs(round(100 * shown.start) + sum(spans[:index]) - 100 * lit) <= 1


@pytest.mark.skipif(not shutil.which("ffmpeg"), reason="FFmpeg's command is not there")
@pytest.mark.parametrize("style", ["lines", "words"])
def test_ffmpeg_reads_ass(style: Style, tmp_path: Path) -> None:
    text = "Well, it is a long way, Bob; and so on, and so on, and so on, said the man. 你好，Bob. नमस्ते"
    words = [Word(word, 0.3 * i, 0.3 * (i + 1)) for i, word in enumerate(text.split())]
    cues = cues_of([speech(text, 8.0, words)])
    (tmp_path / "a.ass").write_text(ass(cues, style), encoding="utf-8")
    command = ["ffmpeg", "-v", "error", "-i", "a.ass", "-c:s", "webvtt", "a.vtt"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    found = webvtt.read(str(tmp_path / "a.vtt"))
    assert plain("".join(caption.text for caption in found)) == plain(text)
    assert [caption.start for caption in found] == [f"00:00:0{round(each.start, 2):.3f}" for each in cues]


@FEW
@given(SAID, st.integers(10, 42))
def test_a_narrow_picture_has_short_lines(said: list[Speech], columns: int) -> None:
    cues = cues_of(said, columns)
    assert all(wrap.columns(line) <= columns for each in cues for line in each.lines)
    assert plain("".join(line for each in cues for line in each.lines)) == all_of(said)
