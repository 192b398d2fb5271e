"""`deckard batch`: rows in, a clip of each out, and none made twice."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from deckard_cli.cli.batch_view import View, foretell, patience
from deckard_cli.cli.options import (
    AllowNoncommercial,
    Background,
    Cached,
    CacheSize,
    Captions,
    CaptionsStyle,
    Face,
    Fps,
    Lang,
    Loudness,
    MaxAudioSeconds,
    Mood,
    Persona,
    Pitch,
    Provenance,
    Quality,
    Quiet,
    SilencePadMs,
    SilenceThreshold,
    Size,
    Speed,
    TrimSilence,
    Voice,
    Words,
)
from deckard_cli.errors import BackendError, DeckardError, MissingError, UsageError, unknown

if TYPE_CHECKING:
    from deckard_cli.batch import Clip, Orders
    from deckard_cli.batch.engine import Engine, Failure
    from deckard_cli.batch.folder import Folder
    from deckard_cli.batch.forecast import Forecast
    from deckard_cli.settings import Settings

__all__ = ["HELP", "batch"]

HELP = """Make a clip of each row, and print their paths.

\b
  deckard batch lines.csv -o clips/
  deckard batch lines.yaml -o clips/ --name "{persona}-{id}.webm" --jobs 4
  deckard batch talk.srt -o clips/ --dry-run
  deckard batch scripts/ -o clips/ --filter "intro-*" --shard 2/8
  echo '{"id": "hi", "text": "Hello."}' | deckard batch - -o clips/

Rows stand in a table (.csv, .tsv), in JSON Lines, YAML or subtitles (.srt),
or are the .txt files of a folder. A row has an id, a text, and whatever
option below it wants otherwise: persona, voice, lang, audio, output ...

What is there already, made of the same, stays. Stopped or killed, the same
command goes on from there. Exit code 1: some clips could not be made.
"""


def batch(
    rows: Annotated[str, typer.Argument(help="The file or folder of rows; - reads stdin.", show_default=False)],
    output: Annotated[
        str, typer.Option("--output", "-o", help="The folder of the clips, or an address: s3://bucket/clips.")
    ],
    form: Annotated[
        str | None, typer.Option("--format", help="csv, jsonl, yaml or srt.  [default: as the file is called]")
    ] = None,
    name: Annotated[str, typer.Option(help="What clips are called, with fields of theirs.")] = "{id}.mp4",
    jobs: Annotated[
        int | None, typer.Option("--jobs", "-j", min=1, help="Clips made at a time.  [default: a processor each]")
    ] = None,
    engine_name: Annotated[
        str, typer.Option("--engine", help="local, or ray: a cluster, at RAY_ADDRESS or started here.")
    ] = "local",
    gpus_per_job: Annotated[
        float, typer.Option(min=0, help="The part of a GPU that a clip needs, for ray.", show_default=False)
    ] = 0.0,
    filters: Annotated[
        list[str] | None, typer.Option("--filter", help="Those alone: id pattern, or field=pattern. May be repeated.")
    ] = None,
    shard: Annotated[str | None, typer.Option(help="This part alone, for several machines: 2/8.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be made, and what it costs.")] = False,
    frozen: Annotated[bool, typer.Option("--frozen", help="Make nothing; list what would be made or copied.")] = False,
    max_cost: Annotated[
        float | None, typer.Option(min=0, help="US dollars that voices may cost; more is not begun.")
    ] = None,
    fail_fast: Annotated[
        bool,
        typer.Option(
            "--fail-fast/--keep-going",
            help="Whether the first failure ends it.  [default: keep-going]",
            show_default=False,
        ),
    ] = False,
    retries: Annotated[int, typer.Option(min=0, help="Tries more where that may help.")] = 2,
    checked: Annotated[
        bool, typer.Option("--check", help="A clip gets its name only if deckard check finds nothing wrong with it.")
    ] = False,
    gallery: Annotated[
        bool, typer.Option("--gallery", help="Write gallery.html too: a page that shows and plays them all.")
    ] = False,
    prune: Annotated[bool, typer.Option("--prune", help="Remove clips whose rows are gone.")] = False,
    persona: Persona = None,
    voice: Voice = None,
    face: Face = None,
    lang: Lang = None,
    speed: Speed = None,
    pitch: Pitch = None,
    mood: Mood = None,
    fps: Fps = None,
    size: Size = None,
    quality: Quality = None,
    captions: Captions = None,
    captions_style: CaptionsStyle = None,
    timings: Annotated[
        list[str] | None,
        typer.Option(
            help="A suffix, as of render's --timings: .json beside each clip. May be repeated.", metavar="<suffix>"
        ),
    ] = None,
    background: Background = None,
    words: Words = None,
    loudness: Loudness = None,
    trim_silence: TrimSilence = None,
    silence_threshold: SilenceThreshold = None,
    silence_pad_ms: SilencePadMs = None,
    max_audio_seconds: MaxAudioSeconds = None,
    cache: Cached = None,
    cache_size: CacheSize = None,
    provenance: Provenance = None,
    allow_noncommercial: AllowNoncommercial = None,
    json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object a line, for each thing that happens.")
    ] = False,
    quiet: Quiet = False,
) -> None:
    given = dict(locals())
    from deckard_cli.batch import Orders, plan_clips, read_rows
    from deckard_cli.batch.choose import filtered, sharded
    from deckard_cli.batch.forecast import refuse_dear
    from deckard_cli.batch.page import write_page
    from deckard_cli.settings import Settings, choose

    place = _place(output)
    if gallery and not place.here:
        raise UsageError("A gallery stands in a folder of this machine.", code="gallery_elsewhere", hint="-o clips/")
    choices = choose({flag: value for flag, value in given.items() if flag in Settings.model_fields})
    read, mistakes = read_rows(rows, form, sys.stdin.buffer)
    with choices.named(), patience("Planning", quiet=quiet) as looking:
        suffixes = tuple(timings or ())
        clips = plan_clips(
            *(read, choices.settings, place.path),
            pattern=name, mistakes=mistakes, timings=suffixes, looking=looking,
        )  # fmt: skip
    wanted = filtered(clips, filters or ())
    wanted = sharded(wanted, shard) if shard else wanted
    if frozen:
        _refuse_changes(_expected(wanted, place, choices.settings, quiet=quiet), place, json=json)
    elif dry_run:
        expected = _expected(wanted, place, choices.settings, quiet=quiet)
        foretell(expected, place, json=json)
        if max_cost is not None:
            refuse_dear(expected, max_cost)
    else:
        _refuse_in_vain(wanted, place, choices.settings, max_cost, quiet=quiet)
        orders = Orders(retries, fail_fast, prune, checked, rows=rows)
        made = choices.settings
        engine = _engine(made, engine_name, jobs or 0, len(wanted), gpus=gpus_per_job, check=checked)
        view = View(place, json=json, quiet=quiet)
        failures = _make(wanted, clips, engine, orders, view, quiet=quiet)
        if gallery:
            view.page(write_page(clips, place.path, wanted))
        if failures:
            raise _all_of(failures, len(wanted))


def _place(output: str) -> Folder:
    """Where the clips go."""
    from deckard_cli.batch.folder import Folder

    if "://" not in output:
        return Folder(Path(output))
    try:
        from deckard_cli.batch.address import Address
    except ModuleNotFoundError as error:
        if error.name != "fsspec":
            raise
        raise MissingError(
            f"'{output}' needs fsspec, which is not installed.",
            code="not_installed",
            hint="uv pip install 'deckard-cli[ray]'",
        ) from error
    return Address(output)


def _expected(clips: Sequence[Clip], folder: Folder, settings: Settings, *, quiet: bool) -> list[Forecast]:
    from deckard_cli.batch.forecast import forecast
    from deckard_cli.batch.manifest import known
    from deckard_cli.cli.studio import cache

    expected: list[Forecast] = []
    with patience("Looking for clips", quiet=quiet) as looking:
        for each in forecast(clips, known(folder), folder, cache(settings) if settings.cache else None):
            expected.append(each)
            looking(len(expected) / len(clips))
    return expected


def _refuse_changes(expected: Sequence[Forecast], folder: Folder, *, json: bool) -> None:
    """Print the clips that would be made, and raise `DeckardError` where there are any."""
    changed = [each for each in expected if each.state != "kept"]
    if json:
        foretell(changed, folder, json=True)
    else:
        for each in changed:
            typer.echo(folder.shown(each.clip.name))
    if changed:
        raise DeckardError(
            f"{len(changed)} of {len(expected)} clips would change.",
            code="frozen",
            hint="run the same command without --frozen",
        )


def _refuse_in_vain(
    clips: Sequence[Clip], folder: Folder, settings: Settings, most: float | None, *, quiet: bool
) -> None:
    """Raise `DeckardError` where a clip cannot be made here, or where all together would cost more than `most`."""
    from deckard_cli.batch.forecast import refuse_dear, refuse_impossible

    # To look for each clip in the manifest and the cache takes time that most batches need not spend.
    if most is not None or any(clip.obstacle for clip in clips):
        expected = _expected(clips, folder, settings, quiet=quiet)
        refuse_impossible(expected)
        if most is not None:
            refuse_dear(expected, most)


def _engine(settings: Settings, kind: str, jobs: int, clips: int, *, gpus: float, check: bool) -> Engine:
    from deckard_cli.batch import Pool
    from deckard_cli.batch.engine import Kit
    from deckard_cli.batch.pool import cores
    from deckard_cli.cache import size_in_bytes

    size = min(jobs or cores(), max(clips, 1))
    kit = Kit(
        cache=size_in_bytes(settings.cache_size) if settings.cache else None,
        check=settings.check if check else None,
        threads=max(cores() // size, 1),
    )
    if kind == "local":
        return Pool(size, kit)
    if kind != "ray":
        raise unknown("engine", kind, ("local", "ray"))
    try:
        from deckard_cli.batch.cluster import Cluster
    except ModuleNotFoundError as error:
        if error.name != "ray":
            raise
        raise MissingError(
            "The engine 'ray' is not installed.", code="not_installed", hint="uv pip install 'deckard-cli[ray]'"
        ) from error
    return Cluster(size, kit, address=os.environ.get("RAY_ADDRESS"), gpus=gpus)


def _make(
    clips: Sequence[Clip], among: Sequence[Clip], engine: Engine, orders: Orders, view: View, *, quiet: bool
) -> Sequence[Failure]:
    """Make `clips`, and print where they stand in the order of their rows. What kept the others."""
    from deckard_cli.batch import batch
    from deckard_cli.batch.events import Failed, Kept, Made

    there: set[str] = set()
    failures: list[Failure] = []
    with (
        patience("Looking for clips", quiet=quiet) as looking,
        closing(batch(clips, view.folder, engine, replace(orders, looking=looking), among=among)) as events,
        closing(view),
    ):
        for event in events:
            view.show(event)
            match event:
                case Made(clip) | Kept(clip):
                    there.add(clip.id)
                case Failed(_, failure):
                    failures.append(failure)
    if not view.json:
        for clip in clips:
            if clip.id in there:
                typer.echo(view.folder.shown(clip.name))
    return failures


def _all_of(failures: Sequence[Failure], clips: int) -> DeckardError:
    """What to say of a batch in which some failed: the exit code is theirs where they have one in common."""
    codes = {failure.exit_code for failure in failures}
    kinds: dict[int, type[DeckardError]] = {kind.exit_code: kind for kind in (UsageError, MissingError, BackendError)}
    kind = kinds.get(codes.pop(), DeckardError) if len(codes) == 1 else DeckardError
    return kind(
        f"{len(failures)} of {clips} clips could not be made.",
        code="clips_failed",
        hint="mend what is said above and run the same command again: it makes these alone",
    )
