"""Tavus, as far as a double of it goes: what is ordered, once, and what comes of it."""

from __future__ import annotations

import asyncio
import io
import logging
import random
import wave
from collections.abc import Iterator
from pathlib import Path

import film_server as server
import numpy as np
import pytest
import speech_server
from film_server import FilmServer
from speech_server import SpeechServer
from waits import Waits

from deckard_cli import render
from deckard_cli.cache import Cache
from deckard_cli.clip.decode import probe, sound
from deckard_cli.errors import BackendError, DeckardError, MissingError, UsageError
from deckard_cli.events import Written
from deckard_cli.face import Film
from deckard_cli.face.portrait import Portrait
from deckard_cli.face.tavus import Tavus
from deckard_cli.persona import find
from deckard_cli.speech import Speech
from deckard_cli.studio import Studio

ORDER, POLL = "POST /v2/videos", "GET /v2/videos/"
KEY = "tavus-ThisIsNobodysKey0123456789"
SPEECH = Speech(np.sin(np.arange(16_000) / 20).astype(np.float32), 16_000, text="hello")
GOOD = server.film_of(25, (64, 64), 25)


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Iterator[server.Tavus]:
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    for name in ("TAVUS_FACE_ID", "TAVUS_AUDIO_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TAVUS_API_KEY", KEY)
    monkeypatch.setenv("TAVUS_REPLICA_ID", "r0123456789")
    with server.serving() as double:
        monkeypatch.setenv("TAVUS_BASE_URL", double.url)
        monkeypatch.setenv("TAVUS_AUDIO_UPLOAD_URL", double.url + "/sounds/{name}?sig=SecretOfTheStorage")
        service = server.Tavus(double)
        service.open()
        yield service


def made(waits: Waits | None = None, **options: object) -> Tavus:
    portrait = Portrait.load(find("joi").folder)
    face = Tavus(portrait, size=(64, 64), fps=25, persona="joi", **options)  # type: ignore[arg-type]
    face.clock = (waits or Waits()).clock()
    return face


def film(waits: Waits | None = None, **options: object) -> Film:
    return asyncio.run(made(waits, **options).film(SPEECH))


def refused(**options: object) -> DeckardError:
    with pytest.raises(DeckardError) as caught:
        film(**options)
    told = str(caught.value) + caught.value.hint
    assert KEY not in told and "SecretOfTheStorage" not in told
    return caught.value


def posts(double: FilmServer) -> int:
    return len(double.asked("POST"))


# What is ordered


def test_the_sound_is_put_where_tavus_fetches_it(service: server.Tavus) -> None:
    assert film(replica="r-other").data == GOOD
    put, order = service.double.asked("PUT")[0], service.double.asked("POST")[0]
    with wave.open(io.BytesIO(put.body)) as sound:
        assert (sound.getnchannels(), sound.getnframes()) == (1, 16_000)
    body = order.json()
    assert body["replica_id"] == "r-other" and set(body) == {"replica_id", "audio_url", "video_name"}
    assert put.path == body["audio_url"].removeprefix(service.double.url) + "?sig=SecretOfTheStorage"
    assert body["audio_url"].endswith(".wav") and len(body["video_name"]) > 32
    assert order.headers["x-api-key"] == KEY


def test_the_key_goes_to_tavus_alone(service: server.Tavus) -> None:
    film()
    for request in service.double.heard:
        assert (KEY in str(request.headers)) == request.path.startswith("/v2/")


def test_sound_may_be_found_at_another_address(service: server.Tavus, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TAVUS_AUDIO_URL", service.double.url + "/public/{name}")

    def put(handler: server.Handler, request: server.Heard) -> None:
        service.double.files[request.path.partition("?")[0].replace("/sounds/", "/public/")] = request.body
        server.send(handler, b"", status=200)

    service.double.routes["PUT /sounds/"] = put
    assert film().data == GOOD
    assert "/public/" in service.double.asked("POST")[0].json()["audio_url"]


def test_the_newer_spelling_of_the_service_is_taken(service: server.Tavus) -> None:
    service.double.then(server.status(400, {"message": "Unknown field replica_id: use face_id"}), to=ORDER)
    assert film().data == GOOD
    assert "replica_id" not in service.orders["v0"] and service.orders["v0"]["face_id"] == "r0123456789"


# What is missing


@pytest.mark.parametrize(
    ("variable", "said"),
    [
        ("TAVUS_API_KEY", "needs TAVUS_API_KEY"),
        ("TAVUS_REPLICA_ID", "does not know whom to film"),
        ("TAVUS_AUDIO_UPLOAD_URL", "takes sound from an address only, and TAVUS_AUDIO_UPLOAD_URL names no place"),
    ],
)
def test_what_is_not_set_is_named(
    service: server.Tavus, variable: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(variable)
    with pytest.raises(MissingError, match=said) as caught:
        made()
    assert caught.value.hint


@pytest.mark.parametrize("replica", ["a b", "../x", "r1&x=2"])
def test_what_is_no_replica_is_refused(service: server.Tavus, replica: str) -> None:
    with pytest.raises(UsageError, match="no identifier of a replica"):
        made(replica=replica)


def test_a_place_without_a_name_in_it_is_refused(service: server.Tavus, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TAVUS_AUDIO_UPLOAD_URL", "https://storage.example/one.wav")
    with pytest.raises(UsageError, match=r"no \{name\} in it"):
        made()


# What may go wrong


def test_credits_that_are_out_are_told_in_words(service: server.Tavus) -> None:
    service.double.routes["POST /v2/videos"] = server.status(402, {"message": "The user is out of video credits"})
    error = refused()
    assert error.message == "The face 'tavus' has no credit left: The user is out of video credits."
    assert (error.code, error.hint, posts(service.double)) == ("no_credit", "top up the account", 1)


@pytest.mark.parametrize(
    ("status", "code"), [(400, "refused"), (401, "key_refused"), (403, "forbidden"), (404, "not_found")]
)
def test_what_does_not_pass_is_told_at_once(service: server.Tavus, status: int, code: str) -> None:
    service.double.routes["POST /v2/videos"] = server.repeating_the_key(status)
    assert refused().code == code
    assert posts(service.double) == 1


@pytest.mark.parametrize("status", ["error", "failed", "deleted", "ERROR"])
def test_a_film_that_failed_says_why(service: server.Tavus, status: str) -> None:
    said = {"status": status, "status_details": f"audio is silent, {KEY}", "download_url": None}
    service.double.routes["GET /v2/videos/"] = lambda handler, request: server.say(handler, said)
    assert refused().message == f"The face 'tavus' made no film, status {status.casefold()}: audio is silent, ***."


@pytest.mark.parametrize("status", ["queued", "rendering-in-the-clouds", "", None, 7])
def test_a_status_that_nobody_knows_is_waited_for(service: server.Tavus, status: object) -> None:
    service.double.then(*[server.status(200, {"status": status})] * 3, to=POLL)
    assert film().data == GOOD


def test_a_film_that_is_never_ready_has_a_time_limit(service: server.Tavus) -> None:
    service.patience = 10**9
    error = refused(timeout=0.4)
    assert error.code == "too_slow" and "timeout in [faces.tavus]" in error.hint


def test_waits_between_questions_grow(service: server.Tavus) -> None:
    waits = Waits()
    service.patience = 6
    film(waits)
    assert waits.waits == [2.0, 3.0, 4.5, 6.75, 10.0, 10.0, 10.0]


def test_a_film_that_tavus_forgets_is_lost(service: server.Tavus) -> None:
    service.double.routes["GET /v2/videos/"] = server.status(404, {"message": "Invalid video_id"})
    assert refused().code == "film_lost"


def test_a_film_that_tavus_does_not_know_at_once_is_asked_after_again(service: server.Tavus) -> None:
    service.double.then(*[server.status(404)] * 4, to=POLL)
    assert film().data == GOOD


def test_an_order_whose_answer_was_lost_is_not_given_twice(service: server.Tavus) -> None:
    service.double.then(server.cut_off(service.order), to=ORDER)
    service.double.then(server.status(503), server.hung_up, to="GET /v2/videos?")
    assert film().data == GOOD
    assert len(service.orders) == posts(service.double) == 1


@pytest.mark.parametrize("fault", [server.hung_up, server.status(503), server.status(429, retry_after="1")])
def test_an_order_that_was_not_taken_is_given_again(service: server.Tavus, fault: server.Answer) -> None:
    service.double.then(fault, to=ORDER)
    assert film().data == GOOD
    assert (len(service.orders), posts(service.double)) == (1, 2)


def test_too_many_films_at_once_are_waited_for(service: server.Tavus) -> None:
    service.double.then(server.status(400, {"message": "User has reached maximum concurrent videos"}), to=ORDER)
    assert film().data == GOOD


def test_a_place_that_takes_no_sound_is_told(service: server.Tavus) -> None:
    service.double.routes["PUT /sounds/"] = server.status(403)
    assert refused().message == "The sound could not be put at TAVUS_AUDIO_UPLOAD_URL: status 403."
    assert posts(service.double) == 0


@pytest.mark.parametrize("status", [400, 401, 402, 403, 404, 422, 429, 500])
def test_no_key_is_told_or_logged(service: server.Tavus, status: int, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    service.double.routes["POST /v2/videos"] = server.repeating_the_key(status)
    refused()
    assert KEY not in caplog.text


def test_a_clip_of_tavus_has_our_sound_and_says_whose_picture_it_is(
    service: server.Tavus, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("deckard_cli.face.tavus.SYSTEM", Waits().clock())
    written = render("Hello there.", output=here / "a.mp4", voice="tone", face="tavus", size="128", provenance=False)
    clip = probe(written.path)
    assert written.face == clip.tags["face"] == "tavus" and clip.sound
    # The replica is of somebody who was filmed once, whatever the persona looks like.
    assert "drawing" not in clip.tags["comment"] and "Nobody was filmed saying it." in clip.tags["comment"]
    assert "The film has 64x64 pixels, and not 128x128." in written.notes


def test_a_replica_that_speaks_a_script_is_heard_itself(
    service: server.Tavus, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("deckard_cli.face.tavus.SYSTEM", Waits().clock())
    monkeypatch.delenv("TAVUS_AUDIO_UPLOAD_URL")
    given = {"voice": "tone", "face": "tavus", "size": "64", "faces": {"tavus": {"script": True}}, "strict": True}
    studio = Studio(Cache(here / "cache"))
    for name in ("a.mp4", "b.mp4"):  # the second time from the cache
        written = render("Hello there.", output=here / name, studio=studio, **given)  # type: ignore[arg-type]
        assert (written.face, written.voice) == ("tavus", "tavus")
        heard, rate = sound(written.path)
        assert written.duration == pytest.approx(0.08 * 12 + 0.3, abs=0.06)
        spectrum = np.abs(np.fft.rfft(heard[: rate // 2]))
        assert np.argmax(spectrum) * 2 == pytest.approx(330, abs=4)
        assert probe(written.path).tags["voice"] == "tavus"
    assert len(service.orders) == 1 and service.orders["v0"]["script"] == "Hello there."
    assert "audio_url" not in service.orders["v0"]


def test_a_film_without_sound_does_not_speak(
    service: server.Tavus, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("deckard_cli.face.tavus.SYSTEM", Waits().clock())
    monkeypatch.setattr(server, "spoken", lambda seconds: GOOD)
    given = {"voice": "tone", "size": "64", "faces": {"tavus": {"script": True}}}
    with pytest.raises(BackendError, match="sound that cannot be read"):
        render("Hello there.", output=here / "a.mp4", face="tavus", **given)  # type: ignore[arg-type]
    written = render("Hello there.", output=here / "a.mp4", face="tavus,flat", **given)  # type: ignore[arg-type]
    assert (written.face, written.voice) == ("flat", "tone")


# A voice that nobody hears


@pytest.fixture
def hosted(monkeypatch: pytest.MonkeyPatch) -> Iterator[SpeechServer]:
    """A voice that is paid for by the sentence, and counts them."""
    with speech_server.serving() as double:
        monkeypatch.setenv("OPENAI_API_KEY", "key")
        monkeypatch.setenv("OPENAI_BASE_URL", f"{double.url}/v1")
        monkeypatch.setattr("deckard_cli.face.tavus.SYSTEM", Waits().clock())
        yield double


TEXT = "One is here. Two is there."


def scripted(here: Path, name: str = "a.mp4", **options: object) -> Written:
    given = {"voice": "openai", "face": "tavus", "size": "64", "faces": {"tavus": {"script": True}}, **options}
    return render(TEXT, output=here / name, provenance=False, **given)  # type: ignore[arg-type]


def test_no_voice_speaks_where_the_replica_does(
    service: server.Tavus, hosted: SpeechServer, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert (scripted(here).voice, hosted.said) == ("tavus", [])
    monkeypatch.delenv("OPENAI_API_KEY")  # nor does it need a key
    studio = Studio(Cache(here / "cache"))
    assert scripted(here, studio=studio, on_face_error="audio").voice == "tavus"
    assert scripted(here, "b.mp4", studio=studio, face="tavus,rig", captions="srt").voice == "tavus"
    assert (hosted.said, len(service.orders)) == ([], 2)
    assert {order["script"] for order in service.orders.values()} == {TEXT}


def test_a_voice_speaks_where_the_replica_does_not(service: server.Tavus, hosted: SpeechServer, here: Path) -> None:
    written = scripted(here, faces={"tavus": {"script": False}})
    assert (written.face, written.voice, len(hosted.said)) == ("tavus", "openai", 2)


@pytest.mark.parametrize("last", ["flat", "rig"])
def test_a_voice_speaks_once_for_the_faces_that_stand_in(
    service: server.Tavus, hosted: SpeechServer, here: Path, last: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    said_before: list[int] = []

    def counted(handler: server.Handler, request: server.Heard) -> None:
        said_before.append(len(hosted.said))
        server.status(402)(handler, request)

    service.double.routes["POST /v2/videos"] = counted
    monkeypatch.setenv("LIPSYNC_DIRECT_URL", f"{service.double.url}/nowhere")
    written = scripted(here, face=f"tavus,direct,{last}")
    assert (written.face, written.voice, len(hosted.said)) == (last, "openai", 2)
    assert said_before == [0]
    assert any("'tavus' has no credit left" in note for note in written.notes)


def test_sound_alone_is_spoken_when_the_replica_cannot(service: server.Tavus, hosted: SpeechServer, here: Path) -> None:
    service.double.routes["POST /v2/videos"] = server.status(402)
    with pytest.raises(BackendError, match="no credit"):
        scripted(here)
    assert hosted.said == []
    written = scripted(here, on_face_error="audio")
    assert (written.path.name, written.voice, len(hosted.said)) == ("a.wav", "openai", 2)


def test_a_voice_that_fails_is_not_asked_for_every_face(
    service: server.Tavus, hosted: SpeechServer, here: Path
) -> None:
    hosted.then(speech_server.speech, speech_server.status(401))
    with pytest.raises(MissingError, match="OPENAI_API_KEY"):
        scripted(here, face="rig,flat", on_face_error="audio")
    assert len(hosted.heard) == 2
    service.double.routes["POST /v2/videos"] = server.status(402)
    hosted.then(speech_server.status(402))
    with pytest.raises(BackendError, match=r"'tavus' has no credit left.*\n.*'openai' has no credit left"):
        scripted(here, face="tavus,rig,flat")
    assert len(hosted.heard) == 3


def test_a_replica_is_heard_no_longer_than_sound_may_be(
    service: server.Tavus, hosted: SpeechServer, here: Path
) -> None:
    written = scripted(here, max_audio_seconds=1.0)
    clip = probe(written.path)
    assert clip.picture and clip.sound and clip.sound.end <= 1.0 < 0.08 * len(TEXT)
    assert abs(clip.picture.end - clip.sound.end) <= 2 / 25
    assert "The sound ends after 1 second, as the limit asks: more would follow." in written.notes


def test_a_replica_is_told_the_words_alone(service: server.Tavus, hosted: SpeechServer, here: Path) -> None:
    given = {"face": "tavus", "size": "64", "faces": {"tavus": {"script": True}}, "provenance": False}
    render("One is here.\n[pause 1] [happy] Two.", output=here / "a.mp4", voice="openai", **given)  # type: ignore[arg-type]
    assert service.orders["v0"]["script"] == "One is here. Two."
    sound = render("Hello.", output=here / "a.wav", voice="espeak").path
    with pytest.raises(BackendError, match="no text to say"):
        render("", output=here / "b.mp4", audio=sound, **given)  # type: ignore[arg-type]
    assert (len(service.orders), hosted.said) == (1, [])


def test_a_film_that_was_taken_before_is_refused_where_strict(
    service: server.Tavus, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("deckard_cli.face.tavus.SYSTEM", Waits().clock())
    given = {"voice": "tone", "face": "tavus", "size": "128", "studio": Studio(Cache(here / "cache"))}
    render("Hello there.", output=here / "a.mp4", **given)  # type: ignore[arg-type]
    with pytest.raises(BackendError, match="64x64 pixels, and not 128x128") as caught:
        render("Hello there.", output=here / "b.mp4", strict=True, **given)  # type: ignore[arg-type]
    assert caught.value.hint and len(service.orders) == 1


def jobs(service: server.Tavus, count: int, caplog: pytest.LogCaptureFixture) -> None:
    """So many orders under faults: each is filmed, none is paid for twice, and no key is logged."""
    caplog.set_level(logging.DEBUG)
    chance = random.Random(2049)
    for route, answer in list(service.double.routes.items()):
        service.double.routes[route] = server.faulty(answer, chance, slow=0.01)
    for index in range(count):
        speech = Speech(np.zeros(1600 + 640 * (index % 7), np.float32), 16_000, text=f"job {index}")
        data = asyncio.run(made().film(speech)).data
        assert data == server.film_as_long_as(server_wav(speech), (64, 64), 25)
    assert len(service.orders) == count
    assert caplog.text and KEY not in caplog.text


def server_wav(speech: Speech) -> bytes:
    from deckard_cli.remote.request import wav

    return wav(speech.samples, speech.rate)


def test_orders_end_well_under_faults(service: server.Tavus, caplog: pytest.LogCaptureFixture) -> None:
    jobs(service, 8, caplog)


@pytest.mark.slow
def test_200_orders_end_well_under_faults(service: server.Tavus, caplog: pytest.LogCaptureFixture) -> None:
    jobs(service, 200, caplog)
