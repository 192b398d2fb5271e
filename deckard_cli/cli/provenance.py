"""`deckard provenance`: who signs the clips that are made here."""

from __future__ import annotations

from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Annotated, Final, TypedDict

import typer

from deckard_cli.cli.group import LEAF, PLAIN, lead
from deckard_cli.cli.options import Json
from deckard_cli.cli.report import answer, say
from deckard_cli.errors import DeckardError, UsageError

if TYPE_CHECKING:
    from deckard_cli.clip.provenance.identity import Identity

__all__ = ["app"]

app = typer.Typer(
    help="Say who signs the clips that are made here.",
    rich_markup_mode=None,
    context_settings=PLAIN,
)
app.callback(invoke_without_command=True)(lead)

_INIT: Final = """Make a certificate to sign clips with, and print its file.

\b
  deckard provenance init --organization "Acme Films"
  deckard inspect clip.mp4

Every clip says under a signature (C2PA, content credentials) that it is
synthetic and what it was made of. A self-made certificate, as this makes one,
shows that the clip is still what was signed. It does not show who signed:
anybody can make one with any name, and other people's tools say so.

To be known by name, get a certificate of an authority on the C2PA trust list,
and name two PEM files: it, with those above it, and its key, without a
password. Here is how, in a shell or in deckard.toml:

\b
  export DECKARD_CERTIFICATE=chain.pem DECKARD_PRIVATE_KEY=key.pem
  certificate = "chain.pem"
  private_key = "key.pem"

Without this command a certificate that names nobody is made with the first
clip.
"""


@app.command(help=_INIT, context_settings=LEAF)
def init(
    organization: Annotated[
        str, typer.Option("--organization", help="Whom the certificate names.", show_default=False)
    ] = "",
    force: Annotated[bool, typer.Option("--force", help="Replace the one that was made before.")] = False,
    json: Json = False,
) -> None:
    from deckard_cli.clip.provenance.identity import identity
    from deckard_cli.clip.provenance.selfmade import replace
    from deckard_cli.clip.provenance.signer import ANYBODY, kept, signer

    path, name = kept(), " ".join(organization.split())
    if organization and not 0 < len(name) <= 64:
        raise UsageError(
            "The name of an organisation has 1 to 64 letters.", code="bad_name", hint='--organization "Acme Films"'
        )
    before = _before(path)
    if before and not force and not (name and before == ANYBODY):
        named = f" --organization {quote(name)}" if name else ""
        raise UsageError(
            f"There is a certificate already: {path}.", code="exists", hint=f"deckard provenance init{named} --force"
        )
    if before == ANYBODY and name and not force:
        say("The one that was made before names nobody: this one takes its place. Its clips are still known as yours.")
    try:
        replace(path, name or ANYBODY)
    except OSError as error:
        raise DeckardError(
            f"'{path}' cannot be written: {error.strerror or error}.",
            code="not_written",
            hint="choose another folder: export DECKARD_DATA_DIR=...",
        ) from error
    made = identity(signer())
    say(f"Clips are signed by '{made.name}' from now on. Nobody vouches for that name: see deckard provenance init -h.")
    if json:
        answer(_report(path, made))
    else:
        typer.echo(path)


def _before(path: Path) -> str:
    """Whom the certificate at `path` names; empty where there is none, and its path where it cannot be read."""
    from deckard_cli.clip.provenance.identity import identity
    from deckard_cli.clip.provenance.signer import signer

    if not path.exists():
        return ""
    try:
        return identity(signer()).organization
    except DeckardError:
        return str(path)


@app.command(context_settings=LEAF)
def show(json: Json = False) -> None:
    """Show whose certificate signs, until when it holds, and where it came from."""
    from deckard_cli.clip.provenance.identity import identity
    from deckard_cli.clip.provenance.signer import kept, signer
    from deckard_cli.settings import choose

    settings = choose({}).settings
    path = Path(settings.certificate) if settings.certificate else kept()
    who = identity(signer(settings.certificate, settings.private_key))
    if json:
        answer(_report(path, who))
        return
    for name, value in (
        ("file", path),
        ("name", who.name),
        ("issuer", f"{who.issuer}, self-made" if who.self_made else who.issuer),
        ("algorithm", who.algorithm),
        ("until", f"{who.until:%Y-%m-%d}" if who.until else "no end"),
        ("sha256", who.sha256),
    ):
        typer.echo(f"{name:<11}{value}")


class Report(TypedDict):
    """What `--json` prints. It only ever grows."""

    version: int
    path: str
    name: str
    organization: str
    issuer: str
    self_made: bool
    algorithm: str
    until: str | None
    """ISO 8601; None for a certificate without an end."""
    sha256: str
    """Of the certificate, 64 hexadecimal digits."""


def _report(path: Path, who: Identity) -> Report:
    return Report(
        version=1,
        path=str(path.absolute()),
        name=who.name,
        organization=who.organization,
        issuer=who.issuer,
        self_made=who.self_made,
        algorithm=who.algorithm,
        until=who.until.isoformat() if who.until else None,
        sha256=who.sha256,
    )
