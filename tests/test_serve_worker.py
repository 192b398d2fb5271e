"""The worker on RunPod: the loop of RunPod's own library around it, and a platform that gives it jobs."""

from __future__ import annotations

import asyncio
import json
import random
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import film_server as server
import numpy as np
import pytest
from photographs import astronaut
from PIL import Image
from runpod_platform import KEY, WORKERS_KEY, Platform, worker

from deckard_cli import render
from deckard_cli.cli import run
from deckard_cli.clip.decode import probe
from deckard_cli.clip.provenance.claim import NEWSCODES
from deckard_cli.clip.provenance.verify import read
from deckard_cli.errors import BackendError
from deckard_cli.face.portrait import Portrait
from deckard_cli.face.runpod import Runpod
from deckard_cli.persona import find
from deckard_cli.remote.request import decoded, encoded, is_film, wav
from deckard_cli.serve.reach import Reach
from deckard_cli.serve.terms import Terms
from deckard_cli.serve.worker import INLINE, Worker
from deckard_cli.speech import Speech

SOUND = wav(np.sin(np.arange(16_000) / 20).astype(np.float32), 16_000)
EXAMPLE = Path(__file__).parent.parent / "examples" / "runpod" / "test_input.json"


def speech(seconds: float, text: str) -> Speech:
    samples = np.sin(np.arange(round(16_000 * seconds)) / 20).astype(np.float32)
    return Speech(samples, 16_000, text=text)


# In its container


@dataclass
class Rented:
    """A worker that runs, and who gives it jobs."""

    platform: Platform
    log: Path


@pytest.fixture(scope="module")
def rented(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rented]:
    log = tmp_path_factory.mktemp("worker") / "log"
    with server.serving() as double:
        platform = Platform(double, workers=True)
        platform.open()
        with worker(platform, log):
            yield Rented(platform, log)


@pytest.fixture
def runpod(rented: Rented, monkeypatch: pytest.MonkeyPatch) -> Rented:
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    for name in ("RUN_URL", "STATUS_URL_TEMPLATE", "UPLOAD_URL", "DOWNLOAD_URL"):
        monkeypatch.delenv(f"RUNPOD_{name}", raising=False)
    monkeypatch.setenv("RUNPOD_API_KEY", KEY)
    monkeypatch.setenv("RUNPOD_ENDPOINT_ID", "e1")
    monkeypatch.setenv("RUNPOD_ENDPOINT_BASE_URL", f"{rented.platform.double.url}/v2")
    monkeypatch.setenv("RUNPOD_POLL_INTERVAL_SECONDS", "0.1")
    rented.platform.jobs.clear()
    return rented


def face(size: int = 64, **options: object) -> Runpod:
    portrait = Portrait.load(find("joi").folder)
    return Runpod(portrait, size=(size, size), fps=25, persona="joi", **options)  # type: ignore[arg-type]


def film(said: Speech, **options: object) -> bytes:
    return asyncio.run(face(**options).film(said)).data  # type: ignore[arg-type]


def seen(data: bytes, here: Path) -> int:
    """How many pictures a film has."""
    (here / "a.mp4").write_bytes(data)
    stream = probe(here / "a.mp4").picture
    assert stream
    return stream.packets


def test_jobs_of_several_clients_are_filmed_one_after_the_other(runpod: Rented, here: Path) -> None:
    async def all_of_them() -> list[bytes]:
        films = (face().film(speech(0.4 + index / 5, f"job {index}")) for index in range(4))
        return [each.data for each in await asyncio.gather(*films)]

    made = asyncio.run(all_of_them())
    assert [seen(each, here) for each in made] == [10, 15, 20, 25]
    assert [(job.status, job.takes) for job in runpod.platform.jobs.values()] == [("COMPLETED", 1)] * 4


def test_what_cannot_be_filmed_says_why(runpod: Rented) -> None:
    with pytest.raises(BackendError, match=r"made no film: There is no face called 'hologram'\.?\.$"):
        film(speech(0.4, "hello"), face="hologram")


def test_a_job_that_comes_twice_is_drawn_once(runpod: Rented) -> None:
    runpod.platform.double.then(server.cut_off(runpod.platform.run), to="POST /v2/e1/run")
    data = film(speech(0.6, "twice"))
    first, second = list(runpod.platform.jobs.values())
    _until(lambda: first.output and second.output)
    assert first.output == second.output and is_film(data)
    _until(lambda: f"{second.id} | Finished." in runpod.log.read_text())
    log = runpod.log.read_text()
    assert f"{first.id} | Sending Progress" in log and f"{second.id} | Sending Progress" not in log


def test_a_film_goes_where_the_job_says(runpod: Rented, here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    url = runpod.platform.double.url
    monkeypatch.setenv("RUNPOD_UPLOAD_URL", url + "/files/up-{name}?sig=secret")
    assert seen(film(speech(0.4, "put there")), here) == 10
    (put,) = runpod.platform.double.asked("PUT /files/up-")
    (job,) = runpod.platform.jobs.values()
    assert "sig=secret" in put.path and "sig" not in json.dumps(job.output)


def test_a_clip_of_the_worker_says_that_rules_moved_a_drawing(runpod: Rented, here: Path) -> None:
    written = render("Hello.", output=here / "a.mp4", voice="espeak", face="runpod", size="64")
    assert written.face == "runpod" and read(written.path).source == "algorithmicMedia"


def test_a_job_that_is_given_up_stops_and_the_next_is_filmed(runpod: Rented, here: Path) -> None:
    async def leave() -> None:
        task = asyncio.ensure_future(face(size=512).film(speech(20, "")))
        await asyncio.to_thread(_until, lambda: any(job.output for job in runpod.platform.jobs.values()))
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task

    asyncio.run(leave())
    (job,) = runpod.platform.jobs.values()
    assert job.status == "CANCELLED"
    assert seen(film(speech(0.4, "next"), timeout=60.0), here) == 10
    assert f"{job.id} | Job stopped." in runpod.log.read_text(errors="replace")


def test_no_key_is_in_the_log_of_the_worker(runpod: Rented) -> None:
    film(speech(0.4, "hushed"))
    log = runpod.log.read_text(errors="replace")
    assert "Finished." in log and KEY not in log and WORKERS_KEY not in log


def _until(done: Any) -> None:
    end = time.monotonic() + 30
    while not done() and time.monotonic() < end:
        threading.Event().wait(0.05)


def test_jobs_under_faults_are_drawn_once_each(runpod: Rented) -> None:
    platform, chance = runpod.platform, random.Random(2049)
    routes = {name: answer for name, answer in platform.double.routes.items() if " /v2/" in name}
    platform.double.routes |= {name: server.faulty(answer, chance, slow=0.02) for name, answer in routes.items()}

    platform.double.then(*[server.cut_off(platform.run)] * 2, to="POST /v2/e1/run")

    async def one(index: int, at_once: asyncio.Semaphore) -> bytes:
        async with at_once:
            return (await face().film(speech(0.2, f"job {index}"))).data

    async def all_of_them() -> list[bytes]:
        at_once = asyncio.Semaphore(3)
        return list(await asyncio.gather(*(one(index, at_once) for index in range(12))))

    try:
        films = asyncio.run(all_of_them())
    finally:
        platform.double.routes |= routes
    assert all(map(is_film, films))
    _until(lambda: all(job.status == "COMPLETED" for job in platform.jobs.values()))
    log = runpod.log.read_text(errors="replace")
    drawn = [job.input["text"] for job in platform.jobs.values() if f"{job.id} | Sending Progress" in log]
    assert sorted(drawn) == sorted(f"job {index}" for index in range(12)), "one is lost, or was drawn twice"
    assert len(platform.jobs) >= 14, "no answer was lost"


# By itself


def answered(here: Path, input: object, reach: Reach | None = None) -> dict[str, Any]:
    stages: list[object] = []
    made = Worker(Terms(), here, reach)
    return asyncio.run(made.answer({"id": "j1", "input": input}, stages.append))


def asked(**changed: object) -> dict[str, object]:
    input: dict[str, object] = {"audio": encoded(SOUND), "persona": "joi", "fps": 25, "size": [64, 64], **changed}
    return {name: value for name, value in input.items() if value is not None}


@pytest.mark.parametrize(
    ("input", "code"),
    [
        (None, "bad_field"),
        ("joi", "bad_field"),
        ({}, "no_sound"),
        (asked(audio="!!!"), "bad_field"),
        (asked(audio=encoded(b"no sound at all")), "audio_unreadable"),
        (asked(persona="nobody"), "unknown_persona"),
        (asked(persona="../joi"), "bad_name"),
        (asked(face="noop"), "no_model"),
        (asked(face="runpod"), "face_films"),
        (asked(size=[1, 1]), "bad_field"),
        (asked(fps=10_000), "bad_field"),
        (asked(image_is="statue"), "bad_field"),
        (asked(upload_url="file:///etc/passwd"), "bad_url"),
        (asked(audio=None, audio_url="http://127.0.0.1:1/a.wav"), "bad_url"),
        (asked(persona="", image=encoded(b"no picture")), "not_a_picture"),
    ],
)
def test_an_error_has_a_code_a_sentence_and_a_hint(here: Path, input: object, code: str) -> None:
    output = answered(here, input)
    said = json.loads(output.pop("error"))
    assert set(said) == {"code", "message", "hint"} and said["message"].endswith(".")
    assert (said["code"], output) == (code, {})
    assert [each.name for each in here.iterdir()] == ["photographs"]


def test_an_image_is_what_the_job_says_it_is(here: Path) -> None:
    Image.fromarray(astronaut()).save(here / "face.png")
    image = encoded((here / "face.png").read_bytes())
    for what, source in (("photograph", "compositeSynthetic"), ("drawing", "algorithmicMedia")):
        output = answered(here, asked(persona="", face="flat", image=image, image_is=what))
        (here / "a.mp4").write_bytes(decoded(str(output["video_base64"])))
        assert probe(here / "a.mp4").tags["digital_source_type"] == NEWSCODES + source


def test_sound_may_lie_at_an_address(here: Path) -> None:
    with server.serving() as double:
        double.files["/files/a.wav"] = SOUND
        reach = Reach(allowed=True, public=lambda address: True)
        output = answered(here, asked(audio=None, audio_url=double.url + "/files/a.wav"), reach)
    assert (output["frames"], output["seconds"]) == (25, 1.0)


def test_a_film_that_a_job_cannot_carry_is_refused(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("deckard_cli.serve.worker.INLINE", 1000)
    said = json.loads(answered(here, asked())["error"])
    assert said["code"] == "film_too_large" and all("RUNPOD_UPLOAD_URL" in said[each] for each in ("message", "hint"))
    assert INLINE * 4 / 3 < 9_900_000


def test_a_place_that_takes_no_film_is_told_without_its_signature(here: Path) -> None:
    with server.serving() as double:
        double.routes["PUT /files/"] = server.status(403)
        said = answered(here, asked(upload_url=double.url + "/files/a.mp4?sig=secret"))["error"]
    assert "status 403" in said and "sig" not in said


def test_the_same_again_is_not_drawn_again(here: Path) -> None:
    made = Worker(Terms(), here)

    async def twice() -> tuple[list[object], list[object]]:
        told: list[object] = []
        outputs = [await made.answer({"input": asked()}, told.append) for _ in range(2)]
        outputs.append(await made.answer({"input": asked(text="other")}, told.append))
        return outputs, told

    (first, second, other), told = asyncio.run(twice())
    assert first == second != other
    assert told == [{"stage": "drawing"}] * 2


def test_a_bug_has_the_worker_replaced(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*args: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("deckard_cli.serve.bench.heard", broken)
    output = answered(here, asked())
    assert output["refresh_worker"] is True and json.loads(output["error"])["code"] == "bug"


# At a desk


def test_a_job_in_a_file_is_tried_without_runpod(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["worker", "--test-input", str(EXAMPLE), "-o", "a.mp4", "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    path = Path(report["path"])
    assert path == here / "a.mp4" and is_film(path.read_bytes()[:16])
    assert (report["version"], report["frames"], report["size"]) == (1, 29, [256, 256])


@pytest.mark.parametrize(
    ("content", "said"),
    [("{", "is not JSON"), ("[]", "has no object 'input'"), ('{"input": {"audio": "AAAA"}}', "not a file of sound")],
)
def test_what_cannot_be_tried_is_told(here: Path, capsys: pytest.CaptureFixture[str], content: str, said: str) -> None:
    (here / "in.json").write_text(content)
    assert run(["worker", "--test-input", "in.json"]) in (1, 2)
    out, err = capsys.readouterr()
    assert said in err and out == ""
    assert [each.name for each in here.iterdir()] == ["in.json"]


def test_a_worker_without_runpod_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["worker"]) == 2
    assert "RunPod does not say where jobs come from" in capsys.readouterr().err
