"""What a licence forbids, told by its name."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deckard_cli.models.licence import noncommercial
from deckard_cli.models.table import KNOWN


@pytest.mark.parametrize(
    "licence",
    [
        "CC-BY-NC-4.0",
        "CC-BY-NC-SA-4.0",
        "CC-BY-NC-ND-3.0-DE",
        "cc-by-nc-4.0",
        "PolyForm-Noncommercial-1.0.0",
        "LicenseRef-Non-Commercial",
        "MIT AND CC-BY-NC-4.0",
        "MIT AND (CC-BY-NC-4.0 OR CC-BY-NC-SA-4.0)",
        "MIT) AND CC-BY-NC-4.0",
        "not for commercial use (trained on LRS2)",
        "Blizzard 2013 (for research)",
        "for research only",
    ],
)
def test_a_licence_that_forbids_commercial_use_is_known(licence: str) -> None:
    assert noncommercial(licence)


@pytest.mark.parametrize(
    "licence",
    [
        "",
        "MIT",
        "NCSA",
        "Apache-2.0",
        "GPL-3.0-or-later",
        "CC-BY-4.0",
        "CC0-1.0",
        "CC-BY-NC-4.0 OR MIT",
        "(CC-BY-NC-4.0 OR MIT) AND Apache-2.0",
        "CreativeML Open RAIL-M, MIT, Apache-2.0",
        "LicenseRef-OpenAI-Terms",
        "each voice's own, told in its MODEL_CARD",
    ],
)
def test_one_that_does_not_is_none_of_them(licence: str) -> None:
    assert not noncommercial(licence)


@given(st.lists(st.sampled_from(["(", ")", "AND", "OR", "MIT", "CC-BY-NC-4.0", "for", "research"])))
def test_whatever_stands_there_is_read_to_its_end(words: list[str]) -> None:
    assert noncommercial(" ".join(words)) in (True, False)
    assert noncommercial("(" * len(words) + "CC-BY-NC-4.0" + ")" * len(words))


def test_models_that_are_known_not_to_be_for_sale_are() -> None:
    forbidden = {model.name for model in KNOWN if noncommercial(model.licence)}
    assert {"piper-en_US-ryan-medium", "piper-en_US-lessac-medium", "wav2lip"} <= forbidden
    assert forbidden.isdisjoint({"kokoro", "piper-en_GB-alba-medium", "piper-de_DE-thorsten-medium"})
