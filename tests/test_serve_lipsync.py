"""The server of films: what it is asked, what it answers, whom it refuses. A real process of it each time."""

from __future__ import annotations

import base64
import io
import json
import resource
import shutil
import socket
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path

import av
import httpx
import numpy as np
import pytest
from lipsync_server import Lipsync, asking, serving, tone
from photographs import astronaut
from PIL import Image
from running import Deckard

from deckard_cli.clip.belief import believe
from deckard_cli.clip.decode import probe
from deckard_cli.face import Film
from deckard_cli.face.portrait import Portrait
from deckard_cli.persona import find
from deckard_cli.remote.request import answer_of

KEY = "internal-ThisIsNobodysKey0123456789"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lipsync]:
    limits = ("--workers", "1", "--max-bytes", "3 MB", "--max-seconds", "20", "--max-pixels", "300000")
    with serving(tmp_path_factory.mktemp("server"), *limits) as made:
        yield made


def length(film: bytes) -> tuple[int, float]:
    """Its pictures, and the seconds of its sound."""
    with av.open(io.BytesIO(film)) as container:
        frames = sum(1 for _ in container.decode(video=0))
    with av.open(io.BytesIO(film)) as container:
        sound = container.streams.audio[0]
        samples = sum(frame.samples for frame in container.decode(sound))
        return frames, samples / sound.rate


def png(pixels: np.ndarray) -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


def code(answer: object) -> tuple[int, str]:
    """The status and the error's code of a refusal, which has all that a refusal has."""
    error = answer.json()["error"]  # type: ignore[attr-defined]
    assert set(error) == {"code", "message", "hint"}
    assert error["message"]
    return answer.status_code, error["code"]  # type: ignore[attr-defined]


def test_a_persona_says_what_is_sent_in_a_film_that_is_as_long(server: Lipsync) -> None:
    answer = server.post(asking(1.3, face=None, size=[128, 192], fps=30))
    assert (answer.status_code, answer.headers["content-type"]) == (200, "video/mp4")
    assert int(answer.headers["content-length"]) == len(answer.content)
    assert believe(Film(answer.content), 1.3, 30, (128, 192), strict=True) == ()
    frames, seconds = length(answer.content)
    assert frames == 39
    assert seconds == pytest.approx(1.3, abs=0.05)


def test_the_same_request_gives_the_same_film(server: Lipsync) -> None:
    asked = asking(text="hello there", words=[["hello", 0.0, 0.2]], phones=[["h", 0.0, 0.1], ["oʊ", 0.1, 0.4]])
    assert server.post(asked).content == server.post(asked).content


def test_phones_that_are_known_move_the_mouth(server: Lipsync) -> None:
    open_, shut = ([[ipa, 0.1, 0.5]] for ipa in ("ɑː", "m"))
    films = [server.post(asking(0.8, face=None, text="a", phones=phones)).content for phones in (open_, shut, open_)]
    assert films[0] == films[2] != films[1]


def test_a_form_is_answered_as_json_is(server: Lipsync) -> None:
    fields = {"persona": "joi", "size": "64", "fps": "25", "face": "flat"}
    answer = server.post(data=fields, files={"audio": ("speech.wav", tone(0.4), "audio/wav")})
    assert answer.content == server.post(asking()).content


@pytest.mark.parametrize("how", ["json", "url", "accept"])
def test_a_film_is_sent_as_it_is_asked_for(server: Lipsync, how: str) -> None:
    headers = {"Accept": "application/json"} if how == "accept" else {}
    response = {} if how == "accept" else {"response": how}
    found = server.post(asking(**response), headers=headers)
    facts = found.json()
    assert (facts["version"], facts["frames"], facts["fps"], facts["size"]) == (1, 10, 25, [64, 64])
    answer = answer_of(found.content)
    assert answer
    film = answer.film or server.get(answer.url.removeprefix(server.url)).content
    assert bool(answer.film) == (how == "json")
    assert length(film)[0] == 10


def test_a_request_that_comes_again_under_its_name_costs_no_second_film(server: Lipsync) -> None:
    def made(**more: object) -> tuple[bytes, float]:
        before = server.metric("deckard_clips_total")
        film = server.post(**more).content  # type: ignore[arg-type]
        return film, server.metric("deckard_clips_total") - before

    named = {"headers": {"Idempotency-Key": "one"}}
    first, count = made(json=asking(0.7), **named)
    assert count == 1 and length(first)[0] == 18
    assert made(json=asking(0.7), **named) == (first, 0)
    form = {"data": {"persona": "joi", "size": "64", "face": "flat"}, "files": {"audio": ("a", tone(0.7))}}
    assert made(**form, **named) == (first, 0)
    assert made(json=asking(0.7)) == (first, 1)
    assert made(json=asking(0.8), **named)[1] == 1
    for _ in range(2):
        kept = server.post(asking(0.7, response="url"), **named).json()
        assert server.get(kept["video_url"].removeprefix(server.url)).content == first
        assert (kept["frames"], kept["face"]) == (18, "flat")


def test_what_is_kept_is_fetched_in_parts_and_under_no_other_name(server: Lipsync) -> None:
    path = server.post(asking(response="url")).json()["video_url"].removeprefix(server.url)
    whole = server.get(path).content
    part = server.get(path, headers={"Range": "bytes=100-"})
    assert (part.status_code, part.content) == (206, whole[100:])
    for other in ("/videos/x", f"{path[:-1]}", "/videos/..%2f..%2fetc%2fpasswd", "/videos/%2e%2e"):
        assert code(server.get(other))[0] == 404


def test_a_photograph_is_seen_and_is_quicker_the_second_time(server: Lipsync) -> None:
    image = base64.b64encode(png(astronaut())).decode()
    asked = asking(0.5, face="rig", persona="", size=[128, 128], image=image)
    first, second = server.post(asked), server.post(asked)
    assert first.content == second.content
    assert believe(Film(first.content), 0.5, 25, (128, 128), strict=True) == ()
    lines = [line for line in server.said if " image=" in line and "render=" in line and "image=0" not in line]
    took = [float(line.rpartition("render=")[2]) for line in lines]
    assert took[-1] < took[0] / 2


def test_an_image_is_what_the_request_says_it_is(server: Lipsync, here: Path) -> None:
    def source(answer: httpx.Response) -> str:
        (here / "a.mp4").write_bytes(answer.content)
        return probe(here / "a.mp4").tags["digital_source_type"].rpartition("/")[2]

    picture, named = png(astronaut()), {"headers": {"Idempotency-Key": "what"}}
    asked = asking(persona="", image=base64.b64encode(picture).decode())
    assert source(server.post(asked, **named)) == "compositeSynthetic"
    assert source(server.post({**asked, "image_is": "photograph"}, **named)) == "compositeSynthetic"
    assert source(server.post({**asked, "image_is": "drawing"}, **named)) == "algorithmicMedia"
    form = {"data": {"size": "64", "face": "flat", "image_is": "drawing"}}
    files = {"audio": ("a", tone(0.4)), "image": ("b", picture)}
    assert source(server.post(**form, files=files)) == "algorithmicMedia"


def test_a_persona_that_looks_otherwise_here_is_the_one_of_its_image(server: Lipsync) -> None:
    image, own = base64.b64encode(png(astronaut())).decode(), Portrait(find("joi").folder).content
    ask = {"face": "rig", "size": [64, 64]}
    plain = server.post(asking(**ask)).content
    assert server.post(asking(**ask, image=image, persona_content=own)).content == plain
    assert server.post(asking(**ask, image=image, persona_content="another")).content != plain
    assert code(server.post(asking(**ask, persona_content="another"))) == (422, "another_persona")


def test_an_image_without_a_face_is_told_as_the_command_tells_it(server: Lipsync, deckard: Deckard) -> None:
    (deckard.folder / "image").write_bytes(png(np.full((200, 200, 3), 90, np.uint8)))
    image = base64.b64encode((deckard.folder / "image").read_bytes()).decode()
    answer = server.post(asking(face="rig", persona="", image=image))
    told = deckard("persona", "create", "nobody", "--image", "image", "--json")
    assert code(answer)[0] == 422
    assert answer.json()["error"]["message"] == json.loads(told.stderr)["error"]["message"]


def bomb(side: int) -> bytes:
    """A PNG of some bytes that says it is a square of so many pixels on each side."""
    chunks = (b"IHDR" + struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0), b"IDAT" + zlib.compress(b""), b"IEND")
    packed = (struct.pack(">I", len(each) - 4) + each + struct.pack(">I", zlib.crc32(each)) for each in chunks)
    return b"\x89PNG\r\n\x1a\n" + b"".join(packed)


PLAYLIST = b"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n"
TAGGED = b"ID3\x04\x00\x00\x00\x00\x00\x00" + PLAYLIST
SLOW = tone(0.1)[:24] + struct.pack("<II", 1, 2) + tone(0.1)[32:]
"""A WAV of one sample a second."""
WIDE = tone(0.1)[:22] + struct.pack("<H", 8) + tone(0.1)[24:]
"""One of eight channels."""
ODD = tone(0.1)[:34] + struct.pack("<H", 76) + tone(0.1)[36:]
"""One of 76 bits."""


@pytest.mark.parametrize(
    ("fields", "status", "name"),
    [
        ({"fps": 7}, 422, "bad_fps"),
        ({"size": [65, 64]}, 422, "bad_size"),
        ({"size": [1, 64]}, 422, "bad_field"),
        ({"fps": "25"}, 422, "bad_field"),
        ({"persona": "nobody"}, 422, "unknown_persona"),
        ({"persona": "../joi"}, 422, "bad_name"),
        ({"face": "nobody"}, 422, "unknown_face"),
        ({"face": "tavus"}, 422, "face_films"),
        ({"face": "noop"}, 503, "no_model"),
        ({"face": "musetalk"}, 503, "no_model"),
        ({"audio": "???"}, 422, "bad_field"),
        ({"audio": ""}, 422, "bad_field"),
        ({"audio": base64.b64encode(b"noise" * 50).decode()}, 422, "audio_unreadable"),
        ({"audio": base64.b64encode(PLAYLIST).decode()}, 422, "audio_unreadable"),
        ({"audio": base64.b64encode(TAGGED).decode()}, 422, "audio_unreadable"),
        ({"audio": base64.b64encode(SLOW).decode()}, 422, "audio_unreadable"),
        ({"audio": base64.b64encode(WIDE).decode()}, 422, "audio_unreadable"),
        ({"audio": base64.b64encode(ODD).decode()}, 422, "audio_unreadable"),
        ({"audio": base64.b64encode(tone(0.5)[:-4000]).decode()}, 422, "audio_truncated"),
        ({"audio": base64.b64encode(tone(25)).decode()}, 422, "audio_too_long"),
        ({"image": base64.b64encode(bomb(60_000)).decode(), "persona": ""}, 422, "picture_too_large"),
        ({"image": base64.b64encode(bomb(600)).decode(), "persona": ""}, 422, "picture_too_large"),
        ({"image": base64.b64encode(b"GIF89a").decode(), "persona": ""}, 422, "not_a_picture"),
        ({"image_is": "statue"}, 422, "bad_field"),
        ({"upload_url": "https://example.com/film"}, 422, "no_upload"),
        ({"audio_url": "http://example.com/a.wav", "audio": None}, 422, "bad_field"),
        ({"image_url": "http://example.com/a.png"}, 422, "no_urls"),
        ({"text": "hello", "lang": "xx-nobody"}, 200, ""),
    ],
)
def test_what_cannot_be_meant_is_refused(server: Lipsync, fields: dict[str, object], status: int, name: str) -> None:
    answer = server.post(asking(**fields))
    assert (answer.status_code, "") == (status, "") if status == 200 else code(answer) == (status, name)


def test_what_is_no_request_is_refused(server: Lipsync) -> None:
    kind = {"Content-Type": "application/json"}
    assert code(server.post(content=b"{", headers=kind)) == (400, "bad_request")
    assert code(server.post(content=b"[" * 100_000, headers=kind)) == (400, "bad_request")
    assert code(server.post(content=b"\xff\xfe", headers=kind)) == (400, "bad_request")
    assert code(server.post(content=b"x")) == (415, "bad_type")
    assert code(server.post(content=b"x", headers={"Content-Type": "multipart/form-data"}))[0] == 400
    assert code(server.get("/generate")) == (405, "not_allowed")
    assert code(server.get("/nothing")) == (404, "not_found")


def test_a_request_that_is_too_large_is_told_so_while_it_is_sent(server: Lipsync) -> None:
    big = b"x" * 3_500_000
    kind = {"Content-Type": "application/json"}
    assert code(server.post(content=big, headers=kind)) == (413, "too_large")
    assert code(server.post(content=iter([big[:1_000_000]] * 4), headers=kind)) == (413, "too_large")


def test_it_says_how_it_is_and_what_it_did(server: Lipsync) -> None:
    made = server.metric("deckard_clips_total")
    server.post(asking())
    assert server.metric("deckard_clips_total") == made + 1
    assert server.metric("deckard_workers") == 1
    assert server.metric("deckard_queue_length") == 0
    assert server.metric("deckard_render_seconds_count") == server.metric("deckard_queue_seconds_count") or made
    assert server.get("/health").json()["status"] == "ok"
    assert server.get("/ready").json() == {"ready": True}
    assert "swagger" in server.get("/docs").text


def test_the_log_has_a_line_for_each_request_and_nothing_that_people_said(server: Lipsync) -> None:
    secret = "my secret words"
    server.post(asking(text=secret))
    server.get(f"/videos/{secret}")
    server.get("/health")  # its line comes after theirs
    lines = "\n".join(server.said)
    assert "POST /generate 200" in lines
    assert f"letters={len(secret)}" in lines
    assert "GET /videos 404" in lines
    assert "secret" not in lines


def test_a_page_in_a_browser_and_a_name_that_leads_here_are_strangers(server: Lipsync) -> None:
    for headers in (
        {"Origin": "https://example.com"},
        {"Host": "evil.example"},
        {"Origin": "null"},
        {"Origin": "http://[::1"},
    ):
        assert code(server.post(asking(), headers=headers)) == (403, "key_needed")
    assert code(server.get("/ready", headers={"Host": "[::1"})) == (403, "key_needed")
    assert server.get("/ready", headers={"Origin": "http://localhost:3000"}).status_code == 200
    assert server.get("/health", headers={"Host": "evil.example"}).status_code == 200


def test_only_who_has_the_key_is_answered(here: Path) -> None:
    with serving(here, "--workers", "1", INTERNAL_API_KEY=KEY) as server:
        assert server.get("/health").status_code == 200
        for path in ("/ready", "/metrics", "/docs", "/openapi.json", "/videos/x"):
            assert code(server.get(path)) == (401, "key_refused")
        wrong = [{}, {"X-API-Key": KEY[:-1]}, {"Authorization": f"Bearer {KEY}x"}, {"Authorization": f"Basic {KEY}"}]
        assert {code(server.post(asking(), headers=headers)) for headers in wrong} == {(401, "key_refused")}
        assert code(server.get("/health", headers={"X-API-Key": "another"})) == (401, "key_refused")
        good: list[dict[str, str]] = [{"Authorization": f"Bearer {KEY}"}, {"X-API-Key": KEY}]
        assert [server.post(asking(), headers=headers).status_code for headers in good] == [200, 200]
        assert KEY not in "\n".join(server.said)


def test_without_a_key_it_listens_to_this_machine_alone(deckard: Deckard) -> None:
    for host in ("0.0.0.0", "::", "192.0.2.1", "example.com"):
        done = deckard("serve", "lipsync", "--host", host, "--port", "0")
        assert done.returncode == 2
        assert "INTERNAL_API_KEY" in done.stderr


def test_a_port_that_is_taken_is_told(deckard: Deckard) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        done = deckard("serve", "lipsync", "--port", str(taken.getsockname()[1]))
    assert done.returncode == 1
    assert "Nothing can listen at 127.0.0.1" in done.stderr


@pytest.mark.parametrize("variable", ["LIPSYNC_SERVER_QUEUE", "LIPSYNC_SERVER_BACKEND", "LIPSYNC_SERVER_MAX_BYTES"])
def test_a_setting_that_cannot_be_meant_is_told_with_its_name(deckard: Deckard, variable: str) -> None:
    done = Deckard(deckard.folder, {variable: "many"})("serve", "lipsync", "--port", "0")
    assert done.returncode == 2
    assert variable in done.stderr or "There is no face called 'many'" in done.stderr


def test_a_server_without_a_model_says_so_to_everybody(here: Path) -> None:
    with serving(here, "--workers", "1", LIPSYNC_SERVER_BACKEND="noop") as server:
        assert code(server.get("/ready")) == (503, "no_model")
        answer = server.post(asking(face=None))
        assert code(answer) == (503, "no_model")
        assert answer.headers["x-should-retry"] == "false"
        assert server.get("/health").json()["face"] == "noop"


def test_what_may_not_be_sold_is_filmed_only_where_that_is_allowed(here: Path) -> None:
    shutil.copytree(find("joi").folder, here / "personas" / "lent")
    about = here / "personas" / "lent" / "persona.toml"
    about.write_text(about.read_text().replace("Apache-2.0", "CC-BY-NC-4.0"))
    with serving(here, "--workers", "1") as server:
        answer = server.post(asking(persona="lent"))
        assert code(answer) == (422, "noncommercial")
        assert "CC-BY-NC-4.0" in answer.json()["error"]["message"]
        assert server.post(asking()).status_code == 200
    with serving(here, "--workers", "1", LIPSYNC_SERVER_ALLOW_NONCOMMERCIAL="true") as server:
        (here / "a.mp4").write_bytes(server.post(asking(persona="lent")).content)
    assert probe(here / "a.mp4").tags["commercial_use"] == "forbidden"


def test_a_disk_that_is_full_is_no_mistake_of_ours(here: Path) -> None:
    with serving(here, "--workers", "1") as server:
        server.get("/health")
        resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (100_000, 100_000))
        form = {"data": {"persona": "joi", "face": "flat"}, "files": {"audio": ("a", tone(40))}}
        for answer in (server.post(**form), server.post(asking(10))):  # type: ignore[arg-type]
            assert code(answer) == (503, "system")
        assert server.post(asking()).status_code == 200
