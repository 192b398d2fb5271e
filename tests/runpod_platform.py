"""RunPod on this machine: the routes that clients use and those that workers use, rightly or wrongly as it is told."""

from __future__ import annotations

import base64
import itertools
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import film_server as server
from film_server import FilmServer, Handler, Heard

KEY = "rpa_ThisIsNobodysKey0123456789"
WORKERS_KEY = "worker-ThisIsNobodysKeyEither0123456789"
FINAL = ("COMPLETED", "FAILED", "CANCELLED", "TIMED_OUT")
LARGEST = 10_000_000


@dataclass
class Job:
    """What was submitted, and what came of it."""

    id: str
    input: dict[str, Any]
    policy: dict[str, Any]
    status: str = "IN_QUEUE"
    output: Any = None
    error: str = ""
    polls: int = 0
    takes: int = 0
    """How often a worker took it."""
    late: int = 0
    """What came of its progress when it was over."""

    def state(self) -> dict[str, Any]:
        said: dict[str, Any] = {"id": self.id, "status": self.status, "delayTime": 12}
        if self.output is not None:
            said["output"] = self.output
        return {**said, "error": self.error} if self.error else said


def inline(asked: dict[str, Any]) -> dict[str, Any]:
    """The output of a worker that sends films in base64."""
    return {"video_base64": base64.b64encode(filmed(asked)).decode()}


def filmed(asked: dict[str, Any]) -> bytes:
    return server.film_as_long_as(base64.b64decode(asked["audio"]), tuple(asked["size"]), asked["fps"])


@dataclass
class Platform:
    """An endpoint called ``e1``, at `double`. Without `workers` it works itself: a job is done when it was asked after
    `patience` times.
    """

    double: FilmServer
    key: str = KEY
    """That clients need."""
    patience: int = 2
    workers: bool = False
    work: Callable[[dict[str, Any]], Any] = inline
    jobs: dict[str, Job] = field(default_factory=dict)
    changed: threading.Condition = field(default_factory=threading.Condition)
    stopping: list[str] = field(default_factory=list)
    pings: int = 0
    numbers: Iterator[int] = field(default_factory=itertools.count)

    def open(self) -> None:
        routes = self.double.routes
        routes["POST /v2/e1/run"] = self.run
        routes["GET /v2/e1/status/"] = self.status
        routes["POST /v2/e1/cancel/"] = self.cancel
        routes["GET /v2/e1/health"] = self.health
        routes["GET /job-take/"] = self.take
        routes["GET /job-stop/"] = self.stop
        routes["POST /job-done/"] = self.done
        routes["GET /ping/"] = self.ping
        routes["PUT /files/"] = self.put

    def submitted(self) -> int:
        return len(self.double.asked("POST /v2/e1/run"))

    # What clients ask

    def run(self, handler: Handler, request: Heard) -> None:
        if not self._allowed(handler, request, self.key):
            return
        if len(request.body) > LARGEST:
            server.say(handler, {"error": "request body too large"}, status=400)
            return
        body = request.json()
        with self.changed:
            job = Job(f"job-{next(self.numbers)}-e1", body["input"], body.get("policy", {}))
            self.jobs[job.id] = job
            self.changed.notify_all()
        server.say(handler, {"id": job.id, "status": job.status})

    def status(self, handler: Handler, request: Heard) -> None:
        if not self._allowed(handler, request, self.key):
            return
        job = self.jobs.get(request.path.rpartition("/")[2])
        if job is None:
            server.say(handler, {"error": "job not found"}, status=404)
            return
        job.polls += 1
        if not self.workers and job.status not in FINAL:
            job.status, job.output = "IN_PROGRESS", {"progress": f"{10 * job.polls} %"}
            if job.polls > self.patience:
                job.takes += 1
                job.status, job.output = "COMPLETED", self.work(job.input)
        server.say(handler, job.state())

    def cancel(self, handler: Handler, request: Heard) -> None:
        if not self._allowed(handler, request, self.key):
            return
        job = self.jobs.get(request.path.rpartition("/")[2])
        if job is None:
            server.say(handler, {"error": "job not found"}, status=404)
            return
        with self.changed:
            if job.status not in FINAL:
                if job.status == "IN_PROGRESS":
                    self.stopping.append(job.id)
                job.status, job.output = "CANCELLED", None
            self.changed.notify_all()
        server.say(handler, {"id": job.id, "status": job.status})

    def health(self, handler: Handler, request: Heard) -> None:
        if self._allowed(handler, request, self.key):
            server.say(handler, {"jobs": {"inQueue": 0, "failed": 1}, "workers": {"idle": 2, "running": 0}})

    # What workers ask

    def take(self, handler: Handler, request: Heard) -> None:
        if not self._allowed(handler, request, WORKERS_KEY):
            return
        end = time.monotonic() + 0.5
        with self.changed:
            while not (queued := [job for job in self.jobs.values() if job.status == "IN_QUEUE"]):
                if not self.changed.wait(end - time.monotonic()) and time.monotonic() >= end:
                    server.send(handler, b"", status=204)
                    return
            job = queued[0]
            job.status, job.takes = "IN_PROGRESS", job.takes + 1
        server.say(handler, {"id": job.id, "input": job.input})

    def stop(self, handler: Handler, request: Heard) -> None:
        end = time.monotonic() + 0.5
        with self.changed:
            while not self.stopping and time.monotonic() < end:
                self.changed.wait(end - time.monotonic())
            told, self.stopping = self.stopping, []
        if told:
            server.say(handler, {"jobsToStop": told})
            return
        server.send(handler, b"", status=204)

    def done(self, handler: Handler, request: Heard) -> None:
        if not self._allowed(handler, request, WORKERS_KEY):
            return
        job = self.jobs[request.path.partition("?")[0].rpartition("/")[2]]
        said = json.loads(request.body)
        with self.changed:
            if job.status in FINAL:
                job.late += said.get("status") == "IN_PROGRESS"
            elif said.get("status") == "IN_PROGRESS":
                job.output = said["output"]
            else:
                job.status = "FAILED" if said.get("error") else "COMPLETED"
                job.output, job.error = said.get("output"), said.get("error", "")
        server.say(handler, {})

    def ping(self, handler: Handler, request: Heard) -> None:
        self.pings += 1
        server.say(handler, {})

    def put(self, handler: Handler, request: Heard) -> None:
        self.double.files[request.path.partition("?")[0]] = request.body
        server.send(handler, b"", status=201)

    @staticmethod
    def _allowed(handler: Handler, request: Heard, key: str) -> bool:
        if key in request.headers.get("authorization", ""):
            return True
        server.say(handler, {"error": "not allowed"}, status=401)
        return False


@contextmanager
def worker(platform: Platform, log: Path, **variables: str) -> Iterator[subprocess.Popen[bytes]]:
    """`deckard worker` for as long as the block lasts, in a process of its own: RunPod's own loop, as it is."""
    url = platform.double.url
    environment = {
        **os.environ,
        "RUNPOD_WEBHOOK_GET_JOB": f"{url}/job-take/$ID?gpu=none",
        "RUNPOD_WEBHOOK_POST_OUTPUT": f"{url}/job-done/$RUNPOD_POD_ID/$ID?gpu=none",
        "RUNPOD_WEBHOOK_PING": f"{url}/ping/$RUNPOD_POD_ID?gpu=none",
        "RUNPOD_POD_ID": "pod1",
        "RUNPOD_AI_API_KEY": WORKERS_KEY,
        "RUNPOD_SKIP_AUTO_SYSTEM_CHECKS": "true",
        "RUNPOD_SKIP_GPU_CHECK": "true",
        "RUNPOD_DEBUG_LEVEL": "DEBUG",
        "PYTHONPATH": str(Path(__file__).parent.parent),
        **variables,
    }
    with log.open("wb") as out:
        command = [sys.executable, "-m", "deckard_cli", "worker"]
        process = subprocess.Popen(command, env=environment, cwd=log.parent, stdout=out, stderr=out)
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
