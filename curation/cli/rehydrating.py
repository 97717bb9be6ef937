"""`curation rehydrate`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from curation.cli.console import command, counted, emit, in_workspace, progress
from curation.cli.export.naming import dataset_at
from curation.cli.ingest import pairs
from curation.errors import Exit

if TYPE_CHECKING:
    from curation.export.rehydrating import Rehydrated

_SHOWN = 20
_CODES = {"absent": "F_TEXT_ABSENT", "differs": "F_TEXT_DIFFERS"}
_WHY = {"absent": "not there", "differs": "the text that is there has another hash"}
_UNTITLED = "F_TITLE_DIFFERS"


def register(cli: click.Group) -> None:
    """Add the command, which needs a dataset and articles; a workspace only where the dataset is called by its name."""

    @command(cli, "rehydrate")
    @click.argument("dataset", metavar="NAME_OR_DIR")
    @click.option(
        "--articles",
        "articles",
        multiple=True,
        required=True,
        metavar="SOURCE",
        help="A file or folder that holds articles, in any form that `curation ingest` reads; may be given again.",
    )
    @click.option(
        "--map",
        "mapping",
        multiple=True,
        metavar="FIELD=COLUMN",
        help="Our field (text, title, id, url) and the source's column that holds it.",
    )
    @click.option("--encoding", help="Of text that is not UTF-8 (default: detected).")
    @click.option("--fix-mojibake", is_flag=True, help="Mend text that was read with the wrong charset once.")
    @click.option(
        "--out",
        type=click.Path(path_type=Path),
        help="The new dataset. Default: DATASET-with-texts, beside it.",
    )
    @in_workspace
    def rehydrate(
        dataset: str,
        articles: tuple[str, ...],
        mapping: tuple[str, ...],
        encoding: str | None,
        fix_mojibake: bool,
        out: Path | None,
        workspace: Path | None,
    ) -> Exit:
        """Put the texts back into a dataset that was published without them.

        The dataset has hashes, addresses and offsets in the place of texts. It is a folder, such as one that was
        downloaded, or by its name what is built (NAME.offsets) or released (NAME@VERSION) in the workspace. An article
        is taken for one of the dataset's where its text, cleaned as every article is, has the hash that was published:
        then every offset fits. Where all articles are there, the tables are byte for byte those of a dataset that was
        built with its texts.

        Articles that could not be found are named, and rows about them left out of the new dataset. Of some there is a
        text with their id or address whose hash is another: it was edited since, or cleaned otherwise. Titles that
        could not be found are named too, and null. The new card says all of that. A copy that was made of the same
        dataset is replaced; any other dataset that stands in --out is left alone, and told.

        \b
        Example:
          curation rehydrate downloads/news-stance --articles archive/ --out news-stance
          curation rehydrate news-stance.offsets --articles archive/

        Exit status 1 if articles or titles are missing; `curation explain CODE` tells more about a finding.
        """
        from curation.articles import Options
        from curation.workspace.releases import rehydrate as run

        options = Options(field_map=pairs("--map", mapping), encoding=encoding, fix_mojibake=fix_mojibake)
        folder = dataset_at(dataset, workspace)
        place = out or folder.resolve().with_name(f"{folder.resolve().name}-with-texts")
        with progress("Looking for articles") as bar:
            done = run(folder, articles, place, options=options, progress=bar)
        emit(_told(done), _lines(done))
        return Exit.OK if done.is_whole else Exit.FINDINGS


def _told(done: Rehydrated) -> dict[str, Any]:
    """The result with the code of each finding."""
    missing = [{**asdict(one), "code": _CODES[one.reason]} for one in done.missing]
    untitled = [{"article_id": one, "code": _UNTITLED} for one in done.untitled]
    return {**asdict(done), "missing": missing, "untitled": untitled}


def _lines(done: Rehydrated) -> Iterator[str]:
    from curation.text import visible

    yield from _shown(
        f"error    {_CODES[one.reason]:15}  {visible(' '.join(filter(None, (one.article_id, one.url))))}:"
        f" {_WHY[one.reason]}"
        for one in done.missing
    )
    yield from _shown(
        f"warning  {_UNTITLED:15}  {visible(one)}: no title that is there has the published hash; it is null"
        for one in done.untitled
    )
    if done.left_out:
        yield f"{counted(done.left_out, 'row')} about {counted(len(done.missing), 'article')} left out"
    if done.unread:
        yield f"{counted(done.unread, 'document')} could not be read; `curation ingest --dry-run` tells why"
    note = "" if done.changed else " (unchanged: nothing to do)"
    titles = f", {counted(len(done.untitled), 'title')} missing" if done.untitled else ""
    articles = f"{done.restored:,} of {counted(done.articles, 'article')}"
    yield f"{articles} have their texts again{titles}, in {done.path}{note}"


def _shown(lines: Iterable[str]) -> Iterator[str]:
    """The first few, and how many more there are."""
    more = 0
    for number, line in enumerate(lines):
        if number < _SHOWN:
            yield line
        more = max(0, number + 1 - _SHOWN)
    if more:
        yield f"... and {more:,} more; --json has them all"
