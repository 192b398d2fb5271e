"""Endpoints on RunPod: made, looked at and given back through its REST interface, version 2.

Source: RunPod's documentation of that interface (its openapi.json, November 2026; version 1 and GraphQL are on their
way out). It was never asked: what it answers is read with care, and what it refuses is told in its own words.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Coroutine, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

import httpx

from deckard_cli.errors import UsageError
from deckard_cli.remote.account import Account, address
from deckard_cli.remote.fetch import ask, client
from deckard_cli.remote.retry import SYSTEM, TransientError, retried_async

__all__ = ["PRICES", "Offer", "Rental"]

T = TypeVar("T")

HOME: Final = "https://api.runpod.io/v2"
PRICES: Final[Mapping[str, float]] = {
    "AMPERE_16": 0.00016,
    "AMPERE_24": 0.00019,
    "ADA_24": 0.00031,
    "AMPERE_48": 0.00034,
    "ADA_48_PRO": 0.00053,
    "AMPERE_80": 0.00076,
    "ADA_80_PRO": 0.00116,
}
"""US dollars a second for a flex worker, of each pool of GPUs: RunPod's list prices, as read in November 2026."""
_SECONDS: Final = 30.0
_LISTENING: Final = 3.0
"""Seconds without a new line after which a log, which never ends, is taken to be all there."""
_LARGEST: Final = 8 * 2**20
"""Bytes of an answer."""


@dataclass(frozen=True, slots=True)
class Offer:
    """An endpoint that could be made."""

    image: str
    """The worker's image, such as ``you/deckard-worker:1``."""
    name: str = "deckard"
    pool: str = "AMPERE_16"
    """RunPod's name of the GPUs that will do, or of a kind of CPU with the cores of a worker: ``cpu5c-4``."""
    workers: int = 2
    """At most so many at a time; at least none, which costs nothing while nobody asks."""
    idle: int = 30
    """Seconds that a worker waits for another job, and is paid for: to start one takes about as long."""
    timeout: int = 600
    """Seconds that a job may take."""
    environment: Mapping[str, str] = field(default_factory=dict)
    """Variables of the worker's."""

    @property
    def body(self) -> dict[str, object]:
        """The request for it."""
        return {
            "name": self.name,
            "image": self.image,
            "type": "QUEUE",
            **self._machine,
            "workers": {"min": 0, "max": self.workers, "idleTimeout": self.idle},
            "scaling": {"type": "QUEUE_DELAY", "queueDelay": 4},
            "timeout": self.timeout * 1000,
            "disk": 10,
            "flashboot": "FLASHBOOT",
            "env": dict(self.environment),
        }

    @property
    def _machine(self) -> dict[str, object]:
        if cpu := re.fullmatch(r"(cpu\w+)-(\d{1,3})", self.pool, re.ASCII):
            return {"cpu": [{"id": cpu[1], "vcpuCount": int(cpu[2])}]}
        return {"gpu": {"pools": [self.pool], "count": 1}}

    @property
    def terms(self) -> Iterator[str]:
        """What it will cost, in sentences."""
        yield f"An endpoint '{self.name}' of {self.image}, on {self.pool}: none while nobody asks, else up to"
        yield f"{self.workers} at a time, each for {self.idle} s after its last job."
        price = PRICES.get(self.pool)
        if price is None:
            yield "What it costs is not known here: see RunPod's prices."
            return
        yield f"While one runs: ${price:.5f} a second, ${price * 3600:.2f} an hour; at most ${self.hourly:.2f} an hour"
        yield f"in all. The wait after a job costs ${price * self.idle:.4f}. List prices of November 2026."

    @property
    def hourly(self) -> float | None:
        """US dollars an hour, while all its workers run; None where nobody knows."""
        price = PRICES.get(self.pool)
        return None if price is None else round(price * 3600 * self.workers, 4)


class Rental:
    """Somebody's endpoints. Each method raises a `DeckardError` for what RunPod refuses, `MissingError` for the key."""

    def __init__(self) -> None:
        """Of whose key is in ``RUNPOD_API_KEY``, at ``RUNPOD_REST_URL``. Raises `MissingError` where it is not set."""
        self._account = Account.of("runpod", "RUNPOD_API_KEY", kind="face")
        self._home = address("RUNPOD_REST_URL", HOME)
        self.clock = SYSTEM

    def deploy(self, offer: Offer) -> dict[str, Any]:
        """Make the endpoint of `offer`, or find it where the answer to that was lost.

        Raises `UsageError` where there is one of that name.
        """
        return self._run(self._deployed(offer))

    def status(self, endpoint: str) -> dict[str, Any]:
        """What RunPod says of `endpoint`, and of its workers."""

        async def both() -> dict[str, Any]:
            found = await self._asked("GET", f"/serverless/{checked(endpoint)}")
            return {**found, "workers_now": await self._workers(endpoint)}

        return self._run(both())

    def logs(self, endpoint: str, tail: int) -> list[str]:
        """The last `tail` lines of each worker that there is."""

        async def each() -> list[str]:
            lines: list[str] = []
            for worker in await self._workers(endpoint):
                name = str(worker.get("id", ""))
                if re.fullmatch(r"[\w-]+", name, re.ASCII):
                    lines += [f"{name}  {line}" async for line in self._lines(endpoint, name, tail)]
            return lines

        return self._run(each())

    def teardown(self, endpoint: str) -> None:
        """Give `endpoint` back."""
        self._run(self._asked("DELETE", f"/serverless/{checked(endpoint)}"))

    @staticmethod
    def _run(work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run(work)

    async def _deployed(self, offer: Offer) -> dict[str, Any]:
        if await self._named(offer.name):
            message = f"There is an endpoint called '{offer.name}' on RunPod already."
            raise UsageError(message, code="endpoint_there", hint="give another --name, or: deckard runpod teardown")
        try:
            return await self._once("POST", "/serverless", offer.body)
        except TransientError as lost:
            # Asked for a second time, there would be two, and both would be paid for.
            if found := await self._named(offer.name):
                return found
            raise lost.error from None

    async def _named(self, name: str) -> dict[str, Any] | None:
        found = await self._asked("GET", "/serverless")
        return next((each for each in _objects(found, "endpoints") if each.get("name") == name), None)

    async def _workers(self, endpoint: str) -> list[dict[str, Any]]:
        return _objects(await self._asked("GET", f"/serverless/{checked(endpoint)}/workers"), "workers")

    async def _lines(self, endpoint: str, worker: str, tail: int) -> Any:
        """The lines of a stream of events (SSE), until no more come for a while."""
        url = f"{self._home}/serverless/{endpoint}/workers/{worker}/logs"
        try:
            async with (
                httpx.AsyncClient(timeout=httpx.Timeout(_SECONDS, read=_LISTENING)) as http,
                http.stream("GET", url, params={"tail": tail}, headers=self._headers) as response,
            ):
                if not response.is_success:
                    raise self._settled(response.status_code, response.headers, await response.aread())
                async for line in response.aiter_lines():
                    if line.startswith("data:"):
                        yield self._account.hushed(_said(line.removeprefix("data:").strip()))
        except httpx.ReadTimeout:
            return
        except httpx.HTTPError as error:
            raise self._account.unreachable(error).error from None

    def _settled(self, status: int, headers: Mapping[str, str], body: bytes) -> Exception:
        refused = self._account.refused(status, headers, body)
        return refused.error if isinstance(refused, TransientError) else refused

    @property
    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._account.key}"}

    async def _asked(self, method: str, path: str) -> dict[str, Any]:
        """The answer to what can be asked again."""
        return await retried_async(lambda: self._once(method, path), self.clock)

    async def _once(self, method: str, path: str, body: object = None) -> dict[str, Any]:
        async with client(_SECONDS) as http:
            request = http.build_request(method, self._home + path, json=body, headers=self._headers)
            answer = await ask(http, request, self._account, seconds=_SECONDS, largest=_LARGEST)
        if not answer.content:
            return {}
        try:
            found = json.loads(answer.content)
        except (ValueError, RecursionError):
            raise self._account.nonsense("something that is not JSON") from None
        return found if isinstance(found, dict) else {"items": found}


def checked(endpoint: str) -> str:
    """`endpoint`, where it may be one. Raises `UsageError` else."""
    if re.fullmatch(r"[\w-]+", endpoint, re.ASCII):
        return endpoint
    raise UsageError("That is no identifier of an endpoint.", code="bad_endpoint", hint="export RUNPOD_ENDPOINT_ID=...")


def _objects(found: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    listed = found.get(name, found.get("items"))
    return [each for each in listed if isinstance(each, dict)] if isinstance(listed, list) else []


def _said(data: str) -> str:
    try:
        event = json.loads(data)
    except (ValueError, RecursionError):
        return data
    return f"{event.get('ts', '')} {event.get('line', '')}".strip() if isinstance(event, dict) else data
