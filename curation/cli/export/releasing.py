"""`curation export release`."""

from __future__ import annotations

from pathlib import Path

import click

from curation.cli.console import command, emit, in_workspace, open_workspace


def register(export: click.Group) -> None:
    """Add `release`."""

    @command(export, "release")
    @click.argument("name")
    @click.option("--note", help="A line for the changelog.")
    @in_workspace
    def release(name: str, note: str | None, workspace: Path | None) -> None:
        """Freeze what is built of NAME as a version that stays as it is.

        The version follows from what changed since the last release: its first number grows where a program that reads
        the dataset may break (a config, column or class is gone, has another type or id, or an article moved to another
        split), the second where rows or labels are others or something was appended, the third where only the card is.
        The changelog is written from the same. See `curation export diff` for what changed.

        The copy is in releases/NAME/VERSION, the changelog beside it; `NAME@VERSION` names it from then on. What was
        released already is not released again.

        \b
        Example:
          curation export release news-stance --note "Adds the articles of May."
        """
        done = open_workspace(workspace).release(name, note=note)
        lines = [*done.changelog.split("\n## ", 1)[0].strip().splitlines(), "", f"in {done.path}"]
        emit(done, lines if done.changed else [f"nothing to do: this is {name} {done.version}, in {done.path}"])
