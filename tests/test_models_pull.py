"""Models over a real connection that breaks, lies and stalls."""

from __future__ import annotations

import hashlib
import random
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from mirror import Mirror, serving

from deckard_cli.errors import BackendError, DeckardError
from deckard_cli.models import File, Model
from deckard_cli.models.pull import Came, Coming, pull
from deckard_cli.models.store import SUMS, home, recorded, verify

WEIGHTS = random.Random(4).randbytes(1_000_000)
WAITED: list[float] = []


@pytest.fixture(autouse=True)
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DECKARD_DATA_DIR", str(tmp_path / "data"))
    WAITED.clear()
    return tmp_path / "data"


@pytest.fixture
def mirror() -> Iterator[Mirror]:
    with serving(Mirror({"/w.bin": WEIGHTS})) as server:
        yield server


def model(mirror: Mirror, *, known: bool = True) -> Model:
    """One file, as the table would know it, or as one of which nobody told the checksum."""
    sha256 = hashlib.sha256(WEIGHTS).hexdigest()
    file = File("w.bin", f"{mirror.url}/w.bin", *((len(WEIGHTS), sha256) if known else ()))
    return Model("tiny", (file,), "a test", "CC0-1.0")


def pulled(wanted: Model) -> list[Coming | Came]:
    return list(pull(wanted, wait=WAITED.append))


def refusal(wanted: Model) -> DeckardError:
    with pytest.raises(DeckardError) as caught:
        pulled(wanted)
    return caught.value


def left(wanted: Model) -> list[str]:
    return sorted(path.name for path in home(wanted).iterdir()) if home(wanted).exists() else []


def test_a_model_comes_whole_with_its_checksum_beside_it(mirror: Mirror) -> None:
    *coming, came = pulled(model(mirror))
    assert isinstance(came, Came) and not came.trusted
    assert {event.total for event in coming if isinstance(event, Coming)} == {len(WEIGHTS)}
    done = [event.done for event in coming if isinstance(event, Coming)]
    assert done == sorted(done) and done[-1] == len(WEIGHTS)
    assert left(model(mirror)) == [SUMS, "w.bin"]
    checked = subprocess.run(["sha256sum", "-c", SUMS], cwd=home(model(mirror)), capture_output=True, text=True)
    assert checked.stdout == "w.bin: OK\n"


def test_what_is_here_and_whole_is_not_fetched_again(mirror: Mirror) -> None:
    pulled(model(mirror))
    assert pulled(model(mirror)) == []
    assert len(mirror.asked) == 1


@pytest.mark.parametrize("known", [True, False], ids=["known", "unknown"])
def test_a_cut_connection_is_continued_where_it_broke(mirror: Mirror, known: bool) -> None:
    mirror.cuts = [700_000, 200_000, 1]
    pulled(model(mirror, known=known))
    assert (home(model(mirror)) / "w.bin").read_bytes() == WEIGHTS
    begun = [int(asked.removeprefix("bytes=")[:-1]) for _, asked, _ in mirror.asked if asked]
    assert len(mirror.asked) == 4 and len(begun) == 3
    assert begun == sorted(begun) and begun[0] > 0
    assert {tag for _, asked, tag in mirror.asked if asked} == {mirror.tag("/w.bin")}


def test_the_next_command_continues_what_the_last_one_had_to_give_up(mirror: Mirror) -> None:
    mirror.cuts, mirror.statuses = [600_000], [200, 503, 503, 503, 503]
    told = refusal(model(mirror))
    assert (told.exit_code, told.code) == (4, "model_cut_off")
    assert "503" in told.message and WAITED == [0.5, 1.0, 2.0]
    begun = (home(model(mirror)) / ".w.bin.part").stat().st_size
    assert begun
    pulled(model(mirror))
    assert mirror.asked[-1][1] == f"bytes={begun}-"
    assert left(model(mirror)) == [SUMS, "w.bin"]


def test_a_file_that_changed_meanwhile_comes_from_its_beginning(mirror: Mirror) -> None:
    mirror.cuts, mirror.statuses = [600_000], [200, 500, 500, 500, 500]
    refusal(model(mirror, known=False))
    mirror.files["/w.bin"] = WEIGHTS[::-1]
    pulled(model(mirror, known=False))
    assert (home(model(mirror)) / "w.bin").read_bytes() == WEIGHTS[::-1]


@pytest.mark.parametrize(
    "fault", [{"ranges": False}, {"shift": 7}, {"shift": 10**7}], ids=["no ranges", "another range", "beyond its end"]
)
def test_a_server_that_cannot_continue_sends_it_all_again(mirror: Mirror, fault: dict[str, int]) -> None:
    mirror.cuts = [600_000]
    for name, value in fault.items():
        setattr(mirror, name, value)
    pulled(model(mirror))
    assert (home(model(mirror)) / "w.bin").read_bytes() == WEIGHTS


def test_a_swapped_file_is_refused_and_not_kept(mirror: Mirror) -> None:
    mirror.files["/w.bin"] = WEIGHTS[::-1]
    told = refusal(model(mirror))
    assert (told.exit_code, told.code) == (4, "model_swapped")
    assert hashlib.sha256(WEIGHTS).hexdigest() in told.message
    assert left(model(mirror)) == []


def test_a_file_of_another_length_is_refused_before_it_comes(mirror: Mirror) -> None:
    mirror.files["/w.bin"] = WEIGHTS + b"!"
    told = refusal(model(mirror))
    assert told.code == "model_refused" and "1,000,001 bytes there in place of 1,000,000" in told.message
    assert left(model(mirror)) == []


def test_a_server_that_tells_no_length_and_never_ends_is_stopped(mirror: Mirror) -> None:
    mirror.headers = {"Content-Length": "", "Connection": "close"}
    mirror.files["/w.bin"] = WEIGHTS * 9
    assert "sends more than 1,000,000 bytes" in refusal(model(mirror)).message
    assert (home(model(mirror)) / ".w.bin.part").stat().st_size == 0


def test_an_unknown_checksum_is_trusted_once_and_recorded(mirror: Mirror) -> None:
    wanted = model(mirror, known=False)
    *_, came = pulled(wanted)
    assert isinstance(came, Came) and came.trusted and recorded(wanted) == {"w.bin": came.sha256}
    (home(wanted) / "w.bin").write_bytes(b"damaged")
    assert verify(wanted) == {"w.bin": "broken"}
    mirror.files["/w.bin"] = WEIGHTS[::-1]
    assert refusal(wanted).code == "model_swapped"
    mirror.files["/w.bin"] = WEIGHTS
    pulled(wanted)
    assert verify(wanted) == {"w.bin": "whole"}


def test_a_file_put_there_by_hand_is_recorded_and_not_fetched(mirror: Mirror) -> None:
    wanted = model(mirror, known=False)
    home(wanted).mkdir(parents=True)
    (home(wanted) / "w.bin").write_bytes(WEIGHTS)
    assert verify(wanted) == {"w.bin": "unrecorded"}
    pulled(wanted)
    assert (verify(wanted), mirror.asked) == ({"w.bin": "whole"}, [])


def test_a_web_page_is_no_model(mirror: Mirror) -> None:
    mirror.headers = {"Content-Type": "text/html; charset=utf-8"}
    assert "it is a web page" in refusal(model(mirror, known=False)).message
    assert left(model(mirror)) == []


def test_a_busy_server_is_asked_again_when_it_says_so(mirror: Mirror) -> None:
    mirror.statuses, mirror.headers = [429, 503], {"Retry-After": "7"}
    pulled(model(mirror))
    assert WAITED == [7.0, 7.0]


def test_nobody_waits_an_hour_for_a_server(mirror: Mirror) -> None:
    mirror.statuses, mirror.headers = [429], {"Retry-After": "3600"}
    assert refusal(model(mirror)).code == "model_cut_off"
    assert WAITED == []


def test_a_missing_file_is_not_asked_for_again(mirror: Mirror) -> None:
    mirror.files.clear()
    told = refusal(model(mirror))
    assert (told.code, len(mirror.asked)) == ("model_refused", 1)
    assert "404 Not Found" in told.message


def test_a_redirect_is_followed_and_a_circle_is_not(mirror: Mirror) -> None:
    with serving(Mirror(headers={"Location": f"{mirror.url}/w.bin"}, statuses=[302])) as first:
        wanted = Model("tiny", (File("w.bin", f"{first.url}/w.bin", len(WEIGHTS)),), "a test", "CC0-1.0")
        pulled(wanted)
    assert (home(wanted) / "w.bin").read_bytes() == WEIGHTS
    mirror.headers, mirror.statuses = {"Location": f"{mirror.url}/w.bin"}, [302] * 200
    other = Model("other", (File("w.bin", f"{mirror.url}/w.bin"),), "a test", "CC0-1.0")
    assert "redirect" in refusal(other).message.lower()


@pytest.mark.skipif(not shutil.which("openssl"), reason="it makes the certificate of the secure server")
def test_a_secure_address_that_leads_to_an_open_one_is_not_followed(
    mirror: Mirror, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    make = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=test"
    subprocess.run(
        [*make.split(), "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(key), "-out", str(certificate)],
        check=True,
        capture_output=True,
    )
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    secure = Mirror({"/w.bin": WEIGHTS}, headers={"Location": f"{mirror.url}/w.bin"}, statuses=[302])
    with serving(secure, certificate, key):
        wanted = Model("tiny", (File("w.bin", f"{secure.url}/w.bin"),), "a test", "CC0-1.0")
        assert "which is not secure" in refusal(wanted).message
        secure.headers.clear()
        pulled(wanted)
    assert (home(wanted) / "w.bin").read_bytes() == WEIGHTS


@pytest.mark.parametrize("url", ["http://127.0.0.1:1", "gopher://127.0.0.1", "http://[", "file:///nowhere"])
def test_an_address_where_nobody_is_is_a_clear_error(url: str, mirror: Mirror, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DECKARD_MODELS_URL", url)
    told = refusal(model(mirror))
    assert isinstance(told, BackendError) and told.hint
    assert left(model(mirror)) == []


def test_no_password_of_a_mirror_is_told(mirror: Mirror, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DECKARD_MODELS_URL", mirror.url.replace("//", "//user:hunter2@"))
    assert "hunter2" not in refusal(model(mirror)).message


def test_a_folder_is_a_mirror(mirror: Mirror, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a mirror" / "tiny").mkdir(parents=True)
    (tmp_path / "a mirror" / "tiny" / "w.bin").write_bytes(WEIGHTS)
    monkeypatch.setenv("DECKARD_MODELS_URL", str(tmp_path / "a mirror"))
    pulled(model(mirror))
    assert verify(model(mirror)) == {"w.bin": "whole"}
    assert mirror.asked == []


def test_a_disk_that_fills_up_is_told_and_what_came_is_kept(mirror: Mirror) -> None:
    program = f"""
import resource, signal
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, 400_000))
from deckard_cli.models import File, Model
from deckard_cli.models.pull import pull
list(pull(Model("tiny", (File("w.bin", {mirror.url + "/w.bin"!r}),), "", "")))
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert "The disk has no room" in done.stderr
    assert 0 < (home(model(mirror)) / ".w.bin.part").stat().st_size <= 400_000
    pulled(model(mirror))
    assert mirror.asked[-1][1] is not None
    assert verify(model(mirror)) == {"w.bin": "whole"}
