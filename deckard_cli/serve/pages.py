"""What the server's own description (OpenAPI) says of its pages."""

from __future__ import annotations

from typing import Any, Final

from deckard_cli.serve.read import Asked

__all__ = ["ABOUT", "FILMED", "HEALTH", "METRICS", "READY", "REQUEST", "VIDEO"]

ABOUT: Final = """Sound comes in, a film of somebody who says it goes out.

A film says in its tags that a machine made it, and which face drew it. It is not signed (C2PA): whoever publishes it
signs it, as `deckard render --face direct` does. A film is sent back, and put nowhere: `upload_url` is for workers on
RunPod. With a header `Idempotency-Key`, the same request is answered again with the film that was made for it, for as
long as that is kept.

An error is `{"error": {"code", "message", "hint"}}`; after 429 and 503, `Retry-After` says when to come again, and
`x-should-retry: false` that it would be of no use.
"""
Pages = dict[int | str, dict[str, Any]]


def _object(**fields: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": fields, "required": list(fields)}


_TEXT: Final = {"type": "string"}
_NUMBER: Final = {"type": "number"}
_WHOLE: Final = {"type": "integer"}
_ERROR: Final = _object(error=_object(code=_TEXT, message=_TEXT, hint=_TEXT))
_FILM: Final = {"schema": {"type": "string", "contentMediaType": "video/mp4"}}


def _json(schema: dict[str, Any]) -> dict[str, Any]:
    return {"content": {"application/json": {"schema": schema}}}


def _errors(*statuses: int) -> Pages:
    told = {
        400: "The request cannot be read.",
        401: "The key is missing or not good.",
        403: "Without a key only this machine is answered.",
        404: "There is no such film, or not any more.",
        408: "The request did not come in time.",
        413: "The request is too large.",
        415: "The request is neither JSON nor a form.",
        422: "What is asked for cannot be meant, or what was sent cannot be used.",
        429: "Too many wait; Retry-After says for how long.",
        503: "Nothing draws here, or not any more.",
        504: "The film took too long.",
    }
    return {status: {"description": told[status], **_json(_ERROR)} for status in (401, 403, 413, *statuses)}


def _page(about: str, schema: dict[str, Any], *errors: int) -> Pages:
    return {200: {"description": about, **_json(schema)}, **_errors(*errors)}


_MADE: Final = _object(
    version=_WHOLE,
    video_url=_TEXT,
    seconds=_NUMBER,
    frames=_WHOLE,
    face=_TEXT,
    fps=_WHOLE,
    size={"type": "array", "items": _WHOLE},
)
FILMED: Final = _page("The film, or where it is.", _MADE, 400, 408, 415, 422, 429, 503, 504)
FILMED[200]["content"]["video/mp4"] = _FILM
VIDEO: Final[Pages] = {
    200: {"description": "The film.", "content": {"video/mp4": _FILM}},
    206: {"description": "A part of it.", "content": {"video/mp4": _FILM}},
    **_errors(404),
}
HEALTH: Final = _page("It runs.", _object(status=_TEXT, version=_TEXT, face=_TEXT, workers=_WHOLE, waiting=_WHOLE))
READY: Final = _page("It takes requests.", _object(ready={"type": "boolean"}), 503)
METRICS: Final[Pages] = {
    200: {"description": "Prometheus's text format.", "content": {"text/plain": {"schema": _TEXT}}},
    **_errors(),
}


def _fields() -> tuple[dict[str, Any], dict[str, Any]]:
    """The request as JSON, and as a form."""
    asked = Asked.model_json_schema()
    shapes = {name: dict(about) for name, about in asked["properties"].items()}
    shapes["audio"] = shapes["image"] = {"type": "string", "contentMediaType": "application/octet-stream"}
    shapes["size"] = {"type": "string", "examples": ["512", "720x1280", "9:16"]}
    for name in ("words", "phones"):
        shapes[name] = {"type": "string", "contentMediaType": "application/json"}
    return asked, {"type": "object", "properties": shapes, "required": ["audio"]}


_AS_JSON, _AS_FORM = _fields()
REQUEST: Final[dict[str, Any]] = {
    "parameters": [
        {
            "name": "Idempotency-Key",
            "in": "header",
            "required": False,
            "description": "A name for this request: asked a second time under it, it costs no second film.",
            "schema": _TEXT,
        }
    ],
    "requestBody": {
        "required": True,
        "content": {"application/json": {"schema": _AS_JSON}, "multipart/form-data": {"schema": _AS_FORM}},
    },
}
