"""Fill the export's own card.md: a template in which `$name` stands for what was counted or declared."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property, partial
from pathlib import Path
from string import Template

from curation.catalog import Export
from curation.errors import CurationError
from curation.export.card import declared, sections
from curation.export.card.agreeing import agreement_table
from curation.export.card.disagreement import Difference, differences
from curation.export.card.facts import CardFacts, Tables, sha256_of
from curation.export.card.leaking import splits_proof
from curation.export.card.plots import Plot, plots, plots_section
from curation.export.card.statistics import Statistics, count
from curation.export.rows import METHODS
from curation.folders.card import inert

_AGREEMENT = {"agreement_table", "plots"}
_PLACEHOLDER = re.compile(r"\$(?:\$|\{([A-Za-z_]\w*)\}|([A-Za-z_]\w*))", re.ASCII)


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


def wants_agreement(export: Export) -> bool:
    """Whether an export publishes figures of agreement, as a config or on its card: otherwise none need be measured."""
    return "agreement" in export.configs or bool(_AGREEMENT & placeholders_of(export.card))


def wants_leakage(export: Export) -> bool:
    """Whether the card of an export says what leaks between splits: otherwise that need not be measured."""
    return "splits_proof" in placeholders_of(export.card)


def placeholders_of(template: str) -> set[str]:
    """The placeholders in a card's template."""
    return {found[1] or found[2] for found in _PLACEHOLDER.finditer(template) if found[1] or found[2]}


def fill(contents: Contents) -> str:
    """The card's text below its YAML. Raises `E_DEFINITION` for a placeholder in card.md that does not exist."""
    export = contents.facts.export
    wanted = placeholders_of(export.card)
    values = {name: make(contents) for name, make in PLACEHOLDERS.items() if name in wanted}
    try:
        return Template(export.card).substitute(values)
    except KeyError as error:
        problem = f"there is no placeholder ${error.args[0]}"
    except ValueError as error:
        problem = str(error)
    known = ", ".join(f"${name}" for name in PLACEHOLDERS)
    raise CurationError(
        "E_DEFINITION", f"{export.folder / 'card.md'}: {problem}", fix=f"Use one of {known}; $$ is a dollar sign."
    )


Maker = Callable[[Contents], str]


def _versions(contents: Contents) -> str:
    facts = contents.facts
    released = f"Version {inert(facts.version)} of the dataset. " if facts.version else ""
    return f"{released}Made by version {inert(facts.task.version)} of the codebook `{facts.task.name}`."


def _limitations(contents: Contents) -> str:
    return "\n".join([*_counted_limits(contents.facts), declared.section(contents.facts.export, declared.LIMITATIONS)])


def _counted_limits(facts: CardFacts) -> list[str]:
    """What is left out, and how much of it there is."""
    account = facts.account
    counts = [
        (facts.quarantined, "annotations did not pass validation and are left out."),
        (facts.unjudged, "annotations were not validated yet and are left out."),
        (account.unsettled, "articles have such an annotation, or lack a part of somebody's."),
        (account.undecided, "articles are not in `gold` because nobody decided what annotators differ on."),
        (account.outdated, "articles are not in `gold` as it was decided before their annotations changed."),
        (facts.held_out, "articles are in no split."),
    ]
    return [f"- {number:,} {what}" for number, what in counts if number]


def _annotators(contents: Contents) -> str:
    table = sections.annotators_table(contents.statistics)
    return "\n\n".join(filter(None, [table, declared.section(contents.facts.export, declared.ANNOTATORS)]))


def _collection(contents: Contents) -> str:
    known = ("time_span",) if contents.statistics.published else ()
    return declared.section(contents.facts.export, declared.COLLECTION, known)


def _rights(contents: Contents) -> str:
    export = contents.facts.export
    withheld = (
        "Texts are not published: articles are given by hash, address and offsets, and `curation rehydrate` puts back"
        " texts that you have."
        if export.text == "offsets"
        else "Texts are published in full."
    )
    return f"{withheld}\n\n{declared.section(export, declared.RIGHTS)}"


def _agreement(contents: Contents) -> str:
    return agreement_table(contents.facts.agreement, published="agreement" in contents.facts.tables)


def _shares(export: Export) -> str:
    return ", ".join(f"{split} {share:.0%}" for split, share in export.splits.items())


def _annotations(contents: Contents) -> int:
    people = contents.statistics.people.values()
    return sum(one.annotations for one in people) or contents.facts.account.annotations


def _changelog(contents: Contents) -> str:
    """The changelog, its headings below that of a section."""
    changelog = (contents.facts.changelog or "This is no release.").strip()
    return re.sub("^#", "##", changelog, flags=re.MULTILINE)


def _decided(method: str, contents: Contents) -> str:
    return str(contents.facts.account.methods[method])


PLACEHOLDERS: Mapping[str, Maker] = {
    "name": lambda one: one.facts.export.name,
    "title": lambda one: inert(one.facts.export.title),
    "task": lambda one: one.facts.task.name,
    "task_title": lambda one: inert(one.facts.task.title),
    "task_version": lambda one: inert(one.facts.task.version),
    "license": lambda one: inert(one.facts.export.license),
    "languages": lambda one: inert(", ".join(one.facts.export.languages)),
    "articles": lambda one: str(one.statistics.articles.total() or one.facts.account.articles),
    "annotations": lambda one: str(_annotations(one)),
    "annotators": lambda one: str(len(one.statistics.people or one.facts.account.annotators)),
    "quarantined": lambda one: str(one.facts.quarantined),
    "unjudged": lambda one: str(one.facts.unjudged),
    "unsettled": lambda one: str(one.facts.account.unsettled),
    "outdated": lambda one: str(one.facts.account.outdated),
    "undecided": lambda one: str(one.facts.account.undecided),
    "held_out": lambda one: str(one.facts.held_out),
    **{f"gold_{method}": partial(_decided, method) for method in METHODS},
    "seed": lambda one: inert(one.facts.export.seed),
    "shares": lambda one: _shares(one.facts.export),
    "configs_table": lambda one: sections.configs_table(one.facts),
    "classes_table": lambda one: sections.classes_table(one.facts),
    "labels_table": lambda one: sections.one_count("label", one.statistics.labels),
    "relations_table": lambda one: sections.one_count("relation", one.statistics.relations),
    "stances_table": lambda one: sections.stances_table(one.facts.task, one.statistics),
    "statistics": lambda one: sections.statistics_section(one.facts, one.statistics),
    "label_distributions": lambda one: sections.label_distributions(one.facts, one.statistics),
    "stance_distributions": lambda one: sections.stance_distributions(one.facts, one.statistics),
    "agreement_table": _agreement,
    "disagreement_examples": lambda one: sections.disagreement_examples(one.differences),
    "splits_proof": lambda one: splits_proof(one.facts),
    "codebook": lambda one: sections.codebook_section(one.facts.task),
    "collection": _collection,
    "annotators_statement": _annotators,
    "rights": _rights,
    "uses": lambda one: declared.section(one.facts.export, declared.USES),
    "people": lambda one: declared.section(one.facts.export, declared.PEOPLE),
    "citation": lambda one: declared.citation(one.facts.export),
    "limitations": _limitations,
    "changelog": _changelog,
    "version": lambda one: inert(one.facts.version or "unreleased"),
    "versions": _versions,
    "checksums": lambda one: sections.checksums_section(one.checksums),
    "plots": lambda one: plots_section(one.plots),
}
"""What each placeholder stands for."""
