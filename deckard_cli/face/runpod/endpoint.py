"""Where an endpoint of RunPod's is asked."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import urljoin, urlsplit

from deckard_cli.errors import MissingError, UsageError
from deckard_cli.remote.account import Account, address

__all__ = ["LARGEST", "Endpoint", "account", "interval"]

HOME: Final = "https://api.runpod.ai/v2"
RUN: Final = "RUNPOD_RUN_URL"
STATUS: Final = "RUNPOD_STATUS_URL_TEMPLATE"
POLL: Final = "RUNPOD_POLL_INTERVAL_SECONDS"
LARGEST: Final = 10_000_000
"""Bytes of a request, and of what a job answers (RunPod's documentation of ``/run``: 10 MB)."""
_POLL: Final = 0.4
"""Seconds between two questions after a job."""
_JOB: Final = "{job_id}"


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
