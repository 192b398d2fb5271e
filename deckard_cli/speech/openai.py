"""OpenAI's speech endpoint, and every server that speaks its protocol."""

from __future__ import annotations

import os
from collections.abc import Generator, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import ClassVar, Final, Literal

import httpx2
import openai
from openai import DefaultHttpxClient, OpenAI

from deckard_cli.errors import MissingError, unknown
from deckard_cli.remote.account import Account, address, received
from deckard_cli.remote.health import Probe
from deckard_cli.remote.retry import SYSTEM, Clock
from deckard_cli.script import Line
from deckard_cli.speech import Speech
from deckard_cli.speech.ahead import ahead
from deckard_cli.speech.hosted import RATE, Piece, decoded, pieces, said, samples_of

__all__ = ["FORMS", "MODELS", "CompatibleVoice", "Model", "OpenAIVoice", "notice", "usual"]

Form = Literal["pcm", "wav", "mp3", "flac", "opus", "aac"]
FORMS: Final[tuple[Form, ...]] = ("pcm", "wav", "mp3", "flac", "opus", "aac")
"""What sound may arrive as. ``pcm`` is 16-bit mono at `RATE`; the others say themselves what they are."""
_CONNECTING: Final = 10.0
"""Seconds until a server answers the telephone."""


@dataclass(frozen=True, slots=True)
class Model:
    """A model of OpenAI's, and how long it will be there."""

    name: str
    end: date
    """The day of its announced shutdown."""
    cost: float
    """US dollars for a million characters; of a model that is paid by the minute, at 1000 characters a minute."""


MODELS: Final = (
    Model("gpt-4o-mini-tts", date(2027, 1, 6), 15.0),
    Model("tts-1", date(2027, 1, 6), 15.0),
    Model("tts-1-hd", date(2027, 1, 6), 30.0),
)
"""Those that are known, the one to be used first. Shutdown dates as openai-python 3.54 tells them in its types."""


def usual(today: date) -> str:
    """The model that is used where none is named. Raises `MissingError` after the last one's end."""
    for model in MODELS:
        if today < model.end:
            return model.name
    raise MissingError(
        "Every speech model of OpenAI's that Deckard knows has been shut down.",
        code="no_model",
        hint="name one in deckard.toml: [voices.openai] model = ...",
    )


def notice(name: str, today: date) -> tuple[str, ...]:
    """What a person should know of the end of a model that is near."""
    ends = {model.name: model.end for model in MODELS}
    if name not in ends or ends[name] - today > timedelta(days=60):
        return ()
    return (f"OpenAI has announced to shut down the model '{name}' on {ends[name]}.",)


class OpenAIVoice:
    """A `Voice` of OpenAI's. ``OPENAI_BASE_URL`` is another address of the same service."""

    models: ClassVar = MODELS

    def __init__(self, *, model: str = "", voice: str = "coral", instructions: str = "", timeout: float = 60.0) -> None:
        """A model (empty: `usual`), one of its voices, how to speak in words, and the seconds a sentence may take.

        Raises `MissingError` where ``OPENAI_API_KEY`` is not set.
        """
        self._account = Account.of("openai", "OPENAI_API_KEY")
        self._address = address("OPENAI_BASE_URL", "https://api.openai.com/v1")
        self._asked = _Asked(model or usual(date.today()), voice, instructions, "pcm", timeout)
        self.clock = SYSTEM

    @staticmethod
    def probe() -> Probe:
        """Where the service tells its models. Raises `MissingError` where no key is set."""
        account = Account.of("openai", "OPENAI_API_KEY")
        home = address("OPENAI_BASE_URL", "https://api.openai.com/v1")
        return Probe(account, f"{home}/models", {"Authorization": f"Bearer {account.key}"})

    def speak(self, line: Line) -> Iterator[Speech]:
        """Say `line`, one `Speech` a sentence.

        Raises `UsageError` for a text or a speed that cannot be had, `MissingError` for a key that is refused and
        `BackendError` where the service fails.
        """
        notes = (*notice(self._asked.model, date.today()), *_unpitched(line, "openai"))
        return _spoken(line, self._account, self._address, replace(self._asked, notes=notes), self.clock)


class CompatibleVoice:
    """A `Voice` of any server that speaks the same protocol, at ``OPENAI_COMPATIBLE_BASE_URL``.

    ``OPENAI_COMPATIBLE_API_KEY`` is its key, if it wants one, and ``OPENAI_COMPATIBLE_MODEL`` its model unless told.
    """

    def __init__(
        self,
        *,
        model: str = "",
        voice: str = "alloy",
        instructions: str = "",
        format: str = "wav",
        timeout: float = 60.0,
    ) -> None:
        """A model, one of its voices, how to speak in words, one of `FORMS`, and the seconds a sentence may take.

        Raises `MissingError` where no address or no model is named, and `UsageError` for another form.
        """
        self._account = Account.of("openai-compatible", "OPENAI_COMPATIBLE_API_KEY", needed=False)
        _needed("OPENAI_COMPATIBLE_BASE_URL", "http://localhost:8880/v1")
        self._address = address("OPENAI_COMPATIBLE_BASE_URL")
        form = next((each for each in FORMS if each == format), None)
        if form is None:
            raise unknown("form of sound", format, FORMS)
        self._asked = _Asked(model or _needed("OPENAI_COMPATIBLE_MODEL", "..."), voice, instructions, form, timeout)
        self.clock = SYSTEM

    @staticmethod
    def probe() -> Probe:
        """As `OpenAIVoice.probe`."""
        account = Account.of("openai-compatible", "OPENAI_COMPATIBLE_API_KEY", needed=False)
        _needed("OPENAI_COMPATIBLE_BASE_URL", "http://localhost:8880/v1")
        headers = {"Authorization": f"Bearer {account.key}"} if account.key else {}
        return Probe(account, f"{address('OPENAI_COMPATIBLE_BASE_URL')}/models", headers)

    def speak(self, line: Line) -> Iterator[Speech]:
        """As `OpenAIVoice.speak`."""
        notes = _unpitched(line, "openai-compatible")
        return _spoken(line, self._account, self._address, replace(self._asked, notes=notes), self.clock)


def _needed(variable: str, example: str) -> str:
    value = os.environ.get(variable, "").strip()
    if not value:
        raise MissingError(
            f"The voice 'openai-compatible' needs {variable} in the environment.",
            code="no_address" if variable.endswith("URL") else "no_model",
            hint=f"export {variable}={example}",
        )
    return value


def _unpitched(line: Line, voice: str) -> tuple[str, ...]:
    return () if line.pitch == 1 else (f"The voice '{voice}' has one pitch, its own.",)


@dataclass(frozen=True, slots=True)
class _Asked:
    """What is asked for in every request."""

    model: str
    voice: str
    instructions: str
    form: Form
    timeout: float
    notes: tuple[str, ...] = ()


def _spoken(line: Line, account: Account, address: str, asked: _Asked, clock: Clock) -> Iterator[Speech]:
    todo = pieces(line)

    def speeches() -> Generator[Speech, None, None]:
        # Redirects are not followed: what is asked with a key is asked of one address alone.
        transport = DefaultHttpxClient(
            follow_redirects=False, timeout=httpx2.Timeout(asked.timeout, connect=_CONNECTING)
        )
        # Tried again by ourselves, a sentence at a time: the library would not when sound breaks off in the middle.
        with OpenAI(api_key=account.key or "none", base_url=address, max_retries=0, http_client=transport) as client:
            yield from said(line, todo, lambda piece: _sound(client, account, asked, piece, clock), account, clock)

    return ahead(speeches())


def _sound(client: OpenAI, account: Account, asked: _Asked, piece: Piece, clock: Clock) -> Speech:
    """One request. Raises `TransientError` where it may pass, else a `DeckardError`."""
    try:
        with client.audio.speech.with_streaming_response.create(
            model=asked.model,
            voice=asked.voice,
            input=piece.text,
            instructions=asked.instructions or openai.omit,
            response_format=asked.form,
        ) as response:
            account.expect_sound(response.headers.get("content-type", ""))
            data = received(response.iter_bytes(), account, clock, seconds=asked.timeout)
    except openai.APIStatusError as error:
        # Without its cause: what the library says of it repeats the answer, and with it the key.
        raise account.refused(error.status_code, error.response.headers, error.response.content) from None
    except (openai.APIError, httpx2.HTTPError) as error:
        raise account.unreachable(error) from None
    samples = samples_of(data, account) if asked.form == "pcm" else decoded(data, account)
    return Speech(samples, RATE, notes=asked.notes)
