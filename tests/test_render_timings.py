"""A clip's timings and captions are those of what is seen and heard in it."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from praatio import textgrid
from running import QUICK, Deckard

from deckard_cli import render
from deckard_cli.errors import DeckardError, UsageError
from deckard_cli.events import Written


def quick(name: str, *timings: str, **options: object) -> Written:
    return render(
        "One two. Three four.",
        output=name,
        voice="tone",
        face="flat",
        size="64",
        timings=timings,
        **options,  # type: ignore[arg-type]
    )


def test_timings_end_with_the_clip(here: Path) -> None:
    written = quick("clip.mp4", "a.json", "a.csv", "a.TextGrid")
    assert written.timings == tuple(here / name for name in ("a.json", "a.csv", "a.TextGrid"))
    times = json.loads((here / "a.json").read_text(encoding="utf-8"))
    assert times["sound"] == "clip.mp4"
    assert times["duration"] == pytest.approx(written.duration, abs=1e-4)
    assert [(word["text"], word["start"]) for word in times["words"]] == [
        ("One", 0.0), ("two.", 0.25), ("Three", 0.5), ("four.", 0.75)
    ]  # fmt: skip
    with (here / "a.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == written.frames
    assert max(float(row["JawOpen"]) for row in rows) > 0.3
    grid = textgrid.openTextgrid(str(here / "a.TextGrid"), includeEmptyIntervals=False)
    assert grid.maxTimestamp == pytest.approx(written.duration, abs=1e-5)
    assert sorted(path.name for path in here.iterdir()) == ["a.TextGrid", "a.csv", "a.json", "clip.mp4"]


def test_curves_are_the_same_where_nothing_is_drawn(here: Path) -> None:
    quick("clip.mp4", "seen.csv")
    quick("clip.wav", "heard.csv")
    assert (here / "seen.csv").read_text() == (here / "heard.csv").read_text()


def test_a_loop_has_curves(here: Path) -> None:
    written = render("", idle=2, output="loop.mp4", face="flat", size="64", timings=("loop.csv",))
    assert len((here / "loop.csv").read_text().splitlines()) == 1 + written.frames == 51


@pytest.mark.parametrize(
    ("name", "timings", "options", "code"),
    [
        ("a.mp4", ["a.jsn"], {}, "unknown_timings"),
        ("a.mp4", ["b.json", "./b.json"], {}, "output_twice"),
        ("a.mp4", ["a.srt"], {"captions": "srt"}, "output_twice"),
    ],
)
def test_timings_that_cannot_be_are_refused(
    name: str, timings: list[str], options: dict[str, object], code: str, here: Path
) -> None:
    with pytest.raises(UsageError) as caught:
        quick(name, *timings, **options)
    assert caught.value.code == code
    assert not list(here.iterdir())


@pytest.mark.parametrize("name", ["a.json", "a.TextGrid", "a.srt"])
def test_a_recording_without_words_has_only_what_the_face_does(name: str, here: Path) -> None:
    quick("hum.wav")
    with pytest.raises(UsageError) as caught:
        render("", audio="hum.wav", output="clip.mp4", face="flat", size="64", timings=(name,))
    assert caught.value.code == "timings_without_words"
    render("", audio="hum.wav", output="clip.mp4", face="flat", size="64", timings=("a.csv", "a.tsv"))
    assert (here / "a.csv").stat().st_size > 1000
    assert {line.split("\t")[1] for line in (here / "a.tsv").read_text().splitlines()} > {"X"}


def test_timings_never_replace_what_is_read(here: Path, deckard: Deckard) -> None:
    (here / "a.json").write_text("Hello.")
    done = deckard("render", "--file", "a.json", *QUICK, "-o", "a.mp4", "--timings", "a.json")
    assert (done.returncode, done.stdout) == (2, "")
    assert "The output is the input" in done.stderr
    assert (here / "a.json").read_text() == "Hello."


def test_a_folder_that_is_not_there_is_told_before_the_clip_is_drawn(here: Path) -> None:
    with pytest.raises(DeckardError) as caught:
        quick("clip.mp4", "a.csv", "times/a.json")
    assert caught.value.code == "no_folder"
    assert "mkdir" in caught.value.hint
    assert not list(here.iterdir())


def test_a_clip_that_fails_leaves_no_timings(here: Path) -> None:
    with pytest.raises(DeckardError):
        render("One two three four.", output="a.mp4", voice="tone", face="failing", timings=("a.csv", "a.json"))
    assert not list(here.iterdir())


def test_the_command_says_where_the_timings_are(here: Path, deckard: Deckard) -> None:
    done = deckard(
        "render", "hello you", *QUICK, "--size", "64", "--json", "--captions", "ass", "--captions-style", "words",
        "--timings", "a.json", "--timings", "a.rhubarb.json",
    )  # fmt: skip
    report = json.loads(done.stdout)
    assert report["timings"] == [str(here / "a.json"), str(here / "a.rhubarb.json")]
    assert set(json.loads((here / "a.rhubarb.json").read_text())) == {"metadata", "mouthCues"}
    assert r"{\k25}hello\N{\k25}you" in Path(report["captions"]).read_text()


def test_the_style_of_captions_is_a_setting(here: Path, deckard: Deckard) -> None:
    (here / "deckard.toml").write_text('captions = "srt"\ncaptions_style = "words"\n')
    assert deckard("render", "hello you", *QUICK, "--size", "64", "-o", "a.mp4").returncode == 0
    assert (here / "a.srt").read_text().count("-->") == 2
    (here / "deckard.toml").write_text('background = "navy"\ncaptions_style = "words"\n')
    assert deckard("render", "hello you", *QUICK, "-o", "a.wav").returncode == 0
    lines = deckard("render", "hello", *QUICK, "-o", "a.wav", "--timings", "b.vtt", "--captions-style", "lines")
    assert lines.returncode == 0
    wrong = deckard("render", "hello you", *QUICK, "--captions-style", "word")
    assert (wrong.returncode, wrong.stdout) == (2, "")
    assert "--captions-style" in wrong.stderr
