"""The server of films: `app` makes it, for whatever runs ASGI (``uvicorn --factory deckard_cli.serve.lipsync:app``)."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Final

from fastapi import Depends, FastAPI, Request, Response
from fastapi import Path as InPath
from fastapi.responses import FileResponse, JSONResponse
from fastapi.security import HTTPBearer
from starlette.exceptions import HTTPException
from starlette.types import Receive, Scope, Send

from deckard_cli import __version__
from deckard_cli.batch.engine import Failure
from deckard_cli.errors import DeckardError
from deckard_cli.remote.request import encoded
from deckard_cli.serve.crew import Crew
from deckard_cli.serve.gate import OPEN, Gate, noted
from deckard_cli.serve.meters import Meters
from deckard_cli.serve.order import FILM, IMAGE, SOUND, Filmed, Order
from deckard_cli.serve.pages import ABOUT, FILMED, HEALTH, METRICS, READY, REQUEST, VIDEO
from deckard_cli.serve.reach import Reach
from deckard_cli.serve.read import Wanted, drawing, read
from deckard_cli.serve.refusal import RefusedError, answer, leaving, of, unreadable
from deckard_cli.serve.room import room
from deckard_cli.serve.shelf import Shelf
from deckard_cli.serve.terms import Terms, terms

__all__ = ["app", "build"]

_SWEEPING: Final = 30.0
"""Seconds between looks for films that nobody fetched."""


def app() -> FastAPI:
    """The server, as the environment says. Raises `UsageError` for what cannot be meant."""
    return build(terms())


@dataclass(slots=True)
class House:
    """What a server that runs has."""

    terms: Terms
    reach: Reach
    meters: Meters
    folder: Path
    shelf: Shelf
    crew: Crew


def build(terms: Terms, reach: Reach | None = None) -> FastAPI:
    """The server on these `terms`. `reach` fetches what requests name."""
    meters = Meters()

    @asynccontextmanager
    async def life(server: FastAPI) -> AsyncIterator[None]:
        async with _open(terms, reach or Reach(allowed=terms.allow_urls), meters) as house:
            server.state.house = house
            yield

    made = FastAPI(
        title="Deckard lip-sync server",
        version=__version__,
        description=ABOUT,
        lifespan=life,
        redoc_url=None,
        redirect_slashes=False,
    )
    guarded = [Depends(HTTPBearer(auto_error=False))] if terms.key else []
    for path, page, told in (
        ("/videos/{name}", video, VIDEO),
        ("/health", health, HEALTH),
        ("/ready", ready, READY),
        ("/metrics", metrics, METRICS),
    ):
        needs = [] if path == OPEN else guarded
        made.add_api_route(path, page, methods=["GET"], responses=told, response_model=None, dependencies=needs)
    made.post("/generate", responses=FILMED, openapi_extra=REQUEST, response_model=None, dependencies=guarded)(generate)
    made.add_middleware(Gate, terms=terms, meters=meters)
    for kind, refuse in (
        (RefusedError, _refused),
        (DeckardError, _failed),
        (HTTPException, _astray),
        (OSError, _unkept),
        (Exception, _broken),
    ):
        made.add_exception_handler(kind, refuse)
    return made


@asynccontextmanager
async def _open(terms: Terms, reach: Reach, meters: Meters) -> AsyncIterator[House]:
    with room() as folder:
        for name in ("photographs", "shelf", "orders"):
            (folder / name).mkdir()
        crew = Crew(folder / "photographs", terms, meters)
        meters.watch(lambda: crew.waiting, lambda: crew.workers)
        house = House(terms, reach, meters, folder / "orders", Shelf(folder / "shelf", terms.keep_seconds), crew)
        sweeper = asyncio.create_task(_sweep(house.shelf))
        try:
            yield house
        finally:
            sweeper.cancel()
            await crew.finished()
            await asyncio.to_thread(crew.leave)


async def _sweep(shelf: Shelf) -> None:
    while True:
        await asyncio.sleep(_SWEEPING)
        with suppress(OSError):
            await asyncio.to_thread(shelf.sweep)


def _house(request: Request) -> House:
    house: House = request.app.state.house
    return house


async def generate(request: Request) -> Response:
    """Make a film of somebody who says what is in a recording: a persona of the server's, or who is on an image."""
    house = _house(request)
    with house.crew.place():
        wanted = await read(request, house.terms, house.reach)
        noted(request.scope, letters=len(wanted.request.text), sound=len(wanted.sound), image=len(wanted.image or b""))
        key = wanted.key(request.headers.get("idempotency-key", ""))
        if again := house.shelf.again(key):
            noted(request.scope, again=1)
            return await asyncio.to_thread(_answered, request, wanted, *again)
        folder = Path(tempfile.mkdtemp(dir=house.folder))
        try:
            order = await asyncio.to_thread(_ordered, wanted, folder)
            filmed, waited = await _attended(request, house.crew.film(order, wanted.seconds))
            if filmed.failure:
                raise of(filmed.failure)
            noted(request.scope, seconds=f"{filmed.seconds:.2f}", queue=f"{waited:.2f}", render=f"{filmed.took:.2f}")
            house.meters.clips.inc()
            house.meters.sound.inc(filmed.seconds)
            film = folder / FILM
            if key or wanted.response == "url":
                film = await asyncio.to_thread(house.shelf.put, film, filmed, key)
            elif wanted.response == "video":
                return _Film(film, media_type="video/mp4")
            made = await asyncio.to_thread(_answered, request, wanted, film, filmed)
            shutil.rmtree(folder, ignore_errors=True)
            return made
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise


def _ordered(wanted: Wanted, folder: Path) -> Order:
    (folder / SOUND).write_bytes(wanted.sound)
    if wanted.image:
        (folder / IMAGE).write_bytes(wanted.image)
    return Order(folder, wanted.request, wanted.face)


async def _attended(request: Request, film: Coroutine[Any, Any, tuple[Filmed, float]]) -> tuple[Filmed, float]:
    """`film`, for as long as whoever asked for it is there."""
    drawn, gone = asyncio.create_task(film), asyncio.create_task(_gone(request))
    try:
        await asyncio.wait({drawn, gone}, return_when=asyncio.FIRST_COMPLETED)
        if drawn.done():
            return drawn.result()
        raise unreadable("Whoever asked for this has gone.", "gone", 499)
    finally:
        for task in (drawn, gone):
            task.cancel()
        await asyncio.gather(drawn, gone, return_exceptions=True)


async def _gone(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


class _Film(FileResponse):
    """A film that is thrown away, with its folder, when it was sent."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            shutil.rmtree(Path(self.path).parent, ignore_errors=True)


def _answered(request: Request, wanted: Wanted, film: Path, filmed: Filmed) -> Response:
    """The film as it was asked for; one that is sent as it is has to stay where it is, on the shelf."""
    if wanted.response == "video":
        return FileResponse(film, media_type="video/mp4")
    facts: dict[str, object] = {"seconds": filmed.seconds, "frames": filmed.frames, "face": wanted.face}
    if wanted.response == "url":
        address = f"{request.base_url}videos/{film.name}"
        facts["expires_seconds"] = _house(request).terms.keep_seconds
    else:
        address = f"data:video/mp4;base64,{encoded(film.read_bytes())}"
    asked = {"fps": wanted.request.fps, "size": wanted.request.size}
    return JSONResponse({"version": 1, "video_url": address, **asked, **facts})


async def video(
    request: Request, name: Annotated[str, InPath(description="The end of the address that was answered.")]
) -> Response:
    """A film that was made with `"response": "url"`, for as long as it is kept."""
    path = _house(request).shelf.get(name)
    if path is None:
        raise unreadable("This film is not here, or not any more.", "not_found", 404, "ask for it again")
    return FileResponse(path, media_type="video/mp4")


async def health(request: Request) -> Response:
    """Whether it runs."""
    house = _house(request)
    facts = {"face": house.terms.backend, "workers": house.crew.workers, "waiting": house.crew.waiting}
    return JSONResponse({"status": "ok", "version": __version__, **facts})


async def ready(request: Request) -> Response:
    """Whether it takes requests."""
    house = _house(request)
    if house.crew.closed:
        raise leaving()
    drawing(house.terms.backend)
    return JSONResponse({"ready": True})


async def metrics(request: Request) -> Response:
    """What it has counted, for Prometheus."""
    return Response(_house(request).meters.page(), media_type="text/plain; version=0.0.4; charset=utf-8")


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, RefusedError)
    return answer(error)


async def _failed(request: Request, error: Exception) -> Response:
    assert isinstance(error, DeckardError)
    return answer(of(error))


async def _astray(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    code = {404: "not_found", 405: "not_allowed"}.get(error.status_code, "bad_request")
    refusal = unreadable(f"{error.detail}.", code, error.status_code)
    refusal.headers.update(error.headers or {})
    return answer(refusal)


async def _unkept(request: Request, error: Exception) -> Response:
    assert isinstance(error, OSError)
    why = error.strerror or type(error).__name__
    return answer(of(Failure(f"The server cannot keep it: {why}.", "system", "try again later")))


async def _broken(request: Request, error: Exception) -> Response:
    failure = Failure(f"This is a mistake in Deckard itself: {type(error).__name__}.", "bug", "report it")
    return answer(RefusedError(500, failure))
