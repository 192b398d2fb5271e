"""What the server answers where it makes no film: a status, and the error as the command would tell it.

status  what it means                                                  code
400     the request cannot be read                                     bad_request
401     the key is missing or not good                                 key_refused
403     only this machine is answered without a key                    key_needed
404     there is no such page, or a film that is no longer kept        not_found
405     not so                                                         not_allowed
408     the request did not come                                       too_slow
413     the request is too large                                       too_large
415     neither JSON nor a form                                        bad_type
422     what is asked for cannot be meant, or cannot be used           that of the sentence
429     too many wait; Retry-After says for how long                   busy
503     nothing draws here, or not any more                            that of the sentence
504     it would take too long                                         too_slow
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from starlette.responses import JSONResponse

from deckard_cli.batch.engine import DIED, Failure
from deckard_cli.errors import DeckardError, MissingError, UsageError
from deckard_cli.serve.order import STOPPED

__all__ = ["RefusedError", "answer", "busy", "leaving", "of", "slow", "unreadable"]

_OURS: Final = frozenset({"system", "disk_full", "not_written", "not_writable", "no_folder", DIED, STOPPED})
"""What went wrong here, and not in the request."""
_FINAL: Final = {"x-should-retry": "false"}
"""To be sent with what will not pass by itself."""


class RefusedError(Exception):
    """A request that gets no film."""

    def __init__(self, status: int, failure: Failure, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(failure.message)
        self.status, self.failure, self.headers = status, failure, dict(headers or {})


def answer(refusal: RefusedError) -> JSONResponse:
    """`refusal` as JSON."""
    failure = refusal.failure
    error = {"code": failure.code, "message": failure.message, "hint": failure.hint}
    return JSONResponse({"error": error}, refusal.status, refusal.headers)


def of(failure: Failure | DeckardError) -> RefusedError:
    """What a film that was not made is answered with."""
    failure = Failure.of(failure) if isinstance(failure, DeckardError) else failure
    if failure.code == "bug":
        return RefusedError(500, failure)
    if failure.exit_code == MissingError.exit_code:
        return RefusedError(503, failure, _FINAL)
    if failure.code in _OURS or failure.retryable:
        return RefusedError(503, failure, {"Retry-After": "5"})
    return RefusedError(422, failure)


def unreadable(message: str, code: str = "bad_request", status: int = 400, hint: str = "see /docs") -> RefusedError:
    """A request that cannot be read."""
    return RefusedError(status, Failure(message, code, hint, UsageError.exit_code))


def busy(delay: int) -> RefusedError:
    """Too many wait already; in so many seconds they will not."""
    failure = Failure("Too many requests wait already.", "busy", f"try again in {delay} s")
    return RefusedError(429, failure, {"Retry-After": str(delay)})


def leaving() -> RefusedError:
    """The server finishes what it began, and nothing else."""
    failure = Failure("The server is stopping.", "stopping", "try again in a minute")
    return RefusedError(503, failure, {"Retry-After": "30", "Connection": "close"})


def slow(seconds: float) -> RefusedError:
    """A film that was not there in time."""
    failure = Failure(f"The film was not made in {seconds:g} seconds.", "too_slow", "send less sound at once")
    return RefusedError(504, failure, _FINAL)
