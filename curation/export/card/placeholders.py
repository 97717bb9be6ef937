"""What a card's placeholders stand for."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property, partial
from pathlib import Path

from curation.catalog import Export
from curation.export.card import declared, describing, sections
from curation.export.card.agreeing import agreement_table
from curation.export.card.disagreement import Difference, differences
from curation.export.card.facts import CardFacts, Tables, sha256_of
from curation.export.card.leaking import splits_proof
from curation.export.card.plots import Plot, plots, plots_section
from curation.export.card.statistics import Statistics, count
from curation.export.rows import METHODS
from curation.folders.card import inert


class Contents:
    """What a card can say, each thing counted when it is first asked for. `folder` holds the built tables."""

    def __init__(self, facts: CardFacts, folder: Path) -> None:
        self.facts = facts
        self.folder = folder

    def released(self, version: str | None, changelog: str | None) -> Contents:
        """The same of a release; what was counted is not counted again."""
        other = Contents(replace(self.facts, version=version, changelog=changelog), self.folder)
        counted = {name: one for name, one in vars(self).items() if name in ("statistics", "differences", "checksums")}
        vars(other).update(counted)
        return other

    @cached_property
    def statistics(self) -> Statistics:
        """What the tables hold."""
        return count(Tables(self.folder, self.facts.tables), self.facts.task)

    @cached_property
    def differences(self) -> Sequence[Difference]:
        """Examples of disagreement."""
        return differences(Tables(self.folder, self.facts.tables), self.facts.task)

    @cached_property
    def checksums(self) -> Mapping[str, str]:
        """The SHA-256 of every file of the tables, by path."""
        files = [path for built in self.facts.tables.values() for split in built.files.values() for path in split]
        return {path: sha256_of(self.folder / path) for path in files}

    @cached_property
    def plots(self) -> Sequence[Plot]:
        """The pictures."""
        return plots(self.facts, self.statistics)

    @property
    def known(self) -> tuple[str, ...]:
        """The topics of `[about]` of which the data say something themselves."""
        return ("time_span",) if self.statistics.published else ()

    @property
    def methods(self) -> Mapping[str, int]:
        """How often gold came about in each way."""
        found = self.statistics.methods
        return {one: found.of(one) for one in METHODS} if found else self.facts.account.methods


Maker = Callable[[Contents], str]


def _versions(contents: Contents) -> str:
    facts = contents.facts
    released = f"Version {inert(facts.version)} of the dataset. " if facts.version else ""
    versions = [inert(one) for one in contents.statistics.task_versions]
    return released + describing.made_by(versions, f"`{facts.task.name}`", inert(facts.task.version))


def _collection(contents: Contents) -> str:
    return declared.section(contents.facts.export, declared.COLLECTION, contents.known)


def _agreement(contents: Contents) -> str:
    return agreement_table(contents.facts.agreement, published="agreement" in contents.facts.tables)


def _shares(export: Export) -> str:
    return ", ".join(f"{split} {share:.0%}" for split, share in export.splits.items())


def _changelog(contents: Contents) -> str:
    """The changelog, its headings below that of a section."""
    changelog = (contents.facts.changelog or "This is no release.").strip()
    return re.sub("^#", "##", changelog, flags=re.MULTILINE)


def _decided(method: str, contents: Contents) -> str:
    return str(contents.methods.get(method, 0))


PLACEHOLDERS: Mapping[str, Maker] = {
    "name": lambda one: one.facts.export.name,
    "title": lambda one: inert(one.facts.export.title),
    "task": lambda one: one.facts.task.name,
    "task_title": lambda one: inert(one.facts.task.title),
    "task_version": lambda one: inert(one.facts.task.version),
    "license": lambda one: inert(one.facts.export.license),
    "languages": lambda one: inert(", ".join(one.facts.export.languages)),
    "default_config": lambda one: next(iter(one.facts.tables)),
    "work": lambda one: describing.work(one.facts, one.statistics),
    "left_out": lambda one: describing.left_out(one.facts),
    "articles": lambda one: str(one.statistics.articles.total() or one.facts.account.articles),
    "annotations": lambda one: str(describing.annotations_of(one.facts, one.statistics)),
    "annotators": lambda one: str(len(one.statistics.people or one.facts.account.annotators)),
    "quarantined": lambda one: str(one.facts.quarantined),
    "unjudged": lambda one: str(one.facts.unjudged),
    "unsettled": lambda one: str(one.facts.account.unsettled),
    "outdated": lambda one: str(one.facts.account.outdated),
    "undecided": lambda one: str(one.facts.account.undecided),
    "held_out": lambda one: str(one.facts.held_out),
    **{f"gold_{method}": partial(_decided, method) for method in METHODS},
    "gold_methods": lambda one: describing.gold_methods(one.methods),
    "gold_left_out": lambda one: describing.gold_left_out(one.facts),
    "seed": lambda one: inert(one.facts.export.seed),
    "shares": lambda one: _shares(one.facts.export),
    "configs_table": lambda one: sections.configs_table(one.facts),
    "classes_table": lambda one: sections.classes_table(one.facts),
    "labels_table": lambda one: sections.one_count("label", one.statistics.labels),
    "relations_table": lambda one: sections.one_count("relation", one.statistics.relations),
    "stances_table": lambda one: sections.stances_table(one.statistics),
    "statistics": lambda one: sections.statistics_section(one.facts, one.statistics),
    "label_distributions": lambda one: sections.label_distributions(one.facts, one.statistics),
    "stance_distributions": lambda one: sections.stance_distributions(one.facts, one.statistics),
    "agreement_table": _agreement,
    "disagreement_examples": lambda one: sections.disagreement_examples(one.facts, one.differences),
    "splits_proof": lambda one: splits_proof(one.facts),
    "codebook": lambda one: sections.codebook_section(one.facts.task),
    "collection": _collection,
    "annotators_table": lambda one: sections.annotators_table(one.statistics),
    "texts": lambda one: describing.texts(one.facts),
    "advice": lambda one: describing.advice(one.facts),
    "limits": lambda one: describing.limits(one.facts),
    "uses": lambda one: declared.section(one.facts.export, declared.USES),
    "people": lambda one: declared.section(one.facts.export, declared.PEOPLE),
    "citation": lambda one: declared.citation(one.facts.export),
    "changelog": _changelog,
    "version": lambda one: inert(one.facts.version or "unreleased"),
    "versions": _versions,
    "checksums": lambda one: sections.checksums_section(one.checksums),
    "plots": lambda one: plots_section(one.plots),
}
"""What each placeholder stands for."""


def _with(placeholder: str, topics: Sequence[str], between: str, contents: Contents) -> str:
    """What is counted, and what is declared on some topics below it."""
    return f"${placeholder}{between}{as_template(declared.section(contents.facts.export, topics))}"


COMPOSED: Mapping[str, Maker] = {
    "configs": lambda one: describing.configs(one.facts),
    "annotators_statement": partial(_with, "annotators_table", declared.ANNOTATORS, "\n\n"),
    "rights": partial(_with, "texts", declared.RIGHTS, "\n\n"),
    "limitations": partial(_with, "limits", declared.LIMITATIONS, "\n"),
}
"""Placeholders that stand for templates, with other placeholders in them."""


def as_template(text: str) -> str:
    """A text as a template that gives it."""
    return text.replace("$", "$$")
