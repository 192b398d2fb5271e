"""A lip-sync server that is asked at its address: what it is sent, what it may answer, where the key does not go."""

from __future__ import annotations

import asyncio
import base64
import io
import json
import logging
import random
import socket
import time
import wave
from collections.abc import Callable, Iterator
from pathlib import Path

import film_server as server
import numpy as np
import pytest
from film_server import FilmServer
from waits import Waits

from deckard_cli import render
from deckard_cli.errors import BackendError, DeckardError, MissingError, UsageError
from deckard_cli.face import Film
from deckard_cli.face import direct as room
from deckard_cli.face.direct import PATHS, Direct
from deckard_cli.face.portrait import Portrait
from deckard_cli.persona import find
from deckard_cli.remote.request import FilmRequest, decoded
from deckard_cli.speech import Phone, Speech, Word

KEY = "internal-ThisIsNobodysKey0123456789"
SPEECH = Speech(
    np.sin(np.arange(16_000) / 20).astype(np.float32),
    16_000,
    (Word("hello", 0.1, 0.5),),
    (Phone("h", 0.1, 0.2), Phone("oʊ", 0.2, 0.5)),
    "hello",
)


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Iterator[FilmServer]:
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.delenv("LIPSYNC_DIRECT_PREFERRED_PATH", raising=False)
    monkeypatch.setenv("INTERNAL_API_KEY", KEY)
    room._found.clear()
    with server.serving() as double:
        monkeypatch.setenv("LIPSYNC_DIRECT_URL", f"{double.url}/generate")
        yield double


def portrait() -> Portrait:
    return Portrait.load(find("joi").folder)


def made(waits: Waits | None = None, **options: object) -> Direct:
    face = Direct(portrait(), size=(64, 96), fps=25, persona="joi", **options)  # type: ignore[arg-type]
    face.clock = (waits or Waits()).clock()
    return face


def film(waits: Waits | None = None, **options: object) -> Film:
    return asyncio.run(made(waits, **options).film(SPEECH))


def refused(waits: Waits | None = None, **options: object) -> DeckardError:
    with pytest.raises(DeckardError) as caught:
        film(waits, **options)
    assert KEY not in str(caught.value) + caught.value.hint
    return caught.value


GOOD = server.film_of(25, (64, 96), 25)


# What is asked


def test_a_server_is_sent_who_says_what_and_when(service: FilmServer) -> None:
    assert film(face="wav2lip", lang="de").data == GOOD
    (request,) = service.heard
    assert (request.method, request.path) == ("POST", "/generate")
    assert request.headers["authorization"] == f"Bearer {KEY}"
    asked = FilmRequest.model_validate_json(request.body)
    assert (asked.persona, asked.persona_content) == ("joi", portrait().content)
    assert (asked.fps, asked.size, asked.face, asked.lang, asked.text) == (25, (64, 96), "wav2lip", "de", "hello")
    assert asked.words == (("hello", 0.1, 0.5),)
    assert asked.phones == (("h", 0.1, 0.2), ("oʊ", 0.2, 0.5))
    with wave.open(io.BytesIO(decoded(asked.audio))) as sound:
        assert (sound.getnchannels(), sound.getsampwidth(), sound.getframerate()) == (1, 2, 16_000)
        heard = np.frombuffer(sound.readframes(-1), "<i2") / 32767
    assert np.abs(heard - SPEECH.samples).max() < 1e-4
    from PIL import Image

    with Image.open(io.BytesIO(decoded(asked.image or ""))) as picture:
        assert (picture.size, picture.format) == ((64, 96), "PNG")


def test_without_a_key_none_is_sent(service: FilmServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("INTERNAL_API_KEY")
    assert film().data == GOOD
    assert "authorization" not in service.heard[0].headers


def test_the_same_request_has_the_same_key_and_another_has_another(service: FilmServer) -> None:
    film(), film(), film(lang="de")
    first, again, other = (request.headers["idempotency-key"] for request in service.heard)
    assert first == again != other


# Where it is asked


@pytest.mark.parametrize("path", PATHS)
def test_an_address_without_a_path_is_tried_where_servers_listen(
    service: FilmServer, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LIPSYNC_DIRECT_URL", service.url)
    service.routes = {f"POST {path}": server.bare}
    assert film().data == film().data == GOOD
    asked = [request.path for request in service.heard]
    assert asked == [*PATHS[: PATHS.index(path) + 1], path]


def test_the_preferred_path_is_tried_first(service: FilmServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIPSYNC_DIRECT_URL", service.url + "/")
    monkeypatch.setenv("LIPSYNC_DIRECT_PREFERRED_PATH", "v2/talk")
    service.routes["POST /v2/talk"] = server.bare
    assert film().data == GOOD
    assert [request.path for request in service.heard] == ["/v2/talk"]
    room._found.clear()
    del service.routes["POST /v2/talk"]
    assert film().data == GOOD
    assert [request.path for request in service.heard[1:]] == ["/v2/talk", "/generate"]


def test_an_address_with_a_path_is_asked_there_alone(service: FilmServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIPSYNC_DIRECT_URL", f"{service.url}/elsewhere")
    monkeypatch.setenv("LIPSYNC_DIRECT_PREFERRED_PATH", "/generate")
    error = refused()
    assert (error.code, error.message) == ("not_found", "The face 'direct' takes no requests at /elsewhere.")
    assert len(service.heard) == 1


def test_a_404_that_says_why_is_a_refusal(service: FilmServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIPSYNC_DIRECT_URL", service.url)
    service.then(server.status(404, {"error": {"message": "There is no persona 'joi' here"}}))
    assert refused().message == "The face 'direct' refused: There is no persona 'joi' here."
    assert len(service.heard) == 1


@pytest.mark.parametrize("url", ["", "  "])
def test_without_an_address_the_variable_is_named(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIPSYNC_DIRECT_URL", url)
    with pytest.raises(MissingError, match="needs LIPSYNC_DIRECT_URL") as caught:
        made()
    assert caught.value.hint == "export LIPSYNC_DIRECT_URL=http://127.0.0.1:8001/generate"


@pytest.mark.parametrize("url", ["localhost:8001/generate", "http://", "ftp://host/x", "http://[", "http://a b/"])
def test_what_is_no_address_is_refused(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIPSYNC_DIRECT_URL", url)
    with pytest.raises(UsageError, match="LIPSYNC_DIRECT_URL is no address"):
        made()


def test_a_preferred_path_is_no_other_host(service: FilmServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIPSYNC_DIRECT_URL", service.url)
    monkeypatch.setenv("LIPSYNC_DIRECT_PREFERRED_PATH", "//evil.example/generate")
    film()
    assert service.heard[0].path == "/evil.example/generate"
    monkeypatch.setenv("LIPSYNC_DIRECT_PREFERRED_PATH", "/a b")
    with pytest.raises(UsageError, match="LIPSYNC_DIRECT_PREFERRED_PATH is no path"):
        film()


# What it may answer


def data_url(text: str) -> str:
    return f"data:video/mp4;base64,{text}"


SHAPES: dict[str, Callable[[str], object]] = {
    "video_base64": lambda text: {"version": 1, "video_base64": text},
    "video": lambda text: {"video": text, "status": "success"},
    "data url": lambda text: {"video_url": data_url(text)},
    "data url of nothing": lambda text: {"result_url": f"data:;base64,{text}"},
    "nested": lambda text: {"id": "1", "status": "COMPLETED", "output": {"url": data_url(text)}},
    "nested text": lambda text: {"output": text},
    "list": lambda text: [{"url": None}, {"output": [{"video": text}]}],
    "text": lambda text: text,
    "lines": lambda text: {"video": "\n".join(text[start : start + 76] for start in range(0, len(text), 76))},
    "url safe": lambda text: {"video": text.replace("+", "-").replace("/", "_").rstrip("=")},
}


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_a_film_in_json_is_found(service: FilmServer, shape: Callable[[str], object]) -> None:
    service.then(server.told(shape))
    assert film().data == GOOD


@pytest.mark.parametrize("name", ["video_url", "result_url", "url", "output"])
@pytest.mark.parametrize("host", [True, False])
def test_a_film_at_an_address_is_fetched(service: FilmServer, name: str, host: bool) -> None:
    if name == "output":
        service.then(server.kept(service, lambda url: {"output": {"video_url": url}}, host=host))
    else:
        service.then(server.kept(service, lambda url: {name: url}, host=host))
    assert film().data == GOOD
    assert service.heard[1].headers["authorization"] == f"Bearer {KEY}"


def test_what_a_server_says_of_the_type_does_not_matter(service: FilmServer) -> None:
    service.then(server.lying, server.answering(b"\xef\xbb\xbf" + json.dumps({"video": code()}).encode(), "video/mp4"))
    assert film().data == film().data == GOOD


def code() -> str:
    return base64.b64encode(GOOD).decode()


@pytest.mark.parametrize(
    "body",
    [b"", b"<html>busy</html>", b"null", b"[]", b'{"status": "ok"}', b'{"url": "javascript:alert(1)"}', b"[" * 9000],
    ids=range(7),
)
def test_what_is_no_film_is_asked_for_again_a_few_times(service: FilmServer, body: bytes) -> None:
    service.then(*[server.answering(body)] * 3)
    assert film().data == GOOD
    service.then(*[server.answering(body)] * 4)
    assert refused().message == "The face 'direct' answered with something that is no film."
    assert len(service.heard) == 8


def test_a_success_that_tells_of_an_error_is_one(service: FilmServer) -> None:
    service.then(server.answering(b'{"error": "no face in the picture"}'))
    assert refused().message == "The face 'direct' made no film: no face in the picture."
    assert len(service.heard) == 1


@pytest.mark.parametrize("url", ["file:///etc/passwd", "http://[/x", "http://user:word@127.0.0.1/x", "http:///x"])
def test_an_address_that_is_none_is_not_fetched(service: FilmServer, url: str) -> None:
    service.then(*[server.answering(json.dumps({"video_url": url}).encode())] * 4)
    assert refused().code == "bad_answer"


def test_a_film_that_is_too_large_is_not_read_to_its_end(service: FilmServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("deckard_cli.remote.fetch.LARGEST", 2**20)
    service.then(server.answering(GOOD + b"\0" * 2**21, "video/mp4"), server.kept(service))
    monkeypatch.setattr("deckard_cli.remote.fetch.ask.__kwdefaults__", {"largest": 2**20, "also": ()})
    assert refused().code == "too_much"


# What may go wrong


def test_what_passes_is_waited_for(service: FilmServer) -> None:
    waits = Waits()
    service.then(server.status(429, retry_after="7"), server.status(503), server.hung_up, server.cut_off(server.bare))
    assert film(waits).data == GOOD
    assert waits.waits == [7.0, 1.0, 2.0, 4.0]


def test_a_server_that_is_not_there_is_given_up_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        monkeypatch.setenv("LIPSYNC_DIRECT_URL", f"http://127.0.0.1:{taken.getsockname()[1]}/generate")
        waits = Waits()
        error = refused(waits)
    assert error.code == "unreachable" and isinstance(error, BackendError)
    assert sum(waits.waits) <= 4


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (401, "refused the key in INTERNAL_API_KEY"),
        (402, "has no credit left"),
        (403, "forbids this to the key"),
        (413, "refused: status 413"),
        (422, "refused: status 422"),
        (307, "sends to another address, where no key goes"),
    ],
)
def test_what_does_not_pass_is_told_at_once(service: FilmServer, status: int, said: str) -> None:
    service.then(server.status(status, location=f"{service.url}/files/x"))
    error = refused()
    assert said in error.message and "face 'direct'" in error.message
    assert len(service.heard) == 1


def test_a_server_says_that_asking_again_is_of_no_use(service: FilmServer) -> None:
    service.then(server.status(503, {"error": {"message": "no model"}}, x_should_retry="false"))
    assert refused().message == "The face 'direct' refused: status 503: no model."
    assert len(service.heard) == 1


@pytest.mark.parametrize("status", [400, 401, 402, 403, 404, 422, 429, 500])
def test_no_key_is_told_or_logged(service: FilmServer, status: int, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    service.then(*[server.repeating_the_key(status)] * 9)
    refused()
    assert KEY not in caplog.text


def test_a_server_that_says_nothing_is_not_waited_for_without_end(service: FilmServer) -> None:
    service.then(server.silent(service))
    began = time.monotonic()
    error = refused(timeout=0.3)
    assert error.code == "too_slow" and "timeout in [faces.direct]" in error.hint
    assert time.monotonic() - began < 5


# How a film is fetched


def test_a_film_that_is_not_there_yet_is_waited_for(service: FilmServer) -> None:
    service.then(server.kept(service), server.status(404), server.status(403), server.status(503))
    assert film().data == GOOD
    assert len(service.asked("POST")) == 1


def test_a_film_that_breaks_off_is_taken_up_where_it_did(service: FilmServer) -> None:
    whole = service.routes["GET /files/"]
    service.then(server.kept(service), server.cut_off(whole))
    assert film().data == GOOD
    again = service.heard[2].headers
    assert 0 < int(again["range"].removeprefix("bytes=").rstrip("-")) < len(GOOD)
    assert again["if-range"].startswith('"')


def test_a_film_that_was_changed_meanwhile_is_fetched_anew(service: FilmServer) -> None:
    def changed(handler: server.Handler, request: server.Heard) -> None:
        half = server.cut_off(server.answering(server.film_of(50, (64, 96), 25), "video/mp4", etag='"old"'))
        half(handler, request)

    service.then(server.kept(service), changed)
    assert film().data == GOOD


def test_half_a_film_that_is_announced_as_whole_is_not_taken(service: FilmServer) -> None:
    half = server.answering(GOOD[: len(GOOD) // 2], "video/mp4")
    service.then(half, server.kept(service), half, server.answering(b"<html>", "video/mp4"))
    assert film().data == GOOD


def test_the_key_goes_to_no_other_address(service: FilmServer) -> None:
    with server.serving() as other:
        other.files["/files/a.mp4"] = GOOD
        there = f"{other.url}/files/a.mp4"
        service.then(server.answering(json.dumps({"url": there}).encode()))
        assert film().data == GOOD
        service.then(server.answering(json.dumps({"url": "/files/b.mp4"}).encode()), server.status(302, location=there))
        assert film().data == GOOD
        assert len(other.heard) == 2
        assert not any(KEY in str(request) for request in other.heard)


def test_an_address_that_leads_in_circles_is_left(service: FilmServer) -> None:
    service.then(server.kept(service), *[server.status(302, location="/files/x")] * 6)
    assert refused().message == "The face 'direct' sends from one address to the next."


# With others


def clip(here: Path, name: str = "a.mp4", **options: object):  # type: ignore[no-untyped-def]
    given = {"voice": "tone", "face": "direct", "size": "64", "provenance": False, **options}
    return render("Hello there, everybody.", output=here / name, **given)  # type: ignore[arg-type]


def test_where_the_server_is_down_the_persona_is_drawn_here(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("deckard_cli.face.direct.SYSTEM", Waits().clock())
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        monkeypatch.setenv("LIPSYNC_DIRECT_URL", f"http://127.0.0.1:{taken.getsockname()[1]}")
        written = clip(here, face="direct,rig")
    assert written.face == "rig"
    assert any("The face 'rig' is seen. The face 'direct' cannot be reached" in note for note in written.notes)


def test_where_nobody_says_where_the_server_is_the_next_face_is_seen(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("LIPSYNC_DIRECT_URL", raising=False)
    assert clip(here, face="direct,flat").face == "flat"
    with pytest.raises(MissingError):
        clip(here, "b.mp4")


def test_a_film_is_asked_for_inside_an_event_loop_too(service: FilmServer, here: Path) -> None:
    async def notebook() -> str:
        return str(clip(here).face)

    assert asyncio.run(notebook()) == "direct"


def jobs(service: FilmServer, count: int, caplog: pytest.LogCaptureFixture) -> None:
    """So many jobs under faults: each ends, none was made of another's film, and no key is logged."""
    caplog.set_level(logging.DEBUG)
    chance = random.Random(2049)
    service.routes["POST /generate"] = server.faulty(server.kept(service), chance, slow=0.01)
    service.routes["GET /files/"] = server.faulty(service.routes["GET /files/"], chance, slow=0.01)
    for index in range(count):
        speech = Speech(np.zeros(1000 + 640 * (index % 37), np.float32), 16_000, text=f"job {index}")
        data = asyncio.run(made().film(speech)).data
        assert data == server.film_as_long_as(server_wav(speech), (64, 96), 25)
    texts = [request.json()["text"] for request in service.asked("POST /generate")]
    assert set(texts) == {f"job {index}" for index in range(count)}
    assert caplog.text and KEY not in caplog.text


def server_wav(speech: Speech) -> bytes:
    from deckard_cli.remote.request import wav

    return wav(speech.samples, speech.rate)


def test_jobs_end_well_under_faults(service: FilmServer, caplog: pytest.LogCaptureFixture) -> None:
    jobs(service, 20, caplog)


@pytest.mark.slow
def test_200_jobs_end_well_under_faults(service: FilmServer, caplog: pytest.LogCaptureFixture) -> None:
    jobs(service, 200, caplog)
