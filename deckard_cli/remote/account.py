"""Who is asked for speech or a film, with whose key; and what can go wrong there, told without ever telling the key.

status              what it means                                   raised
401                 the key is not good                             MissingError      key_refused
402, spent quota    the account has no credit                       BackendError      no_credit
403                 the key may not do this                         BackendError      forbidden
404                 no such voice, model or address                 BackendError      not_found
408, 409, 429, 5xx  busy or broken; may pass, unless the header     TransientError    busy
                    ``x-should-retry: false`` says that it does not
3xx                 it is somewhere else; keys are not sent on      BackendError      moved
other               it does not take this request                   BackendError      refused
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final, Literal
from urllib.parse import urlsplit

from deckard_cli.errors import BackendError, DeckardError, MissingError, UsageError
from deckard_cli.remote.retry import Clock, TransientError

__all__ = ["Account", "address", "received"]

_LARGEST: Final = 32 * 2**20
"""Bytes of an answer: ten minutes of sound, of a sentence of 300 letters."""
_SPENT: Final = ("insufficient_quota", "quota_exceeded", "insufficient_credits", "out of credit")
"""What services call an account without credit, under whichever status."""
_PASSING: Final = frozenset({408, 409, 425, 429, *range(500, 600)})
_SHOWN: Final = 200
"""Characters of what a server says of itself that are shown."""


@dataclass(frozen=True, slots=True)
class Account:
    """The name of a voice or a face, and the key it is asked with."""

    name: str
    """What a person types."""
    variable: str
    """The environment variable that holds the key."""
    key: str = field(default="", repr=False)
    """The key itself; empty where none is needed."""
    kind: Literal["voice", "face"] = "voice"
    """What `name` names."""

    @classmethod
    def of(cls, name: str, variable: str, *, needed: bool = True, kind: Literal["voice", "face"] = "voice") -> Account:
        """The account of the key in `variable`. Raises `MissingError` where it is not set, or is no key."""
        key = os.environ.get(variable, "").strip()
        if needed and not key:
            raise MissingError(
                f"The {kind} '{name}' needs {variable} in the environment.",
                code="no_key",
                hint=f"export {variable}=...",
            )
        if not re.fullmatch(r"[!-~]*", key):  # the HTTP library's own complaint would show it
            raise MissingError(
                f"{variable} holds characters that no key has.", code="bad_key", hint=f"export {variable}=..."
            )
        return cls(name, variable, key, kind)

    @property
    def who(self) -> str:
        """How a sentence about it begins."""
        return f"The {self.kind} '{self.name}'"

    @property
    def elsewhere(self) -> str:
        """What to try where it fails."""
        return f"try again later, or another {self.kind}: --{self.kind} {'espeak' if self.kind == 'voice' else 'rig'}"

    def refused(self, status: int, headers: Mapping[str, str], body: bytes) -> Exception:
        """What an answer of `status`, which is no success, means: an `TransientError` or a `DeckardError`."""
        said = self.said(body)
        where = self.who
        if status == 402 or any(word in body[:4096].decode("utf-8", "replace").casefold() for word in _SPENT):
            return self.failure(f"{where} has no credit left{said}.", "no_credit", "top up the account")
        match status:
            case 401:
                hint = f"set {self.variable} to a key that is good"
                return MissingError(f"{where} refused the key in {self.variable}{said}.", code="key_refused", hint=hint)
            case 403:
                hint = f"allow it for the key in {self.variable}"
                return self.failure(f"{where} forbids this to the key{said}.", "forbidden", hint)
            case 404:
                hint = f"deckard voice show {self.name}" if self.kind == "voice" else "deckard preflight --check-http"
                what = f"{self.kind}, model or address"
                return self.failure(f"{where} found no such {what}{said}.", "not_found", hint)
        if status in _PASSING and headers.get("x-should-retry") != "false":
            error = self.failure(f"{where} is busy or broken: status {status}{said}.", "busy", self.elsewhere)
            return TransientError(error, _wait(headers))
        if 300 <= status < 400:
            return self.failure(f"{where} sends to another address, where no key goes.", "moved", "mend its base URL")
        return self.failure(f"{where} refused: status {status}{said}.", "refused", self.elsewhere)

    def unreachable(self, error: Exception, *, there: bool = False) -> TransientError:
        """What a connection that failed, broke off or took too long means; `there`: somebody did take it."""
        reason = self.hushed(str(error.__cause__ or error)) or type(error).__name__
        failure = self.failure(f"{self.who} cannot be reached: {reason}.", "unreachable", self.elsewhere)
        return TransientError(failure, told=there)

    def nonsense(self, what: str) -> TransientError:
        """What an answer that is not what was asked for means."""
        failure = self.failure(f"{self.who} answered with {what}.", "bad_answer", self.elsewhere)
        return TransientError(failure, told=False)

    def failure(self, message: str, code: str, hint: str) -> DeckardError:
        """A `BackendError` of this voice or face."""
        return BackendError(message, code=code, hint=hint)

    def expect_sound(self, kind: str) -> None:
        """Raise `TransientError` where `kind`, a media type, is not sound: an error page, most often."""
        name = kind.partition(";")[0].strip().casefold()
        if name.startswith("text/") or name.endswith(("json", "xml")):
            raise self.nonsense(f"{self.hushed(name)} in place of sound")

    def hushed(self, text: str) -> str:
        """`text` on one line of printable characters, without the key: servers repeat what they were sent."""
        if self.key:
            text = text.replace(self.key, "***")
        # Some show the head and the tail of a key.
        text = re.sub(r"\b(?:sk|xi|key)[-_][\w*.-]{6,}", "***", text)
        plain = " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())
        return plain.rstrip(".") if len(plain) <= _SHOWN else plain[:_SHOWN].rstrip(".") + " ..."

    def said(self, body: bytes) -> str:
        """What the server says of it in an answer of one of the usual shapes, after a colon; else nothing."""
        try:
            found = json.loads(body)
        except (ValueError, RecursionError):
            return ""
        for name in ("error", "detail", "message", "msg"):
            found = found[0] if isinstance(found, list) and found else found
            found = found.get(name, found) if isinstance(found, dict) else found
        return f": {said}" if isinstance(found, str) and (said := self.hushed(found)) else ""


def address(variable: str, usual: str = "") -> str:
    """Where to ask: what `variable` says, else `usual`, without a slash at its end.

    From the environment alone: a persona is somebody else's file, and must not say where a key is sent.
    Raises `UsageError` for what is no address of the web.
    """
    named = os.environ.get(variable, "").strip() or usual
    try:
        parts = urlsplit(named)
        good = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        good = False
    if not good or not re.fullmatch(r"[!-~]+", named):
        raise UsageError(f"{variable} is no address.", code="bad_address", hint=f"export {variable}=https://...")
    return named.rstrip("/")


def received(chunks: Iterable[bytes], account: Account, clock: Clock, *, seconds: float) -> bytes:
    """All of `chunks`. Raises `TransientError` after `seconds`, and `BackendError` where they do not end."""
    whole = bytearray()
    for chunk in _in_time(chunks, account, clock, seconds):
        whole += chunk
        if len(whole) > _LARGEST:
            raise account.failure(
                f"{account.who} sent more than {_LARGEST >> 20} MB for one sentence.",
                "too_much",
                account.elsewhere,
            )
    return bytes(whole)


def _in_time(chunks: Iterable[bytes], account: Account, clock: Clock, seconds: float) -> Iterator[bytes]:
    end = clock.now() + seconds
    for chunk in chunks:
        yield chunk
        if clock.now() > end:
            raise account.unreachable(TimeoutError(f"a sentence took longer than {seconds:g} seconds"))


def _wait(headers: Mapping[str, str]) -> float | None:
    """Seconds that a server wants to be left alone (RFC 9110, 10.2.3): a number or a date."""
    asked = headers.get("retry-after", "")
    if re.fullmatch(r"\d{1,9}(\.\d{1,9})?", asked):
        return float(asked)
    try:
        return max((parsedate_to_datetime(asked) - datetime.now(UTC)).total_seconds(), 0.0)
    except (ValueError, TypeError):  # TypeError: a date without a zone
        return None
