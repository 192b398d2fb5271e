"""RunPod, as far as a double of it goes: what is submitted, how often, and what comes of it."""

from __future__ import annotations

import asyncio
import base64
import logging
import random
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import film_server as server
import numpy as np
import pytest
from runpod_platform import KEY, Platform, filmed
from waits import Waits

from deckard_cli import render
from deckard_cli.clip.decode import probe
from deckard_cli.errors import DeckardError, MissingError, UsageError
from deckard_cli.face import Film
from deckard_cli.face.portrait import Portrait
from deckard_cli.face.runpod import Runpod
from deckard_cli.persona import find
from deckard_cli.remote.health import examined
from deckard_cli.remote.request import chunks, wav
from deckard_cli.speech import Speech

RUN, POLL, CANCEL = "POST /v2/e1/run", "GET /v2/e1/status/", "POST /v2/e1/cancel/"
SECRET = "sig=SecretOfTheStorage"
SPEECH = Speech(np.sin(np.arange(16_000) / 20).astype(np.float32), 16_000, text="hello")
GOOD = server.film_of(25, (64, 64), 25)


@pytest.fixture
def platform(monkeypatch: pytest.MonkeyPatch) -> Iterator[Platform]:
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    for name in ("RUN_URL", "STATUS_URL_TEMPLATE", "UPLOAD_URL", "DOWNLOAD_URL", "POLL_INTERVAL_SECONDS"):
        monkeypatch.delenv(f"RUNPOD_{name}", raising=False)
    monkeypatch.setenv("RUNPOD_API_KEY", KEY)
    monkeypatch.setenv("RUNPOD_ENDPOINT_ID", "e1")
    with server.serving() as double:
        monkeypatch.setenv("RUNPOD_ENDPOINT_BASE_URL", f"{double.url}/v2")
        platform = Platform(double)
        platform.open()
        yield platform


def made(waits: Waits | None = None, **options: object) -> Runpod:
    portrait = Portrait.load(find("joi").folder)
    face = Runpod(portrait, size=(64, 64), fps=25, persona="joi", **options)  # type: ignore[arg-type]
    face.clock = (waits or Waits()).clock()
    return face


def film(waits: Waits | None = None, speech: Speech = SPEECH, **options: object) -> Film:
    return asyncio.run(made(waits, **options).film(speech))


def refused(speech: Speech = SPEECH, **options: object) -> DeckardError:
    with pytest.raises(DeckardError) as caught:
        film(speech=speech, **options)
    told = str(caught.value) + caught.value.hint
    assert KEY not in told and SECRET not in told
    return caught.value


def states(platform: Platform) -> list[str]:
    return [job.status for job in platform.jobs.values()]


# What is submitted


def test_a_job_is_submitted_with_the_request_and_the_limits(platform: Platform) -> None:
    assert film(timeout=42.5).data == GOOD
    (job,) = platform.jobs.values()
    assert job.policy == {"executionTimeout": 42_500, "ttl": 42_500}
    assert (job.input["version"], job.input["persona"], job.input["text"]) == (1, "joi", "hello")
    assert base64.b64decode(job.input["audio"]) == wav(SPEECH.samples, SPEECH.rate)
    assert "upload_url" not in job.input


def test_other_addresses_may_be_named(platform: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RUNPOD_ENDPOINT_ID")
    monkeypatch.setenv("RUNPOD_RUN_URL", platform.double.url + "/mine/run")
    platform.double.routes["POST /mine/run"] = platform.run
    platform.double.routes["GET /other/state/"] = platform.status
    monkeypatch.setenv("RUNPOD_STATUS_URL_TEMPLATE", platform.double.url + "/other/state/{job_id}")
    assert film().data == GOOD
    platform.double.routes["GET /mine/status/"] = platform.status
    monkeypatch.delenv("RUNPOD_STATUS_URL_TEMPLATE")
    assert film().data == GOOD
    assert platform.double.asked("GET /mine/status/job-1-e1")


@pytest.mark.parametrize("name", ["video_url", "result_url", "url"])
def test_a_film_is_fetched_from_where_it_is_without_the_key(platform: Platform, name: str) -> None:
    platform.double.files["/files/a.mp4"] = GOOD
    platform.work = lambda asked: {name: platform.double.url + "/files/a.mp4"}
    platform.double.then(server.status(404), server.status(404), to="GET /files/")
    assert film().data == GOOD
    for request in platform.double.heard:
        assert (KEY in str(request.headers)) == request.path.startswith("/v2/e1/")


def test_a_film_that_is_cut_in_the_middle_is_fetched_again(platform: Platform) -> None:
    platform.double.files["/files/a.mp4"] = GOOD
    platform.work = lambda asked: {"video_url": platform.double.url + "/files/a.mp4"}
    platform.double.then(
        server.cut_off(platform.double.routes["GET /files/"]),
        server.answering(GOOD[: len(GOOD) // 2], "video/mp4"),
        to="GET /files/",
    )
    assert film().data == GOOD


def test_a_film_may_come_in_chunks(platform: Platform) -> None:
    platform.work = lambda asked: list(chunks(filmed(asked), 1000))
    assert film().data == GOOD


# What is missing


@pytest.mark.parametrize("variable", ["RUNPOD_API_KEY", "RUNPOD_ENDPOINT_ID"])
def test_what_is_not_set_is_named(platform: Platform, variable: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(variable)
    with pytest.raises(MissingError, match=f"needs {variable}") as caught:
        made()
    assert caught.value.hint == f"export {variable}=..."


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        ("RUNPOD_ENDPOINT_ID", "../e2", "no identifier"),
        ("RUNPOD_RUN_URL", "nowhere", "no address"),
        ("RUNPOD_STATUS_URL_TEMPLATE", "http://127.0.0.1:1/status", r"no \{job_id\}"),
        ("RUNPOD_STATUS_URL_TEMPLATE", "http://127.0.0.2:1/status/{job_id}", "the key goes to one alone"),
        ("RUNPOD_POLL_INTERVAL_SECONDS", "soon", "no number of seconds"),
        ("RUNPOD_POLL_INTERVAL_SECONDS", "0", "no number of seconds"),
        ("RUNPOD_UPLOAD_URL", "https://storage.example/one.mp4", r"no \{name\}"),
    ],
)
def test_what_cannot_be_meant_is_refused(
    platform: Platform, variable: str, value: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if variable == "RUNPOD_STATUS_URL_TEMPLATE":
        monkeypatch.setenv("RUNPOD_RUN_URL", "http://127.0.0.1:1/run")
    monkeypatch.setenv(variable, value)
    with pytest.raises(UsageError, match=said):
        made()


# States


@pytest.mark.parametrize("state", ["IN_QUEUE", "RUNNING", "warming-up", ""])
def test_a_state_that_is_not_final_is_waited_for(platform: Platform, state: str) -> None:
    progress = {"status": state, "output": {"video_base64": base64.b64encode(GOOD).decode()}}
    platform.double.then(*[server.status(200, progress)] * 3, to=POLL)
    assert film().data == GOOD
    (job,) = platform.jobs.values()
    assert job.takes == 1, "a film was taken before it was finished"


@pytest.mark.parametrize(
    ("state", "said"),
    [
        ({"status": "FAILED", "error": f"no face in the picture, {KEY}"}, "no face in the picture, ***"),
        ({"status": "FAILED", "error": '{"error_type": "E", "error_message": "out of memory"}'}, "out of memory"),
        ({"status": "FAILED"}, "nobody says why"),
        ({"status": "CANCELLED"}, "the job was cancelled"),
        ({"status": "TIMED_OUT"}, "the job ran out of time"),
        ({"status": "COMPLETED", "output": {"error": "the sound is empty"}}, "the sound is empty"),
    ],
)
def test_a_job_that_fails_says_why(platform: Platform, state: dict[str, Any], said: str) -> None:
    platform.double.routes[POLL] = server.status(200, state)
    assert refused().message == f"The face 'runpod' made no film: {said}."
    assert platform.submitted() == 1


def test_questions_come_early_and_then_at_the_interval(platform: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RUNPOD_POLL_INTERVAL_SECONDS", "2")
    waits = Waits()
    platform.patience = 6
    film(waits)
    assert waits.waits == [0.5, 0.75, 1.125, 1.6875, 2.0, 2.0, 2.0]


# What goes wrong on the way


@pytest.mark.parametrize(
    "fault",
    [
        server.status(429, retry_after="1"),
        server.status(500),
        server.status(502, "bad gateway"),
        server.hung_up,
        server.answering(b"<html>"),
        server.answering(b"[1, 2]"),
        server.answering(b"{}"),
    ],
)
@pytest.mark.parametrize("where", [RUN, POLL])
def test_what_passes_is_tried_again(platform: Platform, fault: server.Answer, where: str) -> None:
    platform.double.then(fault, fault, to=where)
    assert film().data == GOOD
    assert states(platform) == ["COMPLETED"]


@pytest.mark.parametrize(
    ("status", "code"), [(400, "refused"), (401, "key_refused"), (402, "no_credit"), (404, "not_found")]
)
def test_what_does_not_pass_is_told_at_once(platform: Platform, status: int, code: str) -> None:
    platform.double.routes[RUN] = server.repeating_the_key(status)
    assert refused().code == code
    assert platform.submitted() == 1


def test_a_job_whose_answer_was_lost_is_submitted_again_as_it_was(platform: Platform) -> None:
    platform.double.then(server.cut_off(platform.run), to=RUN)
    assert film().data == GOOD
    first, second = platform.double.asked(RUN)
    assert first.body == second.body, "a worker could not know it again"


def test_a_job_that_is_lost_is_submitted_once_more(platform: Platform) -> None:
    platform.double.then(*[server.status(404)] * 5, to=POLL)
    assert film().data == GOOD
    assert platform.submitted() == 2


def test_a_job_that_is_lost_twice_is_given_up(platform: Platform) -> None:
    platform.double.routes[POLL] = server.status(404)
    assert refused().code == "job_lost"
    assert platform.submitted() == 2


def test_a_job_that_is_not_known_at_once_is_asked_after_again(platform: Platform) -> None:
    platform.double.then(*[server.status(404)] * 4, to=POLL)
    assert film().data == GOOD
    assert platform.submitted() == 1


@pytest.mark.parametrize("output", [None, "done", {"progress": "90 %"}, {"video_base64": "bm8gZmlsbQ=="}])
def test_an_output_without_a_film_is_asked_for_again_and_then_refused(platform: Platform, output: object) -> None:
    platform.work = lambda asked: output
    error = refused()
    assert (error.code, error.message) == ("bad_answer", "The face 'runpod' answered with no film.")


# Giving up


def test_a_job_that_takes_too_long_is_cancelled(platform: Platform) -> None:
    platform.patience = 10**9
    error = refused(timeout=0.5)
    assert (error.code, states(platform)) == ("too_slow", ["CANCELLED"])


def left(begun: threading.Event) -> None:
    """Ask for a film, and give it up when it has begun."""

    async def leave() -> None:
        task = asyncio.ensure_future(made().film(SPEECH))
        assert await asyncio.to_thread(begun.wait, 10)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(leave())


def test_a_job_that_nobody_waits_for_is_cancelled(platform: Platform) -> None:
    begun = threading.Event()

    def unready(handler: server.Handler, request: server.Heard) -> None:
        begun.set()
        server.say(handler, {"status": "IN_PROGRESS"})

    platform.double.routes[POLL] = unready
    left(begun)
    assert states(platform) == ["CANCELLED"]


def test_a_job_that_is_just_being_taken_is_cancelled_too(platform: Platform) -> None:
    begun = threading.Event()

    def slowly(handler: server.Handler, request: server.Heard) -> None:
        begun.set()
        platform.double.released.wait(0.3)
        platform.run(handler, request)

    platform.double.routes[RUN] = slowly
    left(begun)
    assert states(platform) == ["CANCELLED"]


def test_a_job_that_cannot_be_asked_after_is_cancelled(platform: Platform) -> None:
    platform.double.routes[POLL] = server.status(503)
    platform.double.then(server.status(500), to=CANCEL)
    assert refused().code == "busy"
    assert states(platform) == ["CANCELLED"]


# What is too large

LONG = Speech(np.zeros(16_000 * 240, np.float32), 16_000, text="long")


def test_what_is_too_large_is_refused_before_it_is_sent(platform: Platform) -> None:
    error = refused(LONG)
    assert error.code == "too_large" and "RunPod takes 10 MB" in error.message and "RUNPOD_UPLOAD_URL" in error.hint
    assert platform.double.heard == []


def test_what_is_too_large_goes_by_a_place_of_its_own(platform: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RUNPOD_UPLOAD_URL", platform.double.url + "/files/{name}?" + SECRET)
    monkeypatch.setenv("RUNPOD_DOWNLOAD_URL", platform.double.url + "/files/{name}")

    def work(asked: dict[str, Any]) -> dict[str, Any]:
        sound = asked["audio_url"].removeprefix(platform.double.url)
        assert "audio" not in asked and platform.double.files[sound] == wav(LONG.samples, LONG.rate)
        there, _, signature = asked["upload_url"].partition("?")
        assert signature == SECRET
        platform.double.files[there.removeprefix(platform.double.url)] = GOOD
        return {"video_url": there}

    platform.work = work
    assert film(speech=LONG).data == GOOD
    platform.double.then(server.status(403), to="PUT")
    error = refused(LONG)
    assert (error.code, platform.submitted()) == ("upload_failed", 1)


# The whole


def test_the_endpoint_says_how_it_is(platform: Platform) -> None:
    (health,) = examined([Runpod.probe()])
    assert health.answers and "workers.idle 2" in health.says
    assert health.url == platform.double.url + "/v2/e1/health"


@pytest.mark.parametrize("status", [400, 401, 402, 403, 404, 422, 429, 500])
@pytest.mark.parametrize("where", [RUN, POLL])
def test_no_key_is_told_or_logged(
    platform: Platform, status: int, where: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    platform.double.routes[where] = server.repeating_the_key(status)
    refused()
    assert KEY not in caplog.text


def test_a_clip_of_runpod_has_our_sound_and_says_whose_picture_it_is(
    platform: Platform, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("deckard_cli.face.runpod.face.SYSTEM", Waits().clock())
    written = render("Hello there.", output=here / "a.mp4", voice="tone", face="runpod", size="64", provenance=False)
    clip = probe(written.path)
    assert written.face == clip.tags["face"] == "runpod" and clip.sound


def jobs(platform: Platform, count: int, caplog: pytest.LogCaptureFixture) -> None:
    """So many jobs under faults, eight at a time: all end well, each with its own film, and what was submitted twice
    was so because its answer was lost.
    """
    caplog.set_level(logging.DEBUG)
    chance = random.Random(2049)

    def work(asked: dict[str, Any]) -> dict[str, Any]:
        path = f"/files/{asked['text'].replace(' ', '-')}.mp4"
        platform.double.files[path] = filmed(asked)
        return {"video_url": platform.double.url + path}

    platform.work = work
    for route, answer in list(platform.double.routes.items()):
        platform.double.routes[route] = server.faulty(answer, chance, slow=0.01)

    async def one(index: int, at_once: asyncio.Semaphore) -> None:
        speech = Speech(np.zeros(1600 + 640 * (index % 7), np.float32), 16_000, text=f"job {index}")
        async with at_once:
            data = (await made().film(speech)).data
        assert data == server.film_as_long_as(wav(speech.samples, 16_000), (64, 64), 25)

    async def everything() -> None:
        at_once = asyncio.Semaphore(8)
        await asyncio.gather(*(one(index, at_once) for index in range(count)))

    asyncio.run(everything())
    done = [job.input["text"] for job in platform.jobs.values() if job.status == "COMPLETED"]
    assert sorted(done) == sorted(f"job {index}" for index in range(count)), "one is lost, or was done twice"
    assert not any(job.polls for job in platform.jobs.values() if job.status != "COMPLETED")
    assert KEY not in caplog.text


def test_jobs_end_well_under_faults(platform: Platform, caplog: pytest.LogCaptureFixture) -> None:
    jobs(platform, 15, caplog)


@pytest.mark.slow
def test_200_jobs_end_well_under_faults(platform: Platform, caplog: pytest.LogCaptureFixture) -> None:
    jobs(platform, 200, caplog)
