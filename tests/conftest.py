"""What every test stands on: no network, no settings of the machine's, and the doubles as if they were installed."""

from __future__ import annotations

import itertools
import os
import socket
import sys
from pathlib import Path

import pytest
from running import DOUBLES, Deckard

sys.path.insert(0, str(DOUBLES))
_COUNTER = itertools.count()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--accept-looks", action="store_true", help="store how the personas look now as how they should")


def _is_local(address: object) -> bool:
    if isinstance(address, tuple):
        return address[0] in ("127.0.0.1", "::1", "localhost")
    return isinstance(address, (str, bytes))


@pytest.fixture(autouse=True)
def _no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    connect = socket.socket.connect

    def connect_nearby(self: socket.socket, address: object) -> None:
        assert _is_local(address), f"a test reached for {address}"
        connect(self, address)  # type: ignore[arg-type]

    monkeypatch.setattr(socket.socket, "connect", connect_nearby)


@pytest.fixture(autouse=True)
def _nobodys_settings(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    for name in [name for name in os.environ if name.startswith("DECKARD_")]:
        monkeypatch.delenv(name)
    # Nor anybody's keys: a `.env` above this folder.
    monkeypatch.setenv("DECKARD_ENV_FILE", "")
    # A clip that is copied from one test to the next proves nothing; those of the cache ask for it.
    monkeypatch.setenv("DECKARD_CACHE", "false")
    monkeypatch.setenv("DECKARD_CACHE_DIR", str(tmp_path_factory.getbasetemp() / f"cache-{next(_COUNTER)}"))
    # One for each test: what one puts there, another would find.
    monkeypatch.setenv("DECKARD_DATA_DIR", str(tmp_path_factory.getbasetemp() / f"data-{next(_COUNTER)}"))


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder, and the current one."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def deckard(here: Path) -> Deckard:
    """The command, to be run in the empty folder `here`."""
    return Deckard(here)
