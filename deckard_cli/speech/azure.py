"""Azure AI Speech, by its REST interface: one SSML document (W3C, 1.1) a sentence.

Its times of words come over WebSocket alone, so they are found in the sound.
"""

from __future__ import annotations

import os
import re
from collections.abc import Generator, Iterator
from typing import Final
from xml.sax.saxutils import escape, quoteattr

import httpx

from deckard_cli.errors import MissingError
from deckard_cli.remote.account import Account, address
from deckard_cli.remote.health import Probe
from deckard_cli.remote.post import client, post
from deckard_cli.remote.retry import SYSTEM
from deckard_cli.script import Line
from deckard_cli.speech import Speech
from deckard_cli.speech.ahead import ahead
from deckard_cli.speech.hosted import RATE, Piece, pieces, said, samples_of

__all__ = ["Azure", "ssml"]

_PITCHES: Final = (0.5, 1.5)
"""Times its own pitch that a voice can have."""
_HEADERS: Final = {
    "Content-Type": "application/ssml+xml",
    "X-Microsoft-OutputFormat": f"raw-{RATE // 1000}khz-16bit-mono-pcm",
    "User-Agent": "deckard",
}


class Azure:
    """A `Voice` of Azure's, in ``AZURE_SPEECH_REGION`` or at ``AZURE_SPEECH_ENDPOINT``."""

    def __init__(self, *, voice: str = "en-US-AvaMultilingualNeural", style: str = "", timeout: float = 60.0) -> None:
        """The full name of a voice, one of its styles of speaking, and the seconds that a sentence may take.

        Raises `MissingError` where ``AZURE_SPEECH_KEY`` or the region is not set.
        """
        self._account = Account.of("azure", "AZURE_SPEECH_KEY")
        self._address = f"{_endpoint()}/cognitiveservices/v1"
        self._voice, self._style, self._timeout = voice, style, timeout
        self.clock = SYSTEM

    @staticmethod
    def probe() -> Probe:
        """Where the service tells its voices. Raises `MissingError` where the key or the region is not set."""
        account = Account.of("azure", "AZURE_SPEECH_KEY")
        home = f"{_endpoint()}/cognitiveservices/voices/list"
        return Probe(account, home, {"Ocp-Apim-Subscription-Key": account.key})

    def speak(self, line: Line) -> Iterator[Speech]:
        """Say `line`, one `Speech` a sentence.

        Raises `UsageError` for a text or a speed that cannot be had, `MissingError` for a key that is refused and
        `BackendError` where the service fails.
        """
        todo = pieces(line)
        pitch = min(max(line.pitch, _PITCHES[0]), _PITCHES[1])
        notes = () if pitch == line.pitch else (f"The voice 'azure' goes no further than {pitch:g} times its pitch.",)

        def speeches() -> Generator[Speech, None, None]:
            with client({**_HEADERS, "Ocp-Apim-Subscription-Key": self._account.key}, self._timeout) as http:
                yield from said(
                    line, todo, lambda piece: self._sound(http, piece, pitch, notes), self._account, self.clock
                )

        return ahead(speeches())

    def _sound(self, http: httpx.Client, piece: Piece, pitch: float, notes: tuple[str, ...]) -> Speech:
        document = ssml(piece.text, self._voice, style=self._style, pitch=pitch)
        request = http.build_request("POST", self._address, content=document.encode())
        answer = post(http, request, self._account, self.clock, seconds=self._timeout)
        self._account.expect_sound(answer.headers.get("content-type", ""))
        return Speech(samples_of(answer.content, self._account), RATE, notes=notes)


def _endpoint() -> str:
    """Where Azure is. Raises `MissingError` for a region that is not set, or could be more than a part of a name."""
    if os.environ.get("AZURE_SPEECH_ENDPOINT", "").strip():
        return address("AZURE_SPEECH_ENDPOINT")
    region = os.environ.get("AZURE_SPEECH_REGION", "").strip()
    if not re.fullmatch(r"[a-z0-9]{1,40}", region):
        raise MissingError(
            f"The voice 'azure' needs AZURE_SPEECH_REGION in the environment{f', not {region!r}' if region else ''}.",
            code="no_region",
            hint="export AZURE_SPEECH_REGION=westeurope",
        )
    return f"https://{region}.tts.speech.microsoft.com"


def ssml(text: str, voice: str, *, style: str = "", pitch: float = 1.0) -> str:
    """The document that has `voice`, such as ``en-US-AvaMultilingualNeural``, say `text` at `pitch` times its own."""
    said = escape(text)
    if pitch != 1:
        said = f'<prosody pitch="{100 * (pitch - 1):+.0f}%">{said}</prosody>'
    if style:
        said = f"<mstts:express-as style={quoteattr(style)}>{said}</mstts:express-as>"
    locale = "-".join(voice.split("-")[:2])
    return (
        '<speak version="1.1" xmlns="http://www.w3.org/2001/10/synthesis" xmlns:mstts="https://www.w3.org/2001/mstts"'
        f" xml:lang={quoteattr(locale)}><voice name={quoteattr(voice)}>{said}</voice></speak>"
    )
