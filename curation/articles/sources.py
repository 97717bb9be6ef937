"""What there is to read: files and folders as they were named, and the kinds of file that hold articles."""

from __future__ import annotations

import os
import re
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from io import BufferedReader, BytesIO, RawIOBase
from pathlib import Path, PurePosixPath
from typing import IO, TYPE_CHECKING, cast

from curation.articles.rejects import Broken
from curation.catalog.root import FOLDERS, WORKSPACE_FILE
from curation.errors import CurationError

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer as Buffer

    from curation.articles.formats.packing import Budget

KINDS = {
    ".txt": "text",
    ".md": "text",
    ".html": "page",
    ".htm": "page",
    ".jsonl": "lines",
    ".ndjson": "lines",
    ".json": "json",
    ".csv": "table",
    ".tsv": "table",
    ".parquet": "parquet",
    ".xlsx": "sheet",
    ".xlsm": "sheet",
    ".xls": "sheet",
    ".ods": "sheet",
    ".warc": "warc",
    ".wet": "warc",
}
"""Suffix -> kind of file."""

PACKINGS = {".gz": "gzip", ".xz": "xz", ".bz2": "bzip2", ".zst": "zstd", ".zip": "zip"}
"""Suffix -> how a file is packed; a reader gets what is in it."""

UNKNOWN = "unknown"
"""The kind of what has no name that tells: it is told from its first bytes."""

STDIN = "-"
"""The source that is read from standard input."""

WEB = "web"
"""The kind of a page on the network; its source's name is its address."""

STATE_FILE = "state.json"
"""What lists the shards of a folder that `datasets` saved."""

DATASET_FILES = ("dataset_info.json", STATE_FILE)
"""What lies in a folder that `datasets` saved."""

SPLITS_FILE = "dataset_dict.json"
"""What lies above several of them."""

BUFFER = 1 << 18
"""Bytes that `Source.open().peek()` shows, if there are as many."""

# What packs worst has to be read as far as `BUFFER` bytes of its content.
_REPLAYED = BUFFER * 2
_SPOOLED = 1 << 33
_IN_MEMORY = 1 << 24
_TAR = re.compile(r"\.(tar(\.\w+)?|t[gbx]z2?)$", re.IGNORECASE)
_ADDRESS = re.compile(r"(https?):/+", re.IGNORECASE)
# Excel locks a file that is open with another one of this name.
_LOCK = "~$"
# What a workspace holds beside its definitions.
_BUILDS = "build"
_STATE = re.compile(r"curation\.(db.*|lock|toml)")
_NO_PAGE = re.compile(r"([a-z][a-z0-9+.-]+):/", re.IGNORECASE)
_ABOUT = ("readme", "license", "licence", "changelog")
_NO_BYTE = re.compile("[\ud800-\udc7f\udd00-\udfff]")
_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a file of lines or rows: its `size` in bytes, how many stand `before` it, and of Parquet its groups."""

    size: int = 0
    before: int = 0
    groups: range | None = None

    @property
    def first(self) -> bool:
        """Whether the file begins with it."""
        return self.before == 0


@dataclass(frozen=True, slots=True)
class Source:
    """A file to read, what is packed in one, or a folder that `datasets` saved.

    `name` is its path below what was named, never absolute; of a folder that `datasets` saved it begins with that
    folder and ends in a slash. `in_folder`: it was not named itself, but found in a folder or archive that was. What is
    not simply the content of the file at `path` is opened by `content`; it was unpacked `depth` times, within `budget`.
    `part` is None for a whole file; of lines, `content` opens the part alone.
    """

    path: Path
    name: str
    kind: str
    in_folder: bool = False
    content: Callable[[], RawIOBase] | None = None
    ending: str | None = None
    depth: int = 0
    budget: Budget | None = None
    part: Part | None = None

    @property
    def suffix(self) -> str:
        """The ending that tells the kind, in lower case, without that of a packing."""
        return _suffix(self.name) if self.ending is None else self.ending

    def open(self) -> BufferedReader:
        """The content from its beginning, unpacked. Not seekable, but `peek` shows its beginning.

        Reading raises `Broken`, an `OSError`, where a packed file is damaged.
        """
        if self.content is None:
            return cast(BufferedReader, self.path.open("rb", buffering=BUFFER))
        return BufferedReader(self.content(), BUFFER)

    def seekable(self) -> IO[bytes]:
        """The content as a seekable stream, from memory or an unnamed file where it is packed.

        Raises `Broken` where it is damaged, or has more than 8 GiB.
        """
        if self.content is None:
            return self.open()
        with ExitStack() as opened:
            stream = opened.enter_context(self.open())
            spool = opened.enter_context(tempfile.SpooledTemporaryFile(_IN_MEMORY))
            while chunk := stream.read(BUFFER):
                if spool.tell() > _SPOOLED:
                    raise Broken("R_TOO_LARGE", f"it has more than {_SPOOLED} bytes and cannot be read in one go")
                spool.write(chunk)
            spool.seek(0)
            opened.pop_all()
            stream.close()
        return cast(IO[bytes], spool)


def kind_of(name: str) -> str | None:
    """The kind of file that a name promises, None for one that holds no articles."""
    suffix = PurePosixPath(name).suffix.lower()
    if suffix in PACKINGS:
        inner = name[: -len(suffix)]
        if suffix == ".gz" and kind_of(inner) == "warc":
            # Each record is packed on its own: its reader can go on behind a damaged one.
            return "warc"
        return PACKINGS[suffix] if suffix == ".zip" or kind_of(inner) is not None else None
    return KINDS.get(suffix)


def _suffix(name: str) -> str:
    path = PurePosixPath(name)
    while path.suffix.lower() in PACKINGS:
        path = path.with_suffix("")
    return path.suffix.lower()


class _Stdin:
    """Standard input. It can be opened again for its beginning, and for more by one reader alone."""

    def __init__(self) -> None:
        self._beginning: bytes | None = None
        self.reader: RawIOBase | None = None

    def __call__(self) -> RawIOBase:
        if self._beginning is None:
            self._beginning = self.stream().read(_REPLAYED)
        return _FromStdin(self, self._beginning)

    def stream(self) -> IO[bytes]:
        """What is left of it. Raises `OSError` if the program has none."""
        stream = getattr(sys.stdin, "buffer", None)
        if stream is None:
            raise OSError("there is no standard input")
        return cast(IO[bytes], stream)


class _FromStdin(RawIOBase):
    def __init__(self, stdin: _Stdin, beginning: bytes) -> None:
        self._stdin = stdin
        self._beginning = BytesIO(beginning)

    def readable(self) -> bool:
        return True

    def readinto(self, into: Buffer) -> int:
        count = self._beginning.readinto(into)
        if count or len(self._beginning.getbuffer()) < _REPLAYED:
            return count
        if self._stdin.reader not in (None, self):
            raise OSError("standard input can be read only once")
        self._stdin.reader = self
        chunk = self._stdin.stream().read(memoryview(into).nbytes)
        memoryview(into)[: len(chunk)] = chunk
        return len(chunk)


def find_sources(
    named: Sequence[str | Path], skipped: Callable[[str], None], kind: str | None = None
) -> Iterator[Source]:
    """Every file to read, folders sorted by name; `skipped` is told which files of a folder are of no such kind.

    `kind`, a suffix without its dot, is what standard input (`-`) and files of other suffixes hold. Raises `E_NO_INPUT`
    at once, before anything is read, if one that was named does not exist or holds nothing.
    """
    ending = None if kind is None else "." + kind.lower().removeprefix(".")
    if ending is not None and ending not in KINDS:
        known = ", ".join(suffix[1:] for suffix in KINDS)
        raise CurationError("E_USAGE", f"{kind!r} is not a kind of file that holds articles", fix=f"one of: {known}")
    paths = list(dict.fromkeys(web_address(path) or Path(path) for path in named))
    if not paths:
        raise CurationError("E_NO_INPUT", "no source was named")
    for path in paths:
        if isinstance(path, Path):
            _require(path, ending)
    return (
        source
        for path in paths
        for source in (_sources(path, skipped, ending) if isinstance(path, Path) else [Source(Path(path), path, WEB)])
    )


def web_address(named: str | Path) -> str | None:
    """The address of a page that was named as a source, None for a file. A `Path` has lost one of its slashes."""
    scheme = _ADDRESS.match(str(named))
    return None if scheme is None else f"{scheme[1]}://{str(named)[scheme.end() :]}"


def _require(path: Path, ending: str | None) -> None:
    wrong = None
    try:
        if str(path) == STDIN:
            return
        if path.is_dir():
            others: list[str] = []
            if next(_sources(path, others.append), None) is None:
                wrong = f"holds no file that can be read{_sample(others)}"
        elif not path.exists():
            wrong = _no_such(str(path))
        elif not path.is_file():
            # To open a pipe that nobody writes to would wait for ever; a device may never end.
            wrong = "is no regular file; what a program writes is read with `PROGRAM | curation ingest -`"
        elif _TAR.search(path.name):
            wrong = "is a tar archive; unpack it and name the folder"
        elif kind_of(path.name) is None and ending is None and path.suffix.lower() not in PACKINGS:
            wrong = "is not a kind of file that holds articles"
        elif path.stat().st_size == 0:
            wrong = "is empty"
    except OSError as error:
        raise CurationError("E_DISK", f"{path}: {error.strerror}") from None
    if wrong is not None:
        raise CurationError("E_NO_INPUT", f"{path} {wrong}")


def _no_such(path: str) -> str:
    scheme = _NO_PAGE.match(path)
    if scheme is None:
        return "does not exist"
    if scheme[1].lower() == "file":
        return "is an address; a file on this machine is named by its path alone, without file:"
    return "is on the network, where only http and https are fetched"


def _sample(names: list[str]) -> str:
    if not names:
        return ": it is empty"
    return f", only {', '.join(names[:3])}" + (f" and {len(names) - 3} others" if len(names) > 3 else "")


def _sources(path: Path, skipped: Callable[[str], None], ending: str | None = None) -> Iterator[Source]:
    if str(path) == STDIN:
        yield Source(path, "stdin", UNKNOWN, content=_Stdin(), ending=ending or "")
    elif not path.is_dir():
        kind = kind_of(path.name)
        if kind is None:
            yield Source(path, printable(path.name), PACKINGS.get(path.suffix.lower(), UNKNOWN), ending=ending or "")
        else:
            yield Source(path, printable(path.name), kind)
    elif _is_dataset(path):
        yield Source(path, _prefix(path), "dataset")
    else:
        # Every folder of splits holds files of the same names.
        yield from _walk(path, _prefix(path) if _is_file(path / SPLITS_FILE) else "", skipped)


def _walk(folder: Path, prefix: str, skipped: Callable[[str], None]) -> Iterator[Source]:
    try:
        with os.scandir(folder) as entries:
            names = sorted((entry.name, entry.is_dir(follow_symlinks=False)) for entry in entries)
    except OSError:
        skipped(prefix)
        return
    own = _own(names)
    for entry, is_folder in names:
        path, name = folder / entry, prefix + printable(entry)
        if entry.startswith((".", _LOCK)) or entry == SPLITS_FILE:
            continue
        if own is not None and own(entry):
            # Told once for all of them.
            if entry == WORKSPACE_FILE:
                skipped(f"{name} (a workspace: its own files and folders are not read)")
        elif is_folder and _is_dataset(path):
            yield Source(path, name + "/", "dataset", in_folder=True)
        elif is_folder:
            yield from _walk(path, name + "/", skipped)
        elif (kind := article_kind(entry)) is not None and (_is_file(path) or _is_gone(path)):
            yield Source(path, name, kind, in_folder=True)
        else:
            skipped(name + _why_not(path))


def _own(names: list[tuple[str, bool]]) -> Callable[[str], bool] | None:
    """What tells a workspace's own files and folders from articles, None for a folder that is no workspace."""
    if (WORKSPACE_FILE, False) not in names:
        return None
    return lambda entry: entry in (*FOLDERS, _BUILDS) or _STATE.fullmatch(entry) is not None


def _why_not(path: Path) -> str:
    """Why a file of a folder is not read, in brackets, where that is not for its kind alone."""
    if path.is_symlink() and not path.exists():
        return " (a link that leads nowhere)"
    if path.is_dir():
        return " (a link to a folder: name that folder)"
    if _TAR.search(path.name):
        return " (tar is not read: unpack it)"
    if path.suffix.lower() in PACKINGS and kind_of(path.name) is None:
        return f" (it may hold anything: if that is text, name it {printable(path.stem)}.txt{path.suffix})"
    return ""


def article_kind(name: str) -> str | None:
    """The kind of a file that was not named itself: None also for what tells about a folder, such as a README."""
    kind = kind_of(name)
    return None if PurePosixPath(name).name.partition(".")[0].lower() in _ABOUT else kind


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:
        # It may be one: opening it will tell.
        return True


def _is_gone(path: Path) -> bool:
    """Whether a file has vanished since its folder was listed: opening it will tell."""
    return not path.exists() and not path.is_symlink()


def _prefix(folder: Path) -> str:
    """The folder's own name with a slash, also where it was named as `.` or `..`."""
    name = folder.name if folder.name not in ("", "..") else folder.resolve().name
    return printable(name) + "/" if name else ""


def _is_dataset(folder: Path) -> bool:
    return all(_is_file(folder / name) for name in DATASET_FILES)


def printable(name: str) -> str:
    """A name on one line: without control characters and surrogates, also those that stand for bytes."""
    octets = _NO_BYTE.sub("\ufffd", name).encode("utf-8", "surrogateescape")
    return _UNPRINTABLE.sub("\ufffd", octets.decode("utf-8", "replace"))
