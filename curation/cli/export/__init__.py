"""The group `curation export`: from valid annotations to what others load."""

from __future__ import annotations

import click

from curation.cli.export import building, checking, diffing, pushing, releasing, verifying, writing


def register(cli: click.Group) -> None:
    """Add the group `export`."""

    @cli.group("export")
    def export() -> None:
        """Build the dataset that others load.

        \b
        Example:
          curation export build news-stance
        """

    for part in (building, checking, pushing, writing, verifying, diffing, releasing):
        part.register(export)
