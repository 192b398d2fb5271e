"""None made twice: a clip comes from the cache when nothing that decides it has changed, and only then."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import speech_server as server
from PIL import Image
from running import QUICK, Deckard

import deckard_cli.studio
from deckard_cli import BackendError, Job, UsageError, render
from deckard_cli.cache import Cache
from deckard_cli.clip.provenance.selfmade import replace as replace_signer
from deckard_cli.clip.provenance.signer import kept
from deckard_cli.fingerprint import _CODE, fingerprint
from deckard_cli.job import settle
from deckard_cli.studio import Studio

PERSONAS = Path(__file__).parent.parent / "personas"


@pytest.fixture
def studio(tmp_path_factory: pytest.TempPathFactory) -> Studio:
    return Studio(Cache(tmp_path_factory.mktemp("cache")))


def quick(here: Path, studio: Studio, name: str = "a.mp4", **options: object) -> object:
    options = {"voice": "tone", "face": "flat", "size": "64", **options}
    return render("Hello there.", output=here / name, studio=studio, **options)  # type: ignore[arg-type]


def test_a_clip_that_was_made_before_is_the_same_again(here: Path, studio: Studio) -> None:
    options = {"captions": "srt", "timings": (here / "a.json",)}
    first = quick(here, studio, **options)
    files = {name: (here / name).read_bytes() for name in ("a.mp4", "a.srt", "a.json")}
    for name in files:
        (here / name).unlink()
    again = quick(here, studio, **options)
    assert {name: (here / name).read_bytes() for name in files} == files
    assert again == replace(first, cached=True)  # type: ignore[type-var]


def test_the_same_clip_under_another_name_is_copied(here: Path, studio: Studio) -> None:
    quick(here, studio)
    assert quick(here, studio, "b.mp4").cached  # type: ignore[attr-defined]
    assert (here / "a.mp4").read_bytes() == (here / "b.mp4").read_bytes()


def test_a_damaged_clip_is_made_again(here: Path, studio: Studio) -> None:
    quick(here, studio)
    whole = (here / "a.mp4").read_bytes()
    assert studio.cache
    (entry,) = (entry for entry in studio.cache.entries() if entry.kind == "clip")
    (entry.folder / "clip.mp4").write_bytes(bytes(len(whole)))
    assert not quick(here, studio).cached  # type: ignore[attr-defined]
    assert (here / "a.mp4").read_bytes() == whole
    assert quick(here, studio).cached  # type: ignore[attr-defined]


@pytest.fixture
def openai_here(monkeypatch: pytest.MonkeyPatch) -> server.SpeechServer:  # type: ignore[misc]
    with server.serving() as double:
        monkeypatch.setenv("OPENAI_API_KEY", "key")
        monkeypatch.setenv("OPENAI_BASE_URL", f"{double.url}/v1")
        yield double


def test_another_face_or_size_pays_for_no_speech_again(
    here: Path, studio: Studio, openai_here: server.SpeechServer
) -> None:
    first = quick(here, studio, voice="openai")
    asked = len(openai_here.heard)
    assert asked
    for options in ({"size": "96"}, {"fps": 30}, {"face": "rig"}, {"loudness": "-20"}, {"captions": "srt"}):
        clip = quick(here, studio, voice="openai", **options)
        assert not clip.cached  # type: ignore[attr-defined]
        assert clip.duration == first.duration  # type: ignore[attr-defined]
    assert len(openai_here.heard) == asked


def test_kept_speech_needs_no_key(
    here: Path, studio: Studio, openai_here: server.SpeechServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    quick(here, studio, voice="openai")
    monkeypatch.delenv("OPENAI_API_KEY")
    assert studio.cache
    elsewhere = Studio(studio.cache)
    assert quick(here, elsewhere, voice="openai", size="96").voice == "openai"  # type: ignore[attr-defined]


def test_damaged_speech_is_asked_for_again(here: Path, studio: Studio, openai_here: server.SpeechServer) -> None:
    quick(here, studio, voice="openai")
    asked = len(openai_here.heard)
    assert studio.cache
    (entry,) = (entry for entry in studio.cache.entries() if entry.kind == "speech")
    (entry.folder / "samples.npy").write_bytes(bytes(entry.files["samples.npy"].size))
    quick(here, studio, voice="openai", size="96")
    assert len(openai_here.heard) == 2 * asked


def test_a_voice_that_stood_in_is_not_kept_as_the_other(
    here: Path, studio: Studio, openai_here: server.SpeechServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OPENAI_API_KEY")
    assert quick(here, studio, voice="openai,espeak").voice == "espeak"  # type: ignore[attr-defined]
    monkeypatch.setenv("OPENAI_API_KEY", "key")
    clip = quick(here, studio, voice="openai,espeak")
    assert (clip.voice, clip.cached) == ("openai", False)  # type: ignore[attr-defined]


def test_a_clip_that_failed_is_not_kept(here: Path, studio: Studio) -> None:
    for _ in range(2):
        with pytest.raises(BackendError):
            quick(here, studio, face="failing", voice="espeak")
    assert studio.cache and [entry.kind for entry in studio.cache.entries()] == []


def test_a_cache_that_cannot_be_written_stops_nothing(here: Path) -> None:
    (here / "file").write_text("no folder")
    written = quick(here, Studio(Cache(here / "file" / "cache")))
    assert written.path.is_file()  # type: ignore[attr-defined]


def test_a_cache_that_cannot_be_written_is_told_once_a_run(
    deckard: Deckard, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (here / "file").write_text("no folder")
    monkeypatch.setenv("DECKARD_CACHE", "true")
    monkeypatch.setenv("DECKARD_CACHE_DIR", str(here / "file"))
    done = deckard("render", "hello", "--voice", "espeak", "--face", "flat", "-o", "a.mp4")
    assert (done.returncode, done.stdout) == (0, "a.mp4\n")
    assert done.stderr.count("cannot be written, so nothing is kept") == 1 == len(done.stderr.splitlines())
    told = deckard("render", "hello", *QUICK, "-o", "a.mp4", "--json", "-q")
    assert told.stderr == "" and "nothing is kept" in " ".join(json.loads(told.stdout)["notes"])
    info = deckard("cache", "info")
    assert info.returncode == 0 and "nothing is kept" in info.stderr
    assert json.loads(deckard("cache", "info", "--json").stdout)["fault"]
    assert deckard("cache", "verify").stderr == "deckard: Nothing is kept.\n"


def key(here: Path, **options: object) -> str:
    job = Job(**({"text": "Hello there.", "output": here / "a.mp4"} | options))  # type: ignore[arg-type]
    found = fingerprint(settle(job))
    assert found
    return found


@pytest.mark.parametrize(
    "options",
    [
        {"text": "Hello here."},
        {"text": "[happy] Hello there."},
        {"text": "Hello *there*."},
        {"text": "Hello [pause 1] there."},
        {"persona": "officer_k"},
        {"voice": "tone"},
        {"voices": {"espeak": {"pitch": 40}}},
        {"face": "flat"},
        {"lang": "de"},
        {"speed": 1.1},
        {"pitch": 1.1},
        {"mood": "happy"},
        {"fps": 30},
        {"size": "256"},
        {"quality": "best"},
        {"captions": "srt"},
        {"captions": "srt", "captions_style": "words"},
        {"captions": "burned"},
        {"timings": ("a.json",)},
        {"background": "navy"},
        {"loudness": "-20"},
        {"trim_silence": False},
        {"silence_threshold": 400},
        {"silence_pad_ms": 100},
        {"max_audio_seconds": 3},
        {"output": Path("a.webm")},
    ],
    ids=lambda options: " ".join(f"{name}={value}" for name, value in options.items()),
)
def test_whatever_decides_a_clip_makes_another_key(here: Path, options: dict[str, object]) -> None:
    assert key(here, **options) != key(here)


@pytest.mark.parametrize(
    "options",
    [
        {"output": Path("b.mp4")},
        {"output": Path("b.MP4")},
        {"size": 512},
        {"text": " Hello  there. "},
        {"lang": "en-us"},
    ],
    ids=str,
)
def test_what_decides_nothing_makes_no_other_key(here: Path, options: dict[str, object]) -> None:
    assert key(here, **options) == key(here)


def changed(here: Path, change: Callable[[Path], object]) -> bool:
    shutil.copytree(PERSONAS / "joi", here / "personas" / "ada")
    before = key(here, persona="ada")
    change(here / "personas" / "ada")
    return key(here, persona="ada") != before


def test_another_drawing_makes_another_key(here: Path) -> None:
    def repaint(folder: Path) -> None:
        layer = next((folder / "layers" / "1x").glob("*.webp"))
        with Image.open(layer) as picture:
            picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT).save(layer)

    assert changed(here, repaint)


def test_another_rig_or_word_makes_another_key(here: Path) -> None:
    assert changed(here, lambda folder: (folder / "rig.toml").write_text("# moved\n"))
    shutil.rmtree(here / "personas")
    assert changed(here, lambda folder: (folder / "words.toml").write_text('there = "their"\n'))


def test_a_word_that_is_not_said_makes_no_other_key(here: Path) -> None:
    assert not changed(here, lambda folder: (folder / "words.toml").write_text('nguyen = "win"\n'))


def test_another_recording_makes_another_key(here: Path) -> None:
    wav = here / "speech.wav"
    wav.write_bytes(b"one")
    before = key(here, audio=wav)
    wav.write_bytes(b"two, and longer")
    assert key(here, audio=wav) != before


def test_sound_from_a_stream_has_no_key(here: Path) -> None:
    import io

    job = Job(text="", output=here / "a.mp4", audio=io.BytesIO(b"sound"))
    assert fingerprint(settle(job)) is None


def test_a_key_needs_no_key_of_a_service(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    plain = key(here, voice="openai")
    monkeypatch.setenv("OPENAI_API_KEY", "secret")
    assert key(here, voice="openai") == plain
    monkeypatch.setenv("OPENAI_BASE_URL", "https://example.org/v1")
    assert key(here, voice="openai") != plain
    assert key(here, voice="openai", voices={"openai": {"timeout": 5.0}}) == key(here, voice="openai")


def test_a_new_version_of_a_library_makes_another_key(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = key(here)
    monkeypatch.setattr(deckard_cli.studio, "_CALLED", {"cv2": "numpy"})
    assert key(here) != before


def test_every_room_that_a_clip_comes_from_is_in_its_key() -> None:
    """One that is not would leave clips in the cache that it makes otherwise by now."""
    told = "import deckard_cli.route, sys; print(*(name for name in sys.modules if name.startswith('deckard_cli.')))"
    done = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True)
    rooms = {name.split(".")[1] for name in done.stdout.split()}
    # What they find is in the key by itself; the next ones keep what was made.
    finding = {"backends", "data", "errors", "events", "models", "persona", "settings", "studio", "tomlfile"}
    keeping = {"cache", "fingerprint", "reprint"}
    assert rooms - finding - keeping == set(_CODE)


def test_the_command_says_that_a_clip_was_kept(deckard: Deckard, here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DECKARD_CACHE", "true")
    reports = [json.loads(deckard("render", "hello", *QUICK, "--json").stdout) for _ in range(2)]
    assert [report["cached"] for report in reports] == [False, True]
    assert reports[0] | {"cached": True} == reports[1]
    assert json.loads(deckard("render", "hello", *QUICK, "--json", "--no-cache").stdout)["cached"] is False
    shown = json.loads(deckard("cache", "info", "--json").stdout)
    assert shown["kinds"]["clip"]["entries"] == 1
    assert "hello" in deckard("cache", "list").stdout
    assert deckard("cache", "verify").stderr == "deckard: 2 of 2 entries are whole.\n"


def test_the_command_throws_away_what_is_damaged(deckard: Deckard, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DECKARD_CACHE", "true")
    deckard("render", "hello", *QUICK)
    clip = next(Path(os.environ["DECKARD_CACHE_DIR"]).rglob("clip.mp4"))
    clip.write_bytes(bytes(clip.stat().st_size))
    assert json.loads(deckard("cache", "verify", "--json").stdout)["damaged"][0]["kind"] == "clip"
    assert json.loads(deckard("cache", "verify", "--json").stdout)["damaged"] == []
    next(Path(os.environ["DECKARD_CACHE_DIR"]).rglob("samples.npy")).unlink()
    done = deckard("cache", "verify")
    assert done.stdout.endswith("  speech  damaged, thrown away\n")
    assert done.stderr == "deckard: 0 of 1 entries are whole.\n"
    assert deckard("cache", "clear").returncode == 1
    assert deckard("cache", "clear", "--kind", "song", "--yes").returncode == 2
    assert deckard("cache", "clear", "--yes").returncode == 0
    assert json.loads(deckard("cache", "list", "--json").stdout)["entries"] == []


def test_a_size_that_is_none_is_refused(here: Path, monkeypatch: pytest.MonkeyPatch, deckard: Deckard) -> None:
    done = deckard("render", "hello", *QUICK)
    assert done.returncode == 0
    monkeypatch.setenv("DECKARD_CACHE", "true")
    monkeypatch.setenv("DECKARD_CACHE_SIZE", "much")
    refused = deckard("render", "hello", *QUICK)
    assert refused.returncode == UsageError.exit_code
    assert "no size for a cache" in refused.stderr


def test_a_clip_that_another_machine_signed_for_nobody_is_the_same_clip(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def on(machine: str, organization: str = "") -> str:
        monkeypatch.setenv("DECKARD_DATA_DIR", str(here / machine))
        if organization:
            replace_signer(kept(), organization)
        return key(here)

    assert on("one") == on("two") != key(here, provenance=False)
    assert on("three", "Acme Films") != on("two")
    assert on("four", "Acme Films") != on("three")
