"""`curation agree`."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from curation.cli.agreed import document, lines, row
from curation.cli.console import (
    as_json,
    command,
    counted,
    emit,
    in_workspace,
    open_workspace,
    progress,
    say,
    table,
)
from curation.errors import CurationError, require_columns

if TYPE_CHECKING:
    from curation.agreement import Bootstrap, Figure, Measure
    from curation.agreement.ratings import Ratings
    from curation.workspace import Workspace

_LEVELS = ("nominal", "ordinal", "interval", "ratio")
_WIDTH = 100
_MOST_LABELS = 50
_EITHER = "leave them out, or leave --table out"


def register(cli: click.Group) -> None:
    """Add the command `agree`."""
    _agree(cli)


def _agree(cli: click.Group) -> None:
    @command(cli, "agree")
    @click.option(
        "--table",
        "source",
        type=click.Path(path_type=Path, readable=False),
        metavar="FILE",
        help="A table of ratings: CSV, TSV, JSON, JSON Lines or Parquet, also packed (.gz).",
    )
    @click.option("--item", default="item", metavar="COL", show_default=True, help="The column of what was rated.")
    @click.option("--annotator", default="annotator", metavar="COL", show_default=True, help="The column of who rated.")
    @click.option("--value", default="value", metavar="COL", show_default=True, help="The column of the value.")
    @click.option(
        "--level",
        type=click.Choice(_LEVELS),
        default="nominal",
        show_default=True,
        help="What the values are: names, ranks, numbers, or numbers from a true zero.",
    )
    @click.option("--order", metavar="A,B,C", help="The values, lowest first; ranks that are no numbers need it.")
    @click.option(
        "--missing", multiple=True, metavar="TEXT", help="Stands for no value, as empty cells do; repeatable."
    )
    @click.option(
        "--bootstrap",
        type=click.IntRange(min=0),
        default=2000,
        metavar="N",
        show_default=True,
        help="Resamples for the 95% intervals; 0 for none.",
    )
    @click.option(
        "--seed", type=click.IntRange(min=0), default=20260302, metavar="N", show_default=True, help="Their seed."
    )
    @click.option(
        "--article", metavar="COL", help="Of the table: the article of an item; intervals are over articles then."
    )
    @click.option("--time", "time_", metavar="COL", help="Of the table: when an item was rated, for alpha over time.")
    @click.option(
        "--windows",
        type=click.IntRange(min=1),
        default=4,
        metavar="N",
        show_default=True,
        help="Over time: so many windows of equally many articles or items.",
    )
    @click.option("--definitions", is_flag=True, help="Also what each measure is, its source, and how it is read.")
    @click.option("--task", help="Of the workspace: the task; default: the workspace's.")
    @click.option(
        "--round", "round_", type=click.IntRange(min=1), metavar="N", help="Of the workspace: this round alone."
    )
    @click.option("--gamma", is_flag=True, help="Of the workspace: gamma too, which takes longer than all else.")
    @click.option(
        "--html",
        type=click.Path(path_type=Path, dir_okay=False),
        help="Of the workspace: write a page with all of it.",
    )
    @in_workspace
    def agree(
        source: Path | None,
        item: str,
        annotator: str,
        value: str,
        level: str,
        order: str | None,
        missing: tuple[str, ...],
        bootstrap: int,
        seed: int,
        article: str | None,
        time_: str | None,
        windows: int,
        definitions: bool,
        task: str | None,
        round_: int | None,
        gamma: bool,
        html: Path | None,
        workspace: Path | None,
    ) -> None:
        """Say how far annotators agree, and how sure that is.

        Without --table, on the valid annotations of the workspace: fields, spans and statements, at which step of the
        latter agreement is lost, and the articles on which people differ most.

        A table has one row per item and annotator. Percent agreement, Krippendorff's alpha at the level, Gwet's AC1,
        Fleiss' kappa, and Cohen's kappa by pair and on average; alpha by label and without each annotator. Intervals
        come from drawing items anew; with --article, from drawing whole articles. Where there is no figure, the reason
        stands in its place.

        \b
        Example:
          curation agree --html agreement.html
          curation agree --round 2 --json
          curation agree --table ratings.csv --item sentence --annotator coder --value bias
          curation agree --table ratings.csv --item sentence --annotator coder --value bias --article url
          curation agree --table ratings.csv --value score --level interval --definitions
          curation agree --table ratings.csv --value tone --level ordinal --order low,middle,high
          curation agree --table ratings.csv --time rated_at --windows 6
          curation agree --table ratings.csv --json | jq '.figures[] | {measure, value, low, high}'
        """
        from curation.agreement.bootstrap import Bootstrap

        sure = Bootstrap(bootstrap, seed)
        if source is None:
            for option, given, knows in (("--time", time_, "times"), ("--article", article, "articles")):
                if given is not None:
                    message = f"{option} is of a table: a workspace knows its {knows}"
                    raise CurationError("E_USAGE", message, fix="leave it out")
            opened = open_workspace(workspace)
            _of_workspace(opened, sure, task, round_, html, windows, gamma=gamma, definitions=definitions)
            return
        if html is not None or task is not None or round_ is not None or gamma:
            raise CurationError("E_USAGE", "--task, --round, --gamma and --html are of a workspace", fix=_EITHER)
        values = [one.strip() for one in order.split(",")] if order is not None else None
        columns = _Columns(item, annotator, value, article, time_)
        ratings, found = _of_table(source, columns, level, values, missing, sure, windows)
        if as_json():
            emit(_document(source, ratings, found, sure), ())
        else:
            emit(None, _lines(source, ratings, found, definitions=definitions))


class _Columns(NamedTuple):
    """The columns of a table by what they hold."""

    item: str
    annotator: str
    value: str
    article: str | None
    time: str | None


def _of_table(
    source: Path,
    columns: _Columns,
    level: str,
    order: Sequence[str] | None,
    missing: Sequence[str],
    sure: Bootstrap,
    windows: int,
) -> tuple[Ratings, dict[str, list[Figure]]]:
    from curation.agreement.labels import agreement, by_annotator, by_label, over_time
    from curation.agreement.table import doubtful, item_times, lookalikes, read_ratings, read_table

    named = [name for name in columns if name is not None]
    read = read_table(source, named)
    require_columns(read.columns, named)
    item, annotator, value, article, time = columns
    ratings = read_ratings(read, item, annotator, value, level, order=order, missing=missing, article=article)  # type: ignore[arg-type]
    for one in doubtful(ratings):
        say(f"{one!r} counts as a value; if it stands for none: --missing {one!r}")
    alike = lookalikes(ratings)
    for one, other in alike[:1]:
        more = f"; so it is with {len(alike) - 1:,} more" if len(alike) > 1 else ""
        say(f"{one!r} and {other!r} count as two, and differ in white space or capitals alone{more}")
    alpha = ("krippendorff_alpha",)
    found = {"figures": agreement(ratings, of=value, bootstrap=sure), "by_label": [], "by_annotator": []}
    if _has_labels(ratings):
        found["by_label"] = by_label(ratings, alpha, of=value, bootstrap=sure)
    if len(ratings.annotators) > 2:
        found["by_annotator"] = by_annotator(ratings, alpha, of=value, bootstrap=sure)
    if time is not None:
        times = item_times(read, ratings.items, item, time)
        found["over_time"] = over_time(ratings, times, windows, alpha, of=value, bootstrap=sure)
    return ratings, found


def _has_labels(ratings: Ratings) -> bool:
    """Whether each value is worth a line: two say the same of each other, and numbers are no labels."""
    return ratings.level in ("nominal", "ordinal") and 2 < len(ratings.values) <= _MOST_LABELS


def _of_workspace(
    opened: Workspace,
    sure: Bootstrap,
    task: str | None,
    round_: int | None,
    html: Path | None,
    windows: int,
    *,
    gamma: bool,
    definitions: bool,
) -> None:
    from curation.reports import page_place

    if html is not None:
        page_place(html, "a page of agreement")
    with progress("Comparing") as bar:
        found = opened.agree(task=task, round_=round_, bootstrap=sure, gamma=gamma, windows=windows, progress=bar)
    if html is not None:
        from curation.agreement.page import write_page

        write_page(html, found)
    if as_json():
        emit({**document(found), **({} if html is None else {"html": str(html)})}, ())
        return
    emit(None, lines(found) if html is None else [f"agreement in {html}"])
    if definitions:
        from curation.agreement.study import ALL_MEASURES

        emit(None, ["", *_defined(dict.fromkeys(figure.measure for figure in found.figures), ALL_MEASURES)])


def _document(source: Path, ratings: Ratings, found: dict[str, list[Figure]], sure: Any) -> dict[str, Any]:
    from curation.agreement.measures import MEASURES

    used = {figure.measure for figure in found["figures"]}
    return {
        "table": str(source),
        "level": ratings.level,
        "items": len(ratings.items),
        "articles": _n_articles(ratings),
        "annotators": list(ratings.annotators),
        "values": list(ratings.values),
        "missing": ratings.n_missing,
        "bootstrap": sure,
        **found,
        "measures": {name: measure for name, measure in MEASURES.items() if name in used},
    }


def _lines(source: Path, ratings: Ratings, found: dict[str, list[Figure]], *, definitions: bool) -> Iterator[str]:
    from curation.agreement.measures import MEASURES

    n_ratings = int((ratings.codes >= 0).sum())
    articles = _n_articles(ratings)
    within = "" if articles is None else f" in {counted(articles, 'article')}"
    yield (
        f"{source.name}: {counted(n_ratings, 'rating')} of {counted(len(ratings.items), 'item')}{within} by"
        f" {counted(len(ratings.annotators), 'annotator')}, {ratings.n_missing:,} missing; level: {ratings.level}"
    )
    yield ""
    whole = [figure for figure in found["figures"] if " × " not in figure.of]
    pairs = [figure for figure in found["figures"] if " × " in figure.of]
    yield from _table("measure", [(MEASURES[figure.measure].title, figure) for figure in whole])
    for title, name in (("Cohen's kappa", "cohen_kappa"), ("weighted kappa", "weighted_kappa")):
        rows = [(figure.of.partition(": ")[2], figure) for figure in pairs if figure.measure == name]
        if rows:
            yield ""
            yield from _table(title, rows)
    for title, name in (
        ("alpha of one label against all others", "by_label"),
        ("alpha", "by_annotator"),
        ("alpha over time", "over_time"),
    ):
        if found.get(name):
            yield ""
            yield from _table(title, [(figure.of.partition(": ")[2], figure) for figure in found[name]])
    yield ""
    if definitions:
        yield from _defined(dict.fromkeys(figure.measure for figure in found["figures"]), MEASURES)
    else:
        yield "What each measure is, its source and its usual reading: --definitions"


def _n_articles(ratings: Ratings) -> int | None:
    return None if ratings.clusters is None else int(ratings.clusters.max(initial=-1)) + 1


def _defined(names: Iterable[str], measures: Mapping[str, Measure]) -> Iterator[str]:
    for name in names:
        yield f"{measures[name].title} ({measures[name].source})"
        for text in (measures[name].definition, measures[name].reading):
            yield textwrap.fill(text, _WIDTH, initial_indent="  ", subsequent_indent="  ")


def _table(title: str, rows: Sequence[tuple[str, Figure]]) -> list[str]:
    return table((title, "value", "95% interval", "items", ""), [row(name, figure) for name, figure in rows])
