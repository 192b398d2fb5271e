"""A face on an endpoint of RunPod's: the request is a job, and the film what it answers."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from functools import partial
from typing import Any, Final

import httpx

from deckard_cli.face import Film
from deckard_cli.face.commission import commission
from deckard_cli.face.portrait import Portrait
from deckard_cli.face.runpod.endpoint import LARGEST, Endpoint, account, interval
from deckard_cli.face.runpod.queue import Queue
from deckard_cli.remote.fetch import Keyed, client, fetch, within
from deckard_cli.remote.health import Probe
from deckard_cli.remote.request import wav
from deckard_cli.remote.retry import SYSTEM
from deckard_cli.remote.storage import Storage
from deckard_cli.speech import Speech

__all__ = ["Runpod"]

UPLOAD: Final = "RUNPOD_UPLOAD_URL"
FOUND: Final = "RUNPOD_DOWNLOAD_URL"
_ONE: Final = 60.0
"""Seconds that one request may take."""


class Runpod:
    """A `RemoteFace` at ``RUNPOD_ENDPOINT_ID``, or at ``RUNPOD_RUN_URL`` and ``RUNPOD_STATUS_URL_TEMPLATE``.
    ``RUNPOD_API_KEY`` goes to that address alone.

    RunPod carries 10 MB there and 10 MB back. ``RUNPOD_UPLOAD_URL`` names a place for more (HTTP PUT), with ``{name}``
    for a name that nobody can guess, and ``RUNPOD_DOWNLOAD_URL`` where it is found then, if that is another address.
    """

    def __init__(
        self,
        portrait: Portrait,
        *,
        size: tuple[int, int],
        fps: int,
        persona: str,
        lang: str = "en-us",
        face: str = "",
        timeout: float = 600.0,
    ) -> None:
        """Width and height in pixels, frames a second, the persona's key, the language that is spoken, the worker's own
        face that draws (empty: the one that it is set to), and the seconds that all of it may take; after them the job
        is cancelled.

        Raises `MissingError` where the key or the endpoint is not set, and `UsageError` for an address that is none.
        """
        self._account, self._endpoint, self._storage = account(), Endpoint.of(), Storage.of(UPLOAD, FOUND)
        self._interval, self._timeout = interval(), timeout
        self._asked = partial(commission, portrait, size=size, fps=fps, persona=persona, lang=lang, face=face)
        self.clock = SYSTEM

    async def film(self, speech: Speech) -> Film:
        """A film of `speech`. Raises `MissingError` for a key that is refused, `BackendError` where there is none."""
        name = f"deckard-{secrets.token_hex(16)}"
        async with within(self._timeout, self._account), client(_ONE) as http:
            body = await self._body(http, speech, name)
            queue = Queue(
                http, self._endpoint, self._account, self.clock, interval=self._interval, patience=self._timeout
            )
            answer = await queue.done(body)
            url = self._storage.told(answer.url, f"{name}.mp4") if self._storage else answer.url
            return Film(answer.film or await self._fetched(http, url))

    @staticmethod
    def probe() -> Probe:
        """Where the endpoint tells how it is. Raises `MissingError` where the key or the endpoint is not set."""
        who = account()
        return Probe(who, Endpoint.of().health, {"Authorization": f"Bearer {who.key}"})

    async def _body(self, http: httpx.AsyncClient, speech: Speech, name: str) -> bytes:
        """The job. Sound that is too large for it is put where the worker fetches it.

        Raises `BackendError` for what is too large, and where there is no such place.
        """
        input = self._asked(speech).model_dump(mode="json", exclude_none=True) | {"response": "json"}
        if self._storage:
            input["upload_url"] = self._storage.to_put(f"{name}.mp4")
        body = self._job(input)
        if len(body) > LARGEST and self._storage:
            sound = wav(speech.samples, speech.rate)
            url = await self._storage.keep(
                http, f"{name}.wav", sound, self._account, self.clock, patience=self._timeout
            )
            del input["audio"]
            body = self._job(input | {"audio_url": url})
        if len(body) > LARGEST:
            large = f"{len(body) / 1e6:.1f} MB, and RunPod takes {LARGEST / 1e6:g} MB"
            message = f"{self._account.who} was not asked: the request has {large}."
            raise self._account.failure(
                message, "too_large", f"export {UPLOAD}=https://.../{{name}}, or say it in parts"
            )
        return body

    def _job(self, input: Mapping[str, Any]) -> bytes:
        # RunPod's own limits: a job of a client that is gone ends as well.
        limit = round(self._timeout * 1000)
        policy = {"executionTimeout": max(limit, 5_000), "ttl": max(limit, 10_000)}
        return json.dumps({"input": input, "policy": policy}).encode("utf-8")

    async def _fetched(self, http: httpx.AsyncClient, url: str) -> bytes:
        nobody = Keyed(self._endpoint.run)
        return await fetch(http, url, self._account, self.clock, keyed=nobody, seconds=self._timeout)
