"""`deckard runpod`: an endpoint of one's own, made and given back."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from deckard_cli.cli.ask import ask
from deckard_cli.cli.group import LEAF, PLAIN, lead
from deckard_cli.cli.options import Json, Yes
from deckard_cli.cli.report import answer, say
from deckard_cli.errors import DeckardError, MissingError

__all__ = ["app"]

app = typer.Typer(help="Rent an endpoint on RunPod for films.", rich_markup_mode=None, context_settings=PLAIN)
app.callback(invoke_without_command=True)(lead)

Endpoint = Annotated[
    str | None, typer.Argument(help="Its identifier.  [default: RUNPOD_ENDPOINT_ID]", show_default=False)
]


@app.command(context_settings=LEAF)
def deploy(
    image: Annotated[str, typer.Argument(help="The worker's image; examples/runpod has its Dockerfile.")],
    name: Annotated[str, typer.Option(help="What RunPod shows.")] = "deckard",
    pool: Annotated[
        str, typer.Option(help="RunPod's name of the GPUs that will do, or a CPU and its cores: cpu5c-4.")
    ] = "AMPERE_16",
    workers: Annotated[int, typer.Option(help="At a time, at most.", min=1, max=100)] = 2,
    idle: Annotated[int, typer.Option(help="Seconds that a worker waits for another job.", min=1, max=3600)] = 30,
    timeout: Annotated[int, typer.Option(help="Seconds that a job may take.", min=5, max=86_400)] = 600,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print what RunPod would be asked for, and stop.")] = False,
    yes: Yes = False,
    json: Json = False,
) -> None:
    """Make an endpoint, and print its identifier. It says what that costs, and asks first."""
    from deckard_cli.serve.rental import PRICES, Offer, Rental

    offer = Offer(image, name, pool, workers, idle, timeout)
    if dry_run:
        say("\n".join(offer.terms))
        answer({"version": 1, "request": offer.body})
        return
    rental = Rental()
    say("\n".join(offer.terms))
    if not yes and not ask("Make it?", usual=False):
        raise DeckardError("Nothing was made.", code="declined")
    made = rental.deploy(offer)
    identifier = str(made.get("id", ""))
    if json:
        cost = {"per_second": PRICES.get(pool), "per_hour_at_most": offer.hourly}
        answer({"version": 1, "endpoint": identifier, "name": name, "image": image, "cost": cost})
        return
    say(f"It is there. export RUNPOD_ENDPOINT_ID={identifier}  (and: deckard runpod teardown)")
    typer.echo(identifier)


@app.command(context_settings=LEAF)
def status(endpoint: Endpoint = None, json: Json = False) -> None:
    """Say what RunPod says of an endpoint and of its workers."""
    from deckard_cli.serve.rental import Rental

    found = Rental().status(_named(endpoint))
    now = found.pop("workers_now")
    states = [str(worker.get("status") or worker.get("state") or "unknown") for worker in now]
    facts = {name: found.get(name) for name in ("name", "image", "gpu", "workers", "timeout")}
    if json:
        answer({"version": 1, "endpoint": _named(endpoint), **facts, "workers_now": states})
        return
    for name, value in facts.items():
        typer.echo(f"{name:<10}{value}")
    typer.echo(f"{'now':<10}{', '.join(states) or 'no worker'}")


@app.command(context_settings=LEAF)
def logs(
    endpoint: Endpoint = None,
    tail: Annotated[int, typer.Option(help="Lines of each worker.", min=1, max=5000)] = 100,
    json: Json = False,
) -> None:
    """Print what the workers said last."""
    from deckard_cli.serve.rental import Rental

    lines = Rental().logs(_named(endpoint), tail)
    if json:
        answer({"version": 1, "endpoint": _named(endpoint), "lines": lines})
        return
    for line in lines:
        typer.echo(line)
    if not lines:
        say("No worker is there, or none has said anything.")


@app.command(context_settings=LEAF)
def teardown(endpoint: Endpoint = None, yes: Yes = False, json: Json = False) -> None:
    """Give an endpoint back."""
    from deckard_cli.serve.rental import Rental

    identifier, rental = _named(endpoint), Rental()
    if not yes and not ask(f"Give the endpoint {identifier} back?", usual=False):
        raise DeckardError("Nothing was given back.", code="declined")
    rental.teardown(identifier)
    if json:
        answer({"version": 1, "endpoint": identifier})
    else:
        say(f"The endpoint {identifier} is given back.")


def _named(endpoint: str | None) -> str:
    identifier = endpoint or os.environ.get("RUNPOD_ENDPOINT_ID", "").strip()
    if identifier:
        return identifier
    raise MissingError(
        "Nobody says which endpoint.", code="no_endpoint", hint="export RUNPOD_ENDPOINT_ID=..., or name it"
    )
