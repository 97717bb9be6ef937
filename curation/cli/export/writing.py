"""`curation export formats | write`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from curation.cli.console import command, counted, emit, in_workspace, table
from curation.cli.export.naming import dataset_at
from curation.errors import CurationError

if TYPE_CHECKING:
    from curation.export.formats import Format


def register(export: click.Group) -> None:
    """Add `formats` and `write`."""
    _formats(export)
    _write(export)


def _formats(export: click.Group) -> None:
    @command(export, "formats")
    @click.argument("name", required=False)
    def formats(name: str | None) -> None:
        """List the formats that a built dataset can be written in, or say all about one.

        \b
        Example:
          curation export formats
          curation export formats graphml
        """
        from curation.export.formats import FORMATS, named

        if name is not None:
            form = named(name)
            emit(_told(form), _lines(form))
            return
        rows = [(form.name, form.extra or "", form.title, form.purpose) for form in FORMATS.values()]
        lines = table(("format", "extra", "title", "for"), rows)
        emit({"formats": [_told(form) for form in FORMATS.values()]}, lines)


def _told(form: Format) -> dict[str, object]:
    told = ("name", "title", "purpose", "files", "reading", "loses", "options", "extra")
    return {name: getattr(form, name) for name in told}


def _lines(form: Format) -> list[str]:
    options = [
        f"  --set {option.name}={option.default}  {option.help}"
        + (f" ({', '.join(option.values)})" if option.values else "")
        for option in form.options
    ]
    extra = [f"Needs: pip install 'curation[{form.extra}]'"] if form.extra else []
    return [
        f"{form.name}: {form.title}",
        f"For {form.purpose}",
        *extra,
        "",
        form.files,
        "",
        f"Reading: {form.reading}",
        "",
        f"Not in it: {form.loses}",
        *(["", "Options, as they are if not set:", *options] if options else []),
    ]


def _write(export: click.Group) -> None:
    @command(export, "write")
    @click.argument("dataset", metavar="NAME_OR_DIR")
    @click.argument("name", metavar="[FORMAT]", required=False)
    @click.option(
        "--out",
        type=click.Path(path_type=Path, file_okay=False),
        help="The folder to write. Default: NAME.FORMAT beside the dataset's.",
    )
    @click.option(
        "--set",
        "options",
        multiple=True,
        metavar="OPTION=VALUE",
        help="An option of the format; `curation export formats FORMAT` lists them.",
    )
    @in_workspace
    def write(
        dataset: str, name: str | None, out: Path | None, options: tuple[str, ...], workspace: Path | None
    ) -> None:
        """Write a built dataset in another format, into a folder of its own.

        FORMAT is one that `curation export formats` lists, by default the first of them. What the format cannot hold
        is told. A second run with the same dataset and options does nothing.

        \b
        Example:
          curation export write news-stance csv --set bom=yes
          curation export write news-stance graphml --set window=month
          curation export write downloads/news-stance conll --out conll
        """
        from curation.export.formats import DEFAULT, named, write_folder

        result = write_folder(dataset_at(dataset, workspace), named(name or DEFAULT), out, _pairs(options))
        lost = [f"lost: {what} ({count:,})" for what, count in result.lost.items()]
        note = "" if result.changed else " (unchanged: nothing to do)"
        emit(
            result,
            [
                f"not in it: {result.loses}",
                *lost,
                f"{counted(result.files, 'file')} ({result.bytes:,} bytes) in {result.path}{note}",
            ],
        )


def _pairs(given: tuple[str, ...]) -> dict[str, str]:
    found: dict[str, str] = {}
    for entry in given:
        name, separator, value = entry.partition("=")
        if not separator or found.setdefault(name, value) != value:
            what = f"says two things of {name!r}" if separator else f"takes OPTION=VALUE, not {entry!r}"
            raise CurationError("E_USAGE", f"--set {what}", fix="`curation export formats FORMAT` lists what it takes")
    return found
