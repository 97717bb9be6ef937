"""`curation adjudicate`."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from curation.cli.console import (
    as_json,
    command,
    counted,
    emit,
    in_workspace,
    open_workspace,
    progress,
    table,
)
from curation.errors import CurationError
from curation.folders.whole import require_replaceable, whole

if TYPE_CHECKING:
    from curation.adjudication import Merged, Ruling
    from curation.workspace.adjudication import Adjudicated

_LISTED = 10
_BEGINNING = b'{"adjudication":'


def register(cli: click.Group) -> None:
    """Add the command `adjudicate`."""
    _adjudicate(cli)


def _adjudicate(cli: click.Group) -> None:
    @command(cli, "adjudicate")
    @click.option("--task", help="The task; default: the workspace's.")
    @click.option(
        "--round", "round_", type=click.IntRange(min=1), metavar="N", help="This round alone, not the latest."
    )
    @click.option("--expert", "experts", multiple=True, metavar="NAME", help="Whom the rule `expert` follows.")
    @click.option(
        "--weight", "weighted", multiple=True, metavar="NAME=W", help="How much somebody counts, else 1; repeatable."
    )
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
        out: Path | None,
        everything: bool,
        workspace: Path | None,
    ) -> None:
        """Merge what annotators said of each article by the rules of task.toml, and say what stays open.

        Nothing is written into the workspace. Ties stay open; who said what is kept beside every decision. The rules
        are told in docs/adjudication.md.

        \b
        Example:
          curation adjudicate
          curation adjudicate --expert annotator-01 --open
          curation adjudicate --out gold.jsonl && head -1 gold.jsonl | jq '.conflicts'
        """
        weights = dict(_weight(one) for one in weighted)
        opened = open_workspace(workspace)
        if out is not None:
            require_replaceable(out.resolve(), _BEGINNING, "a file of decisions")
        first: list[tuple[Merged, Ruling]] = []

        def kept(merged: Iterable[Merged]) -> Iterator[Merged]:
            for one in merged:
                free = None if everything or as_json() else _LISTED - len(first)
                first.extend([(one, ruling) for ruling in one.conflicts][:free])
                yield one

        with (
            progress("Merging") as bar,
            opened.adjudicated(task=task, round_=round_, experts=experts, weights=weights, progress=bar) as (
                merged,
                found,
            ),
        ):
            if out is None:
                for _ in kept(merged):
                    pass
            else:
                _write(out, kept(merged))
        if as_json():
            emit(_document(found, out), ())
        else:
            emit(None, _lines(found, first, out))


def _weight(text: str) -> tuple[str, float]:
    name, _, number = text.rpartition("=")
    try:
        return name, float(number)
    except ValueError:
        raise CurationError("E_USAGE", f"{text!r} is no weight", fix="--weight annotator-01=2") from None


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
    document = asdict(merged)
    document["rulings"] = [
        {**asdict(ruling.decision), **{name: value for name, value in asdict(ruling).items() if name != "decision"}}
        for ruling in merged.rulings
    ]
    return {"adjudication": 1, **document, "conflicts": len(merged.conflicts)}


def _document(found: Adjudicated, out: Path | None) -> dict[str, Any]:
    return {
        "task": found.task,
        "articles": found.articles,
        "whole": found.whole,
        "open": found.open,
        "annotators": dict(sorted(found.annotators.items())),
        "kinds": [{"about": list(key), **asdict(tally)} for key, tally in sorted(found.kinds.items())],
        "reliability": [{"about": list(key), "annotators": people} for key, people in found.reliability.items()],
        **({} if out is None else {"out": str(out)}),
    }


def _lines(found: Adjudicated, first: Sequence[tuple[Merged, Ruling]], out: Path | None) -> Iterator[str]:
    rows = [
        (" ".join(key), tally.rule, f"{tally.settled:,}", f"{tally.outvoted:,}", f"{tally.open:,}")
        for key, tally in sorted(found.kinds.items())
    ]
    yield from table(("question", "rule", "settled", "outvoted", "open"), rows)
    for key, people in found.reliability.items():
        yield ""
        yield from table((f"{' '.join(key)}: annotator", "reliability"), [(n, f"{v:.3f}") for n, v in people.items()])
    if first:
        yield ""
        yield from table(
            ("open: article", "question", "what was said"),
            [(merged.article_id, " ".join(ruling.key), _rivals(ruling)) for merged, ruling in first],
        )
        if found.open > len(first):
            yield f"... and {found.open - len(first):,} more: curation adjudicate --open"
    yield ""
    yield (
        f"{counted(found.articles, 'article')} of {counted(len(found.annotators), 'annotator')}: {found.whole:,}"
        f" settled, {found.articles - found.whole:,} with {counted(found.open, 'open question')}"
        + ("" if out is None else f"; all of it in {out}")
    )


def _rivals(ruling: Ruling) -> str:
    said = (
        f"{'nothing' if share.value is None else share.value} ({', '.join(share.annotators) or 'nobody'})"
        for share in ruling.decision.shares
    )
    return "; ".join(said) or ruling.decision.why
