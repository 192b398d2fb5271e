"""`deckard persona`: who there is, who somebody is, and everything that is done with a persona's folder.

One file a command, or a pair of them, each a plain function; here they get their names, in the order in which people
come to need them.
"""

from __future__ import annotations

import typer

from deckard_cli.cli.group import LEAF, PLAIN, lead
from deckard_cli.cli.persona import create, drawing, edit, idle, preview, remove, share, show, validate

__all__ = ["app"]

app = typer.Typer(
    help="See who can speak; make, mend and share personas.", rich_markup_mode=None, context_settings=PLAIN
)
app.callback(invoke_without_command=True)(lead)

app.command("list", context_settings=LEAF)(show.list_)
app.command(context_settings=LEAF)(show.show)
app.command(context_settings=LEAF)(show.path)
app.command(help=create.HELP, context_settings=LEAF)(create.create)
app.command(context_settings=LEAF)(edit.edit)
app.command(context_settings=LEAF)(validate.validate)
app.command(context_settings=LEAF)(preview.preview)
app.command(context_settings=LEAF)(drawing.sheet)
app.command(help=idle.HELP, context_settings=LEAF)(idle.idle)
app.command(context_settings=LEAF)(drawing.build)
app.command(context_settings=LEAF)(share.export)
app.command("import", context_settings=LEAF)(share.import_)
app.command(context_settings=LEAF)(remove.remove)
