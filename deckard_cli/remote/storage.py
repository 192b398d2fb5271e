"""A place for files that a service takes or gives by their address alone: they are put there, and found there."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

import httpx

from deckard_cli.errors import UsageError
from deckard_cli.remote.account import Account, address
from deckard_cli.remote.fetch import ATTEMPTS, ask
from deckard_cli.remote.retry import Clock, TransientError, retried_async

__all__ = ["Storage"]

_NAME: Final = "{name}"
_ONE: Final = 60.0
"""Seconds that one attempt may take."""
_SMALL: Final = 2**20
"""Bytes of an answer."""


@dataclass(frozen=True, slots=True)
class Storage:
    """A place for files under names that nobody can guess."""

    variable: str
    """What names it: `put`."""
    put: str = field(repr=False)
    """Where a file is put (HTTP PUT), with ``{name}``; it may hold a signature."""
    found: str
    """Where it is found then, with ``{name}``."""

    @classmethod
    def of(cls, variable: str, elsewhere: str) -> Storage | None:
        """What `variable` says, and `elsewhere`, where files are found at another address than they are put; None where
        the first names no place. Raises `UsageError` for what is none.
        """
        if not os.environ.get(variable, "").strip():
            return None
        put = address(variable)
        found = address(elsewhere, _plain(put))
        for name, place in ((variable, put), (elsewhere, found)):
            if _NAME not in place:
                message = f"{name} has no {_NAME} in it: one file would be put over the other."
                raise UsageError(message, code="bad_address", hint=f"export {name}=https://.../{_NAME}")
        return cls(variable, put, found)

    def to_put(self, file: str) -> str:
        """Where `file` is put."""
        return self.put.replace(_NAME, file)

    def to_find(self, file: str) -> str:
        """Where `file` is found."""
        return self.found.replace(_NAME, file)

    def told(self, url: str, file: str) -> str:
        """Where what a worker says is at `url` is found: elsewhere, where that is where it put `file`."""
        return self.to_find(file) if _plain(url) == _plain(self.to_put(file)) else url

    async def keep(
        self, http: httpx.AsyncClient, file: str, sound: bytes, account: Account, clock: Clock, *, patience: float
    ) -> str:
        """Put `sound`, a WAV file, there; where it is found. What is busy is not tried again after `patience` seconds.

        Raises `BackendError` where it is not taken.
        """

        async def attempt() -> None:
            request = http.build_request("PUT", self.to_put(file), content=sound, headers={"Content-Type": "audio/wav"})
            answer = await ask(http, request, account, seconds=_ONE, largest=_SMALL, also=range(300, 500))
            if not answer.is_success:
                message = f"The sound could not be put at {self.variable}: status {answer.status_code}."
                failure = account.failure(message, "upload_failed", f"mend {self.variable}")
                raise TransientError(failure) if answer.status_code in (408, 425, 429) else failure

        await retried_async(attempt, clock, attempts=ATTEMPTS, patience=patience)
        return self.to_find(file)


def _plain(url: str) -> str:
    """`url` without its query, which may be a signature for writing."""
    return urlsplit(url)._replace(query="", fragment="").geturl()
