"""`curation export check`."""

from __future__ import annotations

from pathlib import Path

import click

from curation.cli.console import command, counted, emit, in_workspace, plain
from curation.cli.export.naming import dataset_at
from curation.errors import Exit


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
        lines = []
        for problem in result.problems:
            lines.append(f"{problem.severity}[{problem.name}] {problem.place}: {problem.message}")
            lines.append(f"  {problem.fix}")
        found = counted(len(result.problems), "problem") if result.problems else "no problem"
        lines.append(f"{result.name}, {counted(result.articles, 'article')}: {found}")
        emit({**plain(result), "ok": result.ok}, lines)
        return Exit.OK if result.ok else Exit.FINDINGS
