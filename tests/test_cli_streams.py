"""stdout is the answer alone; every word to a person is on stderr."""

from __future__ import annotations

import io
import json
import os
import pty
import signal
import subprocess
import time
from pathlib import Path

import av
import pytest
from running import QUICK, Deckard

FIELDS = (
    "version path captions timings duration frames fps width height sample_rate persona voice face lang notes "
    "cached failed"
)


def test_the_answer_is_the_path_of_the_clip(deckard: Deckard, here: Path) -> None:
    done = deckard("render", "Hello, it's me!", *QUICK)
    assert (done.returncode, done.stdout) == (0, "joi-hello-its-me.mp4\n")
    assert done.stderr == "deckard: It is only a hum.\n"
    assert [file.name for file in here.iterdir()] == ["joi-hello-its-me.mp4"]


def test_quiet_says_nothing_to_people(deckard: Deckard) -> None:
    done = deckard("render", "hello", *QUICK, "-q")
    assert (done.returncode, done.stdout, done.stderr) == (0, "joi-hello.mp4\n", "")


def test_json_is_one_object_with_its_fields_in_order(deckard: Deckard, here: Path) -> None:
    done = deckard("render", "hello you", *QUICK, "--json", "--captions", "srt", "--size", "64x128")
    report = json.loads(done.stdout)
    assert list(report) == FIELDS.split()
    assert report["version"] == 1
    assert Path(report["path"]) == here / "joi-hello-you.mp4"
    assert Path(report["captions"]) == here / "joi-hello-you.srt"
    assert (report["width"], report["height"], report["fps"], report["frames"]) == (64, 128, 25, 20)
    assert report["duration"] == pytest.approx(0.8)
    assert report["notes"] == ["It is only a hum."]


def test_the_clip_goes_to_stdout_and_the_text_comes_from_stdin(deckard: Deckard, here: Path) -> None:
    done = deckard.raw("render", "-", "-o", "-", *QUICK, stdin=b"one two three four")
    with av.open(io.BytesIO(done.stdout)) as clip:
        assert clip.format.name.startswith("mov,mp4")
        assert len(list(clip.decode(video=0))) == 33
    assert done.returncode == 0
    assert list(here.iterdir()) == []


def test_a_recording_comes_from_stdin(deckard: Deckard, here: Path) -> None:
    deckard("render", "one two", *QUICK, "-o", "speech.wav")
    done = deckard(
        "render", "--audio", "-", "--face", "flat", "-o", "clip.mp4", stdin=(here / "speech.wav").read_bytes()
    )
    assert (done.returncode, done.stdout) == (0, "clip.mp4\n")


def test_the_text_comes_from_a_file(deckard: Deckard, here: Path) -> None:
    (here / "script.txt").write_text("Guten Tag.", encoding="utf-8")
    assert deckard("render", "--file", "script.txt", *QUICK).stdout == "joi-guten-tag.mp4\n"


@pytest.mark.parametrize(
    ("text", "name"),
    [("नमस्ते दुनिया", "joi-नमस्ते-दुनिया.mp4"), ("你好。", "joi-你好.mp4"), ("../../etc/passwd", "joi-etc-passwd.mp4")],
)
def test_a_clip_is_named_after_its_first_words_in_any_script(
    text: str, name: str, deckard: Deckard, here: Path
) -> None:
    assert deckard("render", text, *QUICK).stdout == f"{name}\n"
    assert [file.name for file in here.iterdir()] == [name]


def test_a_long_text_makes_a_short_name(deckard: Deckard) -> None:
    assert len(deckard("render", "w" * 300 + " and more", *QUICK).stdout) < 80


def test_an_older_clip_is_replaced(deckard: Deckard, here: Path) -> None:
    (here / "joi-hello.mp4").write_text("old")
    assert deckard("render", "hello", *QUICK).returncode == 0
    assert (here / "joi-hello.mp4").read_bytes()[4:8] == b"ftyp"


@pytest.mark.parametrize(
    "arguments", [("render", "hello", "-o", "-"), ("render", "hello"), ("preflight",), ("--help",)]
)
def test_a_reader_that_has_gone_is_no_error(arguments: tuple[str, ...], deckard: Deckard, here: Path) -> None:
    more = [*QUICK, "-q"] if arguments[0] == "render" else []
    reading, writing = os.pipe()
    os.close(reading)
    command = deckard.command(*arguments, *more)
    done = subprocess.run(
        command, stdout=writing, stderr=subprocess.PIPE, text=True, env=deckard.variables(), check=False
    )
    os.close(writing)
    assert (done.returncode, done.stderr) == (0, "")
    assert [file for file in here.iterdir() if "part" in file.name] == []


@pytest.mark.parametrize(("how", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_render_that_is_stopped_leaves_nothing(how: signal.Signals, code: int, deckard: Deckard, here: Path) -> None:
    command = deckard.command("render", "word " * 4000, *QUICK, "--size", "1024", "-o", "clip.mp4", "-q")
    with subprocess.Popen(command, stdout=-1, stderr=-1, text=True, cwd=here, env=deckard.variables()) as process:
        until = time.monotonic() + 20
        while not any(file.stat().st_size for file in here.iterdir()):
            assert time.monotonic() < until, "the clip never began"
            time.sleep(0.02)
        process.send_signal(how)
        out, err = process.communicate(timeout=20)
    assert (process.returncode, out, err) == (code, "", "")
    assert list(here.iterdir()) == []


def test_help_is_shown_on_stdout_where_no_command_is_named(deckard: Deckard) -> None:
    done = deckard()
    assert (done.returncode, done.stderr) == (2, "")
    assert done.stdout == deckard("--help").stdout


def in_a_terminal(deckard: Deckard, here: Path, *arguments: str) -> str:
    """What the command says on a stderr that is a terminal."""
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        deckard.command(*arguments), stdout=-1, stderr=theirs, cwd=here, env={**deckard.variables(), "TERM": "xterm"}
    ) as process:
        os.close(theirs)
        said = b""
        try:
            while part := os.read(ours, 4096):
                said += part
        except OSError:  # Linux says so when the other end of a terminal is closed
            pass
        process.communicate(timeout=60)
    os.close(ours)
    assert process.returncode == 0
    return said.decode()


def test_long_work_shows_how_far_it_is_and_how_long_it_takes(deckard: Deckard, here: Path) -> None:
    said = in_a_terminal(deckard, here, "render", "A word. " * 50, *QUICK, "--size", "1024")
    assert "Rendering" in said
    assert "0:00:" in said
    assert "%" in said


def test_no_bar_is_shown_for_short_work_or_when_asked_to_be_quiet(deckard: Deckard, here: Path) -> None:
    assert in_a_terminal(deckard, here, "render", "hi", *QUICK) == "deckard: It is only a hum.\r\n"
    assert in_a_terminal(deckard, here, "render", "A word. " * 50, *QUICK, "--size", "1024", "-q") == ""


def test_no_colour_is_obeyed(here: Path) -> None:
    deckard = Deckard(here, {"NO_COLOR": "1"})
    said = in_a_terminal(deckard, here, "render", "A word. " * 50, *QUICK, "--size", "1024")
    assert "Rendering" in said
    assert "\x1b[3" not in said
