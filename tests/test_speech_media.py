"""The door through which sound and pictures come in: what points at other files is not followed."""

from __future__ import annotations

import ast
import io
import os
from pathlib import Path

import av
import pytest
from clips import noise, write
from running import QUICK, Deckard

from deckard_cli.speech.media import opened

PLAYLISTS = {
    "concat": "ffconcat version 1.0\nfile secret.ts\n",
    "hls": "#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXTINF:5,\nsecret.ts\n#EXT-X-ENDLIST\n",
    "sdp": "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=audio 5004 RTP/AVP 0\n",
}
"""What FFmpeg knows by its content, and what it would then open."""


@pytest.fixture
def secret(here: Path) -> Path:
    """A file that a playlist may point at."""
    path = here / "secret.ts"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mp2", rate=48000)
        frame = av.AudioFrame.from_ndarray((noise(48000) * 9000).astype("int16")[None], "s16", "mono")
        frame.rate = 48000
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


@pytest.mark.parametrize("kind", PLAYLISTS)
@pytest.mark.parametrize("suffix", [".wav", ".mp4", ".m3u8", ".ffconcat"])
def test_a_playlist_is_not_opened_whatever_it_is_called(secret: Path, kind: str, suffix: str) -> None:
    named = secret.with_name(f"list{suffix}")
    named.write_text(PLAYLISTS[kind])
    for source in (named, io.BytesIO(PLAYLISTS[kind].encode())):
        with pytest.raises((av.FFmpegError, ValueError)):
            opened(source)


def test_ffmpeg_would_have_followed_them(secret: Path) -> None:
    """Else the tests above tell nothing."""
    (named := secret.with_name("list.wav")).write_text(PLAYLISTS["concat"])
    with av.open(str(named)) as container:
        assert container.format.name == "concat" and container.streams.audio


def sounding(path: Path, encoding: str = "utf-8") -> Path:
    """A file of a second of sound, with titles in `encoding`."""
    with av.open(str(path), "w", metadata_encoding=encoding) as container:
        codec = "libopus" if path.suffix == ".opus" else container.default_audio_codec
        stream = container.add_stream(codec, rate=48000, layout="mono")
        for each in (container, stream):
            each.metadata["title"] = "Café"
        frame = av.AudioFrame.from_ndarray(noise(48000)[None], "flt", "mono")
        frame.rate = 48000
        for part in (*av.AudioResampler(stream.format, stream.layout, 48000, 960).resample(frame), None):
            container.mux(stream.encode(part))
    return path


@pytest.mark.parametrize("suffix", [".wav", ".flac", ".opus", ".mp3", ".m4a", ".aiff", ".webm", ".mkv", ".avi", ".ts"])
def test_what_holds_its_sound_is_opened(here: Path, suffix: str) -> None:
    path = sounding(here / f"sound{suffix}")
    with opened(path) as container, path.open("rb") as file, opened(file) as again:
        assert container.streams.audio and again.streams.audio


@pytest.mark.parametrize("suffix", [".wav", ".flac", ".opus", ".mp3", ".m4a", ".aiff", ".webm", ".mkv", ".avi"])
def test_a_title_that_is_no_utf_8_keeps_no_sound_from_being_read(here: Path, suffix: str) -> None:
    path = sounding(here / f"sound{suffix}", "latin-1")
    with pytest.raises(UnicodeDecodeError), av.open(str(path)):
        pass
    with opened(path) as container:
        titles = [each.metadata.get("title") for each in (container, *container.streams)]
        assert "Caf\ufffd" in titles
        assert sum(frame.samples for frame in container.decode(audio=0)) >= 48000


def test_every_command_takes_such_a_title(deckard: Deckard, here: Path) -> None:
    for name in ("a.wav", "a.mp3"):
        sounding(here / name, "latin-1")
    for arguments in (
        ["render", "--audio", "a.wav", *QUICK[2:], "-o", "b.mp4"],
        ["inspect", "a.mp3", "--json"],
        ["reel", "b.mp4", "--music", "a.mp3", "-o", "c.mp4"],
    ):
        done = deckard(*arguments)
        assert done.returncode == 0 and done.stdout, done.stderr


def test_every_command_refuses_them(deckard: Deckard, secret: Path) -> None:
    (here := secret.parent).joinpath("list.mp4").write_text(PLAYLISTS["concat"])
    write(here / "a.mp4", noise(4800), 48000, 25)
    for arguments in (
        ["render", "--audio", "list.mp4", "-o", "b.mp4"],
        ["align", "list.mp4", "--text", "hello"],
        ["check", "list.mp4"],
        ["inspect", "list.mp4"],
        ["reel", "list.mp4", "-o", "b.mp4"],
        ["reel", "a.mp4", "--music", "list.mp4", "-o", "b.mp4"],
    ):
        done = deckard(*arguments)
        assert done.returncode in (1, 2) and done.stdout == "", arguments
        assert "'list.mp4'" in done.stderr and "read" in done.stderr and "Traceback" not in done.stderr, done.stderr
    assert not (here / "b.mp4").exists()


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="a system without named pipes")
def test_a_pipe_is_not_waited_for(deckard: Deckard, here: Path) -> None:
    os.mkfifo(here / "pipe.mp4")
    for command in ("inspect", "check"):
        done = deckard(command, "pipe.mp4")
        assert done.returncode == 2 and "pipe" in done.stderr


def test_nothing_is_opened_by_another_door() -> None:
    package = Path(__file__).parent.parent / "deckard_cli"
    calls = {
        (file.name, ast.unparse(call))
        for file in package.rglob("*.py")
        for call in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(call, ast.Call) and ast.unparse(call.func) == "av.open" and "'w'" not in ast.unparse(call)
    }
    assert {name for name, _ in calls} == {"media.py"}, calls
