"""The floors of the package: imports only go down, and each fenced library has one door."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "curation"

FLOORS = (
    {"apart", "cycles", "errors", "pointers", "text"},
    {"records", "alignment", "jsonstream", "folders", "shingles", "words"},
    {"findings", "statements", "parts", "units", "matching", "rounds"},
    {"catalog", "store", "reports", "pairing"},
    {"articles", "studio", "validation", "agreement", "adjudication", "export"},
    {"workspace", "converting"},
    {"cli"},
    {"__init__", "__main__"},
)
FLOOR = {room: number for number, rooms in enumerate(FLOORS) for room in rooms}

# library -> the only rooms that may import it
DOORS = {
    "sqlite3": {"store"},
    "psycopg": {"store"},
    "datasets": {"export"},
    "networkx": {"export"},
    "spacy": {"export"},
    "huggingface_hub": {"export"},
    "label_studio_sdk": {"studio"},
    "httpx": {"studio"},
    "keyring": {"studio"},
    "jsonschema": {"catalog"},
    "jsonschema_rs": {"catalog"},
    "tomlkit": {"catalog"},
    "click": {"cli"},
    "rich": {"cli"},
    "trafilatura": {"articles"},
    "daft": {"articles"},
    "ray": {"articles"},
    "py3langid": {"articles"},
    "langcodes": {"articles", "export"},
    "httpcore": {"articles"},
    "ftfy": {"articles"},
    "charset_normalizer": {"articles"},
    "python_calamine": {"articles"},
    "brotli": {"articles"},
    "cleanlab": {"export"},
    "sklearn": {"export"},
    "numpy": {"articles", "studio", "agreement", "adjudication", "matching", "shingles", "export"},
    "pandas": {"agreement", "adjudication"},
    "scipy": {"agreement", "adjudication", "matching", "export"},
    "xxhash": {"articles"},
    "pyarrow": {"articles", "export", "studio"},
    "idna": {"articles"},
    "lxml": {"articles"},
    "regex": {"articles", "text", "words"},
}


HEAVY = {
    "daft", "datasets", "httpcore", "httpx", "jsonschema", "jsonschema_rs", "label_studio_sdk", "lxml",
    "networkx", "numpy", "pandas", "pyarrow", "ray", "regex", "rich", "scipy", "spacy", "tomlkit",
    "trafilatura",
}  # fmt: skip


def room(path: Path) -> str:
    """The module or package directly under `curation` that a file belongs to."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports(path: Path) -> Iterator[tuple[str, int, bool]]:
    """Every imported module of a file: its name, its line, and whether it is only for type checking."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for_types = {
        id(child)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
        for child in ast.walk(node)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, node.lineno, id(node) in for_types
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno}: relative import"
            assert node.module is not None
            if node.module == "curation":
                for alias in node.names:
                    yield f"curation.{alias.name}", node.lineno, id(node) in for_types
            else:
                yield node.module, node.lineno, id(node) in for_types


FILES = sorted(PACKAGE.rglob("*.py"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_go_down(path: Path):
    here = room(path)
    assert here in FLOOR, f"{here} has no floor"
    for name, line, _ in imports(path):
        parts = name.split(".")
        if parts[0] != "curation" or len(parts) == 1 or parts[1] == "__version__":
            continue
        there = parts[1]
        if there == here or here == "__init__":
            continue
        assert FLOOR[there] < FLOOR[here], f"{path.name}:{line} imports {name}, which is not on a lower floor"


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_each_library_has_one_door(path: Path):
    for name, line, _ in imports(path):
        doors = DOORS.get(name.split(".")[0])
        assert doors is None or room(path) in doors, f"{path.name}:{line} imports {name}"


def test_sql_is_only_in_the_store():
    for path in FILES:
        if room(path) == "store":
            continue
        text = path.read_text(encoding="utf-8")
        for word in ("SELECT ", "INSERT INTO", "CREATE TABLE", "PRAGMA "):
            assert word not in text, f"{path} speaks SQL"


def test_definitions_hold_no_code():
    allowed = {".json", ".toml", ".xml", ".md", ".jsonl", ".txt", ".html"}
    for folder in ("schemas", "tasks", "exports"):
        kinds = {path.suffix for path in (ROOT / folder).rglob("*") if path.is_file()}
        assert kinds <= allowed, f"{folder} holds {kinds - allowed}"


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_modules_are_small_and_documented(path: Path):
    text = path.read_text(encoding="utf-8")
    tree = ast.parse(text)
    assert len(text.splitlines()) <= 400, "a module of more than 400 lines wants to be two"
    if path.name != "__main__.py":
        assert ast.get_docstring(tree), "the module says what it is for"
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_"):
            assert ast.get_docstring(node), f"{node.name} says what it does"


def test_importing_the_package_is_light():
    script = f"import sys, curation, curation.cli; print(sorted({HEAVY} & set(sys.modules)))"
    loaded = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    assert loaded.strip() == "[]"
