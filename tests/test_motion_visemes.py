"""Every sound of every language has a shape."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deckard_cli.motion import SHAPES
from deckard_cli.motion.visemes import POSES, VISEMES, Target, viseme_track
from deckard_cli.speech import Phone

IPA_CHART = (
    "pbtdʈɖcɟkɡqɢʔmɱnɳɲŋɴʙrʀⱱɾɽɸβfvθðszʃʒʂʐçʝxɣχʁħʕhɦɬɮʋɹɻjɰlɭʎʟʘǀǃǂǁɓɗʄɠʛʍwɥʜʢʡɕʑɺɧiyɨʉɯuɪʏʊeøɘɵɤoəɛœɜɞʌɔæɐaɶɑɒɚɝᵻᵿ"
)


def spoken(ipa: str, *following: str) -> list[Target]:
    """The targets of the first of some phones of 100 ms."""
    phones = [Phone(name, i * 0.1, (i + 1) * 0.1) for i, name in enumerate((ipa, *following))]
    return [target for target in viseme_track(phones) if 0 <= target.start < 0.1 - 1e-9]


def shapes(ipa: str, *following: str) -> list[str]:
    return [target.viseme for target in spoken(ipa, *following) if target.viseme != "sil"]


@pytest.mark.parametrize(
    ("viseme", "row"),
    {
        "PP": "p b m pʰ mʲ",
        "FF": "f v ɱ",
        "TH": "θ ð",
        "DD": "t d ɾ ʈ r t̪",
        "kk": "k ɡ ŋ x ɣ ʁ q",
        "CH": "ʃ ʒ tʃ dʒ t͡ʃ ɕ tɕ ʂ tʂ",
        "SS": "s z ts dz ç",
        "nn": "n l n̩ ɲ ʎ əl ɫ",
        "RR": "ɹ ɚ ɜː",
        "aa": "ɑː æ ʌ a aː ɑ̃",
        "E": "ɛ e ə eː ø œ",
        "ih": "iː i ɪ ᵻ j ɨ ɯ",
        "oh": "ɔ ɔː oː ɒ",
        "ou": "uː ʊ w y ʏ ʉ",
    }.items(),
)
def test_a_phone_has_the_shape_of_its_row(viseme, row):
    assert {ipa: shapes(ipa) for ipa in row.split()} == {ipa: [viseme] for ipa in row.split()}


@pytest.mark.parametrize(
    ("ipa", "parts"),
    {
        "aɪ": ["aa", "ih"],
        "aʊ": ["aa", "ou"],
        "eɪ": ["E", "ih"],
        "oʊ": ["oh", "ou"],
        "ɔɪ": ["oh", "ih"],
        "aɪɚ": ["aa", "ih", "RR"],
        "ɑːɹ": ["aa", "RR"],
        "pf": ["PP", "FF"],
    }.items(),
)
def test_a_sound_that_changes_has_several(ipa, parts):
    targets = spoken(ipa)
    assert [target.viseme for target in targets] == parts
    assert targets[-1].end == pytest.approx(0.1)
    if len(parts) == 2:
        assert targets[0].end == pytest.approx(0.06)


@pytest.mark.parametrize("letter", IPA_CHART.replace("ʔ", "").replace("h", "").replace("ɦ", ""))
def test_every_letter_of_the_ipa_has_a_shape(letter):
    assert shapes(letter)


@given(st.text(min_size=1, max_size=4))
@settings(deadline=None)
def test_nothing_that_a_voice_may_write_breaks_it(ipa):
    for target in viseme_track([Phone(ipa, 0.0, 0.1)]):
        assert target.viseme in VISEMES


def test_a_letter_that_nobody_has_is_read_as_the_one_it_was_made_from():
    assert shapes("ᵬ") == ["PP"]
    assert shapes("ꞔ") == shapes("c")


def test_stress_length_and_tone_marks_change_nothing():
    assert shapes("ˈɑ̃ːˠ") == ["aa"]
    assert shapes("ɜ5") == shapes("ɜ")
    assert shapes("5") == []


def test_a_glottal_stop_holds_and_an_h_takes_the_next_vowel():
    assert shapes("ʔ", "ɑ") == []
    assert shapes("h", "uː") == ["ou"]
    assert shapes("h", "aɪ") == ["aa"]
    assert shapes("h", "t") == shapes("h") == []


def test_lips_open_at_the_burst_that_is_known_else_at_seven_tenths():
    assert spoken("b")[0].burst == pytest.approx(0.07)
    assert spoken("m")[0].burst == pytest.approx(0.1)
    assert viseme_track([Phone("p", 0.0, 0.1, burst=0.04)])[1].burst == 0.04
    assert spoken("t")[0].burst is None
    assert spoken("β")[0].burst is None


def test_rounding_is_kept():
    assert spoken("kʷ")[0].rounded
    assert spoken("ø")[0].rounded
    assert not spoken("k")[0].rounded


def test_silence_is_a_target_where_it_is_seen():
    track = viseme_track([Phone("ɑ", 0.5, 0.6), Phone("ɑ", 0.65, 0.8), Phone("ɑ", 1.0, 1.1)])
    silences = [(target.start, target.end) for target in track if target.viseme == "sil"]
    assert silences == [(-math.inf, 0.5), (0.8, 1.0), (1.1, math.inf)]
    assert [target.start for target in track] == sorted(target.start for target in track)


def test_loud_vowels_are_larger_and_loud_consonants_are_not():
    phones = [Phone("ɑ", 0.0, 0.1), Phone("p", 0.1, 0.2)]
    quiet, loud = viseme_track(phones, [0.8, 0.8]), viseme_track(phones, [1.2, 1.2])
    assert loud[1].strength > quiet[1].strength
    assert loud[2].strength == quiet[2].strength


def test_poses_are_made_of_known_shapes():
    assert tuple(POSES) == VISEMES
    for pose in POSES.values():
        for name, weight in pose.items():
            assert 0 < weight <= 1
            assert name in SHAPES or f"{name}Left" in SHAPES
