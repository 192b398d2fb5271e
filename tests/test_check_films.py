"""A film may have titles and fades, and two beside each other; what is wrong beside them is found all the same."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import av
import damage
import numpy as np
import pytest
from clips import noise
from damage import Clip
from flashes import Flash
from hypothesis import given
from hypothesis import strategies as st

from deckard_cli.check import check
from deckard_cli.clip import turns
from deckard_cli.clip.interludes import read, within, written
from deckard_cli.clip.reel import Filmed, Reel, run
from deckard_cli.clip.turns import Box
from deckard_cli.idlers import Idlers
from deckard_cli.route import render

SAID = ("Maybe Bob will promise Pam five more movies.", "Good evening. The bus leaves in four minutes.")


@pytest.fixture(scope="module")
def parts(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, ...]:
    folder = tmp_path_factory.mktemp("parts")
    return tuple(render(text, output=folder / f"{at}.mp4", size=256).path for at, text in enumerate(SAID))


def film(parts: tuple[Path, ...], folder: Path, **options: object) -> Path:
    *_, made = run(Reel(clips=parts, output=folder / "film.mp4", **options))  # type: ignore[arg-type]
    assert isinstance(made, Filmed)
    return made.path


def song(folder: Path) -> Path:
    path = folder / "song.wav"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("pcm_s16le", rate=24000, layout="mono")
        frame = av.AudioFrame.from_ndarray((noise(240_000) * 9000).astype("int16")[None], "s16", "mono")
        frame.rate = 24000
        container.mux(stream.encode(frame))
    return path


@pytest.mark.parametrize("music", [False, True])
def test_titles_and_fades_are_no_faults(parts: tuple[Path, ...], here: Path, music: bool) -> None:
    made = film(parts, here, titles=("One", "Two"), music=song(here) if music else None)
    report = check(made)
    assert report.ok, report.failed
    assert (report["face"].value or 0) < 0.05
    assert report["follows"].ok and report["sync"].ok


@pytest.mark.parametrize(
    ("how", "name"),
    [
        ("sound +120 ms", "sync"),
        ("black middle", "black"),
        ("frames dropped", "doubled"),
        ("sound clipped", "clipping"),
    ],
)
def test_what_is_wrong_in_a_film_is_found(parts: tuple[Path, ...], here: Path, how: str, name: str) -> None:
    # In two of them there are too few pictures to be sure of a beat.
    clip = Clip.read(film((*parts, *parts), here, title="Our town"))
    damage.ALONE[how](clip).write(here / "bad.mp4")
    assert name in {finding.name for finding in check(here / "bad.mp4").failed}


def test_a_title_that_stands_too_long_has_no_face(parts: tuple[Path, ...], here: Path) -> None:
    """While somebody speaks, that is: the first second of the first clip is covered by it."""
    clip = Clip.read(film(parts, here, title="Our town"))
    spans = read(clip.tags)
    begin = round(max(end for _, end in spans if end < 4) * clip.fps)
    covered = [clip.pictures[0] if index < begin + 30 else each for index, each in enumerate(clip.pictures)]
    replace(clip, pictures=covered).write(here / "bad.mp4")
    assert {"frozen", "face"} & {finding.name for finding in check(here / "bad.mp4").failed}


def test_a_black_card_is_black(parts: tuple[Path, ...], here: Path) -> None:
    clip = Clip.read(film(parts, here, title="Our town"))
    black = tuple(np.full_like(plane, 16 if at == 0 else 128) for at, plane in enumerate(clip.pictures[0]))
    pictures = [black if index < 20 else each for index, each in enumerate(clip.pictures)]
    replace(clip, pictures=pictures).write(here / "bad.mp4")
    assert check(here / "bad.mp4")["black"].ok is False


@pytest.fixture(scope="module")
def talk(tmp_path_factory: pytest.TempPathFactory) -> Clip:
    """Two beside each other, of whom the first says little."""
    folder = tmp_path_factory.mktemp("talk")
    said = (("joi", "Yes."), ("officer_k", SAID[0]), ("joi", "No, never."), ("officer_k", SAID[1]))
    clips = tuple(
        render(text, persona=persona, output=folder / f"{at}.mp4", size=256).path
        for at, (persona, text) in enumerate(said)
    )
    with Idlers() as idlers:
        return Clip.read(film(clips, folder, layout="side", waiting=idlers))


def test_of_two_beside_each_other_the_one_who_speaks_is_looked_at(talk: Clip, here: Path) -> None:
    report = check(talk.write(here / "good.mp4"))
    assert report.ok, report.failed
    # Of one mouth alone, or now of this and now of that, half of it is told at most.
    assert int(report["follows"].sentence.partition("%")[0]) > 75
    assert report["sync"].ok and abs(report["sync"].value or 99) < 25


@pytest.mark.parametrize("milliseconds", [-200, 200])
def test_sound_that_is_moved_is_found_with_two_beside_each_other(talk: Clip, here: Path, milliseconds: int) -> None:
    report = check(damage.moved(talk, milliseconds).write(here / "bad.mp4"))
    assert [finding.name for finding in report.failed] == ["sync"]
    assert report["sync"].value == pytest.approx(milliseconds, abs=25)


def test_who_listens_does_not_say_it(talk: Clip, here: Path) -> None:
    """With the sides of the tag the other way round."""
    spoken = [turn._replace(box=Box(0.5 - turn.box.left, 0, 1.5 - turn.box.right, 1)) for turn in turns.read(talk.tags)]
    tags = {**talk.tags, turns.TAG: turns.written(spoken)}
    assert not check(replace(talk, tags=tags).write(here / "bad.mp4"))["follows"].ok


def test_a_film_whose_turns_are_nonsense_is_looked_at_as_if_it_had_none(parts: tuple[Path, ...], here: Path) -> None:
    clip = Clip.read(parts[0])
    plain = check(clip.write(here / "plain.mp4")).findings
    for tag in ("left half", "0,0,0.5,1", "0.9,0,1.9,1 0-9", "0,0,0.01,1 0-9"):
        bad = replace(clip, tags={**clip.tags, turns.TAG: tag}).write(here / "bad.mp4")
        assert check(bad).findings == plain


def test_a_part_in_which_nothing_can_be_seen_is_not_looked_at(here: Path) -> None:
    clip = Clip.read(render(SAID[0], output=here / "small.mp4", size=192).path)
    bad = replace(clip, tags={**clip.tags, turns.TAG: "0,0,0.1,1 0-9"}).write(here / "bad.mp4")
    assert check(bad)["follows"].ok


def test_a_picture_that_is_but_a_line_has_no_face(here: Path) -> None:
    assert check(Flash(size=(4000, 8)).write(here / "line.mp4"))["face"].value == 1


halves = st.tuples(st.integers(0, 4), st.integers(0, 4)).map(
    lambda at: Box(at[0] / 10, at[1] / 10, 0.5 + at[0] / 10, 1 - at[1] / 10)
)


@given(st.lists(st.tuples(st.floats(0, 50), st.floats(0.01, 50), halves), max_size=20))
def test_turns_are_read_as_they_were_written(said: list[tuple[float, float, Box]]) -> None:
    spoken, now = [], 0.0
    for pause, length, box in said:
        spoken.append(turns.Turn(now + pause, now + pause + length, box))
        now += pause + length
    again = turns.read({turns.TAG: turns.written(spoken)})
    assert [turn.box for turn in again] == [turn.box for turn in spoken]
    for turn, one in zip(again, spoken, strict=True):
        assert (turn.start, turn.end) == pytest.approx((one.start, one.end), abs=6e-4)
        assert turns.box_at(again, (turn.start + turn.end) / 2) == turn.box
    assert turns.box_at(again, now + 1) is None


@pytest.mark.parametrize(
    "tag",
    [
        *("", ";", "all of it", "0-9", "0,0,1,1", "0,0,1 0-9", "0,0,1,1 0-9;", "0,0,1,1 0-9 x", "0,0,1,1 9-0"),
        *("0,0,1,1.1 0-9", "0.5,0,0.5,1 0-9", "0.6,0,0.5,1 0-9", "-1,0,1,1 0-9", "nan,0,1,1 0-9", "0,0,1e0,1 0-9"),
        *("0,0,1,1 0-inf", "0,0,1,1 12345678901-2", "0,0,1,1 0-9 3-4", "0,0,0.5,1 0-9; 0.5,0,1,1 8-10"),
        *("0,0,0.5,1 0-1; 0,0,0.09,1 1-2", "0,0,1,1 ٠-٩", "0,0,1,1 " + "0-1 " * 100_000),
        " ".join(["0,0,1,1", *(f"{at}-{at + 1}" for at in range(30_000))]),
    ],
    ids=range(23),
)
def test_a_tag_that_tells_nothing_tells_no_turns(tag: str) -> None:
    assert turns.read({turns.TAG: tag}) == ()


@given(st.text("0123456789.,;- ", max_size=60))
def test_whatever_stands_in_the_tag_turns_are_one_after_the_other_and_in_the_picture(tag: str) -> None:
    found = turns.read({turns.TAG: tag})
    for turn in found:
        left, top, right, bottom = turn.box
        assert 0 <= left < right <= 1 and 0 <= top < bottom <= 1 and 0 <= turn.start < turn.end
    assert all(one.end <= other.start + 0.002 for one, other in pairwise(found))


@given(st.lists(st.tuples(st.floats(0, 9000), st.floats(0.01, 50)), max_size=20))
def test_interludes_are_read_as_they_were_written(lengths: list[tuple[float, float]]) -> None:
    spans = [(start, start + length) for start, length in lengths]
    again = read({"interludes": written(spans)})
    assert np.allclose(np.array(again), np.array(spans).round(3)) if spans else again == ()
    times = np.arange(0, 100, 0.5)
    inside = [any(start <= time < end for start, end in again) for time in times]
    assert within(again, times).tolist() == inside


@pytest.mark.parametrize("tag", ["", "all of it", "5-2", "-1-3", "1-2-3", "nan-inf", "1e3-2e3", "12345678901-2"])
def test_a_tag_that_tells_nothing_is_no_interlude(tag: str) -> None:
    assert read({"interludes": tag}) == ()
