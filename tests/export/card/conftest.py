"""A dataset with everything on its card: several outlets, dates, languages, and agreement that was measured."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from curation.agreement import Bootstrap
from curation.export import BuildResult, build
from curation.export.agreed import AgreementFigures
from curation.workspace.published_agreement import published_agreement

OUTLETS = ("The Varnholm Post", "Radio Karsund", "Hafenblatt")
LANGUAGES = ("en", "de", "ar", "en")

Build = Callable[..., BuildResult]


@pytest.fixture(scope="session")
def build_with_agreement() -> Build:
    """Builds a study's dataset, with figures of agreement."""

    def made(study: Any, **changes: object) -> BuildResult:
        def measured() -> AgreementFigures:
            return published_agreement(study.store, study.task, bootstrap=Bootstrap(resamples=50))

        export = replace(study.export, **changes)
        return build(study.store, export, study.task, study.schemas, study.out, agreement=measured)

    return made


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
            published_at=f"2025-{1 + number % 11:02}-{1 + number:02}",
        )
        study.add_articles([one])
        for who in range(1, 2 if number % 5 == 0 else 4):
            study.add(make_annotation(one, f"annotator-{who:02}", 0 if number % 3 == 0 else who))
    build_with_agreement(study)
    return study
