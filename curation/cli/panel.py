"""The options that say what is adjudicated, and who counts for how much."""

from __future__ import annotations

from collections.abc import Iterable

import click

from curation.cli.console import with_options
from curation.errors import CurationError

choosing = with_options(
    (
        click.option("--task", help="The task; default: the workspace's."),
        click.option(
            "--round", "round_", type=click.IntRange(min=1), metavar="N", help="This round alone, not the latest."
        ),
        click.option(
            "--expert",
            "experts",
            multiple=True,
            metavar="NAME",
            help="Whom the rule `expert` follows, beside those of curation.toml.",
        ),
        click.option(
            "--weight",
            "weighted",
            multiple=True,
            metavar="NAME=W",
            help="How much somebody counts, else as in curation.toml, else 1; repeatable.",
        ),
    )
)
"""Gives a command the options `task`, `round_`, `experts` and `weighted`."""


def weights(weighted: Iterable[str]) -> dict[str, float]:
    """The weights in what `--weight` was given. Raises `E_USAGE` for what is none."""
    return dict(map(_weight, weighted))


def _weight(text: str) -> tuple[str, float]:
    name, _, number = text.rpartition("=")
    try:
        return name, float(number)
    except ValueError:
        raise CurationError("E_USAGE", f"{text!r} is no weight", fix="--weight annotator-01=2") from None
