"""Find the one root in force: the folder that is named, else the nearest workspace above, else the built-in one."""

from __future__ import annotations

import secrets
import shutil
import tempfile
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from curation.errors import CurationError
from curation.folders.whole import whole

FOLDERS = ("schemas", "tasks", "exports")
"""The folders of definitions that make a root."""

WORKSPACE_FILE = "curation.toml"

_STARTER = """\
# The settings of this workspace. `curation schema show workspace` documents every key.
task = "news-stance"
# Marks this workspace's projects in Label Studio. A copy that becomes a study of its own needs another.
id = "{id}"

# For `curation ingest`; each line that begins with one # is an example.
# [ingest]
## From which similarity on texts are copies of each other (0.5 to 1; 0.7 if absent).
# threshold = 0.7
## Longer articles go to annotators in parts (characters; 20,000 if absent).
# longest = 20000

## Other people's column names: our field = the source's column.
# [ingest.map]
# text = "content"

## brat's words: a type of span = the task's label; a relation, or TYPE:ROLE>ROLE = the task's relation.
# [ingest.labels]
# Source = "Actor"
# [ingest.relations]
# "Attribution:Source>Content" = "supports"
"""


@dataclass(frozen=True, slots=True)
class Root:
    """A folder with schemas, tasks and exports; a workspace if it also has a curation.toml.

    `settings` is the parsed curation.toml, empty for the built-in root.
    """

    path: Path
    is_workspace: bool
    settings: Mapping[str, Any]

    def folder(self, name: str) -> Path:
        """One of `FOLDERS`."""
        return self.path / name


_ABOUT = """
# What only people know, for the dataset's card and for Croissant; the card says `not stated` of what is left out here.
# `curation schema show export` lists every topic. The licence above is yours to choose, too.
# [about]
# authors = ["..."]
# contact = "whom to write to, also about a takedown"
# collection = "how the articles were chosen and collected"
# rights = "what others may do with the texts"
"""


def builtin_root() -> Path:
    """The folder of definitions that ships with the package (or the checkout that the package runs from)."""
    packaged = Path(str(files("curation"))) / "_assets"
    checkout = Path(__file__).resolve().parents[2]
    for candidate in (packaged, checkout):
        if _has_definitions(candidate):
            return candidate
    raise CurationError("E_WORKSPACE_BROKEN", f"the installation lacks its definitions ({packaged})")


def find_root(path: Path | None = None, *, start: Path | None = None) -> Root:
    """The root at `path`, or the nearest workspace at or above `start` (the current folder), or the built-in root.

    Raises `E_NO_WORKSPACE` if `path` is given and holds no curation.toml, `E_WORKSPACE_BROKEN` if it is not valid.
    """
    if path is not None:
        if not (path / WORKSPACE_FILE).is_file():
            raise CurationError("E_NO_WORKSPACE", f"{path} holds no {WORKSPACE_FILE}", fix=f"curation init {path}")
        return _workspace(path.resolve())
    here = (start or Path.cwd()).resolve()
    for folder in (here, *here.parents):
        if (folder / WORKSPACE_FILE).is_file():
            return _workspace(folder)
    return Root(builtin_root(), is_workspace=False, settings={})


def init_root(path: Path, *, sample: bool = False) -> Root:
    """Make `path` a workspace: copy the three folders of definitions and write a curation.toml.

    What the exports say of the sample articles, among it their licence, is left out unless these are meant: a `sample`.
    A workspace that is there is left as it is. Raises `E_EXISTS` if another folder is there and not empty, `E_DISK` if
    it cannot be written.
    """
    if (path / WORKSPACE_FILE).is_file():
        return _workspace(path.resolve())
    if path.exists() and (not path.is_dir() or any(path.iterdir())):
        raise CurationError("E_EXISTS", f"{path} exists, is not empty and is no workspace", fix="choose another folder")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # Made beside and renamed, so that what was interrupted half-way is no workspace and in nobody's way.
        with tempfile.TemporaryDirectory(prefix=f".{path.name}.", dir=path.parent) as staging:
            made = Path(staging) / "made"
            for name in FOLDERS:
                shutil.copytree(builtin_root() / name, made / name)
            for file in () if sample else (made / "exports").glob("*/export.toml"):
                _say_nothing_of_the_sample(file)
            (made / WORKSPACE_FILE).write_text(_STARTER.format(id=secrets.token_hex(6)), encoding="utf-8")
            made.rename(path)
    except OSError as error:
        reason = error.strerror or "the definitions could not be copied; is the disk full?"
        raise CurationError("E_DISK", f"{error.filename or path}: {reason}") from None
    return _workspace(path.resolve())


def _say_nothing_of_the_sample(file: Path) -> None:
    import tomlkit

    document = tomlkit.parse(file.read_text(encoding="utf-8"))
    document.pop("about", None)
    document["license"] = "unknown"
    file.write_text(tomlkit.dumps(document).rstrip() + "\n" + _ABOUT, encoding="utf-8")


def name_server(root: Root, url: str) -> None:
    """Write the address of a Label Studio into a workspace's curation.toml, whose other lines stay.

    Raises `E_DISK`.
    """
    import tomlkit

    path = root.path / WORKSPACE_FILE
    try:
        document = tomlkit.parse(path.read_text(encoding="utf-8"))
        studio = document.setdefault("studio", tomlkit.table())
        studio["url"] = url
        with whole(path) as file:
            file.write(tomlkit.dumps(document).encode())
    except OSError as error:
        raise CurationError("E_DISK", f"{path}: {error.strerror}") from None


def read_toml(path: Path, code: str = "E_DEFINITION") -> dict[str, Any]:
    """The TOML document at `path`; a syntax error or unreadable file raises `code` with its place."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise CurationError(code, f"{path}: {error}") from None
    except OSError as error:
        raise CurationError(code, f"{path}: {error.strerror}") from None


def _workspace(folder: Path) -> Root:
    settings = read_toml(folder / WORKSPACE_FILE, "E_WORKSPACE_BROKEN")
    missing = [name for name in FOLDERS if not (folder / name).is_dir()]
    if missing:
        fix = f"Restore it, or copy that of a new workspace: curation init NEW && cp -r NEW/{missing[0]} {folder}"
        raise CurationError("E_WORKSPACE_BROKEN", f"{folder} has no folder {', '.join(missing)}", fix=fix)
    return Root(folder, is_workspace=True, settings=settings)


def _has_definitions(folder: Path) -> bool:
    return all((folder / name).is_dir() for name in FOLDERS)
