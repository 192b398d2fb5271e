"""Clips in one film: in time, whole, as loud as each other, and none left open."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from clips import grey
from flashes import Flash, heard, seen

from deckard_cli.clip.decode import pictures, probe, sound
from deckard_cli.clip.encode import Encoder
from deckard_cli.clip.reel import Assembled, Filmed, Reel, ReelEvent, Surveyed, run
from deckard_cli.errors import DeckardError, UsageError
from deckard_cli.speech.limit import CEILING, peaks
from deckard_cli.speech.loudness import Meter

KINDS = (
    Flash(),
    Flash(fps=Fraction(30), rate=22050, size=(128, 64), frames=40),
    Flash(fps=Fraction(24), rate=44100, size=(64, 96), first=12),
    Flash(fps=Fraction(50), rate=8000, frames=55, first=30, last=50),
    Flash(fps=Fraction(30000, 1001), rate=48000, frames=33),
)
"""Shapes, rates of frames and of samples that have nothing in common."""


def reel(folder: Path, flashes: tuple[Flash, ...], **options: object) -> Reel:
    clips = tuple(flash.write(folder / f"{number:03}.mp4") for number, flash in enumerate(flashes))
    return Reel(clips=clips, output=folder / "film.mp4", **options)  # type: ignore[arg-type]


def film(asked: Reel) -> Filmed:
    *_, last = run(asked)
    assert isinstance(last, Filmed)
    return last


@pytest.mark.parametrize("fade", [0.0, 0.4])
def test_sound_and_picture_of_every_clip_stay_together(tmp_path: Path, fade: float) -> None:
    made = film(reel(tmp_path, KINDS * 2, fade=fade))
    frame = float(1 / made.fps)
    flashes, tones = seen(made.path), heard(made.path)
    assert len(flashes) == len(tones) == 10
    for (start, _), (first, last), (tone, end) in zip([(s, p) for p, s in made.starts], flashes, tones, strict=True):
        assert abs(first - tone) <= frame
        assert abs(last - end) <= frame
        assert start < tone
    probed = probe(made.path)
    assert probed.picture and probed.sound
    assert abs(probed.picture.end - probed.sound.end) <= frame
    assert probed.picture.packets == made.frames


def test_a_film_has_the_rate_of_most_of_its_clips(tmp_path: Path) -> None:
    usual, other = Flash(), Flash(fps=Fraction(30), frames=36, first=12, last=24)
    assert film(reel(tmp_path, (usual, other, usual))).fps == 25
    assert film(reel(tmp_path, (usual, other))).fps == 30
    assert film(reel(tmp_path, (usual, other), fps=Fraction(24))).fps == 24


def test_a_clip_begins_where_the_film_says(tmp_path: Path) -> None:
    made = film(reel(tmp_path, KINDS, fade=0.4, title="Five"))
    for (_, start), (tone, _), flash in zip(made.starts, heard(made.path), KINDS, strict=True):
        assert abs(start + float(flash.first / flash.fps) - tone) < 0.005


def test_speech_that_fills_a_clip_is_neither_cut_nor_faded(tmp_path: Path) -> None:
    full = Flash(frames=20, first=0, last=20, size=(64, 64))
    made = film(reel(tmp_path, (full, full, full), fade=0.4, loudness=None))
    samples, rate = sound(made.path)
    source, _ = sound(tmp_path / "000.mp4")
    shown = {round(time * 25): pixels for time, pixels in pictures(made.path)}
    for _, start in made.starts:
        first = round(start * rate)
        assert np.sqrt(np.mean((samples[first : first + len(source)] - source) ** 2)) < 0.01
        for number in range(round(start * 25), round(start * 25) + 20):
            assert abs(int(shown[number].min()) - 235) < 4


def test_a_fade_takes_the_silence_at_the_ends_first(tmp_path: Path) -> None:
    roomy = Flash(frames=50, first=15, last=35)
    faded = film(reel(tmp_path, (roomy, roomy), fade=0.4))
    assert faded.frames == 50 + 50 - 10
    tight = Flash(frames=50, first=0, last=50)
    assert film(reel(tmp_path, (tight, tight), fade=0.4)).frames == 50 + 50 + 10


def test_clips_are_as_loud_as_each_other_and_the_film_as_was_asked(tmp_path: Path) -> None:
    quiet, loud = Flash(frames=75, first=5, last=70, level=0.04), Flash(frames=75, first=5, last=70, level=0.8)
    made = film(reel(tmp_path, (quiet, loud, quiet), fade=0.0))
    samples, rate = sound(made.path)
    meter = Meter(rate)
    meter.add(samples)
    assert meter.integrated() == pytest.approx(-16, abs=0.3)
    assert peaks(samples, rate).max() < 10 ** ((CEILING + 0.5) / 20)
    powers = [np.sqrt(np.mean(samples[round((at + 0.5) * rate) :][:rate] ** 2)) for _, at in made.starts]
    assert max(powers) / min(powers) < 1.1


def test_silent_clips_make_a_silent_film(tmp_path: Path) -> None:
    with Encoder(tmp_path / "a.gif", fps=Fraction(10), size=(32, 32), rate=16000) as encoder:
        for number in range(20):
            encoder.picture(grey(number))
    made = film(Reel(clips=(tmp_path / "a.gif",) * 2, output=tmp_path / "film.mp4", fade=0.2))
    samples, _ = sound(made.path)
    assert not np.abs(samples).max()
    assert made.frames == pytest.approx((2 * 2.0 - 0.2) * float(made.fps), abs=1)


def test_another_shape_is_laid_on_the_background(tmp_path: Path) -> None:
    made = film(reel(tmp_path, (Flash(), Flash(size=(128, 64)), Flash(size=(32, 64))), fade=0.0, background="#00ff00"))
    assert (made.width, made.height) == (64, 64)
    shown = [pixels for _, pixels in pictures(made.path)]
    square, wide, high = (shown[round(at * 25) + 15] for _, at in made.starts)
    green, white = np.array([0, 255, 0]), np.array([235, 235, 235])

    def near(pixel: object, colour: object) -> bool:
        return bool(np.abs(np.subtract(pixel, colour, dtype=float)).max() < 12)

    assert near(square[2, 2], white) and near(square[32, 32], white)
    assert near(wide[4, 32], green) and near(wide[32, 2], white) and near(wide[60, 32], green)
    assert near(high[32, 4], green) and near(high[2, 32], white) and near(high[32, 60], green)


def test_a_fade_goes_over_evenly(tmp_path: Path) -> None:
    red = Flash(frames=25, first=0, last=25, level=0.0, colour=(200, 30, 30))
    blue = Flash(frames=25, first=0, last=25, level=0.0, colour=(30, 30, 200))
    made = film(reel(tmp_path, (red, blue), fade=0.4))
    reds = [float(pixels[32, 32, 0]) for _, pixels in pictures(made.path)]
    assert made.frames == 40
    steps = np.diff(reds[14:26])
    assert np.all(steps <= 2)
    assert np.abs(steps).max() < 35
    assert abs(np.mean(reds[15:25]) - 115) < 8


def test_a_mouth_that_is_open_from_the_first_picture_does_not_stand_open_while_it_fades_in(tmp_path: Path) -> None:
    at_once = Flash(frames=30, first=0, last=20, tags=(("synthetic", "true"),))
    made = film(reel(tmp_path, (at_once, at_once), fade=0.4))
    start = round(made.starts[1][1] * 25)
    bright = [float(pixels[32, 32].mean()) for _, pixels in pictures(made.path)]
    assert max(bright[start - 9 : start - 3]) < 60
    assert bright[start - 3] < bright[start - 2] < bright[start - 1] < bright[start]
    assert min(bright[start : start + 20]) > 220


def test_a_film_is_the_same_twice(tmp_path: Path) -> None:
    asked = reel(tmp_path, KINDS[:3], title="Twice", fade=0.3)
    film(asked)
    first = asked.output.read_bytes()
    film(asked)
    assert asked.output.read_bytes() == first


def test_the_index_of_a_film_stands_before_its_data(tmp_path: Path) -> None:
    made = film(reel(tmp_path, KINDS[:2]))
    data = made.path.read_bytes()
    assert 0 < data.index(b"moov") < data.index(b"mdat")


def test_a_card_stands_until_it_is_read_and_shows_its_words(tmp_path: Path) -> None:
    flash = Flash(size=(160, 120))
    made = film(reel(tmp_path, (flash, flash), title="Once upon a time", titles=("", "Two"), fade=0.2))
    starts = [at for _, at in made.starts]
    assert starts[0] >= 2.0
    assert starts[1] - starts[0] >= 30 / 25 + 2.0 - 1e-6
    shown = [pixels for _, pixels in pictures(made.path)]
    card = shown[25]
    assert card.max() > 200
    assert card[:20].max() < 60
    assert 0.002 < float((card > 128).mean()) < 0.2


@pytest.mark.parametrize("title", ["🙂", "-", "a" * 300, "{}<b>\\n%s", "مرحبا"])
def test_any_title_can_stand_on_a_card(tmp_path: Path, title: str) -> None:
    assert film(reel(tmp_path, (Flash(frames=2),), title=title, fade=0.0)).starts[0][1] >= 2.0


def test_a_title_of_spaces_is_none(tmp_path: Path) -> None:
    assert film(reel(tmp_path, (Flash(),), title=" \n", titles=("  ",))).starts[0][1] == 0.0


def test_what_a_film_is_made_of_stands_in_it(tmp_path: Path) -> None:
    kind = "http://cv.iptc.org/newscodes/digitalsourcetype/algorithmicMedia"
    ours = Flash(tags=(("synthetic", "true"), ("persona", "joi"), ("digital_source_type", kind)))
    theirs = Flash(tags=(("synthetic", "true"), ("persona", "k"), ("digital_source_type", kind)))
    made = probe(film(reel(tmp_path, (ours, theirs, ours))).path).tags
    assert (made["persona"], made["synthetic"], made["digital_source_type"]) == ("joi, k", "true", kind)
    mixed = probe(film(reel(tmp_path, (ours, Flash()))).path).tags
    assert mixed["digital_source_type"].endswith("/compositeSynthetic")
    assert "1 of the 2 clips" in mixed["comment"]
    assert "synthetic" not in probe(film(reel(tmp_path, (Flash(), Flash()))).path).tags


def test_what_happens_is_told_in_order(tmp_path: Path) -> None:
    events: list[ReelEvent] = list(run(reel(tmp_path, KINDS[:2])))
    assert events[:2] == [Surveyed(1, 2), Surveyed(2, 2)]
    assert isinstance(events[-1], Filmed)
    frames = [event.frames for event in events if isinstance(event, Assembled)]
    assert frames == sorted(frames) and frames
    assert len(events) == 3 + len(frames)


def test_few_files_are_open_and_memory_is_flat_however_many_clips(tmp_path: Path) -> None:
    Flash(frames=12, first=4, last=8).write(tmp_path / "a.mp4")
    script = (
        "import os, resource, sys; from pathlib import Path; from deckard_cli.clip.reel import Reel, run\n"
        "folder, count = Path(sys.argv[1]), int(sys.argv[2]); files = 0\n"
        "for event in run(Reel(clips=(folder / 'a.mp4',) * count, output=folder / f'{count}.mp4', fade=0.1)):\n"
        "    files = max(files, len(os.listdir('/dev/fd')))\n"
        "print(files, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, len(os.listdir('/dev/fd')))"
    )
    pytest.importorskip("resource")
    found = [
        [int(each) for each in subprocess.run(run_, check=True, capture_output=True, text=True).stdout.split()]
        for run_ in ([sys.executable, "-W", "error", "-c", script, str(tmp_path), count] for count in ("10", "50"))
    ]
    assert found[1][0] < 20
    assert found[1][1] < found[0][1] + 20_000
    assert found[1][2] <= 5


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGINT to send")
def test_ctrl_c_leaves_neither_a_file_nor_a_process(tmp_path: Path) -> None:
    Flash(frames=50).write(tmp_path / "a.mp4")
    command = [sys.executable, "-m", "deckard_cli", "reel", *["a.mp4"] * 30, "-o", "film.mp4", "--json"]
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        while not any(part.stat().st_size for part in tmp_path.glob("*.part.mp4")) and process.poll() is None:
            time.sleep(0.01)
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
        if children.exists():
            assert children.read_text() == ""
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=20)
    assert process.returncode == 130
    assert [each.name for each in tmp_path.iterdir()] == ["a.mp4"]


def test_a_clip_that_is_cut_off_is_named_and_nothing_is_left(tmp_path: Path) -> None:
    asked = reel(tmp_path, KINDS[:3])
    data = asked.clips[1].read_bytes()
    asked.clips[1].write_bytes(data[: len(data) // 3])
    with pytest.raises(DeckardError, match=r"001\.mp4"):
        film(asked)
    assert {each.name for each in tmp_path.iterdir()} == {"000.mp4", "001.mp4", "002.mp4"}


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"clips": ()}, "no_clips"),
        ({"output": Path("film.wav")}, "no_picture"),
        ({"output": Path("film.avi")}, "unknown_form"),
        ({"output": Path("000.mp4")}, "output_is_input"),
        ({"clips": (Path("none.mp4"),)}, "no_file"),
        ({"fade": -1.0}, "bad_fade"),
        ({"fade": float("nan")}, "bad_fade"),
        ({"background": "no colour"}, "unknown_colour"),
        ({"captions": "tiff"}, "unknown_kind_of_captions"),
        ({"captions": "srt"}, "no_captions"),
        ({"titles": ("one",)}, "titles_and_clips"),
        ({"layout": "round"}, "unknown_layout"),
        ({"layout": "turn"}, "no_persona"),
        ({"music": Path("none.mp3")}, "no_file"),
        ({"quality": "superb"}, "unknown_quality"),
    ],
    ids=str,
)
def test_what_cannot_be_meant_is_told_and_leaves_nothing(here: Path, options: dict[str, object], code: str) -> None:
    asked = {"clips": (Flash().write(Path("000.mp4")), Flash().write(Path("001.mp4"))), "output": Path("film.mp4")}
    with pytest.raises(UsageError) as caught:
        film(Reel(**(asked | options)))  # type: ignore[arg-type]
    assert (caught.value.code, bool(caught.value.hint) or code == "no_file") == (code, True)
    assert {each.name for each in here.iterdir()} == {"000.mp4", "001.mp4"}


def test_where_moviepy_is_not_installed_the_hint_installs_it(tmp_path: Path) -> None:
    Flash().write(tmp_path / "a.mp4")
    program = (
        "import sys; sys.modules['moviepy'] = None\n"
        "from deckard_cli.cli import run\n"
        "sys.exit(run(['reel', 'a.mp4', '-o', 'film.mp4', '--json']))"
    )
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, env={**os.environ})
    assert (done.returncode, done.stdout) == (3, "")
    error = json.loads(done.stderr)["error"]
    assert error["code"] == "not_installed"
    assert error["hint"].startswith("uv pip install ") and error["hint"].endswith("'deckard-cli[reel]'")
