"""Nothing half-written under the asked name, and a sentence for whatever the disk refuses."""

from __future__ import annotations

import errno
import io
import os
import signal
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from clips import grey, noise, write

from deckard_cli.clip import decode
from deckard_cli.clip.encode import Encoder
from deckard_cli.clip.part import failure, piped
from deckard_cli.errors import DeckardError, UsageError
from deckard_cli.face import Frame

SUFFIXES = [".mp4", ".webm", ".gif", ".wav"]


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_an_exception_leaves_nothing_behind(tmp_path: Path, suffix: str, error: type[BaseException]) -> None:
    with pytest.raises(error), Encoder(tmp_path / f"a{suffix}", fps=Fraction(25), size=(32, 32), rate=16000) as encoder:
        encoder.sound(noise(16000))
        for index in range(20):
            encoder.picture(grey(index))
        raise error
    assert not list(tmp_path.iterdir())


def test_the_old_file_stays_until_the_new_one_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    path.write_bytes(b"old")
    with Encoder(path, fps=Fraction(25), size=(32, 32), rate=16000) as encoder:
        encoder.sound(noise(640))
        encoder.picture(grey(0))
        assert path.read_bytes() == b"old"
        assert {each.suffix for each in tmp_path.iterdir()} == {".mp4"}
    assert decode.probe(path).picture
    assert [each.name for each in tmp_path.iterdir()] == ["a.mp4"]


def test_a_clip_is_as_readable_as_any_file(tmp_path: Path) -> None:
    write(tmp_path / "a.mp4", noise(640), 16000, 25)
    (tmp_path / "plain").touch()
    assert (tmp_path / "a.mp4").stat().st_mode == (tmp_path / "plain").stat().st_mode


def test_an_error_in_the_encoder_reaches_whoever_gives_frames(tmp_path: Path) -> None:
    given = 0
    with (
        pytest.raises(DeckardError, match="could not be encoded"),
        Encoder(tmp_path / "a.mp4", fps=Fraction(25), size=(70000, 2), rate=16000) as encoder,
    ):
        luma, chroma = np.zeros((2, 70000), np.uint8), np.zeros((1, 35000), np.uint8)
        for index in range(500):
            encoder.picture(Frame(index, (luma, chroma, chroma)))
            given += 1
    assert given < 500
    assert not list(tmp_path.iterdir())


def test_a_frame_of_another_size_is_refused(tmp_path: Path) -> None:
    with (
        pytest.raises(ValueError, match="16 x 16"),
        Encoder(tmp_path / "a.mp4", fps=Fraction(25), size=(32, 32), rate=16000) as encoder,
    ):
        encoder.picture(grey(0, 16))
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_full_disk_is_a_sentence_and_leaves_nothing(tmp_path: Path, suffix: str) -> None:
    script = (
        "import resource, sys; from pathlib import Path; from clips import noise, write;"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (3000, 3000));"
        "from deckard_cli.errors import DeckardError\n"
        "try: write(Path(sys.argv[1]), noise(220500), 22050, 25)\n"
        "except DeckardError as error: print(error.code)"
    )
    pytest.importorskip("resource")
    run = [sys.executable, "-c", script, str(tmp_path / f"a{suffix}")]
    done = subprocess.run(run, check=True, cwd=Path(__file__).parent, capture_output=True, text=True)
    assert done.stdout == "disk_full\n"
    assert not list(tmp_path.iterdir())


def test_what_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "folder.mp4").mkdir()
    (tmp_path / "file").touch()
    for name, code in {
        "folder.mp4": "is_folder",
        "none/a.mp4": "no_folder",
        "file/a.mp4": "no_folder",
        "a.avi": "unknown_form",
        "a": "unknown_form",
        "a" * 300 + ".mp4": "long_name",
    }.items():
        with pytest.raises(UsageError) as caught:
            Encoder(tmp_path / name, fps=Fraction(25), size=(32, 32), rate=16000)
        assert (caught.value.code, bool(caught.value.hint)) == (code, True)
    assert sorted(each.name for each in tmp_path.iterdir()) == ["file", "folder.mp4"]


def test_a_link_is_followed_and_stays(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "b.mp4").write_bytes(b"old")
    (tmp_path / "a.mp4").symlink_to(tmp_path / "real" / "b.mp4")
    write(tmp_path / "a.mp4", noise(640), 16000, 25)
    assert (tmp_path / "a.mp4").is_symlink()
    assert decode.probe(tmp_path / "real" / "b.mp4").picture
    assert [each.name for each in (tmp_path / "real").iterdir()] == ["b.mp4"]


def test_a_file_in_the_place_of_a_folder_is_named_with_a_name_that_works(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(UsageError, match="is a file, not a folder") as caught:
        write(tmp_path / "file" / "sub" / "a.mp4", noise(640), 16000, 25)
    assert caught.value.hint == f"-o '{tmp_path / 'a.mp4'}'"


@pytest.mark.parametrize(
    ("number", "code"),
    [
        (errno.EACCES, "not_writable"),
        (errno.EROFS, "not_writable"),
        (errno.ENOSPC, "disk_full"),
        (errno.EDQUOT, "disk_full"),
        (errno.EIO, "not_written"),
    ],
)
def test_each_refusal_of_the_system_has_its_slug(tmp_path: Path, number: int, code: str) -> None:
    said = failure(OSError(number, os.strerror(number)), tmp_path / "a.mp4")
    assert (said.code, said.exit_code) == (code, 1)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="nothing is closed to root")
def test_a_folder_that_is_closed_is_said(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(DeckardError, match="cannot be written"):
        Encoder(tmp_path / "a.mp4", fps=Fraction(25), size=(32, 32), rate=16000)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_nothing_is_no_clip(tmp_path: Path, suffix: str) -> None:
    with pytest.raises(DeckardError, match="nothing to write"):
        write(tmp_path / f"a{suffix}", noise(0), 16000, 25)
    assert not list(tmp_path.iterdir())


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGINT to send")
def test_ctrl_c_leaves_nothing_behind(tmp_path: Path) -> None:
    script = (
        "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler);"
        "from fractions import Fraction; from pathlib import Path;"
        "from deckard_cli.clip.encode import Encoder; from clips import grey\n"
        "with Encoder(Path(sys.argv[1]), fps=Fraction(25), size=(256, 256), rate=16000) as encoder:\n"
        "    for index in range(10**9):\n"
        "        encoder.picture(grey(index, 256))\n"
        "        if index == 50: print('running', flush=True)"
    )
    run = [sys.executable, "-c", script, str(tmp_path / "a.mp4")]
    with subprocess.Popen(run, cwd=Path(__file__).parent, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout
        process.stdout.readline()
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=20)
    assert said.rstrip().endswith(b"KeyboardInterrupt")
    assert not list(tmp_path.iterdir())


def test_names_that_ffmpeg_could_misread_are_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("data:x.mp4", "%03d.mp4", "a b'c.mp4", "-o.mp4", "Привет.MP4"):
        write(Path(name), noise(640), 16000, 25)
        assert decode.probe(Path(name)).picture


def test_a_clip_goes_through_a_pipe_whole(tmp_path: Path) -> None:
    stream = io.BytesIO()
    with piped(stream, ".mp4") as path:
        write(path, noise(16000), 16000, 25)
    write(tmp_path / "a.mp4", noise(16000), 16000, 25)
    assert stream.getvalue() == (tmp_path / "a.mp4").read_bytes()
    assert not path.parent.exists()


def test_a_pipe_that_was_closed_is_told_and_leaves_nothing() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    with pytest.raises(BrokenPipeError), os.fdopen(writer, "wb", buffering=0) as stream, piped(stream, ".wav") as path:
        write(path, noise(16000), 16000, 25)
    assert not path.parent.exists()


@pytest.mark.parametrize("suffix", [".mp4", ".wav"])
def test_memory_does_not_grow_with_length(tmp_path: Path, suffix: str) -> None:
    peaks = [_peak(tmp_path / f"a{suffix}", seconds) for seconds in (20, 400)]
    assert peaks[1] < peaks[0] + 15_000


def _peak(path: Path, seconds: int) -> int:
    """Kilobytes that a process held at most while it wrote a clip, fed a second at a time."""
    script = (
        "import resource, sys; from fractions import Fraction; from pathlib import Path;"
        "from deckard_cli.clip.encode import Encoder; from clips import grey, noise\n"
        "with Encoder(Path(sys.argv[1]), fps=Fraction(25), size=(32, 32), rate=22050) as encoder:\n"
        "    for second in range(int(sys.argv[2])):\n"
        "        encoder.sound(noise(22050))\n"
        "        for index in range(25): encoder.picture(grey(25 * second + index))\n"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"
    )
    run = [sys.executable, "-c", script, str(path), str(seconds)]
    return int(subprocess.run(run, check=True, cwd=Path(__file__).parent, capture_output=True, text=True).stdout)
