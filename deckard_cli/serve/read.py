"""A request for a film: JSON or a form, read and looked at as far as that goes without opening what it brings."""

from __future__ import annotations

import asyncio
import io
import json
import wave
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from pydantic import ConfigDict, Field, ValidationError
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request

from deckard_cli import backends
from deckard_cli.cache import digest
from deckard_cli.errors import MissingError, UsageError
from deckard_cli.remote.request import FilmRequest, decoded
from deckard_cli.serve.reach import Reach
from deckard_cli.serve.refusal import unreadable
from deckard_cli.serve.terms import Terms
from deckard_cli.settings import frame_rate, frame_size

__all__ = ["Asked", "Wanted", "drawing", "read"]

_READING: Final = 60.0
"""Seconds in which a request has to have come: one that never does would keep its place for ever."""
_NOT_YET: Final = ("wav2lip", "musetalk")
"""Faces that have a name, and no model here."""
_LISTS: Final = ("words", "phones")
"""Fields that are JSON in a form as well."""


class Asked(FilmRequest):
    """A `FilmRequest`, of which the sound and the image may also be named."""

    model_config = ConfigDict(
        title="FilmRequest", json_schema_extra={"anyOf": [{"required": ["audio"]}, {"required": ["audio_url"]}]}
    )

    audio: str = Field(default="", min_length=1)
    """What is said: a sound file in base64 or as a data URL, best a WAV."""
    audio_url: str | None = Field(default=None, max_length=4096)
    """Where it lies, in its place: a public address, where the server allows such."""
    image_url: str | None = Field(default=None, max_length=4096)
    """The same for the image."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A request that could be read."""

    request: FilmRequest
    """Without its sound and its image."""
    sound: bytes
    image: bytes | None
    face: str
    """Who draws."""
    response: Literal["video", "json", "url"]

    def key(self, named: str) -> str:
        """The same for a request that asks for the same and is `named` the same; empty where it has no name."""
        fields = self.request.model_dump()
        return digest((named, fields, self.sound, self.image, self.face)) if named else ""

    @property
    def seconds(self) -> float:
        """About how much sound it is."""
        try:
            with wave.open(io.BytesIO(self.sound)) as file:
                return float(file.getnframes() / file.getframerate())
        except (wave.Error, EOFError, ValueError, ZeroDivisionError):
            return len(self.sound) / 16_000


async def read(request: Request, terms: Terms, reach: Reach) -> Wanted:
    """What `request` asks for. Raises `RefusedError`, `UsageError` and `MissingError`."""
    try:
        async with asyncio.timeout(_READING):
            asked, files = await _body(request, terms)
            for name, url in (("audio", asked.audio_url), ("image", asked.image_url)):
                if url and name not in files:
                    files[name] = await reach.fetched(url, terms.max_bytes, what=name)
    except TimeoutError:
        raise unreadable("The request did not come in time.", "too_slow", 408, "send it again") from None
    except ClientDisconnect:
        raise unreadable("The request broke off.") from None
    except HTTPException as error:
        raise unreadable(f"The form cannot be read: {error.detail}") from None
    if not files.get("audio"):
        raise UsageError("There is no sound.", code="no_sound", hint="send it as 'audio'")
    if asked.upload_url:
        raise UsageError(
            "This server sends films back and puts them nowhere.", code="no_upload", hint="leave out upload_url"
        )
    frame_rate(asked.fps)
    frame_size("{}x{}".format(*asked.size))
    plain = FilmRequest.model_construct(
        **{**asked.model_dump(exclude={"audio_url", "image_url"}), "audio": "", "image": None}
    )
    return Wanted(
        plain,
        files["audio"],
        files.get("image") or None,
        drawing(asked.face or terms.backend),
        _response(asked, request),
    )


def drawing(face: str) -> str:
    """`face`, where it can draw here. Raises `UsageError` for one that nobody has, `MissingError` for what it lacks."""
    if face == "noop":
        raise MissingError(
            "This server has no face: it makes no films.", code="no_model", hint="set LIPSYNC_SERVER_BACKEND=rig"
        )
    if face in _NOT_YET and face not in backends.names("face"):
        raise MissingError(
            f"The face '{face}' has no model here.",
            code="no_model",
            hint="ask for the face rig, or set LIPSYNC_SERVER_BACKEND=rig",
        )
    found = backends.terms(backends.find("face", face))
    if found.films:
        raise UsageError(
            f"The face '{face}' is asked elsewhere, and not through this server.",
            code="face_films",
            hint="ask for the face rig",
        )
    if problem := backends.obstacle(found):
        raise problem
    return face


async def _body(request: Request, terms: Terms) -> tuple[Asked, dict[str, bytes]]:
    """What was sent, and the files in it."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().casefold()
    if kind == "application/json":
        return await asyncio.to_thread(_of_json, await request.body())
    if kind == "multipart/form-data":
        async with request.form(max_files=4, max_fields=64, max_part_size=terms.max_bytes) as form:
            values = {
                name: await value.read() if isinstance(value, UploadFile) else value for name, value in form.items()
            }
        return await asyncio.to_thread(_of_form, values)
    raise unreadable(
        "The request is neither JSON nor a form.", "bad_type", 415, "application/json or multipart/form-data"
    )


def _of_json(body: bytes) -> tuple[Asked, dict[str, bytes]]:
    try:
        asked = Asked.model_validate_json(body, strict=True)
    except ValidationError as error:
        raise _wrong(error) from None
    return asked, _decoded({"audio": asked.audio, "image": asked.image})


def _of_form(values: Mapping[str, str | bytes]) -> tuple[Asked, dict[str, bytes]]:
    files = {name: values[name] for name in ("audio", "image") if isinstance(values.get(name), bytes)}
    fields: dict[str, Any] = {}
    for name, value in values.items():
        if isinstance(value, str) and value:
            fields[name] = _listed(name, value)
    try:
        asked = Asked.model_validate(fields)
    except ValidationError as error:
        raise _wrong(error) from None
    sent = {name: data for name, data in files.items() if isinstance(data, bytes)}
    return asked, {**_decoded({"audio": asked.audio, "image": asked.image}), **sent}


def _listed(name: str, value: str) -> object:
    """A field of a form, where it is a list in JSON."""
    if name == "size" and not value.lstrip().startswith("["):
        return frame_size(value)
    if name not in (*_LISTS, "size"):
        return value
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        raise unreadable(f"The field '{name}' is not JSON.", "bad_field", 422) from None


def _decoded(texts: Mapping[str, str | None]) -> dict[str, bytes]:
    files = {}
    for name, text in texts.items():
        try:
            if text:
                files[name] = decoded(text)
        except ValueError as error:
            raise unreadable(f"The field '{name}' is {error}.", "bad_field", 422, "send base64") from None
    return files


def _wrong(error: ValidationError) -> Exception:
    """The first mistake, without what was sent."""
    wrong = error.errors(include_input=False, include_url=False, include_context=False)[0]
    if wrong["type"] == "json_invalid":
        return unreadable("The request is not JSON.")
    where = ".".join(map(str, wrong["loc"])) or "the request"
    return unreadable(f"{where}: {wrong['msg']}.", "bad_field", 422)


def _response(asked: Asked, request: Request) -> Literal["video", "json", "url"]:
    """How to answer: as the request says, else as it accepts."""
    if "response" in asked.model_fields_set:
        return asked.response
    accepted = request.headers.get("accept", "")
    return "url" if "application/json" in accepted and "video/" not in accepted and "*/*" not in accepted else "video"
