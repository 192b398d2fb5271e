"""A batch on a Ray cluster: the same clips as on this machine, whatever dies on the way."""

from __future__ import annotations

import os
import socket
import tempfile
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from threading import Thread

import pytest
from running import DOUBLES, Deckard

from deckard_cli.batch.bench import Bench
from deckard_cli.batch.engine import DIED, Kit, Outcome, Task
from deckard_cli.batch.parcel import here as at_home
from deckard_cli.batch.parcel import pack, packed, taken, unpacked
from deckard_cli.job import Job

pytest.importorskip("ray", reason="Ray has no wheel for this Python")
# What Ray leaves open when its own processes are stopped.
pytestmark = [
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.filterwarnings("ignore::FutureWarning"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]


@pytest.fixture(autouse=True)
def _no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Own addresses of the machine may be reached too: whoever asks Ray for 127.0.0.1 is sent there, and a cluster at
    127.0.0.1 alone does not answer.
    """
    import ray

    connect = socket.socket.connect
    near = ("127.0.0.1", "::1", "localhost", ray.util.get_node_ip_address())

    def connect_nearby(self: socket.socket, address: object) -> None:
        assert not isinstance(address, tuple) or address[0] in near, f"a test reached for {address}"
        connect(self, address)  # type: ignore[arg-type]

    monkeypatch.setattr(socket.socket, "connect", connect_nearby)


def job(here: Path, name: str, **options: object) -> Job:
    given = {"voice": "tone", "face": "flat", "size": "64", "provenance": False, **options}
    return Job(text=f"Hello there, {name}.", output=here / f"{name}.mp4", **given)  # type: ignore[arg-type]


def tasks(here: Path, count: int, **options: object) -> list[Task]:
    return [Task(f"t{number}", job(here, f"clip{number}", **options), here / "work") for number in range(count)]


def test_files_travel_with_a_job_and_come_back(here: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    (here / "words.toml").write_text('there = "their"\n')
    asked = Task("t", job(here, "a", words=here / "words.toml", captions="srt"), here / "work")
    expected = Bench(Kit()).make(asked)
    key, persona, own = packed(asked.job)
    assert "joi/persona.toml" in persona and list(own) == ["words/words.toml"]
    assert key == packed(replace(asked.job, words=None))[0] != packed(replace(asked.job, persona="officer_k"))[0]
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    with at_home(replace(asked, attempt=1), "a sign") as (task, shared):
        assert not shared and task.folder != asked.folder
        sent = unpacked(asked.job, pack(persona), elsewhere, pack(own), task.folder)
        assert (sent.persona, sent.words) == (str(elsewhere / "joi"), task.folder / "words" / "words.toml")
        outcome = Bench(Kit()).make(replace(task, job=sent))
        assert outcome.folder
        made = {path.name: path.read_bytes() for path in outcome.folder.iterdir()}
    back = taken(outcome, asked, made)
    assert back.folder == asked.bench and back.files == outcome.files
    assert expected.files == outcome.files
    assert {path.name for path in asked.bench.iterdir()} == {"a.mp4", "a.srt"}


def test_a_folder_that_both_see_needs_no_sending(here: Path) -> None:
    task = tasks(here, 1)[0]
    task.folder.mkdir()
    (task.folder / "a sign").touch()
    with at_home(task, "a sign") as (same, shared):
        assert shared and same is task
    with at_home(task, "another") as (other, shared):
        assert not shared and other.folder.is_dir()
    assert not other.folder.exists()


@pytest.fixture(scope="module")
def cluster() -> Iterator[object]:
    """Two machines with a processor each, beside one that has none."""
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    before = os.environ.get("PYTHONPATH", "")
    os.environ["PYTHONPATH"] = os.pathsep.join([str(DOUBLES), str(Path(__file__).parent.parent)])
    from ray.cluster_utils import Cluster

    made = Cluster(initialize_head=True, head_node_args={"num_cpus": 0, "include_dashboard": False})
    made.add_node(num_cpus=1)
    made.add_node(num_cpus=1)
    yield made
    made.shutdown()
    os.environ["PYTHONPATH"] = before


@pytest.mark.slow
def test_a_machine_that_is_killed_costs_no_clip(cluster: object, here: Path) -> None:
    from deckard_cli.batch.cluster import Cluster
    from deckard_cli.batch.retry import retried

    engine = Cluster(2, Kit(), address=cluster.address)  # type: ignore[attr-defined]
    made: dict[str, Outcome] = {}
    died = 0
    with closing(retried(engine, iter(tasks(here, 12)), retries=2, sleep=lambda _: None)) as reports:
        for report in reports:
            if isinstance(report, Outcome):
                assert report.failure is None, report.failure
                assert report.token not in made
                made[report.token] = report
                if len(made) == 3:
                    cluster.remove_node(cluster.list_all_nodes()[-1], allow_graceful=False)  # type: ignore[attr-defined]
                    cluster.add_node(num_cpus=1)  # type: ignore[attr-defined]
            else:
                died += getattr(getattr(report, "failure", None), "code", "") == DIED
    assert set(made) == {f"t{number}" for number in range(12)}
    for outcome in made.values():
        assert outcome.folder and [path.name for path in outcome.folder.iterdir()] == [outcome.files[0].name]
    assert died <= 2


@pytest.mark.slow
def test_a_machine_with_other_folders_sends_the_clip_and_keeps_nothing(cluster: object, here: Path) -> None:
    import ray

    from deckard_cli.batch.cluster import _Hand

    ray.init(cluster.address, log_to_driver=False, logging_level="ERROR")  # type: ignore[attr-defined]
    try:
        hand = ray.remote(_Hand).remote(Kit())
        for task in tasks(here, 2):
            key, persona, own = packed(task.job)
            outcome, files = ray.get(hand.make.remote(task, "a sign", key, [ray.put(pack(persona))], pack(own)))
            assert outcome.failure is None and list(files) == [task.job.output.name]
            assert taken(outcome, task, files).folder == task.bench
        homes = list(Path(tempfile.gettempdir()).glob(f"deckard-*/{key}"))
        assert homes
        ray.get(hand.leave.remote())
        assert not any(home.parent.exists() for home in homes)
    finally:
        ray.shutdown()


@pytest.mark.slow
def test_the_clips_are_those_that_one_machine_makes(deckard: Deckard, here: Path, cluster: object) -> None:
    rows = "id,text\n" + "".join(f"c{number},Hello number {number}.\n" for number in range(4))
    (here / "lines.csv").write_text(rows)
    options = ("--voice", "tone", "--face", "flat", "--size", "64", "--no-provenance", "-q")
    there = replace(deckard, environment={"RAY_ADDRESS": str(cluster.address)})  # type: ignore[attr-defined]
    done = there("batch", "lines.csv", "-o", "ray", "--engine", "ray", "--jobs", "2", *options)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert deckard("batch", "lines.csv", "-o", "local", "--jobs", "2", *options).returncode == 0
    for number in range(4):
        assert (here / "ray" / f"c{number}.mp4").read_bytes() == (here / "local" / f"c{number}.mp4").read_bytes()
    again = there("batch", "lines.csv", "-o", "ray", "--frozen", *options)
    assert again.returncode == 0, again.stderr


def _answer(server: socket.socket, answer: bytes) -> None:
    with server.accept()[0] as caller:
        caller.recv(64)
        caller.sendall(answer)


def test_a_cluster_that_is_not_there_is_told(deckard: Deckard, here: Path) -> None:
    (here / "lines.csv").write_text("id,text\na,Hello.\n")
    away = replace(deckard, environment={"RAY_ADDRESS": "127.0.0.1:1"})
    done = away("batch", "lines.csv", "-o", "clips", "--engine", "ray", "--voice", "tone", "--face", "flat")
    assert done.returncode == 4
    assert "The Ray cluster at '127.0.0.1:1' cannot be reached" in done.stderr
    for answer in (b"", b"HTTP/1.1 400 Bad Request\r\n\r\n"):
        with closing(socket.create_server(("", 0))) as server:
            Thread(target=_answer, args=(server, answer)).start()
            other = replace(deckard, environment={"RAY_ADDRESS": f"127.0.0.1:{server.getsockname()[1]}"})
            done = other("batch", "lines.csv", "-o", "clips", "--engine", "ray", "--voice", "tone", "--face", "flat")
        assert done.returncode == 4
        told, hint = done.stderr.splitlines()
        assert told.endswith("cannot be reached: What answers there is no cluster.") and "ray status" in hint
    refused = deckard("batch", "lines.csv", "-o", "clips", "--engine", "rya")
    assert refused.returncode == 2 and "ray" in refused.stderr
