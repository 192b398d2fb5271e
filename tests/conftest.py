"""What every test stands on: no network, no settings of the machine's, and the doubles as if they were installed."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

DOUBLES = Path(__file__).parent / "doubles"
sys.path.insert(0, str(DOUBLES))

Result = subprocess.CompletedProcess[str]
Deckard = Callable[..., Result]


def _is_local(address: object) -> bool:
    return isinstance(address, (str, bytes)) or (
        isinstance(address, tuple) and address[0] in ("127.0.0.1", "::1", "localhost")
    )


@pytest.fixture(autouse=True)
def _no_network(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    connect = socket.socket.connect

    def connect_nearby(self: socket.socket, address: object) -> None:
        assert _is_local(address), f"a test reached for {address}"
        connect(self, address)  # type: ignore[arg-type]

    monkeypatch.setattr(socket.socket, "connect", connect_nearby)
    yield


@pytest.fixture(autouse=True)
def _nobody_s_settings(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    for name in [name for name in os.environ if name.startswith("DECKARD_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("DECKARD_DATA_DIR", str(tmp_path_factory.getbasetemp() / "no-data"))


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder, and the current one."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def deckard(here: Path) -> Deckard:
    """Run the command in a process of its own, in the empty folder `here`."""

    def run(
        *arguments: str, stdin: bytes | None = b"", env: dict[str, str] | None = None, timeout: float = 60
    ) -> Result:
        command = [sys.executable, "-W", "error", "-m", "deckard_cli", *arguments]
        paths = {"PYTHONPATH": str(DOUBLES), "PYTHONIOENCODING": "utf-8"}
        done = subprocess.run(
            command,
            input=stdin,
            capture_output=True,
            timeout=timeout,
            cwd=here,
            env={**os.environ, **paths, **(env or {})},
        )
        out, err = (stream.decode("utf-8", "backslashreplace") for stream in (done.stdout, done.stderr))
        return subprocess.CompletedProcess(command, done.returncode, out, err)

    return run
