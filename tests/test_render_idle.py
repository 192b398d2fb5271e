"""A loop that is played on and on shows no seam."""

from __future__ import annotations

import json
from pathlib import Path

import av
import numpy as np
import pytest
from running import Deckard

from deckard_cli import Job, UsageError, render
from deckard_cli.clip.decode import probe, sound
from deckard_cli.job import settle
from deckard_cli.shoot import shoot

CELL = 8


def coarse(path: Path) -> np.ndarray:
    """Every decoded frame as the mean lightness of its cells: what a codec does to single pixels is not seen."""
    with av.open(str(path)) as clip:
        grey = np.array([frame.to_ndarray(format="gray") for frame in clip.decode(video=0)], float)
    count, height, width = grey.shape
    return grey.reshape(count, height // CELL, CELL, width // CELL, CELL).mean(axis=(2, 4))


@pytest.mark.parametrize(("name", "seconds"), [("loop.mp4", 2), ("loop.mp4", 3.5), ("loop.webm", 3), ("loop.gif", 3)])
def test_the_step_from_the_last_frame_to_the_first_is_like_the_others(name: str, seconds: float, here: Path) -> None:
    written = render("", idle=seconds, output=name, size="256", quality="best", mood="happy")
    cells = coarse(here / name)
    assert len(cells) == written.frames == round(25 * seconds)
    steps = np.abs(np.diff(cells, axis=0))
    seam = np.abs(cells[0] - cells[-1])
    # A codec lets a slow cell stand for a frame or two, and the first frame has it right.
    assert seam.max() <= 2 * np.percentile(steps.max(axis=(1, 2)), 75)
    # The first frame is coded by itself, as one every two seconds is: it has another grain than the one before.
    assert seam.mean() <= 1.5 * steps.mean(axis=(1, 2)).max()
    assert np.ptp(cells, axis=0).max() > 30, "nobody blinked"


@pytest.mark.parametrize("seconds", [2, 5])
def test_hair_that_swings_swings_over_the_seam(seconds: int, here: Path) -> None:
    (take,) = shoot(settle(Job(text="", idle=seconds, output=here / "loop.mp4", size="256")))
    frames = np.array([frame.planes[0] for frame in take.frames], np.int16)
    steps = np.abs(np.diff(frames, axis=0)).mean(axis=(1, 2))
    assert np.abs(frames[0] - frames[-1]).mean() <= np.percentile(steps, 75)


def test_it_is_as_long_as_asked_and_silent(here: Path) -> None:
    for fps in (24, 60):
        written = render("", idle=2.5, output="loop.mp4", size="64", face="flat", fps=fps)
        clip = probe(here / "loop.mp4")
        assert clip.picture and clip.sound
        assert (clip.picture.packets, written.frames, written.voice) == (round(2.5 * fps), round(2.5 * fps), "")
        assert clip.picture.end == pytest.approx(2.5, abs=1e-3)
        assert clip.sound.end == pytest.approx(2.5, abs=1e-3)
        assert not np.any(sound(here / "loop.mp4")[0])
        assert "voice" not in clip.tags and clip.tags["title"] == "Joi"


def test_the_same_loop_is_the_same_bytes(here: Path) -> None:
    one, two = (render("", idle=2, output=here / name, size="64").path.read_bytes() for name in ("1.mp4", "2.mp4"))
    assert one == two


def test_the_command_names_the_loop_after_who_waits(deckard: Deckard) -> None:
    done = deckard("persona", "idle", "joi", "--seconds", "2", "--size", "64", "--face", "flat", "--mood", "sad")
    assert (done.returncode, done.stdout, done.stderr) == (0, "joi-idle.mp4\n", "")
    done = deckard("persona", "idle", "joi", "--seconds", "2", "--size", "64", "-o", "a.webm", "--json")
    report = json.loads(done.stdout)
    assert (report["frames"], report["duration"], report["mood"]) == (50, 2.0, "neutral")
    assert Path(report["path"]).stat().st_size > 1000


@pytest.mark.parametrize("seconds", [0, 1.99, 60.5, -3, float("nan"), float("inf")])
def test_a_length_that_cannot_be_is_refused(seconds: float, here: Path) -> None:
    with pytest.raises(UsageError, match="cannot last") as caught:
        settle(Job(text="", idle=seconds, output=here / "loop.mp4"))
    assert "--seconds" in caught.value.hint


def test_a_loop_says_nothing_and_has_a_picture(here: Path) -> None:
    with pytest.raises(UsageError, match="nothing is said"):
        settle(Job(text="hello", idle=5, output=here / "loop.mp4"))
    with pytest.raises(UsageError, match="nothing to hear"):
        settle(Job(text="", idle=5, output=here / "loop.wav"))
