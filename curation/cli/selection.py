"""`curation select`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from curation.cli.console import command, counted, emit, in_workspace, open_workspace, progress, table, with_options
from curation.cli.pool import largest, select_from_pool
from curation.errors import CurationError, Exit
from curation.folders.whole import require_replaceable

if TYPE_CHECKING:
    from curation.articles.selection import Request, SelectResult
    from curation.articles.selection.pool import Engine
    from curation.articles.selection.request import Share
    from curation.store import Profile

_PEOPLE = 1000
_SHOWN = 10
_PLAN = ("article_id", "calibration", "annotators")

_OPTIONS = (
    click.option("-n", "--size", type=click.IntRange(1), help="How many articles; default: all that are left."),
    click.option("--by", multiple=True, metavar="COLUMN", help="Stratify by outlet, month, year, lang, or any column."),
    click.option(
        "--shares",
        type=click.Choice(["proportional", "webster", "equal"]),
        default="proportional",
        show_default=True,
        help="How strata share the sample; webster rounds to the nearest, and so leaves out the smallest.",
    ),
    click.option("--minimum", type=click.IntRange(0), default=0, help="So many of each stratum first."),
    click.option("--seed", type=int, default=0, show_default=True, help="Another seed draws another sample."),
    click.option("--since", metavar="DATE", help="A year, a month or a day, inclusive."),
    click.option("--until", metavar="DATE", help="A year, a month or a day, inclusive."),
    click.option("--undated", is_flag=True, help="Keep articles without a date in spite of --since and --until."),
    click.option("--outlet", "outlets", multiple=True, help="One of these outlets."),
    click.option("--language", "languages", multiple=True, metavar="TAG", help="One of these; `pt` takes `pt-BR` too."),
    click.option("--shortest", type=click.IntRange(0), metavar="CHARACTERS", help="Leave out shorter texts."),
    click.option("--longest", type=click.IntRange(0), metavar="CHARACTERS", help="Leave out longer texts."),
    click.option("--keyword", "keywords", multiple=True, help="One of these words or phrases, in title or text."),
    click.option("--without", multiple=True, metavar="KEYWORD", help="None of these words or phrases."),
    click.option("--annotators", metavar="N|A,B,...", help="How many people annotate, or their names."),
    click.option("--overlap", type=click.IntRange(1), help="How many of them get each article."),
    click.option("--calibration", type=click.IntRange(0), default=0, help="So many articles go to all of them, first."),
    click.option("--keep-duplicates", is_flag=True, help="Choose among copies of an article too."),
    click.option(
        "--drop-pushed", is_flag=True, help="Let go of what is in Label Studio and not drawn; it stays there."
    ),
)


def register(cli: click.Group) -> None:
    """Add the command."""

    @command(cli, "select")
    @with_options(_OPTIONS)
    @click.option("--all", "everything", is_flag=True, help="Undo: all articles go to annotators again, copies aside.")
    @click.option("--dry-run", is_flag=True, help="Show the counts; write nothing.")
    @click.option("--plan", type=click.Path(path_type=Path, dir_okay=False), help="Write who gets what as a CSV file.")
    @click.option(
        "--pool",
        multiple=True,
        metavar="SOURCE",
        help="Select from files, folders, patterns or object storage instead.",
    )
    @click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="Of --pool: the file to write.")
    @click.option(
        "--map", "mapping", multiple=True, metavar="FIELD=COLUMN", help="Of --pool: our field and its column."
    )
    @click.option(
        "--engine",
        type=click.Choice(("stream", "daft")),
        default="stream",
        show_default=True,
        help="Of --pool: what it runs on; all select the same articles.",
    )
    @click.option("--ray", metavar="ADDRESS", help="Of --pool with --engine daft: an existing Ray cluster.")
    @in_workspace
    def select(
        everything: bool,
        dry_run: bool,
        plan: Path | None,
        pool: tuple[str, ...],
        out: Path | None,
        mapping: tuple[str, ...],
        engine: Engine,
        ray: str | None,
        workspace: Path | None,
        **asked: Any,
    ) -> Exit:
        """Choose the articles that go to annotators, and to how many of them; `curation studio push` sends these.

        Filters come first, then a sample, stratified by any columns. A larger sample with the same seed contains the
        smaller one. Keywords are whole words or phrases, whatever their case. Copies of an article stay out.

        \b
        Example:
          curation select --size 500 --by outlet --by month --since 2020 --annotators 5 --overlap 2 --calibration 20
          curation select --pool 'news/*.parquet' --size 5000 --by outlet --out selected.jsonl --engine daft

        Of a pool, what is selected is written to a file, which `curation ingest` then reads; exit status 1 if anything
        in it was refused.
        """
        if pool:
            if everything or plan:
                raise CurationError("E_USAGE", "--pool goes with neither --all nor --plan")
            chosen = _request(**asked)
            return select_from_pool(
                pool, out, chosen, engine=engine, ray=ray, mapping=mapping, dry_run=dry_run, workspace=workspace
            )
        if out or mapping or ray or engine != "stream":
            raise CurationError("E_USAGE", "--out, --map, --engine and --ray go with --pool")
        opened = open_workspace(workspace)
        if everything:
            number = 0 if dry_run else opened.select_all()
            undone = f"the choice of {counted(number, 'article')} is undone: all go to annotators again, copies aside"
            emit({"undone": number}, [undone if number else "nothing to do"])
            return Exit.OK
        request = _request(**asked)
        if plan is not None and not request.annotators:
            raise CurationError(
                "E_USAGE", "there is no plan to write", fix="say who annotates: --annotators, --overlap"
            )
        if plan is not None:
            require_replaceable(plan, ",".join(_PLAN).encode(), "a plan")
        with progress("Selecting articles") as bar:
            result = opened.select(request, dry_run=dry_run, progress=bar)
        if plan is not None and not dry_run:
            _write_plan(result, plan)
        emit(result, [*_report(request, result), *_closing(result, dry_run, plan)])
        return Exit.OK


def _request(annotators: str | None, by: tuple[str, ...], **asked: Any) -> Request:
    from curation.articles.selection import Filters, Request

    filters = {name: asked.pop(name) for name in Filters.__dataclass_fields__}
    return Request(by=tuple(dict.fromkeys(by)), annotators=_names(annotators), filters=Filters(**filters), **asked)


def _names(annotators: str | None) -> tuple[str, ...]:
    """`3` is three people, `anna,ben` are two."""
    if annotators is None:
        return ()
    if annotators.isascii() and annotators.isdigit():
        number = int(annotators)
        if not 1 <= number <= _PEOPLE:
            raise CurationError("E_USAGE", f"--annotators is {number}; it is from 1 to {_PEOPLE}")
        return tuple(f"{one:0{len(annotators)}d}" for one in range(1, number + 1))
    return tuple(name.strip() for name in annotators.split(","))


def _report(request: Request, result: SelectResult) -> Iterator[str]:
    left = [*result.left_out.items(), *([("copy of another", result.copies)] if result.copies else [])]
    yield f"{counted(result.articles, 'article')}, {sum(number for _, number in left)} left out"
    yield from (f"  {reason}: {number}" for reason, number in left)
    yield f"{result.sample.articles} of the other {result.pool.articles} are drawn (seed {request.seed})"
    if request.size is not None and request.size > result.pool.articles:
        yield f"  that is all there are: fewer than the {request.size} asked for"
    if result.short:
        named = [f"{name} {number}" for name, number in list(result.short.items())[:_SHOWN]]
        more = f" and {len(result.short) - _SHOWN} others" if len(result.short) > _SHOWN else ""
        yield f"  not {request.minimum} of every stratum (--minimum): {', '.join(named)}{more}"
    yield from (f"  no article has the {name}" for name in result.unmatched)
    if request.calibration > result.calibration:
        yield (f"  only {result.calibration} of the {request.calibration} articles asked for with --calibration: "
               "the sample has no more")  # fmt: skip
    if result.stand_ins:
        yield f"  {result.stand_ins} of them are copies that stand in for an article that was left out"
    yield ""
    for name, shares in result.strata.items():
        yield from (*_beside(name, shares, result), "")
    yield from _profiles(result.pool, result.sample, languages="lang" not in result.strata)
    yield from _plan(request, result)


def _beside(name: str, shares: Sequence[Share], result: SelectResult) -> list[str]:
    """A variable's values in pool and sample, the largest by name."""
    pool, sample = result.pool.articles, result.sample.articles
    return table(
        (name, "pool", "", "sample", ""),
        [(value, here, _share(here, pool), there, _share(there, sample)) for value, here, there in largest(shares)],
        cut=(name,),
    )


def _share(number: int, of: int) -> str:
    return f"{number / of:6.1%}" if of else ""


def _profiles(pool: Profile, sample: Profile, *, languages: bool) -> list[str]:
    rows = [
        ("articles", *(str(one.articles) for one in (pool, sample))),
        ("dates", *(f"{one.first} to {one.last}" if one.first else "none" for one in (pool, sample))),
        ("characters", *(" / ".join(map(str, one.lengths)) for one in (pool, sample))),
    ]
    if languages:
        rows.append(("languages", *(_languages(one.languages) for one in (pool, sample))))
    return [*table(("", "pool", "sample"), rows), "  (characters: shortest, quartiles, longest)"]


def _languages(found: Mapping[str, int]) -> str:
    named = [f"{lang or '(not known)'} {number}" for lang, number in list(found.items())[:3]]
    return ", ".join([*named, *([f"{len(found) - 3} others"] if len(found) > 3 else [])])


def _plan(request: Request, result: SelectResult) -> Iterator[str]:
    if result.overlap is None:
        return
    yield ""
    first = f"; the first {result.calibration}, for calibration, to all {len(request.annotators)}"
    yield f"each article goes to {result.overlap} annotators{first if result.calibration else ''}"
    if result.workload is None:
        return
    work = result.workload.articles
    loads = sorted(set(work.values()))
    most = counted(loads[-1], "article")
    yield f"  {' or '.join([*map(str, loads[:-1]), most])} for each of {counted(len(work), 'annotator')}"
    if len(work) > 1:
        least, most_shared = result.workload.least_shared, result.workload.most_shared
        span = f"{least} to " if least != most_shared else ""
        yield f"  {span}{counted(most_shared, 'article')} that any two of them share"
    yield "  Label Studio gives an article to that many, whoever comes first; --plan FILE.csv lists who was meant, and"
    yield "  `curation studio annotators assign` gives each of them a tab with their articles once they are pushed"


def _closing(result: SelectResult, dry_run: bool, plan: Path | None) -> Iterator[str]:
    yield ""
    if result.kept:
        yield (f"in Label Studio already and not in this sample: {counted(len(result.kept), 'article')}; that stays "
               "chosen (--drop-pushed lets go of them)")  # fmt: skip
    if result.dropped:
        yield f"in Label Studio and no longer chosen: {counted(len(result.dropped), 'article')}; they stay there"
    change = f"{counted(len(result.assigned), 'article')} chosen: {result.added} new, {result.removed} no longer"
    if dry_run:
        yield f"{change} (dry run: nothing written)"
    elif result.changed:
        yield f"{change}. Next: curation studio push"
    else:
        yield "nothing to do: these are chosen already"
    if plan is not None and not dry_run:
        yield f"plan written to {plan}"


def _write_plan(result: SelectResult, path: Path) -> None:
    import csv

    with path.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(_PLAN)
        for one in result.assigned:
            names = "; ".join(one.annotators)
            writer.writerow((_harmless(one.article_id), "yes" if one.calibration else "no", _harmless(names)))


def _harmless(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    return "'" + cell if cell.startswith(("=", "+", "-", "@", "\t", "\r")) else cell
