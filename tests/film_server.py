"""A server on this machine that answers as those do that make films, rightly or wrongly as it is told."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import random
import sys
import threading
import wave
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import av
import numpy as np


@dataclass(frozen=True)
class Heard:
    """A request."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    def json(self) -> dict[str, Any]:
        return json.loads(self.body)


Handler = BaseHTTPRequestHandler
Answer = Callable[[Handler, Heard], None]


@dataclass
class FilmServer:
    """What was asked, and what is answered: what `then` was told, then what `routes` has for the path."""

    url: str = ""
    heard: list[Heard] = field(default_factory=list)
    answers: list[tuple[str, Answer]] = field(default_factory=list)
    routes: dict[str, Answer] = field(default_factory=dict)
    """Method and path, such as ``POST /generate``; of the longest that begins so."""
    files: dict[str, bytes] = field(default_factory=dict)
    """Path -> what lies there."""
    lock: threading.Lock = field(default_factory=threading.Lock)
    released: threading.Event = field(default_factory=threading.Event)
    """Set at the end: lets go of answers that wait for ever."""

    def then(self, *answers: Answer, to: str = "") -> None:
        """Answer with these next, one each, what is asked that begins so."""
        self.answers.extend((to, answer) for answer in answers)

    def asked(self, what: str = "POST") -> list[Heard]:
        """What was heard that begins so."""
        return [each for each in self.heard if f"{each.method} {each.path}".startswith(what)]

    def answer(self, request: Heard) -> Answer:
        line = f"{request.method} {request.path}"
        with self.lock:
            self.heard.append(request)
            for index, (begins, answer) in enumerate(self.answers):
                if line.startswith(begins):
                    del self.answers[index]
                    return answer
        fitting = [route for route in self.routes if line.startswith(route)]
        return self.routes[max(fitting, key=len)] if fitting else _nothing


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(sys.exception(), OSError):  # that is a client that has gone
            super().handle_error(request, client_address)


@contextmanager
def serving() -> Iterator[FilmServer]:
    """A server for as long as the block lasts, that takes requests at ``/generate``."""
    double = FilmServer(routes={"POST /generate": bare, "GET /files/": _file(lambda: double)})

    class Listening(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            headers = {name.lower(): value for name, value in self.headers.items()}
            request = Heard(self.command, self.path, headers, body)
            try:
                double.answer(request)(self, request)
            except OSError:  # who asked has gone
                self.close_connection = True

        def do_GET(self) -> None:
            self.do_POST()

        def do_PUT(self) -> None:
            self.do_POST()

        def do_DELETE(self) -> None:
            self.do_POST()

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = _Server(("127.0.0.1", 0), Listening)
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


@lru_cache(maxsize=64)
def film_of(frames: int, size: tuple[int, int], fps: int) -> bytes:
    """A film that flickers."""
    out = io.BytesIO()
    with av.open(out, "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=fps, options={"crf": "30", "preset": "ultrafast"})
        stream.width, stream.height = size
        for index in range(frames):
            picture = np.full((size[1], size[0], 3), 60 + 20 * (index % 8), np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture)))
        container.mux(stream.encode(None))
    return out.getvalue()


def spoken(seconds: float) -> bytes:
    """A film in which somebody hums at 330 Hz."""
    out, rate = io.BytesIO(), 48_000
    with (
        av.open(io.BytesIO(film_of(round(seconds * 25), (64, 64), 25))) as silent,
        av.open(out, "w", format="mp4") as made,
    ):
        copied = made.add_stream_from_template(silent.streams.video[0])
        track = made.add_stream("aac", rate=rate, layout="mono")
        for packet in silent.demux(silent.streams.video[0]):
            if packet.dts is not None:
                packet.stream = copied
                made.mux(packet)
        tone = (0.3 * np.sin(2 * np.pi * 330 * np.arange(round(seconds * rate)) / rate)).astype(np.float32)
        for start in range(0, len(tone), 1024):
            frame = av.AudioFrame.from_ndarray(tone[None, start : start + 1024], format="fltp", layout="mono")
            frame.sample_rate, frame.pts = rate, start
            made.mux(track.encode(frame))
        made.mux(track.encode(None))
    return out.getvalue()


def film_for(request: Heard, longer: float = 0.0) -> bytes:
    """What `FilmRequest` asks for, in pictures that only flicker."""
    asked = request.json()
    return film_as_long_as(base64.b64decode(asked["audio"]), tuple(asked["size"]), asked["fps"], longer)


def film_as_long_as(sound: bytes, size: tuple[int, int], fps: int, longer: float = 0.0) -> bytes:
    with wave.open(io.BytesIO(sound)) as reader:
        seconds = reader.getnframes() / reader.getframerate() + longer
    return film_of(max(round(seconds * fps + 0.499), 1), size, fps)


def send(handler: Handler, body: bytes, *, status: int = 200, kind: str = "application/json", **headers: str) -> None:
    handler.send_response(status)
    handler.send_header("Content-Type", kind)
    handler.send_header("Content-Length", str(len(body)))
    for name, value in headers.items():
        handler.send_header(name.replace("_", "-"), value)
    handler.end_headers()
    handler.wfile.write(body)


def say(handler: Handler, body: object, *, status: int = 200, **headers: str) -> None:
    """JSON."""
    send(handler, json.dumps(body).encode(), status=status, **headers)


def _nothing(handler: Handler, request: Heard) -> None:
    say(handler, {"detail": "Not Found"}, status=404)


def bare(handler: Handler, request: Heard) -> None:
    """The film itself."""
    send(handler, film_for(request), kind="video/mp4")


def lying(handler: Handler, request: Heard) -> None:
    """The film itself, called a page."""
    send(handler, film_for(request), kind="text/html; charset=utf-8")


def told(shape: Callable[[str], object]) -> Answer:
    """The film in base64, in JSON of that shape."""
    return lambda handler, request: say(handler, shape(base64.b64encode(film_for(request)).decode()))


def kept(double: FilmServer, shape: Callable[[str], object] | None = None, *, host: bool = True) -> Answer:
    """The film at an address of its own, with or without the host, in JSON of that shape."""

    def answer(handler: Handler, request: Heard) -> None:
        film = film_for(request)
        path = f"/files/{hashlib.sha256(film).hexdigest()[:16]}.mp4"
        double.files[path] = film
        url = double.url + path if host else path
        say(handler, (shape or (lambda there: {"video_url": there}))(url))

    return answer


def _file(double: Callable[[], FilmServer]) -> Answer:
    """What lies under a path, whole or in part (RFC 9110, 14)."""

    def answer(handler: Handler, request: Heard) -> None:
        data = double().files.get(request.path)
        if data is None:
            return send(handler, b"<Error><Code>NoSuchKey</Code></Error>", status=404, kind="application/xml")
        tag = f'"{hashlib.sha256(data).hexdigest()[:16]}"'
        wanted = request.headers.get("range", "")
        if wanted and request.headers.get("if-range") == tag:
            start = int(wanted.removeprefix("bytes=").rstrip("-"))
            said = f"bytes {start}-{len(data) - 1}/{len(data)}"
            return send(handler, data[start:], status=206, kind="video/mp4", content_range=said, etag=tag)
        return send(handler, data, kind="video/mp4", etag=tag)

    return answer


def status(code: int, body: object = None, **headers: str) -> Answer:
    """A refusal, with a JSON body."""
    said = {"error": {"message": f"status {code}"}} if body is None else body
    return lambda handler, request: say(handler, said, status=code, **headers)


def answering(body: bytes, kind: str = "application/json", **headers: str) -> Answer:
    """Success, of `body`."""
    return lambda handler, request: send(handler, body, kind=kind, **headers)


def hung_up(handler: Handler, request: Heard) -> None:
    """Nothing at all."""
    handler.close_connection = True


def cut_off(answer: Answer) -> Answer:
    """The first half of what `answer` sends, then a closed connection."""

    def half(handler: Handler, request: Heard) -> None:
        whole, handler.wfile = handler.wfile, io.BytesIO()
        try:
            answer(handler, request)
            sent = handler.wfile.getvalue()
        finally:
            handler.wfile = whole
        handler.wfile.write(sent[: len(sent) // 2])
        handler.wfile.flush()
        handler.close_connection = True

    return half


def silent(double: FilmServer) -> Answer:
    """Takes the request, and says nothing until the test is over."""

    def answer(handler: Handler, request: Heard) -> None:
        double.released.wait(60)
        handler.close_connection = True

    return answer


def repeating_the_key(code: int) -> Answer:
    """A refusal that repeats whatever key it was sent."""

    def answer(handler: Handler, request: Heard) -> None:
        keys = " ".join(request.headers.get(name, "") for name in ("authorization", "x-api-key"))
        say(handler, {"error": {"message": f"Incorrect key {keys}"}}, status=code)

    return answer


def faulty(answer: Answer, chance: random.Random, slow: float = 0.05) -> Answer:
    """`answer`, but a tenth of the calls each is refused as too many, breaks, is cut off, and is slow."""
    lock = threading.Lock()

    def sometimes(handler: Handler, request: Heard) -> None:
        with lock:
            drawn = chance.random()
        if drawn < 0.1:
            return status(429, retry_after="0")(handler, request)
        if drawn < 0.2:
            return status(500)(handler, request)
        if drawn < 0.3:
            return cut_off(answer)(handler, request)
        if drawn < 0.4:
            threading.Event().wait(slow)
        return answer(handler, request)

    return sometimes


@dataclass
class Tavus:
    """A service that takes orders for films, at `double`; each is ready when it was asked after `patience` times."""

    double: FilmServer
    patience: int = 2
    orders: dict[str, dict[str, Any]] = field(default_factory=dict)
    polls: dict[str, int] = field(default_factory=dict)

    def open(self) -> None:
        routes = self.double.routes
        routes["PUT /sounds/"] = self.put
        routes["POST /v2/videos"] = self.order
        routes["GET /v2/videos?"] = self.listed
        routes["GET /v2/videos/"] = self.poll
        routes["GET /v2/replicas"] = lambda handler, request: say(handler, {"data": [], "total_count": 3})

    def put(self, handler: Handler, request: Heard) -> None:
        self.double.files[request.path.partition("?")[0]] = request.body
        send(handler, b"", status=201)

    def order(self, handler: Handler, request: Heard) -> None:
        body = request.json()
        if "script" in body:
            return self._taken(handler, body, spoken(0.08 * len(body["script"])))
        path = str(body["audio_url"]).removeprefix(self.double.url)
        if path not in self.double.files:
            return say(handler, {"message": "audio_url cannot be fetched"}, status=400)
        return self._taken(handler, body, film_as_long_as(self.double.files[path], (64, 64), 25))

    def _taken(self, handler: Handler, body: dict[str, Any], film: bytes) -> None:
        video = f"v{len(self.orders)}"
        self.orders[video] = body
        self.double.files[f"/files/{video}.mp4"] = film
        return say(handler, {"video_id": video, "video_name": body["video_name"], "status": "queued"})

    def listed(self, handler: Handler, request: Heard) -> None:
        films = [{"video_id": video, "video_name": body["video_name"]} for video, body in self.orders.items()]
        say(handler, {"data": films[::-1], "total_count": len(films)})

    def poll(self, handler: Handler, request: Heard) -> None:
        video = request.path.rpartition("/")[2]
        if video not in self.orders:
            return say(handler, {"message": "Invalid video_id"}, status=404)
        self.polls[video] = self.polls.get(video, 0) + 1
        state = {"video_id": video, "status": "generating", "download_url": None, "generation_progress": "37/100"}
        if self.polls[video] > self.patience:
            state |= {"status": "ready", "download_url": f"{self.double.url}/files/{video}.mp4"}
        return say(handler, state)
