"""`curation adjudicate report`."""

from __future__ import annotations

from pathlib import Path

import click

from curation.cli.console import command, emit, in_workspace, open_workspace, progress, table
from curation.cli.panel import choosing, weights


def add_report(group: click.Group) -> None:
    """Add the command `report`."""

    @command(group, "report")
    @choosing
    @click.option("--html", type=click.Path(path_type=Path), metavar="FILE", help="Write it as a page with examples.")
    @in_workspace
    def report(
        task: str | None,
        round_: int | None,
        experts: tuple[str, ...],
        weighted: tuple[str, ...],
        html: Path | None,
        workspace: Path | None,
    ) -> None:
        """Say how reliable annotators are, who is weak in what, and which entries of the codebook are unclear.

        Each annotator is held against the others, against the model where a rule asks for one, and against experts:
        what adjudicators decided, Label Studio's ground-truth mark, or those named. Nobody is named for bad luck or
        hard articles; where there is too little to go by, that is said. docs/adjudication-report.md tells how.

        \b
        Example:
          curation adjudicate report
          curation adjudicate report --html annotators.html
          curation adjudicate report --json | jq '.unclear[].path'
        """
        from curation.adjudication.page import write_page
        from curation.adjudication.telling import HEADS, lines, rows
        from curation.reports import page_place

        if html is not None:
            page_place(html, "a page of annotators and codebook")
        with progress("Merging") as bar:
            found = open_workspace(workspace).reliability(
                task=task, round_=round_, experts=experts, weights=weights(weighted), progress=bar
            )
        if html is not None:
            write_page(html, found)
        document = {**found.document(), **({} if html is None else {"html": str(html)})}
        emit(
            document,
            [f"annotators and codebook in {html}"] if html else (*lines(found), "", *table(HEADS, rows(found))),
        )
