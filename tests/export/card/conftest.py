"""A dataset with everything on its card: several outlets, dates, languages, and agreement that was measured."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from curation.agreement import Bootstrap
from curation.catalog import Export, Task
from curation.export import BuildResult, build
from curation.export.account import Account
from curation.export.agreed import AgreementFigures
from curation.export.card import Built, CardFacts
from curation.export.reading import Dataset
from curation.export.tables import Written
from curation.records import Annotation
from curation.workspace.published_agreement import published_agreement

OUTLETS = ("The Varnholm Post", "Radio Karsund", "Hafenblatt")
LANGUAGES = ("en", "de", "ar", "en")


def differing(said: Annotation) -> Annotation:
    """The same marks, of which one has another type and one another relation."""
    first, *others = said.mentions
    mentions = (replace(first, attributes={**first.attributes, "type": "party"}), *others)
    relations = tuple(replace(one, label="unclear" if one.label == "supports" else one.label) for one in said.relations)
    return replace(said, mentions=mentions, relations=relations)


Build = Callable[..., BuildResult]


@pytest.fixture(scope="session")
def build_with_agreement() -> Build:
    """Builds a study's dataset, with figures of agreement."""

    def made(study: Any, **changes: object) -> BuildResult:
        def measured(held_out: Collection[str]) -> AgreementFigures:
            return published_agreement(study.store, study.task, held_out=held_out, bootstrap=Bootstrap(resamples=50))

        export = replace(study.export, **changes)
        return build(study.store, export, study.task, study.schemas, study.out, agreement=measured)

    return made


@pytest.fixture(scope="session")
def facts_of() -> Callable[..., CardFacts]:
    """The facts of a card, with the tables of a dataset's folder; sizes in memory are made up."""

    def facts(folder: Path, export: Export, task: Task, **changes: Any) -> CardFacts:
        dataset = Dataset(folder)
        tables = {}
        for config, splits in dataset.configs.items():
            paths = {split: dataset.files(config, split) for split in splits}
            files = {split: [one.relative_to(folder).as_posix() for one in found] for split, found in paths.items()}
            written = {split: Written(rows, 100) for split, rows in splits.items()}
            tables[config] = Built(dataset.features(config), written, files, 1000)
        return replace(CardFacts(export, task, tables, Account()), **changes)

    return facts


@pytest.fixture(scope="session")
def carded(
    tmp_path_factory: pytest.TempPathFactory,
    new_study_at: Callable[[Path], Any],
    make_article: Callable[[int], Any],
    make_annotation: Callable[..., Any],
    build_with_agreement: Build,
) -> Any:
    """A study of 24 articles and its dataset. Tests only read it."""
    study = new_study_at(tmp_path_factory.mktemp("carded") / "study")
    for number in range(24):
        one = replace(
            make_article(number),
            outlet=OUTLETS[number % len(OUTLETS)],
            lang=LANGUAGES[number % len(LANGUAGES)],
            published_at=f"2025-{1 + number % 11:02}-{1 + number:02}" if number else "2025-01",
        )
        study.add_articles([one])
        for who in range(1, 2 if number % 5 == 0 else 4):
            said = make_annotation(one, f"annotator-{who:02}", 0 if number % 3 == 0 or number == 1 else who)
            study.add(differing(said) if (number, who) == (1, 2) else said)
    build_with_agreement(study)
    return study
