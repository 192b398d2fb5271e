"""What is said in a recording, where nobody wrote it down: a recogniser is asked.

    DECKARD_TRANSCRIBE_URL     a server that speaks OpenAI's protocol: ``http://localhost:8000/v1``
    DECKARD_TRANSCRIBE_KEY     its key, if it wants one
    DECKARD_TRANSCRIBE_MODEL   its model; or, without an address, the folder of a model for faster-whisper

Without any of them ``OPENAI_API_KEY`` is a key for OpenAI's own server.
"""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable
from typing import Final

from deckard_cli.errors import MissingError
from deckard_cli.speech import Speech

__all__ = ["transcribed"]

_SERVER: Final = ("deckard_cli.speech.transcribe.server", "openai", "deckard-cli[openai]")
_LOCAL: Final = ("deckard_cli.speech.transcribe.local", "faster_whisper", "deckard-cli[whisper]")


def transcribed(speech: Speech, lang: str | None) -> Speech:
    """`speech` with what is said in it, and with the times of its words where the recogniser tells them.

    `lang` is the language, where that is known. Raises `MissingError` where there is no recogniser, and `BackendError`
    where it fails or hears no words.
    """
    ask = _recogniser()
    return ask(speech, lang)


def _recogniser() -> Callable[[Speech, str | None], Speech]:
    address, model = (os.environ.get(f"DECKARD_TRANSCRIBE_{name}") for name in ("URL", "MODEL"))
    if not address and model:
        return _loaded(*_LOCAL)
    if address or os.environ.get("OPENAI_API_KEY"):
        return _loaded(*_SERVER)
    raise MissingError(
        "There is nobody to ask what is said in the recording.",
        code="no_recogniser",
        hint="export DECKARD_TRANSCRIBE_URL=http://localhost:8000/v1, or OPENAI_API_KEY=..., or give the text: --text",
    )


def _loaded(module: str, library: str, package: str) -> Callable[[Speech, str | None], Speech]:
    try:
        found: Callable[[Speech, str | None], Speech] = importlib.import_module(module).transcribed
    except ModuleNotFoundError as error:
        if error.name != library:
            raise
        raise MissingError(
            f"This recogniser needs {library}, which is not installed.",
            code="not_installed",
            hint=f"uv pip install '{package}'",
        ) from error
    return found
