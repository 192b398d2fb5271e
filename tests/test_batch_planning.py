"""Rows become clips, and everything that is wrong with any of them is found before one is made."""

from __future__ import annotations

import io
import json
import time
from pathlib import Path

import pytest
from batches import SMALL, numbered, planned
from hypothesis import given
from hypothesis import strategies as st

from deckard_cli.batch import Clip, plan_clips, read_rows
from deckard_cli.batch.choose import filtered, sharded
from deckard_cli.batch.forecast import forecast, refuse_dear, refuse_impossible
from deckard_cli.batch.manifest import Entries
from deckard_cli.batch.names import name_fault
from deckard_cli.cache import Cache
from deckard_cli.errors import DeckardError, MissingError, UsageError
from deckard_cli.settings import Settings
from deckard_cli.tomlfile import FileError


def faults(
    rows: str, settings: Settings = SMALL, pattern: str = "{id}.mp4", name: str = "a.csv"
) -> list[tuple[int, str]]:
    """The line and the field of each mistake."""
    with pytest.raises(FileError) as raised:
        planned(rows, Path("out"), settings, pattern, name)
    assert raised.value.exit_code == 2
    return [(mistake.line, mistake.field) for mistake in raised.value.mistakes]


def test_a_row_comes_before_what_is_set_for_all(here: Path) -> None:
    first, second = planned(
        "id,text,speed,captions-style\na,Hi.,1.5,words\nb,Hi.,,\n", here, SMALL.model_copy(update={"speed": 0.8})
    )
    assert (first.job.speed, first.job.captions_style) == (1.5, "words")
    assert (second.job.speed, second.job.captions_style) == (0.8, "lines")
    assert first.job.output == here / "a.mp4"


def test_all_mistakes_of_all_rows_are_told_at_once(here: Path) -> None:
    rows = (
        "id,text,persona,mood,speed,captions,size,timings,voice\n"
        "a,Hello.,nobody,happy,9,srt,512,,\n"
        "b,[hapy] Hello.,joi,sadd,1,,5x,.pdf,espeek\n"
        "c,,joi,,,,,,\n"
        "a,Hello.,,,,,,,\n"
        "A,Hello.,,,,,,,\n"
        "con,Hello.,,,,,,,\n"
        ",Hello.,,,,,,,\n"
        "d,<b>Hello</b>,,,fast,subs,,,\n"
    )
    found = faults(rows)
    assert {(3, "mood"), (3, "size"), (3, "text"), (3, "timings"), (3, "voice")} <= set(found)
    assert [field for line, field in found if line in (4, 5, 6, 7, 8)] == ["text", "id", "id", "id", "id"]
    assert {(2, "speed"), (9, "captions"), (9, "speed")} <= set(found)


@pytest.mark.parametrize(
    ("row", "field"),
    [
        ('{"id": "a", "text": "Hi.", "persona": "nobody"}', "persona"),
        ('{"id": "a", "text": "Hi.", "speed": "quick"}', "speed"),
        ('{"id": "a", "text": "Hi.", "spede": 1}', "spede"),
        ('{"id": "a", "text": ["Hi."]}', "text"),
        ('{"id": true, "text": "Hi."}', "id"),
        ('{"id": "a/b", "text": "Hi."}', "id"),
        ('{"id": "a.", "text": "Hi."}', "id"),
        ('{"id": "a", "text": "Hi.", "timings": 5}', "timings"),
        ('{"id": "a", "text": "Hi.", "timings": ".pdf"}', "timings"),
        ('{"id": "a", "text": "Hi.", "fps": 26}', "fps"),
        ('{"id": "a", "audio": "gone.wav"}', "audio"),
        ('{"id": "a", "text": "Hi.", "output": "../b.mp4"}', "output"),
        ('{"id": "a", "text": "Hi.", "output": "/b.mp4"}', "output"),
        ('{"id": "a", "text": "Hi.", "output": "b.avi"}', "output"),
        ('{"id": "a", "text": "Hi.", "output": "{nobody}.mp4"}', "output"),
        ('{"id": "a", "text": "Hi.", "voices": {"nobody": {"x": 1}}}', "voices.nobody"),
        ('{"id": "a", "text": "Hi.", "voices": {"tone": {"x": 1}}}', "voices.tone.x"),
        ('{"id": "a", "text": "Hi.", "voices.tone.seconds": "long"}', "voices.tone.seconds"),
        ('{"id": "a", "text": "Hi.", "words": "gone.toml"}', "words"),
    ],
)  # fmt: skip
def test_a_mistake_names_its_field(row: str, field: str, here: Path) -> None:
    assert faults(f"\n{row}\n", name="a.jsonl") == [(2, field)]


def test_voice_and_recording_do_not_go_together(here: Path) -> None:
    Path("a.wav").write_bytes(b"RIFF")
    assert faults("id,audio,voice,speed\na,a.wav,tone,1.5\n") == [(2, "voice"), (2, "speed")]


def test_what_is_wrong_with_all_clips_is_no_mistake_of_a_row(here: Path) -> None:
    with pytest.raises(UsageError, match="no mood called 'hapy'") as raised:
        planned("id,text\na,Hi.\n", here, SMALL.model_copy(update={"mood": "hapy"}))
    assert not isinstance(raised.value, FileError)


def test_names_are_made_of_fields(here: Path) -> None:
    rows = "id,text,lang,persona,output\na,Hi.,de,officer_k,\nb,Hi.,,,x/{mood}.webm\n"
    first, second = planned(rows, here, pattern="{persona}/{lang}-{id}.mp4")
    assert first.files == ("officer_k/de-a.mp4",)
    assert second.files == ("x/neutral.webm",)


def test_what_belongs_to_a_clip_is_called_like_it(here: Path) -> None:
    (clip,) = planned("id,text,captions,timings\na.b,Hi.,srt,json rhubarb.json\n", here)
    assert clip.files == ("a.b.json", "a.b.rhubarb.json", "a.b.srt", "a.b.mp4")


@pytest.mark.parametrize(
    "pattern", ["{id", "{nobody}.mp4", "{id!r}.mp4", "{id:>5}.mp4", "{0}.mp4", "{}.mp4", "{id}.avi", "{id}"]
)
def test_a_pattern_that_names_nothing_is_refused(pattern: str, here: Path) -> None:
    with pytest.raises(UsageError):
        planned("id,text\na,Hi.\n", here, pattern=pattern)


def test_no_two_clips_write_one_file_and_none_is_read_by_another(here: Path) -> None:
    assert faults("id,text\na,Hi.\nb,Hi.\n", pattern="{persona}.mp4") == [(3, "output")]
    rows = "id,text,captions,output\na,Hi.,srt,x.mp4\nb,Hi.,srt,X.wav\n"
    assert faults(rows) == [(3, "output")]
    Path("out").mkdir()
    Path("out/b.wav").write_bytes(b"RIFF")
    assert faults("id,text,audio,output\na,Hi.,out/b.wav,\nb,Hi.,,b.wav\n") == [(3, "output")]


def test_files_are_looked_for_beside_the_rows(here: Path) -> None:
    Path("sub").mkdir()
    Path("sub/take.wav").write_bytes(b"RIFF")
    (clip,) = planned("id,audio\na,take.wav\n", here, name="sub/a.csv")
    assert clip.job.audio == Path("sub/take.wav")


def test_rows_without_ids_are_numbered(here: Path) -> None:
    assert [clip.id for clip in planned("text\nHi.\nBye.\n", here)] == ["0001", "0002"]
    assert faults("id,text\na,Hi.\n,Bye.\n") == [(3, "id")]


@given(st.text(max_size=20))
def test_an_id_is_a_name_on_every_system_or_it_is_refused(name: str) -> None:
    if name_fault(name) is None:
        assert not set(name) & set('<>:"/\\|?*\0\n')
        assert name.strip(". ") == name != ""
    else:
        assert name_fault("a" + "".join(filter(str.isalnum, name))[:20].encode("ascii", "ignore").decode()) is None


@pytest.mark.parametrize(
    "name",
    ["nul", "COM1", "com\u00b9", "CONIN$", "aux.b", "a" * 200, "a\x7f", ".a", "a ", "", "..", "a/b", "a\\b", "a\0"],
)
def test_names_that_some_system_refuses_are_refused(name: str) -> None:
    assert name_fault(name)


@pytest.mark.parametrize("sign", ["\u202e", "\u2066", "\u200f", "\u200b", "\u2028", "\ufeff", "\x1b", "\x9b"])
def test_an_id_that_shows_as_another_is_refused_and_not_shown_so(sign: str, here: Path) -> None:
    with pytest.raises(FileError) as raised:
        planned(json.dumps({"id": f"gpj{sign}exe", "text": "Hi."}), here, name="a.jsonl")
    (mistake,) = raised.value.mistakes
    assert (mistake.line, mistake.field) == (1, "id")
    assert sign not in str(raised.value)
    assert "cannot be an id" in str(raised.value)


def test_ids_of_persian_and_of_emoji_are_names(here: Path) -> None:
    for name in ("\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645", "\U0001f468\u200d\U0001f469"):
        assert name_fault(name) is None


def test_ids_that_are_one_file_on_some_systems_are_told_apart_in_words(here: Path) -> None:
    with pytest.raises(FileError, match=r"a.csv:3: id: 'Intro' and 'intro' of a.csv:2 are one file on macOS and Win"):
        planned("id,text\nintro,Hi.\nIntro,Ho.\n", here)
    with pytest.raises(FileError, match=r"a.csv:3: id: 'intro' is the id of a.csv:2 too"):
        planned("id,text\nintro,Hi.\nintro,Ho.\n", here)


def test_who_waits_is_told_how_many_rows_are_planned(here: Path) -> None:
    Path("a.csv").write_text("id,text\na,Hi.\nb,Ho.\n")
    shares: list[float] = []
    plan_clips(read_rows("a.csv", None, io.BytesIO())[0], SMALL, here, looking=shares.append)
    assert shares == [0.5, 1.0]


def test_the_key_of_a_clip_changes_with_what_decides_it_alone(here: Path) -> None:
    rows = "id,text,mood\na,Hi.,\nb,Hi.,\nc,Hi.,happy\nd,Ho.,\n"
    keys = [clip.fingerprint for clip in planned(rows, here)]
    assert keys[0] == keys[1]
    assert len(set(keys)) == 3
    assert [clip.fingerprint for clip in planned(rows, here / "elsewhere", pattern="x-{id}.mp4")] == keys


def test_a_filter_is_about_the_id_or_about_another_field(here: Path) -> None:
    clips = planned("id,text,lang\nintro-1,Hi.,de\nintro-2,Hi.,fr\nend,Bye.,de\n", here)
    assert [clip.id for clip in filtered(clips, ["intro-*"])] == ["intro-1", "intro-2"]
    assert [clip.id for clip in filtered(clips, ["intro-*", "lang=de"])] == ["intro-1"]
    assert filtered(clips, []) == clips
    for pattern in ("x*", "langue=de"):
        with pytest.raises(UsageError):
            filtered(clips, [pattern])


def test_parts_are_all_of_it_and_stay_when_rows_come(here: Path) -> None:
    clips = numbered(60, here)
    parts = [sharded(clips, f"{part}/4") for part in (1, 2, 3, 4)]
    assert sorted(clip.id for part in parts for clip in part) == sorted(clip.id for clip in clips)
    assert all(5 <= len(part) <= 30 for part in parts)
    assert [clip.id for clip in sharded(clips[::2], "2/4")] == [clip.id for clip in parts[1] if clip in clips[::2]]
    for wrong in ("0/4", "5/4", "1", "1/0", "a/b", "-1/2"):
        with pytest.raises(UsageError, match="no part"):
            sharded(clips, wrong)


def test_a_thousand_rows_are_planned_in_seconds(here: Path) -> None:
    began = time.process_time()
    assert len(numbered(1000, here)) == 1000
    assert time.process_time() - began < 8


def paid(here: Path) -> Clip:
    return planned(
        "id,text\na,Hello you there.\n", here, Settings(voice="openai", size="64", prices={"openai": 1000.0})
    )[0]


def test_a_paid_voice_has_its_price_until_its_speech_is_kept(here: Path) -> None:
    clip, cache = paid(here), Cache(here / "cache")
    assert clip.dollars == pytest.approx(16 * 0.001)
    (expected,) = forecast([clip], Entries(), here, cache)
    assert (expected.state, expected.dollars, expected.exact) == ("new", clip.dollars, False)
    with pytest.raises(DeckardError, match=r"about \$0\.02"):
        refuse_dear([expected], 0.01)
    refuse_dear([expected], 0.02)
    with pytest.raises(MissingError):
        refuse_impossible([expected])
    assert clip.speech
    cache.put("speech", clip.speech, {"duration": 2.5}, lambda folder: (folder / "x").write_bytes(b""))
    (expected,) = forecast([clip], Entries(), here, cache)
    assert (expected.seconds, expected.dollars) == (pytest.approx(2.8), 0.0)
    refuse_impossible([expected])


def test_a_cost_that_nobody_knows_is_refused(here: Path) -> None:
    (clip,) = planned("id,text\na,Hi.\n", here, Settings(voice="openai-compatible", size="64"))
    with pytest.raises(DeckardError, match="Nobody knows"):
        refuse_dear(list(forecast([clip], Entries(), here, None)), 100)


def test_a_clip_in_the_cache_costs_nothing(here: Path) -> None:
    clip, cache = paid(here), Cache(here / "cache")
    cache.put("clip", clip.fingerprint, {"duration": 1.25}, lambda folder: (folder / "x").write_bytes(b""))
    (expected,) = forecast([clip], Entries(), here, cache)
    assert (expected.state, expected.seconds, expected.exact, expected.dollars) == ("cached", 1.25, True, 0.0)
    refuse_impossible([expected])


def test_the_example_has_no_mistakes(here: Path) -> None:
    rows = Path(__file__).parent.parent / "examples" / "batch" / "lines.csv"
    clips = planned(rows.read_text(encoding="utf-8"), here, Settings())
    assert len(clips) == 12
    assert len({clip.values["lang"] for clip in clips}) >= 5
