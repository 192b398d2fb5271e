"""A film may have titles and fades; what is wrong beside them is found all the same."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import av
import damage
import numpy as np
import pytest
from clips import noise
from damage import Clip
from hypothesis import given
from hypothesis import strategies as st

from deckard_cli.check import check
from deckard_cli.clip.interludes import read, within, written
from deckard_cli.clip.reel import Filmed, Reel, run
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
    clip = Clip.read(film(parts, here, title="Our town"))
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
