"""Whose work a clip is: persona, voice, face and models, each with its licence, and whether it may be sold."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from deckard_cli.backends import Backend, terms
from deckard_cli.clip.provenance import Credit
from deckard_cli.errors import UsageError
from deckard_cli.models import Model
from deckard_cli.models.store import installed
from deckard_cli.persona import Persona

__all__ = ["credits", "refuse_noncommercial"]


def credits(
    persona: Persona, backends: Iterable[Backend], options: Mapping[str, Mapping[str, object]], lang: str
) -> tuple[Credit, ...]:
    """What a clip of `persona` in `lang` (BCP 47) is made with. `options` are those of each of `backends`, by name."""
    made = [Credit("persona", persona.name, persona.licence)]
    for backend in map(terms, backends):
        made.append(Credit(backend.kind, backend.name, backend.licence))
        made += _models(backend, options.get(backend.name, {}), lang)
    return tuple(made)


def _models(backend: Backend, options: Mapping[str, object], lang: str) -> Iterator[Credit]:
    """The model that `backend` takes of those that are here, found without loading it."""
    asked = [str(options[name]) for name in ("model", "voice") if options.get(name)]
    if backend.models:
        here = [model for model in installed() if model.name.startswith(backend.models)]
        if files := [Path(name) for name in asked if name.endswith(".onnx")]:
            yield Credit("model", files[0].stem)
        elif chosen := _chosen(backend.models[0], here, asked, lang.lower().replace("_", "-")):
            yield Credit("model", chosen.name, chosen.licence)
    elif backend.trained and options.get("model"):
        yield Credit("model", str(options["model"]))


def _chosen(prefix: str, here: list[Model], asked: list[str], lang: str) -> Model | None:
    """The one that was asked for by name, else the first that speaks `lang`, of the same country if there is one."""

    def language(model: Model) -> str:
        return model.name.removeprefix(prefix).partition("-")[0].lower().replace("_", "-")

    for model in here:
        if model.name in asked or model.name.removeprefix(prefix) in asked:
            return model
    fitting = [model for model in here if language(model).partition("-")[0] in ("", lang.partition("-")[0])]
    return max(fitting, key=lambda model: language(model).startswith(lang), default=None)


def refuse_noncommercial(credits: Iterable[Credit]) -> None:
    """Raise `UsageError` for the first of `credits` whose licence forbids commercial use."""
    for credit in credits:
        if not credit.commercial:
            raise UsageError(
                f"The {credit.role} '{credit.name}' is not for commercial use: {credit.licence}.",
                code="noncommercial",
                hint=f"--allow-noncommercial, and the clip will say so; or another {credit.role}",
            )
