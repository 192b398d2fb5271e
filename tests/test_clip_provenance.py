"""A clip says what it is under a signature: that stays true, is the same each time, and is found out when it is not."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import c2pa
import numpy as np
import pytest
from authority import KEYS, sold
from clips import noise, write
from cryptography.hazmat.primitives.asymmetric import ec, x25519
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID

from deckard_cli.clip.decode import pictures, sound
from deckard_cli.clip.provenance import Claim, Credit, seal
from deckard_cli.clip.provenance.seal import sign
from deckard_cli.clip.provenance.selfmade import replace
from deckard_cli.clip.provenance.signer import kept, signer
from deckard_cli.clip.provenance.verify import joined, read
from deckard_cli.errors import DeckardError, UsageError

SUFFIXES = (".mp4", ".gif", ".wav")
ROOT = str(Path(__file__).parent.parent)
CLAIM = Claim(
    title="Joi: hello",
    about="Synthetic media: Joi is a drawing that Deckard moved. Nobody was filmed.",
    source="trainedAlgorithmicMedia",
    credits=(
        Credit("persona", "Joi", "Apache-2.0"),
        Credit("voice", "piper", "GPL-3.0-or-later"),
        Credit("model", "piper-en_US-ryan-medium", "CC-BY-NC-SA-4.0"),
        Credit("face", "rig"),
    ),
    language="en-us",
)


@pytest.fixture(scope="session")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a clip of each form that says nothing."""
    folder = tmp_path_factory.mktemp("bare")
    for suffix in (*SUFFIXES, ".webm"):
        write(folder / f"clip{suffix}", noise(8000), 16000, 25, tags={"title": "a clip"})
    return folder


@pytest.fixture
def unsigned(bare: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(bare, tmp_path / "clips"))


@pytest.fixture(params=SUFFIXES)
def signed(request: pytest.FixtureRequest, unsigned: Path) -> Path:
    """A clip of each form, signed by its maker's own certificate."""
    path = unsigned / f"clip{request.param}"
    sign(path, CLAIM, signer())
    return path


def test_what_was_said_is_read_again(signed: Path) -> None:
    told = read(signed)
    assert (told.state, told.trust, told.faults, told.synthetic) == ("valid", "own", (), True)
    assert told.claim == CLAIM
    assert (told.title, told.source, told.software.partition(" ")[0]) == (CLAIM.title, CLAIM.source, "Deckard")
    assert (told.signer, told.issuer) == ("Deckard user (self-made)", "Deckard user")


def test_frames_and_sound_stay_as_they_were(signed: Path, bare: Path) -> None:
    before = bare / signed.name
    if signed.suffix != ".wav":
        for (at, picture), (was_at, was) in zip(pictures(signed), pictures(before), strict=True):
            assert at == was_at and np.array_equal(picture, was)
    if signed.suffix != ".gif":
        assert np.array_equal(sound(signed)[0], sound(before)[0])


def test_other_tools_find_the_fields_they_show(signed: Path) -> None:
    with c2pa.Reader(str(signed)) as reader:
        store = json.loads(reader.json())
    assert store["validation_state"] == "Valid"
    manifest = store["manifests"][store["active_manifest"]]
    assertions = {each["label"]: each for each in manifest["assertions"]}
    assert all(each["created"] for each in assertions.values()), "said by others, not by us"
    (action,) = assertions["c2pa.actions.v2"]["data"]["actions"]
    assert action["action"] == "c2pa.created"
    assert action["digitalSourceType"] == "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
    fields = assertions["cawg.metadata"]["data"]
    assert fields["dc:description"] == CLAIM.about
    assert "model piper-en_US-ryan-medium: CC-BY-NC-SA-4.0" in fields["xmpRights:UsageTerms"]
    assert fields["xmpRights:UsageTerms"].endswith("Not for commercial use.")
    assert assertions["c2pa.ai-disclosure"]["data"]["modelName"] == "piper-en_US-ryan-medium"
    assert "time" not in manifest["signature_info"]


def test_only_what_was_trained_is_disclosed_as_a_model(unsigned: Path) -> None:
    sign(unsigned / "clip.wav", Claim(title="", about="", source="algorithmicMedia"), signer())
    with c2pa.Reader(str(unsigned / "clip.wav")) as reader:
        assert "c2pa.ai-disclosure" not in reader.json()


def test_the_same_clip_is_the_same_bytes_each_time_and_in_each_process(signed: Path, bare: Path) -> None:
    program = f"""if True:
        import sys
        from pathlib import Path
        from deckard_cli.clip.provenance import Claim
        from deckard_cli.clip.provenance.seal import sign
        from deckard_cli.clip.provenance.signer import signer
        sign(Path(sys.argv[1]), Claim.of({CLAIM.recorded()}), signer())
    """
    for number in range(2):
        again = shutil.copy(bare / signed.name, signed.with_name(f"{number}{signed.suffix}"))
        environment = {**os.environ, "PYTHONPATH": ROOT, "PYTHONHASHSEED": str(number)}
        subprocess.run([sys.executable, "-c", program, str(again)], env=environment, check=True)
        assert Path(again).read_bytes() == signed.read_bytes()


def test_no_two_clips_have_the_same_manifest(unsigned: Path) -> None:
    other = shutil.copy(unsigned / "clip.wav", unsigned / "other.wav")
    write(unsigned / "third.wav", noise(8000, seed=1), 16000, 25)
    names = set()
    for path, claim in ((unsigned / "clip.wav", CLAIM), (Path(other), Claim(title="x", about="", source=CLAIM.source))):
        sign(path, claim, signer())
        names.add(_manifest(path))
    sign(unsigned / "third.wav", CLAIM, signer())
    assert len(names | {_manifest(unsigned / "third.wav")}) == 3


def _manifest(path: Path) -> str:
    with c2pa.Reader(str(path)) as reader:
        return str(json.loads(reader.json())["active_manifest"])


def _places(data: bytes, suffix: str) -> Iterator[int]:
    """Places in a signed file that its signature has to vouch for: of an MP4 C2PA leaves out boxes that say nothing."""
    store = data.find(b"jumb") - 4
    end = store + int.from_bytes(data[store : store + 4])
    start = data.find(b"mdat") + 4 if suffix == ".mp4" else 12
    outside = [at for at in range(start, len(data)) if not store - 64 <= at < end + 64]
    yield from outside[:: len(outside) // 25]
    for label in (
        b"urn:c2pa:",
        b"deckard.clip",
        b"c2pa.actions.v2",
        b"c2pa.claim.v2",
        b"c2pa.hash",
        CLAIM.about.encode()[:20],
    ):
        yield data.find(label) + len(label) + 2


def test_a_single_bit_that_was_changed_is_found_out(signed: Path) -> None:
    whole = signed.read_bytes()
    for place in _places(whole, signed.suffix):
        changed = bytearray(whole)
        changed[place] ^= 0x10
        signed.write_bytes(changed)
        told = read(signed)
        assert told.state == "tampered", f"at {place} of {len(whole)}"
        assert told.faults


def test_a_clip_that_was_cut_or_grew_is_found_out(signed: Path) -> None:
    whole = signed.read_bytes()
    for damaged in (whole[:-1], whole[:-1000], whole + b"more"):
        signed.write_bytes(damaged)
        assert read(signed).state == "tampered", len(damaged)


def test_a_manifest_of_another_clip_is_found_out(unsigned: Path) -> None:
    """The sound of one clip under the signature of another, as long."""
    mine, other = unsigned / "clip.wav", unsigned / "other.wav"
    write(other, noise(8000, seed=2), 16000, 25, tags={"title": "a clip"})
    sign(mine, CLAIM, signer())
    with_manifest, without = mine.read_bytes(), other.read_bytes()
    mine.write_bytes(with_manifest[:12] + without[12:] + with_manifest[len(without) :])
    assert read(mine).state == "tampered"


@pytest.mark.parametrize("content", [b"", b"hello", b"\0" * 5000, b"RIFF\x04\0\0\0WAVE"])
def test_what_says_nothing_is_no_forgery(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "clip.mp4").write_bytes(content)
    assert read(tmp_path / "clip.mp4").state == "none"


def test_a_webm_says_nothing_under_a_signature(bare: Path) -> None:
    assert read(bare / "clip.webm").state == "none"


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        read(tmp_path / "nothing.mp4")


def test_a_record_under_our_label_that_is_none_is_passed_over() -> None:
    for record in ({}, {"title": 3}, CLAIM.recorded() | {"credits": "Joi"}, CLAIM.recorded() | {"source": "camera"}):
        assert Claim.of(record) is None
    strange = Claim.of(CLAIM.recorded() | {"credits": [{"role": "king", "name": "x", "licence": ""}, 7]})
    assert strange
    assert strange.credits == ()


# Who signs


def test_a_certificate_is_made_once_for_its_owner_alone() -> None:
    with ThreadPoolExecutor(8) as many:
        made = set(many.map(lambda _: signer().chain, range(16)))
    assert len(made) == 1
    assert [path.name for path in kept().parent.iterdir()] == ["signer.pem"]
    if os.name == "posix":
        assert kept().stat().st_mode & 0o777 == 0o600


def test_processes_that_start_at_once_agree_on_a_certificate() -> None:
    program = "from deckard_cli.clip.provenance.signer import signer; print(signer().chain)"
    environment = {**os.environ, "PYTHONPATH": ROOT}
    command = [sys.executable, "-c", program]
    started = [subprocess.Popen(command, stdout=subprocess.PIPE, env=environment) for _ in range(4)]
    assert len({process.communicate()[0] for process in started}) == 1


def test_what_an_earlier_certificate_signed_is_still_ones_own(unsigned: Path) -> None:
    sign(unsigned / "clip.wav", CLAIM, signer())
    replace(kept(), "Acme Films")
    replace(kept(), "Acme Pictures")
    sign(unsigned / "clip.gif", CLAIM, signer())
    assert [read(unsigned / name).trust for name in ("clip.wav", "clip.gif")] == ["own", "own"]
    assert read(unsigned / "clip.gif").issuer == "Acme Pictures"


def test_a_self_made_certificate_of_others_is_not_ones_own(signed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DECKARD_DATA_DIR", str(signed.parent / "elsewhere"))
    told = read(signed)
    assert (told.state, told.trust) == ("valid", "unknown")


def test_where_no_certificate_can_be_kept_a_clip_is_signed_all_the_same(
    unsigned: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (unsigned / "file").write_text("no folder")
    monkeypatch.setenv("DECKARD_DATA_DIR", str(unsigned / "file" / "data"))
    passing = signer()
    assert not passing.lasting
    sign(unsigned / "clip.wav", CLAIM, passing)
    assert read(unsigned / "clip.wav").state == "valid"


def test_a_signer_that_was_spoilt_is_told_with_what_mends_it() -> None:
    signer()
    kept().write_text("nothing")
    with pytest.raises(UsageError) as caught:
        signer()
    assert caught.value.hint == "deckard provenance init --force"


def test_the_private_key_is_not_shown() -> None:
    assert "PRIVATE" not in repr(signer())


@pytest.mark.parametrize("algorithm", KEYS)
def test_a_certificate_that_was_bought_signs(algorithm: str, unsigned: Path) -> None:
    bought, clip = sold(unsigned, algorithm), unsigned / "clip.wav"
    again = shutil.copy(clip, unsigned / "again.wav")
    assert bought.signer().algorithm == algorithm
    sign(clip, CLAIM, bought.signer())
    told = read(clip)
    assert (told.state, told.trust, told.signer) == ("valid", "unknown", "Acme Films")
    assert read(clip, [bought.authority]).trust == "trusted"
    sign(Path(again), CLAIM, bought.signer())
    # The signatures of RSA-PSS are random.
    assert (clip.read_bytes() == Path(again).read_bytes()) == (algorithm != "ps256")


def test_a_key_in_its_older_form_will_do(unsigned: Path) -> None:
    bought = sold(unsigned, "es256", form=PrivateFormat.TraditionalOpenSSL)
    sign(unsigned / "clip.wav", CLAIM, bought.signer())
    assert read(unsigned / "clip.wav").state == "valid"


def _refused(certificate: object, private_key: object) -> UsageError:
    with pytest.raises(UsageError) as caught:
        signer(certificate, private_key)  # type: ignore[arg-type]
    return caught.value


def test_half_a_signer_is_refused(tmp_path: Path) -> None:
    bought = sold(tmp_path)
    assert _refused(bought.certificate, None).hint == "export DECKARD_PRIVATE_KEY=private.pem"
    assert _refused(None, bought.private_key).hint == "export DECKARD_CERTIFICATE=certificate.pem"


def test_files_that_cannot_sign_are_refused_before_anything_is_made(tmp_path: Path) -> None:
    bought = sold(tmp_path)
    (tmp_path / "empty.pem").write_text("")
    for certificate, private_key, said in (
        (tmp_path / "no.pem", bought.private_key, "No such file"),
        (tmp_path, bought.private_key, "Is a directory"),
        (tmp_path / "empty.pem", bought.private_key, "no PEM certificate"),
        (bought.private_key, bought.private_key, "no PEM certificate"),
        (bought.certificate, tmp_path / "empty.pem", "it is not a private key"),
        (bought.certificate, bought.certificate, "it is not a private key"),
        (bought.authority, bought.private_key, "self-signed"),
    ):
        assert said in _refused(certificate, private_key).message


@pytest.mark.parametrize(
    ("made", "said"),
    [
        ({"days": (-30, -1)}, "not valid at time of signing"),
        ({"days": (1, 30)}, "not valid at time of signing"),
        ({"usage": ExtendedKeyUsageOID.SERVER_AUTH}, "the certificate"),
        ({"usage": None}, "the certificate"),
        ({"password": b"secret"}, "locked with a password"),
        ({"key": ec.generate_private_key(ec.SECP256K1())}, "it is not a private key of"),
    ],
    ids=["ended", "not-begun", "of-a-server", "of-no-use", "locked", "of-a-strange-curve"],
)
def test_what_c2pa_would_not_take_is_refused_before_anything_is_made(
    made: dict[str, Any], said: str, tmp_path: Path
) -> None:
    files = sold(tmp_path, **made)
    refused = _refused(files.certificate, files.private_key)
    assert refused.code == "bad_signer"
    assert said in refused.message


def test_a_key_that_is_not_the_certificates_is_refused(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
    one, two = sold(tmp_path / "one"), sold(tmp_path / "two")
    assert "that of another" in _refused(one.certificate, two.private_key).message


def test_a_key_of_a_kind_that_nobody_signs_with_is_refused(tmp_path: Path) -> None:
    bought = sold(tmp_path)
    key = x25519.X25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    bought.private_key.write_bytes(key)
    assert "it is not a private key of" in _refused(bought.certificate, bought.private_key).message


def test_a_list_that_is_none_is_told(signed: Path, tmp_path: Path) -> None:
    (tmp_path / "list.pem").write_text("-----BEGIN CERTIFICATE-----\nnothing\n-----END CERTIFICATE-----\n")
    for name in ("list.pem", "nothing.pem"):
        with pytest.raises(UsageError, match=name):
            read(signed, [tmp_path / name])


# Films, failures, many


def test_a_film_keeps_what_its_clips_say(unsigned: Path) -> None:
    film, clips = unsigned / "clip.mp4", [unsigned / f"clip{suffix}" for suffix in (".wav", ".gif", ".webm")]
    other = Claim(title="K", about="", source="algorithmicMedia", credits=(Credit("persona", "K"), CLAIM.credits[0]))
    sign(clips[0], CLAIM, signer())
    sign(clips[1], other, signer())
    clips.append(clips[0])  # twice in the film
    whole = joined("Two of them", clips)
    assert whole.source == "compositeWithTrainedAlgorithmicMedia"
    assert whole.credits == (*CLAIM.credits, Credit("persona", "K"))
    again = shutil.copy(film, unsigned / "again.mp4")
    for path in (film, Path(again)):
        sign(path, whole, signer(), ingredients=clips)
    assert film.read_bytes() == Path(again).read_bytes()
    told = read(film)
    assert (told.state, told.claim) == ("valid", whole)
    assert [(each.title, each.state, each.claim) for each in told.ingredients] == [
        ("clip.wav", "valid", CLAIM),
        ("clip.gif", "valid", other),
        ("clip.webm", "none", None),
        ("clip.wav", "valid", CLAIM),
    ]


def test_a_film_of_a_clip_that_was_changed_says_so_and_is_true_itself(unsigned: Path) -> None:
    clip, film = unsigned / "clip.wav", unsigned / "clip.mp4"
    sign(clip, CLAIM, signer())
    changed = bytearray(clip.read_bytes())
    changed[2000] ^= 1
    clip.write_bytes(changed)
    sign(film, CLAIM, signer(), ingredients=[clip])
    told = read(film)
    assert [each.state for each in told.ingredients] == ["tampered"]
    assert told.state == "valid"


def test_a_clip_that_is_signed_again_keeps_one_signature(signed: Path) -> None:
    sign(signed, Claim(title="again", about="", source="algorithmicMedia"), signer())
    told = read(signed)
    assert (told.state, told.title) == ("valid", "again")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has neither limits nor peaks to ask for")
@pytest.mark.parametrize("room", [0, 1000, 4000])
def test_where_the_disk_is_full_the_clip_stays_as_it_was(room: int, unsigned: Path, bare: Path) -> None:
    clip = unsigned / "clip.mp4"
    program = """if True:
        import resource, sys
        from pathlib import Path
        from deckard_cli.clip.provenance import Claim
        from deckard_cli.clip.provenance.seal import sign
        from deckard_cli.clip.provenance.signer import signer
        from deckard_cli.errors import DeckardError
        by = signer()
        resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]),) * 2)
        try:
            sign(Path(sys.argv[1]), Claim(title="", about="x" * 5000, source="algorithmicMedia"), by)
        except DeckardError as error:
            print(error.code)
    """
    command = [sys.executable, "-c", program, str(clip), str(clip.stat().st_size + room)]
    done = subprocess.run(command, env={**os.environ, "PYTHONPATH": ROOT}, capture_output=True, text=True, check=True)
    assert done.stdout == "disk_full\n", done.stderr
    assert clip.read_bytes() == (bare / "clip.mp4").read_bytes()
    assert sorted(each.name for each in unsigned.iterdir()) == ["clip.gif", "clip.mp4", "clip.wav", "clip.webm"]


def test_a_form_that_has_no_place_for_a_signature_is_refused(unsigned: Path) -> None:
    with pytest.raises(UsageError, match=r"clip\.webm"):
        sign(unsigned / "clip.webm", CLAIM, signer())


def test_a_file_that_is_no_clip_is_refused_and_stays(tmp_path: Path) -> None:
    (tmp_path / "clip.mp4").write_bytes(b"not a clip")
    with pytest.raises(DeckardError) as caught:
        sign(tmp_path / "clip.mp4", CLAIM, signer())
    assert caught.value.hint == "leave the signature out with --no-provenance"
    assert [each.name for each in tmp_path.iterdir()] == ["clip.mp4"]


def test_a_hundred_clips_at_once(unsigned: Path) -> None:
    by = signer()
    clips = [Path(shutil.copy(unsigned / "clip.mp4", unsigned / f"{number}.mp4")) for number in range(100)]
    with ThreadPoolExecutor(8) as many:
        list(many.map(lambda clip: sign(clip, CLAIM, by), clips))
    assert {clip.read_bytes() for clip in clips} == {clips[0].read_bytes()}
    assert read(clips[0]).state == "valid"


def test_what_a_seal_raises_leaves_nothing_behind(tmp_path: Path) -> None:
    def broken(path: Path) -> None:
        assert path.stat().st_size > 1000, "the file was not whole yet"
        raise DeckardError("no", code="not_signed")

    for suffix in SUFFIXES:
        with pytest.raises(DeckardError):
            write(tmp_path / f"clip{suffix}", noise(8000), 16000, 25, seal=broken)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has neither limits nor peaks to ask for")
def test_a_long_clip_is_signed_in_no_more_memory(unsigned: Path) -> None:
    clip = unsigned / "clip.mp4"
    with clip.open("ab") as file:  # 200 MB that nobody plays
        file.write(((200 << 20) + 8).to_bytes(4) + b"mdat")
        file.truncate(file.tell() + (200 << 20))
    program = """if True:
        import resource, sys
        from pathlib import Path
        from deckard_cli.clip.provenance import Claim
        from deckard_cli.clip.provenance.seal import sign
        from deckard_cli.clip.provenance.signer import signer
        by = signer()
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        sign(Path(sys.argv[1]), Claim(title="", about="", source="algorithmicMedia"), by)
        after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        print((after - before) / (1 << 20 if sys.platform == "darwin" else 1 << 10))
    """
    command = [sys.executable, "-c", program, str(clip)]
    done = subprocess.run(command, env={**os.environ, "PYTHONPATH": ROOT}, capture_output=True, text=True, check=True)
    assert float(done.stdout) < 50
    assert read(clip).state == "valid"


def test_a_library_that_hashes_in_another_way_does_so_itself(unsigned: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    again = Path(shutil.copy(unsigned / "clip.mp4", unsigned / "again.mp4"))
    sign(unsigned / "clip.mp4", CLAIM, signer())
    monkeypatch.setattr(seal, "digest", lambda file: b"a digest that no assertion has")
    sign(again, CLAIM, signer())
    assert again.read_bytes() == (unsigned / "clip.mp4").read_bytes()
