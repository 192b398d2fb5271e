"""The addresses that voices and faces are asked at: which are set, and whether somebody answers there."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, TypedDict

from deckard_cli.cli.keys import IS_KEY
from deckard_cli.errors import DeckardError

if TYPE_CHECKING:
    from deckard_cli.backends import Backend

__all__ = ["Endpoint", "Variable", "asked", "variables"]


class Variable(TypedDict):
    """A variable of the environment that is set and is no key. It only ever grows."""

    name: str
    value: str
    """An address without what may be secret in it: user, password, query."""


class Endpoint(TypedDict):
    """A service that was asked how it is. It only ever grows."""

    kind: str
    name: str
    url: str
    """Empty where it is not known."""
    answers: bool
    """Whether there is a service that takes the key."""
    milliseconds: float | None
    """Until its whole answer was there; null where none came."""
    says: str
    """What it says of itself."""
    version: str
    """The version that it says it has, or empty."""
    problem: str
    """What is wrong, or empty."""


def variables(backends: Sequence[Backend]) -> Iterator[Variable]:
    """What is set of all that decides where `backends` are asked, and for what."""
    names = [name for each in backends for name in (*each.settles, *each.keys, *each.takes)]
    for name in dict.fromkeys(part for each in names for part in each.split(" or ")):
        value = os.environ.get(name, "").strip()
        if value and not IS_KEY.fullmatch(name):
            yield Variable(name=name, value=_plain(value))


def _plain(value: str) -> str:
    from deckard_cli.remote.health import shown

    if not re.match(r"\w+://", value):
        return value
    try:
        return shown(value)
    except ValueError:
        return "no address"


def asked(backends: Sequence[Backend]) -> tuple[list[Endpoint], dict[tuple[str, str], DeckardError]]:
    """How the services of those of `backends` are that have one, have a way to ask it, and lack nothing here; and what
    is wrong, by kind and name.
    """
    from deckard_cli.backends import load, obstacle
    from deckard_cli.remote.health import Probe, examined

    probes: dict[tuple[str, str], Probe] = {}
    wrong: dict[tuple[str, str], DeckardError] = {}
    for backend in backends:
        key: tuple[str, str] = (backend.kind, backend.name)
        if "network" not in backend.needs or obstacle(backend):
            continue
        try:
            made = load(backend)
            if hasattr(made, "probe"):
                probes[key] = made.probe()
        except DeckardError as problem:
            wrong[key] = problem
    found = [_endpoint(*key, problem=problem.message) for key, problem in wrong.items()]
    for key, health in zip(probes, examined(list(probes.values())), strict=True):
        if health.problem:
            wrong[key] = health.problem
        found.append(
            _endpoint(
                *key,
                url=health.url,
                answers=health.answers,
                milliseconds=health.milliseconds,
                says=health.says,
                version=health.version,
                problem=health.problem.message if health.problem else "",
            )
        )
    return found, wrong


def _endpoint(
    kind: str,
    name: str,
    *,
    url: str = "",
    answers: bool = False,
    milliseconds: float | None = None,
    says: str = "",
    version: str = "",
    problem: str = "",
) -> Endpoint:
    return Endpoint(
        kind=kind,
        name=name,
        url=url,
        answers=answers,
        milliseconds=milliseconds,
        says=says,
        version=version,
        problem=problem,
    )
