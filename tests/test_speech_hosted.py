"""Hosted voices against servers that answer rightly and wrongly: what is asked, what comes of it, no key in sight."""

from __future__ import annotations

import base64
import io
import json
import logging
import threading
import time
import traceback
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import numpy as np
import pytest
import speech_server as server
from hosted import HOSTED, KEY, Waits, made, point_at
from hypothesis import given
from hypothesis import strategies as st
from speech_server import SpeechServer

from deckard_cli import backends
from deckard_cli.errors import BackendError, DeckardError, MissingError, UsageError
from deckard_cli.remote.retry import Clock, TransientError, retried
from deckard_cli.script import Line
from deckard_cli.speech import Speech, elevenlabs, openai
from deckard_cli.speech.ahead import ahead
from deckard_cli.speech.azure import Azure, ssml
from deckard_cli.speech.espeak import Espeak
from deckard_cli.speech.pcm import resample

REST = 0.25
"""Seconds of silence after a sentence."""
ADDRESSES = ["OPENAI_BASE_URL", "OPENAI_COMPATIBLE_BASE_URL", "ELEVENLABS_BASE_URL", "AZURE_SPEECH_ENDPOINT"]
KEYED = ["openai", "elevenlabs", "azure"]


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Iterator[SpeechServer]:
    with server.serving() as double:
        point_at(double, monkeypatch)
        yield double


@pytest.fixture(params=HOSTED)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def line(text: str = "Hello there.", **how: float) -> Line:
    """In a language that the aligner does not know, so that no time goes into finding words in tones."""
    return Line(text, "xx", **how)  # type: ignore[arg-type]


def spoken(name: str, text: str = "Hello there.", waits: Waits | None = None, **options: object) -> list[Speech]:
    return list(made(name, waits, **options).speak(line(text)))


# What is asked


def test_openai_is_asked_for_raw_sound_of_a_model_that_is_still_there(service: SpeechServer) -> None:
    spoken("openai", voice="cedar", instructions="Slowly.")
    (request,) = service.heard
    assert request.path == "/v1/audio/speech"
    assert request.headers["authorization"] == f"Bearer {KEY}"
    assert request.json() == {
        "model": openai.usual(date.today()),
        "voice": "cedar",
        "input": "Hello there.",
        "instructions": "Slowly.",
        "response_format": "pcm",
    }


def test_a_compatible_server_is_asked_without_a_key_where_there_is_none(
    service: SpeechServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OPENAI_COMPATIBLE_API_KEY")
    (speech,) = spoken("openai-compatible", voice="af_heart")
    assert KEY not in str(service.heard)
    assert service.heard[0].json()["model"] == "tiny"
    assert service.heard[0].json()["response_format"] == "wav"
    assert speech.duration == pytest.approx(12 * server.LETTER + REST, abs=0.03)


def test_elevenlabs_hears_what_stands_around_a_sentence(service: SpeechServer) -> None:
    spoken("elevenlabs", "One is here. Two is there. Three is gone.", voice="a/b?c")
    assert service.heard[0].path == "/v1/text-to-speech/a%2Fb%3Fc/with-timestamps?output_format=pcm_24000"
    around = [(each.json().get("previous_text"), each.json().get("next_text")) for each in service.heard]
    assert around == [
        (None, "Two is there."),
        ("One is here.", "Three is gone."),
        ("Two is there.", None),
    ]
    assert {each.headers["xi-api-key"] for each in service.heard} == {KEY}


def test_a_model_of_elevenlabs_that_may_not_be_told_is_not(service: SpeechServer) -> None:
    spoken("elevenlabs", "One is here. Two is there.", model="eleven_v3")
    assert all("previous_text" not in each.json() and "next_text" not in each.json() for each in service.heard)


def test_azure_is_sent_a_document_in_which_nothing_of_the_text_is_markup(service: SpeechServer) -> None:
    text = "Fish & chips cost < 5 > 3."
    list(made("azure", style="cheerful").speak(line(text, pitch=1.2)))
    (request,) = service.heard
    assert request.path == "/cognitiveservices/v1"
    assert request.headers["x-microsoft-outputformat"] == "raw-24khz-16bit-mono-pcm"
    assert service.said == [text]
    assert b'pitch="+20%"' in request.body and b"cheerful" in request.body


@given(st.text(), st.text(min_size=1))
def test_no_text_and_no_name_gets_out_of_its_place_in_ssml(text: str, voice: str) -> None:
    from xml.etree import ElementTree

    legal = "".join(letter for letter in text if letter >= " " and letter not in "\ufffe\uffff\x7f")
    safe = "".join(letter for letter in voice if letter >= " " and letter not in "\ufffe\uffff\x7f")
    root = ElementTree.fromstring(ssml(legal, safe, style=safe))
    assert "".join(root.itertext()) == legal
    assert [each.tag.rpartition("}")[2] for each in root.iter()][:2] == ["speak", "voice"]


def test_the_region_of_azure_cannot_be_another_host(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AZURE_SPEECH_KEY", KEY)
    monkeypatch.delenv("AZURE_SPEECH_ENDPOINT", raising=False)
    monkeypatch.setenv("AZURE_SPEECH_REGION", "evil.example/")
    with pytest.raises(MissingError, match="AZURE_SPEECH_REGION") as caught:
        Azure()
    assert caught.value.code == "no_region"


@pytest.mark.parametrize(
    "url", ["localhost:8880/v1", "http://", "ftp://host/v1", "http://[", "http://a b/", "file:///x"]
)
def test_what_is_no_address_is_refused_before_anything_is_asked(
    service: SpeechServer, name: str, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable in ADDRESSES:
        monkeypatch.setenv(variable, url)
    with pytest.raises(UsageError) as caught:
        made(name)
    assert caught.value.code == "bad_address"


@pytest.mark.parametrize("name", HOSTED)
def test_no_option_of_a_persona_says_where_a_key_is_sent(name: str) -> None:
    import inspect

    options = inspect.signature(HOSTED[name]).parameters
    assert not {"base_url", "url", "address", "endpoint", "region", "host", "key", "api_key"} & options.keys()


# What comes of it


def test_the_times_of_letters_become_those_of_words(service: SpeechServer) -> None:
    (speech,) = spoken("elevenlabs", "Well, it's 42 out.")
    assert [word.text for word in speech.words] == ["Well", "it's", "42", "out"]
    assert [round(word.start / server.LETTER) for word in speech.words] == [0, 6, 11, 14]
    assert [round(word.end / server.LETTER) for word in speech.words] == [4, 10, 13, 17]
    assert {word.confidence for word in speech.words} == {1.0}


def test_times_that_a_service_does_not_tell_are_found_in_its_sound(service: SpeechServer, name: str) -> None:
    (known,) = Espeak().speak(Line("The quick brown fox jumps over the lazy dog."))
    samples = (32_767 * resample(known.samples, known.rate, server.RATE)).astype("<i2")
    answer = {"audio_base64": base64.b64encode(samples.tobytes()).decode(), "alignment": None}
    if name == "elevenlabs":
        service.then(server.answering(json.dumps(answer).encode(), "application/json"))
    else:
        wav = name == "openai-compatible"
        service.then(server.answering(server.wav_of(samples) if wav else samples.tobytes(), "audio/pcm"))
    (speech,) = made(name).speak(Line(known.text))
    assert [word.text for word in speech.words] == [word.text for word in known.words]
    away = [abs(one.start - two.start) for one, two in zip(speech.words, known.words, strict=True)]
    assert np.median(away) < 0.03
    assert len(speech.phones) > 20


times = st.lists(st.one_of(st.floats(-1, 5), st.none(), st.just("x"), st.just(True)), max_size=8)


@given(st.text("ab .", min_size=1, max_size=6), times, times, st.floats(0, 3))
def test_words_of_any_times_are_in_order_and_inside_the_sound(
    text: str, starts: list[Any], ends: list[Any], duration: float
) -> None:
    names = ("characters", "character_start_times_seconds", "character_end_times_seconds")
    found = elevenlabs.words(text, dict(zip(names, (list(text), starts, ends), strict=True)), duration)
    edges = [edge for word in found for edge in (word.start, word.end)]
    assert edges == sorted(edges)
    assert all(0 <= edge <= duration for edge in edges)


@pytest.mark.parametrize("alignment", [None, {}, [], {"characters": list("Other words.")}, {"characters": 3}])
def test_times_of_another_text_are_not_taken(alignment: object) -> None:
    assert elevenlabs.words("Hello there.", alignment, 1.0) == ()


@pytest.mark.parametrize("form", ["flac", "mp3", "opus", "aac"])
def test_a_compatible_servers_sound_may_arrive_in_any_form_and_rate(service: SpeechServer, form: str) -> None:
    import av

    samples = server.sound_of("Hello there")
    file = io.BytesIO()
    rate = 48_000 if form == "opus" else 22_050
    container, codec = {
        "flac": ("flac", "flac"),
        "mp3": ("mp3", "mp3"),
        "opus": ("ogg", "libopus"),
        "aac": ("adts", "aac"),
    }[form]
    with av.open(file, "w", format=container) as writer:
        stream = writer.add_stream(codec, rate=rate, layout="mono")
        to = av.AudioResampler(format=stream.format, layout="mono", rate=rate, frame_size=stream.frame_size or 1024)
        frame = av.AudioFrame.from_ndarray(samples[None], format="s16", layout="mono")
        frame.sample_rate = server.RATE
        for each in [*to.resample(frame), *to.resample(None)]:
            writer.mux(stream.encode(each))
        writer.mux(stream.encode(None))
    service.then(server.answering(file.getvalue(), f"audio/{form}"))
    (speech,) = spoken("openai-compatible", "Hello there.", format=form)
    assert speech.rate == 24_000
    heard = np.abs(speech.samples) > 0.1
    assert np.flatnonzero(heard)[-1] - np.flatnonzero(heard)[0] == pytest.approx(11 * server.LETTER * 24_000, abs=2400)


def test_stereo_of_another_rate_becomes_mono_of_the_one_rate(service: SpeechServer) -> None:
    import wave

    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setparams((2, 2, 44_100, 0, "NONE", ""))
        writer.writeframes(np.full((44_100, 2), (16_000, 8_000), "<i2").tobytes())
    service.then(server.answering(file.getvalue(), "audio/wav"))
    (speech,) = spoken("openai-compatible")
    assert len(speech.samples) == pytest.approx(24_000 * 1.25, abs=200)
    assert np.median(speech.samples[2000:22_000]) == pytest.approx(12_000 / 32_768, abs=0.01)


def test_speed_is_kept_by_voices_that_have_none(service: SpeechServer, name: str) -> None:
    usual = sum(speech.duration for speech in made(name).speak(line("Hello there.")))
    quick = sum(speech.duration for speech in made(name).speak(line("Hello there.", speed=2.0)))
    assert quick == pytest.approx(usual / 2, rel=0.01)


@pytest.mark.parametrize("name", ["openai", "openai-compatible", "elevenlabs"])
def test_a_pitch_that_cannot_be_had_is_told(service: SpeechServer, name: str) -> None:
    (speech,) = made(name).speak(line("Hello.", pitch=1.3))
    assert any("pitch" in note for note in speech.notes)


def test_the_end_of_a_model_is_told_when_it_is_near() -> None:
    end = openai.MODELS[0].end
    assert openai.notice(openai.MODELS[0].name, end - timedelta(days=61)) == ()
    assert str(end) in openai.notice(openai.MODELS[0].name, end - timedelta(days=60))[0]
    assert openai.notice("a-model-of-tomorrow", end) == ()


def test_after_the_last_end_a_model_has_to_be_named() -> None:
    last = max(model.end for model in openai.MODELS)
    assert openai.usual(last - timedelta(days=1))
    with pytest.raises(MissingError, match="shut down") as caught:
        openai.usual(last)
    assert caught.value.code == "no_model"


# What goes wrong


@pytest.mark.parametrize("code", [408, 429, 500, 502, 503])
def test_what_passes_is_asked_again(service: SpeechServer, name: str, code: int) -> None:
    service.then(server.status(code), server.status(code))
    waits = Waits()
    (speech,) = spoken(name, waits=waits)
    assert len(service.heard) == 3
    assert speech.text == "Hello there."
    assert waits.waits == [0.5, 1.0]


@pytest.mark.parametrize("wrong", [server.cut_off, server.hung_up], ids=["cut off", "hung up"])
def test_sound_that_breaks_off_is_asked_for_again_from_its_start(
    service: SpeechServer, name: str, wrong: server.Answer
) -> None:
    service.then(wrong)
    waits = Waits()
    (speech,) = spoken(name, waits=waits)
    assert len(service.heard) == 2
    assert len(waits.waits) == 1
    assert speech.duration == pytest.approx(12 * server.LETTER + REST, abs=0.03)


def test_a_server_that_asks_to_be_left_alone_is(service: SpeechServer, name: str) -> None:
    soon = format_datetime(datetime.now(UTC) + timedelta(seconds=20), usegmt=True)
    service.then(
        server.status(429, retry_after="7"), server.status(503, retry_after=soon), server.status(429, retry_after="x")
    )
    waits = Waits()
    spoken(name, waits=waits)
    assert waits.waits == [7.0, pytest.approx(19, abs=2), 2.0]


def test_nobody_waits_an_hour(service: SpeechServer, name: str) -> None:
    service.then(server.status(429, retry_after="3600"))
    waits = Waits()
    with pytest.raises(BackendError) as caught:
        spoken(name, waits=waits)
    assert (caught.value.code, waits.waits) == ("busy", [])


def test_what_does_not_pass_is_given_up(service: SpeechServer, name: str) -> None:
    service.then(*[server.status(500)] * 4)
    with pytest.raises(BackendError, match="status 500") as caught:
        spoken(name)
    assert len(service.heard) == 4
    assert caught.value.hint


@pytest.mark.parametrize(
    ("answer", "kind", "code"),
    [
        (server.status(401), MissingError, "key_refused"),
        (server.status(402), BackendError, "no_credit"),
        (server.status(403), BackendError, "forbidden"),
        (server.status(404), BackendError, "not_found"),
        (server.status(400), BackendError, "refused"),
        (
            server.status(429, {"error": {"message": "no money", "code": "insufficient_quota"}}),
            BackendError,
            "no_credit",
        ),
        (server.status(401, {"detail": {"status": "quota_exceeded"}}), BackendError, "no_credit"),
        (server.status(307, location="http://127.0.0.1:9/elsewhere"), BackendError, "moved"),
        (server.status(302, location="/elsewhere"), BackendError, "moved"),
        (server.endless, BackendError, "too_much"),
    ],
    ids=["401", "402", "403", "404", "400", "429 quota", "401 quota", "307", "302", "endless"],
)
def test_what_cannot_pass_is_asked_once(
    service: SpeechServer, name: str, answer: server.Answer, kind: type[DeckardError], code: str
) -> None:
    service.then(answer)
    with pytest.raises(kind) as caught:
        spoken(name)
    assert caught.value.code == code
    assert len(service.heard) == 1
    assert caught.value.hint


@pytest.mark.parametrize(
    "body",
    [
        {"error": {"message": "The voice is gone."}},
        {"detail": {"status": "voice_not_found", "message": "The voice is gone."}},
        {"detail": [{"loc": ["body"], "msg": "The voice is gone."}]},
        {"detail": "The voice\x1b[2J is gone"},
        {"message": "The voice is gone."},
    ],
    ids=["openai", "elevenlabs", "fastapi", "terminal", "plain"],
)
def test_what_a_server_says_of_it_is_told_on_one_line(service: SpeechServer, name: str, body: object) -> None:
    service.then(server.status(422, body))
    with pytest.raises(BackendError) as caught:
        spoken(name)
    assert caught.value.message.replace("[2J", "").replace("  ", " ").endswith(": The voice is gone.")
    assert caught.value.message.isprintable()


@pytest.mark.parametrize("body", [{}, [], [[]], {"error": None}, {"detail": {"message": ["x"]}}, "x" * 10_000, 3])
def test_whatever_a_server_says_of_it_the_status_is_told(service: SpeechServer, name: str, body: object) -> None:
    service.then(server.status(418, body))
    with pytest.raises(BackendError, match="status 418") as caught:
        spoken(name)
    assert len(caught.value.message) < 400


def test_a_moment_of_sound_for_a_long_sentence_is_asked_for_again(service: SpeechServer, name: str) -> None:
    text = "This is a sentence that nobody says in a moment."
    service.then(brief)
    (speech,) = spoken(name, text)
    assert len(service.heard) == 2
    assert speech.duration > 2


def brief(handler: Any, request: server.Heard) -> None:
    """The start of what was asked for, as if it were all."""
    samples = server.sound_of(server.text_of(request)[:2])
    if "text-to-speech" in request.path:
        server.send(handler, json.dumps(server.timed("Th", samples)).encode(), kind="application/json")
    else:
        wav = "cognitive" not in request.path and request.json()["response_format"] == "wav"
        server.send(handler, server.wav_of(samples) if wav else samples.tobytes())


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"<html>Sign in</html>", "text/html"),
        (b'{"ok": tru', "application/json"),
        (b"[" * 100_000, "application/json"),
        (b"[]", "application/json"),
        (b'{"audio_base64": "?!"}', "application/json"),
        (b'{"audio_base64": null}', "application/json"),
        (b"", "audio/pcm"),
        (b"\0" * 999, "audio/pcm"),
    ],
    ids=["html", "half json", "deep json", "a list", "no base64", "null", "nothing", "odd"],
)
def test_an_answer_that_is_no_sound_is_asked_again_and_then_told(
    service: SpeechServer, name: str, body: bytes, kind: str
) -> None:
    service.then(*[server.answering(body, kind)] * 4)
    with pytest.raises(BackendError) as caught:
        spoken(name)
    assert caught.value.code == "bad_answer"
    assert len(service.heard) == 4


@pytest.mark.parametrize("slow", ["silent", "dripping"])
def test_a_sentence_may_take_only_so_long(service: SpeechServer, name: str, slow: str) -> None:
    answer = server.dripping if slow == "dripping" else server.silent(service)
    service.then(*[answer] * 4)
    began = time.monotonic()
    with pytest.raises(BackendError) as caught:
        spoken(name, timeout=0.15)
    assert caught.value.code == "unreachable"
    assert time.monotonic() - began < 5


def test_a_server_that_is_not_there_is_told(service: SpeechServer, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ADDRESSES:
        monkeypatch.setenv(variable, "http://127.0.0.1:9")
    with pytest.raises(BackendError, match="cannot be reached") as caught:
        spoken(name)
    assert caught.value.code == "unreachable"


# Keys


@pytest.mark.parametrize("name", KEYED)
@pytest.mark.parametrize("key", ["", "  "])
def test_without_a_key_the_variable_is_named(name: str, key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    variable = backends.find("voice", name).keys[0]
    monkeypatch.setenv(variable, key)
    with pytest.raises(MissingError, match=variable) as caught:
        made(name)
    assert caught.value.hint == f"export {variable}=..."


@pytest.mark.parametrize("name", KEYED)
@pytest.mark.parametrize("key", ["sk-with\nnewline-inside-it", "sk-schlüssel-with-umlaut"])
def test_a_key_that_cannot_be_one_is_not_shown(name: str, key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(backends.find("voice", name).keys[0], key)
    with pytest.raises(MissingError) as caught:
        made(name)
    assert caught.value.code == "bad_key"
    assert "sk-" not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize("code", [400, 401, 402, 403, 404, 500])
def test_no_key_is_in_any_error_log_or_traceback(
    service: SpeechServer, name: str, code: int, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    service.then(*[server.repeating_the_key(code)] * 4)
    with caplog.at_level(logging.DEBUG), pytest.raises(DeckardError) as caught:
        spoken(name)
    assert any(KEY in value for value in service.heard[0].headers.values()), "the server was not sent the key at all"
    told = "".join(traceback.TracebackException.from_exception(caught.value, capture_locals=False).format())
    shown = [told, caught.value.message, caught.value.hint, caplog.text, repr(made(name).__dict__), *capfd.readouterr()]
    for text in shown:
        assert KEY not in text
        assert KEY[-4:] not in text


def test_no_key_is_in_what_the_command_writes(service: SpeechServer, deckard: Any) -> None:
    service.then(*[server.repeating_the_key(401)] * 9)
    environment = {"DECKARD_DEBUG": "1", "OPENAI_LOG": "debug", "PYTHONWARNINGS": "ignore"}
    done = type(deckard)(deckard.folder, environment)("render", "hi", "--voice", "openai", "-o", "a.wav")
    assert done.returncode != 0
    assert "Traceback" in done.stderr
    assert KEY not in done.stderr + done.stdout
    assert list(deckard.folder.iterdir()) == []


# One after the other


def test_the_next_sentence_is_asked_for_while_the_one_before_is_used(service: SpeechServer, name: str) -> None:
    coming = made(name).speak(line("One is here. Two is there. Three is gone. Four is back."))
    assert next(coming).text == "One is here."
    deadline = time.monotonic() + 5
    while len(service.heard) < 2 and time.monotonic() < deadline:
        time.sleep(0.01)
    time.sleep(0.1)
    assert len(service.heard) == 2, "one sentence ahead, no more: each is paid for"
    coming.close()
    time.sleep(0.1)
    assert len(service.heard) == 2


def test_closing_does_not_wait_for_a_server_that_does_not_answer(service: SpeechServer, name: str) -> None:
    service.then(server.speech, server.silent(service))
    coming = made(name).speak(line("One is here. Two is there."))
    next(coming)
    began = time.monotonic()
    coming.close()
    assert time.monotonic() - began < 0.5


def test_what_was_heard_before_a_failure_is_heard(service: SpeechServer, name: str) -> None:
    service.then(server.speech, server.status(401))
    coming = made(name).speak(line("One is here. Two is there."))
    assert next(coming).text == "One is here."
    with pytest.raises(MissingError):
        next(coming)


def test_ahead_keeps_the_order_and_ends_its_thread() -> None:
    before = threading.active_count()
    assert list(ahead(iter_of(50))) == list(range(50))
    part = ahead(iter_of(50))
    assert next(part) == 0
    part.close()  # type: ignore[attr-defined]
    deadline = time.monotonic() + 5
    while threading.active_count() > before and time.monotonic() < deadline:
        time.sleep(0.01)
    assert threading.active_count() == before


def iter_of(count: int) -> Any:
    yield from range(count)


@given(st.lists(st.one_of(st.none(), st.floats(0, 90)), max_size=6), st.floats(0, 1))
def test_waits_grow_and_have_an_end(asked: list[float | None], chance: float) -> None:
    waits: list[float] = []
    todo = iter(asked)

    def attempt() -> str:
        for after in todo:
            raise TransientError(BackendError("busy", code="busy"), after)
        return "done"

    clock = Clock(lambda: 0.0, waits.append, lambda: chance)
    patient = len(asked) < 4 and all(after is None or after <= 60 for after in asked)
    if patient:
        assert retried(attempt, clock) == "done"
        assert len(waits) == len(asked)
    else:
        with pytest.raises(BackendError):
            retried(attempt, clock)
    assert len(waits) <= 3
    for index, wait in enumerate(waits):
        if asked[index] is None:
            assert 0.25 * 2**index <= wait <= 0.5 * 2**index
        else:
            assert wait == asked[index]


def test_after_a_minute_nothing_is_tried_again() -> None:
    now, tried = [0.0], []

    def attempt() -> str:
        tried.append(now[0])
        now[0] += 40
        raise TransientError(BackendError("slow", code="busy"))

    with pytest.raises(BackendError):
        retried(attempt, Clock(lambda: now[0], lambda seconds: None, lambda: 1.0))
    assert tried == [0, 40]


def test_a_language_of_other_letters_is_sent_as_it_is_written(service: SpeechServer, name: str) -> None:
    list(made(name).speak(line("こんにちは。元気ですか。")))
    assert service.said == ["こんにちは。", "元気ですか。"]


@pytest.mark.parametrize("speed", [0.1, 5.0, float("nan")])
def test_a_speed_that_cannot_be_had_is_refused_before_anything_is_asked(
    service: SpeechServer, name: str, speed: float
) -> None:
    with pytest.raises(UsageError):
        made(name).speak(line("Hello.", speed=speed))
    assert service.heard == []
