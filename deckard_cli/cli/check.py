"""`deckard check`: is a clip right?"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from deckard_cli.cli.options import Json, Lang, Quiet
from deckard_cli.cli.report import answer, say
from deckard_cli.errors import DeckardError, UsageError

if TYPE_CHECKING:
    from deckard_cli.check import Finding, Report
    from deckard_cli.settings import Thresholds

__all__ = ["HELP", "check"]

HELP = """Tell whether clips are right, by ear and by eye.

\b
  deckard check hello.mp4
  deckard check clips/*.mp4 --junit report.xml
  deckard check talk.mp4 --text "Hello there." --json

Any mp4 or webm with a face will do, whoever made it. Leaves with 1 where
anything is wrong. What is let pass is set in the table [check] of
deckard.toml, as sound_early_ms = 45.

The offset of the sound is what goes beyond the natural lead of a mouth;
it is negative where the sound comes early. The words come from --text,
from the timings beside the clip (.json) or from the clip itself.
"""


def check(
    clips: Annotated[list[Path], typer.Argument(help="The clips.", metavar="CLIP...")],
    text: Annotated[str | None, typer.Option("--text", help="What is said in it, for one clip.")] = None,
    lang: Lang = None,
    junit: Annotated[Path | None, typer.Option("--junit", help="Write a report that CI services show.")] = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    from deckard_cli.check import document
    from deckard_cli.settings import choose

    if text is not None and len(clips) > 1:
        raise UsageError("--text is what one clip says.", code="text_for_many", hint="check the clips one by one")
    if junit is not None and junit.resolve() in [clip.resolve() for clip in clips]:
        raise UsageError("The report is one of the clips.", code="output_is_input", hint="--junit report.xml")
    limits = choose({}).settings.check
    reports = []
    for report in _reports(clips, limits, text, lang):
        reports.append(report)
        if not json:
            _show(report, quiet=quiet)
    if junit is not None:
        _write(junit, reports)
    if json:
        answer(document(reports))
    elif not quiet and len(reports) > 1:
        wrong = sum(not report.ok for report in reports)
        say(f"{wrong} of {len(reports)} clips are not right." if wrong else f"All {len(reports)} clips are right.")
    if not all(report.ok for report in reports):
        raise typer.Exit(1)


def _reports(clips: Sequence[Path], limits: Thresholds, text: str | None, lang: str | None) -> Iterator[Report]:
    """A report of each clip; what is no clip is a finding where there are others, so that these are checked too."""
    from deckard_cli.check import Finding, Report
    from deckard_cli.check import check as checked

    for clip in clips:
        try:
            yield checked(clip, thresholds=limits, text=text, lang=lang)
        except DeckardError as error:
            if len(clips) == 1:
                raise
            yield Report(clip, 0.0, (Finding("readable", False, error.message),))


def _show(report: Report, *, quiet: bool) -> None:
    """The result on stdout: a line for the clip, and under it what was found, or with `quiet` only what is wrong."""
    typer.echo(f"{report.path}: {'right' if report.ok else 'not right'}")
    shown = report.failed if quiet else report.findings
    for finding in shown:
        mark = {True: "ok", False: "WRONG", None: "-"}[finding.ok]
        typer.echo(f"  {mark:<5}  {finding.name:<18} {_measured(finding):>12}  {finding.sentence}".rstrip())


def _measured(finding: Finding) -> str:
    if finding.value is None or not math.isfinite(finding.value):
        return ""
    if finding.unit == "share":
        return f"{finding.value:.0%}"
    number = f"{finding.value:.0f}" if finding.unit in ("", "ms") else f"{finding.value:.2f}"
    return f"{number} {finding.unit}".rstrip()


def _write(path: Path, reports: Sequence[Report]) -> None:
    from deckard_cli.check.junit import junit
    from deckard_cli.clip.part import Part, failure

    part = Part(path)
    try:
        part.path.write_bytes(junit(reports))
    except OSError as error:
        part.drop()
        raise failure(error, path) from error
    part.keep()
