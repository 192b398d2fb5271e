"""Addresses that a request names: only public ones are reached, whatever they are called and wherever they lead."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from deckard_cli.errors import DeckardError
from deckard_cli.serve.reach import Reach, is_public, looked_up
from deckard_cli.serve.refusal import RefusedError

INSIDE = "10.1.2.3"


@dataclass
class Files:
    """A server of files, and what it was asked."""

    port: int = 0
    asked: list[tuple[str, str]] = field(default_factory=list)
    """The host that was named, and the path."""
    moved: dict[str, str] = field(default_factory=dict)


@pytest.fixture
def files() -> Iterator[Files]:
    made = Files()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            made.asked.append((self.headers["host"], self.path))
            body = b"" if self.path in made.moved or self.path == "/gone" else b"x" * 1000
            self.send_response(302 if self.path in made.moved else 200 if body else 404)
            if to := made.moved.get(self.path):
                self.send_header("location", to)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield made
    server.shutdown()
    server.server_close()
    thread.join()


@dataclass
class Names:
    """A name server: each name has a list of answers, one for each time it is asked; the last one stays."""

    known: dict[str, list[list[str]]]
    asked: list[str] = field(default_factory=list)

    async def __call__(self, host: str, port: int) -> list[str]:
        self.asked.append(host)
        answers = self.known.get(host, [[host]])
        return answers.pop(0) if len(answers) > 1 else answers[0]


def fetched(url: str, names: Names, largest: int = 10_000) -> bytes:
    """What is at `url`, where this machine's own address passes for a public one and all other answers are as usual."""
    reach = Reach(allowed=True, resolve=names, public=lambda address: address == "127.0.0.1" or is_public(address))
    return asyncio.run(reach.fetched(url, largest, what="image"))


def test_a_public_address_is_asked_by_its_name(files: Files) -> None:
    names = Names({"pictures.test": [["127.0.0.1"]]})
    assert len(fetched(f"http://pictures.test:{files.port}/a.png?b=c", names)) == 1000
    assert files.asked == [(f"pictures.test:{files.port}", "/a.png?b=c")]


def test_a_name_that_means_another_address_the_next_time_is_asked_once(files: Files) -> None:
    names = Names({"pictures.test": [["127.0.0.1"], [INSIDE]]})
    assert fetched(f"http://pictures.test:{files.port}/a.png", names)
    assert names.asked == ["pictures.test"]


def test_a_redirect_is_looked_at_as_the_first_address_was(files: Files) -> None:
    names = Names({"pictures.test": [["127.0.0.1"]], "inside.test": [[INSIDE]]})
    home = f"http://pictures.test:{files.port}"
    files.moved |= {
        "/near": "/a.png", "/in": "http://inside.test/", "/metadata": "http://169.254.169.254/latest",
        "/file": "file:///etc/passwd", "/round": "/round",
    }  # fmt: skip
    assert len(fetched(f"{home}/near", names)) == 1000
    for path in ("/in", "/metadata", "/file"):
        with pytest.raises(DeckardError) as raised:
            fetched(f"{home}{path}", names)
        assert raised.value.code == "bad_url"
    with pytest.raises(DeckardError, match="sent on too often"):
        fetched(f"{home}/round", names)


def test_a_name_with_one_address_inside_is_not_reached(files: Files) -> None:
    with pytest.raises(DeckardError):
        fetched(f"http://both.test:{files.port}/", Names({"both.test": [["127.0.0.1", INSIDE]]}))
    with pytest.raises(DeckardError):
        fetched(f"http://none.test:{files.port}/", Names({"none.test": [[]]}))
    assert files.asked == []


def test_what_is_too_large_or_not_there_is_told(files: Files) -> None:
    names = Names({"pictures.test": [["127.0.0.1"]]})
    with pytest.raises(RefusedError) as refused:
        fetched(f"http://pictures.test:{files.port}/a.png", names, largest=999)
    assert refused.value.status == 413
    with pytest.raises(DeckardError, match="status 404"):
        fetched(f"http://pictures.test:{files.port}/gone", names)


@pytest.mark.parametrize(
    "url",
    [
        *("http://127.0.0.1/", "http://localhost/", "http://[::1]/", "http://2130706433/", "http://0x7f000001/"),
        *("http://127.1/", "http://0/", "http://[::ffff:127.0.0.1]/", "http://[::ffff:10.0.0.1]/", "http://0.0.0.0/"),
        *("http://169.254.169.254/", "http://224.0.0.1/", "http://255.255.255.255/", "http://100.64.0.1/"),
        *("http://[fe80::1]/", "http://[fc00::1]/", "http://[64:ff9b::7f00:1]/", "http://[2002:7f00:1::]/"),
        *("ftp://example.com/", "file:///etc/passwd", "http://user@127.0.0.1/", "http:///", "", "x", "http://["),
        *("data:audio/wav;base64,AAAA", "http://127.0.0.1:99999/", "gopher://127.0.0.1/", "http://\x00/"),
    ],
)
def test_nothing_near_is_reached_by_any_spelling(url: str) -> None:
    with pytest.raises(DeckardError) as raised:
        asyncio.run(Reach(allowed=True).fetched(url, 1000, what="audio"))
    assert raised.value.code in ("bad_url", "not_fetched")


def test_nothing_is_fetched_where_it_is_not_allowed(files: Files) -> None:
    with pytest.raises(DeckardError) as raised:
        asyncio.run(Reach(allowed=False, resolve=looked_up).fetched("http://example.com/", 1000, what="audio"))
    assert raised.value.code == "no_urls"


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("93.184.216.34", True),
        ("2606:2800:220:1::1", True),
        ("192.168.1.1", False),
        ("fe80::1%eth0", False),
        ("x", False),
    ],
)
def test_what_is_public(address: str, public: bool) -> None:
    assert is_public(address) is public
