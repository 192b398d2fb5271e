"""What a clip says of itself."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, cast, get_args

from deckard_cli import __version__
from deckard_cli.models.licence import noncommercial

__all__ = [
    "LABEL",
    "LEARNED",
    "MEDIA_TYPES",
    "NEWSCODES",
    "SOFTWARE",
    "SYNTHETIC",
    "Claim",
    "Credit",
    "Role",
    "SourceType",
    "assertions",
]

SOFTWARE: Final = "Deckard"
LABEL: Final = "deckard.clip"
"""What our own assertion is called."""
NEWSCODES: Final = "http://cv.iptc.org/newscodes/digitalsourcetype/"
"""What the name of a digital source type comes after."""
MEDIA_TYPES: Final = {".mp4": "video/mp4", ".gif": "image/gif", ".wav": "audio/wav"}
"""Suffix -> media type of what can be signed. C2PA has no place for a manifest in Matroska, so none in .webm."""

Role = Literal["persona", "voice", "face", "model"]
SourceType = Literal[
    "algorithmicMedia",
    "trainedAlgorithmicMedia",
    "compositeSynthetic",
    "compositeWithTrainedAlgorithmicMedia",
    "algorithmicallyEnhanced",
]
"""Digital source types of IPTC NewsCodes: made by rules, by a model that learned from recordings of people, each of
these together with something that was recorded, and a recording that was mended."""

LEARNED: Final[frozenset[SourceType]] = frozenset({"trainedAlgorithmicMedia", "compositeWithTrainedAlgorithmicMedia"})
"""The source types in which a trained model had a part."""
SYNTHETIC: Final[frozenset[SourceType]] = LEARNED | {"algorithmicMedia", "compositeSynthetic"}
"""The source types of what no camera and no microphone has recorded as it is."""

_ROLES: Final[tuple[Role, ...]] = ("persona", "voice", "face", "model")
_CONTEXT: Final = {
    "dc": "http://purl.org/dc/elements/1.1/",
    "xmpRights": "http://ns.adobe.com/xap/1.0/rights/",
    "Iptc4xmpExt": "http://iptc.org/std/Iptc4xmpExt/2008-02-29/",
}


@dataclass(frozen=True, slots=True)
class Credit:
    """Something that a clip was made with."""

    role: Role
    name: str
    licence: str = ""
    """SPDX expression or a few words; empty where nobody tells."""

    @property
    def commercial(self) -> bool:
        """Whether commercial use is not forbidden."""
        return not noncommercial(self.licence)

    def __str__(self) -> str:
        return f"{self.name} ({self.licence})" if self.licence else self.name


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What is said about a clip, under a signature."""

    title: str
    about: str
    """A sentence or two: what it is, and that nobody was filmed."""
    source: SourceType
    credits: tuple[Credit, ...] = ()
    language: str = ""
    """BCP 47; empty where nothing is said."""

    @property
    def commercial(self) -> bool:
        """Whether nothing in it forbids commercial use."""
        return all(credit.commercial for credit in self.credits)

    def recorded(self) -> dict[str, object]:
        """Our own assertion: what `of` reads."""
        return {
            "version": 1,
            "synthetic": self.source in SYNTHETIC,
            "title": self.title,
            "about": self.about,
            "source": self.source,
            "language": self.language,
            "commercial_use": "not forbidden" if self.commercial else "forbidden",
            "credits": [{"role": each.role, "name": each.name, "licence": each.licence} for each in self.credits],
        }

    @classmethod
    def of(cls, recorded: Mapping[str, object]) -> Claim | None:
        """What `recorded` said; None for what is no such record: anybody may write under our label."""
        match recorded:
            case {
                "title": str(title),
                "about": str(about),
                "source": str(source),
                "language": str(language),
                "credits": list(listed),
            } if source in get_args(SourceType):
                credits = tuple(_credits(listed))
                kind = cast(SourceType, source)
                return cls(title=title, about=about, source=kind, credits=credits, language=language)
        return None


def _credits(listed: Iterable[object]) -> Iterable[Credit]:
    for each in listed:
        match each:
            case {"role": "persona" | "voice" | "face" | "model" as role, "name": str(name), "licence": str(licence)}:
                yield Credit(role, name, licence)


def assertions(claim: Claim, clips: Mapping[str, Path]) -> list[dict[str, object]]:
    """What a C2PA manifest asserts for `claim`, in the words that its library reads.

    `clips` are the ingredients of a film, by their identifiers: each was placed into it. The fields of
    ``cawg.metadata`` (CAWG Metadata 1.1) are those of Dublin Core, XMP Rights and IPTC Photo Metadata 2025.1.
    """
    agent = {"name": SOFTWARE, "version": __version__}
    created: dict[str, object] = {
        "action": "c2pa.created",
        "digitalSourceType": NEWSCODES + claim.source,
        "softwareAgent": agent,
    }
    placed = [{"action": "c2pa.placed", "parameters": {"ingredientIds": [name]}} for name in clips]
    made: list[dict[str, object]] = [
        {"label": "c2pa.actions.v2", "data": {"actions": [created, *placed], "allActionsIncluded": True}},
        {"label": "cawg.metadata", "data": _metadata(claim), "kind": "Json"},
        {"label": LABEL, "data": claim.recorded()},
    ]
    if claim.source in LEARNED:
        models = [credit.name for credit in claim.credits if credit.role == "model"]
        disclosure = {"modelType": "c2pa.types.model"} | ({"modelName": ", ".join(models)} if models else {})
        made.append({"label": "c2pa.ai-disclosure", "data": disclosure})
    return made


def _metadata(claim: Claim) -> dict[str, object]:
    told = sorted(claim.credits, key=lambda credit: _ROLES.index(credit.role))
    terms = "; ".join(f"{credit.role} {credit.name}: {credit.licence}" for credit in told if credit.licence)
    if not claim.commercial:
        terms += ". Not for commercial use."
    fields = {
        "dc:title": claim.title,
        "dc:description": claim.about,
        "dc:language": claim.language,
        "xmpRights:UsageTerms": terms,
        "Iptc4xmpExt:DigitalSourceType": NEWSCODES + claim.source,
        "Iptc4xmpExt:AISystemUsed": ", ".join(credit.name for credit in told if credit.role in ("voice", "model")),
        "Iptc4xmpExt:AISystemVersionUsed": f"{SOFTWARE} {__version__}",
    }
    return {"@context": _CONTEXT, **{name: value for name, value in fields.items() if value}}
