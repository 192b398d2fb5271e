"""`deckard voice`: how it can sound here, what that takes and costs, and a sentence to hear."""

from __future__ import annotations

import dataclasses
import inspect
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, TypedDict

import typer

from deckard_cli.cli.group import LEAF, PLAIN, lead
from deckard_cli.cli.options import Json, Lang, Pitch, Quiet, Speed
from deckard_cli.cli.report import answer, table
from deckard_cli.errors import MissingError, UsageError

if TYPE_CHECKING:
    from deckard_cli.backends import Backend
    from deckard_cli.settings import Settings

__all__ = ["app"]

app = typer.Typer(
    help="See which voices there are, what they need and cost, and hear them.",
    rich_markup_mode=None,
    context_settings=PLAIN,
)
app.callback(invoke_without_command=True)(lead)


_TOLD: Final[tuple[Literal["languages", "licence"], ...]] = ("languages", "licence")
"""What else of a card people read in the list."""
_TIMES: Final = {"phones": "its own", "words": "its own, of words", "aligned": "found in its sound"}
_PREVIEW: Final = """Say a sentence, and print the path of the sound.

\b
  deckard voice preview "Good evening."
  deckard voice preview --voice openai,espeak -o evening.wav "Good evening."
  deckard voice preview --persona officer_k

Without a text it is the persona's greeting.
"""


class Card(TypedDict):
    """One voice in `--json`. It only ever grows."""

    name: str
    about: str
    ready: bool
    """Whether everything that it is known to need is there; nothing is imported to find out."""
    missing: str
    """What is not there, in a sentence, or empty."""
    hint: str
    """The command that gets it, or empty."""
    needs: list[str]
    keys: list[str]
    """Environment variables that have to be set; ``A or B`` where either will do."""
    languages: str
    times: str
    """``phones``, ``words`` or ``aligned``: what it knows the times of itself."""
    cost: float | None
    """US dollars for a million characters, about, or as ``[prices]`` of deckard.toml says; None where nobody knows."""
    licence: str
    package: str


def _begun(incomplete: str) -> list[str]:
    """The names of voices that begin so, for a shell's completion."""
    from deckard_cli.backends import names

    return [name for name in names("voice") if name.startswith(incomplete)]


@app.command("list", context_settings=LEAF)
def list_(json: Json = False) -> None:
    """List every voice: whether it can speak here, what it costs, and what is missing."""
    from deckard_cli.backends import find, names
    from deckard_cli.settings import choose

    settings = choose({}).settings
    cards = [_card(find("voice", name), settings) for name in names("voice")]
    if json:
        answer({"version": 1, "voices": cards})
        return
    rows = []
    for card in cards:
        state = "ready" if card["ready"] else "missing"
        rows.append((card["name"], f"{state:<7}  {_price(card['cost']):<14}  {card['about']}"))
        rows.append(("", "; ".join(f"{field}: {card[field]}" for field in _TOLD if card[field])))
        if card["missing"]:
            rows.append(("", f"try: {card['hint']}"))
    table(rows)


@app.command(context_settings=LEAF)
def show(
    name: Annotated[str, typer.Argument(help="A voice's name.", show_default=False, autocompletion=_begun)],
    json: Json = False,
) -> None:
    """Show what a voice needs, what it costs, and its options for [voices.NAME] of persona.toml and deckard.toml."""
    from deckard_cli.backends import find
    from deckard_cli.settings import choose

    backend = find("voice", name)
    card, options, models = _card(backend, choose({}).settings), *_inside(backend)
    if json:
        answer({"version": 1, **card, "options": options, "models": models})
        return
    said = {**card, "times": _TIMES[card["times"]], "cost": _price(card["cost"]), "ready": _yes(card["ready"])}
    for field, value in said.items():
        text = ", ".join(value) if isinstance(value, list) else str(value)
        if text:
            typer.echo(f"{field:<9} {text}")
    for option, usual in options.items():
        typer.echo(f"option    {option} = {_toml(usual)}")
    for model in models:
        typer.echo(f"model     {', '.join(f'{field} {value}' for field, value in model.items())}")


@app.command(help=_PREVIEW, context_settings=LEAF)
def preview(
    text: Annotated[str | None, typer.Argument(help="What is said.", show_default=False)] = None,
    voice: Annotated[
        str | None, typer.Option(help="A voice, or several to be tried in turn.  [default: the persona's]")
    ] = None,
    persona: Annotated[str | None, typer.Option(help="Whose voice: a name or a folder.  [default: joi]")] = None,
    lang: Lang = None,
    speed: Speed = None,
    pitch: Pitch = None,
    output: Annotated[Path, typer.Option("--output", "-o", help="The sound, a .wav; an older one is replaced.")] = Path(
        "preview.wav"
    ),
    quiet: Quiet = False,
) -> None:
    from deckard_cli.cli.progress import follow
    from deckard_cli.persona import find
    from deckard_cli.route import Job, run
    from deckard_cli.settings import choose

    if output.suffix.lower() != ".wav":
        raise UsageError("A preview of a voice is a .wav.", code="preview_form", hint=f"-o {output.stem}.wav")
    choices = choose({"voice": voice, "persona": persona, "lang": lang, "speed": speed, "pitch": pitch})
    asked = choices.settings.model_dump() | {"captions": None, "background": None}
    with choices.named():
        said = find(choices.settings.persona).greeting or "Hello." if text is None else text
        follow(run(Job(text=said, output=output, **asked)), quiet=quiet)
    typer.echo(output)


def _card(backend: Backend, settings: Settings) -> Card:
    from deckard_cli.backends import obstacle, price

    options = settings.voices.get(backend.name, {})
    problem = obstacle(backend, options)
    return Card(
        name=backend.name,
        about=backend.about,
        ready=problem is None,
        missing=problem.message if problem else "",
        hint=problem.hint if problem else "",
        needs=list(backend.needs),
        keys=list(backend.keys),
        languages=backend.languages,
        times=backend.times,
        cost=price(backend, options, settings.prices),
        licence=backend.licence,
        package=backend.package,
    )


def _inside(backend: Backend) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The options of a voice with their defaults, and its models; nothing where its library is not installed."""
    from deckard_cli.backends import load

    try:
        made = load(backend)
    except MissingError:
        return {}, []
    options = {
        name: each.default
        for name, each in inspect.signature(made).parameters.items()
        if each.default is not inspect.Parameter.empty
    }
    models = [dataclasses.asdict(model) for model in getattr(made, "models", ())]
    return options, [{field: _plain(value) for field, value in model.items()} for model in models]


def _plain(value: object) -> object:
    return value.isoformat() if isinstance(value, date) else value


def _price(cost: float | None) -> str:
    return "unknown" if cost is None else f"${cost:g}/M letters" if cost else "free"


def _yes(value: bool) -> str:
    return "yes" if value else "no"


def _toml(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return f'"{value}"' if isinstance(value, str) else str(value)
