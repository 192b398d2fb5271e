"""The command `deckard`: the only place that knows a terminal, and the one place that turns errors into words."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence

from deckard_cli.cli.stopping import stops_as_exceptions
from deckard_cli.errors import DeckardError, UsageError

__all__ = ["main"]


def main() -> None:
    """Run the command line that was typed, and leave with its exit code."""
    with stops_as_exceptions():
        _open_what_is_closed()
        code = run(sys.argv[1:])
    sys.exit(code)


def _open_what_is_closed() -> None:
    """A stream that the caller has closed is None in Python: give it somewhere to go."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(os.open(os.devnull, os.O_RDWR), mode, encoding="utf-8"))


def run(arguments: Sequence[str]) -> int:
    """Run `arguments`; the exit code. What went wrong is told on stderr: what happened, and what to type.

    `DECKARD_DEBUG=1` lets the exception through instead.
    """
    try:
        return _command(arguments)
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        return _hushed()
    except SystemExit as leaving:
        if isinstance(leaving.__context__, BrokenPipeError):  # Typer would leave with 1
            return _hushed()
        raise
    except Exception as error:
        if os.environ.get("DECKARD_DEBUG") == "1":
            raise
        failure = _as_failure(error)
        _tell(failure, as_json="--json" in arguments)
        return failure.exit_code


def _command(arguments: Sequence[str]) -> int:
    # Inside the `try`: a Ctrl-C while Typer is imported would show a traceback.
    from typer.exceptions import TyperException

    from deckard_cli.cli.app import app
    from deckard_cli.cli.keys import lend
    from deckard_cli.cli.report import say

    if (left_alone := lend()) and not {"-q", "--quiet"} & set(arguments):
        say(left_alone)
    # Typer reads its completion options by pydantic, even for `deckard render --help`, which would take twice as long.
    completion = not arguments or arguments[0].startswith("-")
    try:
        code = app(completion=completion)(list(arguments), prog_name="deckard", standalone_mode=False)
        sys.stdout.flush()
    except TyperException as error:
        where = getattr(getattr(error, "ctx", None), "command_path", "deckard")
        raise UsageError(f"{error.format_message()}", code="bad_command_line", hint=f"{where} --help") from error
    return code if isinstance(code, int) else 0


def _as_failure(error: Exception) -> DeckardError:
    if isinstance(error, DeckardError):
        return error
    if isinstance(error, OSError) and error.strerror:
        where = f"{error.filename}: " if error.filename else ""
        return DeckardError(f"{where}{error.strerror}.", code="system", hint="mend that and try again")
    return DeckardError(
        f"This is a mistake in Deckard itself: {type(error).__name__}: {error}.",
        code="bug",
        hint="run it again with DECKARD_DEBUG=1 and report what it prints",
    )


def _tell(failure: DeckardError, *, as_json: bool) -> None:
    if as_json:
        parts = {"code": failure.code, "message": failure.message, "hint": failure.hint}
        text = json.dumps({"error": parts}, ensure_ascii=False)
    else:
        text = f"deckard: {failure.message}" + (f"\n  try: {failure.hint}" if failure.hint else "")
    print(text, file=sys.stderr)  # noqa: T201 - this is the one place that tells what went wrong


def _hushed() -> int:
    """Who read stdout has gone, with all that was wanted. Python would still complain when it flushes it at the end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    return 0
