"""A server on this machine that answers as OpenAI's transcription endpoint does, rightly or wrongly as it is told."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Recogniser:
    """What was asked, and what is answered to all."""

    url: str = ""
    status: int = 200
    answer: str = ""
    heard: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)
    """Path, headers and body of each request."""

    def says(self, text: str, *words: tuple[str, float, float]) -> None:
        """Answer with `text` and its words, each with its start and end in seconds."""
        told = [{"word": word, "start": start, "end": end} for word, start, end in words]
        self.answer = json.dumps({"task": "transcribe", "text": text, **({"words": told} if told else {})})


@contextmanager
def recogniser() -> Iterator[Recogniser]:
    """A server that runs until the end of the block."""
    told = Recogniser()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            told.heard.append((self.path, dict(self.headers), body))
            self.send_response(told.status)
            self.send_header("content-type", "application/json")
            self.end_headers()
            self.wfile.write(told.answer.encode())

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    told.url = f"http://127.0.0.1:{server.server_port}/v1"
    try:
        yield told
    finally:
        server.shutdown()
        server.server_close()
