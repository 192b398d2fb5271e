"""How a file is put together: its streams, their lengths, its codecs; and files that are none."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from clips import grey, noise, write

from deckard_cli.check import Report, check
from deckard_cli.clip.encode import Encoder
from deckard_cli.errors import DeckardError, UsageError

RATE = 24000
ABOUT_THE_FILE = ("streams", "whole", "start", "length", "frame_rate", "codecs", "faststart")


def wrong(report: Report) -> set[str]:
    """What is wrong with the file itself: a grey picture and noise are no talking face."""
    return {finding.name for finding in report.failed} & set(ABOUT_THE_FILE)


def shown(path: Path, times: list[int], *, codec: str = "libx264", pixels: str = "yuv420p") -> Path:
    """A silent MP4, its index at its end, whose pictures are shown at `times` in twenty-fifths of a second."""
    with av.open(str(path), "w", format="mp4") as container:
        stream = container.add_stream(codec, rate=25)
        stream.width = stream.height = 64
        stream.pix_fmt = pixels
        for time in times:
            frame = av.VideoFrame.from_ndarray(np.full((64, 64, 3), 50 + time % 100, np.uint8), format="rgb24")
            frame.pts, frame.time_base = time, Fraction(1, 25)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


def test_a_clip_of_ours_is_put_together_rightly(here: Path) -> None:
    write(here / "a.mp4", noise(RATE), RATE, 25)
    report = check(here / "a.mp4")
    assert wrong(report) == set()
    assert {finding.name for finding in report.findings} >= set(ABOUT_THE_FILE)
    assert report.duration == pytest.approx(1.0, abs=0.05)


@pytest.mark.parametrize(("form", "missing"), [("webm", ()), ("wav", ("picture",)), ("gif", ("sound",))])
def test_a_form_is_asked_for_what_it_has_alone(here: Path, form: str, missing: tuple[str, ...]) -> None:
    path = here / f"a.{form}"
    write(path, noise(RATE), RATE, 25)
    report = check(path)
    assert wrong(report) == set()
    assert ("loudness" in {finding.name for finding in report.findings}) == ("sound" not in missing)


def test_a_sound_that_ends_before_its_picture_is_short(here: Path) -> None:
    with Encoder(here / "a.mp4", fps=Fraction(25), size=(32, 32), rate=RATE) as encoder:
        encoder.sound(noise(RATE - RATE // 10))
        for index in range(25):
            encoder.picture(grey(index))
    found = check(here / "a.mp4")
    assert wrong(found) == {"length"}
    assert found["length"].value == pytest.approx(-0.1, abs=0.005)


def test_pictures_that_are_left_out_are_counted(here: Path) -> None:
    found = check(shown(here / "a.mp4", [time for time in range(40) if time % 10 != 9]))
    assert {"frame_rate", "streams", "faststart"} <= wrong(found)
    assert found["frame_rate"].value == 3
    assert "frame_rate" not in wrong(check(shown(here / "b.mp4", list(range(40)))))


@pytest.mark.parametrize(
    ("codec", "pixels"), [("mpeg4", "yuv420p"), ("libx264", "yuv444p"), ("libx264", "yuv420p10le")]
)
def test_what_browsers_do_not_play_is_named(here: Path, codec: str, pixels: str) -> None:
    found = check(shown(here / "a.mp4", list(range(20)), codec=codec, pixels=pixels))["codecs"]
    assert found.ok is False
    assert (codec if codec == "mpeg4" else pixels) in found.sentence


@pytest.mark.parametrize("share", [0.3, 0.6, 0.9])
def test_a_file_that_breaks_off_is_not_whole(here: Path, share: float) -> None:
    write(here / "a.mp4", noise(3 * RATE), RATE, 25)
    whole = (here / "a.mp4").read_bytes()
    (here / "a.mp4").write_bytes(whole[: round(share * len(whole))])
    assert "whole" in wrong(check(here / "a.mp4"))


def test_bytes_that_are_damaged_are_not_made_up(here: Path) -> None:
    write(here / "a.mp4", noise(3 * RATE), RATE, 25)
    held = bytearray((here / "a.mp4").read_bytes())
    chosen = np.random.default_rng(3)
    for place in chosen.integers(len(held) // 3, len(held), 400):
        held[place] = chosen.integers(256)
    (here / "a.mp4").write_bytes(held)
    assert {finding.name for finding in check(here / "a.mp4").failed} & {"sound_broken", "picture_broken"}


@pytest.mark.parametrize("content", [b"", b"hello", b"\0" * 5000, b"\x00\x00\x00\x20ftypisom"])
def test_what_is_no_clip_is_said_to_be_none(here: Path, content: bytes) -> None:
    (here / "a.mp4").write_bytes(content)
    with pytest.raises(DeckardError) as caught:
        check(here / "a.mp4")
    assert caught.value.code == "not_a_clip"


def test_a_name_that_is_no_file_is_a_mistake(here: Path) -> None:
    for path, code in ((here / "none.mp4", "no_file"), (here, "is_folder")):
        with pytest.raises(UsageError) as caught:
            check(path)
        assert caught.value.code == code


def test_a_clip_of_one_picture_is_measured_as_far_as_it_goes(here: Path) -> None:
    with Encoder(here / "a.mp4", fps=Fraction(25), size=(32, 32), rate=RATE) as encoder:
        encoder.sound(noise(RATE // 25))
        encoder.picture(grey(0))
    report = check(here / "a.mp4")
    assert report["face"].ok is False and "no face" in report["face"].sentence
    assert "sync" not in {finding.name for finding in report.findings}, "where there is no face nothing is guessed"
