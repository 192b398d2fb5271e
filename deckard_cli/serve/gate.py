"""What every request passes: the key, the size of its body, a line in the log, a count."""

from __future__ import annotations

import asyncio
import hmac
import logging
import time
from contextlib import suppress
from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from deckard_cli.batch.engine import Failure
from deckard_cli.serve.meters import Meters
from deckard_cli.serve.refusal import RefusedError, answer
from deckard_cli.serve.terms import KEY, Terms

__all__ = ["LOG", "OPEN", "Gate", "is_loopback", "noted"]

LOG: Final = logging.getLogger("deckard.serve")
OPEN: Final = "/health"
"""Answered without a key, so that whatever keeps the server running need not know one; who brings one learns whether it
is good."""
_ROUTES: Final = frozenset({"/generate", "/health", "/ready", "/metrics", "/docs", "/openapi.json"})
_DRAINING: Final = 5.0
"""Seconds for which a request that is refused is still read."""


def is_loopback(host: str) -> bool:
    """Whether `host` is this machine, as itself alone sees it."""
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.casefold() == "localhost"


def noted(scope: Scope, **facts: object) -> None:
    """Have `facts` told in the log's line of a request."""
    scope.setdefault("deckard", {}).update(facts)


class Gate:
    """Stands before an application."""

    def __init__(self, app: ASGIApp, terms: Terms, meters: Meters) -> None:
        self._app, self._terms, self._meters = app, terms, meters

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One connection of ASGI."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began, seen = time.monotonic(), _Seen(scope, receive, send, self._terms.max_bytes)
        try:
            if refusal := self._refused(scope, Headers(scope=scope)):
                await answer(refusal)(scope, seen.receive, seen.send)
            else:
                await self._app(scope, seen.receive, seen.send)
        finally:
            self._tell(scope, seen, time.monotonic() - began)

    def _refused(self, scope: Scope, headers: Headers) -> RefusedError | None:
        open_ = scope["path"] == OPEN and not (self._terms.key and _brought(headers))
        if not open_ and (refusal := self._stranger(scope, headers)):
            return refusal
        length = headers.get("content-length", "0")
        if length.isdecimal() and int(length) > self._terms.max_bytes:
            return _too_large(self._terms.max_bytes)
        return None

    def _stranger(self, scope: Scope, headers: Headers) -> RefusedError | None:
        key = self._terms.key
        if not key:
            return None if _is_here(scope, headers) else _needs_key()
        if hmac.compare_digest(_brought(headers).encode("utf-8", "surrogateescape"), key.encode()):
            return None
        failure = Failure("The key is missing or not good.", "key_refused", "send 'Authorization: Bearer ...'", 3)
        return RefusedError(401, failure, {"WWW-Authenticate": "Bearer"})

    def _tell(self, scope: Scope, seen: _Seen, seconds: float) -> None:
        path = str(scope["path"])
        route = path if path in _ROUTES else "/videos" if path.startswith("/videos/") else "other"
        self._meters.requests.labels(route, str(seen.status)).inc()
        facts = "".join(f" {name}={value}" for name, value in scope.get("deckard", {}).items())
        LOG.info(
            "%s %s %d %.3fs in=%d out=%d%s", scope["method"], route, seen.status, seconds, seen.read, seen.sent, facts
        )


class _Seen:
    """A request's way in and its answer's way out, counted."""

    def __init__(self, scope: Scope, receive: Receive, send: Send, largest: int) -> None:
        self._receive, self._send, self._largest = receive, send, largest
        self.read = self.sent = 0
        """Bytes."""
        self.status = 0
        # Who asks first whether to send it has sent nothing yet.
        self._coming = "expect" not in Headers(scope=scope)

    async def receive(self) -> Message:
        """The next part. Raises `RefusedError` where it is too much."""
        message = await self._receive()
        self._coming = bool(message.get("more_body"))
        self.read += len(message.get("body", b""))
        if self.read > self._largest:
            raise _too_large(self._largest)
        return message

    async def send(self, message: Message) -> None:
        """Send the next part. A refusal waits until the request was read: who still sends would not hear why."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            if self.status >= 400:
                await self._drain()
        self.sent += len(message.get("body", b""))
        await self._send(message)

    async def _drain(self) -> None:
        """Read what still comes, up to as much again as it may be, and forget it."""
        left = self._largest
        with suppress(TimeoutError):
            async with asyncio.timeout(_DRAINING):
                while left > 0 and self._coming:
                    message = await self._receive()
                    self._coming = bool(message.get("more_body"))
                    left -= len(message.get("body", b""))


def _brought(headers: Headers) -> str:
    """The key that came with a request."""
    bearer = headers.get("authorization", "")
    return bearer[7:].strip() if bearer[:7].casefold() == "bearer " else headers.get("x-api-key", "")


def _is_here(scope: Scope, headers: Headers) -> bool:
    """Whether a request was sent to this machine's own address by its own name: a page in somebody's browser, or a name
    that was made to lead here, says another.
    """
    server = (scope.get("server") or ("",))[0]
    origin = headers.get("origin")
    home = origin is None or is_loopback(_host(origin))
    return is_loopback(str(server)) and is_loopback(_host(f"//{headers.get('host', '')}")) and home


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:  # http://[::1
        return ""


def _needs_key() -> RefusedError:
    return RefusedError(403, Failure("Without a key only this machine is answered.", "key_needed", f"set {KEY}", 3))


def _too_large(largest: int) -> RefusedError:
    return RefusedError(413, Failure(f"The request has more than {largest:,} bytes.", "too_large", "send less at once"))
