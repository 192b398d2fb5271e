"""Our own server of films, in a process of its own."""

from __future__ import annotations

import base64
import re
import signal
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import numpy as np
from running import Deckard

from deckard_cli.remote.request import wav


def tone(seconds: float, rate: int = 16_000) -> bytes:
    """A WAV file of somebody who hums, now louder and now softer."""
    times = np.arange(round(seconds * rate)) / rate
    return wav((0.4 * np.sin(2 * np.pi * 180 * times) * (0.6 + 0.4 * np.sin(9 * times))).astype(np.float32), rate)


def asking(seconds: float = 0.4, **fields: object) -> dict[str, Any]:
    """A request, as JSON, for a small film that takes no time."""
    sound = base64.b64encode(tone(seconds)).decode()
    return {"audio": sound, "persona": "joi", "size": [64, 64], "face": "flat", **fields}


@dataclass
class Lipsync:
    """A server that runs."""

    url: str
    process: subprocess.Popen[str]
    said: list[str] = field(default_factory=list)
    """What it wrote to stderr, line by line."""

    def post(
        self, json: object = None, *, path: str = "/generate", timeout: float = 100, **more: Any
    ) -> httpx.Response:
        return httpx.post(f"{self.url}{path}", json=json, timeout=timeout, trust_env=False, **more)

    def get(self, path: str, **more: Any) -> httpx.Response:
        return httpx.get(f"{self.url}{path}", timeout=30, trust_env=False, **more)

    def stop(self) -> int:
        """Ask it to, and wait for it; its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(60)

    def metric(self, name: str) -> float:
        """The value of one of its metrics."""
        lines = [line for line in self.get("/metrics").text.splitlines() if line.startswith(f"{name} ")]
        return float(lines[0].split()[-1])


@contextmanager
def serving(folder: Path, *options: str, **environment: str) -> Iterator[Lipsync]:
    """A server for as long as the block lasts, at a port of its own."""
    command = Deckard(folder, environment)
    process = subprocess.Popen(
        command.command("serve", "lipsync", "--port", "0", *options),
        cwd=folder,
        env=command.variables(),
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
    )
    assert process.stderr
    server = Lipsync("", process)
    listening = threading.Event()

    def listen() -> None:
        assert process.stderr
        for line in process.stderr:
            server.said.append(line.rstrip())
            if found := re.search(r"Listening at (http://\S+?)\.(?:\s|$)", line):
                server.url = found[1]
                listening.set()
        listening.set()

    reader = threading.Thread(target=listen)
    reader.start()
    try:
        listening.wait(60)
        assert server.url, server.said
        yield server
    finally:
        process.kill()
        process.wait()
        reader.join()
        process.stderr.close()
