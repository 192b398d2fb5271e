"""What a film of the server says of itself: a player shows it, and a clip that is made of it repeats it."""

from __future__ import annotations

from pathlib import Path

import deckard_doubles
import pytest
from lipsync_server import tone
from mouths import photographed
from photographs import astronaut
from PIL import Image

from deckard_cli.clip.decode import probe
from deckard_cli.clip.provenance.claim import NEWSCODES
from deckard_cli.remote.request import FilmRequest
from deckard_cli.serve.bench import Bench
from deckard_cli.serve.order import FILM, IMAGE, SOUND, Kit, Order
from deckard_cli.serve.terms import Terms


@pytest.fixture
def bench(here: Path) -> Bench:
    (here / "photographs").mkdir()
    return Kit(here / "photographs", Terms()).opened()


def tags(bench: Bench, folder: Path, face: str, persona: str = "joi", **fields: object) -> dict[str, str]:
    (folder / SOUND).write_bytes(tone(0.4))
    asked = FilmRequest(audio="-", persona=persona, size=(64, 64), **fields)  # type: ignore[arg-type]
    made = bench.make(Order(folder, asked, face))
    assert made.failure is None
    return probe(folder / FILM).tags


@pytest.mark.parametrize("face", ["rig", "flat"])
def test_rules_moved_a_drawing(bench: Bench, here: Path, face: str) -> None:
    told = tags(bench, here, face)
    assert (told["face"], told["digital_source_type"]) == (face, NEWSCODES + "algorithmicMedia")


def test_a_face_of_somebody_else_that_is_trained_is_called_so(
    bench: Bench, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deckard_doubles.Flat, "trained", True, raising=False)
    assert tags(bench, here, "flat")["digital_source_type"] == NEWSCODES + "trainedAlgorithmicMedia"


def test_an_image_is_what_whoever_sends_it_says(bench: Bench, here: Path) -> None:
    Image.fromarray(astronaut()).save(here / IMAGE, "PNG")
    for what, source in (
        ("photograph", "compositeSynthetic"),
        ("drawing", "algorithmicMedia"),  # of the same, which is kept, cut
    ):
        told = tags(bench, here, "flat", "", image_is=what)
        assert told["comment"] == f"Synthetic media: Somebody is a {what} that Deckard moved. Nobody was filmed."
        assert told["digital_source_type"] == NEWSCODES + source
    # A persona of the server's is what it is, whatever is said of an image of it.
    photographed(here / "personas" / "ada")
    for persona, what, source in (
        ("joi", "photograph", "algorithmicMedia"),
        ("ada", "drawing", "compositeSynthetic"),
    ):
        assert tags(bench, here, "flat", persona, image_is=what)["digital_source_type"] == NEWSCODES + source
