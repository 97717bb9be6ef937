"""Sections of the card that are counted: Markdown made of what the built tables hold and of the task's definitions."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from statistics import median
from typing import Any

from datasets import ClassLabel, List

from curation.catalog import Task
from curation.catalog.codebook import entry_places
from curation.export.card import describing
from curation.export.card.disagreement import EXAMPLES, LOOKED_AT, Difference
from curation.export.card.facts import CardFacts
from curation.export.card.statistics import Counted, Statistics
from curation.export.columns import slug
from curation.folders.card import inert, table
from curation.text import counted

_LISTED = 10
_PUBLISHED_IN = "Counted in the config `{}`: {}. Shares are of all values in a split."
_UNIT = {
    "annotations": "an article counts once for each annotation of it",
    "gold": "an article counts once, for what holds of it",
}


def configs_table(facts: CardFacts) -> str:
    """Rows by config and split."""
    splits = list(
        dict.fromkeys([*facts.split_names, *(one for built in facts.tables.values() for one in built.splits)])
    )
    rows = [
        (config, *(built.splits[one].rows if one in built.splits else "–" for one in splits), built.rows)
        for config, built in facts.tables.items()
    ]
    return table(("config", *splits, "all"), rows, right=1)


def statistics_section(facts: CardFacts, found: Statistics) -> str:
    """What there is: articles and their lengths, annotations, marks, languages, outlets, dates."""
    return "\n\n".join(filter(None, [_overview(facts, found), _outlets(found)]))


def annotators_table(found: Statistics) -> str:
    """What each annotator did."""
    rows = [
        (name, one.annotations, one.mentions, "–" if (taken := one.median_seconds) is None else _seconds(taken))
        for name, one in found.people.items()
    ]
    return table(("annotator", "annotations", "mentions", "median time of an annotation"), rows, right=1)


def distribution(title: str, one: Counted | None, splits: Sequence[str]) -> str:
    """How often each value occurs in each split, with its share there."""
    if one is None:
        return ""
    rows = [(value, *(_share(one, value, split) for split in splits), one.of(value)) for value in one.values]
    return table((title, *splits, "all"), rows, right=1)


def label_distributions(facts: CardFacts, found: Statistics) -> str:
    """Labels, relations, attributes and other fields by split, so that skew between splits is seen."""
    if found.labels is None and found.relations is None and not found.fields:
        return "No config that is published has labels, relations or fields of its own."
    shown = [("label", found.labels), ("relation", found.relations), *found.attributes.items()]
    shown += [(name, one) for name, one in found.fields.items() if one.targets is None]
    given = [(name, one) for name, one in shown if one is not None]
    tables = [distribution(name, one, facts.split_names) for name, one in given if one.total()]
    unused = [name for name, one in given if not one.total()]
    never = [f"Never given: {inert(', '.join(unused))}."] if unused else []
    return "\n\n".join([_counted_in(found), *tables, *never]) if given else "Nothing but stance was annotated."


def stance_distributions(facts: CardFacts, found: Statistics) -> str:
    """The stance of articles toward each target by split: as annotators gave it, and as it holds."""
    said = _toward(found.targets, facts.split_names)
    held = _toward(found.decided, facts.split_names)
    if not said and not held:
        return "No config that is published has a stance of articles."
    config = "gold" if "gold" in facts.tables else "stance"
    decided = [f"The stance that holds, of each article of which it is known (config `{config}`):", held]
    return "\n\n".join([*([_counted_in(found), said] if said else []), *(decided if held else [])])


def _toward(stances: Mapping[str, Counted], splits: Sequence[str]) -> str:
    tables = [distribution(f"toward: {target}", one, splits) for target, one in stances.items() if one.total()]
    return "\n\n".join(tables)


def one_count(head: str, one: Counted | None) -> str:
    """How often each value occurs in all."""
    return table((head, "annotated"), [(value, one.of(value)) for value in one.values], right=1) if one else ""


def stances_table(found: Statistics) -> str:
    """The stance of articles toward each target, over all splits."""
    values = list(dict.fromkeys(value for one in found.targets.values() for value in one.values))
    rows = [(target, *(one.of(value) for value in values)) for target, one in found.targets.items()]
    return table(("target", *values), rows, right=1)


def classes_table(facts: CardFacts) -> str:
    """The classes of each field by id, as the tables have them; then those of columns that no codebook has.

    Of `agreement` nothing is told: nobody learns from it, and its features name its classes.
    """
    task = facts.task
    told = {config: dict(_class_columns(dict(one.features))) for config, one in facts.tables.items()}
    told.pop("agreement", None)
    built = {column: names for columns in told.values() for column, names in columns.items()}
    rows = [
        (
            f"{label.name}: {one.name}" if label else one.name,
            _classes(built.get(f"{slug(label.name)}_{one.name}" if label else one.name, one.classes), one.values),
        )
        for label, one in task.fields
        if one.values
    ]
    named = [
        ("mention", _classes(built.get("mentions.label", task.label_classes), task.labels)),
        ("relation", _classes(built.get("relations.label", task.relation_classes), task.relations)),
        ("stance", _classes(built.get("stance", task.polarities), task.polarities)),
    ]
    own = [*(name for name in _OWN if name in built), *(one for one in told.get("tokens", ()) if one.endswith(_TAGS))]
    lines = [(inert(name), classes) for name, classes in [*(pair for pair in named if pair[1]), *rows]]
    lines += [(f"`{inert(name)}`", _classes(built[name], built[name])) for name in own]
    return "\n".join(f"| {' | '.join(line)} |" for line in [("field", "classes, by id from 0"), ("---", "---"), *lines])


def _class_columns(columns: Any, inside: str = "") -> Iterator[tuple[str, Sequence[str]]]:
    """The columns of classes, those of labels with what they are in; attributes by their own names."""
    for name, feature in columns.items():
        while isinstance(feature, List):
            feature = feature.feature
        if isinstance(feature, dict):
            yield from _class_columns(feature, name)
        elif isinstance(feature, ClassLabel):
            yield (f"{inside}.{name}" if name == "label" else name), feature.names


def codebook_section(task: Task) -> str:
    """The version of the codebook, and what it says of each label, relation and field."""
    digest = hashlib.sha256(task.codebook.encode()).hexdigest()
    places = {path: text for path, (_, text) in entry_places(task.codebook).items()}
    rows = [
        (" / ".join(path[1:]), _KINDS[path[0], len(path)], definition)
        for path, text in places.items()
        if (path[:1] and (path[0], len(path)) in _KINDS) and (definition := _definition(text))
    ]
    head = f"Version {inert(task.version)} of the codebook; the SHA-256 of its text is `{digest}`. Its definitions:"
    lines = [f"| {inert(name)} | {kind} | {inert(definition)} |" for name, kind, definition in rows]
    return "\n\n".join([head, "\n".join(["| name | what | definition |", "| --- | --- | --- |", *lines])])


def disagreement_examples(facts: CardFacts, found: Sequence[Difference]) -> str:
    """Articles on which annotators differ, by id and offsets."""
    if "annotations" not in facts.tables:
        return "What each annotator said is not published."
    if not found:
        return (
            f"None was found among articles that two or more annotated, of which the first {LOOKED_AT} were looked at."
        )
    rows = [
        (one.matter, one.article, one.place or "whole article", "; ".join(f"{who}: {value}" for who, value in one.said))
        for one in found
    ]
    note = (
        f"For each field the first {EXAMPLES} articles on which annotators differ, looked for in those that two or more"
        f" annotated, the first {LOOKED_AT} at most. Places are code points of `text`; marks with the same ends are"
        " compared."
    )
    return f"{note}\n\n{table(('field', 'article', 'place', 'what annotators say'), rows)}"


def checksums_section(checksums: Mapping[str, str]) -> str:
    """The SHA-256 of every Parquet file."""
    note = (
        "`manifest.json` has the SHA-256 of every file, this one's too; `curation export verify` finds what differs."
        " The tables are:"
    )
    lines = [f"| `{file}` | `{digest}` |" for file, digest in checksums.items()]
    return f"{note}\n\n" + "\n".join(["| file | SHA-256 |", "| --- | --- |", *lines])


def _overview(facts: CardFacts, found: Statistics) -> str:
    rows: list[tuple[str, str]] = []
    total = found.articles.total() or facts.account.articles
    by_split = ", ".join(f"{split} {found.articles[split]:,}" for split in facts.split_names if found.articles[split])
    rows.append(("articles", f"{total:,}" + (f" ({by_split})" if by_split else "")))
    people = found.people or facts.account.annotators
    annotations = sum(one.annotations for one in found.people.values()) or facts.account.annotations
    made = "annotations" if found.people else "annotations behind it"
    rows.append((made, f"{annotations:,} by {counted(len(people), 'annotator')}"))
    if found.overlap:
        rows.append(("annotators of an article", _by_number(found.overlap)))
    if len(found.rounds) > 1:
        rounds = ", ".join(f"round {one}: {number:,}" for one, number in sorted(found.rounds.items()))
        rows.append(("annotations by round", rounds))
    if suggested := describing.suggested(found):
        rows.append(("annotations that began as suggestions", suggested))
    if len(found.versions) > 1:
        listed = ", ".join(f"{one} in {counted(number, 'row')}" for one, number in sorted(found.versions.items()))
        rows.append(("versions of the codebook", f"{listed} of {found.source}"))
    rows += _lengths("characters of an article", found.characters)
    if found.tokens is not None:
        rows.append(("tokens of the articles in gold", f"{found.tokens:,}"))
    unit = "an annotation" if found.source == "annotations" else "an article"
    rows += _lengths(f"mentions in {unit}", found.per_row)
    if found.relations is not None:
        where = "all annotations" if found.source == "annotations" else "gold"
        rows.append((f"relations in {where}", f"{found.relations.total():,}"))
    if found.languages:
        unstated = [("not stated", left)] if (left := total - found.languages.total()) else []
        listed = ", ".join(f"{name} {number:,}" for name, number in [*_ranked(found.languages), *unstated])
        rows.append(("languages of articles", listed))
    if found.published:
        dated = f" ({found.months.total():,} of {total:,} are dated)" if found.months.total() < total else ""
        rows.append(("articles were published", _from_to(found.published) + dated))
    if found.annotated:
        rows.append(("annotations were made", _from_to(found.annotated)))
    lines = [f"| {inert(name)} | {inert(value, 400)} |" for name, value in rows]
    return "\n".join(["| | |", "| --- | --- |", *lines])


def _by_number(overlap: Mapping[int, int]) -> str:
    return ", ".join(f"{number} for {counted(articles, 'article')}" for number, articles in sorted(overlap.items()))


def _from_to(span: tuple[str, str]) -> str:
    return span[0] if span[0] == span[1] else f"{span[0]} to {span[1]}"


def _outlets(found: Statistics) -> str:
    """The outlets with most articles; the rest, and the articles that name none, have a row each."""
    if not found.outlets:
        return ""
    ranked, named, total = _ranked(found.outlets), found.outlets.total(), found.articles.total()
    others = ranked[_LISTED:]
    counts = [
        *ranked[:_LISTED],
        *([(f"(others: {len(others):,})", sum(number for _, number in others))] if others else []),
        *([("(none named)", left)] if (left := total - named) else []),
    ]
    rows = [(name, number, f"{number / total:.1%}") for name, number in counts]
    note = (
        f"{'All' if named == total else f'{named:,} of'} {counted(total, 'article')}"
        f" {'names' if named == 1 else 'name'} an outlet, {counted(len(ranked), 'outlet')} in all; shares are of all"
        " articles:"
    )
    return f"{note}\n\n{table(('outlet', 'articles', 'share'), rows, right=1)}"


def _lengths(name: str, values: Collection[int]) -> list[tuple[str, str]]:
    if not values:
        return []
    mean = sum(values) / len(values)
    spread = f"{min(values):,} to {max(values):,}, median {median(values):,.0f}, mean {mean:,.1f}"
    each = f"{min(values):,} each" if min(values) == max(values) else spread
    return [(name, f"{each}; {sum(values):,} in all")]


def _share(one: Counted, value: str, split: str) -> str:
    number, total = one.of(value, split), one.total(split)
    return f"{number:,} ({number / total:.1%})" if total else "–"


def _seconds(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.1f} min"


def _counted_in(found: Statistics) -> str:
    return (
        _PUBLISHED_IN.format(found.source, _UNIT[found.source]) if found.source else "Counted in the config `mentions`."
    )


def _classes(by_id: Iterable[str], there: Collection[str]) -> str:
    return ", ".join(inert(name if name in there else f"{name} (no longer used)") for name in by_id)


_OWN = ("method", "origin", "scope")
_TAGS = ("_tags", "_nested")

_KINDS = {
    ("Labels", 2): "label",
    ("Labels", 3): "attribute",
    ("Labels", 4): "value",
    ("Relations", 2): "relation",
    ("Choices", 2): "field",
    ("Choices", 3): "value",
}


def _definition(below: str) -> str:
    """What the bullet Definition says; the first paragraph where there is none."""
    marked = "**Definition:**"
    line = next((one for one in below.splitlines() if marked in one), "")
    return line.split(marked, 1)[-1].strip() or below.split("\n\n")[0].strip()


def _ranked(counts: dict[str, int]) -> list[tuple[str, int]]:
    return sorted(counts.items(), key=lambda one: (-one[1], one[0]))
