"""What people type by mistake: each is answered by a sentence, a hint and an exit code, and leaves nothing behind."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from running import QUICK, Deckard

from deckard_cli.cli import run

WRONG = {
    "no text": (["render"], 2, "no_text", "nothing to say"),
    "empty text": (["render", ""], 2, "text_empty", "no text"),
    "spaces": (["render", " \n\t "], 2, "text_empty", "no text"),
    "only punctuation": (["render", "?!... --"], 2, "text_unspeakable", "no letter"),
    "only emoji": (["render", "🙂🎉"], 2, "text_unspeakable", "no letter"),
    "only control characters": (["render", "\x01\x02\x7f"], 2, "text_empty", "no text"),
    "two megabytes": (["render", "word " * 400_000], 2, "text_too_long", "the most is"),
    "markup": (["render", "<speak>hello</speak>"], 2, "text_markup", "markup"),
    "two texts": (["render", "hello", "--file", "script.txt"], 2, "two_texts", "Both"),
    "a text file that is not there": (["render", "--file", "nowhere.txt"], 2, "file_missing", "nowhere.txt"),
    "unknown persona": (["render", "hi", "--persona", "jo"], 2, "unknown_persona", "'jo'"),
    "a persona's folder that is not there": (["render", "hi", "--persona", "./jo"], 2, "bad_persona", "persona.toml"),
    "unknown voice": (["render", "hi", "--voice", "espeek"], 2, "unknown_voice", "'espeek'"),
    "unknown face": (["render", "hi", "--face", "rigg"], 2, "unknown_face", "'rigg'"),
    "unknown language": (["render", "hi", "--lang", "germann"], 2, "unknown_language", "'germann'"),
    "unknown mood": (["render", "hi", "--mood", "hapy"], 2, "unknown_mood", "'hapy'"),
    "unknown quality": (["render", "hi", "--quality", "goood"], 2, "unknown_quality", "'goood'"),
    "unknown captions": (["render", "hi", "--captions", "sub"], 2, "bad_setting", "--captions"),
    "no frames a second": (["render", "hi", "--fps", "0"], 2, "bad_fps", "0 frames"),
    "a rate of frames between two": (["render", "hi", "--fps", "29"], 2, "bad_fps", "29 frames"),
    "an odd size": (["render", "hi", "--size", "511"], 2, "bad_size", "511x511"),
    "a huge size": (["render", "hi", "--size", "100000x64"], 2, "bad_size", "100000x64"),
    "a size of nothing": (["render", "hi", "--size", "0"], 2, "bad_size", "0x0"),
    "a shape of nothing": (["render", "hi", "--size", "0:1"], 2, "bad_size", "0x720"),
    "a size in words": (["render", "hi", "--size", "big"], 2, "bad_size", "'big'"),
    "backwards": (["render", "hi", "--speed", "-1"], 2, "bad_setting", "--speed"),
    "a speed in words": (["render", "hi", "--speed", "fast"], 2, "bad_command_line", "--speed"),
    "a suffix that says nothing": (["render", "hi", "-o", "clip.avi"], 2, "unknown_form", "clip.avi"),
    "a folder that is not there": (["render", "hi", *QUICK, "-o", "no/clip.mp4"], 2, "no_folder", "no"),
    "a folder as the clip": (["render", "hi", *QUICK, "-o", "full.mp4"], 2, "is_folder", "full.mp4"),
    "a folder without a suffix as the clip": (["render", "hi", "-o", "full"], 2, "is_folder", "full"),
    "a file as the clip's folder": (["render", "hi", *QUICK, "-o", "empty.wav/a.mp4"], 2, "no_folder", "empty.wav"),
    "a pipe as the clip": (["render", "hi", *QUICK, "-o", "pipe.mp4"], 2, "not_a_file", "pipe.mp4"),
    "a clip without a name": (["render", "hi", "-o", ""], 2, "no_name", "clip"),
    "sound without a name": (["render", "hi", "--audio", ""], 2, "no_name", "recording"),
    "a clip over its sound": (
        ["render", "--audio", "tone.wav", "-o", "./tone.wav"], 2, "output_is_input", "is the input"),
    "a clip over its script": (
        ["render", "--file", "script.wav", "-o", "script.wav"], 2, "output_is_input", "is the input"),
    "captions over the script": (
        ["render", "--file", "script.srt", "-o", "script.mp4", "--captions", "srt"], 2, "output_is_input", "the input"),
    "captions of sound whose words nobody knows": (
        ["render", "--audio", "tone.wav", "--captions", "srt"], 2, "captions_without_words", "words"),
    "captions burned into sound": (
        ["render", "hi", "--captions", "burned", "-o", "a.wav"], 2, "captions_without_picture", "picture"),
    "a background of sound": (
        ["render", "hi", "--background", "transparent", "-o", "a.wav"], 2, "background_without_picture", "sound alone"),
    "a style of no captions": (
        ["render", "hi", "--captions-style", "words", "-o", "a.mp4"], 2, "style_without_captions", "no captions"),
    "sound that is a folder": (["render", "--audio", "full.mp4"], 2, "audio_unreadable", "full.mp4"),
    "sound that is not there": (["render", "--audio", "nowhere.wav"], 2, "audio_missing", "nowhere.wav"),
    "empty sound": (["render", "--audio", "empty.wav"], 1, "audio_empty", "empty.wav"),
    "sound that breaks off": (["render", "--audio", "truncated.wav"], 1, "audio_truncated", "truncated.wav"),
    "a text as sound": (["render", "--audio", "script.txt"], 1, "audio_unreadable", "script.txt"),
    "a recording with a voice": (
        ["render", "--audio", "tone.wav", "--voice", "tone"], 2, "recording_is_given", "as it was recorded"),
    "a recording that was not given": (["render", "hi", "--voice", "recording"], 2, "no_recording", "no recording"),
    "a voice that is silent": (["render", "hi", "--voice", "mute", "--face", "flat"], 1, "voice_silent", "mute"),
    "a voice without its library": (
        ["render", "hi", "--voice", "unplugged", "--face", "flat"], 3, "not_installed", "a_library_that_nobody_has"),
    "a face that gives up": (
        ["render", "one two three four", "--voice", "tone", "--face", "failing"], 4, "gave_up", "gave up"),
    "unknown command": (["rendr", "hi"], 2, "bad_command_line", "rendr"),
    "unknown option": (["render", "hi", "--persna", "joi"], 2, "bad_command_line", "--persna"),
    "a persona to show that nobody has": (["persona", "show", "jo"], 2, "unknown_persona", "'jo'"),
    "preflight of a voice without its library": (
        ["preflight", "--voice", "unplugged"], 3, "not_installed", "a_library_that_nobody_has"),
}  # fmt: skip


@pytest.fixture
def furnished(here: Path) -> Path:
    """A folder with files to stumble over."""
    samples = (0.2 * np.sin(np.arange(16000) / 10) * 32767).astype("<i2").tobytes()
    head = b"RIFF" + (36 + len(samples)).to_bytes(4, "little") + b"WAVEfmt " + (16).to_bytes(4, "little")
    head += b"".join(
        n.to_bytes(size, "little") for n, size in ((1, 2), (1, 2), (16000, 4), (32000, 4), (2, 2), (16, 2))
    )
    whole = head + b"data" + len(samples).to_bytes(4, "little") + samples
    (here / "tone.wav").write_bytes(whole)
    (here / "truncated.wav").write_bytes(whole[: len(whole) // 2])
    (here / "empty.wav").touch()
    (here / "script.txt").write_text("Words in a file.\n" * 100)
    (here / "script.srt").write_text("Words in a file.")
    (here / "script.wav").write_text("Words in a file.")
    (here / "full.mp4").mkdir()
    (here / "full").mkdir()
    os.mkfifo(here / "pipe.mp4")
    return here


@pytest.mark.parametrize("case", WRONG)
def test_a_mistake_is_answered_by_a_sentence_a_hint_and_an_exit_code(
    case: str, furnished: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments, exit_code, code, part = WRONG[case]
    before = sorted(furnished.iterdir())
    assert run([*arguments, "--json"] if arguments[0] == "render" else arguments) == exit_code
    out, err = capsys.readouterr()
    if arguments[0] == "render":
        error = json.loads(err.splitlines()[-1])["error"]
        assert list(error) == ["code", "message", "hint"]
        assert error["code"] == code
        assert part in error["message"]
        assert error["hint"]
        assert out == ""
    else:
        assert err.startswith("deckard: ")
        assert part in err
        assert "\n  try: " in err
    assert "Traceback" not in err
    assert sorted(furnished.iterdir()) == before


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        (["--persona", "jo"], "joi"),
        (["--voice", "espeek"], "espeak"),
        (["--face", "rigg"], "rig"),
        (["--lang", "germann"], "--lang de"),
        (["--mood", "hapy"], "happy"),
        (["--fps", "29"], "30"),
        (["--size", "511"], "512"),
    ],
)
def test_the_nearest_name_or_number_is_offered(
    typed: list[str], meant: str, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["render", "hi", *typed]) == 2
    hint = capsys.readouterr().err.splitlines()[-1]
    assert hint.startswith("  try: ")
    assert meant in hint


@pytest.mark.skipif(not Path("/sys/kernel").exists(), reason="needs a folder that nobody can write, not even root")
def test_a_folder_that_cannot_be_written_is_named(deckard: Deckard) -> None:
    done = deckard("render", "hi", *QUICK, "-o", "/sys/kernel/clip.mp4")
    assert (done.returncode, done.stdout) == (1, "")
    assert "The folder '/sys/kernel' cannot be written." in done.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a disk that is always full")
def test_a_full_disk_behind_stdout_is_said(deckard: Deckard) -> None:
    with Path("/dev/full").open("wb") as full:
        command = deckard.command("render", "hi", *QUICK, "-o", "-")
        done = subprocess.run(
            command, stdout=full, stderr=subprocess.PIPE, text=True, env=deckard.variables(), check=False
        )
    assert done.returncode == 1
    assert "No space left" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_disk_that_fills_up_leaves_nothing_behind(deckard: Deckard, here: Path) -> None:
    program = (
        "import resource, signal, sys; signal.signal(signal.SIGXFSZ, signal.SIG_IGN);"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000));"
        "from deckard_cli.cli import run; sys.exit(run(sys.argv[1:]))"
    )
    command = [sys.executable, "-c", program, "render", "word " * 60, *QUICK, "-o", "clip.mp4"]
    done = subprocess.run(command, capture_output=True, text=True, env=deckard.variables(), check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert "no room" in done.stderr
    assert list(here.iterdir()) == []


@pytest.mark.parametrize("arguments", [["render", "-"], ["render", "--audio", "-"]], ids=" ".join)
def test_a_terminal_is_not_read_from(arguments: list[str], here: Path) -> None:
    ours, theirs = pty.openpty()
    try:
        command = [sys.executable, "-m", "deckard_cli", *arguments]
        done = subprocess.run(command, stdin=theirs, capture_output=True, text=True, timeout=30, check=False)
    finally:
        os.close(ours)
        os.close(theirs)
    assert done.returncode == 2
    assert "terminal" in done.stderr
    assert "\n  try: " in done.stderr


def test_a_clip_is_not_written_to_a_terminal(here: Path) -> None:
    ours, theirs = pty.openpty()
    try:
        command = [sys.executable, "-m", "deckard_cli", "render", "hi", "-o", "-"]
        done = subprocess.run(command, stdout=theirs, stderr=subprocess.PIPE, text=True, timeout=30, check=False)
    finally:
        os.close(ours)
        os.close(theirs)
    assert done.returncode == 2
    assert "-o - >" in done.stderr


def test_a_mistake_of_our_own_is_owned_up_to(
    here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["render", "hi", "--voice", "broken", "--face", "flat"]
    assert run(arguments) == 1
    assert "ZeroDivisionError" in (said := capsys.readouterr().err)
    assert "DECKARD_DEBUG=1" in said
    monkeypatch.setenv("DECKARD_DEBUG", "1")
    with pytest.raises(ZeroDivisionError):
        run(arguments)


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        (["render", "hi", "--speed", "fast"], "'--speed': it has to be a number, not 'fast'"),
        (["render", "hi", "--fps", "1.5"], "'--fps': it has to be a whole number, not '1.5'"),
        (["batch", "rows.csv", "-o", "clips", "--jobs", "0"], "'-j': it has to be at least 1, not '0'"),
        (["runpod", "deploy", "image", "--workers", "101"], "'--workers': it has to be at most 100, not '101'"),
        (["render", "hi", "--max-audio-seconds", "-1"], "cannot be -1: it has to be a number, 0 or more"),
    ],
)
def test_a_number_that_cannot_be_is_refused_in_our_words(
    typed: list[str], said: str, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(typed) == 2
    assert said in capsys.readouterr().err


@pytest.mark.parametrize(("option", "value"), [("--voice", "nope"), ("--lang", "xx"), ("--face", "zzz")])
def test_what_is_far_from_any_name_is_not_guessed(
    option: str, value: str, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["render", "hi", option, value]) == 2
    err = capsys.readouterr().err
    assert "did you mean" not in err and "nearest" not in err


def test_sound_that_is_not_there_is_wrong_use_with_a_cache_too(
    here: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DECKARD_CACHE", "true")
    assert run(["render", "--audio", "nowhere.wav"]) == 2
    assert "There is no file 'nowhere.wav'." in capsys.readouterr().err


def test_where_python_reads_ascii_the_hint_mends_that(here: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "deckard_cli", "render", "Größe"],
        capture_output=True,
        check=False,
        env={**os.environ, "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0", "LC_ALL": "C"},
    )
    assert done.returncode == 2
    assert b"try: export PYTHONUTF8=1" in done.stderr
