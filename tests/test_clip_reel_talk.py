"""Two beside each other, captions that are carried over, music under speech, and the command."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from clips import half_clear
from flashes import Flash
from running import QUICK, Deckard

from deckard_cli.cli import run as command
from deckard_cli.clip.decode import pictures, probe, sound
from deckard_cli.clip.provenance.signer import signer
from deckard_cli.clip.provenance.verify import read as provenance
from deckard_cli.clip.reel import Filmed, Noted, Reel, run
from deckard_cli.clip.reel.footage import Footage, survey
from deckard_cli.clip.reel.subtitles import read
from deckard_cli.clip.turns import read as read_turns
from deckard_cli.idlers import Idlers

RED, BLUE = (200, 30, 30), (30, 30, 200)
A = Flash(frames=25, first=5, last=20, colour=RED, tags=(("persona", "a"), ("synthetic", "true")))
B = Flash(frames=25, first=5, last=20, colour=BLUE, tags=(("persona", "b"), ("synthetic", "true")))


def film(asked: Reel) -> Filmed:
    *_, last = run(asked)
    assert isinstance(last, Filmed)
    return last


def clips(folder: Path, *flashes: Flash) -> tuple[Path, ...]:
    return tuple(flash.write(folder / f"{number}.mp4") for number, flash in enumerate(flashes))


def shown(path: Path) -> list[np.ndarray]:
    return [pixels.astype(int) for _, pixels in pictures(path)]


def kind(pixel: np.ndarray) -> str:
    """Which of the colours of these clips it is."""
    known = {"red": RED, "blue": BLUE, "dark": (40, 40, 40), "green": (30, 200, 30)}
    return min(known, key=lambda name: float(np.abs(pixel - known[name]).sum()))


def test_two_beside_each_other_speak_in_turn(tmp_path: Path) -> None:
    asked = Reel(clips=clips(tmp_path, A, A, B, B), output=tmp_path / "film.mp4", layout="side", fade=0.4)
    made = film(asked)
    assert (made.width, made.height, made.frames) == (128, 64, 100)
    assert [path.name for path, _ in made.starts] == ["0.mp4", "2.mp4", "1.mp4", "3.mp4"]
    assert [at for _, at in made.starts] == [0.0, 1.0, 2.0, 3.0]
    middles = [shown(made.path)[25 * second + 12] for second in range(4)]
    assert [kind(each[32, 32]) for each in middles] == ["red", "dark", "red", "dark"]
    assert [kind(each[32, 96]) for each in middles] == ["dark", "blue", "dark", "blue"]


@pytest.mark.parametrize(("title", "begin"), [("", 0.0), ("Talk", None)])
def test_a_film_of_two_says_which_side_speaks_when(tmp_path: Path, title: str, begin: float | None) -> None:
    """From when a clip is no longer faded in over who waited."""
    asked = Reel(clips=clips(tmp_path, A, B, B), output=tmp_path / "film.mp4", layout="side", title=title)
    made = film(asked)
    first = made.starts[0][1]
    assert first == begin if begin is not None else first > 2
    turns = read_turns(probe(made.path).tags)
    assert [turn.box for turn in turns] == [(0, 0, 0.5, 1), (0.5, 0, 1, 1), (0.5, 0, 1, 1)]
    spans = [(round(turn.start - first, 3), round(turn.end - first, 3)) for turn in turns]
    assert spans == [(0.0, 1.0), (1.16, 2.0), (2.16, 3.0)]
    for turn in turns:  # it is the side that flashes
        middle = shown(made.path)[round((turn.start + turn.end) / 2 * 25)]
        half = middle[:, int(turn.box.left * made.width) : int(turn.box.right * made.width)]
        assert kind(half[32, 32]) in ("red", "blue")


def test_a_film_of_one_at_a_time_says_nothing_of_sides(tmp_path: Path) -> None:
    made = film(Reel(clips=clips(tmp_path, A, B), output=tmp_path / "film.mp4", layout="turn"))
    assert "turns" not in probe(made.path).tags


def test_who_listens_waits_in_a_loop(tmp_path: Path) -> None:
    loop = Flash(frames=10, first=0, last=10, level=0.0, colour=(30, 200, 30)).write(tmp_path / "loop.mp4")
    asked_for: list[str] = []

    def waiting(footage: Footage) -> Path | None:
        asked_for.append(footage.persona)
        return loop if footage.persona == "b" else None

    asked = Reel(
        clips=clips(tmp_path, A, B, A, B), output=tmp_path / "film.mp4", layout="side", waiting=waiting, title="Talk"
    )
    events = list(run(asked))
    made = events[-1]
    assert isinstance(made, Filmed)
    assert asked_for == ["a", "b"]
    assert [event.message for event in events if isinstance(event, Noted)] == list(made.notes)
    assert len(made.notes) == 1 and "0.mp4" in made.notes[0]
    first = round(made.starts[0][1] * 25)
    frames = shown(made.path)[first:]
    assert [kind(frames[25 * second + 12][32, 96]) for second in range(4)] == ["green", "blue", "green", "blue"]
    assert [kind(frames[25 * second + 12][32, 32]) for second in range(4)] == ["red", "dark", "red", "dark"]


def test_in_turn_each_has_the_whole_picture(tmp_path: Path) -> None:
    asked = Reel(clips=clips(tmp_path, A, A, B, B), output=tmp_path / "film.mp4", layout="turn", fade=0.0)
    made = film(asked)
    assert (made.width, made.frames) == (64, 100)
    assert [kind(shown(made.path)[25 * second + 12][32, 32]) for second in range(4)] == ["red", "blue", "red", "blue"]


@pytest.mark.parametrize("size", [(64, 64), (96, 48)])
def test_behind_a_clip_that_is_see_through_is_the_background(tmp_path: Path, size: tuple[int, int]) -> None:
    half_clear(tmp_path / "a.webm", 10)
    asked = Reel(clips=(tmp_path / "a.webm",), output=tmp_path / "film.mp4", size=size, background="#c81e1e")
    made = shown(film(asked).path)[5]
    assert kind(made[24, size[0] // 2 - 10]) == "red"
    assert np.abs(made[24, size[0] // 2 + 10] - 191).max() < 8


def test_captions_go_where_their_clip_goes(tmp_path: Path) -> None:
    paths = clips(tmp_path, A, B, A)
    for path, words in zip(paths, ("One", "Two", ""), strict=True):
        if words:
            path.with_suffix(".srt").write_text(f"1\n00:00:00,200 --> 00:00:00,900\n{words}\n", encoding="utf-8")
    made = film(Reel(clips=paths, output=tmp_path / "film.mp4", fade=0.0))
    assert made.captions == tmp_path / "film.srt"
    assert [(each.start, each.lines) for each in read(tmp_path / "film.srt")] == [(0.2, ("One",)), (1.2, ("Two",))]
    assert made.notes == (f"1 of 3 clips have no captions, among them '{paths[2]}'.",)
    made = film(Reel(clips=paths, output=tmp_path / "film.mp4", fade=0.0, captions="vtt"))
    assert made.captions == tmp_path / "film.vtt"
    assert film(Reel(clips=paths, output=tmp_path / "off.mp4", captions="off")).captions is None
    assert not (tmp_path / "off.srt").exists()


def test_captions_are_burned_where_they_are_said(tmp_path: Path) -> None:
    large = replace(A, size=(160, 120), colour=(40, 40, 40))
    [path] = clips(tmp_path, large)
    path.with_suffix(".srt").write_text("1\n00:00:00,200 --> 00:00:00,800\nHello.\n", encoding="utf-8")
    made = film(Reel(clips=(path,), output=tmp_path / "film.mp4", captions="burned"))
    assert made.captions is None
    lit = [bool(pixels[90:].max() > 180) for pixels in shown(made.path)]
    assert lit == [5 <= number < 20 for number in range(25)]


def test_music_is_under_speech_and_the_film_as_loud_as_asked(tmp_path: Path) -> None:
    song = Flash(frames=75, first=0, last=75, rate=44100).write(tmp_path / "song.wav")
    long = replace(A, frames=250, first=125, last=175)
    made = film(Reel(clips=clips(tmp_path, long), output=tmp_path / "film.mp4", music=song))
    assert made.rate == 44100
    samples, rate = sound(made.path)
    power = [float(np.sqrt(np.mean(samples[second * rate : (second + 1) * rate] ** 2))) for second in range(10)]
    assert 0.05 < power[2] / power[5] < 0.9
    assert power[9] < power[2] / 2
    assert abs(samples[0]) < 1e-3


def test_a_film_of_signed_clips_says_so_and_of_which(tmp_path: Path) -> None:
    own = signer()
    asked = Reel(clips=clips(tmp_path, A, B, A), output=tmp_path / "film.mp4", signer=own, fade=0.0)
    film(asked)
    told = provenance(asked.output)
    assert told.state == "valid"
    assert [each.title for each in told.ingredients] == ["0.mp4", "1.mp4", "2.mp4"]
    first = asked.output.read_bytes()
    film(asked)
    assert asked.output.read_bytes() == first
    plain = replace(asked, clips=clips(tmp_path, replace(A, tags=())))
    film(plain)
    assert provenance(plain.output).state == "none"


def test_somebody_who_is_here_waits_as_they_look_in_their_clip(deckard: Deckard) -> None:
    done = deckard("render", "hello", "--persona", "joi", "--size", "96", "--voice", "tone", "-o", "joi.mp4", "--json")
    assert done.returncode == 0, done.stderr
    footage = survey(deckard.folder / "joi.mp4")
    with Idlers() as idlers:
        loop = idlers(footage)
        assert loop
        picture = probe(loop).picture
        assert picture and picture.size == (96, 96)
        first = next(iter(pictures(loop)))[1].astype(int)
        own = next(iter(pictures(footage.path)))[1].astype(int)
        assert np.abs(first - own).mean() < 12
        for tags in (
            {},
            {"persona": "nobody"},
            {"persona": str(footage.path.parent)},
            {"persona": "joi", "face": "tavus"},
        ):
            assert idlers(replace(footage, tags=tags)) is None
    assert not loop.exists()
    plain = Flash(size=(96, 96), tags=(("persona", "joi"),)).write(deckard.folder / "other.mp4")
    with Idlers() as idlers:
        loop = idlers(survey(plain))
        assert loop
        assert np.abs(next(iter(pictures(loop)))[1][:3].astype(int) - 40).mean() < 6


def test_the_command_joins_and_tells(deckard: Deckard) -> None:
    for name in ("a", "b"):
        done = deckard("render", f"hello {name}", *QUICK, "--size", "64", "--captions", "srt", "-o", f"{name}.mp4")
        assert done.returncode == 0, done.stderr
    done = deckard("reel", "a.mp4", "b.mp4", "-o", "film.mp4", "--title", "Hello", "--fade", "0.2")
    assert (done.returncode, done.stdout, done.stderr) == (0, "film.mp4\n", "")
    assert [each.lines for each in read(deckard.folder / "film.srt")] == [("hello a",), ("hello b",)]
    (deckard.folder / "t.txt").write_text("One\nTwo\n", encoding="utf-8")
    done = deckard(
        "reel", "a.mp4", "b.mp4", "-o", "f.mp4", "--titles", "t.txt", "--size", "128x64", "--fps", "30", "--json"
    )
    report = json.loads(done.stdout)
    assert (report["version"], report["width"], report["height"], report["fps"]) == (1, 128, 64, 30.0)
    assert report["path"] == str(deckard.folder / "f.mp4")
    assert [Path(clip["path"]).name for clip in report["clips"]] == ["a.mp4", "b.mp4"]
    assert 2 < report["clips"][0]["start"] < report["clips"][1]["start"] < report["duration"]
    assert provenance(deckard.folder / "f.mp4").state == "valid"


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("a.mp4",), "bad_command_line"),
        (("-o", "film.mp4"), "bad_command_line"),
        (("a.mp4", "-o", "film.mp4", "--layout", "sides"), "unknown_layout"),
        (("a.mp4", "-o", "film.mp4", "--fps", "17"), "bad_fps"),
        (("a.mp4", "-o", "film.mp4", "--size", "huge"), "bad_size"),
        (("a.mp4", "-o", "film.mp4", "--loudness", "loud"), "bad_loudness"),
        (("a.mp4", "-o", "film.mp4", "--titles", "none.txt"), "bad_titles"),
        (("a.mp4", "-o", "a.mp4"), "output_is_input"),
    ],
    ids=str,
)
def test_what_is_typed_wrongly_is_wrong_use(
    here: Path, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], code: str
) -> None:
    Flash().write(here / "a.mp4")
    exit_code = command(["reel", *arguments, "--json"])
    told = capsys.readouterr()
    error = json.loads(told.err)["error"]
    assert (exit_code, told.out, error["code"]) == (2, "", code)
    assert error["hint"]
    assert [each.name for each in here.iterdir()] == ["a.mp4"]
