"""`deckard cache`: what was made before is looked at, looked over and thrown away here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from deckard_cli.cli.ask import ask
from deckard_cli.cli.group import LEAF, PLAIN, lead
from deckard_cli.cli.options import Json, Yes
from deckard_cli.cli.report import answer, say
from deckard_cli.errors import DeckardError

if TYPE_CHECKING:
    from deckard_cli.cache import Cache, Entry

__all__ = ["app"]

app = typer.Typer(
    help="Look at what was made before, and throw it away.",
    rich_markup_mode=None,
    context_settings=PLAIN,
)
app.callback(invoke_without_command=True)(lead)


@app.command(context_settings=LEAF)
def info(json: Json = False) -> None:
    """Say where the cache is, and how full."""
    from deckard_cli.cache.store import KINDS

    cache = _cache()
    sizes: dict[str, list[int]] = {kind: [] for kind in KINDS}
    for entry in cache.entries():
        sizes[entry.kind].append(entry.size)
    if json:
        kinds = {kind: {"entries": len(each), "bytes": sum(each)} for kind, each in sizes.items()}
        where = {"folder": str(cache.folder.absolute()), "limit_bytes": cache.limit, "fault": cache.fault()}
        answer({"version": 1, **where, "kinds": kinds})
        return
    typer.echo(cache.folder.absolute())
    for kind, each in sizes.items():
        typer.echo(f"{kind:<8} {len(each):>7}  {_bytes(sum(each)):>9}")
    typer.echo(f"{_bytes(sum(map(sum, sizes.values()))):>27} of {_bytes(cache.limit)}")
    if fault := cache.fault():
        say(fault)


@app.command("list", context_settings=LEAF)
def list_(json: Json = False) -> None:
    """List what is kept, what was used last first."""
    entries = sorted(_cache().entries(), key=lambda entry: -entry.used)
    if json:
        answer({"version": 1, "entries": [_described(entry) for entry in entries]})
        return
    for entry in entries:
        text = " ".join(str(entry.about.get("text", "")).split())
        who = entry.about.get("persona") or entry.about.get("language") or ""
        typer.echo(f"{entry.key[:12]}  {entry.kind:<6}  {_bytes(entry.size):>9}  {who:<10}  {text[:60]}")


@app.command(context_settings=LEAF)
def verify(json: Json = False) -> None:
    """Read everything again; throw away what is damaged, which is then made again when it is wanted."""
    count, damaged = _cache().verify()
    if json:
        answer({"version": 1, "entries": count, "damaged": [_described(entry) for entry in damaged]})
        return
    for entry in damaged:
        done = "cannot be thrown away" if entry.folder.exists() else "thrown away"
        typer.echo(f"{entry.key[:12]}  {entry.kind}  damaged, {done}")
    say(f"{count - len(damaged)} of {count} entries are whole." if count else "Nothing is kept.")


@app.command(context_settings=LEAF)
def clear(
    kind: Annotated[str | None, typer.Option(help="clip, speech or film.  [default: all]")] = None,
    yes: Yes = False,
    json: Json = False,
) -> None:
    """Throw everything away."""
    from deckard_cli.cache.store import KINDS
    from deckard_cli.errors import unknown

    kinds = tuple(each for each in KINDS if kind in (None, each))
    if not kinds:
        raise unknown("kind of entry", str(kind), KINDS)
    cache = _cache()
    if not yes and not ask(f"Throw away what is in {cache.folder.absolute()}?", usual=False):
        raise DeckardError("Nothing was thrown away.", code="declined")
    count = cache.clear(kinds)
    if json:
        answer({"version": 1, "entries": count})
    else:
        say("Nothing was there." if not count else f"{count} {'entry' if count == 1 else 'entries'} thrown away.")


def _cache() -> Cache:
    from deckard_cli.cli.studio import cache
    from deckard_cli.settings import choose

    return cache(choose({}).settings)


def _described(entry: Entry) -> dict[str, Any]:
    return {
        "kind": entry.kind,
        "key": entry.key,
        "bytes": entry.size,
        "used": entry.used,
        "files": sorted(entry.files),
        "about": dict(entry.about),
    }


def _bytes(size: int) -> str:
    unit, of = ("GB", 1e9) if size >= 1e9 else ("MB", 1e6) if size >= 1e6 else ("kB", 1e3)
    return f"{size / of:.1f} {unit}"
