"""What a server of films does, and how much of it: flags before the environment, the environment before the default."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from typing import Annotated, Final

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from deckard_cli.batch.pool import cores
from deckard_cli.cache import size_in_bytes
from deckard_cli.errors import UsageError

__all__ = ["KEY", "Terms", "terms"]

KEY: Final = "INTERNAL_API_KEY"
"""The variable with the key that has to come with each request; without one only this machine is answered."""


def _bytes(said: object) -> object:
    try:
        return size_in_bytes(said) if isinstance(said, str) else said
    except UsageError:
        raise ValueError("a size is '64 MB', or a number of bytes") from None


Size = Annotated[int, BeforeValidator(_bytes)]


class Terms(BaseModel):
    """Each is a flag of `deckard serve lipsync` (``--queue``) and a variable (``LIPSYNC_SERVER_QUEUE``)."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    backend: str = "rig"
    """The face that draws unless a request names another; ``noop`` for none."""
    workers: int = Field(default_factory=lambda: max(1, cores() // 2), ge=1, le=256)
    """Processes that draw, one film at a time each; one for each of `devices` where there are such."""
    devices: str = Field(default="", pattern=r"[\w,:-]*")
    """GPUs, as CUDA names them (``0,1``): each is seen by a worker of its own."""
    queue: int = Field(default=16, ge=0, le=10_000)
    """Requests that may wait for a worker."""
    timeout: float = Field(default=300, gt=0, le=86_400)
    """Seconds that a film may take."""
    max_seconds: float = Field(default=300, gt=0, le=86_400)
    """Seconds of sound."""
    max_bytes: Size = Field(default=64_000_000, ge=1000)
    """Bytes of a request."""
    max_pixels: int = Field(default=40_000_000, ge=256)
    """Pixels of a picture."""
    keep_seconds: float = Field(default=900, ge=0, le=604_800)
    """Seconds for which a film can be fetched, where its address was asked for."""
    allow_urls: bool = False
    """Whether sound and pictures are fetched from public addresses that a request names."""
    allow_noncommercial: bool = False
    """Whether what is licensed for other than commercial use alone is used; the film says so."""
    key: str = Field(default="", repr=False)
    """The key; empty where there is none."""

    @property
    def places(self) -> tuple[str, ...]:
        """The device of each worker; empty for one that has none."""
        return tuple(filter(None, self.devices.split(","))) or ("",) * self.workers


def terms(flags: Mapping[str, object] | None = None) -> Terms:
    """What holds. `flags` are those that were typed; None stands for one that was not.

    Raises `UsageError` for a value that cannot be meant, naming who set it.
    """
    said: dict[str, tuple[str, object]] = {}
    for name in Terms.model_fields:
        variable = _variable(name)
        if value := os.environ.get(variable, "").strip():
            said[name] = variable, value
        if (flags or {}).get(name) is not None:
            said[name] = f"--{name.replace('_', '-')}", (flags or {})[name]
    if not re.fullmatch(r"[!-~]*", str(said.get("key", ("", ""))[1])):
        raise UsageError(f"{KEY} holds characters that no key has.", code="bad_key", hint=f"export {KEY}=...")
    try:
        return Terms.model_validate({name: value for name, (_, value) in said.items()})
    except ValidationError as error:
        wrong = error.errors(include_input=False, include_url=False)[0]
        source = said[str(wrong["loc"][0])][0]
        raise UsageError(f"{source}: {wrong['msg']}.", code="bad_setting", hint=f"change {source}") from None


def _variable(name: str) -> str:
    shared = {"key": KEY, "allow_urls": "LIPSYNC_ALLOW_URLS"}
    return shared.get(name, f"LIPSYNC_SERVER_{name.upper()}")
