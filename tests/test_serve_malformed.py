"""Requests that nobody should send: the server answers each with what is wrong, and never with a mistake of its own."""

from __future__ import annotations

import base64
import io
import json
import os
import wave
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from lipsync_server import Lipsync, asking, serving, tone
from schemathesis.checks import CHECKS

ANSWERED = {200, 400, 404, 408, 413, 415, 422, 429, 503, 504}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lipsync]:
    with serving(tmp_path_factory.mktemp("server"), "--workers", "2", "--max-bytes", "1 MB") as made:
        yield made


@pytest.fixture(scope="module")
def client() -> Iterator[httpx.Client]:
    with httpx.Client(timeout=60, trust_env=False) as made:
        yield made


def sound(samples: bytes, rate: int, channels: int, width: int) -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setnchannels(channels)
        writer.setsampwidth(width)
        writer.setframerate(rate)
        writer.writeframes(samples)
    return file.getvalue()


def damaged(data: bytes) -> st.SearchStrategy[bytes]:
    """`data` cut somewhere, with bytes of it changed."""
    changes = st.lists(st.tuples(st.integers(0, len(data) - 1), st.integers(0, 255)), max_size=8)
    return st.tuples(changes, st.integers(0, len(data))).map(lambda drawn: _changed(data, *drawn))


def _changed(data: bytes, changes: list[tuple[int, int]], end: int) -> bytes:
    made = bytearray(data)
    for at, byte in changes:
        made[at] = byte
    return bytes(made[:end])


WAV = tone(0.03)
PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAABAAAAAQCAIAAACQkWg2AAAAFklEQVR42mNkYPhPIWAcNWDUgFEDAAD5AQ8BfCsX2wAAAABJRU5ErkJggg=="
)
SOUNDS = st.one_of(
    damaged(WAV),
    st.binary(max_size=300),
    st.builds(
        sound,
        st.binary(max_size=500),
        st.sampled_from([1, 4000, 8000, 11_025, 44_100, 96_000, 192_000, 2**24]),
        st.integers(1, 12),
        st.integers(1, 4),
    ),
    st.sampled_from([b"RIFF", b"OggS" * 9, b"fLaC" * 9, b"\0\0\0\x20ftypM4A "]),
    st.sampled_from([b"ID3\x04\0\0\x7f\x7f\x7f\x7f", b"\xff\xfb" * 200]),
)
TEXT = st.one_of(st.text(max_size=40), st.sampled_from(["hello there", "[happy]", "a" * 300, "<b>", "\u202e", "1/2"]))
NUMBER = st.one_of(st.integers(-5, 200), st.floats(), st.sampled_from([0, 25, 1e308, -0.0, 10**30]))
TIMES = st.lists(st.tuples(st.sampled_from(["a", "m", "tʃ", "", "??", "\0"]), NUMBER, NUMBER), max_size=5)
ANYTHING = st.recursive(
    st.none() | st.booleans() | NUMBER | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
)
GOOD: dict[str, st.SearchStrategy[Any]] = {
    "audio": SOUNDS.map(lambda data: base64.b64encode(data).decode()),
    "image": damaged(PNG).map(lambda data: base64.b64encode(data).decode()),
    "persona": st.sampled_from(["joi", "", "nobody", "../joi", "joi\0", "con"]),
    "persona_content": st.sampled_from(["", "x"]),
    "fps": st.sampled_from([24, 25, 60, 1, 120]),
    "size": st.sampled_from([[64, 64], [66, 64], [65, 64], [16, 16], [4096, 4096]]),
    "face": st.sampled_from(["flat", None, "rig", "noop", "nobody", "direct", "failing"]),
    "text": TEXT,
    "lang": st.sampled_from(["en-us", "de", "xx", "", "../../etc", "\0", "cmn"]),
    "words": TIMES,
    "phones": TIMES,
    "response": st.sampled_from(["video", "json", "url", "other"]),
    "upload_url": st.sampled_from([None, "http://127.0.0.1/"]),
    "image_url": st.sampled_from([None, "http://127.0.0.1/", "x"]),
}
FIELDS = st.fixed_dictionaries({}, optional={name: given_ | ANYTHING for name, given_ in GOOD.items()})
NEARLY = st.builds(lambda fields: {**asking(0.03), **fields}, FIELDS)


def refused_or_made(answer: httpx.Response) -> None:
    """Fail where an answer is none of those that the server may give."""
    assert answer.status_code in ANSWERED, (answer.status_code, answer.text)
    if answer.status_code != 200:
        assert set(answer.json()["error"]) == {"code", "message", "hint"}, answer.text
        assert answer.json()["error"]["code"] != "worker_died", answer.text


def as_json(server: Lipsync, client: httpx.Client, asked: object) -> None:
    body = json.dumps(asked).encode("utf-8", "surrogatepass")
    headers = {"content-type": "application/json"}
    refused_or_made(client.post(f"{server.url}/generate", content=body, headers=headers))


def as_form(server: Lipsync, client: httpx.Client, fields: dict[str, Any], data: bytes) -> None:
    texts = {name: value if isinstance(value, str) else json.dumps(value) for name, value in fields.items()}
    texts = {name: text.encode("utf-8", "replace").decode() for name, text in texts.items() if name != "audio"}
    refused_or_made(client.post(f"{server.url}/generate", data=texts, files={"audio": ("a", data)}))


def as_bytes(server: Lipsync, client: httpx.Client, body: bytes, kind: str) -> None:
    refused_or_made(client.post(f"{server.url}/generate", content=body, headers={"content-type": kind}))


KINDS = st.sampled_from(
    ["application/json", "multipart/form-data; boundary=x", "multipart/form-data", "text/plain", "a/b; boundary=é"]
)
BODIES = st.binary(max_size=300) | st.sampled_from(
    [
        b"--x\r\n",
        b"--x\r\nContent-Disposition: form-data; name=audio\r\n\r\n\r\n--x--",
        b"--x\r\n\r\n",
        b"{}",
        b"[]",
        b"null",
    ]
)
FEW = settings(
    max_examples=100, deadline=None, suppress_health_check=list(HealthCheck), phases=[Phase.generate, Phase.shrink]
)
MANY = settings(FEW, max_examples=3400)


@FEW
@given(asked=NEARLY | ANYTHING)
def test_json_that_is_wrong_is_refused(server: Lipsync, client: httpx.Client, asked: object) -> None:
    as_json(server, client, asked)


@FEW
@given(fields=FIELDS, data=SOUNDS)
def test_forms_that_are_wrong_are_refused(
    server: Lipsync, client: httpx.Client, fields: dict[str, Any], data: bytes
) -> None:
    as_form(server, client, {"persona": "joi", "face": "flat", "size": "64", **fields}, data)


@FEW
@given(body=BODIES, kind=KINDS)
def test_bytes_that_are_nothing_are_refused(server: Lipsync, client: httpx.Client, body: bytes, kind: str) -> None:
    as_bytes(server, client, body, kind.encode("ascii", "ignore").decode())


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.filterwarnings("ignore:Generating overly large repr")
@MANY
@given(asked=NEARLY | ANYTHING, fields=FIELDS, data=SOUNDS, body=BODIES, kind=KINDS)
def test_ten_thousand_requests_are_answered(
    server: Lipsync, client: httpx.Client, asked: object, fields: dict[str, Any], data: bytes, body: bytes, kind: str
) -> None:
    as_json(server, client, asked)
    as_form(server, client, {"persona": "joi", "face": "flat", "size": "64", **fields}, data)
    as_bytes(server, client, body, kind.encode("ascii", "ignore").decode())


def compared(server: Lipsync, headers: dict[str, str]) -> None:
    """Schemathesis, with all its checks but one: what fits the schema need be no sound, and is refused with 422."""
    schema = schemathesis.openapi.from_url(f"{server.url}/openapi.json", headers=headers)
    checks = [check for check in CHECKS.get_all() if check.__name__ != "positive_data_acceptance"]
    cases = int(os.environ.get("SCHEMATHESIS_CASES", "25"))
    tried = 0

    for result in schema.get_all_operations():
        operation = result.ok()

        @settings(max_examples=cases, deadline=None, suppress_health_check=list(HealthCheck), database=None)
        @given(case=operation.as_strategy())
        def one(case: Any) -> None:
            nonlocal tried
            tried += 1
            case.call_and_validate(checks=checks, headers=headers, timeout=60)

        one()
    assert tried > 5


def test_what_it_says_of_itself_is_what_it_does(server: Lipsync) -> None:
    compared(server, {})


def test_what_it_says_of_its_key_is_what_it_does(here: Path) -> None:
    with serving(here, "--workers", "1", "--max-bytes", "1 MB", INTERNAL_API_KEY="internal-Nobody0123") as server:
        compared(server, {"Authorization": "Bearer internal-Nobody0123"})
