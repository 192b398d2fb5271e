"""What is written beside a clip is read by the programs that it is for, and tells what the mouth did."""

from __future__ import annotations

import csv
import json
import math
import xml.etree.ElementTree as ET
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from praatio import textgrid
from told import hello, speech, speeches, told

from deckard_cli.clip.timings import CURVES, SUFFIXES, Timings, suffix, write
from deckard_cli.errors import DeckardError, UsageError
from deckard_cli.motion import COLUMN, COLUMNS, SHAPES, Motion
from deckard_cli.motion.animate import Animator
from deckard_cli.motion.visemes import VISEMES
from deckard_cli.script import Line
from deckard_cli.speech import Phone, Speech, Word
from deckard_cli.speech.espeak import Espeak

GOLDEN = Path(__file__).parent / "timings"
READ = [form for form in SUFFIXES if form != CURVES]
"""Curves are left out: they are numbers by the hundred, and those of the motion."""
MANY = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=20, deadline=None)
EYES = ["EyeBlink", "EyeLookDown", "EyeLookIn", "EyeLookOut", "EyeLookUp", "EyeSquint", "EyeWide"]
JAW = ["JawForward", "JawRight", "JawLeft", "JawOpen", "MouthClose", "MouthFunnel", "MouthPucker", "MouthRight"]
ANGLES = [f"{part}{angle}" for part in ("Head", "LeftEye", "RightEye") for angle in ("Yaw", "Pitch", "Roll")]


@pytest.mark.parametrize("form", READ)
def test_a_file_is_as_it_was_when_it_was_read_by_eye(form: str, tmp_path: Path) -> None:
    path = tmp_path / f"hello{form}"
    write(path, hello(), sound="hello.wav", fps=25)
    assert path.read_text(encoding="utf-8") == (GOLDEN / path.name).read_text(encoding="utf-8")
    assert [file.name for file in tmp_path.iterdir()] == [path.name]


@MANY
@given(said=st.lists(speeches(), min_size=1, max_size=3))
def test_json_tells_every_word_and_covers_the_clip_with_visemes(said: list[Speech], tmp_path: Path) -> None:
    write(tmp_path / "a.json", said, sound="a.wav")
    found = json.loads((tmp_path / "a.json").read_text(encoding="utf-8"))
    assert (found["version"], found["sound"]) == (1, "a.wav")
    assert [word["text"] for word in found["words"]] == [word.text for each in said for word in each.words]
    assert [phone["ipa"] for phone in found["phones"]] == [phone.ipa for each in said for phone in each.phones]
    assert found["text"].split() == [word for each in said for word in each.text.split()]
    offset = 0.0
    for word, (each, known) in zip(found["words"], [(s, w) for s in said for w in s.words], strict=True):
        offset = sum(other.duration for other in said[: next(i for i, s in enumerate(said) if s is each)])
        assert (word["start"], word["end"]) == pytest.approx((offset + known.start, offset + known.end), abs=1e-4)
    shapes = found["visemes"]
    assert {shape["viseme"] for shape in shapes} <= set(VISEMES)
    assert shapes[0]["start"] == 0
    assert shapes[-1]["end"] == found["duration"] == pytest.approx(sum(each.duration for each in said), abs=1e-4)
    assert all(one["end"] == other["start"] for one, other in pairwise(shapes))


def test_json_says_how_sure_a_word_is_and_when_a_closure_opens(tmp_path: Path) -> None:
    phone = Phone("p", 0.1, 0.2, burst=0.17)
    write(tmp_path / "a.json", [speech("p", 1.0, [Word("p", 0.1, 0.2, 0.25)], [phone])] * 2)
    found = json.loads((tmp_path / "a.json").read_text(encoding="utf-8"))
    assert [word["confidence"] for word in found["words"]] == [0.25, 0.25]
    assert [phone["burst"] for phone in found["phones"]] == [0.17, 1.17]


@MANY
@given(said=st.lists(speeches(), min_size=1, max_size=3))
def test_mouth_cues_tile_the_clip_and_are_the_same_in_all_three_files(said: list[Speech], tmp_path: Path) -> None:
    for form in (".rhubarb.json", ".tsv", ".xml"):
        write(tmp_path / f"a{form}", said, sound="a & b.wav")
    found = json.loads((tmp_path / "a.rhubarb.json").read_text(encoding="utf-8"))
    cues = [(cue["start"], cue["end"], cue["value"]) for cue in found["mouthCues"]]
    duration = found["metadata"]["duration"]
    assert -1e-6 < sum(each.duration for each in said) - duration < 0.01
    assert (cues[0][0], cues[-1][1]) == (0, duration)
    assert all(one[1] == other[0] and one[2] != other[2] for one, other in pairwise(cues))
    assert all(start < end or len(cues) == 1 for start, end, _ in cues)
    assert {shape for _, _, shape in cues} <= set("ABCDEFGHX")
    tree = ET.parse(tmp_path / "a.xml").getroot()
    assert tree.findtext("metadata/soundFile") == found["metadata"]["soundFile"] == "a & b.wav"
    assert float(str(tree.findtext("metadata/duration"))) == duration
    assert [(float(c.attrib["start"]), float(c.attrib["end"]), c.text) for c in tree.iter("mouthCue")] == cues
    *rows, last = [line.split("\t") for line in (tmp_path / "a.tsv").read_text(encoding="utf-8").splitlines()]
    assert [(float(start), shape) for start, shape in rows] == [(start, shape) for start, _, shape in cues]
    assert (float(last[0]), last[1]) == (duration, "X")


@pytest.mark.parametrize(
    ("sounds", "shapes"),
    [
        ("b.1 ɑː.2", "XACDCX"),
        ("f.1 iː.2", "XGBX"),
        ("s.1 uː.2 k.1", "XBFBX"),
        ("æ.2 l.2", "XCHX"),
        ("æ.2 l.1", "XCBX"),
        ("aɪ.3", "XCDCBX"),
        ("ʃ.1 ɔː.2 ɹ.1", "XBEX"),
        ("ɛ.2 uː.2", "XCEFX"),
        ("t.1 n.03 ɛ.1", "XBCX"),
        ("ɛ.1 m.03 ɛ.1", "XCACX"),
    ],
)
def test_each_sound_has_its_mouth_shape(sounds: str, shapes: str, tmp_path: Path) -> None:
    write(tmp_path / "a.tsv", [told("x", [("x", sounds)], 0.2, 0.3)])
    found = [line.split("\t")[1] for line in (tmp_path / "a.tsv").read_text().splitlines()]
    assert "".join(found[:-1]) == shapes


def test_sound_without_words_has_the_mouth_cues_of_what_the_face_does(tmp_path: Path) -> None:
    known = list(Espeak().speak(Line("Amama! Do you know who may move the moon?", "en-us")))
    tracks = []
    for said in (known, [replace(each, text="", words=(), phones=()) for each in known]):
        write(tmp_path / "a.tsv", said)
        rows = _lines(tmp_path / "a.tsv")
        cues = [(round(100 * float(a[0])), round(100 * float(b[0])), a[1]) for a, b in pairwise(rows)]
        tracks.append("".join(shape * (end - start) for start, end, shape in cues))
    assert len(tracks[0]) == len(tracks[1])
    assert {"A", "B", "C", "D", "E", "X"} <= set(tracks[1])
    agree = [(one in "XA") == (other in "XA") for one, other in zip(*tracks, strict=True)]
    assert sum(agree) > 0.75 * len(agree)


@pytest.mark.parametrize(
    ("curves", "shape"),
    [
        ({}, "X"),
        ({"jawOpen": 0.3, "mouthClose": 0.3}, "A"),
        ({"jawOpen": 0.15}, "B"),
        ({"jawOpen": 0.3}, "C"),
        ({"jawOpen": 0.6}, "D"),
        ({"jawOpen": 0.4, "mouthFunnel": 0.5}, "E"),
        ({"jawOpen": 0.14, "mouthPucker": 0.75}, "F"),
    ],
)
def test_a_mouth_that_is_seen_has_its_shape(curves: dict[str, float], shape: str, tmp_path: Path) -> None:
    table = np.zeros((25, len(COLUMNS)), np.float32)
    for name, value in curves.items():
        table[5:15, COLUMN[name]] = value
    with Timings([tmp_path / "a.tsv"]) as timings:
        timings.hear(Speech(np.ones(8000, np.float32), 8000))
        timings.see(Motion(table, 25.0))
    middles = {round(float(start), 2): found for start, found in _lines(tmp_path / "a.tsv")}
    assert next(found for start, found in reversed(middles.items()) if start <= 0.4) == shape


def test_a_part_without_words_has_the_cues_of_the_face_and_the_rest_those_of_its_phones(tmp_path: Path) -> None:
    said = list(Espeak().speak(Line("Mama may move. Amama! Mama may move.", "en-us")))
    assert len(said) == 3
    write(tmp_path / "a.tsv", said)
    write(tmp_path / "b.tsv", [said[0], replace(said[1], text="", words=(), phones=()), said[2]])
    whole, parted = ([(float(start), shape) for start, shape in _lines(tmp_path / name)] for name in ("a.tsv", "b.tsv"))
    first, last = said[0].duration - 0.3, said[0].duration + said[1].duration + 0.1
    assert [cue for cue in whole if cue[0] < first] == [cue for cue in parted if cue[0] < first]
    assert [cue for cue in whole if cue[0] > last] == [cue for cue in parted if cue[0] > last]
    middle = [shape for start, shape in parted if first < start < last]
    assert len(middle) > 4
    assert middle != [shape for start, shape in whole if first < start < last]


def _lines(path: Path) -> list[list[str]]:
    return [line.split("\t") for line in path.read_text(encoding="utf-8").splitlines()]


@pytest.mark.parametrize("sound", ["p", "m", "v"])
def test_lips_that_close_for_a_moment_are_closed_for_a_picture(sound: str, tmp_path: Path) -> None:
    write(tmp_path / "a.tsv", [told("x", [("x", f"ɑː.2 {sound}.02 ɑː.2")], 0.2, 0.3)])
    rows = [line.split("\t") for line in (tmp_path / "a.tsv").read_text().splitlines()]
    (closed,) = [index for index, (_, shape) in enumerate(rows) if shape in "AG"]
    assert float(rows[closed][0]) == pytest.approx(0.38)
    assert float(rows[closed + 1][0]) == pytest.approx(0.42)


@MANY
@given(said=st.lists(speeches(), min_size=1, max_size=3))
def test_praat_reads_every_word_and_phone_at_its_time(said: list[Speech], tmp_path: Path) -> None:
    path = tmp_path / "a.TextGrid"
    write(path, said)
    grid = textgrid.openTextgrid(str(path), includeEmptyIntervals=True)
    assert grid.tierNames == ("words", "phones")
    for tier, known in (
        ("words", [w.text for s in said for w in s.words]),
        ("phones", [p.ipa for s in said for p in s.phones]),
    ):
        entries = grid.getTier(tier).entries
        assert entries[0].start == 0
        assert entries[-1].end == pytest.approx(sum(each.duration for each in said), abs=1e-5)
        assert all(one.end == other.start for one, other in pairwise(entries))
        assert [entry.label for entry in entries if entry.label] == known


def test_no_word_is_lost_from_a_textgrid_because_it_has_no_width(tmp_path: Path) -> None:
    words = [Word("a", 0.1, 0.1), Word("b", 0.1, 0.3), Word("c", 0.2, 0.3), Word("d", 0.3, 0.3)]
    write(tmp_path / "a.TextGrid", [speech("a b c d", 0.3, words)])
    tier = textgrid.openTextgrid(str(tmp_path / "a.TextGrid"), includeEmptyIntervals=False).getTier("words")
    assert " ".join(entry.label for entry in tier.entries).split() == ["a", "b", "c", "d"]


def test_curves_are_in_the_columns_of_live_link_face(tmp_path: Path) -> None:
    curves = np.zeros((60, len(COLUMNS)), np.float32)
    for index, shape in enumerate(SHAPES):
        curves[1, COLUMN[shape]] = (index + 1) / 100
    curves[2, [COLUMN["headYaw"], COLUMN["headPitch"], COLUMN["headRoll"]]] = 10, 5, 3
    curves[3, [COLUMN["eyeLookOutLeft"], COLUMN["eyeLookInRight"], COLUMN["eyeLookUpLeft"]]] = 1, 1, 0.5
    with Timings([tmp_path / "a.csv"]) as timings:
        timings.see(Motion(curves[:30], 25.0))
        timings.see(Motion(curves[30:], 25.0, 30))
    with (tmp_path / "a.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    header = list(rows[0])
    assert (len(header), header[:2]) == (63, ["Timecode", "BlendShapeCount"])
    assert header[2:16] == [f"{name}{side}" for side in ("Left", "Right") for name in EYES]
    assert header[16:24] == JAW
    assert header[54:] == ANGLES
    assert [row["Timecode"] for row in rows[24:27]] == ["00:00:00:24.000", "00:00:01:00.000", "00:00:01:01.000"]
    assert {row["BlendShapeCount"] for row in rows} == {"61"}
    assert [float(rows[1][name]) for name in header[2:54]] == pytest.approx([(i + 1) / 100 for i in range(52)])
    assert [float(rows[2][f"Head{angle}"]) for angle in ("Yaw", "Pitch", "Roll")] == pytest.approx(
        [math.radians(10), -math.radians(5), -math.radians(3)], abs=1e-6
    )
    assert [float(rows[3][f"{eye}EyeYaw"]) for eye in ("Left", "Right")] == pytest.approx(
        [math.radians(30)] * 2, abs=1e-6
    )
    assert float(rows[3]["LeftEyePitch"]) < 0 == float(rows[3]["RightEyePitch"])
    assert not any(value.startswith("-0.000000") for row in rows for value in row.values())


def test_curves_of_speech_are_those_that_its_mouth_makes(tmp_path: Path) -> None:
    said = hello()
    write(tmp_path / "a.csv", said, fps=30)
    animator = Animator(30, life=0.0)
    jaw = np.concatenate([*(animator.extend(each)["jawOpen"] for each in said), animator.finish()["jawOpen"]])
    with (tmp_path / "a.csv").open(encoding="utf-8", newline="") as file:
        written = [float(row["JawOpen"]) for row in csv.DictReader(file)]
    assert written == pytest.approx(jaw.tolist(), abs=1e-6)
    assert max(written) > 0.3


@pytest.mark.parametrize(
    ("name", "form"),
    [("a.json", ".json"), ("a.rhubarb.json", ".rhubarb.json"), ("A.TEXTGRID", ".TextGrid"), ("a.b.Csv", ".csv")],
)
def test_the_suffix_chooses_the_form(name: str, form: str) -> None:
    assert suffix(Path(name)) == form


@pytest.mark.parametrize(
    ("name", "hint"), [("a.jsn", "'a.json'"), ("a.textgird", "'a.textgrid'"), ("a", ".TextGrid"), ("a.mp4", ".tsv")]
)
def test_an_unknown_suffix_is_told_with_one_that_is_known(name: str, hint: str) -> None:
    with pytest.raises(UsageError) as caught:
        write(Path(name), [])
    assert caught.value.code == "unknown_timings"
    assert hint in caught.value.hint


def test_nothing_is_left_of_timings_that_fail(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text("old")
    with pytest.raises(KeyboardInterrupt), Timings([tmp_path / "a.json", tmp_path / "a.csv"]) as timings:
        timings.hear(hello()[0])
        raise KeyboardInterrupt
    with pytest.raises(DeckardError, match="no folder"), Timings([tmp_path / "b.csv", tmp_path / "none" / "a.csv"]):
        pass
    assert [file.name for file in tmp_path.iterdir()] == ["a.json"]
    assert (tmp_path / "a.json").read_text() == "old"


if __name__ == "__main__":
    for known in READ:
        write(GOLDEN / f"hello{known}", hello(), sound="hello.wav", fps=25)
