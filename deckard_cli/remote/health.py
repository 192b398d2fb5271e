"""Whether the services that voices and faces stand on answer, how fast, and what they say of themselves."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

import httpx

from deckard_cli.errors import DeckardError
from deckard_cli.remote.account import Account
from deckard_cli.remote.fetch import ask, client
from deckard_cli.remote.retry import TransientError

__all__ = ["Health", "Probe", "examined", "shown"]

_SECONDS: Final = 10.0
"""How long a service may take to say how it is."""
_LARGEST: Final = 4 * 2**20
"""Bytes of what it says."""
_FACTS: Final = 8
"""Facts that are told of it, at most."""
_UNSAID: Final = (404, 405)
"""What a server answers that is there, and has no page for how it is."""


@dataclass(frozen=True, slots=True)
class Probe:
    """A request that changes nothing and costs nothing, by which a service tells how it is."""

    account: Account
    url: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Those that hold the key."""


@dataclass(frozen=True, slots=True)
class Health:
    """What a `Probe` found."""

    url: str
    """Where it was asked, without what may be secret in an address."""
    answers: bool
    """Whether there is a service that takes the key."""
    milliseconds: float | None
    """Until its whole answer was there; None where none came."""
    says: str = ""
    """What it says of itself, on one line."""
    version: str = ""
    """The version that it says it has; empty where it does not."""
    problem: DeckardError | None = None
    """What is wrong."""


def examined(probes: Sequence[Probe]) -> list[Health]:
    """How each of `probes` is, all asked at once."""
    return asyncio.run(_all(probes))


async def _all(probes: Sequence[Probe]) -> list[Health]:
    async with client(_SECONDS) as http:
        return list(await asyncio.gather(*(_one(http, probe) for probe in probes)))


async def _one(http: httpx.AsyncClient, probe: Probe) -> Health:
    began = time.monotonic()
    try:
        request = http.build_request("GET", probe.url, headers=probe.headers)
        answer = await ask(http, request, probe.account, seconds=_SECONDS, largest=_LARGEST, also=_UNSAID)
    except TransientError as failed:
        return Health(shown(probe.url), False, None, problem=failed.error)
    except DeckardError as failed:
        return Health(shown(probe.url), False, _since(began), problem=failed)
    if not answer.is_success:
        return Health(shown(probe.url), True, _since(began), "it does not say how it is")
    facts = dict(_facts(answer.content))
    said = ", ".join(f"{name} {value}" for name, value in list(facts.items())[:_FACTS])
    version = next((value for name, value in facts.items() if name.rpartition(".")[2] == "version"), "")
    hushed = probe.account.hushed
    return Health(shown(probe.url), True, _since(began), hushed(said), hushed(version))


def _since(began: float) -> float:
    return round((time.monotonic() - began) * 1000, 1)


def _facts(body: bytes) -> Iterator[tuple[str, str]]:
    """The names and values in an object of JSON, those of objects in it as ``workers.idle``."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return
    for name, value in found.items() if isinstance(found, dict) else ():
        inner = {f"{name}.{key}": each for key, each in value.items()} if isinstance(value, dict) else {name: value}
        for key, each in inner.items():
            if isinstance(each, (str, int, float)):
                yield key, str(each).lower() if isinstance(each, bool) else str(each)


def shown(url: str) -> str:
    """`url` without what may be secret: user, password, query."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    place = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{place}{f':{parts.port}' if parts.port else ''}{parts.path}"
