"""Who decides: flag, environment, deckard.toml, default, in this order, each known by its name."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from deckard_cli.cli import run
from deckard_cli.errors import UsageError
from deckard_cli.settings import FPS, choose, frame_rate, frame_size


def test_a_flag_beats_the_environment_which_beats_the_file_which_beats_the_default(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (here / "deckard.toml").write_text('fps = 60\nsize = 256\nmood = "sad"\n')
    monkeypatch.setenv("DECKARD_FPS", "50")
    monkeypatch.setenv("DECKARD_MOOD", "happy")
    settled = choose({"fps": 30, "mood": None})
    assert (settled.settings.fps, settled.sources["fps"]) == (30, "--fps")
    assert (settled.settings.mood, settled.sources["mood"]) == ("happy", "DECKARD_MOOD")
    assert (settled.settings.size, settled.sources["size"]) == ("256", str(here / "deckard.toml"))
    assert (settled.settings.persona, settled.sources["persona"]) == ("joi", "default")


def test_the_nearest_file_above_is_read_and_no_other(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (here / "deckard.toml").write_text("fps = 60\nspeed = 2.0\n")
    below = here / "project" / "deep"
    below.mkdir(parents=True)
    (here / "project" / "deckard.toml").write_text("fps = 30\n")
    monkeypatch.chdir(below)
    settled = choose({})
    assert settled.settings.fps == 30
    assert settled.settings.speed == 1.0


def test_a_mistake_in_the_file_is_named_with_its_line(here: Path) -> None:
    (here / "deckard.toml").write_text('fps = 25\nvoise = "espeak"\nspeed = 9\n')
    with pytest.raises(UsageError) as caught:
        choose({})
    assert f"{here / 'deckard.toml'}:2: voise: " in caught.value.message
    assert f"{here / 'deckard.toml'}:3: speed: " in caught.value.message


@pytest.mark.parametrize(
    ("flag", "value", "says"),
    [
        ("speed", float("nan"), "--speed: it has to be a number, not nan."),
        ("speed", 9.0, "--speed: it has to be at most 2, not 9."),
        ("captions", "foo", "--captions: it has to be 'srt', 'vtt', 'ass' or 'burned', not 'foo'."),
    ],
)
def test_a_mistake_in_a_flag_is_told_in_words(flag: str, value: object, says: str, here: Path) -> None:
    with pytest.raises(UsageError) as caught:
        choose({flag: value})
    assert caught.value.message == says


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ('voise = "espeak"', "voise: there is no such field; did you mean 'voice'?"),
        ("persona = 5", "persona: it has to be a text, not 5"),
        ("trim_silence = 3", "trim_silence: it has to be true or false, not 3"),
        ("size = [1]", "size: it has to be a text, not a list"),
        ("voices = 3", "voices: it has to be a table, not 3"),
        ("voices.espeak.rate = [3]", "voices.espeak.rate: it has to be a text or a whole number or a number or"),
    ],
)
def test_a_mistake_in_the_file_is_told_in_words(line: str, says: str, here: Path) -> None:
    (here / "deckard.toml").write_text(f"fps = 25\n{line}\n")
    with pytest.raises(UsageError) as caught:
        choose({})
    assert f"{here / 'deckard.toml'}:2: {says}" in caught.value.message


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ('persona = "rachel"', "persona: There is no persona called 'rachel'."),
        ('voice = "espaek"', "voice: There is no voice called 'espaek'."),
        ('face = "rug"', "face: There is no face called 'rug'."),
        ('mood = "hapy"', "mood: There is no mood called 'hapy'."),
        ("fps = 28", "fps: A clip cannot have 28 frames a second."),
        ("size = 513", "size: A clip cannot be 513x513"),
    ],
)
@pytest.mark.parametrize("command", [["preflight"], ["render", "hello", "-o", "a.mp4"]])
def test_who_asks_for_what_is_not_there_is_named(
    line: str, says: str, command: list[str], here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (here / "deckard.toml").write_text(f"\n{line}\n")
    assert run(command) == 2
    assert f"{here / 'deckard.toml'}:2: {says}" in capsys.readouterr().err


def test_a_variable_that_asks_for_what_is_not_there_is_named(
    here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DECKARD_PERSONA", "rachel")
    assert run(["voice", "preview", "hello"]) == 2
    assert "DECKARD_PERSONA: There is no persona called 'rachel'." in capsys.readouterr().err


def test_a_mood_that_is_marked_in_the_text_is_not_blamed_on_the_file(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (here / "deckard.toml").write_text('mood = "happy"\n')
    assert run(["render", "[hapy] hello", "-o", "a.mp4"]) == 2
    assert "deckard.toml" not in capsys.readouterr().err


def test_a_mood_and_no_loudness_may_be_written_in_any_case(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for loudness in ("off", "OFF"):
        flags = ["--voice", "tone", "--mood", "Happy", "--loudness", loudness, "-q"]
        assert run(["render", "hello", "-o", f"{loudness}.wav", *flags]) == 0, capsys.readouterr().err
    assert (here / "off.wav").read_bytes() == (here / "OFF.wav").read_bytes()


def test_prices_are_read_and_are_no_part_of_a_job(here: Path) -> None:
    (here / "deckard.toml").write_text('[prices]\nopenai = 12\n"openai/tts-1-hd" = 24.5\nrig = 0\n')
    settings = choose({}).settings
    assert settings.prices == {"openai": 12.0, "openai/tts-1-hd": 24.5, "rig": 0.0}
    assert "prices" not in settings.model_dump()


def test_a_price_or_an_option_of_a_voice_that_nobody_has_is_named_with_its_line(here: Path) -> None:
    (here / "deckard.toml").write_text("fps = 25\n\n[prices]\nopenia = 12\n\n[voices.espaek]\npitch = 3\n")
    with pytest.raises(UsageError) as caught:
        choose({})
    assert f"{here / 'deckard.toml'}:4: prices.openia: there is no voice or face called so" in caught.value.message
    assert "did you mean 'openai'?" in caught.value.message
    assert f"{here / 'deckard.toml'}:6: voices.espaek: there is no voice called so" in caught.value.message
    assert "did you mean 'espeak'?" in caught.value.message


@pytest.mark.parametrize("price", ["-1", "inf", "nan", '"much"'])
def test_what_is_no_price_is_refused_with_its_line(here: Path, price: str) -> None:
    (here / "deckard.toml").write_text(f"[prices]\nopenai = {price}\n")
    with pytest.raises(UsageError, match=r"deckard\.toml:2: prices\.openai: "):
        choose({})


def test_a_mistake_in_a_variable_is_named_by_it(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DECKARD_SPEED", "fast")
    with pytest.raises(UsageError, match=r"DECKARD_SPEED.*'fast'"):
        choose({})


@pytest.mark.parametrize(
    ("asked", "given"),
    [
        ("512", (512, 512)),
        ("720x1280", (720, 1280)),
        ("720X1280", (720, 1280)),
        ("9:16", (720, 1280)),
        ("16:9", (1280, 720)),
        ("1:1", (720, 720)),
        ("4:5", (720, 900)),
        ("64", (64, 64)),
        ("2160x2160", (2160, 2160)),
    ],
)
def test_a_size_is_a_side_two_sides_or_a_shape(asked: str, given: tuple[int, int]) -> None:
    assert frame_size(asked) == given


@pytest.mark.parametrize(
    ("asked", "offered"),
    [("513", "514x514"), ("0", "64x64"), ("9999", "2160x2160"), ("100:1", "2160x720"), ("1x2161", "64x2160")],
)
def test_a_size_that_cannot_be_is_answered_with_the_nearest_that_can(asked: str, offered: str) -> None:
    with pytest.raises(UsageError) as caught:
        frame_size(asked)
    assert caught.value.hint == f"--size {offered}"
    assert frame_size(offered)


@pytest.mark.parametrize("asked", ["", "x", "-2", "1.5", "12x", "٥١٢", "9" * 5000])
def test_what_is_no_size_is_said_to_be_none(asked: str) -> None:
    with pytest.raises(UsageError, match="is no size"):
        frame_size(asked)


@pytest.mark.parametrize(("asked", "offered"), [(0, 24), (-5, 24), (28, 30), (10**9, 60)])
def test_a_frame_rate_that_cannot_be_is_answered_with_the_nearest_that_can(asked: int, offered: int) -> None:
    with pytest.raises(UsageError) as caught:
        frame_rate(asked)
    assert caught.value.hint == f"--fps {offered}"
    assert offered in FPS


def test_preflight_says_which_one_spoke(
    here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (here / "deckard.toml").write_text("fps = 60\n")
    monkeypatch.setenv("DECKARD_MOOD", "happy")
    assert run(["preflight", "--voice", "tone", "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    known = ["version", "ready", "choices", "backends", "forms", "keys", "variables", "endpoints", "system"]
    assert list(report) == known
    said = {choice["name"]: (choice["value"], choice["source"]) for choice in report["choices"]}
    assert said["voice"] == ("tone", "--voice")
    assert said["mood"] == ("happy", "DECKARD_MOOD")
    assert said["fps"] == (60, str(here / "deckard.toml"))
    assert said["face"] == ("rig", "persona joi")
    assert said["persona"] == ("joi", "default")
    assert all(form["ready"] for form in report["forms"])


def test_preflight_reports_before_it_says_what_is_missing(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["preflight", "--voice", "unplugged", "--json"]) == 3
    out, err = capsys.readouterr()
    assert json.loads(out)["ready"] is False
    assert json.loads(err)["error"]["hint"].endswith(" --reinstall deckard-doubles")


@pytest.mark.parametrize(
    ("asked", "tag"),
    [("german", "de"), ("German", "de"), ("de", "de"), ("zh_CN", "zh_CN"), ("klingonese", "klingonese")],
)
def test_the_name_of_a_language_becomes_its_tag(asked: str, tag: str, here: Path) -> None:
    assert choose({"lang": asked}).settings.lang == tag
