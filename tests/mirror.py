"""A server of files on this machine, right and wrong in the ways in which servers are."""

from __future__ import annotations

import hashlib
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


@dataclass
class Mirror:
    """What the server has and how it answers; `asked` is what it was asked."""

    files: dict[str, bytes] = field(default_factory=dict)
    cuts: list[int] = field(default_factory=list)
    """For each answer in turn, after how many bytes of the body the connection breaks."""
    statuses: list[int] = field(default_factory=list)
    """For each request in turn, a status to answer with in place of the file."""
    headers: dict[str, str] = field(default_factory=dict)
    """Sent with every answer, in place of what is usual; an empty one is left out."""
    ranges: bool = True
    shift: int = 0
    """By how much a range begins elsewhere than it was asked to."""
    asked: list[tuple[str, str | None, str | None]] = field(default_factory=list)
    """Path, Range and If-Range of each request."""
    url: str = ""

    def tag(self, path: str) -> str:
        return f'"{hashlib.md5(self.files[path]).hexdigest()}"'


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    mirror: Mirror

    def do_GET(self) -> None:
        mirror = self.mirror
        asked, tag = self.headers.get("Range"), self.headers.get("If-Range")
        mirror.asked.append((self.path, asked, tag))
        if mirror.statuses and (status := mirror.statuses.pop(0)) != 200:
            self._head(status, {"Content-Length": "0"})
        elif self.path not in mirror.files:
            self._head(404, {"Content-Length": "0"})
        else:
            self._file(mirror.files[self.path], asked, tag)

    def _file(self, body: bytes, asked: str | None, tag: str | None) -> None:
        mirror = self.mirror
        start = 0
        if asked and mirror.ranges and tag in (None, mirror.tag(self.path)):
            start = int(asked.removeprefix("bytes=").removesuffix("-")) + mirror.shift
        told = {"Content-Length": str(len(body) - start), "ETag": mirror.tag(self.path)}
        if start >= len(body):
            self._head(416, {"Content-Range": f"bytes */{len(body)}", "Content-Length": "0"})
            return
        if start:
            told["Content-Range"] = f"bytes {start}-{len(body) - 1}/{len(body)}"
        self._head(206 if start else 200, told)
        cut = mirror.cuts.pop(0) if mirror.cuts else None
        self.wfile.write(body[start:][:cut])
        if cut is not None:
            self.close_connection = True

    def _head(self, status: int, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in (headers | self.mirror.headers).items():
            if value:
                self.send_header(name, value)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


class _Server(ThreadingHTTPServer):
    def handle_error(self, *_: object) -> None:
        """A client that went away in the middle is what some tests are about."""


@contextmanager
def serving(mirror: Mirror, certificate: Path | None = None, key: Path | None = None) -> Iterator[Mirror]:
    """`mirror` on a free port of this machine; by https where it has a certificate."""
    handler = type("Handler", (_Handler,), {"mirror": mirror})
    with _Server(("127.0.0.1", 0), handler) as server:
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate, key)
            server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        mirror.url = f"http{'s' * bool(certificate)}://127.0.0.1:{server.server_address[1]}"
        try:
            yield mirror
        finally:
            server.shutdown()
            thread.join()
