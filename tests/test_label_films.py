"""A clip says of the pictures that another machine sent what their film says of itself, where that can be believed."""

from __future__ import annotations

import io
import shutil
from collections.abc import Iterator
from pathlib import Path

import av
import deckard_doubles
import film_server as server
import pytest
from film_server import FilmServer
from lipsync_server import serving
from mouths import photographed

from deckard_cli import render
from deckard_cli.cache import Cache
from deckard_cli.clip.belief import Told, told
from deckard_cli.clip.decode import probe
from deckard_cli.clip.provenance.claim import NEWSCODES
from deckard_cli.clip.provenance.verify import Provenance, read
from deckard_cli.errors import BackendError
from deckard_cli.events import Written
from deckard_cli.face import Film
from deckard_cli.persona import find
from deckard_cli.studio import Studio

GOOD = server.film_of(25, (64, 64), 25)


def saying(data: bytes, form: str = "mp4", encoding: str = "utf-8", **tags: str) -> bytes:
    """The film in `data` with `tags`, written in `encoding`."""
    out = io.BytesIO()
    options = {"movflags": "use_metadata_tags"} if form == "mp4" else {}
    with (
        av.open(io.BytesIO(data)) as source,
        av.open(out, "w", format=form, container_options=options, metadata_encoding=encoding) as made,
    ):
        made.metadata.update(tags)
        stream = source.streams.video[0]
        copied = made.add_stream_from_template(stream)
        for packet in source.demux(stream):
            if packet.dts is not None:
                packet.stream = copied
                made.mux(packet)
    return out.getvalue()


# What is believed


@pytest.mark.parametrize("form", ["mp4", "matroska"])
@pytest.mark.parametrize(
    "source",
    [
        "algorithmicMedia",
        "trainedAlgorithmicMedia",
        "compositeSynthetic",
        "compositeWithTrainedAlgorithmicMedia",
    ],
)
def test_how_a_film_was_made_is_read_from_it(source: str, form: str) -> None:
    film = Film(saying(GOOD, form, digital_source_type=NEWSCODES + source, commercial_use="forbidden"))
    assert told(film) == Told(source, commercial=False)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "said",
    [
        "",
        "algorithmicMedia",
        NEWSCODES,
        NEWSCODES + "algorithmicmedia",
        NEWSCODES + "algorithmicMedia/../digitalCapture",
        # Somebody was moved: it is no recording, whatever it says.
        NEWSCODES + "digitalCapture",
        NEWSCODES + "algorithmicallyEnhanced",
        "https://example.com/algorithmicMedia",
        "x" * 100_000,
    ],
)
def test_what_is_none_of_our_words_is_not_believed(said: str) -> None:
    assert told(Film(saying(GOOD, digital_source_type=said, commercial_use="as you like"))) == Told()


@pytest.mark.parametrize("form", ["mp4", "matroska"])
def test_a_film_with_a_title_that_is_no_utf_8_is_heard_out(form: str) -> None:
    data = saying(GOOD, form, "latin-1", title="Café", digital_source_type=NEWSCODES + "algorithmicMedia")
    with pytest.raises(UnicodeDecodeError), av.open(io.BytesIO(data)):
        pass
    assert told(Film(data)) == Told("algorithmicMedia")


def test_a_film_without_tags_says_nothing() -> None:
    assert told(Film(GOOD)) == Told(None, commercial=True)
    with pytest.raises(BackendError, match="not a film"):
        told(Film(b"<html>"))


# What is said then


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Iterator[FilmServer]:
    monkeypatch.delenv("INTERNAL_API_KEY", raising=False)
    with server.serving() as double:
        monkeypatch.setenv("LIPSYNC_DIRECT_URL", f"{double.url}/generate")
        yield double


def clip(here: Path, name: str = "a.mp4", **options: object) -> Written:
    given = {"voice": "espeak", "face": "direct", "size": "64", "provenance": True, **options}
    return render("Hello there, everybody.", output=here / name, **given)  # type: ignore[arg-type]


def answering(double: FilmServer, **tags: str) -> None:
    double.routes["POST /generate"] = lambda handler, request: server.send(
        handler, saying(server.film_for(request), **tags), kind="video/mp4"
    )


def sources(path: Path) -> tuple[str, str, Provenance]:
    """How a clip came to be, by its signature and by its tags; and all that is under the signature."""
    signed = read(path)
    assert signed.state == "valid" and signed.claim and signed.claim.source == signed.source
    return signed.source, probe(path).tags["digital_source_type"].removeprefix(NEWSCODES), signed


def test_a_film_that_says_nothing_is_what_its_face_makes(service: FilmServer, here: Path) -> None:
    answering(service)
    *said, signed = sources(clip(here).path)
    assert said == ["trainedAlgorithmicMedia"] * 2
    about = "Synthetic media: the face 'direct' made what is seen of Joi. Nobody was filmed saying it."
    assert signed.claim and signed.claim.about == about


def test_a_film_of_a_drawing_that_rules_moved_is_that(service: FilmServer, here: Path) -> None:
    answering(service, digital_source_type=NEWSCODES + "algorithmicMedia", title="<script>", persona="Mallory")
    studio = Studio(Cache(here / "cache"))
    for options in ({}, {"captions": "srt"}, {"captions": "burned", "size": "256"}):  # the second from the kept film
        written = clip(here, studio=studio, **options)
        *said, signed = sources(written.path)
        assert said == ["algorithmicMedia"] * 2
        assert signed.claim and signed.claim.title == "Joi: Hello there, everybody."
        assert b"c2pa.ai-disclosure" not in written.path.read_bytes()
        tags = probe(written.path).tags
        assert (tags["persona"], tags["face"], tags["synthetic"]) == ("joi", "direct", "true")
    webm = clip(here, "a.webm", studio=studio, provenance=False)
    assert probe(webm.path).tags["digital_source_type"] == NEWSCODES + "algorithmicMedia"


def test_a_voice_and_a_recording_have_their_part_in_it(
    service: FilmServer, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answering(service, digital_source_type=NEWSCODES + "algorithmicMedia")
    sound = render("Hello there, everybody.", output=here / "a.wav", voice="espeak").path
    assert sources(clip(here, audio=sound, voice=None).path)[0] == "compositeSynthetic"
    monkeypatch.setattr(deckard_doubles.Tone, "trained", True, raising=False)
    assert sources(clip(here, voice="tone").path)[0] == "trainedAlgorithmicMedia"


def test_a_photograph_stays_one_whatever_a_film_of_it_says(service: FilmServer, here: Path) -> None:
    ada = str(photographed(here / "ada"))
    for said, source in (
        ("algorithmicMedia", "compositeSynthetic"),
        ("compositeSynthetic", "compositeSynthetic"),
        ("trainedAlgorithmicMedia", "compositeWithTrainedAlgorithmicMedia"),
    ):
        answering(service, digital_source_type=NEWSCODES + said)
        found, tagged, signed = sources(clip(here, persona=ada).path)
        assert found == tagged == source
        assert signed.claim and "is a photograph that the face 'direct' moved" in signed.claim.about
    answering(service)
    found, _, signed = sources(clip(here, persona=ada).path)
    assert found == "compositeWithTrainedAlgorithmicMedia"
    assert signed.claim and "made what is seen of Ada, a photograph." in signed.claim.about


def test_a_film_that_is_not_for_sale_makes_a_clip_that_is_not(service: FilmServer, here: Path) -> None:
    note = "The film is not for commercial use, and the clip says so."
    answering(service, commercial_use="forbidden")
    written = clip(here)
    signed = sources(written.path)[2]
    assert signed.claim and not signed.claim.commercial and note in written.notes
    assert probe(written.path).tags["commercial_use"] == "forbidden"
    answering(service, commercial_use="not forbidden")
    written = clip(here)
    signed = sources(written.path)[2]
    assert signed.claim and signed.claim.commercial and note not in written.notes
    assert "commercial_use" not in probe(written.path).tags


def test_a_face_that_stands_in_speaks_for_itself(service: FilmServer, here: Path) -> None:
    service.routes["POST /generate"] = server.status(400)
    written = clip(here, face="direct,rig")
    assert written.face == "rig" and sources(written.path)[0] == "algorithmicMedia"


def test_our_own_face_on_our_own_server_is_no_trained_model(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("INTERNAL_API_KEY", raising=False)
    with serving(here, "--workers", "1") as ours:
        monkeypatch.setenv("LIPSYNC_DIRECT_URL", f"{ours.url}/generate")
        filmed, drawn = clip(here), clip(here, "b.mp4", face="rig")
        shutil.copytree(find("joi").folder, mine := here / "mine")
        (mine / "rig.toml").write_text((mine / "rig.toml").read_text() + "\n")  # which the server does not know
        mine_filmed = clip(here, "c.mp4", persona=str(mine))
    assert sources(mine_filmed.path)[0] == "algorithmicMedia"
    assert sources(filmed.path)[:2] == sources(drawn.path)[:2] == ("algorithmicMedia",) * 2
    assert b"c2pa.ai-disclosure" not in filmed.path.read_bytes()
