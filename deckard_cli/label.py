"""What a clip says of itself: in tags that players show, and under a signature."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Final

from deckard_cli import __version__, backends
from deckard_cli.clip.provenance.claim import LEARNED, NEWSCODES, SYNTHETIC, Claim, Credit, SourceType
from deckard_cli.clip.provenance.signer import kept
from deckard_cli.job import Plan

__all__ = ["claim", "notes", "seal", "source_of", "source_type", "tags"]

_RECORDED: Final[frozenset[SourceType]] = frozenset({"compositeSynthetic", "compositeWithTrainedAlgorithmicMedia"})
"""The source types in which something that was recorded has a part."""
_FORBIDDEN: Final = "not for commercial use, says the film"


def tags(plan: Plan, voice: str) -> dict[str, str]:
    """Who made this, of what, and that nobody was filmed. `voice` is the name of the one that speaks."""
    source = source_type(plan, voice)
    made = {
        "title": _title(plan),
        "comment": _about(plan),
        "synthetic": str(source in SYNTHETIC).lower(),
        "digital_source_type": NEWSCODES + source,
        "persona": plan.persona.key,
        "face": plan.face.name,
        "software": f"deckard {__version__}",
    }
    if plan.told and not plan.told.commercial:
        made["commercial_use"] = "forbidden"
    if plan.loop:
        return made
    return made | {"voice": voice, "language": plan.line.lang, "text": plan.line.text[:500]}


def claim(plan: Plan, voice: str) -> Claim:
    """The same for a signature, with the licences of everything that it is made of."""
    return Claim(
        title=_title(plan),
        about=_about(plan),
        source=source_type(plan, voice),
        credits=_credits(plan, voice),
        language="" if plan.loop else plan.line.lang,
    )


def seal(plan: Plan, voice: str) -> Callable[[Path], None] | None:
    """What signs the finished clip of `plan`; None where nobody does."""
    signer = plan.signer
    if signer is None:
        return None

    def signed(path: Path) -> None:
        from deckard_cli.clip.provenance.seal import sign  # at the top C2PA would be loaded for clips without it

        sign(path, claim(plan, voice), signer)

    return signed


def notes(plan: Plan) -> tuple[str, ...]:
    """What a person should know of who signs."""
    if plan.signer is None or plan.signer.lasting:
        return ()
    return (f"'{kept()}' cannot be written, so this clip is signed with a key that nobody keeps.",)


def source_type(plan: Plan, voice: str) -> SourceType:
    """How the clip came to be, in the words of IPTC NewsCodes: rules move a drawing and a formant synthesiser; a neural
    voice or face was trained; with a recording or a photograph it is a composite. A recording alone stays one.
    """
    trained = any(backends.terms(each).trained for each in plan.voices if each.name == voice)
    if plan.form.picture:
        picture = _picture(plan)
        recorded = bool(plan.job.audio) or picture in _RECORDED
        return source_of(trained=trained or picture in LEARNED, recorded=recorded)
    return "algorithmicallyEnhanced" if plan.job.audio else source_of(trained=trained, recorded=False)


def _picture(plan: Plan) -> SourceType:
    """The same of what is seen: as a film says of itself, else as its face works. A photograph stays one, whatever a
    film that another machine made of it says.
    """
    said = _said(plan)
    trained = said in LEARNED if said else backends.terms(plan.face).trained
    return source_of(trained=trained, recorded=plan.photographed or said in _RECORDED)


def _said(plan: Plan) -> SourceType | None:
    """How what is seen came to be, by the film that another machine sent; None where none says so."""
    return plan.told.source if plan.told else None


def source_of(*, trained: bool, recorded: bool) -> SourceType:
    """What a machine made: whether a trained model, and something that was recorded, had a part in it."""
    if recorded:
        return "compositeWithTrainedAlgorithmicMedia" if trained else "compositeSynthetic"
    return "trainedAlgorithmicMedia" if trained else "algorithmicMedia"


def _credits(plan: Plan, voice: str) -> tuple[Credit, ...]:
    """Whose work it is. A film that forbids commercial use forbids it to what is made of it."""
    credits = plan.credits(voice)
    if not plan.told or plan.told.commercial:
        return credits
    return tuple(replace(each, licence=_FORBIDDEN) if each.role == "face" else each for each in credits)


def _title(plan: Plan) -> str:
    return f"{plan.persona.name}: {plan.line.text[:80]}".removesuffix(": ")


def _about(plan: Plan) -> str:
    who = plan.persona.name
    if not plan.form.picture:
        if plan.job.audio:
            return "A recording, of which Deckard has changed the loudness and the silence at the ends."
        return f"Synthetic media: a machine speaks for {who}. Nobody was recorded."
    if plan.face.films and not _said(plan):
        # Whether it moved the persona's picture nobody says: Tavus shows a replica of somebody who was once filmed.
        seen = f"{who}, a photograph" if plan.photographed else who
        return f"Synthetic media: the face '{plan.face.name}' made what is seen of {seen}. Nobody was filmed saying it."
    what = "photograph" if plan.photographed else "drawing"
    moved_by = f"the face '{plan.face.name}'" if plan.face.films else "Deckard"
    return f"Synthetic media: {who} is a {what} that {moved_by} moved. Nobody was filmed."
