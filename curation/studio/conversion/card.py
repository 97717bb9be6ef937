"""The README.md of a conversion: YAML by which `datasets` finds the tables, and what is in them. No article's text."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import yaml

from curation import __version__
from curation.findings import FINDINGS
from curation.folders.card import inert, size_category, table
from curation.studio.conversion.outcome import ConversionReport, severity_of
from curation.text import counted

if TYPE_CHECKING:
    import pyarrow as pa

TABLES = {
    "items": "one row an item: the text that was annotated, and its data as JSON",
    "annotations": "one row an annotation: who made it, when, and whether it was skipped",
    "mentions": "one row a marked span; start and end count code points of the item's text, of its object's if there "
    "are several",
    "relations": "one row a relation between two marked spans, whose ids are from_id and to_id",
    "choices": "one row an answer by choices, about the item or about one span",
    "taxonomies": "one row an answer from a tree of choices, as paths from its root",
    "ratings": "one row a rating",
    "numbers": "one row a number",
    "texts": "one row an answer in free text",
    "predictions": "one row a prediction of a model",
    "drafts": "one row a draft that was not submitted",
    "other": "one row a result row that no other table has a place for, as JSON",
}
"""What each table holds, in the order in which they are told of."""

_PEOPLE = (
    "What the export says of its annotators (names, addresses) is in `annotators.jsonl`: leave that file out of what "
    "you publish, and look through the columns `extra`, where other keys may name people."
)
_READ = """\
import pandas as pd

by = ["annotation_id", "mention_id"]
mentions = pd.read_parquet("data/mentions")"""
_CHOSEN = """\
# What was chosen for a span stands beside it: one column a control, such as choices.NAME.
chosen = pd.read_parquet("data/choices").dropna(subset="mention_id")
chosen = chosen.pivot_table(index=by, columns="control", values="values", aggfunc="first").add_prefix("choices.")
mentions = mentions.merge(chosen, how="left", left_on=by, right_index=True)"""
_RELATED = """\
# One row a relation, with the spans at both of its ends.
relations = pd.read_parquet("data/relations")
for end in ("from", "to"):
    spans = mentions.drop_duplicates(by)[[*by, "label", "start", "end", "text"]].add_prefix(f"{end}_")
    keys = [f"{end}_{name}" for name in by]
    relations = relations.merge(spans, how="left", left_on=["annotation_id", f"{end}_id"], right_on=keys)
    relations = relations.drop(columns=keys)"""
_NAME = 120
_KEYS = 100


def render(report: ConversionReport, schemas: Mapping[str, pa.Schema]) -> str:
    """The text of README.md; `schemas` has the tables that were written, in order."""
    return f"---\n{_yaml(report, schemas)}---\n\n{_body(report, schemas).strip()}\n"


def _yaml(report: ConversionReport, schemas: Mapping[str, pa.Schema]) -> str:
    configs = [
        {
            "config_name": table,
            "data_files": [{"split": "train", "path": f"data/{table}/train-*.parquet"}],
            **({"default": True} if number == 0 else {}),
        }
        for number, table in enumerate(schemas)
    ]
    metadata = {
        "pretty_name": "Annotations from Label Studio",
        "size_categories": [size_category(report.items)],
        "tags": ["label-studio"],
    }
    return str(yaml.safe_dump({**metadata, "configs": configs}, sort_keys=False, allow_unicode=False, width=2**31))


def _body(report: ConversionReport, schemas: Mapping[str, pa.Schema]) -> str:
    rows_of = [(name, report.tables.get(name, 0), TABLES.get(name, "")) for name in schemas]
    parts = [
        "# Annotations from Label Studio",
        f"Converted from the JSON export {inert(report.export, _NAME)} by curation {__version__}. Nothing of it was"
        " dropped: what no column has a place for is JSON in the columns `extra` and in the table `other`"
        + (", and what could not be read in `unread.jsonl`." if report.unread else "."),
        "## Tables",
        _table(("table", "rows", ""), rows_of),
        "Tables join by `item_id`, `annotation_id` and `mention_id`; ids are Label Studio's own. A negative id stands "
        "in place of one that was missing, no integer, or there twice.",
        *_joined(schemas),
    ]
    if report.offsets is not None:
        parts.append(inert(f"{report.offsets[:1].upper()}{report.offsets[1:]}."))
    for name, schema in schemas.items():
        parts += [f"### {name}", _table(("column", "type"), [(one.name, str(one.type)) for one in schema])]
    parts += ["## Findings", _findings(report)]
    if report.annotators:
        parts += ["## People", _PEOPLE]
    if report.kept:
        rows = sorted(report.kept.items(), key=lambda one: (-one[1], one[0]))
        parts += ["## Kept as it was", _table(("what", "times"), rows[:_KEYS])]
        if len(rows) > _KEYS:
            parts.append(f"And {len(rows) - _KEYS} more kinds.")
    if report.lacks:
        parts += ["## What the export lacks", "\n".join(f"- {inert(one)}" for one in report.lacks)]
    return "\n\n".join(parts)


def _joined(tables: Container[str]) -> Iterator[str]:
    """How the tables are put together with pandas, if there is more than spans."""
    steps = [step for table, step in (("choices", _CHOSEN), ("relations", _RELATED)) if table in tables]
    if steps and "mentions" in tables:
        yield "A `mention_id` is that of a region in its annotation, so that both ids are needed. In this folder:"
        yield "```python\n" + "\n\n".join((_READ, *steps)) + "\n```"


def _findings(report: ConversionReport) -> str:
    if not report.findings:
        return "None."
    rows = [(code, severity_of(code), FINDINGS[code].title, count) for code, count in report.findings.items()]
    rows.sort(key=lambda row: (row[1] != "error", -row[3], row[0]))
    counts = f"{counted(report.errors, 'error')}, {counted(report.warnings, 'warning')}"
    place = "" if "F_EXPORT_MINIMAL" in report.findings else ", with a JSON pointer into the export"
    return f"Each is in `findings.jsonl`{place}: {counts}.\n\n" + _table(("code", "severity", "", "findings"), rows)


def _table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    return table(head, rows, limit=_NAME)
