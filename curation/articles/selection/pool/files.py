"""The files of a pool: on disk or in object storage, named one by one, by folder or by pattern."""

from __future__ import annotations

import glob
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from io import RawIOBase
from itertools import chain, groupby
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from curation.articles.options import Options
from curation.articles.sources import STDIN, Source, article_kind, find_sources, kind_of, printable
from curation.errors import CurationError

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer as Buffer

_SCHEMES = ("s3", "gs", "az", "hf")
_CHUNK = 1 << 20
_TRIES = 5
_PATIENCE_MS = 5000


def expand(named: Sequence[str | Path]) -> list[str]:
    """The names with patterns of paths replaced by the files that they match, sorted.

    Raises `E_NO_INPUT` for a pattern that matches nothing; `E_USAGE` for standard input, which cannot be read twice,
    and for an address that is not in object storage: pages are got by `ingest` alone, and only where it is asked to.
    """
    found: list[str] = []
    for name in map(str, named):
        if name == STDIN:
            raise CurationError("E_USAGE", "a pool is read more than once, standard input only once", fix="name files")
        if is_address(name) and name.partition("://")[0] not in _SCHEMES:
            known = ", ".join(f"{scheme}://" for scheme in _SCHEMES)
            raise CurationError("E_USAGE", f"{name} is not in object storage", fix=f"name files, or one of {known}")
        if is_address(name) or not glob.has_magic(name) or Path(name).exists():
            found.append(name)
            continue
        matched = sorted(path for path in glob.glob(name, recursive=True) if Path(path).is_file())  # noqa: PTH207
        if not matched:
            raise CurationError("E_NO_INPUT", f"{name} matches no file")
        found += matched
    return list(dict.fromkeys(found))


def is_address(name: str) -> bool:
    """Whether a name is an address, such as `s3://bucket/news/`, and no path."""
    return "://" in name


def find_files(named: Sequence[str], options: Options) -> list[Source]:
    """The files to read, in order: as they were named, folders sorted by name. Addresses may hold wildcards.

    `options` are told which files of a folder hold no articles. Raises `E_NO_INPUT` for a name that finds nothing.
    """
    files: list[Source] = []
    for address, names in groupby(named, is_address):
        if address:
            files += chain.from_iterable(_stored(name, options.on_skipped) for name in names)
        else:
            # Workers may run in another folder.
            found = find_sources(list(names), options.on_skipped, options.kind)
            files += (replace(source, path=source.path.absolute()) for source in found)
    return files


def _stored(name: str, skipped: Callable[[str], None]) -> Iterator[Source]:
    """The files at an address. Where it names no file and holds no wildcard, all that lie below it."""
    in_folder = not glob.has_magic(name) and kind_of(name) is None
    pattern = name.rstrip("/") + "/**" if in_folder else name
    for path, size in sorted(_listed(pattern, name)):
        place = path.removeprefix(name.rstrip("/")).lstrip("/") if in_folder else PurePosixPath(path).name
        kind = article_kind(place) if in_folder else kind_of(place)
        if kind is None:
            skipped(printable(place))
        else:
            yield Source(Path(path), printable(place), kind, in_folder, content=Stored(path, size, _io_config()))


def _listed(pattern: str, name: str) -> list[tuple[str, int]]:
    """The addresses of the files that match, and their sizes in bytes."""
    import daft

    try:
        frame = daft.from_glob_path(pattern, io_config=_io_config()).select("path", "size")
        rows = [row for batch in frame.to_arrow_iter() for row in batch.to_pylist()]
    except Exception as error:  # Daft raises whatever its storage does
        reason = " ".join(str(error).split())
        raise CurationError("E_NO_INPUT", f"{name} cannot be listed: {reason[:300]}") from None
    found = [(str(row["path"]), int(row["size"] or 0)) for row in rows]
    if not any(kind_of(PurePosixPath(path).name) for path, _ in found):
        raise CurationError("E_NO_INPUT", f"{name} finds no file that holds articles")
    return found


def _io_config() -> Any:
    """Credentials and endpoints as they were set in Daft; else Daft finds them in the environment."""
    import daft
    from daft.io import IOConfig, S3Config

    set_in_daft = daft.context.get_context().daft_planning_config.default_io_config
    if repr(set_in_daft) != repr(IOConfig()):
        return set_in_daft
    # Daft tries 25 times, for minutes, what is not there.
    return IOConfig(s3=S3Config(num_tries=_TRIES, connect_timeout_ms=_PATIENCE_MS))


@dataclass(frozen=True, slots=True)
class Stored:
    """Opens a file in object storage. Can be sent to a worker."""

    address: str
    size: int
    io_config: Any

    def __call__(self) -> RawIOBase:
        """The content from its beginning."""
        import daft

        with _as_os_error():
            return _Stream(daft.File(self.address, io_config=self.io_config).open(_CHUNK))


class _Stream(RawIOBase):
    """Daft's file as a raw stream."""

    def __init__(self, file: Any) -> None:
        self._file = file.__enter__()

    def readable(self) -> bool:
        return True

    def readinto(self, into: Buffer) -> int:
        view = memoryview(into)
        with _as_os_error():
            chunk = self._file.read(view.nbytes)
        view[: len(chunk)] = chunk
        return len(chunk)

    def close(self) -> None:
        if not self.closed:
            self._file.__exit__(None, None, None)
        super().close()


@contextmanager
def _as_os_error() -> Iterator[None]:
    """What readers expect of a file that cannot be read; Daft raises many things."""
    try:
        yield
    except Exception as error:  # Daft raises whatever its storage does
        raise OSError(" ".join(str(error).split())[:300]) from None
