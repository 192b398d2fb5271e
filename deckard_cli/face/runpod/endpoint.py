"""Where an endpoint of RunPod's is asked, and where what is too large for it is put."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import urljoin, urlsplit

from deckard_cli.errors import MissingError, UsageError
from deckard_cli.remote.account import Account, address

__all__ = ["LARGEST", "UPLOAD", "Endpoint", "Storage", "account", "interval"]

HOME: Final = "https://api.runpod.ai/v2"
RUN: Final = "RUNPOD_RUN_URL"
STATUS: Final = "RUNPOD_STATUS_URL_TEMPLATE"
UPLOAD: Final = "RUNPOD_UPLOAD_URL"
FOUND: Final = "RUNPOD_DOWNLOAD_URL"
POLL: Final = "RUNPOD_POLL_INTERVAL_SECONDS"
LARGEST: Final = 10_000_000
"""Bytes of a request, and of what a job answers (RunPod's documentation of ``/run``: 10 MB)."""
_POLL: Final = 0.4
"""Seconds between two questions after a job."""
_JOB: Final = "{job_id}"
_NAME: Final = "{name}"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """The addresses of an endpoint, all at one host."""

    run: str
    """Where a job is submitted."""
    status: str
    """Where it is asked after, with ``{job_id}``."""

    @classmethod
    def of(cls) -> Endpoint:
        """What the environment says. Raises `MissingError` where it says nothing, `UsageError` for no address."""
        if os.environ.get(RUN, "").strip():
            return cls._at(address(RUN))
        name = os.environ.get("RUNPOD_ENDPOINT_ID", "").strip()
        if not name:
            raise MissingError(
                "The face 'runpod' needs RUNPOD_ENDPOINT_ID in the environment.",
                code="no_address",
                hint="export RUNPOD_ENDPOINT_ID=...",
            )
        if not re.fullmatch(r"[\w-]+", name, re.ASCII):
            raise UsageError(
                "RUNPOD_ENDPOINT_ID is no identifier of an endpoint.",
                code="bad_address",
                hint="mend RUNPOD_ENDPOINT_ID",
            )
        home = f"{address('RUNPOD_ENDPOINT_BASE_URL', HOME)}/{name}"
        return cls(f"{home}/run", f"{home}/status/{_JOB}")

    @classmethod
    def _at(cls, run: str) -> Endpoint:
        status = address(STATUS, re.sub(r"/run(sync)?$", f"/status/{_JOB}", run))
        if _JOB not in status:
            raise UsageError(
                f"{STATUS} has no {_JOB} in it.", code="bad_address", hint=f"export {STATUS}=https://.../status/{_JOB}"
            )
        if urlsplit(status)[:2] != urlsplit(run)[:2]:
            raise UsageError(
                f"{STATUS} is at another host than {RUN}: the key goes to one alone.",
                code="bad_address",
                hint=f"mend {STATUS}",
            )
        return cls(run, status)

    def status_of(self, job: str) -> str:
        """Where `job` is asked after."""
        return self.status.replace(_JOB, job)

    def cancel_of(self, job: str) -> str:
        """Where `job` is cancelled; empty where nobody knows."""
        head, found, tail = self.status.rpartition("/status/")
        return f"{head}/cancel/{tail}".replace(_JOB, job) if found else ""

    @property
    def health(self) -> str:
        """Where the endpoint tells how it is."""
        return urljoin(self.run, "health")


@dataclass(frozen=True, slots=True)
class Storage:
    """A place for what a job cannot carry: sound on the way there, a film on the way back."""

    put: str
    """Where a file is put (HTTP PUT), with ``{name}``."""
    found: str
    """Where it is found then, with ``{name}``."""

    @classmethod
    def of(cls) -> Storage | None:
        """What the environment says; None where it names no place. Raises `UsageError` for what is none."""
        if not os.environ.get(UPLOAD, "").strip():
            return None
        put = address(UPLOAD)
        found = address(FOUND, plain(put))
        for variable, place in ((UPLOAD, put), (FOUND, found)):
            if _NAME not in place:
                message = f"{variable} has no {_NAME} in it: one film would be put over the other."
                raise UsageError(message, code="bad_address", hint=f"export {variable}=https://.../{_NAME}")
        return cls(put, found)

    def to_put(self, file: str) -> str:
        """Where `file` is put."""
        return self.put.replace(_NAME, file)

    def to_find(self, url: str, file: str) -> str:
        """Where what a worker says is at `url` is found: elsewhere, where that is where it put `file`."""
        return self.found.replace(_NAME, file) if plain(url) == plain(self.to_put(file)) else url


def plain(url: str) -> str:
    """`url` without its query, which may be a signature for writing."""
    return urlsplit(url)._replace(query="", fragment="").geturl()


def account() -> Account:
    """Whose key it is. Raises `MissingError` where there is none."""
    return Account.of("runpod", "RUNPOD_API_KEY", kind="face")


def interval() -> float:
    """Seconds between two questions after a job, at most. Raises `UsageError` for what is no such number."""
    said = os.environ.get(POLL, "").strip()
    if not said:
        return _POLL
    if re.fullmatch(r"\d{1,4}(\.\d{1,9})?", said, re.ASCII) and 0.05 <= float(said) <= 60:
        return float(said)
    raise UsageError(f"{POLL} is no number of seconds from 0.05 to 60.", code="bad_setting", hint=f"export {POLL}=0.4")
