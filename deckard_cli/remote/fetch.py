"""Films that come over HTTP: an answer is read to its end and no further, and what broke off is taken up again."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Collection, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import cache
from ssl import SSLContext
from typing import Final
from urllib.parse import urljoin, urlsplit

import httpx

from deckard_cli.errors import DeckardError
from deckard_cli.remote.account import Account
from deckard_cli.remote.request import is_film
from deckard_cli.remote.retry import Clock, TransientError, retried_async

__all__ = ["ATTEMPTS", "LARGEST", "Keyed", "ask", "client", "fetch", "is_whole", "within"]

LARGEST: Final = 512 * 2**20
"""Bytes of a film: an hour at usual rates."""
_CONNECTING: Final = 10.0
"""Seconds until a server has to answer at all."""
_OF_TRANSFER: Final = ("content-encoding", "transfer-encoding", "content-length")
_REDIRECTS: Final = 5
_LATE: Final = frozenset({403, 404, 409, 425})
"""What storage answers for a file that is not yet there: 403 where it may not say so."""
ATTEMPTS: Final = 9
"""So many times a busy server is asked, over half a minute or more: the film may be paid for."""


@dataclass(frozen=True, slots=True)
class Keyed:
    """Headers that go to one address alone."""

    home: str
    """An address: its scheme, host and port are those that may see the headers."""
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)

    def at(self, url: httpx.URL) -> Mapping[str, str]:
        """The headers for `url`."""
        return self.headers if _origin(url) == _origin(httpx.URL(self.home)) else {}


def _origin(url: httpx.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port or {"http": 80, "https": 443}.get(url.scheme)


def client(timeout: float) -> httpx.AsyncClient:
    """Connections without a key: each request brings its own. They follow no redirect by themselves."""
    # What is packed could neither be taken up where it broke off nor be measured before it is unpacked.
    headers = {"Accept-Encoding": "identity"}
    return httpx.AsyncClient(headers=headers, timeout=httpx.Timeout(timeout, connect=_CONNECTING), verify=_trusted())


@cache  # to read the certificates takes 30 ms, for each clip of a batch
def _trusted() -> SSLContext:
    return httpx.create_ssl_context()


@asynccontextmanager
async def within(seconds: float, account: Account) -> AsyncIterator[None]:
    """So many seconds for what is inside. Raises a `DeckardError` after them."""
    try:
        async with asyncio.timeout(seconds):
            yield
    except TimeoutError:
        message = f"{account.who} has sent no film in {seconds:g} seconds."
        raise account.failure(message, "too_slow", f"give it longer: timeout in [faces.{account.name}]") from None


async def ask(
    http: httpx.AsyncClient,
    request: httpx.Request,
    account: Account,
    *,
    seconds: float,
    largest: int = LARGEST,
    also: Collection[int] = (),
) -> httpx.Response:
    """The whole answer to `request`, which may take so many seconds and bytes: a success, or of a status in `also`.

    Raises `TransientError` for another where it may pass, else a `DeckardError`.
    """
    content = bytearray()
    async with _answering(http, request, account, seconds) as response:
        await _read(response, content, account, largest)
    if not response.is_success and response.status_code not in also:
        raise account.refused(response.status_code, response.headers, bytes(content))
    # Headers of a transfer that is over would have the content unpacked a second time.
    headers = {name: value for name, value in response.headers.items() if name not in _OF_TRANSFER}
    return httpx.Response(response.status_code, headers=headers, content=bytes(content))


@asynccontextmanager
async def _answering(
    http: httpx.AsyncClient, request: httpx.Request, account: Account, seconds: float
) -> AsyncIterator[httpx.Response]:
    """The answer to `request`, about to be read; what goes wrong with the connection is a `TransientError`."""
    try:
        async with asyncio.timeout(seconds):
            response = await http.send(request, stream=True)
            try:
                yield response
            finally:
                await response.aclose()
    except TimeoutError:
        raise account.unreachable(TimeoutError(f"no whole answer came in {seconds:g} seconds")) from None
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        there = not isinstance(error, (httpx.ConnectError, httpx.ConnectTimeout, httpx.InvalidURL))
        raise account.unreachable(error, there=there) from None


async def _read(response: httpx.Response, into: bytearray, account: Account, largest: int) -> None:
    """Add what comes to `into`, where it stays when the connection breaks off."""
    async for chunk in response.aiter_bytes():
        into += chunk
        if len(into) > largest:
            message = f"{account.who} sent more than {largest >> 20} MB."
            raise account.failure(message, "too_much", account.elsewhere)


async def fetch(
    http: httpx.AsyncClient,
    url: str,
    account: Account,
    clock: Clock,
    *,
    keyed: Keyed,
    seconds: float,
) -> bytes:
    """The film at `url`, which may be written as seen from ``keyed.home``; each attempt may take so many seconds.

    What is not there yet is waited for, and what broke off is taken up where it did, if the server can tell that it is
    still the same (RFC 9110, 13.1.5: If-Range). Redirects are followed, but not away from https, and no header of
    `keyed` goes to another address.
    Raises a `DeckardError` where there is no film in the end.
    """
    part = _Part()

    async def attempt() -> bytes:
        await _attempt(http, _joined(keyed.home, url, account), account, keyed, part, seconds)
        if not is_film(bytes(part.data[:16])):
            part.data.clear()
            raise account.nonsense("something that is no film, at the address that it gave")
        if not is_whole(part.data):
            part.data.clear()
            raise account.nonsense("a film that breaks off")
        return bytes(part.data)

    return await retried_async(attempt, clock, attempts=ATTEMPTS)


@dataclass(slots=True)
class _Part:
    """As much of a film as is here."""

    data: bytearray = field(default_factory=bytearray)
    version: str = ""
    """What tells that it is still the same: a strong ETag, or the time of the last change; empty where nothing does."""

    def wanted(self) -> Mapping[str, str]:
        """The headers that ask for the rest."""
        if self.data and self.version:
            return {"Range": f"bytes={len(self.data)}-", "If-Range": self.version}
        return {}

    def begin(self, response: httpx.Response) -> bool:
        """Get ready for the body of `response`. Whether it can be used."""
        if response.status_code == 206:
            said = re.match(r"bytes (\d{1,15})-", response.headers.get("content-range", ""))
            if said and int(said[1]) == len(self.data):
                return True
            self.data.clear()
            return False
        self.data.clear()
        tag = response.headers.get("etag", "")
        version = tag if tag.startswith('"') else response.headers.get("last-modified", "")
        # Bytes of what came packed are counted in another way on the server.
        self.version = "" if "content-encoding" in response.headers else version
        return True


async def _attempt(
    http: httpx.AsyncClient, url: httpx.URL, account: Account, keyed: Keyed, part: _Part, seconds: float
) -> None:
    for _ in range(_REDIRECTS + 1):
        request = http.build_request("GET", url, headers={**keyed.at(url), **part.wanted()})
        async with _answering(http, request, account, seconds) as response:
            if response.is_success and not part.begin(response):
                raise account.nonsense("another part of the film than was asked for")
            if response.is_success:
                await _read(response, part.data, account, LARGEST)
                return
        if not response.has_redirect_location:
            raise _absent(response, account, part)
        there = _joined(str(url), response.headers["location"], account)
        if url.scheme == "https" and there.scheme != "https":
            raise account.failure(f"{account.who} sends to an address without encryption.", "moved", account.elsewhere)
        url = there
    raise account.failure(f"{account.who} sends from one address to the next.", "moved", account.elsewhere)


def _absent(response: httpx.Response, account: Account, part: _Part) -> TransientError | DeckardError:
    """What an answer without a film means. It is not the key's fault: the address was the service's own."""
    status = response.status_code
    if status == 416:
        part.data.clear()
    message = f"{account.who} gave an address that has no film: status {status}."
    error = account.failure(message, "film_missing", account.elsewhere)
    passing = status in _LATE or status in (408, 416, 429) or status >= 500
    return TransientError(error) if passing else error


def _joined(home: str, url: str, account: Account) -> httpx.URL:
    """`url` as seen from `home`. Raises a `DeckardError` for what is no address of the web."""
    try:
        parts = urlsplit(url)
        whole = httpx.URL(urljoin(home, url))
        if (parts.hostname or not parts.scheme) and whole.scheme in ("http", "https") and not whole.userinfo:
            return whole
    except (httpx.InvalidURL, ValueError):
        pass
    raise account.failure(f"{account.who} gave an address that is none.", "bad_answer", account.elsewhere)


def is_whole(film: bytes | bytearray) -> bool:
    """Whether an MP4 has its index and all that its boxes announce (ISO/IEC 14496-12, 4.2). True of other forms, which
    do not tell.
    """
    if film[4:8] not in (b"ftyp", b"moov", b"mdat"):
        return True
    boxes = dict(_boxes(film))
    return b"moov" in boxes and b"mdat" in boxes and max(boxes.values()) <= len(film)


def _boxes(film: bytes | bytearray) -> Iterator[tuple[bytes, int]]:
    """The kind and the end of each box at the top."""
    at = 0
    while at + 8 <= len(film):
        size, kind = int.from_bytes(film[at : at + 4]), bytes(film[at + 4 : at + 8])
        if size == 1:
            size = int.from_bytes(film[at + 8 : at + 16])
        elif size == 0:
            size = len(film) - at
        if size < 8:
            return
        at += size
        yield kind, at
