"""A card that can be filled anew without its export and its task: for a copy of a dataset whose texts were put back.

Where articles are missing in the copy, what is counted in its rows is counted again, and configs without a row are not
told of. Other figures stay those of the published dataset, and have a dagger.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from curation.catalog import Export, Field, Label, RelationRule, Task
from curation.export.account import Account
from curation.export.card.facts import Built, CardFacts
from curation.export.card.placeholders import COMPOSED, PLACEHOLDERS, Contents
from curation.export.card.template import filled, partly_filled, settled, whole_template
from curation.export.measured import placeholders_of
from curation.export.rows import METHODS

DAGGER = "†"

_COUNTED = {
    "work", "articles", "annotations", "annotators", *(f"gold_{method}" for method in METHODS), "gold_methods",
    "configs_table", "labels_table", "relations_table", "stances_table", "statistics", "label_distributions",
    "stance_distributions", "disagreement_examples", "annotators_table", "texts", "checksums", "plots",
    "default_config", "advice",
}  # fmt: skip
_COMPOSED = {"configs"}
_IN_A_LINE = {
    "left_out", "gold_left_out", "quarantined", "unjudged", "unsettled", "outdated", "undecided", "held_out",
}  # fmt: skip
_LISTED = {"limits"}
_ALONE = {"agreement_table", "splits_proof"}
_FIGURES = _IN_A_LINE | _LISTED | _ALONE


def unfilled(contents: Contents) -> dict[str, Any]:
    """What a card is filled of anew: its template, in which what is counted is open, other figures, and the columns.

    It is JSON, for the manifest of a dataset.
    """
    template = settled(contents, _COMPOSED | _COUNTED | _FIGURES)
    named = sorted(placeholders_of(whole_template(contents)) & _FIGURES)
    task = contents.facts.task
    return {
        "template": template,
        "figures": {name: PLACEHOLDERS[name](contents) for name in named},
        "labels": {
            label.name: {field.name: field.kind for field in label.attributes.values()}
            for label in task.labels.values()
        },
        "relations": list(task.relations),
        "fields": {
            field.name: {"kind": field.kind, "target": field.target, "values": list(field.classes)}
            for field in task.choices.values()
        },
    }


def is_known(card: Mapping[str, Any] | None) -> bool:
    """Whether there is a card to be filled anew, and nothing in it that this version does not know."""
    return card is not None and placeholders_of(card["template"]) <= PLACEHOLDERS.keys() | _COMPOSED


def contents_of(facts: Mapping[str, Any], tables: Mapping[str, Built], account: Account, folder: Path) -> Contents:
    """What can be counted in the tables in `folder`; `facts` are those of the published dataset's manifest."""
    card: Mapping[str, Any] = facts.get("card") or {"labels": {}, "relations": (), "fields": {}}
    fields = {
        name: Field(name, name, one["kind"], tuple(one["values"]), target=one["target"])
        for name, one in card["fields"].items()
    }
    labels = {
        label: Label(label, {name: Field(name, name, kind) for name, kind in attributes.items()})
        for label, attributes in card["labels"].items()
    }
    task = Task(
        name=facts["task"],
        version=facts["task_version"],
        title="",
        description="",
        folder=folder,
        text_object="",
        span_control=None,
        labels=labels,
        relations={name: RelationRule(name, (), ()) for name in card["relations"]},
        choices=fields,
    )
    export = Export(
        name=facts["name"],
        title="",
        task=facts["task"],
        folder=folder,
        configs=tuple(tables),
        splits=facts["shares"],
        seed=facts["seed"],
        license="",
        languages=(),
    )
    return Contents(CardFacts(export, task, tables, account), folder)


def refill(card: Mapping[str, Any], contents: Contents, instead: Mapping[str, str], *, is_part: bool) -> str:
    """The card of the tables that are there; `instead` has what else stands for some placeholders.

    `is_part` says that articles are missing: what cannot be counted gets a dagger.
    """

    def value(name: str) -> str:
        if name in instead:
            return instead[name]
        if name not in card["figures"]:
            return PLACEHOLDERS[name](contents)
        figure: str = card["figures"][name]
        if not (figure and is_part):
            return figure
        if name in _ALONE:
            return f"{DAGGER} Of the published dataset:\n\n{figure}"
        return "\n".join(f"{line}{DAGGER}" for line in figure.splitlines())

    template = partly_filled(card["template"], _COMPOSED, lambda name: COMPOSED[name](contents))
    return filled(template, value)
