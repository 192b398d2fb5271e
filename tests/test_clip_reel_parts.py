"""What a film is worked out from: places, turns, the music's gain, captions and titles."""

from __future__ import annotations

import json
import math
import wave
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from flashes import Flash
from hypothesis import given
from hypothesis import strategies as st

from deckard_cli.clip.captions import Cue, Piece
from deckard_cli.clip.reel.footage import Footage, survey
from deckard_cli.clip.reel.hearing import blocks
from deckard_cli.clip.reel.lineup import Scene, line_up, scene
from deckard_cli.clip.reel.mix import Heard, levelled, mixed
from deckard_cli.clip.reel.music import Music, ducking
from deckard_cli.clip.reel.order import in_turn, order, sides
from deckard_cli.clip.reel.subtitles import beside, joined, read, text
from deckard_cli.clip.reel.titles import read_titles
from deckard_cli.errors import DeckardError, UsageError

RATE = 16000


@st.composite
def a_scene(draw: st.DrawFn) -> Scene:
    frames = draw(st.integers(1, 200))
    lead = draw(st.integers(0, frames))
    return Scene(frames, lead, draw(st.integers(lead, frames)))


@given(st.lists(a_scene(), min_size=1, max_size=30), st.integers(0, 60))
def test_no_fade_takes_sound_and_no_more_than_two_scenes_are_seen_at_once(scenes: list[Scene], fade: int) -> None:
    placed = line_up(scenes, fade)
    assert placed[0].begin == placed[0].zero == placed[0].fade == 0
    for at, its in zip(placed, scenes, strict=True):
        assert at.begin <= at.zero
        assert at.zero + its.lead >= at.begin + at.fade
        assert at.end >= at.zero + its.said
    for before, after, its in zip(placed, placed[1:], scenes, strict=False):
        assert after.begin >= before.zero + its.said
        assert after.begin == before.end - fade
        assert after.begin >= before.begin + before.fade
        assert after.fade == fade
    for first, third in zip(placed, placed[2:], strict=False):
        assert first.end <= third.begin


@given(st.lists(a_scene(), min_size=1, max_size=30))
def test_without_a_fade_each_begins_where_the_one_before_ends(scenes: list[Scene]) -> None:
    placed = line_up(scenes, 0)
    assert [at.zero for at in placed] == [sum(its.frames for its in scenes[:number]) for number in range(len(scenes))]
    assert placed[-1].end == sum(its.frames for its in scenes)


@given(st.integers(1, 10_000), st.sampled_from([Fraction(25), Fraction(30000, 1001), Fraction(24)]))
def test_a_clip_of_whole_frames_takes_as_many(frames: int, fps: Fraction) -> None:
    assert scene(footage(duration=float(frames / fps)), fps).frames == frames


def footage(persona: str = "", **fields: object) -> Footage:
    known = {
        "path": Path(f"{persona}.mp4"), "size": (64, 64), "fps": Fraction(25), "duration": 1.0, "rate": RATE,
        "sound": (0.1, 0.9), "spoken": ((0.1, 0.9),), "loudness": -16.0, "tags": {"persona": persona},
    }  # fmt: skip
    return Footage(**(known | fields))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("speakers", "turns"),
    [
        ("aabb", [0, 2, 1, 3]),
        ("aaabb", [0, 3, 1, 4, 2]),
        ("aabbcc", [0, 2, 4, 1, 3, 5]),
        ("abab", [0, 1, 2, 3]),
        ("aabba", [0, 1, 2, 3, 4]),
        ("aaaa", [0, 1, 2, 3]),
        ("", []),
    ],
)
def test_clips_that_stand_together_by_speaker_take_turns(speakers: str, turns: list[int]) -> None:
    assert in_turn(range(len(speakers)), speakers) == turns


@given(st.text("abc", max_size=20))
def test_turns_leave_nobody_out_and_keep_each_speakers_own_order(speakers: str) -> None:
    turns = in_turn(range(len(speakers)), speakers)
    assert sorted(turns) == list(range(len(speakers)))
    for speaker in set(speakers):
        own = [turn for turn in turns if speakers[turn] == speaker]
        assert own == sorted(own)


def test_the_first_who_speaks_is_on_the_left() -> None:
    assert sides([footage("k"), footage("joi"), footage("k")]) == [0, 1, 0]
    assert sides([footage(), footage(), footage()]) == [0, 1, 0]
    assert order([footage("k"), footage("joi")], "line") == [0, 1]
    for three in (("a", "b", "c"), ("a",), ("a", "")):
        if len(set(three)) != 2:
            with pytest.raises(UsageError, match=r"not \d"):
                order([footage(each) for each in three], "side")


def test_music_steps_back_for_speech_without_a_jump() -> None:
    times = np.arange(0, 20, 0.001)
    gains = 20 * np.log10(ducking([(3.0, 5.0), (5.5, 6.0), (12.0, 13.0)], times))
    for first, last in ((3.0, 5.0), (5.5, 6.0), (12.0, 13.0)):
        assert gains[(times >= first) & (times <= last)] == pytest.approx(-14)
    assert gains[times < 2.6] == pytest.approx(0)
    assert gains[(times > 7.2) & (times < 11.6)] == pytest.approx(0)
    assert np.abs(np.diff(gains)).max() < 0.07
    assert gains[(times > 5.0) & (times < 5.5)].max() < -5
    assert ducking([], times) == pytest.approx(1)


@pytest.fixture
def song(tmp_path: Path) -> Path:
    times = np.arange(3 * RATE) / RATE
    wave_ = 0.3 * np.sin(2 * np.pi * 330 * times) * (1 + 0.2 * np.sin(2 * np.pi * 3 * times))
    with wave.open(str(tmp_path / "song.wav"), "wb") as file:
        file.setparams((2, 2, RATE, 0, "NONE", ""))
        file.writeframes(np.repeat((wave_ * 32767).astype("<i2")[:, None], 2, 1).tobytes())
    return tmp_path / "song.wav"


def level(samples: np.ndarray) -> float:
    return float(20 * np.log10(np.sqrt(np.mean(samples**2)) + 1e-9))


def test_music_is_played_to_the_end_of_the_film_and_goes_out(song: Path) -> None:
    made = np.concatenate(list(Music(song, RATE).under([(8.0, 11.0)], 20 * RATE)))[: 20 * RATE]
    assert len(made) == 20 * RATE
    seconds = [level(made[at * RATE : (at + 1) * RATE]) for at in range(20)]
    assert np.ptp(seconds[1:7]) < 2.5  # a tone over itself is 3 dB louder than over anything else
    assert np.mean(seconds[8:11]) == pytest.approx(np.mean(seconds[1:7]) - 14, abs=1)
    assert seconds[17] > seconds[18] > seconds[19]
    assert abs(made[0]) < 1e-3 and abs(made[-1]) < 1e-3
    assert np.abs(np.diff(made)).max() < 0.05


def test_a_song_without_sound_is_none(tmp_path: Path) -> None:
    with wave.open(str(tmp_path / "a.wav"), "wb") as file:
        file.setparams((1, 2, RATE, 0, "NONE", ""))
        file.writeframes(bytes(4 * RATE))
    (tmp_path / "b.mp3").write_bytes(b"no song")
    for name in ("a.wav", "b.mp3"):
        with pytest.raises(DeckardError, match=name):
            Music(tmp_path / name, RATE)


def test_a_mix_holds_every_sample_of_every_sound(song: Path) -> None:
    source = np.concatenate(list(blocks(song, RATE)))
    made = np.concatenate(
        list(mixed([Heard(song, 100, None), Heard(song, 40_000, None), Heard(song, 41_000, None)], 6 * RATE, RATE))
    )
    wanted = np.zeros(6 * RATE, np.float32)
    for start in (100, 40_000, 41_000):
        wanted[start : start + len(source)] += source[: len(wanted) - start]
    assert made == pytest.approx(wanted, abs=1e-6)


def test_levelling_a_stream_is_levelling_all_of_it_at_once() -> None:
    sharp = np.random.default_rng(1).standard_normal(4 * RATE).astype(np.float32) * 0.05
    sharp[:: RATE // 2 + 7] = 0.9
    whole = np.concatenate(list(levelled(lambda: iter([sharp]), RATE, -14)))
    pieces = np.concatenate(list(levelled(lambda: iter(np.split(sharp, [5, 900, 16000, 16001, 40000])), RATE, -14)))
    assert len(whole) == len(pieces) == len(sharp)
    assert pieces == pytest.approx(whole, abs=2e-3)


def test_a_clip_is_looked_through(tmp_path: Path) -> None:
    found = survey(Flash(tags=(("persona", "joi"),)).write(tmp_path / "a.mp4"))
    assert (found.size, found.fps, found.rate, found.persona) == ((64, 64), 25, RATE, "joi")
    assert found.duration == pytest.approx(1.2, abs=0.002)
    assert found.sound == pytest.approx((0.4, 0.8), abs=0.03)
    assert len(found.spoken) == 1
    assert -30 < found.loudness < -10
    silent = survey(Flash(level=0.0).write(tmp_path / "b.mp4"))
    assert (silent.sound, silent.spoken, silent.loudness) == (None, (), -math.inf)


def cue(start: float, end: float, *lines: str) -> Cue:
    return Cue(start, end, tuple((Piece(line, start, end),) for line in lines))


def test_captions_are_moved_to_their_clips_and_none_stands_into_the_next() -> None:
    own = [cue(0.5, 1.5, "one"), cue(1.5, 4.0, "two")]
    found = joined([(10.0, 3.0, own), (12.5, 3.0, own)])
    assert [(each.start, each.end, each.lines) for each in found] == [
        (10.5, 11.5, ("one",)),
        (11.5, 13.0, ("two",)),
        (13.0, 14.0, ("one",)),
        (14.0, 15.5, ("two",)),
    ]
    assert joined([]) == []


@pytest.mark.parametrize(
    ("name", "raw"),
    [
        ("a.srt", "1\n00:00:01,000 --> 00:00:02,500\nHello <i>you</i>\nthere\n\n2\n"
                  "01:00:00,000 --> 01:00:01,000\nBye\n"),
        ("b.srt", "\ufeff1\r\n00:00:01,000 --> 00:00:02,500\r\nHello you\r\nthere\r\n\r\n2\r\n"
                  "1:00:00.000 --> 1:00:01.000\r\n{\\an8}Bye\r\n\r\n\r\n"),
        ("c.vtt", "WEBVTT\n\nNOTE 00:00 --> no\n\nSTYLE\n::cue {}\n\nid\n00:01.000 --> 00:02.500 line:0\n"
                  "Hello <00:01.500>you\nthere\n\n01:00:00.000 --> 01:00:01.000\nBye\n"),
    ],
)  # fmt: skip
def test_subrip_and_webvtt_are_read(tmp_path: Path, name: str, raw: str) -> None:
    (tmp_path / name).write_bytes(raw.encode())
    found = read(tmp_path / name)
    assert [(each.start, each.end, each.lines) for each in found] == [
        (1.0, 2.5, ("Hello you", "there")),
        (3600.0, 3601.0, ("Bye",)),
    ]


printable = st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=20)


@given(st.lists(st.tuples(st.integers(1, 90_000), printable), max_size=10))
def test_what_is_written_is_read_again(tmp_path_factory: pytest.TempPathFactory, said: list[tuple[int, str]]) -> None:
    cues, at = [], 0
    for length, words in said:
        words = words.replace("-->", "").replace("<", "").replace("{", "") or "x"
        cues.append(cue(at / 1000, (at + length) / 1000, words))
        at += length
    path = tmp_path_factory.getbasetemp() / "round.vtt"
    path.write_text(text(cues, "vtt", (64, 64)), encoding="utf-8", newline="\n")
    assert [(each.start, each.end, each.lines) for each in read(path)] == [
        (each.start, each.end, each.lines) for each in cues
    ]


@given(st.binary(max_size=300))
def test_a_file_that_is_no_captions_is_told(tmp_path_factory: pytest.TempPathFactory, raw: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "any.srt"
    path.write_bytes(raw)
    try:
        read(path)
    except UsageError as error:
        assert error.code == "bad_captions"


def test_captions_are_looked_for_beside_the_clip(tmp_path: Path) -> None:
    assert beside(tmp_path / "a.mp4") is None
    (tmp_path / "a.vtt").touch()
    assert beside(tmp_path / "a.mp4") == tmp_path / "a.vtt"
    (tmp_path / "a.srt").touch()
    assert beside(tmp_path / "a.mp4") == tmp_path / "a.srt"


def test_titles_are_a_line_for_each_clip(tmp_path: Path) -> None:
    path, clips = tmp_path / "titles.txt", [Path("a.mp4"), Path("b.mp4"), Path("c.mp4")]
    path.write_text("One\n\n", encoding="utf-8")
    assert read_titles(path, clips) == ("One", "", "")
    path.write_text("One\nTwo\nThree\nFour\n", encoding="utf-8")
    with pytest.raises(UsageError, match=r"titles\.txt:4: there are 3 clips"):
        read_titles(path, clips)


def test_titles_are_taken_from_the_manifest_of_a_batch(tmp_path: Path) -> None:
    rows = [
        {"id": "b", "clip": "k/b.mp4"},
        {"id": "a", "clip": "a.mp4", "title": "Old"},
        {"id": "a", "clip": "a.mp4", "title": "One"},
    ]
    path = tmp_path / "manifest.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    assert read_titles(path, [Path("x/a.mp4"), Path("x/b.mp4"), Path("c.mp4")]) == ("One", "b", "")


@pytest.mark.parametrize(
    ("line", "what"),
    [("[]", "no JSON object"), ("{", "no JSON object"), ('{"title": "a"}', "no clip is named"),
     ('{"clip": "a.mp4", "title": 3}', "3 is no text"), ("[" * 100_000, "no JSON object")],
)  # fmt: skip
def test_a_mistake_in_titles_is_told_with_its_line(tmp_path: Path, line: str, what: str) -> None:
    path = tmp_path / "t.jsonl"
    path.write_text('{"clip": "a.mp4", "title": "A"}\n\n' + line + "\n", encoding="utf-8")
    with pytest.raises(UsageError, match=rf"t\.jsonl:3: .*{what}"):
        read_titles(path, [Path("a.mp4")])
    with pytest.raises(UsageError, match="cannot be read"):
        read_titles(tmp_path / "none.txt", [])
