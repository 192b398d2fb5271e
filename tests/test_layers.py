"""The order of the rooms: a module imports only what stands to its left."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "deckard_cli"
ORDER = [
    *(
        "errors",
        "tomlfile",
        "data",
        "cache",
        "models",
        "remote",
        "script",
        "speech",
        "motion",
        "face",
        "clip",
        "events",
        "backends",
    ),
    *(
        "persona",
        "credits",
        "settings",
        "job",
        "studio",
        "speaker",
        "casting",
        "shoot",
        "label",
        "fingerprint",
        "reprint",
        "route",
        "idlers",
        "check",
        "batch",
        "live",
        "serve",
        "cli",
    ),
]
FILES = sorted(file for file in PACKAGE.rglob("*.py") if file.parent != PACKAGE or file.stem in ORDER)
BACKENDS = (
    *(f"speech/{name}.py" for name in ("espeak", "recording", "openai", "elevenlabs", "azure", "kokoro", "piper")),
    *(f"face/{name}.py" for name in ("direct", "tavus")),
)
"""Files that are loaded when their name is chosen."""


def rooms(tree: ast.AST) -> Iterator[tuple[str, int]]:
    """Every room of ours that a module imports, and in which line."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module == "deckard_cli":
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("deckard_cli."):
            yield str(node.module).split(".")[1], node.lineno
        elif isinstance(node, ast.Import):
            yield from ((a.name.split(".")[1], node.lineno) for a in node.names if a.name.startswith("deckard_cli."))


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(PACKAGE)))
def test_a_room_opens_doors_to_its_left_alone(file: Path) -> None:
    room = file.relative_to(PACKAGE).parts[0].removesuffix(".py")
    assert room in ORDER, f"{room} has no place in the order"
    for name, line in rooms(ast.parse(file.read_text(encoding="utf-8"))):
        if name in ORDER:
            assert ORDER.index(name) <= ORDER.index(room), f"{file}:{line} imports {name}"


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(PACKAGE)))
def test_only_the_command_line_knows_typer_and_rich(file: Path) -> None:
    if file.is_relative_to(PACKAGE / "cli"):
        return
    names = {
        name.split(".")[0]
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        for name in (
            [a.name for a in node.names] if isinstance(node, ast.Import) else [getattr(node, "module", "") or ""]
        )
    }
    assert not names & {"typer", "rich"}


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_backend_is_imported_by_nobody_outside_its_room(backend: str) -> None:
    module = "deckard_cli." + backend.removesuffix(".py").replace("/", ".")
    room = PACKAGE / Path(backend).parts[0]
    importers = [
        file
        for file in PACKAGE.rglob("*.py")
        if not file.is_relative_to(room)
        if any(
            isinstance(node, ast.ImportFrom) and node.module == module
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        )
    ]
    assert importers == []
