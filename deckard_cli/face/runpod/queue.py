"""A job in the queue of an endpoint, from its submission to what came of it.

state                          what is done
COMPLETED                      its output is taken, if there is a film in it; else it is asked again, and then given up
FAILED, CANCELLED, TIMED_OUT   an error, with what the worker said of it
404, five times                the job is lost: it is submitted again, once
any other, known or not        it is waited for; what it may say of its progress is no film
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from functools import partial
from typing import Any, Final, TypeVar

import httpx

from deckard_cli.errors import DeckardError
from deckard_cli.face.runpod.endpoint import Endpoint
from deckard_cli.remote.account import Account
from deckard_cli.remote.fetch import ATTEMPTS, ask, is_whole
from deckard_cli.remote.request import Answer, answer_in
from deckard_cli.remote.retry import Clock, retried_async

__all__ = ["Queue"]

T = TypeVar("T")

_ONE: Final = 60.0
"""Seconds that one request may take."""
_LEAVING: Final = 3.0
"""Seconds to cancel a job that nobody waits for any more: somebody pressed Ctrl-C."""
_SMALL: Final = 2**20
"""Bytes of an answer that is no film."""
_UNKNOWN: Final = 5
"""Times that a job may not be known which was just taken."""
_OVER: Final = {"FAILED": "", "CANCELLED": "the job was cancelled", "TIMED_OUT": "the job ran out of time"}
"""States after which there is no film, and what they mean where nobody says more."""


class Queue:
    """The queue of an endpoint.

    RunPod knows a job by the identifier that it answers with. Where that answer is lost, nobody can tell whether there
    is a job; it is submitted again, and may run twice. The body is the same, so that a worker which has drawn it
    answers with the same film (`deckard worker` does).
    """

    def __init__(
        self,
        http: httpx.AsyncClient,
        endpoint: Endpoint,
        account: Account,
        clock: Clock,
        *,
        interval: float,
        patience: float,
    ) -> None:
        """A job is asked after every `interval` seconds; what is busy is not tried again after `patience` seconds."""
        self._http, self._endpoint, self._account, self._clock = http, endpoint, account, clock
        self._interval, self._patience = interval, patience
        self._headers = {"Authorization": f"Bearer {account.key}"}

    async def done(self, body: bytes) -> Answer:
        """What came of `body`. Cancelled, or failing, it cancels the job.

        Raises `MissingError` for a key that is refused, `BackendError` where there is no film.
        """
        for _ in range(2):
            job, state = await self._submitted(body)
            try:
                final = await self._final(job, state)
            except BaseException:
                await self._cancelled(job)
                raise
            if final:
                return self._answer(final)
        message = f"{self._account.who} does not know the job any more that it took on, twice."
        raise self._account.failure(message, "job_lost", self._account.elsewhere)

    async def _submitted(self, body: bytes) -> tuple[str, Mapping[str, Any]]:
        """The identifier of a new job, and its first state."""
        task = asyncio.ensure_future(self._again(partial(self._submit, body)))
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            # The answer may be on its way: the job that it names would run on, and be paid for.
            with suppress(DeckardError, TimeoutError):
                async with asyncio.timeout(_LEAVING):
                    await self._cancelled((await task)[0])
            raise

    async def _submit(self, body: bytes) -> tuple[str, Mapping[str, Any]]:
        headers = {**self._headers, "Content-Type": "application/json"}
        request = self._http.build_request("POST", self._endpoint.run, content=body, headers=headers)
        state = self._read(await ask(self._http, request, self._account, seconds=_ONE))
        job = state.get("id")
        if isinstance(job, str) and re.fullmatch(r"[\w-]+", job, re.ASCII):
            return job, state
        raise self._account.nonsense("no identifier of a job")

    async def _final(self, job: str, state: Mapping[str, Any]) -> Mapping[str, Any]:
        """The last state of `job`, which was `state` at first; empty where it is lost."""
        wait, unknown = self._interval / 4, 0
        while not self._is_final(state):
            await self._clock.rest(wait)
            wait = min(wait * 1.5, self._interval)
            state = await self._again(partial(self._state, job))
            unknown = 0 if state else unknown + 1
            if unknown >= _UNKNOWN:
                return {}
        return state

    async def _state(self, job: str) -> Mapping[str, Any]:
        """The state of `job`; empty where it is not known. Raises `TransientError` for one that cannot be read."""
        request = self._http.build_request("GET", self._endpoint.status_of(job), headers=self._headers)
        answer = await ask(self._http, request, self._account, seconds=_ONE, also=(404,))
        if answer.status_code == 404:
            return {}
        state = self._read(answer)
        if not isinstance(state.get("status"), str):
            raise self._account.nonsense("no state of a job")
        if _status(state) == "COMPLETED" and not _why(state):
            film = answer_in(state.get("output"))
            if film is None:
                raise self._account.nonsense("no film")
            if film.film and not is_whole(film.film):
                raise self._account.nonsense("a film that breaks off")
        return state

    @staticmethod
    def _is_final(state: Mapping[str, Any]) -> bool:
        return _status(state) == "COMPLETED" or _status(state) in _OVER

    def _answer(self, state: Mapping[str, Any]) -> Answer:
        answer = answer_in(state.get("output")) if _status(state) == "COMPLETED" else None
        if answer and not _why(state):
            return answer
        said = self._account.hushed(_why(state)) or _OVER.get(_status(state)) or "nobody says why"
        raise self._account.failure(f"{self._account.who} made no film: {said}.", "refused", self._account.elsewhere)

    async def _cancelled(self, job: str) -> None:
        """Cancel `job`, or let it be where that does not go."""

        async def attempt() -> None:
            request = self._http.build_request("POST", self._endpoint.cancel_of(job), headers=self._headers)
            await ask(self._http, request, self._account, seconds=_LEAVING, largest=_SMALL)

        if self._endpoint.cancel_of(job):
            with suppress(DeckardError, TimeoutError):
                async with asyncio.timeout(_LEAVING):
                    await retried_async(attempt, self._clock)

    async def _again(self, attempt: Callable[[], Awaitable[T]]) -> T:
        return await retried_async(attempt, self._clock, attempts=ATTEMPTS, patience=self._patience)

    def _read(self, answer: httpx.Response) -> Mapping[str, Any]:
        try:
            found = json.loads(answer.content)
        except (ValueError, RecursionError):
            found = None
        if isinstance(found, dict):
            return found
        raise self._account.nonsense("something that is no state of a job")


def _status(state: Mapping[str, Any]) -> str:
    return str(state.get("status", "")).strip().upper()


def _why(state: Mapping[str, Any]) -> str:
    """What a worker says went wrong: a sentence, or what its library makes of an exception (JSON in a string)."""
    output = state.get("output")
    why = state.get("error") or (output.get("error") if isinstance(output, dict) else None)
    if isinstance(why, str):
        with suppress(ValueError, RecursionError):
            why = json.loads(why)
    if isinstance(why, dict):
        why = why.get("error_message") or why.get("message") or why.get("error") or why
    return "" if not why else why if isinstance(why, str) else json.dumps(why)
