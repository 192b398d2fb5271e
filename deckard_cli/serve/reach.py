"""Files that a request names by their address, fetched from public addresses alone.

A name is looked up once, and the address that was looked at is the one that is connected to: a name server that answers
otherwise the next time changes nothing. Each redirect is an address like the first.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Final
from urllib.parse import urljoin

import httpx

from deckard_cli.errors import UsageError
from deckard_cli.serve.refusal import unreadable

__all__ = ["Reach", "is_public", "looked_up"]

_REDIRECTS: Final = 4
_SECONDS: Final = 20.0
"""For each answer, to its end."""
_CARRYING: Final = tuple(map(IPv6Network, ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32")))
"""IPv6 that carries an IPv4 address of any kind."""

Resolve = Callable[[str, int], Awaitable[list[str]]]
"""A host's name and port -> its addresses."""


async def looked_up(host: str, port: int) -> list[str]:
    """The addresses of `host`, as this machine knows them. Raises `OSError` where there are none."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(each[4][0]) for each in found]


def is_public(address: str) -> bool:
    """Whether `address` is one of the internet's, and of no network nearer than that."""
    try:
        found: IPv4Address | IPv6Address = ip_address(address)
    except ValueError:
        return False
    if isinstance(found, IPv6Address):
        if any(found in each for each in _CARRYING) or found.scope_id:
            return False
        found = found.ipv4_mapped or found
    return found.is_global and not (found.is_multicast or found.is_reserved or found.is_unspecified)


class Reach:
    """Fetches what is named, where that is allowed."""

    def __init__(
        self, *, allowed: bool, resolve: Resolve = looked_up, public: Callable[[str], bool] = is_public
    ) -> None:
        """`allowed`: whether anything is fetched at all."""
        self._allowed, self._resolve, self._public = allowed, resolve, public

    async def fetched(self, url: str, largest: int, *, what: str) -> bytes:
        """The file at `url`, of at most so many bytes. Raises `UsageError` for one that may not or cannot be fetched.

        What is said of it is the same for every address that is not public: it tells nobody who is there.
        """
        if not self._allowed:
            raise UsageError(
                f"This server fetches no {what} from elsewhere.", code="no_urls", hint=f"send the {what} itself"
            )
        # Without the environment: a proxy would look the name up again.
        async with httpx.AsyncClient(
            trust_env=False, headers={"Accept-Encoding": "identity"}, timeout=_SECONDS
        ) as http:
            try:
                for _ in range(_REDIRECTS + 1):
                    async with asyncio.timeout(_SECONDS):
                        found = await self._one(http, url, largest, what)
                    if isinstance(found, bytes):
                        return found
                    url = found
            except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError):
                raise _refused(what, "cannot be fetched") from None
        raise _refused(what, "is sent on too often")

    async def _one(self, http: httpx.AsyncClient, url: str, largest: int, what: str) -> bytes | str:
        """The file, or where it lies instead."""
        asked = httpx.URL(url)
        if asked.scheme not in ("http", "https") or not asked.host or asked.userinfo:
            raise _refused(what, "has no address of the web")
        host = asked.raw_host.decode("ascii")
        port = asked.port or (443 if asked.scheme == "https" else 80)
        addresses = await self._resolve(host.strip("[]"), port)
        if not addresses or not all(map(self._public, addresses)):
            raise _refused(what, "is not at a public address")
        request = http.build_request(
            "GET",
            asked.copy_with(host=addresses[0]),
            headers={"Host": asked.netloc.decode("ascii")},
            extensions={"sni_hostname": host},
        )
        response = await http.send(request, stream=True)
        try:
            if response.is_redirect:
                return urljoin(url, response.headers["location"])
            if response.status_code != 200:
                raise _refused(what, f"is not there: status {response.status_code}")
            return await _body(response, largest, what)
        finally:
            await response.aclose()


async def _body(response: httpx.Response, largest: int, what: str) -> bytes:
    found = bytearray()
    async for part in response.aiter_raw():
        found += part
        if len(found) > largest:
            raise unreadable(f"The {what} has more than {largest:,} bytes.", "too_large", 413, "send it smaller")
    return bytes(found)


def _refused(what: str, why: str) -> Exception:
    if "address" in why:
        return UsageError(f"The {what} {why}.", code="bad_url", hint=f"send the {what} itself")
    return UsageError(f"The {what} {why}.", code="not_fetched", hint=f"send the {what} itself")
