"""`curation export diff`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from curation.cli.console import command, counted, emit, in_workspace, table
from curation.cli.export.naming import dataset_at
from curation.errors import Exit

if TYPE_CHECKING:
    from curation.export.comparing import RowChanges
    from curation.export.diffing import ConfigDiff, Diff


def register(export: click.Group) -> None:
    """Add `diff`."""

    @command(export, "diff")
    @click.argument("before")
    @click.argument("after")
    @in_workspace
    def diff(before: str, after: str, workspace: Path | None) -> Exit:
        """Say what changed between two versions of a dataset.

        BEFORE and AFTER are names of exports as they are built, releases (NAME@VERSION, NAME@latest) or folders.
        Configs, columns and classes are compared; rows by what identifies them, such as an annotation's id; how often
        each class was given; the figures of agreement; and the card. Rows whose classes differ are relabelled, others
        that differ are edited.

        \b
        Example:
          curation export diff news-stance@latest news-stance
          curation export diff downloads/v1 downloads/v2 --json

        Exit status 1 if they differ, 0 if they are the same, byte for byte.
        """
        from curation.workspace.releases import diff_datasets

        found = diff_datasets(dataset_at(before, workspace), dataset_at(after, workspace))
        emit(_plain(found), _lines(found))
        return Exit.OK if found.same else Exit.FINDINGS


def _plain(found: Diff) -> dict[str, Any]:
    from curation.cli.console import plain
    from curation.export.versions import level_of

    came, went, moved = found.articles
    figures = ("scope", "of", "measure", "level")
    return {
        "same": found.same,
        "level": level_of(found).name.lower(),
        **plain(found),
        "articles": {"added": came, "removed": went, "moved": moved},
        "agreement": [
            {**dict(zip(figures, key, strict=True)), "before": before, "after": after}
            for key, before, after in found.agreement
        ],
    }


def _lines(found: Diff) -> Iterator[str]:
    from curation.export.versions import entries, level_of
    from curation.text import visible

    if found.same:
        yield "the same, byte for byte"
        return
    yield from map(visible, entries(found))
    rows = [
        (config, split, *_counts(changes))
        for config, of in found.configs.items()
        for split, changes in of.rows.items()
        if changes.changed
    ]
    if rows:
        yield ""
        yield from table(
            ("config", "split", "before", "after", "added", "removed", "relabelled", "edited", "moved"), rows
        )
    for config, changes in found.configs.items():
        yield from _labels(config, changes)
    if found.agreement:
        yield ""
        yield from _agreement(found)
    if found.card.lines:
        yield ""
        named = f" (header: {', '.join(found.card.fields)})" if found.card.fields else ""
        changed = sum(line[:1] in "+-" for line in found.card.lines[2:])
        yield f"card: {counted(changed, 'line')} changed{named}; --json has the diff"
    yield ""
    yield f"{counted(len(found.files), 'file')} with other bytes; as a release this is {level_of(found).name.lower()}"


def _counts(rows: RowChanges) -> tuple[int, ...]:
    return rows.before, rows.after, rows.added, rows.removed, rows.relabelled, rows.edited, rows.moved


def _labels(config: str, changes: ConfigDiff) -> Iterator[str]:
    """How often each class is given, before and after, with its share."""
    for column, counts in changes.labels.items():
        yield ""
        yield from table(
            (f"{config}: {column}", "before", "after", "share before", "share after"), list(_shares(counts))
        )


def _shares(counts: Mapping[str, tuple[int, int]]) -> Iterator[tuple[Any, ...]]:
    before, after = (sum(pair[side] for pair in counts.values()) for side in (0, 1))
    for name, (old, new) in counts.items():
        if old or new:
            yield name, old, new, _share(old, before), _share(new, after)


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.1%}" if whole else "–"


def _agreement(found: Diff) -> Iterator[str]:
    rows = [
        (" ".join(str(part) for part in key if part), _figure(before), _figure(after))
        for key, before, after in found.agreement
    ]
    yield from table(("agreement", "before", "after"), rows)


def _figure(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"
