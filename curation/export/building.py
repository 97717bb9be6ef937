"""Build a dataset: plan the splits, write all configs in one pass over the articles, and put the card beside them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

from curation import __version__
from curation.apart import over_all
from curation.catalog import Export, Schemas, Task
from curation.errors import CurationError
from curation.export.blocks import Blocks, discard
from curation.export.columns import layout
from curation.export.inputs import inputs
from curation.export.measured import Measure, Measured, measured
from curation.export.planned import leaks, planned
from curation.export.vanishing import require_gold
from curation.folders.manifest import digest_of, facts_of, verify, write_manifest
from curation.folders.staging import publish, staging
from curation.records import Progress
from curation.store import Store
from curation.text import content_hash

BLOCK = 10_000
"""So many articles are written at once, and are one shard of each split; a build that is cut off loses no more."""


@dataclass(frozen=True, slots=True)
class BuildResult:
    """What was built. `configs` has the rows of each split that has any; `left_out` are configs without rows.

    `quarantined` annotations were left out, and `unjudged` ones, which have not been validated; `unsettled` articles
    have such an annotation, or lack a part of somebody's, and have a row in `gold` only if an adjudicator decided.
    `outdated` articles have gold that was made from other annotations, and `undecided` ones are open: see `adjudicate`.
    `held_out` articles are in no split, by the reason why. `not_stated` are the topics of `[about]` in export.toml of
    which the card can say nothing. `version` is the dataset's. `changed` is False if the dataset stood there already,
    byte for byte. `digest` is the SHA-256 of its content.
    """

    name: str
    path: Path
    version: str
    configs: Mapping[str, Mapping[str, int]]
    left_out: tuple[str, ...]
    articles: int
    annotations: int
    annotators: int
    quarantined: int
    unjudged: int
    unsettled: int
    outdated: int
    undecided: int
    held_out: Mapping[str, int]
    not_stated: tuple[str, ...]
    changed: bool
    digest: str


def build(
    store: Store,
    export: Export,
    task: Task,
    schemas: Schemas,
    out: Path,
    *,
    gold_made_with: str | None = None,
    agreement: Measure | None = None,
    releases: Path | None = None,
    without_gold: bool = False,
    block: int = BLOCK,
    progress: Progress | None = None,
) -> BuildResult:
    """Build `export` from the submitted, valid annotations of `task` into the folder `out`, or leave it as it was.

    Gold counts that was made with `gold_made_with`, by default the task alone. `agreement` measures how far annotators
    agree, where the export publishes that, and is told which articles are held out. The version follows from what
    changed since the last of `releases`, of which articles keep their splits and classes their ids. The same
    annotations, definitions and releases give the same bytes. Articles are written in blocks of so many; a build that
    was cut off goes on at the first block that is not whole.

    Raises `E_GOLD_OUTDATED` where a config that the dataset had would vanish with gold that is outdated, unless it may
    be `without_gold`; `E_NOTHING_TO_EXPORT` without a valid annotation, `E_EXPORT_STALE` if one no longer fits its
    article or the task, `E_DEFINITION` for an export or task that cannot be published, `E_SPLIT_GROUPS`, `E_EXISTS` if
    `out` holds something else, `E_LOCKED`, `E_DISK`.
    """
    quarantined, unjudged = _left_out(store, task)
    from curation.export.versions import Releases

    out = out.absolute()
    made_from = inputs(store, export, task)
    try:
        with staging(out, export.name) as folder:
            articles = store.submitted.article_ids(task.name)
            history = Releases(releases)
            known = over_all(len(articles), planned, store.path.parent, export, task, history.last)
            plan = known.plan
            made_by = f"{__version__} {version('datasets')} {version('pyarrow')}"
            state = content_hash(
                f"{made_from} {gold_made_with} {sorted(plan.splits.items())} {history.digests} {block} {made_by}"
                f" {agreement is not None}"
            )
            standing = facts_of(out)
            if standing is not None and standing.get("built_from") == state and verify(out).ok:
                discard(out)
                return _result(export, out, standing, changed=False)
            blocks = Blocks(out, state)
            compare = partial(over_all, len(articles), leaks, store.path.parent, task, plan.splits, list(export.splits))
            figures = blocks.kept(Measured, lambda: measured(export, agreement, compare, frozenset(plan.held_out)))
            # These take seconds to import and much memory: what was measured has given back its own.
            from curation.export.finishing import Finishing
            from curation.export.writer import Writer

            finishing = Finishing(export, task, schemas, known, figures, history)
            writer = Writer(store, export, layout(task), schemas, gold_made_with or task.digest, plan, history)
            written = list(writer.blocks(blocks, articles, block, progress))
            if not without_gold:
                require_gold(export, written, standing, history.last.facts if history.last else None)
            facts = finishing.finish(folder, written, writer.columns, quarantined, unjudged)
            digest = write_manifest(folder, {**facts, "inputs": made_from, "built_from": state})
            changed = not (digest_of(out) == digest and verify(out).ok)
            if changed:
                publish(folder, out)
            blocks.remove()
    except OSError as error:
        raise CurationError("E_DISK", f"{out}: {error}") from None
    return _result(export, out, {**facts, "digest": digest}, changed=changed)


def _left_out(store: Store, task: Task) -> tuple[int, int]:
    """How many annotations are quarantined, and how many not validated. Raises where nothing can be built."""
    counts = store.annotations.counts(task.name)
    quarantined = counts.get(("submitted", "quarantined"), 0)
    unjudged = counts.get(("submitted", None), 0)
    if not counts.get(("submitted", "valid"), 0):
        raise CurationError(
            "E_NOTHING_TO_EXPORT",
            f"no valid annotation of the task {task.name!r} ({quarantined} quarantined, {unjudged} not validated)",
        )
    stray = store.submitted.astray(task.name)
    if stray is not None:
        raise CurationError("E_EXPORT_STALE", f"annotation {stray} is about an article that is not there")
    return quarantined, unjudged


def _result(export: Export, out: Path, facts: Mapping[str, Any], *, changed: bool) -> BuildResult:
    return BuildResult(
        name=export.name,
        path=out,
        version=facts["version"],
        configs=facts["rows"],
        left_out=tuple(config for config in export.configs if config not in facts["rows"]),
        articles=facts["articles"],
        annotations=facts["annotations"],
        annotators=facts["annotators"],
        quarantined=facts["quarantined"],
        unjudged=facts["unjudged"],
        unsettled=facts["unsettled"],
        outdated=facts["outdated"],
        undecided=facts["undecided"],
        held_out=facts["held_out"],
        not_stated=tuple(facts["not_stated"]),
        changed=changed,
        digest=facts["digest"],
    )
