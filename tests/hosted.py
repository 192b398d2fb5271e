"""Hosted voices, made to speak with a server on this machine, without waiting between attempts."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from speech_server import SpeechServer

from deckard_cli.remote.retry import Clock
from deckard_cli.speech.azure import Azure
from deckard_cli.speech.elevenlabs import ElevenLabs
from deckard_cli.speech.openai import CompatibleVoice, OpenAIVoice

KEY = "sk-proj-ThisIsNobodysKey0123456789"
HOSTED: dict[str, Callable[..., Any]] = {
    "openai": OpenAIVoice,
    "openai-compatible": CompatibleVoice,
    "elevenlabs": ElevenLabs,
    "azure": Azure,
}


@dataclass
class Waits:
    """A clock whose waits take no time and are remembered."""

    waits: list[float] = field(default_factory=list)

    def clock(self) -> Clock:
        return Clock(time.monotonic, self.waits.append, lambda: 1.0)


def point_at(double: SpeechServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have every hosted voice ask `double`, with a key."""
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    for name in ("OPENAI_API_KEY", "OPENAI_COMPATIBLE_API_KEY", "ELEVENLABS_API_KEY", "AZURE_SPEECH_KEY"):
        monkeypatch.setenv(name, KEY)
    monkeypatch.setenv("OPENAI_BASE_URL", f"{double.url}/v1")
    monkeypatch.setenv("OPENAI_COMPATIBLE_BASE_URL", f"{double.url}/v1")
    monkeypatch.setenv("OPENAI_COMPATIBLE_MODEL", "tiny")
    monkeypatch.setenv("ELEVENLABS_BASE_URL", double.url)
    monkeypatch.setenv("AZURE_SPEECH_ENDPOINT", double.url)


def made(name: str, waits: Waits | None = None, **options: object) -> Any:
    """The hosted voice called `name`."""
    voice = HOSTED[name](**options)
    voice.clock = (waits or Waits()).clock()
    return voice
