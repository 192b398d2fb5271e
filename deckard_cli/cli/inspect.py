"""`deckard inspect`: what a clip is, what it was made of, and whether that is true."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, TypedDict

import typer

from deckard_cli.cli.options import Json
from deckard_cli.cli.report import answer
from deckard_cli.errors import DeckardError

if TYPE_CHECKING:
    from deckard_cli.clip.decode import Probe, Track
    from deckard_cli.clip.provenance.claim import Claim
    from deckard_cli.clip.provenance.verify import Ingredient, Provenance

__all__ = ["HELP", "inspect"]

HELP: Final = """Show what a clip is, what it was made of, who says so, and whether that is true.

\b
  deckard inspect clip.mp4
  deckard inspect clip.mp4 --json
  deckard inspect clip.mp4 --trust C2PA-TRUST-LIST.pem

Clips of others will do as well, and files that say nothing. Ends with exit
code 1 where the file is another than the one that was signed, or its
signature is not valid. Nothing is asked of the network: whom to believe is
said by --trust, a PEM file of authorities.
"""
_TRUST: Final = {
    "own": "by a certificate that was made on this machine",
    "trusted": "by somebody on the list that was given",
    "unknown": "by somebody nobody here vouches for",
}


def inspect(
    clip: Annotated[Path, typer.Argument(help="A clip, or any other file of sound or pictures.", show_default=False)],
    trust: Annotated[
        list[Path] | None,
        typer.Option(
            help="A PEM file of authorities to believe. May be given again.", envvar="DECKARD_TRUST", metavar="<path>"
        ),
    ] = None,
    json: Json = False,
) -> None:
    from deckard_cli.clip.provenance.verify import read

    provenance = read(clip, trust or ())
    probe = _probed(clip, provenance)
    if json:
        answer(_report(clip, provenance, probe))
    else:
        typer.echo(clip)
        for name, value in _lines(provenance, probe):
            typer.echo(f"  {name:<11}{_plain(value)}")
    if provenance.state in ("tampered", "invalid"):
        what = "is not what was signed" if provenance.state == "tampered" else "has a signature that does not hold"
        raise DeckardError(
            f"'{clip}' {what}: {_plain('; '.join(provenance.faults))}.",
            code=provenance.state,
            hint="ask for it where it came from",
        )


def _plain(text: str) -> str:
    """What somebody else wrote, without what would move the cursor of a terminal or turn its letters round."""
    return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in " ".join(text.split()))


def _probed(clip: Path, provenance: Provenance) -> Probe | None:
    """The streams of `clip`; None for what is none, or is broken, of which the signature still tells."""
    from deckard_cli.clip.decode import probe

    try:
        return probe(clip)
    except DeckardError:
        if provenance.state == "none":
            raise
        return None


def _lines(told: Provenance, probe: Probe | None) -> Iterator[tuple[str, str]]:
    yield from (("title", told.title),) if told.title else ()
    if claim := told.claim:
        yield from _said(claim)
    elif probe and told.state == "none":
        yield from ((name, probe.tags[tag]) for name, tag in _TAGS.items() if tag in probe.tags)
    yield from (("source", told.source),) if told.source else ()
    yield from (("software", told.software),) if told.software else ()
    for each in told.ingredients:
        yield "made of", f"{each.title} ({_INGREDIENT[each.state]})"
    yield "signature", _signature(told, probe)
    if probe:
        yield from (("picture", _track(track)) for track in (probe.picture,) if track)
        yield from (("sound", _track(track)) for track in (probe.sound,) if track)
        yield "duration", f"{_duration(probe):.2f} s"


_TAGS: Final = {
    "title": "title", "what": "comment", "source": "digital_source_type", "persona": "persona", "voice": "voice",
    "face": "face", "language": "language", "software": "software",
}  # fmt: skip
"""What we call them -> the tags that a clip of ours has under no signature."""
_INGREDIENT: Final = {
    "none": "unsigned",
    "valid": "signed",
    "tampered": "changed after it was signed",
    "invalid": "its signature is not valid",
}


def _said(claim: Claim) -> Iterator[tuple[str, str]]:
    yield "what", claim.about
    yield from ((credit.role, str(credit)) for credit in claim.credits)
    if not claim.commercial:
        yield "licence", "not for commercial use"
    if claim.language:
        yield "language", claim.language


def _signature(told: Provenance, probe: Probe | None) -> str:
    if told.state == "none":
        webm = probe and probe.picture and probe.picture.codec.startswith(("vp", "av1"))
        return "none: a .webm has no place for one" if webm else "none"
    who = " of ".join(dict.fromkeys(filter(None, (told.signer, told.issuer)))) or "somebody without a name"
    return f"{told.state}; {who}, {_TRUST[told.trust]}"


def _track(track: Track) -> str:
    rate = f"{float(track.rate):g}"
    if track.size[0]:
        return f"{track.codec}, {track.size[0]}x{track.size[1]}, {rate} frames a second, {track.packets} frames"
    return f"{track.codec}, {rate} Hz"


def _duration(probe: Probe) -> float:
    return max((track.end for track in (probe.picture, probe.sound) if track), default=0.0)


class Stream(TypedDict):
    """A picture or a sound."""

    codec: str
    start: float
    end: float
    rate: float
    width: int
    height: int


class Report(TypedDict):
    """What `--json` prints. It only ever grows."""

    version: int
    path: str
    signature: str
    """``none``, ``valid``, ``tampered`` or ``invalid``."""
    trust: str
    """``own``, ``trusted`` or ``unknown``."""
    signer: str
    issuer: str
    faults: list[str]
    title: str
    about: str
    source: str
    """Digital source type: a name of IPTC NewsCodes, or empty."""
    synthetic: bool | None
    """None where nobody says."""
    commercial: bool | None
    """Whether nothing in it forbids commercial use; None where nobody says."""
    software: str
    language: str
    credits: list[dict[str, str]]
    """``role``, ``name`` and ``licence`` of persona, voice, face and models."""
    ingredients: list[dict[str, str]]
    """``title`` and ``signature`` of the clips that a film is made of."""
    duration: float | None
    picture: Stream | None
    sound: Stream | None
    tags: dict[str, str]
    """What stands in the file under no signature."""


def _report(clip: Path, told: Provenance, probe: Probe | None) -> Report:
    claim = told.claim
    return Report(
        version=1,
        path=str(clip.absolute()),
        signature=told.state,
        trust=told.trust,
        signer=told.signer,
        issuer=told.issuer,
        faults=list(told.faults),
        title=told.title,
        about=claim.about if claim else "",
        source=told.source,
        synthetic=told.synthetic,
        commercial=claim.commercial if claim else None,
        software=told.software,
        language=claim.language if claim else "",
        credits=[asdict(credit) for credit in claim.credits] if claim else [],
        ingredients=[_ingredient(each) for each in told.ingredients],
        duration=_duration(probe) if probe else None,
        picture=_stream(probe.picture) if probe else None,
        sound=_stream(probe.sound) if probe else None,
        tags=probe.tags if probe else {},
    )


def _ingredient(each: Ingredient) -> dict[str, str]:
    return {"title": each.title, "signature": each.state}


def _stream(track: Track | None) -> Stream | None:
    if track is None:
        return None
    width, height = track.size
    rate = float(track.rate)
    return Stream(codec=track.codec, start=track.start, end=track.end, rate=rate, width=width, height=height)
