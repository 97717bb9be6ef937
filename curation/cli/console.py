"""What every command shares: options, output as text or JSON, progress on stderr, and how failures end."""

from __future__ import annotations

import contextlib
import functools
import json
import os
import shutil
import sys
import traceback
import unicodedata
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, is_dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click
from click.core import ParameterSource

from curation.errors import CurationError, Exit
from curation.text import ODD, escape, visible
from curation.text import counted as counted

if TYPE_CHECKING:
    from curation.records import Progress
    from curation.workspace import Workspace


_SHOWN = 60
# Where nothing says how wide the terminal is, because it is none; and what a column is never narrower than.
_WIDE, _NARROW = 200, 12


def command(group: click.Group, name: str) -> Callable[[Callable[..., Any]], click.Command]:
    """Register a command with the options that every command has; its function returns an `Exit` or None."""
    return _registering(group.command(name))


def command_with_more(group: click.Group, name: str) -> Callable[[Callable[..., Any]], click.Group]:
    """Register a command that has commands of its own besides; these have options of their own."""
    return _registering(group.group(name, invoke_without_command=True))


_C = TypeVar("_C", bound=click.Command)


def _registering(made: Callable[[Callable[..., Any]], _C]) -> Callable[[Callable[..., Any]], _C]:
    def register(function: Callable[..., Any]) -> _C:
        options = (
            click.option("--json", "as_json", is_flag=True, help="Print the result as one JSON object."),
            click.option("-q", "--quiet", is_flag=True, help="No progress and no text; errors and --json still show."),
        )
        decorated: Callable[..., Any] = functools.wraps(function)(_remembering(function))
        for option in reversed(options):
            decorated = option(decorated)
        return made(decorated)

    return register


def in_workspace(function: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the option `--workspace`."""
    return click.option(
        "-w",
        "--workspace",
        type=click.Path(path_type=Path, file_okay=False),
        envvar="CURATION_WORKSPACE",
        help="The workspace's folder. Default: the nearest one at or above the current folder.",
    )(function)


def with_options(options: Sequence[Callable[[Any], Any]]) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Give a command all these options, which its function takes by name."""

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        for option in reversed(options):
            function = option(function)
        return function

    return decorate


def open_workspace(path: Path | None) -> Workspace:
    """The workspace at `path`, or the nearest one."""
    from curation.workspace import Workspace

    return Workspace(path)


def emit(result: Any, lines: Iterable[str], *, painted: bool = False) -> None:
    """Print `result` as JSON if that was asked for, else the lines; none is asked for that is not printed.

    What would steer a terminal is shown as an escape, unless the lines are `painted` for it already.
    """
    settings = _settings()
    if settings["as_json"]:
        click.echo(json.dumps(plain(result), ensure_ascii=False, indent=2, default=str))
    elif not settings["quiet"]:
        for line in lines:
            click.echo(line if painted else _harmless(line))


def _harmless(line: str) -> str:
    return ODD.sub(lambda found: escape(found.group()), line)


def plain(result: Any) -> Any:
    """A result of dataclasses, tuples, mappings, times and paths as JSON values."""
    if is_dataclass(result) and not isinstance(result, type):
        return plain(asdict(result))
    if isinstance(result, Mapping):
        return {str(key): plain(value) for key, value in result.items()}
    if isinstance(result, list | tuple | set | frozenset):
        return [plain(item) for item in result]
    if isinstance(result, datetime):
        return result.isoformat()
    return str(result) if isinstance(result, Path) else result


def diff_lines(diff: Sequence[str]) -> list[str]:
    """A diff as far as it is read on a terminal."""
    more = [f"... and {len(diff) - _SHOWN} more lines of the diff; --json has them all"] if len(diff) > _SHOWN else []
    return [*diff[:_SHOWN], *more]


def as_json() -> bool:
    """Whether the result is asked for as JSON."""
    return _settings()["as_json"]


def program() -> str:
    """How this command can be called again from the same shell: by name if that is found, else by its path."""
    called = Path(sys.argv[0])
    if shutil.which("curation") or called.name != "curation":
        return "curation"
    with contextlib.suppress(ValueError):
        return str(called.resolve().relative_to(Path.cwd()))
    return str(called)


def say(message: str) -> None:
    """A line about what is going on, on stderr."""
    if not _settings()["quiet"]:
        click.echo(_harmless(message), err=True)


@contextlib.contextmanager
def progress(description: str) -> Iterator[Progress | None]:
    """A bar on stderr while a long step runs; None where nobody would see it."""
    if _settings()["quiet"] or not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bars

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Bars(*columns, console=Console(stderr=True), transient=True) as bars:
        bar = bars.add_task(description, total=None)
        yield lambda done, total: bars.update(bar, completed=done, total=total)


def table(header: Sequence[str], rows: Sequence[Sequence[Any]], *, cut: Collection[str] = ()) -> list[str]:
    """Rows as aligned text columns; numbers to the right.

    A cell is one line, in which what cannot be seen is an escape. Where a row would be wider than the terminal, the
    columns that `cut` names are narrowed, the widest first, and what does not fit there gives way to an ellipsis.
    """
    cells = [[visible(str(cell)) for cell in row] for row in (header, *rows)]
    widths = [max(_width(row[column]) for row in cells) for column in range(len(header))]
    _narrow(widths, [column for column, name in enumerate(header) if name in cut])
    right = [bool(rows) and all(isinstance(row[column], int | float) for row in rows) for column in range(len(header))]
    return ["  ".join(map(_aligned, row, widths, right)).rstrip() for row in cells]


def _narrow(widths: list[int], columns: Sequence[int]) -> None:
    room = shutil.get_terminal_size((_WIDE, 0)).columns - 2 * (len(widths) - 1)
    while columns and sum(widths) > room:
        widest = max(columns, key=widths.__getitem__)
        if widths[widest] <= _NARROW:
            return
        widths[widest] -= 1


def _aligned(cell: str, width: int, to_right: bool) -> str:
    if _width(cell) > width:
        kept = cell[: width - 1]
        while _width(kept) >= width:
            kept = kept[:-1]
        cell = kept.rstrip() + "…"
    space = " " * (width - _width(cell))
    return space + cell if to_right else cell + space


def _width(text: str) -> int:
    """How many columns of a terminal a text takes: two a wide character, none a mark or joiner (UAX #11)."""
    if text.isascii():
        return len(text)
    return sum(_WIDTHS.get(unicodedata.east_asian_width(one), 1) for one in text if not _joins(one))


_WIDTHS = {"W": 2, "F": 2}


def _joins(character: str) -> bool:
    return unicodedata.category(character) in ("Mn", "Me", "Cf")


def run(cli: click.Group, arguments: Sequence[str] | None = None) -> int:
    """Run the command line; every failure ends in one line on stderr, with `--json` as an object on stdout."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    try:
        status = cli.main(words, prog_name="curation", standalone_mode=False)
        return int(status) if isinstance(status, int) else int(Exit.OK)
    except Exception as error:  # the one place that turns whatever happened into a line and a status
        failure = _failure(error)
        if failure is not None and os.environ.get("CURATION_DEBUG"):
            traceback.print_exc()
    except KeyboardInterrupt:
        failure = CurationError("E_INTERRUPTED", "stopped")
    if failure is None:
        return int(Exit.OK)
    with contextlib.suppress(OSError):
        if "--json" in words:
            click.echo(json.dumps(failure.as_json(), ensure_ascii=False))
    with contextlib.suppress(OSError):
        for line in diff_lines(failure.details):
            click.echo(_harmless(line), err=True)
        click.echo(visible(str(failure)), err=True)
    return int(failure.exit)


def _failure(error: Exception) -> CurationError | None:
    match error:
        case CurationError():
            return error
        case click.exceptions.NoArgsIsHelpError():
            click.echo(error.format_message())
            return None
        case click.Abort():
            return CurationError("E_INTERRUPTED", "stopped")
        case click.ClickException():
            where = error.ctx.command_path if isinstance(error, click.UsageError) and error.ctx else "curation"
            return CurationError("E_USAGE", error.format_message(), fix=f"{where} --help")
        case BrokenPipeError():
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return None
        case OSError() if error.strerror:
            return CurationError("E_DISK", f"{error.filename or 'disk'}: {error.strerror}")
    return CurationError("E_BUG", f"{type(error).__name__}: {error}")


def _remembering(function: Callable[..., Any]) -> Callable[..., Any]:
    def wrapped(*args: Any, as_json: bool, quiet: bool, **kwargs: Any) -> Any:
        context = click.get_current_context()
        context.obj = {"as_json": as_json, "quiet": quiet}
        if context.invoked_subcommand is not None:
            return _require_bare(context, context.invoked_subcommand)
        return function(*args, **kwargs)

    return wrapped


def _require_bare(context: click.Context, name: str) -> None:
    """Raise `E_USAGE` for an option that stands before the name of a command which it would not reach."""
    for option in context.command.params:
        source = context.get_parameter_source(option.name or "")
        if source is ParameterSource.COMMANDLINE:
            message = f"{option.opts[-1]} stands before {name}, where it says nothing"
            raise CurationError("E_USAGE", message, fix=f"{context.command_path} {name} --help")


def _settings() -> Mapping[str, bool]:
    context = click.get_current_context(silent=True)
    settings: Mapping[str, bool] | None = context.obj if context else None
    return settings or {"as_json": False, "quiet": False}
