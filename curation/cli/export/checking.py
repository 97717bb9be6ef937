"""`curation export check`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

import click

from curation.cli.console import command, counted, emit, in_workspace, plain
from curation.cli.export.naming import dataset_at
from curation.errors import Exit

if TYPE_CHECKING:
    from curation.export.checking import Problem


def register(export: click.Group) -> None:
    """Add `check`."""

    @command(export, "check")
    @click.argument("dataset", metavar="NAME_OR_DIR")
    @click.option("--least", default=10, show_default=True, help="A class with fewer rows in a split is tiny.")
    @click.option("--label-errors", is_flag=True, help="Also tell labels that are likely wrong (extra label-errors).")
    @in_workspace
    def check(dataset: str, least: int, label_errors: bool, workspace: Path | None) -> Exit:
        """Say what a trainer of models would trip over in a built dataset.

        Tiny and missing classes, copies and articles in two splits, contradicting labels, shifted labels, gold that
        leaves out what is hard, labels of one annotator. The exit status is 1 if there is anything to say.

        \b
        Example:
          curation export check news-stance
          curation export check ./downloaded --label-errors
        """
        folder = dataset_at(dataset, workspace)
        from curation.export.checking import check as check_dataset

        result = check_dataset(folder, least=least, label_errors=label_errors)
        lines = list(_lines(result.problems))
        found = counted(len(result.problems), "problem") if result.problems else "no problem"
        lines.append(f"{result.name}, {counted(result.articles, 'article')}: {found}")
        emit({**plain(result), "ok": result.ok}, lines)
        return Exit.OK if result.ok else Exit.FINDINGS


def _lines(problems: Sequence[Problem]) -> Iterator[str]:
    """A line for each problem, and behind those that are mended alike how that is done."""
    for (_, fix), alike in groupby(problems, key=lambda problem: (problem.name, problem.fix)):
        for problem in alike:
            yield f"{problem.severity}[{problem.name}] {problem.place}: {problem.message}"
        yield f"  fix: {fix}"
