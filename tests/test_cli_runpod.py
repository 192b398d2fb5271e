"""An endpoint is made, looked at and given back, as far as a double of RunPod's interface goes."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import film_server as server
import pytest
from film_server import FilmServer, Handler, Heard

from deckard_cli.cli import run

KEY = "rpa_ThisIsNobodysKey0123456789"
IMAGE = "you/deckard-worker:1"


@dataclass
class Office:
    """RunPod's REST interface, version 2, as its documentation has it; a field that it does not know is refused."""

    double: FilmServer
    endpoints: dict[str, dict[str, Any]] = field(default_factory=dict)

    def open(self) -> None:
        self.double.routes |= {
            "GET /v2/serverless": self.listed,
            "POST /v2/serverless": self.make,
            "GET /v2/serverless/": self.show,
            "DELETE /v2/serverless/": self.drop,
        }

    def listed(self, handler: Handler, request: Heard) -> None:
        if self.known(handler, request):
            server.say(handler, {"endpoints": list(self.endpoints.values())})

    def make(self, handler: Handler, request: Heard) -> None:
        if not self.known(handler, request):
            return
        body = request.json()
        fields = {"name", "image", "type", "gpu", "cpu", "workers", "scaling", "timeout", "disk", "flashboot", "env"}
        if strange := set(body) - fields:
            server.say(handler, {"title": "Unprocessable", "detail": f"unknown {strange}"}, status=422)
            return
        identifier = f"ep{len(self.endpoints)}"
        self.endpoints[identifier] = {"id": identifier, **body}
        server.say(handler, self.endpoints[identifier], status=201)

    def show(self, handler: Handler, request: Heard) -> None:
        if not self.known(handler, request):
            return
        identifier, _, rest = request.path.removeprefix("/v2/serverless/").partition("/")
        if identifier not in self.endpoints:
            server.say(handler, {"detail": "no such endpoint"}, status=404)
        elif rest == "workers":
            server.say(handler, {"workers": [{"id": "w1", "status": "RUNNING"}]})
        elif rest.startswith("workers/w1/logs?tail="):
            lines = [f"line {index}, {KEY}" for index in range(int(rest.rpartition("=")[2]))]
            events = [f"id: 1\ndata: {json.dumps({'source': 'container', 'line': line})}\n\n" for line in lines]
            server.send(handler, "".join(events).encode(), kind="text/event-stream")
        else:
            server.say(handler, self.endpoints[identifier])

    def drop(self, handler: Handler, request: Heard) -> None:
        self.endpoints.pop(request.path.rpartition("/")[2])
        server.send(handler, b"", status=204)

    @staticmethod
    def known(handler: Handler, request: Heard) -> bool:
        if request.headers.get("authorization") == f"Bearer {KEY}":
            return True
        server.say(handler, {"detail": "not allowed"}, status=401)
        return False


@pytest.fixture
def office(monkeypatch: pytest.MonkeyPatch) -> Iterator[Office]:
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.delenv("RUNPOD_ENDPOINT_ID", raising=False)
    monkeypatch.setenv("RUNPOD_API_KEY", KEY)
    with server.serving() as double:
        monkeypatch.setenv("RUNPOD_REST_URL", f"{double.url}/v2")
        office = Office(double)
        office.open()
        yield office


@dataclass(frozen=True)
class Done:
    """What a command left with and said."""

    returncode: int
    stdout: str
    stderr: str


Typed = Callable[..., Done]


@pytest.fixture
def deckard(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Typed:
    """The command, in this process; `stdin` is what is answered to its question."""

    def typed(*arguments: str, stdin: str = "") -> Done:
        monkeypatch.setattr("sys.stdin", io.StringIO(stdin))
        return Done(run(arguments), *capsys.readouterr())

    return typed


def test_an_endpoint_is_made_looked_at_and_given_back(
    office: Office, deckard: Typed, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = deckard("runpod", "deploy", IMAGE, "--workers", "3", "--yes")
    assert (made.returncode, made.stdout) == (0, "ep0\n"), made.stderr
    assert "$0.00016 a second, $0.58 an hour; at most $1.73 an hour" in made.stderr
    body = office.endpoints["ep0"]
    assert (body["image"], body["type"], body["gpu"]) == (IMAGE, "QUEUE", {"pools": ["AMPERE_16"], "count": 1})
    assert body["workers"] == {"min": 0, "max": 3, "idleTimeout": 30} and body["timeout"] == 600_000
    monkeypatch.setenv("RUNPOD_ENDPOINT_ID", "ep0")
    shown = json.loads(deckard("runpod", "status", "--json").stdout)
    assert (shown["name"], shown["image"], shown["workers_now"]) == ("deckard", IMAGE, ["RUNNING"])
    said = deckard("runpod", "logs", "--tail", "2")
    assert said.stdout == "w1  line 0, ***\nw1  line 1, ***\n"
    gone = deckard("runpod", "teardown", "--yes", "--json")
    assert json.loads(gone.stdout) == {"version": 1, "endpoint": "ep0"} and office.endpoints == {}


def test_nothing_is_made_or_given_back_without_a_yes(office: Office, deckard: Typed) -> None:
    made = deckard("runpod", "deploy", IMAGE, stdin="n\n")
    assert made.returncode == 1 and "Nothing was made." in made.stderr and made.stdout == ""
    office.endpoints["ep7"] = {"id": "ep7", "name": "other"}
    gone = deckard("runpod", "teardown", "ep7")
    assert gone.returncode == 1 and list(office.endpoints) == ["ep7"]


def test_a_price_that_is_not_known_is_not_made_up(office: Office, deckard: Typed) -> None:
    made = deckard("runpod", "deploy", IMAGE, "--pool", "NEW_999", "--yes", "--json")
    assert json.loads(made.stdout)["cost"] == {"per_second": None, "per_hour_at_most": None}
    assert "not known here" in made.stderr and "$" not in made.stderr


def test_what_runpod_would_be_asked_for_is_shown_and_not_asked(office: Office, deckard: Typed) -> None:
    shown = deckard("runpod", "deploy", IMAGE, "--dry-run")
    assert (shown.returncode, office.double.heard) == (0, [])
    assert "$0.58 an hour" in shown.stderr
    deckard("runpod", "deploy", IMAGE, "--yes")
    assert {"id": "ep0", **json.loads(shown.stdout)["request"]} == office.endpoints["ep0"]


def test_cores_are_rented_where_no_gpu_is_needed(office: Office, deckard: Typed) -> None:
    deckard("runpod", "deploy", IMAGE, "--pool", "cpu5c-4", "--yes")
    assert office.endpoints["ep0"]["cpu"] == [{"id": "cpu5c", "vcpuCount": 4}] and "gpu" not in office.endpoints["ep0"]


def test_an_endpoint_of_that_name_is_not_made_again(office: Office, deckard: Typed) -> None:
    office.endpoints["ep7"] = {"id": "ep7", "name": "deckard"}
    made = deckard("runpod", "deploy", IMAGE, "--yes")
    assert made.returncode == 2 and "already" in made.stderr and len(office.endpoints) == 1


def test_an_endpoint_whose_answer_was_lost_is_found_and_not_made_again(office: Office, deckard: Typed) -> None:
    office.double.then(server.cut_off(office.make), to="POST /v2/serverless")
    made = deckard("runpod", "deploy", IMAGE, "--yes")
    assert (made.returncode, made.stdout, len(office.endpoints)) == (0, "ep0\n", 1)


@pytest.mark.parametrize("status", [400, 401, 403, 422, 500])
def test_what_is_refused_is_told_without_the_key(office: Office, deckard: Typed, status: int) -> None:
    office.double.routes["POST /v2/serverless"] = server.repeating_the_key(status)
    made = deckard("runpod", "deploy", IMAGE, "--yes", "--json")
    assert made.returncode in (3, 4) and made.stdout == ""
    assert KEY not in made.stderr and "Traceback" not in made.stderr
    assert len(office.double.asked("POST")) == 1


def test_what_is_missing_is_named(office: Office, deckard: Typed, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "Nobody says which endpoint" in deckard("runpod", "status").stderr
    assert "no identifier of an endpoint" in deckard("runpod", "status", "../pods").stderr
    assert "no such endpoint" in deckard("runpod", "status", "ep9").stderr
    monkeypatch.delenv("RUNPOD_API_KEY")
    done = deckard("runpod", "deploy", IMAGE, "--yes")
    assert done.returncode == 3 and re.search("RUNPOD_API_KEY", done.stderr)
