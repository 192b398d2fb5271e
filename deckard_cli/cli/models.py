"""`deckard models`: the weights that neural voices and faces need are fetched, looked over and removed here."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, Final

import typer

from deckard_cli.cli.ask import ask
from deckard_cli.cli.group import LEAF, PLAIN, lead
from deckard_cli.cli.options import Json, Quiet, Yes
from deckard_cli.cli.progress import watched
from deckard_cli.cli.report import answer, say, table
from deckard_cli.errors import DeckardError, UsageError

if TYPE_CHECKING:
    from rich.progress import Progress

    from deckard_cli.models import Model

__all__ = ["app"]

app = typer.Typer(
    help="Fetch, check and remove models of voices and faces.",
    rich_markup_mode=None,
    context_settings=PLAIN,
)
app.callback(invoke_without_command=True)(lead)


_PULL: Final = """Fetch models, and print the folder of each.

\b
  deckard models pull kokoro
  deckard models pull piper-de_DE-thorsten-medium --yes
  DECKARD_MODELS_URL=https://mirror.example/models deckard models pull kokoro

Any voice of Piper's can be named like the one above. What broke off is
continued. DECKARD_MODELS_URL is a server or a folder that holds
NAME/FILE for every model, such as a copy of another machine's models.
"""


@app.command("list", context_settings=LEAF)
def list_(json: Json = False) -> None:
    """List the models that are known, and say which are here."""
    from deckard_cli.models.store import home, installed
    from deckard_cli.models.table import KNOWN

    here = {model.name: model for model in installed()}
    models = list({model.name: model for model in (*KNOWN, *here.values())}.values())
    if json:
        answer({"version": 1, "models": [_described(model, model.name in here) for model in models]})
        return
    rows = []
    for model in models:
        state = "here" if model.name in here else "begun" if home(model).exists() else "-"
        rows.append((model.name, f"{_bytes(model.size):>7}", state, f"{model.about}; {model.licence}"))
    table(rows)


@app.command(help=_PULL, context_settings=LEAF)
def pull(
    names: Annotated[
        list[str], typer.Argument(metavar="NAME...", help="Models, as `list` shows them.", show_default=False)
    ],
    yes: Yes = False,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    from deckard_cli.models.fetch import shown
    from deckard_cli.models.pull import source
    from deckard_cli.models.store import home, verify
    from deckard_cli.models.table import find

    models = [find(name) for name in names]
    wanted = [model for model in models if set(verify(model).values()) != {"whole"}]
    for model in wanted:
        places = (shown(source(model, file)).split("/")[2] or "a folder" for file in model.files)
        if not quiet or not yes:
            say(f"{model.name}: {_bytes(model.size)} from {', '.join(dict.fromkeys(places))}; licence: {model.licence}")
    if wanted and not yes and not _agreed("Fetch this?", usual=True):
        raise DeckardError("Nothing was fetched.", code="declined")
    for model in wanted:
        _pull(model, quiet=quiet)
    if json:
        answer({"version": 1, "models": [_described(model, True) for model in models]})
    else:
        typer.echo("\n".join(str(home(model)) for model in models))


@app.command(context_settings=LEAF)
def verify(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="[NAME...]", help="Models; without any, all that are here.")
    ] = None,
    json: Json = False,
) -> None:
    """Read every file of the models and compare its SHA-256 with what it should be.

    Ends with exit code 1 where a file is missing or another than it should be.
    """
    from deckard_cli.models.store import installed
    from deckard_cli.models.store import verify as states
    from deckard_cli.models.table import find

    models = [find(name) for name in names] if names else list(installed())
    found = {model.name: states(model) for model in models}
    if json:
        files = [{"model": name, "files": dict(each)} for name, each in found.items()]
        answer({"version": 1, "models": files})
    else:
        for name, each in found.items():
            for file, state in each.items():
                typer.echo(f"{state:<10}  {name}/{file}")
    if bad := [name for name, each in found.items() if {"missing", "broken"} & set(each.values())]:
        raise DeckardError(
            f"Not whole: {', '.join(bad)}.", code="model_broken", hint=f"deckard models pull {' '.join(bad)}"
        )


@app.command(context_settings=LEAF)
def remove(name: Annotated[str, typer.Argument(help="A model's name.", show_default=False)], yes: Yes = False) -> None:
    """Remove a model and what was half fetched of it. Asks first."""
    from deckard_cli.models import store
    from deckard_cli.models.table import find

    model = find(name)
    if not store.home(model).is_dir():
        raise UsageError(f"The model '{name}' is not here.", code="model_missing", hint="deckard models list")
    if not yes and not _agreed(f"Remove {store.home(model)} and all that is in it?", usual=False):
        raise DeckardError("Nothing was removed.", code="declined")
    say(f"removed {store.home(model)}, {_bytes(store.remove(model))}")


def _described(model: Model, here: bool) -> dict[str, object]:
    from deckard_cli.models.pull import source
    from deckard_cli.models.store import home

    files = [
        {"name": file.name, "size": file.size, "sha256": file.sha256 or None, "url": source(model, file)}
        for file in model.files
    ]
    return {
        "name": model.name,
        "about": model.about,
        "licence": model.licence,
        "size": model.size,
        "here": here,
        "path": str(home(model)),
        "files": files,
    }


def _agreed(question: str, *, usual: bool) -> bool:
    if not sys.stdin.isatty():
        raise UsageError("There is nobody to ask: stdin is no terminal.", code="not_asked", hint="say so with --yes")
    return ask(question, usual=usual)


def _bytes(count: int | None) -> str:
    """``192 MB``: thousands, as people who pay for them count."""
    if count is None:
        return "? MB"
    return f"{count / 1e6:,.0f} MB" if count >= 1e6 else f"{count / 1e3:,.0f} kB"


def _pull(model: Model, *, quiet: bool) -> None:
    """Fetch `model`, with a bar on a terminal and a word about what nobody vouches for."""
    from deckard_cli.models.pull import Came, Coming, pull

    bar = _Bar() if watched() and not quiet else None
    try:
        for event in pull(model):
            match event:
                case Coming(file, done, total) if bar:
                    bar.show(file.name, done, total)
                case Came(file, sha256, trusted=True) if not quiet:
                    say(
                        f"Nobody has told the checksum of {file.name}, so the one that came is trusted from now on: "
                        f"{sha256}"
                    )
    finally:
        if bar:
            bar.close()


class _Bar:
    """How much of a file has come, how quickly, and how long the rest takes."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

        columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
        self._progress: Progress = Progress(*columns, console=Console(stderr=True, highlight=False), transient=True)
        self._file = ""

    def show(self, name: str, done: int, total: int | None) -> None:
        if name != self._file:
            self._file = name
            self._progress.add_task(name, total=total)
            self._progress.start()
        self._progress.update(self._progress.task_ids[-1], completed=done)

    def close(self) -> None:
        self._progress.stop()
