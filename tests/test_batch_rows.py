"""Rows, in every form in which people write them."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deckard_cli.batch.rows import Row, read_rows
from deckard_cli.batch.rows.table import read_table
from deckard_cli.errors import UsageError


def read(text: str | bytes, name: str = "lines.csv") -> tuple[list[Row], list[str]]:
    Path(name).write_bytes(text if isinstance(text, bytes) else text.encode())
    rows, mistakes = read_rows(name, None, io.BytesIO())
    return rows, [str(mistake) for mistake in mistakes]


def fields(text: str | bytes, name: str = "lines.csv") -> list[dict[str, object]]:
    rows, mistakes = read(text, name)
    assert mistakes == []
    return [dict(row.fields) for row in rows]


@pytest.mark.parametrize("comma", [",", ";", "\t", "|"])
def test_a_table_is_read_with_whatever_stands_for_the_comma(comma: str, here: Path) -> None:
    text = "id,text,lang\na,Hello.,de\n".replace(",", comma)
    assert fields(text) == [{"id": "a", "text": "Hello.", "lang": "de"}]


def test_a_table_from_a_spreadsheet_is_read(here: Path) -> None:
    text = '\ufeffID;Text;Captions-Style\r\na;"Hello; you,\r\nthere ""friend"""; words \r\n\r\nb;Bye;\r\n'
    assert fields(text) == [
        {"id": "a", "text": 'Hello; you,\r\nthere "friend"', "captions_style": " words "},
        {"id": "b", "text": "Bye"},
    ]
    assert [row.line for row in read(text)[0]] == [2, 5]
    assert fields(text[1:].encode("utf-16")) == fields(text)


@pytest.mark.parametrize("first", ["sep=;", '"sep=;"', "SEP=;;;", "sep=^"])
def test_the_line_that_tells_excel_of_its_comma_is_no_header(first: str, here: Path) -> None:
    comma = "^" if "^" in first else ";"
    rows, mistakes = read(f"\ufeff{first}\r\nid;text\r\na;Hello, you\r\n".replace(";", comma))
    assert (mistakes, [(row.line, row.fields) for row in rows]) == ([], [(3, {"id": "a", "text": "Hello, you"})])


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16-le", "utf-16-be"])
def test_what_excel_saves_is_read_whatever_its_encoding(encoding: str, here: Path) -> None:
    mark = "" if encoding == "utf-8-sig" else "\ufeff"
    assert fields(f"{mark}id;text\r\nä;Grüße\r\n".encode(encoding)) == [{"id": "ä", "text": "Grüße"}]


@pytest.mark.parametrize("name", ["lines.xlsx", "lines.XLS", "lines.ods"])
def test_a_spreadsheet_is_told_what_to_be_saved_as(name: str, here: Path) -> None:
    with pytest.raises(UsageError, match="is a spreadsheet") as raised:
        read(b"PK\x03\x04\0\0", name)
    assert "CSV" in raised.value.hint
    assert "lines.csv" in raised.value.hint


def test_columns_stand_in_any_order_and_empty_cells_say_nothing(here: Path) -> None:
    assert fields("mood,text,id\n,Hello.,a\nhappy,Bye.\n") == [
        {"text": "Hello.", "id": "a"},
        {"mood": "happy", "text": "Bye."},
    ]


def test_mistakes_of_a_table_name_line_and_column(here: Path) -> None:
    rows, mistakes = read('id,txt,text,text\na,b,c,d,e\nb,,Hello,\n"c"d,x\n')
    assert [row.fields for row in rows] == [{"id": "b", "text": "Hello"}]
    assert mistakes[0].startswith("lines.csv:1: txt: There is no field called 'txt'. did you mean 'text'?")
    assert mistakes[1] == "lines.csv:1: text: two columns are called so"
    assert mistakes[2] == "lines.csv:2: 5 cells in a table of 4 columns"
    assert mistakes[3].startswith("lines.csv:4: this is no table: ")


def test_a_table_without_a_header_is_told_so(here: Path) -> None:
    rows, mistakes = read("a,Hello.\nb,Bye.\n")
    assert (rows, mistakes) == ([], ["lines.csv:1: the first line has to name the columns, such as: id,text"])


@given(st.lists(st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1), min_size=1, max_size=5))
def test_a_table_gives_back_what_was_written(texts: list[str]) -> None:
    quoted = "".join('"' + text.replace('"', '""') + '"\n' for text in texts)
    rows = [row for row in read_table(f"text\n{quoted}", Path("a.csv")) if isinstance(row, Row)]
    assert [row.fields["text"] for row in rows] == [text for text in texts if text.strip()]


def test_json_lines_keep_numbers_and_tell_what_is_no_object(here: Path) -> None:
    text = '{"id": 7, "Text": "a\\u2028b", "speed": 1.5, "mood": null}\n\n[1]\n{"id": 1, "ID": 2}\n{"a"\n'
    rows, mistakes = read(text, "lines.jsonl")
    assert [(row.line, row.fields) for row in rows] == [(1, {"id": 7, "text": "a\u2028b", "speed": 1.5})]
    assert [mistake.split(":")[1] for mistake in mistakes] == ["3", "4", "5"]
    assert "twice" in mistakes[1]


def test_yaml_is_a_list_of_rows_whose_words_are_taken_as_they_stand(here: Path) -> None:
    text = "- {id: 007, text: yes, lang: no, mood: ~}\n- id: b\n  text: |\n    Two\n    lines\n  timings: [.json]\n"
    assert fields(text, "lines.yaml") == [
        {"id": "007", "text": "yes", "lang": "no"},
        {"id": "b", "text": "Two\nlines\n", "timings": [".json"]},
    ]
    assert [row.line for row in read(text, "lines.yaml")[0]] == [1, 2]


def test_yaml_may_map_ids_to_texts_and_rows_and_take_over_what_is_usual(here: Path) -> None:
    text = "hello: Hello.\nbye: &bye\n  text: Bye.\n  lang: de\nagain:\n  <<: *bye\n  text: Again.\n"
    assert fields(text, "lines.yml") == [
        {"id": "hello", "text": "Hello."},
        {"id": "bye", "text": "Bye.", "lang": "de"},
        {"id": "again", "text": "Again.", "lang": "de"},
    ]


@pytest.mark.parametrize(
    "text", ["- a\n", "- [a]\n", "a", "- {a: {b: {c: {d: {e: f}}}}}\n", "- &a {b: *a}\n", "{", "- {id: a, id: b}\n"]
)
def test_yaml_that_is_no_row_is_a_mistake(text: str, here: Path) -> None:
    rows, mistakes = read(text, "lines.yaml")
    assert not rows
    assert mistakes
    assert all(mistake.startswith("lines.yaml:") for mistake in mistakes)


def test_each_subtitle_is_a_row_and_keeps_its_time(here: Path) -> None:
    text = (
        "1\r\n00:00:01,500 --> 00:00:02,000 X1:40\r\n<i>Hello</i>\r\n{\\an8}there.\r\n\r\n\r\n"
        "12\r\n01:00:00.250 --> 01:00:01.000\r\nBye < you.\r\n"
    )
    rows, mistakes = read(text, "talk.srt")
    assert mistakes == []
    assert [(row.line, row.fields["id"], row.fields["text"], row.cue) for row in rows] == [
        (1, "0001", "Hello there.", (1.5, 2.0)),
        (7, "0012", "Bye < you.", (3600.25, 3601.0)),
    ]


def test_what_is_no_subtitle_is_a_mistake(here: Path) -> None:
    rows, mistakes = read("1\nHello\n\n2\n00:00:02,000 --> 00:00:01,000\nBye\n", "talk.srt")
    assert not rows
    assert [mistake.split(": ")[0] for mistake in mistakes] == ["talk.srt:1", "talk.srt:5"]


def test_a_folder_of_texts_is_a_row_each(here: Path) -> None:
    Path("lines").mkdir()
    for name, text in (("b.txt", "Bye.\n"), ("a.txt", "Hello."), (".c.txt", "no"), ("d.md", "no")):
        Path("lines", name).write_text(text)
    Path("lines", "bad.txt").write_bytes(b"\xff\xfe\xff")
    rows, mistakes = read_rows("lines", None, io.BytesIO())
    assert [row.fields for row in rows] == [{"id": "a", "text": "Hello."}, {"id": "b", "text": "Bye.\n"}]
    assert str(mistakes[0]).startswith("lines/bad.txt:1: ")


@pytest.mark.parametrize(
    "text",
    [
        "id,text\na,Hello.\n",
        '{"id": "a", "text": "Hello."}\n',
        "- {id: a, text: Hello.}\n",
        "# lines\n---\na: Hello.\n",
        "a:\n  text: Hello.\n",
    ],
)
def test_what_comes_from_stdin_is_known_by_what_it_is(text: str) -> None:
    rows, mistakes = read_rows("-", None, io.BytesIO(text.encode()))
    assert mistakes == []
    assert [row.fields for row in rows] == [{"id": "a", "text": "Hello."}]


def test_subtitles_from_stdin_are_known_too() -> None:
    rows, _ = read_rows("-", None, io.BytesIO(b"\n1\n00:00:01,000 --> 00:00:02,000\nHello.\n"))
    assert rows[0].where == "stdin:2"


@pytest.mark.parametrize("name", ["lines.txt", "lines.json", "gone.csv", "empty.csv"])
def test_a_file_that_has_no_rows_is_refused(name: str, here: Path) -> None:
    for present in ("lines.txt", "lines.json", "empty.csv"):
        Path(present).write_text("")
    with pytest.raises(UsageError):
        read_rows(name, None, io.BytesIO())


def test_the_format_may_be_said(here: Path) -> None:
    Path("lines.txt").write_text('{"id": "a"}')
    assert read_rows("lines.txt", "jsonl", io.BytesIO())[0][0].fields == {"id": "a"}
    with pytest.raises(UsageError, match="no format called 'xml'"):
        read_rows("lines.txt", "xml", io.BytesIO())
