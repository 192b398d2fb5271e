"""Tavus: a replica of somebody, filmed for a sound that it fetches from an address."""

from __future__ import annotations

import json
import os
import re
import secrets
from collections.abc import Mapping
from functools import partial
from typing import Any, Final

import httpx

from deckard_cli.errors import MissingError, UsageError
from deckard_cli.face import Film
from deckard_cli.face.portrait import Portrait
from deckard_cli.remote.account import Account, address
from deckard_cli.remote.fetch import ATTEMPTS, Keyed, ask, client, fetch, within
from deckard_cli.remote.health import Probe
from deckard_cli.remote.request import wav
from deckard_cli.remote.retry import SYSTEM, TransientError, retried_async
from deckard_cli.remote.storage import Storage
from deckard_cli.speech import Speech

__all__ = ["Tavus"]

HOME: Final = "https://tavusapi.com"
UPLOAD: Final = "TAVUS_AUDIO_UPLOAD_URL"
PUBLIC: Final = "TAVUS_AUDIO_URL"
_ENDED: Final = ("error", "failed", "deleted", "cancelled")
"""What Tavus calls a film that will not be. What it calls one that will be has changed before, and may again."""
_SMALL: Final = 2**20
"""Bytes of an answer that is no film."""
_ONE: Final = 60.0
"""Seconds that one request may take."""
_POLLS: Final = (2.0, 10.0)
"""Seconds before the film is asked after first, and at most."""
_UNKNOWN: Final = 5
"""Times that Tavus may not know a film that it has just taken on."""


class Tavus:
    """A `RemoteFace` of Tavus'. Its picture is the replica's, whatever the persona looks like, and its size is too.

    Tavus takes sound from an address only. ``TAVUS_AUDIO_UPLOAD_URL`` says where it is put (HTTP PUT), with ``{name}``
    for a name that nobody can guess, and ``TAVUS_AUDIO_URL`` where it is found then, if that is another address.
    With the option ``script`` it is sent the text alone, and the replica's own voice is heard in place of the one that
    was chosen, which is not asked to say anything.
    """

    speaks_with: Final = "script"
    """The option with which it says the text itself: no voice is paid for then that nobody hears."""

    def __init__(
        self,
        portrait: Portrait,
        *,
        size: tuple[int, int],
        fps: int,
        persona: str,
        replica: str = "",
        script: bool = False,
        timeout: float = 1800.0,
    ) -> None:
        """The identifier of the replica (empty: ``TAVUS_REPLICA_ID``), whether it speaks `script` with its own voice,
        and the seconds that all of it may take. Tavus hears nothing of `portrait`, `size`, `fps` and `persona`.

        Raises `MissingError` where the key, the replica or the place for the sound is not set.
        """
        self._account = Account.of("tavus", "TAVUS_API_KEY", kind="face")
        self._home = address("TAVUS_BASE_URL", HOME)
        self._headers = {"x-api-key": self._account.key}
        self._replica = _replica(replica)
        self._storage = None if script else _storage()
        self._timeout = timeout
        self.clock = SYSTEM

    async def film(self, speech: Speech) -> Film:
        """A film of `speech`. Raises `MissingError` for a key that is refused, `BackendError` where there is none."""
        name = f"deckard-{secrets.token_hex(16)}"
        async with within(self._timeout, self._account), client(_ONE) as http:
            order = _Order(name, await self._said(http, name, speech))
            video = await self._again(partial(self._order, http, order))
            url = await self._ready(http, video)
            nobody = Keyed(self._home)
            data = await fetch(http, url, self._account, self.clock, keyed=nobody, seconds=self._timeout)
            return Film(data, speaks=self._storage is None)

    async def _said(self, http: httpx.AsyncClient, name: str, speech: Speech) -> dict[str, str]:
        """What is said, as Tavus is told: the text, or the address of the sound, which was put there."""
        if self._storage:
            sound, clock = wav(speech.samples, speech.rate), self.clock
            kept = self._storage.keep(http, f"{name}.wav", sound, self._account, clock, patience=self._timeout)
            return {"audio_url": await kept}
        if not speech.text.strip():
            raise self._account.failure(
                f"{self._account.who} has no text to say.", "no_text", "leave out script in [faces.tavus]"
            )
        return {"script": speech.text}

    @staticmethod
    def probe() -> Probe:
        """Where Tavus tells whom the key can film. Raises `MissingError` where it is not set."""
        account = Account.of("tavus", "TAVUS_API_KEY", kind="face")
        home = address("TAVUS_BASE_URL", HOME)
        return Probe(account, f"{home}/v2/replicas?limit=1", {"x-api-key": account.key})

    async def _again(self, attempt: Any) -> Any:
        return await retried_async(attempt, self.clock, attempts=ATTEMPTS, patience=self._timeout)

    async def _order(self, http: httpx.AsyncClient, order: _Order) -> str:
        """The identifier of the film that Tavus takes on. An order whose answer was lost is looked for first: a second
        one would be paid for too.
        """
        if order.unsure and (video := await self._taken(http, order.name)):
            return video
        order.unsure = True
        body = {order.spelling: self._replica, **order.said, "video_name": order.name}
        try:
            answer = await self._asked(http, "POST", "/v2/videos", json=body, also=(400, 422))
        except TransientError as again:
            order.unsure = again.after is None
            raise
        if answer.is_success:
            return self._identifier(answer)
        said = self._account.said(answer.content)
        order.unsure = False
        if "face_id" in said and order.spelling != "face_id":
            order.spelling = "face_id"
            return await self._order(http, order)
        refused = self._account.failure(f"{self._account.who} refused{said}.", "refused", self._account.elsewhere)
        raise TransientError(refused) if "concurrent" in said else refused

    async def _taken(self, http: httpx.AsyncClient, name: str) -> str:
        """The identifier of the film called `name`, if there is one."""
        listed = _read(await self._asked(http, "GET", "/v2/videos", params={"limit": "50"}), self._account)
        films = [each for each in listed.get("data") or [] if isinstance(each, dict)]
        return next((str(each.get("video_id") or "") for each in films if each.get("video_name") == name), "")

    def _identifier(self, answer: httpx.Response) -> str:
        video = _read(answer, self._account).get("video_id")
        if isinstance(video, str) and re.fullmatch(r"[\w-]+", video):
            return video
        raise self._account.nonsense("no identifier of a film")

    async def _ready(self, http: httpx.AsyncClient, video: str) -> str:
        """Where the film is, once it is made."""
        wait, most = _POLLS
        unknown = 0
        while True:
            await self.clock.rest(wait)
            wait = min(wait * 1.5, most)
            path = f"/v2/videos/{video}"
            answer = await self._again(partial(self._asked, http, "GET", path, also=(404,)))
            unknown = unknown + 1 if answer.status_code == 404 else 0
            if unknown >= _UNKNOWN:
                message = f"{self._account.who} does not know the film any more that it took on."
                raise self._account.failure(message, "film_lost", self._account.elsewhere)
            state = {} if unknown else _read(answer, self._account)
            status = str(state.get("status", "")).casefold()
            if status in _ENDED:
                raise self._failed(status, state)
            if status not in ("queued", "generating") and isinstance(url := state.get("download_url"), str) and url:
                return url

    def _failed(self, status: str, state: Mapping[str, Any]) -> Exception:
        why = state.get("error_message") or state.get("status_details") or ""
        said = f": {hushed}" if isinstance(why, str) and (hushed := self._account.hushed(why)) else ""
        message = f"{self._account.who} made no film, status {status}{said}."
        return self._account.failure(message, "film_failed", self._account.elsewhere)

    async def _asked(
        self, http: httpx.AsyncClient, method: str, path: str, *, also: tuple[int, ...] = (), **content: Any
    ) -> httpx.Response:
        request = http.build_request(method, self._home + path, headers=self._headers, **content)
        return await ask(http, request, self._account, seconds=_ONE, largest=_SMALL, also=also)


class _Order:
    """A film that is ordered until it is known to be taken on."""

    def __init__(self, name: str, said: Mapping[str, str]) -> None:
        """The film's name, and the field that tells what is said in it."""
        self.name, self.said = name, said
        self.spelling = "replica_id"
        self.unsure = False


def _read(answer: httpx.Response, account: Account) -> dict[str, Any]:
    try:
        found = json.loads(answer.content)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise account.nonsense("something that is no object of JSON")
    return found


def _replica(asked: str) -> str:
    """The replica that is filmed. Raises `MissingError` where nobody says which, `UsageError` for what is none."""
    names = (asked, os.environ.get("TAVUS_REPLICA_ID", ""), os.environ.get("TAVUS_FACE_ID", ""))
    replica = next((name.strip() for name in names if name.strip()), "")
    if not replica:
        raise MissingError(
            "The face 'tavus' does not know whom to film.",
            code="no_replica",
            hint='export TAVUS_REPLICA_ID=..., or replica = "..." in [faces.tavus] of the persona',
        )
    if not re.fullmatch(r"[\w-]+", replica, re.ASCII):
        raise UsageError("That is no identifier of a replica.", code="bad_replica", hint="mend TAVUS_REPLICA_ID")
    return replica


def _storage() -> Storage:
    """Where sound is put, and where Tavus finds it. Raises `MissingError` where there is no such place."""
    if storage := Storage.of(UPLOAD, PUBLIC):
        return storage
    raise MissingError(
        f"The face 'tavus' takes sound from an address only, and {UPLOAD} names no place to put it.",
        code="no_upload",
        hint=f"export {UPLOAD}='https://storage.example/{{name}}?...', or script = true in [faces.tavus]",
    )
