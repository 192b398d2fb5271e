"""What is promised of every face, whether it draws here or films elsewhere."""

from __future__ import annotations

import atexit
import logging
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import film_server as server
import httpx
import numpy as np
import pytest
from film_server import FilmServer
from running import Deckard
from runpod_platform import Platform, worker
from waits import Waits

from deckard_cli import render
from deckard_cli.cache import Cache
from deckard_cli.clip.decode import pictures, probe, sound
from deckard_cli.errors import DeckardError
from deckard_cli.events import Written
from deckard_cli.persona import find
from deckard_cli.studio import Studio

TEXT = "Hello there, everybody. How are you?"
KEY = "key-ThisIsNobodysKey0123456789"
PROXIES = ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")


@dataclass
class Set:
    """A face that is ready to be asked, and what can be done to it."""

    name: str
    calls: Callable[[], int]
    """How often somebody else was asked."""
    breaks: Callable[[], str]
    """Has it fail from now on; the persona that it fails for."""
    hangs: Callable[[], None]
    """Has it take very long from now on."""


@contextmanager
def drawn(here: Path, patch: pytest.MonkeyPatch) -> Iterator[Set]:
    """The rig."""

    def breaks() -> str:
        shutil.copytree(find("joi").folder, here / "personas" / "hollow")
        (here / "personas" / "hollow" / "rig.toml").unlink()
        return "hollow"

    yield Set("rig", lambda: 0, breaks, lambda: None)


@contextmanager
def direct(here: Path, patch: pytest.MonkeyPatch) -> Iterator[Set]:
    """A lip-sync server, which sends films as files of its own."""
    patch.setenv("INTERNAL_API_KEY", KEY)
    patch.setattr("deckard_cli.face.direct.SYSTEM", Waits().clock())
    with server.serving() as double:
        patch.setenv("LIPSYNC_DIRECT_URL", double.url)
        double.routes["POST /generate"] = server.kept(double, host=False)
        yield _remote("direct", double, "POST /generate")


@contextmanager
def tavus(here: Path, patch: pytest.MonkeyPatch) -> Iterator[Set]:
    """A double of Tavus."""
    for name, value in {"API_KEY": KEY, "REPLICA_ID": "r1"}.items():
        patch.setenv(f"TAVUS_{name}", value)
    patch.setattr("deckard_cli.face.tavus.SYSTEM", Waits().clock())
    with server.serving() as double:
        patch.setenv("TAVUS_BASE_URL", double.url)
        patch.setenv("TAVUS_AUDIO_UPLOAD_URL", double.url + "/sounds/{name}")
        server.Tavus(double).open()
        yield _remote("tavus", double, "POST /v2/videos")


@contextmanager
def served(here: Path, patch: pytest.MonkeyPatch) -> Iterator[Set]:
    """Our own server, in a process of its own, asked as any other."""
    url = _server()
    patch.setenv("INTERNAL_API_KEY", KEY)
    patch.setenv("LIPSYNC_DIRECT_URL", url)

    def calls() -> int:
        page = httpx.get(f"{url}/metrics", headers={"Authorization": f"Bearer {KEY}"}).text
        return sum(int(float(line.split()[-1])) for line in page.splitlines() if line.startswith(COUNTED))

    def breaks() -> str:
        patch.setenv("INTERNAL_API_KEY", KEY + "-of-yesterday")
        return "joi"

    yield Set("direct", calls, breaks, lambda: None)


COUNTED = 'deckard_requests_total{route="/generate"'


@cache
def _server() -> str:
    """The address of a server that runs until the tests are over."""
    command = [sys.executable, "-m", "deckard_cli", "serve", "lipsync", "--port", "0", "--workers", "1"]
    variables = {**os.environ, "INTERNAL_API_KEY": KEY, "PYTHONPATH": str(Path(__file__).parent.parent)}
    process = subprocess.Popen(command, env=variables, stderr=subprocess.PIPE, text=True)
    atexit.register(_stopped, process)
    assert process.stderr
    said = process.stderr.readline()
    found = re.search(r"http://127\.0\.0\.1:\d+", said)
    assert found, said
    threading.Thread(target=process.stderr.read, daemon=True).start()  # a full pipe would hold the server up
    return found[0]


def _stopped(process: subprocess.Popen[str]) -> None:
    process.terminate()
    process.wait(20)


@contextmanager
def runpod(here: Path, patch: pytest.MonkeyPatch) -> Iterator[Set]:
    """A double of RunPod, that works itself."""
    for name, value in {"API_KEY": KEY, "ENDPOINT_ID": "e1"}.items():
        patch.setenv(f"RUNPOD_{name}", value)
    patch.setattr("deckard_cli.face.runpod.face.SYSTEM", Waits().clock())
    with server.serving() as double:
        patch.setenv("RUNPOD_ENDPOINT_BASE_URL", f"{double.url}/v2")
        Platform(double, key=KEY).open()
        yield _remote("runpod", double, "POST /v2/e1/run")


@contextmanager
def rented(here: Path, patch: pytest.MonkeyPatch) -> Iterator[Set]:
    """`deckard worker` in the loop of RunPod's own library, in a process of its own, at a double of the platform."""
    platform = _endpoint()
    for name, value in {"API_KEY": KEY, "ENDPOINT_ID": "e1", "POLL_INTERVAL_SECONDS": "0.1"}.items():
        patch.setenv(f"RUNPOD_{name}", value)
    patch.setenv("RUNPOD_ENDPOINT_BASE_URL", f"{platform.double.url}/v2")

    def breaks() -> str:
        patch.setenv("RUNPOD_API_KEY", KEY + "-of-yesterday")
        patch.setattr(platform, "key", KEY + "-of-today")
        return "joi"

    def hangs() -> None:
        platform.double.routes["GET /v2/e1/status/"] = server.status(200, {"status": "IN_QUEUE"})

    yield Set("runpod", platform.submitted, breaks, hangs)
    platform.open()


_OPEN = ExitStack()


@cache
def _endpoint() -> Platform:
    """An endpoint with a worker that runs until the tests are over."""
    double = _OPEN.enter_context(server.serving())
    platform = Platform(double, key=KEY, workers=True)
    platform.open()
    folder = _OPEN.enter_context(TemporaryDirectory())
    _OPEN.enter_context(worker(platform, Path(folder) / "log"))
    return platform


@pytest.fixture(scope="module", autouse=True)
def _closed() -> Iterator[None]:
    yield
    _OPEN.close()
    _endpoint.cache_clear()


def _remote(name: str, double: FilmServer, route: str) -> Set:
    def breaks() -> str:
        double.routes[route] = server.repeating_the_key(500)
        return "joi"

    def hangs() -> None:
        double.routes[route] = server.silent(double)

    return Set(name, lambda: len(double.heard), breaks, hangs)


Opened = Callable[[Path, pytest.MonkeyPatch], AbstractContextManager[Set]]
REMOTE: list[Opened] = [direct, served, runpod, rented, tavus]


@pytest.fixture(params=[drawn, *REMOTE], ids=lambda made: made.__name__)
def face(request: pytest.FixtureRequest, here: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Set]:
    for name in PROXIES:
        monkeypatch.delenv(name, raising=False)
    with request.param(here, monkeypatch) as opened:
        yield opened


def clip(here: Path, face: Set, name: str = "a.mp4", **options: object) -> Written:
    given = {"voice": "tone", "face": face.name, "size": "64", "provenance": False, **options}
    return render(TEXT, output=here / name, **given)  # type: ignore[arg-type]


def test_a_clip_is_as_large_as_long_and_as_quick_as_asked(face: Set, here: Path) -> None:
    written = clip(here, face, strict=True)
    made = probe(written.path)
    assert made.picture and made.sound
    assert (written.width, written.height, written.fps) == (64, 64, 25)
    seen = list(pictures(written.path))
    assert len(seen) == written.frames == made.picture.packets
    assert abs(written.frames - written.duration * 25) <= 1
    assert abs(made.picture.end - made.sound.end) <= 1 / 25
    assert all(picture.shape[:2] == (64, 64) for _, picture in seen)
    levels = [float(picture.mean()) for _, picture in seen]
    assert max(levels) - min(levels) > 0.05, "nothing moves"


def test_speech_is_never_cut(face: Set, here: Path) -> None:
    written = clip(here, face)
    alone = render(TEXT, output=here / "b.wav", voice="tone", provenance=False)
    heard, rate = sound(written.path)
    expected, _ = sound(alone.path)
    assert (len(heard), rate) == (len(expected), alone.rate)
    assert np.corrcoef(heard, expected)[0, 1] > 0.99


def test_a_clip_says_which_face_it_has(face: Set, here: Path) -> None:
    written = clip(here, face)
    tags = probe(written.path).tags
    assert written.face == tags["face"] == face.name
    assert (tags["synthetic"], tags["voice"]) == ("true", "tone")


def test_a_failure_says_what_to_do_and_leaves_nothing(face: Set, here: Path) -> None:
    persona = face.breaks()
    before = sorted(here.rglob("*"))
    with pytest.raises(DeckardError) as caught:
        clip(here, face, persona=persona)
    assert caught.value.message and caught.value.hint and caught.value.code
    assert KEY not in f"{caught.value}{caught.value.hint}"
    assert sorted(here.rglob("*")) == before


@pytest.mark.parametrize("face", REMOTE, indirect=True)
def test_the_next_face_is_seen_where_one_fails(face: Set, here: Path) -> None:
    face.breaks()
    written = clip(here, replace(face, name=f"{face.name},rig"))
    assert written.face == probe(written.path).tags["face"] == "rig"
    assert any(f"The face '{face.name}'" in note and KEY not in note for note in written.notes)


def test_a_clip_can_be_interrupted(face: Set, here: Path, deckard: Deckard) -> None:
    face.hangs()
    text = TEXT * 40
    command = deckard.command("render", text, "--voice", "tone", "--face", face.name, "-o", "a.mp4", "--size", "512")
    process = subprocess.Popen(command, cwd=here, env=deckard.variables(), stderr=subprocess.PIPE)
    began = face.calls()
    end = time.monotonic() + 6
    while time.monotonic() < end and not (face.calls() > began or list(here.glob("*.part.*"))):
        time.sleep(0.05)
    time.sleep(0.3)
    process.send_signal(signal.SIGINT)
    _, told = process.communicate(timeout=20)
    assert process.returncode == 130 and b"Traceback" not in told
    assert list(here.iterdir()) == []


def test_no_key_is_in_what_is_written_told_or_logged(
    face: Set, here: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level(logging.DEBUG)
    studio = Studio(Cache(here / "cache"))
    written = clip(here, face, studio=studio, captions="srt", timings=("a.json",), provenance=True)
    persona = face.breaks()
    with pytest.raises(DeckardError) as caught:
        clip(here, face, "b.mp4", persona=persona)
    for file in filter(Path.is_file, here.rglob("*")):
        assert KEY.encode() not in file.read_bytes(), file
    assert KEY not in f"{written}{caught.value!r}{caught.value.hint}{caplog.text}"


def test_the_same_again_asks_nobody(face: Set, here: Path) -> None:
    studio = Studio(Cache(here / "cache"))
    first = clip(here, face, studio=studio)
    asked = face.calls()
    assert clip(here, face, studio=studio) == replace(first, cached=True)
    other = clip(here, face, "b.mp4", studio=studio, captions="srt")
    assert (other.cached, other.frames) == (False, first.frames)
    assert face.calls() == asked
