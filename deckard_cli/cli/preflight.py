"""`deckard preflight`: what a render would use here, and who chose it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, Any, Final, TypedDict

import typer

import deckard_cli
from deckard_cli.cli.endpoints import Endpoint, Variable, asked, variables
from deckard_cli.cli.keys import IS_KEY, key_file
from deckard_cli.cli.options import Json
from deckard_cli.cli.report import answer, say, table
from deckard_cli.errors import DeckardError, UsageError

if TYPE_CHECKING:
    from deckard_cli.backends import Backend
    from deckard_cli.face.portrait import Portrait
    from deckard_cli.persona import Persona
    from deckard_cli.settings import Choices, Settings

__all__ = ["preflight"]

_LONG: Final = 16
"""Characters of a key whose last four may be shown."""


class Choice(TypedDict):
    """One thing that was settled. It only ever grows."""

    name: str
    value: object
    source: str
    """Who chose: a flag, a variable, a file, ``persona joi`` or ``default``."""
    reason: str
    """What that means here, in words."""


class FormOffer(TypedDict):
    """One form that a clip could have. It only ever grows."""

    suffix: str
    encoders: list[str]
    ready: bool


class Offer(TypedDict):
    """One voice or face that could be chosen. It only ever grows."""

    kind: str
    name: str
    about: str
    licence: str
    languages: str
    needs: list[str]
    ready: bool
    """Whether the libraries, keys and models that it is known to need are there, which nothing is imported to find out,
    and with ``--check-http`` whether its service answers.
    """
    hint: str
    """What to do where it is not ready, such as the command that gets what is missing; else empty."""


class Key(TypedDict):
    """A key that is there. It only ever grows."""

    name: str
    """The variable."""
    source: str
    """``environment``, or the path of a file."""
    ends: str
    """Its last four characters; empty of a short one, of which they would tell too much."""


def preflight(
    persona: Annotated[str | None, typer.Option(help="Ask about this persona.", show_default=False)] = None,
    voice: Annotated[str | None, typer.Option(help="Ask about this voice.", show_default=False)] = None,
    face: Annotated[str | None, typer.Option(help="Ask about this face.", show_default=False)] = None,
    check_http: Annotated[
        bool, typer.Option("--check-http", help="Ask the services that are set up whether they answer, and how fast.")
    ] = False,
    json: Json = False,
) -> None:
    """Say what a render would use here and why, and what is missing.

    Ends with exit code 3 and the installing command where something that is asked for is not installed, or its key or
    its address is not set.
    """
    from deckard_cli.backends import everything
    from deckard_cli.persona import find
    from deckard_cli.settings import choose

    settled = choose({"persona": persona, "voice": voice, "face": face})
    with settled.named():
        speaker = find(settled.settings.persona)
        choices = list(_choices(settled, speaker))
    there = everything()
    found, wrong = asked(there) if check_http else ([], {})
    offers, forms, keys = list(_offers(settled.settings, speaker, wrong)), list(_forms()), list(_keys())
    problem = _problem(settled.settings, speaker, wrong)
    if json:
        answer(
            {
                "version": 1,
                "ready": problem is None,
                "choices": choices,
                "backends": offers,
                "forms": forms,
                "keys": keys,
                "variables": list(variables(there)),
                "endpoints": found,
                "system": _system(),
            }
        )
    else:
        _print(choices, offers, forms, keys)
        _print_endpoints(list(variables(there)), found)
    if problem:
        raise problem


def _choices(settled: Choices, persona: Persona) -> Iterator[Choice]:
    """Every setting, with its reason and its source."""
    from deckard_cli.backends import chain
    from deckard_cli.clip import Quality
    from deckard_cli.settings import frame_rate, frame_size
    from deckard_cli.speech.delivery import AS_IT_COMES

    owns = {"voice": persona.voice, "face": persona.face, "lang": persona.language}
    reasons = {
        "persona": f"{persona.name}, in {persona.folder}",
        "voice": "; else ".join(each.about for each in chain("voice", settled.settings.voice or persona.voice)),
        "face": "; else ".join(each.about for each in chain("face", settled.settings.face or persona.face)),
        "lang": "unless the letters of the text are those of another",
        "mood": f"one of {', '.join(persona.mood_names)}",
        "fps": f"{1000 / frame_rate(settled.settings.fps):.4g} ms a frame",
        "size": "{}x{} pixels".format(*frame_size(settled.settings.size)),
        "quality": "x264 {0.preset}, crf {0.crf}; sound {0.bit_rate} bit/s".format(
            Quality.parse(settled.settings.quality)
        ),
        "words": "before the persona's words.toml" if settled.settings.words else "the persona's words.toml alone",
        "loudness": "as it comes"
        if settled.settings.loudness.strip().casefold() == AS_IT_COMES
        else "LUFS (EBU R 128), peaks under -1 dBTP",
        "trim_silence": "at the ends of the sound; speech is never cut",
        "silence_threshold": "a 16-bit amplitude: what reaches it is no silence",
        "silence_pad_ms": "milliseconds of silence that stay at the ends",
        "max_audio_seconds": "" if settled.settings.max_audio_seconds else "the sound is as long as it is",
        "provenance": _vouching(settled.settings),
        "allow_noncommercial": "" if settled.settings.allow_noncommercial else "what may not be sold is refused",
        "background": "the persona's; none in .webm" if settled.settings.background is None else "",
    }
    persona.mood(settled.settings.mood)
    for name, value in settled.settings.model_dump().items():
        own = value is None and name in owns
        yield Choice(
            name=name,
            value=owns[name] if own else value,
            source=f"persona {persona.key}" if own else settled.sources[name],
            reason=reasons.get(name, ""),
        )


def _vouching(settings: Settings) -> str:
    """Who signs the clips."""
    from deckard_cli.clip.provenance.identity import identity
    from deckard_cli.clip.provenance.signer import kept, signer

    if not settings.provenance:
        return "nobody signs the clips"
    if not settings.certificate and not settings.private_key and not kept().is_file():
        return "signed by a certificate that is made with the first clip"
    try:
        return f"signed by {identity(signer(settings.certificate, settings.private_key)).name}"
    except DeckardError as error:
        return error.message


def _problem(
    settings: Settings, persona: Persona, wrong: Mapping[tuple[str, str], DeckardError]
) -> DeckardError | None:
    """What stands in the way of a render with these settings, found by opening what it would open. `wrong` is what was
    found of services, by kind and name.
    """
    from deckard_cli import backends
    from deckard_cli.face.backdrop import backdrop
    from deckard_cli.face.portrait import Portrait
    from deckard_cli.job import TRANSPARENT

    try:
        portrait = Portrait.load(persona.folder)
        _first(
            backends.chain("voice", settings.voice or persona.voice),
            wrong,
            lambda voice: _open_voice(voice, _options(voice, settings, persona)),
        )
        _first(
            tuple(map(backends.terms, backends.chain("face", settings.face or persona.face))),
            wrong,
            lambda face: _open_face(face, portrait, persona.key, _options(face, settings, persona)),
        )
        if settings.background not in (None, TRANSPARENT):
            backdrop(settings.background, (64, 64))
    except DeckardError as problem:
        return problem
    return None


def _first(
    chain: tuple[Backend, ...], wrong: Mapping[tuple[str, str], DeckardError], open_it: Callable[[Backend], None]
) -> None:
    """Open the first of `chain` that works here. Raises what keeps the first of all where none does."""
    problems: list[DeckardError] = []
    for backend in chain:
        try:
            open_it(backend)
            if problem := wrong.get((backend.kind, backend.name)):
                raise problem
            return
        except DeckardError as problem:
            problems.append(problem)
    raise problems[0]


def _options(backend: Backend, settings: Settings, persona: Persona) -> dict[str, Any]:
    own, asked = (persona.voices, settings.voices) if backend.kind == "voice" else (persona.faces, settings.faces)
    return {**own.get(backend.name, {}), **asked.get(backend.name, {})}


def _open_voice(voice: Backend, options: dict[str, Any]) -> None:
    """Open what `voice` runs on: its options may name files of a person's own. Raises what keeps it from speaking."""
    from deckard_cli import backends

    made = backends.load(voice)
    if voice.models:
        _must_take(voice, made, options)
        made(**options)
    elif problem := backends.obstacle(voice):
        raise problem


def _open_face(face: Backend, portrait: Portrait, persona: str, options: dict[str, Any]) -> None:
    """Open `face` as a small clip would. Raises what keeps it from being seen."""
    from deckard_cli import backends

    made = backends.load(face)
    if not face.films:
        made(portrait, size=(64, 64))
        return
    if problem := backends.obstacle(face):
        raise problem
    _must_take(face, made, options)
    made(portrait, size=(64, 64), fps=25, persona=persona, **options)


def _must_take(backend: Backend, made: Any, options: dict[str, Any]) -> None:
    """Raise `UsageError` for an option that `backend` has not."""
    import inspect

    from deckard_cli.persona.options import option_faults

    if fault := next(option_faults(inspect.signature(made), options), None):
        show = f"deckard voice show {backend.name}" if backend.kind == "voice" else "mend deckard.toml or persona.toml"
        said = f"{backend.kind}s.{backend.name}.{fault[0]}: {fault[1]}."
        raise UsageError(said, code="bad_option", hint=show)


def _offers(settings: Settings, persona: Persona, wrong: Mapping[tuple[str, str], DeckardError]) -> Iterator[Offer]:
    """Every voice and face that has a name here. `wrong` is what was found of services, by kind and name."""
    from deckard_cli import backends

    for backend in backends.everything():
        missing = backends.obstacle(backend, _options(backend, settings, persona))
        problem = missing or wrong.get((backend.kind, backend.name))
        yield Offer(
            kind=backend.kind,
            name=backend.name,
            about=backend.about,
            licence=backend.licence,
            languages=backend.languages,
            needs=list(backend.needs),
            ready=problem is None,
            hint=problem.hint if problem else "",
        )


def _forms() -> Iterator[FormOffer]:
    """Every suffix, and whether the FFmpeg that is installed here can write it."""
    import av.codec

    from deckard_cli.clip import FORMS

    for suffix, form in FORMS.items():
        encoders = [name for name in (form.picture, form.sound) if name]
        yield FormOffer(
            suffix=suffix, encoders=encoders, ready=all(name in av.codec.codecs_available for name in encoders)
        )


def _keys() -> Iterator[Key]:
    """The keys that are there, of those that a voice or a face could use."""
    import os

    from deckard_cli import backends

    file = key_file()
    known = [keys for backend in backends.everything() for keys in (*backend.keys, *backend.takes)]
    read = [variable for keys in known for variable in keys.split(" or ")]
    for name in dict.fromkeys([*read, *(file.keys if file else ())]):
        key = os.environ.get(name, "").strip()
        if key and IS_KEY.fullmatch(name):
            source = str(file.path) if file and file.keys.get(name) == key else "environment"
            yield Key(name=name, source=source, ends=key[-4:] if len(key) >= _LONG else "")


def _system() -> dict[str, object]:
    import os
    import platform

    import av

    return {
        "deckard": deckard_cli.__version__,
        "python": platform.python_version(),
        "platform": platform.platform(),
        "cores": os.cpu_count(),
        "av": av.__version__,
    }


def _print(choices: list[Choice], offers: list[Offer], forms: list[FormOffer], keys: list[Key]) -> None:
    table(
        (
            choice["name"],
            "-" if choice["value"] in (None, {}) else str(choice["value"]),
            choice["source"],
            choice["reason"],
        )
        for choice in choices
    )
    typer.echo()
    rows = []
    for offer in offers:
        state = "ready" if offer["ready"] else f"not ready: {offer['hint']}"
        rows.append((offer["kind"], offer["name"], f"{state}; {offer['about']}"))
    for form in forms:
        state = "ready" if form["ready"] else "not ready: this FFmpeg cannot write it"
        rows.append(("form", form["suffix"], f"{state}; {', '.join(form['encoders'])}"))
    for key in keys:
        ends = f"; it ends in {key['ends']}" if key["ends"] else ""
        rows.append(("key", key["name"], f"{key['source']}{ends}"))
    table(rows)
    if (file := key_file()) and file.shown:
        say(f"Others on this machine may read {file.path}, which has keys in it: chmod 600 {file.path}")


def _print_endpoints(set_up: list[Variable], found: list[Endpoint]) -> None:
    rows = [("variable", variable["name"], variable["value"]) for variable in set_up]
    for each in found:
        took = "" if each["milliseconds"] is None else f" in {each['milliseconds']:.0f} ms"
        state = f"answers{took}" if each["answers"] else each["problem"]
        version = f"; version {each['version']}" if each["version"] else ""
        says = f"; {each['says']}" if each["says"] else ""
        rows.append(("endpoint", each["name"], f"{each['url'] or '-'}  {state}{version}{says}"))
    table(rows)
