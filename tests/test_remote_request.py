"""The request for a film, and the answers to it: whatever comes, what is a film is found, and nothing else."""

from __future__ import annotations

import io
import json
from pathlib import Path

import film_server as server
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mouths import photographed
from PIL import Image
from pydantic import ValidationError

from deckard_cli.face.commission import commission
from deckard_cli.face.portrait import Portrait
from deckard_cli.face.still import still
from deckard_cli.persona import find
from deckard_cli.remote.account import Account
from deckard_cli.remote.fetch import Keyed, is_whole
from deckard_cli.remote.health import Probe
from deckard_cli.remote.request import FilmRequest, answer_in, answer_of, chunks, decoded, encoded, is_film, wav
from deckard_cli.speech import Phone, Speech, Word

FILM = server.film_of(10, (64, 64), 25)
JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text() | st.just(encoded(FILM[:200])),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["output", "video", "url", "video_url", "video_chunk", "index", "chunks"]) | st.text(),
            inner,
            max_size=4,
        )
    ),
)


@given(st.binary())
def test_any_bytes_are_an_answer_or_none(body: bytes) -> None:
    answer = answer_of(body)
    assert answer is None or bool(answer.film) != bool(answer.url)


@given(JSON)
def test_any_json_is_an_answer_or_none(found: object) -> None:
    answer = answer_of(json.dumps(found).encode())
    assert answer is None or (is_film(answer.film) and not answer.url) or (answer.url and not answer.film)


@given(st.integers(1, 2000), st.randoms())
def test_chunks_make_the_film_again_in_any_order_and_some_of_them_twice(largest: int, chance) -> None:  # type: ignore[no-untyped-def]
    parts = list(chunks(FILM, largest))
    twice = [*parts, parts[0]]
    chance.shuffle(twice)
    for shape in (twice, {"output": twice}, [{"output": part} for part in twice]):
        answer = answer_in(json.loads(json.dumps(shape)))
        assert answer and answer.film == FILM
    if len(parts) > 1:
        assert answer_in([part for part in twice if part != parts[-1]]) is None


@given(st.binary())
def test_base64_of_every_kind_is_read(data: bytes) -> None:
    plain = encoded(data)
    for text in (plain, plain.rstrip("="), plain.replace("+", "-").replace("/", "_"), f"data:video/mp4;base64,{plain}"):
        assert decoded(text) == data


@pytest.mark.parametrize("text", ["data:video/mp4,raw", "é", "a$b", "data:;base64,%%"])
def test_what_is_no_base64_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="base64"):
        decoded(text)


@pytest.mark.parametrize("url", ["ftp://x/y", "file:///etc/passwd", "http://a b", "javascript:1", "data:,x", "a b"])
def test_what_is_no_address_of_the_web_is_none(url: str) -> None:
    assert answer_in({"url": url}) is None


@given(st.integers(0, len(FILM)))
def test_a_film_that_is_cut_anywhere_is_not_whole(end: int) -> None:
    assert is_whole(FILM)
    assert is_whole(FILM[:end]) == (end == len(FILM) or not is_film(FILM[:end]))


def test_a_request_that_grew_is_read_by_an_older_server() -> None:
    sent = {"version": 1, "audio": "UklGRg==", "mood": "glad", "size": [64, 96]}
    assert FilmRequest.model_validate_json(json.dumps(sent)).size == (64, 96)


@pytest.mark.parametrize(
    "wrong",
    [{}, {"audio": ""}, {"fps": 0}, {"size": [1, 1]}, {"size": [64]}, {"version": 2}, {"words": [["a", -1, 2]]}],
    ids=str,
)
def test_a_request_that_cannot_be_meant_is_refused(wrong: dict[str, object]) -> None:
    sent = {"audio": "UklGRg==", **wrong} if wrong else {}
    with pytest.raises(ValidationError):
        FilmRequest.model_validate_json(json.dumps(sent))


def test_what_is_asked_holds_whatever_times_a_voice_gives() -> None:
    speech = Speech(np.zeros(1600, np.float32), 16_000, (Word("a", -1e-9, -2e-9),), (Phone("a", 0.3, 0.2),), text="a")
    asked = commission(Portrait.load(find("joi").folder), speech, size=(64, 64), fps=25, persona="joi", lang="en")
    assert asked.words == (("a", 0.0, 0.0),) and asked.phones == (("a", 0.3, 0.3),)


def test_sound_that_is_too_loud_is_clipped_and_does_not_wrap() -> None:
    loud = np.array([0, 2, -2, 1, -1], np.float32)
    samples = np.frombuffer(wav(loud, 16_000)[44:], "<i2")
    assert samples.tolist() == [0, 32767, -32767, 32767, -32767]


def test_a_still_is_the_first_picture_and_drawn_once(monkeypatch: pytest.MonkeyPatch) -> None:
    portrait = Portrait.load(find("officer_k").folder)
    first = still(portrait, (96, 64))
    with Image.open(io.BytesIO(first)) as picture:
        assert picture.size == (96, 64)
        assert np.asarray(picture).std() > 10
    monkeypatch.setattr("deckard_cli.face.still.Rig", lambda *_, **__: pytest.fail("drawn again"))
    assert still(portrait, (96, 64)) is first


def test_keys_are_in_no_representation() -> None:
    key = "key-ThisIsNobodysKey"
    account = Account("direct", "INTERNAL_API_KEY", key, "face")
    headers = {"Authorization": f"Bearer {key}"}
    assert key not in repr([account, Keyed("http://h", headers), Probe(account, "http://h", headers)])


@pytest.mark.slow  # developing a photograph takes some ten seconds
def test_a_photograph_is_sent_as_jpeg(here: Path) -> None:
    folder = photographed(here / "ada")
    with Image.open(io.BytesIO(still(Portrait.load(folder), (96, 96)))) as picture:
        assert (picture.format, picture.size) == ("JPEG", (96, 96))


def test_json_without_an_end_is_no_answer() -> None:
    assert answer_of(b"[" * 100_000) is None
    assert answer_of(b'{"output":' * 5000 + b"1" + b"}" * 5000) is None
