"""A face on a server that is asked directly: our own (`deckard serve lipsync`), or another that takes a picture and
sound and gives back a film.
"""

from __future__ import annotations

import os
import re
from functools import partial
from typing import Final
from urllib.parse import urljoin, urlsplit

import httpx

from deckard_cli.cache import digest
from deckard_cli.errors import MissingError, UsageError
from deckard_cli.face import Film
from deckard_cli.face.commission import commission
from deckard_cli.face.portrait import Portrait
from deckard_cli.remote.account import Account, address
from deckard_cli.remote.fetch import ATTEMPTS, Keyed, ask, client, fetch, is_whole, within
from deckard_cli.remote.health import Probe
from deckard_cli.remote.request import Answer, answer_of
from deckard_cli.remote.retry import SYSTEM, retried_async
from deckard_cli.speech import Speech

__all__ = ["PATHS", "Direct", "addresses", "home"]

ADDRESS: Final = "LIPSYNC_DIRECT_URL"
PATH: Final = "LIPSYNC_DIRECT_PREFERRED_PATH"
PATHS: Final = ("/generate", "/lipsync", "/predict", "/infer", "/inference", "/api/generate", "/v1/generate")
"""Where servers of this kind are found to listen, the likeliest first."""
_NOT_HERE: Final = (404, 405)
"""What a server answers where it does not listen."""
_NOTHING: Final = ("", "Not Found", "Method Not Allowed")
"""What it says of that; one that says something else does listen, and refuses."""

_found: dict[str, str] = {}
"""Address without a path -> where the server was found to listen: a batch asks all the others but once."""


class Direct:
    """A `RemoteFace` at ``LIPSYNC_DIRECT_URL``. ``INTERNAL_API_KEY``, where it is set, goes to that address alone."""

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
        """Width and height in pixels, frames a second, the persona's key, the language that is spoken, the server's own
        face that draws (empty: the one that it is set to), and the seconds that all of it may take.

        Raises `MissingError` where no address is set, and `UsageError` for one that is none.
        """
        self._account, self._home, self._timeout = _account(), home(), timeout
        self._keyed = Keyed(self._home, _bearer(self._account))
        self._asked = partial(commission, portrait, size=size, fps=fps, persona=persona, lang=lang, face=face)
        self.clock = SYSTEM

    async def film(self, speech: Speech) -> Film:
        """A film of `speech`. Raises `MissingError` for a key that is refused, `BackendError` where there is none."""
        attempt = partial(self._attempt, self._asked(speech).model_dump_json().encode("utf-8"))
        async with within(self._timeout, self._account), client(self._timeout) as http:
            found = await retried_async(partial(attempt, http), self.clock, attempts=ATTEMPTS, patience=self._timeout)
            return Film(found.film or await self._fetched(http, found.url))

    @staticmethod
    def probe() -> Probe:
        """Where the server tells how it is. Raises `MissingError` where no address is set."""
        account = _account()
        return Probe(account, urljoin(home(), "/health"), _bearer(account))

    async def _fetched(self, http: httpx.AsyncClient, url: str) -> bytes:
        return await fetch(http, url, self._account, self.clock, keyed=self._keyed, seconds=self._timeout)

    async def _attempt(self, body: bytes, http: httpx.AsyncClient) -> Answer:
        """What one of the addresses answers. Raises what all of them do."""
        for url in addresses(self._home):
            # By the same key a server knows a request that it has had, where its answer was lost on the way.
            headers = {"Content-Type": "application/json", "Idempotency-Key": digest(body)[:32]}
            request = http.build_request("POST", url, content=body, headers={**self._keyed.headers, **headers})
            response = await ask(http, request, self._account, seconds=self._timeout, also=_NOT_HERE)
            if response.status_code not in _NOT_HERE:
                _found[self._home] = url
                return self._read(response.content)
            if (said := self._account.said(response.content)).removeprefix(": ") not in _NOTHING:
                raise self._account.failure(f"{self._account.who} refused{said}.", "refused", self._account.elsewhere)
        _found.pop(self._home, None)
        tried = ", ".join(urlsplit(url).path or "/" for url in addresses(self._home))
        raise self._account.failure(
            f"{self._account.who} takes no requests at {tried}.", "not_found", f"mend {ADDRESS}, or set {PATH}"
        )

    def _read(self, body: bytes) -> Answer:
        """Where the film is. Raises `TransientError` for a body that may be better the next time."""
        answer = answer_of(body)
        if answer is None and (said := self._account.said(body)):
            message = f"{self._account.who} made no film{said}."
            raise self._account.failure(message, "refused", self._account.elsewhere)
        if answer is None:
            raise self._account.nonsense("something that is no film")
        if answer.film and not is_whole(answer.film):
            raise self._account.nonsense("a film that breaks off")
        return answer


def _account() -> Account:
    return Account.of("direct", "INTERNAL_API_KEY", needed=False, kind="face")


def _bearer(account: Account) -> dict[str, str]:
    return {"Authorization": f"Bearer {account.key}"} if account.key else {}


def home() -> str:
    """Where the server is. Raises `MissingError` where nobody says so, and `UsageError` for what is no address."""
    if not os.environ.get(ADDRESS, "").strip():
        raise MissingError(
            f"The face 'direct' needs {ADDRESS} in the environment.",
            code="no_address",
            hint=f"export {ADDRESS}=http://127.0.0.1:8001/generate",
        )
    return address(ADDRESS)


def addresses(home: str) -> list[str]:
    """Where a server at `home` may listen, the likeliest first: at its path, where it has one. Raises `UsageError` for
    a preferred path that is none.
    """
    if urlsplit(home).path or urlsplit(home).query:
        return [home]
    preferred = os.environ.get(PATH, "").strip()
    if preferred and not re.fullmatch(r"/?[!-~]*", preferred):
        raise UsageError(f"{PATH} is no path.", code="bad_path", hint=f"export {PATH}=/generate")
    paths = [f"/{preferred.lstrip('/')}" if preferred else PATHS[0], *PATHS]
    urls = [f"{home}{path}" for path in paths]
    return list(dict.fromkeys([*filter(urls.__contains__, [_found.get(home, "")]), *urls]))
