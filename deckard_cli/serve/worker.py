"""What a worker on RunPod answers to a job: a film, small enough to be carried, or put where the job says."""

from __future__ import annotations

import asyncio
import json
import shutil
import tempfile
from collections import OrderedDict
from collections.abc import Callable, Mapping
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import httpx
from pydantic import ValidationError

from deckard_cli.batch.engine import Failure
from deckard_cli.cache import digest
from deckard_cli.errors import BackendError, DeckardError, UsageError
from deckard_cli.remote.request import FilmRequest, decoded, encoded
from deckard_cli.remote.retry import SYSTEM, TransientError, retried_async
from deckard_cli.serve.order import FILM, IMAGE, SOUND, Filmed, Kit, Order
from deckard_cli.serve.reach import Reach
from deckard_cli.serve.read import Asked, drawing
from deckard_cli.serve.refusal import RefusedError
from deckard_cli.serve.terms import Terms
from deckard_cli.settings import frame_rate, frame_size

__all__ = ["INLINE", "Worker"]

INLINE: Final = 7_000_000
"""Bytes of a film that a job carries: in base64 a third more, and RunPod takes 10 MB."""
_KEPT: Final = 64 * 2**20
"""Bytes of films that are known again: a job whose identifier was lost on the way comes a second time."""
_GROWN: Final = 4000.0
"""Megabytes of memory after which another worker takes its place."""
_PUTTING: Final = 120.0
"""Seconds to put a film somewhere."""

Told = Callable[[Mapping[str, object]], None]


class Worker:
    """Answers jobs one after the other; a persona and a face that were opened stay open."""

    def __init__(self, terms: Terms, folder: Path, reach: Reach | None = None) -> None:
        """On these `terms`, those of the server. `folder` is its own; `reach` fetches what a job names."""
        (folder / "photographs").mkdir(exist_ok=True)
        self._terms, self._folder = terms, folder
        self._reach = reach or Reach(allowed=True)
        self._stop = get_context("spawn").Event()
        self._bench = Kit(folder / "photographs", terms, self._stop).opened()
        self._films: OrderedDict[str, tuple[bytes, Filmed]] = OrderedDict()

    async def answer(self, job: Mapping[str, Any], told: Told) -> dict[str, object]:
        """The output of `job`, an object with ``id`` and ``input``: where the film is (``video_url`` or
        ``video_base64``), or an ``error`` (JSON: code, message, hint). `told` hears of its progress.

        Cancelled, it stops drawing.
        """
        try:
            asked, key = _read(job.get("input"))
            face = drawing(asked.face or self._terms.backend)
            film, filmed = self._films.get(key) or await self._filmed(asked, face, told)
            self._keep(key, film, filmed)
            facts = {"seconds": filmed.seconds, "frames": filmed.frames, "fps": asked.fps, "size": list(asked.size)}
            output = {"version": 1, **await self._carried(film, asked.upload_url), **facts, "face": face}
        except (DeckardError, RefusedError) as error:
            return _failed(error.failure if isinstance(error, RefusedError) else Failure.of(error))
        # A worker that holds too much is replaced before it is killed in the middle of a job.
        return output | ({"refresh_worker": True} if filmed.megabytes > _GROWN else {})

    async def _filmed(self, asked: Asked, face: str, told: Told) -> tuple[bytes, Filmed]:
        sound, image = [await self._sent(asked, name) for name in ("audio", "image")]
        if not sound:
            raise UsageError("There is no sound.", code="no_sound", hint="send it as 'audio'")
        folder = Path(tempfile.mkdtemp(dir=self._folder))
        try:
            (folder / SOUND).write_bytes(sound)
            if image:
                (folder / IMAGE).write_bytes(image)
            told({"stage": "drawing"})
            filmed = await self._drawn(Order(folder, _plain(asked), face))
            if filmed.failure:
                raise RefusedError(422, filmed.failure)
            return (folder / FILM).read_bytes(), filmed
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    async def _drawn(self, order: Order) -> Filmed:
        """The film, drawn beside the loop: RunPod's asks meanwhile whether the job was cancelled."""
        work = asyncio.ensure_future(asyncio.to_thread(self._bench.make, order))
        try:
            return await asyncio.shield(work)
        except asyncio.CancelledError:
            self._stop.set()
            await work
            raise
        finally:
            self._stop.clear()

    async def _sent(self, asked: Asked, name: str) -> bytes:
        """The file called `name`, which was sent with the job or lies somewhere."""
        text, url = getattr(asked, name), getattr(asked, f"{name}_url")
        try:
            return (
                decoded(text)
                if text
                else await self._reach.fetched(url, self._terms.max_bytes, what=name)
                if url
                else b""
            )
        except ValueError as error:
            raise UsageError(f"The field '{name}' is {error}.", code="bad_field", hint="send base64") from None

    def _keep(self, key: str, film: bytes, filmed: Filmed) -> None:
        self._films[key] = film, filmed
        self._films.move_to_end(key)
        while sum(len(kept) for kept, _ in self._films.values()) > _KEPT:
            self._films.popitem(last=False)

    async def _carried(self, film: bytes, upload_url: str | None) -> dict[str, object]:
        if upload_url:
            await _put(film, upload_url)
            return {"video_url": urlsplit(upload_url)._replace(query="", fragment="").geturl()}
        if len(film) > INLINE:
            raise BackendError(
                f"The film has {len(film) / 1e6:.1f} MB, a job carries {INLINE / 1e6:g} MB, and this one came without "
                "an upload_url (RUNPOD_UPLOAD_URL where it was asked from).",
                code="film_too_large",
                hint="export RUNPOD_UPLOAD_URL=https://.../{name}  (or ask for a smaller film)",
            )
        return {"video_base64": encoded(film)}


def _read(input: object) -> tuple[Asked, str]:
    """What a job asks for, and what tells that another asks for the same."""
    try:
        asked = Asked.model_validate(input)
    except ValidationError as error:
        wrong = error.errors(include_input=False, include_url=False, include_context=False)[0]
        where = ".".join(map(str, wrong["loc"])) or "the input"
        raise UsageError(
            f"{where}: {wrong['msg']}.", code="bad_field", hint="see examples/runpod/test_input.json"
        ) from None
    frame_rate(asked.fps)
    frame_size("{}x{}".format(*asked.size))
    if asked.upload_url and urlsplit(asked.upload_url).scheme not in ("http", "https"):
        raise UsageError("upload_url: no address of the web.", code="bad_url", hint="send an address for HTTP PUT")
    return asked, digest(asked.model_dump_json(exclude={"upload_url"}).encode("utf-8"))


def _plain(asked: Asked) -> FilmRequest:
    """`asked` without its files."""
    fields = asked.model_dump(exclude={"audio_url", "image_url"})
    return FilmRequest.model_construct(**{**fields, "audio": "", "image": None})


async def _put(film: bytes, url: str) -> None:
    """Raises `BackendError`, which does not tell `url`: it may hold a signature."""

    async def attempt() -> None:
        try:
            answer = await http.put(url, content=film, headers={"Content-Type": "video/mp4"})
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise TransientError(_unput(type(error).__name__), told=False) from None
        if not answer.is_success:
            failure = _unput(f"status {answer.status_code}")
            passing = answer.status_code in (408, 425, 429) or answer.status_code >= 500
            raise TransientError(failure) if passing else failure

    async with httpx.AsyncClient(timeout=_PUTTING) as http:
        await retried_async(attempt, SYSTEM)


def _unput(why: str) -> DeckardError:
    message = f"The film could not be put at its upload_url: {why}."
    return BackendError(message, code="upload_failed", hint="mend RUNPOD_UPLOAD_URL")


def _failed(failure: Failure) -> dict[str, object]:
    said = json.dumps({"code": failure.code, "message": failure.message, "hint": failure.hint})
    # A bug may have left something behind: the next job gets a fresh worker.
    return {"error": said, **({"refresh_worker": True} if failure.code == "bug" else {})}
