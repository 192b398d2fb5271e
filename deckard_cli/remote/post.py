"""One request for speech, over HTTP."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import httpx

from deckard_cli.remote.account import Account, received
from deckard_cli.remote.retry import Clock

__all__ = ["client", "post"]

_CONNECTING: Final = 10.0
"""Seconds until a server has to answer at all."""


def client(headers: Mapping[str, str], timeout: float) -> httpx.Client:
    """A connection that is kept from sentence to sentence, with `headers` that hold the key.

    It follows no redirect: what is asked with a key is asked of one address alone.
    """
    return httpx.Client(headers=headers, timeout=httpx.Timeout(timeout, connect=_CONNECTING))


def post(
    http: httpx.Client, request: httpx.Request, account: Account, clock: Clock, *, seconds: float
) -> httpx.Response:
    """The whole answer to `request`. Raises `TransientError` where it may pass, else a `DeckardError`."""
    try:
        response = http.send(request, stream=True)
        try:
            content = received(response.iter_bytes(), account, clock, seconds=seconds)
        finally:
            response.close()
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise account.unreachable(error) from None
    if not response.is_success:
        raise account.refused(response.status_code, response.headers, content)
    return httpx.Response(response.status_code, headers=_plain(response.headers), content=content)


def _plain(headers: httpx.Headers) -> dict[str, str]:
    """`headers` without those of a transfer that is over: they would have the content unpacked a second time."""
    return {name: value for name, value in headers.items() if name not in ("content-encoding", "transfer-encoding")}
