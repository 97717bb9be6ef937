"""The dataset card: YAML that `datasets` reads, and the export's own card.md with its placeholders filled.

Nothing of an article stands in it: only counts, and the names that task.toml and export.toml declare.
Importing this takes seconds, because `datasets` does.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from string import Template
from typing import Any

import yaml
from datasets import DatasetInfo, SplitInfo
from datasets.splits import SplitDict

from curation.catalog import Export, Task
from curation.errors import CurationError
from curation.export.card.facts import Built
from curation.export.columns import Layout
from curation.export.rows import METHODS
from curation.folders.card import inline, markdown_table, size_category
from curation.records import Annotation


@dataclass(slots=True)
class Tally:
    """What the card counts over everything that is published."""

    articles: int = 0
    annotations: int = 0
    quarantined: int = 0
    unjudged: int = 0
    unsettled: int = 0
    outdated: int = 0
    undecided: int = 0
    annotators: set[str] = field(default_factory=set)
    labels: Counter[str] = field(default_factory=Counter)
    relations: Counter[str] = field(default_factory=Counter)
    stances: Counter[tuple[str, str]] = field(default_factory=Counter)
    methods: Counter[str] = field(default_factory=Counter)

    def count(self, layout: Layout, annotations: Sequence[Annotation]) -> None:
        """Add one article's annotations."""
        self.articles += 1
        self.annotations += len(annotations)
        for annotation in annotations:
            self.annotators.add(annotation.annotator)
            self.labels.update(mention.label for mention in annotation.mentions)
            self.relations.update(relation.label for relation in annotation.relations if relation.label)
            for target, field_ in layout.task.targets.items():
                given = annotation.choices.get(field_.name, ())
                self.stances.update((target, value) for value in ([given] if isinstance(given, str) else given))


def render(export: Export, task: Task, tally: Tally, configs: Mapping[str, Built]) -> str:
    """The text of README.md. Raises `E_DEFINITION` for a placeholder in card.md that does not exist."""
    header = _yaml(_metadata(export, task, configs))
    body = _fill(export, _placeholders(export, task, tally, configs))
    return f"---\n{header}---\n\n{body.strip()}\n"


def _yaml(metadata: dict[str, Any]) -> str:
    # Unescaped, a few rare line separators would come back as spaces and change a class name.
    text = yaml.safe_dump(metadata, allow_unicode=True, sort_keys=False, width=2**31)
    if yaml.safe_load(text) != metadata:
        text = yaml.safe_dump(metadata, allow_unicode=False, sort_keys=False, width=2**31)
    return text


def _fill(export: Export, placeholders: Mapping[str, str]) -> str:
    try:
        return Template(export.card).substitute(placeholders)
    except KeyError as error:
        problem = f"there is no placeholder ${error.args[0]}"
    except ValueError as error:
        problem = str(error)
    known = ", ".join(f"${name}" for name in placeholders)
    raise CurationError(
        "E_DEFINITION", f"{export.folder / 'card.md'}: {problem}", fix=f"Use one of {known}; $$ is a dollar sign."
    )


def _metadata(export: Export, task: Task, configs: Mapping[str, Built]) -> dict[str, Any]:
    rows = next(iter(configs.values())).rows
    default = next(iter(configs))
    return {
        "pretty_name": export.title,
        "license": export.license,
        "language": list(export.languages),
        "task_categories": _categories(task),
        "size_categories": [size_category(rows)],
        "tags": ["news", *(["stance-detection"] if task.polarities else []), *(["spans"] if task.labels else [])],
        "configs": [
            {
                "config_name": config,
                "data_files": [{"split": split, "path": built.files[split]} for split in built.splits],
                **({"default": True} if config == default else {}),
            }
            for config, built in configs.items()
        ],
        "dataset_info": [_info(config, built) for config, built in configs.items()],
    }


def _info(config: str, built: Built) -> dict[str, Any]:
    splits = SplitDict()
    for split, written in built.splits.items():
        splits.add(SplitInfo(split, num_bytes=written.bytes, num_examples=written.rows))
    info = DatasetInfo(
        features=built.features,
        splits=splits,
        download_size=built.stored,
        dataset_size=sum(written.bytes for written in built.splits.values()),
    )
    described: dict[str, Any] = info._to_yaml_dict()
    return {**described, "config_name": config}


def _categories(task: Task) -> list[str]:
    return [
        *(["text-classification"] if task.targets else []),
        *(["token-classification"] if task.labels else []),
    ] or ["other"]


def _placeholders(export: Export, task: Task, tally: Tally, configs: Mapping[str, Built]) -> dict[str, str]:
    return {
        "name": export.name,
        "title": inline(export.title),
        "task": task.name,
        "task_title": inline(task.title),
        "task_version": inline(task.version),
        "license": inline(export.license),
        "languages": inline(", ".join(export.languages)),
        "articles": str(tally.articles),
        "annotations": str(tally.annotations),
        "annotators": str(len(tally.annotators)),
        "quarantined": str(tally.quarantined),
        "unjudged": str(tally.unjudged),
        "unsettled": str(tally.unsettled),
        "undecided": str(tally.undecided),
        **{f"gold_{method}": str(tally.methods[method]) for method in METHODS},
        "seed": inline(export.seed),
        "shares": ", ".join(f"{split} {share:.0%}" for split, share in export.splits.items()),
        "configs_table": _configs_table(configs, export.splits),
        "classes_table": _classes_table(task),
        "labels_table": _table(("label", "annotated"), [*tally.labels.items()], task.labels),
        "relations_table": _table(("relation", "annotated"), [*tally.relations.items()], task.relations),
        "stances_table": _stances_table(task, tally),
    }


def _configs_table(configs: Mapping[str, Built], splits: Iterable[str]) -> str:
    rows = [
        (config, *(built.splits[split].rows if split in built.splits else "–" for split in splits))
        for config, built in configs.items()
    ]
    return markdown_table(("config", *splits), rows)


def _classes_table(task: Task) -> str:
    rows = [
        (f"{label.name}: {one.name}" if label else one.name, _classes(one.classes, one.values))
        for label, one in task.fields
        if one.values
    ]
    named = [
        ("mention", _classes(task.label_classes, task.labels)),
        ("relation", _classes(task.relation_classes, task.relations)),
    ]
    return markdown_table(("field", "classes, from 0"), [*(pair for pair in named if pair[1]), *rows])


def _classes(by_id: Iterable[str], there: Collection[str]) -> str:
    return ", ".join(name if name in there else f"{name} (no longer used)" for name in by_id)


def _stances_table(task: Task, tally: Tally) -> str:
    values = list(dict.fromkeys(value for one in task.targets.values() for value in one.values))
    rows = [(target, *(tally.stances[target, value] for value in values)) for target in task.targets]
    return markdown_table(("target", *values), rows)


def _table(head: Sequence[str], counts: Sequence[tuple[str, int]], order: Iterable[str]) -> str:
    counted = dict(counts)
    return markdown_table(head, [(name, counted.get(name, 0)) for name in order])
