"""One file, over HTTP or from a folder, continued where it broke off (RFC 9110: ranges in 14, If-Range in 13.1.5).

The file grows under a name of its own; whether it is the one that was meant is `pull`'s affair.
"""

from __future__ import annotations

import errno
import re
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Final
from urllib.parse import urlsplit
from urllib.request import url2pathname

import httpx

from deckard_cli.errors import BackendError, DeckardError
from deckard_cli.models import File

__all__ = ["fetch", "shown"]

_TRIES: Final = 4
"""Failures in a row, without a byte between them, after which it is given up."""
_PATIENCE: Final = 30.0
"""Seconds without a byte after which a connection counts as cut."""
_LONGEST_WAIT: Final = 60.0
"""Seconds: a server that asks for more is answered with an error, not with a command that stands still."""
_LARGEST: Final = 16 * 10**9
"""Bytes of a file whose size nobody has told: a server that never ends shall not fill the disk."""
_BLOCK: Final = 1 << 18


class _Broken(Exception):  # noqa: N818 (it is no error: the next try continues)
    """The connection broke, or the server asks to come again."""

    def __init__(self, what: str, *, after: float | None = None) -> None:
        super().__init__(what)
        self.after = after


Share = tuple[int, int | None]
"""The bytes that are here, and those of the whole file where somebody told."""


def fetch(file: File, url: str, part: Path, *, wait: Callable[[float], object] = time.sleep) -> Iterator[Share]:
    """Make `part` hold all of the file at `url`, beginning with what it holds; yields how much it has by now.

    Raises `BackendError` where the server has something else or does not answer, and `DeckardError` where the disk has
    no room; what has come stays in `part` for the next time.
    """
    way = _copied if url.startswith("file:") else _received
    failures = 0
    while True:
        before = _size(part)
        try:
            with _disk(part):
                yield from way(file, url, part)
            return
        except _Broken as broken:
            failures = failures + 1 if _size(part) <= before else 1
            if failures >= _TRIES or (broken.after or 0) > _LONGEST_WAIT:
                raise BackendError(
                    f"{shown(url)} could not be fetched: {broken}; {_size(part):,} bytes of it have come.",
                    code="model_cut_off",
                    hint="try again later: it continues where it stopped",
                ) from broken
            wait(broken.after if broken.after is not None else 0.5 * 2 ** (failures - 1))


def shown(url: str) -> str:
    """`url` without the name and the password that may stand in it."""
    return re.sub(r"(?<=://)[^/]*@", "", url.partition("?")[0])


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


@contextmanager
def _disk(part: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            raise _full(part) from error
        raise


def _full(part: Path) -> DeckardError:
    return DeckardError(
        f"The disk has no room for {part.parent}.",
        code="disk_full",
        hint="free some space, or keep models elsewhere with DECKARD_DATA_DIR, and try again",
    )


def _copied(file: File, url: str, part: Path) -> Iterator[Share]:
    source = Path(url2pathname(urlsplit(url).path))
    try:
        opened = source.open("rb")
    except OSError as error:
        raise _refused(url, error.strerror or "it cannot be read") from error
    with opened, part.open("wb") as grown:
        size = source.stat().st_size
        _expect(file, url, size)
        _make_room(part, size)
        while block := opened.read(_BLOCK):
            grown.write(block)
            yield grown.tell(), size


def _received(file: File, url: str, part: Path) -> Iterator[Share]:
    had = _size(part)
    if had and had == file.size:
        return
    try:
        with (
            httpx.Client(follow_redirects=True, timeout=_PATIENCE) as client,
            client.stream("GET", url, headers=_asking(file, part)) as response,
        ):
            start, total = _beginning(file, url, part, response)
            if start is None:
                return
            _make_room(part, (total or 0) - start)
            with part.open("r+b" if start else "wb") as grown:
                grown.seek(start)
                yield from _written(response, grown, total)
    except (httpx.UnsupportedProtocol, httpx.InvalidURL) as error:
        raise _refused(url, "that is no address of http, https or file") from error
    except (httpx.TransportError, httpx.TooManyRedirects) as error:
        raise _Broken(str(error).rstrip(".") or type(error).__name__) from error
    if total is not None and _size(part) < total:
        raise _Broken(f"it ended after {_size(part):,} of {total:,} bytes")


def _written(response: httpx.Response, grown: BinaryIO, total: int | None) -> Iterator[Share]:
    for block in response.iter_raw(_BLOCK):
        grown.write(block)
        grown.flush()  # a killed command continues from what is on the disk
        if grown.tell() > (total or _LARGEST):
            grown.truncate(0)
            raise _refused(str(response.url), f"it sends more than {total or _LARGEST:,} bytes")
        yield grown.tell(), total


def _asking(file: File, part: Path) -> dict[str, str]:
    """The headers: all of the file, or what is missing of it as long as it is still the same file."""
    headers = {"Accept-Encoding": "identity"}  # a packed answer has another length, and no ranges
    had, tag = _size(part), _tag(part)
    if had and tag.is_file():
        headers |= {"Range": f"bytes={had}-", "If-Range": tag.read_text(encoding="ascii")}
    elif had and file.sha256:
        headers |= {"Range": f"bytes={had}-"}
    return headers


def _tag(part: Path) -> Path:
    """The file that keeps what the server said of the version that `part` begins with."""
    return part.with_name(f"{part.name}.tag")


def _beginning(file: File, url: str, part: Path, response: httpx.Response) -> tuple[int | None, int | None]:
    """At which byte the answer begins, None where nothing is missing; and the bytes of the whole, where it says so."""
    if url.startswith("https:") and response.url.scheme != "https":
        raise _refused(url, f"it leads to {shown(str(response.url))}, which is not secure")
    had = _size(part)
    found = re.fullmatch(r"bytes (?:(\d+)-\d+|\*)/(\d+|\*)", response.headers.get("Content-Range", ""))
    told = int(found[2]) if found and found[2] != "*" else None
    if response.status_code == 206 and found and found[1] and int(found[1]) == had:
        _expect(file, url, told)
        return had, told or file.size
    if response.status_code == 416 and told == had:
        return None, told
    if response.status_code in (206, 416):
        _forget(part)
        raise _Broken("it cannot say how it goes on")
    if response.status_code != 200:
        _judge(url, response)
    length = response.headers.get("Content-Length", "")
    told = int(length) if length.isdecimal() else None
    _expect(file, url, told)
    _forget(part)
    _mark(part, response)
    return 0, told or file.size


def _judge(url: str, response: httpx.Response) -> None:
    """Raise for an answer without the file."""
    said = f"it answers {response.status_code} {response.reason_phrase}".rstrip()
    if response.status_code in (408, 425, 429) or response.status_code >= 500:
        after = response.headers.get("Retry-After", "")
        raise _Broken(said, after=float(after) if after.isdecimal() else None)
    raise _refused(url, said)


def _mark(part: Path, response: httpx.Response) -> None:
    """Keep the version of the file that begins to come; a weak tag (RFC 9110, 8.8.1) cannot be asked for a range."""
    if "text/html" in response.headers.get("Content-Type", ""):
        raise _refused(str(response.url), "it is a web page")
    tag = response.headers.get("ETag") or response.headers.get("Last-Modified") or ""
    if tag and tag.isascii() and not tag.startswith("W/"):
        _tag(part).write_text(tag, encoding="ascii")


def _forget(part: Path) -> None:
    for path in (part, _tag(part)):
        path.unlink(missing_ok=True)


def _expect(file: File, url: str, size: int | None) -> None:
    if None not in (file.size, size) and size != file.size:
        raise _refused(url, f"it has {size:,} bytes there in place of {file.size:,}")


def _make_room(part: Path, more: int) -> None:
    if more > shutil.disk_usage(part.parent).free:
        raise _full(part)


def _refused(url: str, why: str) -> BackendError:
    return BackendError(
        f"{shown(url)} is not the file that was asked for: {why}.",
        code="model_refused",
        hint="try again later, or name a mirror: DECKARD_MODELS_URL=https://...",
    )
