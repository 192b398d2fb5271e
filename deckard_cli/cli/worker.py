"""`deckard worker`: the worker of an endpoint on RunPod."""

from __future__ import annotations

import json as notation
import os
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from deckard_cli.cli.options import Json, Quiet
from deckard_cli.cli.report import answer, say
from deckard_cli.errors import DeckardError, MissingError, UsageError

__all__ = ["HELP", "worker"]

HELP: Final = """Answer the jobs of a RunPod endpoint with films.

RunPod starts it in its container, and tells it in the environment where jobs come from; examples/runpod has the
Dockerfile. LIPSYNC_SERVER_BACKEND names the face that draws, and LIPSYNC_SERVER_MAX_SECONDS and so on are the limits of
`deckard serve lipsync`.

\b
  deckard worker --test-input test_input.json -o film.mp4
"""


def worker(
    test_input: Annotated[
        Path | None, typer.Option(help='A job, {"input": {...}}, that is answered here and now.', show_default=False)
    ] = None,
    output: Annotated[Path, typer.Option("--output", "-o", help="Where its film goes.")] = Path("film.mp4"),
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    job = _job(test_input) if test_input is not None else None
    if job is None:
        _must_be_on_runpod()
    try:
        if job is not None:
            _try(job, output, json=json, quiet=quiet)
            return
        from deckard_cli.serve.loop import run
        from deckard_cli.serve.terms import terms
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("deckard_cli"):
            raise
        raise MissingError(
            f"The worker needs {error.name}, which is not installed.",
            code="not_installed",
            hint="uv pip install 'deckard-cli[worker]'",
        ) from error
    run(terms())


def _must_be_on_runpod() -> None:
    if not os.environ.get("RUNPOD_WEBHOOK_GET_JOB"):
        raise UsageError(
            "RunPod does not say where jobs come from: this is no container of its.",
            code="no_jobs",
            hint="deckard worker --test-input examples/runpod/test_input.json -o film.mp4",
        )


def _try(job: dict[str, Any], output: Path, *, json: bool, quiet: bool) -> None:
    """Answer one job without RunPod."""
    import asyncio
    import tempfile

    from deckard_cli.remote.request import answer_in
    from deckard_cli.serve.terms import terms
    from deckard_cli.serve.worker import Worker

    with tempfile.TemporaryDirectory(prefix="deckard-worker-") as place:
        made = Worker(terms(), Path(place))
        found = asyncio.run(made.answer(job, lambda progress: None))
    if error := found.pop("error", None):
        raise _said(str(error))
    film = answer_in(found)
    if film and film.film:
        _write(film.film, output)
        found.pop("video_base64", None)
        found["path"] = str(output.absolute())
    if json:
        answer({"version": 1, **found})
    elif not quiet:
        say(f"{found['frames']} pictures, {found['seconds']:.2f} s of sound.")
    if not json:
        typer.echo(found.get("path") or found["video_url"])


def _write(film: bytes, output: Path) -> None:
    from deckard_cli.clip.part import Part, failure

    part = Part(output)
    try:
        part.path.write_bytes(film)
    except OSError as error:
        part.drop()
        raise failure(error, output) from error
    part.keep()


def _job(file: Path) -> dict[str, Any]:
    try:
        job = notation.loads(file.read_bytes())
    except OSError as error:
        raise UsageError(f"{file}: {error.strerror}.", code="no_input", hint="give the path of a JSON file") from None
    except (ValueError, RecursionError):
        raise UsageError(f"{file} is not JSON.", code="bad_input", hint='{"input": {"audio": "...", ...}}') from None
    if isinstance(job, dict) and isinstance(job.get("input"), dict):
        return job
    raise UsageError(f"{file} has no object 'input'.", code="bad_input", hint='{"input": {"audio": "...", ...}}')


def _said(error: str) -> DeckardError:
    told = notation.loads(error)
    return DeckardError(told["message"], code=told["code"], hint=told["hint"])
