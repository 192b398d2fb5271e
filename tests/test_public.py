"""What the package promises: these names, with these signatures, and types that others can check against."""

from __future__ import annotations

import inspect
from importlib.resources import files

import pytest

import deckard_cli

PUBLIC = [
    "BackendError",
    "DeckardError",
    "Drawn",
    "Event",
    "Job",
    "MissingError",
    "Noted",
    "Spoken",
    "UsageError",
    "Written",
    "render",
    "run",
]


def test_the_public_names_are_these() -> None:
    assert deckard_cli.__all__ == PUBLIC


@pytest.mark.parametrize("name", PUBLIC)
def test_every_public_name_can_be_had_and_is_documented(name: str) -> None:
    value = getattr(deckard_cli, name)
    assert name == "Event" or inspect.getdoc(value)


def test_a_name_that_is_not_public_is_no_attribute() -> None:
    with pytest.raises(AttributeError, match="replicant"):
        deckard_cli.replicant  # noqa: B018 - asking for it is the test


def test_render_takes_what_it_is_documented_to_take() -> None:
    signature = inspect.signature(deckard_cli.render)
    assert list(signature.parameters) == ["text", "output", "persona", "studio", "options"]


def test_every_option_of_render_is_one_of_a_job() -> None:
    from deckard_cli.route import Options

    assert Options.__annotations__.keys() == deckard_cli.Job.__annotations__.keys() - {"text", "output", "persona"}


def test_the_package_says_that_it_is_typed() -> None:
    assert files("deckard_cli").joinpath("py.typed").is_file()
