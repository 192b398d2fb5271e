"""A server from its first request to its last: told to stop, it finishes what it began, and takes nothing new."""

from __future__ import annotations

import asyncio
import logging
import socket
import sys
from collections.abc import Callable
from types import FrameType
from typing import Final

import uvicorn

from deckard_cli.errors import DeckardError, MissingError
from deckard_cli.serve.gate import LOG
from deckard_cli.serve.lipsync import House, build
from deckard_cli.serve.read import drawing
from deckard_cli.serve.terms import Terms

__all__ = ["run"]

_TIMES: Final = 2
"""So often it may be told to stop before it drops everything."""


def run(terms: Terms, host: str, port: int, *, told: Callable[[str], None] | None) -> None:
    """Serve until SIGINT or SIGTERM; `told` is given sentences for people, and the log goes to stderr where it is.

    Raises `UsageError` for a face that nobody has, `DeckardError` where nothing can listen at `host` and `port`.
    """
    lacking = ""
    try:
        drawing(terms.backend)
    except MissingError as error:
        lacking = f" {error.message} Until then each request is answered so."
    listening = _bound(host, port)
    if told:
        _log()
        place = f"[{host}]" if ":" in host else host
        told(f"Listening at http://{place}:{listening.getsockname()[1]}.{lacking}")
    config = uvicorn.Config(
        build(terms), log_config=None, log_level="warning", access_log=False, server_header=False, lifespan="on"
    )
    _Server(config).run(sockets=[listening])


class _Server(uvicorn.Server):
    """Told to stop once, it closes its door and answers what is inside; told twice, it gives that up."""

    told = 0

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """What uvicorn does on a signal."""
        house: House | None = getattr(getattr(self.config.app, "state", None), "house", None)
        self.told += 1
        if house is None or self.told > _TIMES:
            self.should_exit = self.force_exit = True
        elif self.told == 1:
            house.crew.closed = True
            self._leaving = asyncio.get_running_loop().create_task(self._leave(house))
        else:
            house.crew.stop()

    async def _leave(self, house: House) -> None:
        await house.crew.finished()
        self.should_exit = True


def _bound(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    made = socket.socket(family, socket.SOCK_STREAM)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        made.bind((host, port))
        made.listen(2048)
    except OSError as error:
        made.close()
        raise DeckardError(
            f"Nothing can listen at {host}, port {port}: {error.strerror or error}.",
            code="not_listening",
            hint="--port 0",
        ) from error
    return made


def _log() -> None:
    """One line for each request, on stderr."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(asctime)s %(message)s"))
    LOG.addHandler(handler)
    LOG.setLevel(logging.INFO)
    LOG.propagate = False
