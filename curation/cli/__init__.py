"""The command `curation`: a thin shell over `curation.Workspace`."""

from __future__ import annotations

import click

from curation import __version__
from curation.cli import (
    adjudicating,
    agreeing,
    articles,
    convert,
    definitions,
    explaining,
    export,
    ingest,
    login,
    rehydrating,
    selection,
    studio,
    validation,
    workspace,
)


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="curation")
def cli() -> None:
    """Turn news articles into a published stance dataset.

    \b
    Example:
      curation init my-study && cd my-study
      curation ingest articles/
      curation status
    """


for part in (
    workspace,
    ingest,
    articles,
    selection,
    studio,
    login,
    validation,
    agreeing,
    adjudicating,
    explaining,
    export,
    rehydrating,
    convert,
    definitions,
):
    part.register(cli)
