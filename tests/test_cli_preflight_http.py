"""`deckard preflight` and services: what is set up, who answers there, and no key in sight."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import film_server as server
import pytest
from film_server import FilmServer

from deckard_cli.cli import run
from deckard_cli.remote.health import shown

KEY = "internal-ThisIsNobodysKey0123456789"
HEALTH = {"status": "ok", "version": "1.2.3", "workers": {"idle": 2, "busy": 0}, "queue": []}


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch, here: Path) -> Iterator[FilmServer]:
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("INTERNAL_API_KEY", KEY)
    with server.serving() as double:
        monkeypatch.setenv("LIPSYNC_DIRECT_URL", f"{double.url}/generate")
        double.routes["GET /health"] = lambda handler, request: server.say(handler, HEALTH)
        yield double


def report(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> dict[str, Any]:
    assert run(["preflight", "--json", *arguments]) == code
    out, err = capsys.readouterr()
    assert KEY not in out + err
    return json.loads(out)


def endpoint(found: dict[str, Any], name: str = "direct") -> dict[str, Any]:
    return next(each for each in found["endpoints"] if each["name"] == name)


def test_a_service_that_answers_says_how_it_is(service: FilmServer, capsys: pytest.CaptureFixture[str]) -> None:
    found = report(capsys, "--face", "direct", "--check-http")
    told = endpoint(found)
    assert (told["answers"], told["version"], told["url"]) == (True, "1.2.3", f"{service.url}/health")
    assert told["says"] == "status ok, version 1.2.3, workers.idle 2, workers.busy 0"
    assert 0 < told["milliseconds"] < 10_000 and found["ready"]
    assert service.heard[0].headers["authorization"] == f"Bearer {KEY}"
    assert [request.method for request in service.heard] == ["GET"]


def test_without_being_told_to_it_asks_nobody(service: FilmServer, capsys: pytest.CaptureFixture[str]) -> None:
    found = report(capsys, "--face", "direct,rig")
    assert (found["endpoints"], found["ready"], service.heard) == ([], True, [])
    assert {"name": "LIPSYNC_DIRECT_URL", "value": f"{service.url}/generate"} in found["variables"]
    assert {"name": "INTERNAL_API_KEY", "source": "environment", "ends": "6789"} in found["keys"]


def test_a_service_that_has_no_page_for_its_health_is_there(
    service: FilmServer, capsys: pytest.CaptureFixture[str]
) -> None:
    del service.routes["GET /health"]
    told = endpoint(report(capsys, "--face", "direct", "--check-http"))
    assert (told["answers"], told["says"]) == (True, "it does not say how it is")


@pytest.mark.parametrize(("status", "code"), [(401, 3), (403, 4), (503, 4)])
def test_a_service_that_refuses_fails_the_chosen_face_alone(
    service: FilmServer, capsys: pytest.CaptureFixture[str], status: int, code: int
) -> None:
    service.routes["GET /health"] = server.repeating_the_key(status)
    told = endpoint(report(capsys, "--face", "direct", "--check-http", code=code))
    assert not told["answers"] and "face 'direct'" in told["problem"]
    chained = report(capsys, "--face", "direct,rig", "--check-http")
    assert chained["ready"]
    listed = {each["name"]: each for each in chained["backends"]}
    assert (listed["direct"]["ready"], listed["rig"]["ready"]) == (False, True) and listed["direct"]["hint"]
    assert report(capsys, "--check-http")["ready"]


def test_a_service_that_is_not_there_is_told(
    service: FilmServer, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        monkeypatch.setenv("LIPSYNC_DIRECT_URL", f"http://user:{KEY}@127.0.0.1:{taken.getsockname()[1]}/x?key={KEY}")
        found = report(capsys, "--face", "direct", "--check-http", code=4)
        assert endpoint(found)["milliseconds"] is None
        assert run(["preflight", "--face", "direct", "--check-http"]) == 4
    out, err = capsys.readouterr()
    assert "The face 'direct' cannot be reached" in out and "cannot be reached" in err
    assert KEY not in out + err


@pytest.mark.parametrize(
    ("face", "said"),
    [("direct", "LIPSYNC_DIRECT_URL"), ("tavus", "TAVUS_API_KEY"), ("direct,tavus", "LIPSYNC_DIRECT_URL")],
)
def test_what_the_chosen_face_needs_and_lacks_ends_with_3(
    here: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, face: str, said: str
) -> None:
    for name in ("LIPSYNC_DIRECT_URL", "TAVUS_API_KEY", "TAVUS_AUDIO_UPLOAD_URL"):
        monkeypatch.delenv(name, raising=False)
    assert run(["preflight", "--face", face]) == 3
    assert said in capsys.readouterr().err
    assert run(["preflight", "--face", f"{face},rig"]) == 0


def test_whom_tavus_films_is_part_of_what_it_needs(
    here: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TAVUS_API_KEY", KEY)
    monkeypatch.setenv("TAVUS_AUDIO_UPLOAD_URL", f"https://storage.example/{{name}}?sig={KEY}")
    monkeypatch.delenv("TAVUS_REPLICA_ID", raising=False)
    found = report(capsys, "--face", "tavus", code=3)
    assert {"name": "TAVUS_AUDIO_UPLOAD_URL", "value": "https://storage.example/{name}"} in found["variables"]
    (here / "deckard.toml").write_text('[faces.tavus]\nreplica = "r1"\n')
    assert report(capsys, "--face", "tavus")["ready"]
    (here / "deckard.toml").write_text('[faces.tavus]\nreplika = "r1"\n')
    assert report(capsys, "--face", "tavus", code=2)["ready"] is False


def test_tavus_and_voices_are_asked_with_their_keys(
    service: FilmServer, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("TAVUS", "ELEVENLABS", "OPENAI"):
        monkeypatch.setenv(f"{name}_API_KEY", KEY)
        monkeypatch.setenv(f"{name}_BASE_URL", service.url)
    monkeypatch.setenv("TAVUS_AUDIO_UPLOAD_URL", service.url + "/sounds/{name}")
    server.Tavus(service).open()
    service.routes["GET /v1/models"] = service.routes["GET /models"] = server.status(200, [])
    found = report(capsys, "--check-http")
    assert endpoint(found, "tavus")["says"] == "total_count 3"
    assert endpoint(found, "elevenlabs")["answers"] and endpoint(found, "openai")["answers"]
    assert {request.path for request in service.heard} == {
        "/health",
        "/v2/replicas?limit=1",
        "/v1/models",
        "/models",
    }


@pytest.mark.parametrize("body", [b"", b"[]", b"<html>", b"[" * 9000, b'{"a": {"b": {"version": "9"}}}', b"\xff\xfe"])
def test_whatever_a_service_says_is_put_up_with(
    service: FilmServer, capsys: pytest.CaptureFixture[str], body: bytes
) -> None:
    service.routes["GET /health"] = server.answering(body)
    assert endpoint(report(capsys, "--face", "direct", "--check-http"))["answers"]


def test_an_address_is_shown_without_what_may_be_secret() -> None:
    assert shown("https://me:word@[::1]:8001/generate?token=x#y") == "https://[::1]:8001/generate"
    assert shown("http://host") == "http://host"
