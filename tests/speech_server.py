"""A server on this machine that answers as the hosted voices' services do, rightly or wrongly as it is told."""

from __future__ import annotations

import base64
import io
import json
import re
import sys
import threading
import time
import wave
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from xml.etree import ElementTree

import numpy as np

RATE = 24_000
LETTER = 0.06
"""Seconds of each letter."""


@dataclass(frozen=True)
class Heard:
    """A request."""

    path: str
    headers: dict[str, str]
    body: bytes

    def json(self) -> dict[str, Any]:
        return json.loads(self.body)


Answer = Callable[[BaseHTTPRequestHandler, Heard], None]


@dataclass
class SpeechServer:
    """What was asked, and what is answered next: `answers` one after the other, then speech."""

    url: str = ""
    heard: list[Heard] = field(default_factory=list)
    answers: list[Answer] = field(default_factory=list)
    released: threading.Event = field(default_factory=threading.Event)
    """Set at the end: lets go of answers that wait for ever."""

    def then(self, *answers: Answer) -> None:
        self.answers.extend(answers)

    @property
    def said(self) -> list[str]:
        """The texts that were asked for."""
        return [text_of(request) for request in self.heard]


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(sys.exception(), OSError):  # that is a client that has gone
            super().handle_error(request, client_address)


@contextmanager
def serving() -> Iterator[SpeechServer]:
    """A server for as long as the block lasts."""
    double = SpeechServer()
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            request = Heard(self.path, {name.lower(): value for name, value in self.headers.items()}, body)
            with lock:
                double.heard.append(request)
                answer = double.answers.pop(0) if double.answers else speech
            try:
                answer(self, request)
            except OSError:  # who asked has gone
                self.close_connection = True

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = _Server(("127.0.0.1", 0), Handler)
    double.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield double
    finally:
        double.released.set()
        server.shutdown()
        server.server_close()
        thread.join()


def text_of(request: Heard) -> str:
    """What a request asks to be said, in the protocol of its address."""
    if "cognitiveservices" in request.path:
        return "".join(ElementTree.fromstring(request.body).itertext())
    return str(request.json()["text" if "text-to-speech" in request.path else "input"])


def sound_of(text: str) -> np.ndarray:
    """16-bit sound: `LETTER` seconds of tone for each letter, and silence for whatever is none."""
    steps = np.arange(round(LETTER * RATE)) / RATE
    tone = (8000 * np.sin(2 * np.pi * 220 * steps)).astype("<i2")
    return np.concatenate([tone if letter.isalnum() else np.zeros_like(tone) for letter in text])


def wav_of(samples: np.ndarray, rate: int = RATE) -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setnchannels(1)
        writer.setsampwidth(2)
        writer.setframerate(rate)
        writer.writeframes(samples.tobytes())
    return file.getvalue()


def send(
    handler: BaseHTTPRequestHandler, body: bytes, *, status: int = 200, kind: str = "audio/pcm", **headers: str
) -> None:
    handler.send_response(status)
    handler.send_header("Content-Type", kind)
    handler.send_header("Content-Length", str(len(body)))
    for name, value in headers.items():
        handler.send_header(name.replace("_", "-"), value)
    handler.end_headers()
    handler.wfile.write(body)


def speech(handler: BaseHTTPRequestHandler, request: Heard) -> None:
    """What the service answers that the address belongs to."""
    samples = sound_of(text_of(request))
    if "text-to-speech" in request.path:
        send(handler, json.dumps(timed(text_of(request), samples)).encode(), kind="application/json")
    elif "cognitiveservices" not in request.path and request.json().get("response_format") == "wav":
        send(handler, wav_of(samples), kind="audio/wav")
    else:
        send(handler, samples.tobytes())


def timed(text: str, samples: np.ndarray) -> dict[str, Any]:
    starts = [index * LETTER for index in range(len(text))]
    alignment = {
        "characters": list(text),
        "character_start_times_seconds": starts,
        "character_end_times_seconds": [start + LETTER for start in starts],
    }
    return {"audio_base64": base64.b64encode(samples.tobytes()).decode(), "alignment": alignment}


def status(code: int, body: object = None, **headers: str) -> Answer:
    """A refusal, with a JSON body."""
    said = json.dumps(body if body is not None else {"error": {"message": f"status {code}"}}).encode()
    return lambda handler, request: send(handler, said, status=code, kind="application/json", **headers)


def answering(body: bytes, kind: str) -> Answer:
    """Success, of `body`."""
    return lambda handler, request: send(handler, body, kind=kind)


def cut_off(handler: BaseHTTPRequestHandler, request: Heard) -> None:
    """Half of what was announced, then a closed connection."""
    handler.send_response(200)
    handler.send_header("Content-Type", "application/json" if "text-to-speech" in request.path else "audio/pcm")
    handler.send_header("Content-Length", "100000")
    handler.end_headers()
    handler.wfile.write(b"\0" * 5000)
    handler.close_connection = True


def hung_up(handler: BaseHTTPRequestHandler, request: Heard) -> None:
    """Nothing at all."""
    handler.close_connection = True


def endless(handler: BaseHTTPRequestHandler, request: Heard) -> None:
    """Sound that does not stop."""
    handler.send_response(200)
    handler.send_header("Content-Type", "audio/pcm")
    handler.send_header("Transfer-Encoding", "chunked")
    handler.end_headers()
    block = b"\0" * 2**20
    while True:
        handler.wfile.write(b"%x\r\n" % len(block) + block + b"\r\n")


def silent(server: SpeechServer) -> Answer:
    """Takes the request, and says nothing until the test is over."""

    def answer(handler: BaseHTTPRequestHandler, request: Heard) -> None:
        server.released.wait(30)
        handler.close_connection = True

    return answer


def dripping(handler: BaseHTTPRequestHandler, request: Heard) -> None:
    """A byte now and then, so that no single read takes too long."""
    handler.send_response(200)
    handler.send_header("Content-Type", "audio/pcm")
    handler.send_header("Content-Length", "1000000")
    handler.end_headers()
    for _ in range(500):
        handler.wfile.write(b"\0")
        handler.wfile.flush()
        time.sleep(0.02)


def repeating_the_key(code: int) -> Answer:
    """A refusal that repeats whatever key it was sent."""

    def answer(handler: BaseHTTPRequestHandler, request: Heard) -> None:
        names = ("authorization", "xi-api-key", "ocp-apim-subscription-key")
        keys = " ".join(request.headers[name] for name in names if name in request.headers)
        short = re.sub(r"\S{12,}", lambda key: f"{key[0][:8]}****{key[0][-4:]}", keys)
        said = {"error": {"message": f"Incorrect key {keys} ({short})"}}
        send(handler, json.dumps(said).encode(), status=code, kind="application/json")

    return answer
