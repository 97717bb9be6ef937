"""`curation adjudicate [push | pull | report]`: decide what annotators differ on, by rules and by people."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from curation.cli.console import (
    as_json,
    command,
    command_with_more,
    counted,
    emit,
    in_workspace,
    open_workspace,
    progress,
    table,
)
from curation.cli.panel import choosing, weights
from curation.cli.reliability import add_report
from curation.cli.studio import pull_lines, push_lines, pushing
from curation.errors import CurationError, Exit
from curation.folders.whole import require_replaceable, whole

if TYPE_CHECKING:
    from curation.adjudication import Merged
    from curation.workspace.adjudication import Adjudicated, Reopened
    from curation.workspace.adjudicators import Decisions, Submitted

_LISTED = 10
_BEGINNING = b'{"adjudication":'


def register(cli: click.Group) -> None:
    """Add the command `adjudicate` and those under it."""
    group = _adjudicate(cli)
    _push(group)
    _pull(group)
    add_report(group)


def _adjudicate(cli: click.Group) -> click.Group:
    @command_with_more(cli, "adjudicate")
    @choosing
    @click.option("--dry-run", is_flag=True, help="Only say what is decided and what is open; keep no gold.")
    @click.option(
        "--out", type=click.Path(path_type=Path, dir_okay=False), help="Write it as JSON Lines, an article a line."
    )
    @click.option("--open", "everything", is_flag=True, help="List every open question, not only the first few.")
    @in_workspace
    def adjudicate(
        task: str | None,
        round_: int | None,
        experts: tuple[str, ...],
        weighted: tuple[str, ...],
        dry_run: bool,
        out: Path | None,
        everything: bool,
        workspace: Path | None,
    ) -> None:
        """Merge what annotators said of each article by the rules of task.toml, and say what stays open.

        What holds of an article is kept as its gold, which exports publish. With --round, --expert or --weight nothing
        is kept: curation.toml says whom to follow for good. Ties stay open; who said what is kept beside every
        decision. `push` puts open articles before adjudicators in Label Studio, `pull` fetches what they decided. The
        rules are told in docs/adjudication.md.

        \b
        Example:
          curation adjudicate
          curation adjudicate --expert annotator-01 --open
          curation adjudicate --out gold.jsonl && head -1 gold.jsonl | jq '.conflicts'
          curation adjudicate push && curation adjudicate pull
        """
        opened = open_workspace(workspace)
        if out is not None:
            require_replaceable(out.resolve(), _BEGINNING, "a file of decisions")
        looks = dry_run or bool(experts or weighted or round_)
        wanted = None if everything else 0 if as_json() else _LISTED
        with ExitStack() as stack:
            bar = stack.enter_context(progress("Merging"))
            if looks:
                by = weights(weighted)
                deciding = opened.adjudicated(
                    task=task, round_=round_, experts=experts, weights=by, wanted=wanted, progress=bar
                )
            else:
                deciding = opened.deciding(task=task, wanted=wanted, progress=bar)
            merged, found = stack.enter_context(deciding)
            if out is not None:
                _write(out, merged)
            for _ in merged:
                pass
        emit(_document(found, out), _lines(found, out, dry_run=looks))

    return adjudicate


def _push(group: click.Group) -> None:
    @command(group, "push")
    @click.option("--task", help="The task; default: the workspace's.")
    @click.option("--names", is_flag=True, help="Show adjudicators who said what. Default: how many said it.")
    @click.option("--all", "pending", is_flag=True, help="Also articles with an annotation that is quarantined.")
    @pushing
    @in_workspace
    def push(task: str | None, names: bool, pending: bool, workspace: Path | None, **how: bool) -> Exit:
        """Put the articles that the rules leave open before adjudicators, in a Label Studio project of their own.

        Each shows its open questions above the text, and as suggestions what is agreed and the rival versions. Who
        said what is hidden unless --names is given. Articles that were decided stay as they are; one whose
        annotations changed since then is open again, and stands in the tab "Reopened". One with an annotation that is
        quarantined or not validated is held back, since that may settle it.

        \b
        Example:
          curation adjudicate push
          curation adjudicate push --names --dry-run

        Exit status 1 if an article was refused, or if its text has changed since adjudicators began.
        """
        with progress("Putting up articles") as bar:
            result = open_workspace(workspace).put_before_adjudicators(
                task=task, named=names, pending=pending, progress=bar, **how
            )
        emit(_submitted(result), _push_lines(result))
        sent = result.sent.push
        return Exit.FINDINGS if sent.changed or sent.doubled or sent.refused else Exit.OK


def _pull(group: click.Group) -> None:
    @command(group, "pull")
    @click.option("--task", help="The task; default: the workspace's.")
    @click.option("--full", is_flag=True, help="Fetch everything again, not only what changed.")
    @in_workspace
    def pull(
        task: str | None,
        full: bool,
        workspace: Path | None,
    ) -> Exit:
        """Fetch what adjudicators decided, and keep it as gold: with who decided it, when, and from which revisions.

        What they submitted is held against the same rules as every annotation. A decision counts as long as the
        annotations are those that it was made from.

        \b
        Example:
          curation adjudicate pull

        Exit status 1 if something could not be read, decides nothing, or was decided differently by two people.
        """
        with progress("Fetching decisions") as bar:
            result = open_workspace(workspace).decisions(
                task=task,
                full=full,
                progress=bar,
            )
        emit(_decided(result), _pull_lines(result))
        complete = result.pull.complete and not result.pull.undecodable
        return Exit.OK if complete and not result.unfounded and not result.result.contested else Exit.FINDINGS


def _write(out: Path, merged: Iterable[Merged]) -> None:
    if not out.resolve().parent.is_dir():
        there = out.resolve().parent
        raise CurationError("E_DISK", f"there is no folder {there}", fix=f"mkdir -p {shlex.quote(str(there))}")
    try:
        with whole(out.resolve()) as file:
            for one in merged:
                file.write(json.dumps(_line(one), ensure_ascii=False).encode() + b"\n")
    except OSError as error:
        raise CurationError("E_DISK", f"{out} cannot be written: {error.strerror}") from error


def _line(merged: Merged) -> dict[str, Any]:
    """An article: what is agreed, as an annotation has it, and every ruling with its rivals, shares and sources."""
    from curation.adjudication.gold import documents

    return {"adjudication": 1, **asdict(merged), "rulings": documents(merged), "conflicts": len(merged.conflicts)}


def _submitted(result: Submitted) -> dict[str, Any]:
    return {**asdict(result.sent), "held_back": result.held_back, "adjudicated": _document(result.result, None)}


def _decided(result: Decisions) -> dict[str, Any]:
    return {
        "made": result.made,
        "unfounded": [asdict(one) for one in result.unfounded],
        "pull": asdict(result.pull),
        "valid": result.validation.valid,
        "quarantined": result.validation.quarantined,
        "adjudicated": _document(result.result, None),
    }


def _document(found: Adjudicated, out: Path | None) -> dict[str, Any]:
    return {
        "task": found.task,
        "articles": found.articles,
        "whole": found.whole,
        "open": found.open,
        "gold": dict(sorted(found.gold.items())),
        "undecided": found.undecided,
        "waiting": found.waiting,
        "changed": found.changed,
        "reopened": [asdict(one) for one in found.reopened],
        "contested": found.contested,
        "decided_by_annotators": found.own,
        "questions": [{"article": article_id, **asdict(question)} for article_id, question in found.asked],
        "annotators": dict(sorted(found.annotators.items())),
        "kinds": [{"about": list(key), **asdict(tally)} for key, tally in sorted(found.kinds.items())],
        "reliability": [{"about": list(key), "annotators": people} for key, people in found.reliability.items()],
        **({} if out is None else {"out": str(out)}),
    }


def _lines(found: Adjudicated, out: Path | None, *, dry_run: bool) -> Iterator[str]:
    rows = [
        (" ".join(key), tally.rule, f"{tally.settled:,}", f"{tally.outvoted:,}", f"{tally.open:,}")
        for key, tally in sorted(found.kinds.items())
    ]
    yield from table(("question", "rule", "settled", "outvoted", "open"), rows)
    for key, people in found.reliability.items():
        yield ""
        yield from table((f"{' '.join(key)}: annotator", "reliability"), [(n, f"{v:.3f}") for n, v in people.items()])
    if found.asked:
        yield ""
        yield from (f"open in {article_id}: {question.told(named=True)}" for article_id, question in found.asked)
        if found.open > len(found.asked):
            yield "... --open lists all of them; relations that wait for a mention come with it"
    yield ""
    yield (
        f"{counted(found.articles, 'article')} of {counted(len(found.annotators), 'annotator')}: {found.whole:,}"
        f" settled by the rules, {found.articles - found.whole:,} with {counted(found.open, 'open question')}"
        + ("" if out is None else f"; all of it in {out}")
    )
    yield from _gold_lines(found, dry_run=dry_run)


def _gold_lines(found: Adjudicated, *, dry_run: bool = False) -> Iterator[str]:
    """What is known of how many articles, what came of earlier decisions, and what to do next."""
    yield from (f"  reopened: {_reopened(one)}" for one in found.reopened if not one.is_settled)
    settled = [one.article_id for one in found.reopened if one.is_settled]
    if settled:
        yield f"decided before, and settled by the rules since annotations changed: {_named(settled)}"
    for article_id in found.contested:
        yield f"  contested: adjudicators differ on {article_id}; let them agree in Label Studio"
    how = ", ".join(f"{number:,} {_METHODS[method]}" for method, number in sorted(found.gold.items()))
    kept = "nothing was kept" if dry_run else f"{found.changed:,} changed" if found.changed else "nothing to do"
    yield f"gold for {counted(found.gold.total(), 'article')}{f' ({how})' if how else ''}; {kept}"
    if found.own:
        yield f"{counted(found.own, 'decision')} by somebody who had annotated the article"
    if found.waiting:
        before = counted(found.waiting, "article")
        yield f"{before} before adjudicators; curation adjudicate pull fetches what they decide"
    new = found.undecided - found.waiting - len(found.contested)
    if new:
        left = counted(new, "article")
        yield f"next: curation adjudicate push, for {left} that nobody has decided"


_METHODS = {
    "single": "by one annotator alone",
    "unanimous": "unanimous",
    "rules": "by the rules",
    "adjudicated": "by adjudicators",
}


def _reopened(one: Reopened) -> str:
    when = f" on {one.decided_at[:10]}" if one.decided_at else ""
    return f"{one.article_id}, decided by {one.decided_by}{when}: {'; '.join(one.changes) or 'it changed'}"


def _push_lines(result: Submitted) -> Iterator[str]:
    sent = result.sent
    yield from push_lines(sent.push)
    would = "to be " if sent.push.dry_run else ""
    if sent.renewed:
        yield f"{counted(len(sent.renewed), 'article')} {would}brought up to date: {_named(sent.renewed)}"
    if sent.closed:
        closed = counted(len(sent.closed), "article")
        yield f"{closed} {would}closed, where nothing is open any more: {_named(sent.closed)}"
    if result.held_back:
        yield (
            f"{counted(len(result.held_back), 'article')} held back, with an annotation that is quarantined or not"
            f" validated; those that are there already stay as they are: {_named(result.held_back)}"
        )
        yield "  Fix: have these mended (curation validate), or put the articles up as they are: --all"
    for one in result.result.reopened:
        yield f"  reopened: {_reopened(one)}"


def _pull_lines(result: Decisions) -> Iterator[str]:
    yield from (line for line in pull_lines(result.pull) if not line.startswith("next: "))
    for one in result.unfounded:
        where = f" {one.url}" if one.url else ""
        yield f"  decides nothing: {one.annotation} on {one.article_id} by {one.annotator}: {one.reason}{where}"
    yield f"{counted(result.made, 'new decision')}"
    yield from _gold_lines(result.result)


def _named(names: Sequence[str]) -> str:
    more = f" and {len(names) - _LISTED:,} more" if len(names) > _LISTED else ""
    return f"{', '.join(names[:_LISTED])}{more}"
