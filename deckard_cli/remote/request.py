"""What a face on another machine is asked, and what it may answer: one request for the faces `direct` and `runpod`, the
server `deckard serve lipsync` and the worker `deckard worker`.
"""

from __future__ import annotations

import base64
import binascii
import io
import json
import re
import wave
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Final, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

__all__ = ["Answer", "FilmRequest", "answer_in", "answer_of", "chunks", "decoded", "encoded", "is_film", "wav"]

Side = Annotated[int, Field(ge=16, le=4096)]
Seconds = Annotated[float, Field(ge=0, le=86_400)]
Timed = tuple[str, Seconds, Seconds]
"""What is said, and from when to when: seconds from the start of the sound."""
Times = Annotated[tuple[Timed, ...], Field(max_length=200_000)]
"""No more than a text may have letters."""
Name = Annotated[str, Field(max_length=200)]


class FilmRequest(BaseModel):
    """The request for a film, as JSON. It only ever grows: a field that a server does not know is passed over."""

    model_config = ConfigDict(extra="ignore", frozen=True, allow_inf_nan=False, use_attribute_docstrings=True)

    version: Literal[1] = 1
    audio: str = Field(min_length=1)
    """What is said: a WAV file, 16 bits, one channel, in base64 or as a data URL."""
    image: str | None = None
    """Who says it: a PNG or JPEG file, in base64 or as a data URL. Needed where the server has not the persona."""
    image_is: Literal["photograph", "drawing"] = "photograph"
    """What the image is: one is moved as the other, but the film says which of them it shows."""
    persona: Name = ""
    """The persona's key, such as ``joi``."""
    persona_content: Name = ""
    """`Portrait.content` of the persona: a server takes its own of that name only where this is the same, or empty."""
    fps: int = Field(default=25, ge=1, le=120)
    """Frames a second."""
    size: tuple[Side, Side] = (512, 512)
    """Width and height in pixels."""
    face: Name | None = None
    """The server's face that draws; None for the one that it is set to."""
    text: str = ""
    """The words that are said; empty where nobody knows them."""
    lang: Name = "en-us"
    """The language of `text`."""
    words: Times = ()
    """Each word of `text` with its times; empty where nobody knows them."""
    phones: Times = ()
    """Each speech sound, as IPA without stress, with its times; empty where nobody knows them. A server that knows them
    need not look for them in the sound, where they are found less exactly."""
    upload_url: str | None = None
    """Where the film is put (HTTP PUT) in place of being sent back."""
    response: Literal["video", "json", "url"] = "video"
    """The film's own bytes, JSON with the film in base64, or JSON with an address (or data URL) to fetch it from."""


@dataclass(frozen=True, slots=True)
class Answer:
    """Where the film is, that a server answers with: one of the two is empty."""

    film: bytes = b""
    """The film itself."""
    url: str = ""
    """An address to fetch it from, as the server wrote it: ``http(s)://...``, or relative to what was asked."""


def wav(samples: NDArray[np.float32], rate: int) -> bytes:
    """A WAV file, 16 bits, one channel. `samples` has shape (n,), -1..1, `rate` of them a second."""
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setnchannels(1)
        writer.setsampwidth(2)
        writer.setframerate(rate)
        writer.writeframes((np.clip(samples, -1, 1) * 32767).round().astype("<i2").tobytes())
    return file.getvalue()


def encoded(data: bytes) -> str:
    """`data` in base64."""
    return base64.b64encode(data).decode("ascii")


_DATA_URL: Final = re.compile(r"data:[^,]{0,200},", re.IGNORECASE)


def decoded(text: str) -> bytes:
    """What a data URL (RFC 2397) in base64, or plain base64, stands for. Raises `ValueError` for what is neither."""
    head = _DATA_URL.match(text)
    if head and ";base64" not in head[0].casefold():
        raise ValueError("a data URL that is not base64")
    plain = "".join(text[head.end() if head else 0 :].split()).translate(_URL_SAFE)
    try:
        return base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True)
    except (binascii.Error, ValueError) as error:
        raise ValueError("no base64") from error


_URL_SAFE: Final = str.maketrans("-_", "+/")


def is_film(data: bytes) -> bool:
    """Whether `data` begins as an MP4, QuickTime, WebM or AVI file does."""
    head = data[:12]
    return head[4:8] in (b"ftyp", b"moov", b"mdat") or head[:4] == b"\x1aE\xdf\xa3" or head[8:12] == b"AVI "


_URLS: Final = ("video_url", "result_url", "url", "download_url")
_FILMS: Final = ("video_base64", "video", "video_data", "mp4")
_AROUND: Final = ("output", "result", "data")
"""What a film may lie under: RunPod's, and those of servers that imitate it."""
_DEEP: Final = 6


def answer_of(body: bytes) -> Answer | None:
    """Where the film is that `body`, the whole of an answer, brings, by its content alone: what servers say of its type
    is often wrong. None where there is none.
    """
    if is_film(body):
        return Answer(film=body)
    try:
        text = body.decode("utf-8-sig").strip()
    except UnicodeDecodeError:
        return None
    try:
        found: object = json.loads(text)
    except (ValueError, RecursionError):
        found = text
    return answer_in(found)


def answer_in(found: object, deep: int = 0) -> Answer | None:
    """The same of JSON that has been read: the ``output`` of a job, for one."""
    match found:
        case str():
            return _of_text(found)
        case list() if parts := _joined(found):
            return Answer(film=parts)
        case list() if deep < _DEEP:
            return next((answer for each in found if (answer := answer_in(each, deep + 1))), None)
        case dict() if deep < _DEEP:
            return _of_object(found, deep)
    return None


def _of_object(found: dict[str, Any], deep: int) -> Answer | None:
    for name in (*_URLS, *_FILMS):
        if isinstance(text := found.get(name), str) and (answer := _of_text(text, link=name in _URLS)):
            return answer
    for name in (*_AROUND, *_FILMS):
        if isinstance(inner := found.get(name), (dict, list, str)) and (answer := answer_in(inner, deep + 1)):
            return answer
    return None


def _of_text(text: str, *, link: bool = False) -> Answer | None:
    """An address, or a film in base64. `link`: what is no film may be an address without its host."""
    text = text.strip()
    if re.match(r"https?://", text, re.IGNORECASE):
        return Answer(url=text) if re.fullmatch(r"\S+", text) else None
    try:
        film = decoded(text)
    except ValueError:
        film = b""
    if is_film(film):
        return Answer(film=film)
    plain = link and text and not text.casefold().startswith("data:") and re.fullmatch(r"[^\s:]+(\?\S*)?", text)
    return Answer(url=text) if plain else None


def chunks(film: bytes, largest: int = 700_000) -> Iterator[Mapping[str, object]]:
    """`film` in parts of at most `largest` bytes each, for a platform that carries no large answer.

    Each is an object: ``video_chunk`` is base64, ``index`` counts from 0 and ``chunks`` is how many there are.
    """
    starts = range(0, len(film), largest)
    for index, start in enumerate(starts):
        part = encoded(film[start : start + largest])
        yield {"video_chunk": part, "index": index, "chunks": len(starts)}


def _joined(found: Sequence[object]) -> bytes:
    """The film of which `found` holds the `chunks`, in any order, some of them perhaps twice; nothing where one is
    missing, or they are something else.
    """
    parts: dict[int, bytes] = {}
    many: object = 0
    for each in found:
        inner = each.get("output", each) if isinstance(each, dict) else None
        if not isinstance(inner, dict) or not isinstance(inner.get("video_chunk"), str):
            continue
        index, many = inner.get("index"), inner.get("chunks")
        if not isinstance(index, int):
            return b""
        try:
            parts[index] = decoded(inner["video_chunk"])
        except ValueError:
            return b""
    whole = bool(parts) and sorted(parts) == list(range(len(parts))) and many == len(parts)
    return b"".join(parts[index] for index in sorted(parts)) if whole else b""
