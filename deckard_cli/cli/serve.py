"""`deckard serve`: the same route behind HTTP, for programs and other machines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from deckard_cli.cli.group import LEAF, PLAIN, lead
from deckard_cli.cli.options import AllowNoncommercial, Quiet
from deckard_cli.cli.report import say
from deckard_cli.errors import MissingError, UsageError

if TYPE_CHECKING:
    from deckard_cli.serve.terms import Terms

__all__ = ["app"]

app = typer.Typer(
    help="Make films for programs and other machines, over HTTP.", rich_markup_mode=None, context_settings=PLAIN
)
app.callback(invoke_without_command=True)(lead)


@app.command(context_settings=LEAF)
def lipsync(
    host: Annotated[str, typer.Option(help="The address to listen at.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="The port; 0: any that is free.", min=0, max=65535)] = 8001,
    backend: Annotated[
        str | None, typer.Option(help="The face that draws; noop: none.  [default: rig]", show_default=False)
    ] = None,
    workers: Annotated[int | None, typer.Option(help="Films at a time.  [default: half the cores]")] = None,
    devices: Annotated[str | None, typer.Option(help="GPUs, such as 0,1: a worker for each.")] = None,
    queue: Annotated[int | None, typer.Option(help="Requests that may wait.  [default: 16]")] = None,
    timeout: Annotated[float | None, typer.Option(help="Seconds that a film may take.  [default: 300]")] = None,
    max_seconds: Annotated[float | None, typer.Option(help="Seconds of sound.  [default: 300]")] = None,
    max_bytes: Annotated[str | None, typer.Option(help="Of a request.  [default: 64 MB]")] = None,
    max_pixels: Annotated[int | None, typer.Option(help="Of a picture.  [default: 40000000]")] = None,
    keep_seconds: Annotated[
        float | None, typer.Option(help="For which a film can be fetched by its address.  [default: 900]")
    ] = None,
    allow_urls: Annotated[
        bool | None,
        typer.Option("--allow-urls", help="Fetch sound and images from public addresses.", show_default=False),
    ] = None,
    allow_noncommercial: AllowNoncommercial = None,
    quiet: Quiet = False,
) -> None:
    """Answer POST /generate with films: of a persona, or of a photograph, and of sound.

    INTERNAL_API_KEY in the environment is the key that has to come with each request; without one only this machine is
    answered. Each option is also a variable: --queue is LIPSYNC_SERVER_QUEUE. Ctrl-C finishes what it began.
    """
    try:
        from deckard_cli.serve.run import run
        from deckard_cli.serve.terms import terms
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("deckard_cli"):
            raise
        raise MissingError(
            f"The server needs {error.name}, which is not installed.",
            code="not_installed",
            hint="uv pip install 'deckard-cli[serve]'",
        ) from error
    flags = {
        "backend": backend,
        "workers": workers,
        "devices": devices,
        "queue": queue,
        "timeout": timeout,
        "max_seconds": max_seconds,
        "max_bytes": max_bytes,
        "max_pixels": max_pixels,
        "keep_seconds": keep_seconds,
        "allow_urls": allow_urls,
        "allow_noncommercial": allow_noncommercial,
    }
    settled = terms(flags)
    _refuse_strangers(host, settled)
    run(settled, host, port, told=None if quiet else say)


def _refuse_strangers(host: str, settled: Terms) -> None:
    """Raise `UsageError` where others could ask without a key."""
    from deckard_cli.serve.gate import is_loopback

    if not settled.key and not is_loopback(host):
        raise UsageError(
            f"Without a key the server listens on this machine alone, and '{host}' is more.",
            code="no_server_key",
            hint="export INTERNAL_API_KEY=...  (or leave out --host)",
        )
