"""Tasks: what annotators are asked. One folder each, with task.toml, interface.xml, codebook.md and examples/."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from curation.catalog.adjudicating import SUFFIX, with_introduction, with_questions
from curation.catalog.root import Root, read_toml
from curation.catalog.schemas import Schemas
from curation.errors import CurationError

Kind = Literal["choice", "choices", "text"]


@dataclass(frozen=True, slots=True)
class Field:
    """A field that annotators fill: one value, several, or free text, and the screen's control that carries it.

    `silent` is the value that says that a text has nothing on the matter: see `parts`. `published` are values whose
    class ids are settled, also of those that are gone. `adjudication` is the rule by which disagreement is decided and
    `agreement` the level at which agreement is measured, None for the default.
    """

    name: str
    control: str
    kind: Kind
    values: tuple[str, ...] = ()
    required: bool = False
    pattern: str | None = None
    target: str | None = None
    silent: str | None = None
    published: tuple[str, ...] = ()
    adjudication: str | None = None
    agreement: str | None = None

    @property
    def classes(self) -> tuple[str, ...]:
        """The values by published class id, with those that are gone: an id never changes its meaning."""
        return _classes(self.published, self.values)


@dataclass(frozen=True, slots=True)
class HolderRule:
    """A mention of this label needs an incoming relation, or to continue another one, or a value that excuses it."""

    relations: tuple[str, ...]
    continuation: str | None = None
    unless: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Label:
    """A label of mentions and the attributes that its mentions may carry.

    `adjudication` is the rule for whether a mention stands that not all marked, `boundaries` the one for its ends.
    """

    name: str
    attributes: Mapping[str, Field]
    holder: HolderRule | None = None
    adjudication: str | None = None
    boundaries: str | None = None


@dataclass(frozen=True, slots=True)
class RelationRule:
    """A label of relations: which labels it may join, and which polarity of stance it expresses, if any."""

    name: str
    sources: tuple[str, ...]
    targets: tuple[str, ...]
    polarity: str | None = None
    adjudication: str | None = None


@dataclass(frozen=True, slots=True)
class Contradiction:
    """Relations of which no two may join the same ends, nor ends that are the same by the relations `through`."""

    relations: tuple[str, ...]
    through: tuple[str, ...] = ()


@dataclass(frozen=True)
class Task:
    """A task as its folder declares it. Orders are those of task.toml: published class ids follow them.

    `published` are labels, relations and stances whose class ids are settled, also of those that are gone.
    """

    name: str
    version: str
    title: str
    description: str
    folder: Path
    text_object: str
    span_control: str | None
    labels: Mapping[str, Label]
    relations: Mapping[str, RelationRule]
    choices: Mapping[str, Field]
    contradictions: tuple[Contradiction, ...] = ()
    published: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @cached_property
    def interface(self) -> str:
        """The Label Studio configuration, as written."""
        return self._read("interface.xml")

    @cached_property
    def codebook(self) -> str:
        """The codebook in Markdown, as written."""
        return self._read("codebook.md")

    @cached_property
    def digest(self) -> str:
        """SHA-256 over task.toml, interface and codebook: it changes when any of them does."""
        parts = (self._read("task.toml"), self.interface, self.codebook)
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()

    @property
    def fields(self) -> tuple[tuple[Label | None, Field], ...]:
        """Every field with the label that it belongs to; None for fields of the whole article."""
        of_mentions = [(label, field) for label in self.labels.values() for field in label.attributes.values()]
        return (*of_mentions, *((None, field) for field in self.choices.values()))

    @property
    def targets(self) -> dict[str, Field]:
        """The fields that hold the article's stance, by target."""
        return {field.target: field for field in self.choices.values() if field.target is not None}

    @property
    def label_classes(self) -> tuple[str, ...]:
        """The labels by published class id, with those that are gone."""
        return _classes(self.published.get("labels", ()), self.labels)

    @property
    def relation_classes(self) -> tuple[str, ...]:
        """The relations by published class id, with those that are gone."""
        return _classes(self.published.get("relations", ()), self.relations)

    @property
    def polarities(self) -> tuple[str, ...]:
        """The polarities that a stance may have by published class id: those of articles first, in declared order."""
        of_articles = [value for field in self.targets.values() for value in field.classes]
        of_relations = [rule.polarity for rule in self.relations.values() if rule.polarity]
        return _classes(self.published.get("stances", ()), [*of_articles, *of_relations])

    @property
    def rules(self) -> frozenset[str]:
        """The rules of adjudication that it names."""
        declared: tuple[Iterable[Label | RelationRule | Field], ...] = (
            self.labels.values(),
            self.relations.values(),
            (field for _, field in self.fields),
        )
        return frozenset(one.adjudication for kind in declared for one in kind if one.adjudication)

    @property
    def declared_as(self) -> str:
        """The name of the folder that declares it."""
        return self.name.removesuffix(SUFFIX)

    @property
    def is_for_adjudicators(self) -> bool:
        """Whether it is another task as adjudicators have it."""
        return self.name.endswith(SUFFIX)

    def for_adjudicators(self) -> Task:
        """The same task as adjudicators have it, under a name of its own."""
        given = {one.name: getattr(self, one.name) for one in fields(self)}
        return _Adjudication(**{**given, "name": f"{self.declared_as}{SUFFIX}", "title": f"{self.title}: adjudication"})

    def _read(self, name: str) -> str:
        try:
            return (self.folder / name).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise CurationError("E_DEFINITION", f"{self.folder / name}: {error}") from None


@dataclass(frozen=True)
class _Adjudication(Task):
    """A task whose screen shows what is open."""

    @cached_property
    def interface(self) -> str:
        return with_questions(self._read("interface.xml"))

    @cached_property
    def codebook(self) -> str:
        return with_introduction(self._read("codebook.md"))


def _classes(published: Iterable[str], names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*published, *names)))


def list_tasks(root: Root) -> list[str]:
    """The names of the tasks in `root`, sorted."""
    return sorted(path.parent.name for path in root.folder("tasks").glob("*/task.toml"))


def load_task(root: Root, name: str | None = None) -> Task:
    """The task `name` (default: the one that curation.toml names, else the only one); see `Task.for_adjudicators` too.

    Raises `E_NOT_FOUND` if there is none of that name, `E_DEFINITION` if its task.toml is not valid.
    """
    if name is not None and name.endswith(SUFFIX):
        return load_task(root, name.removesuffix(SUFFIX)).for_adjudicators()
    names = list_tasks(root)
    wanted = name or root.settings.get("task") or (names[0] if len(names) == 1 else None)
    if wanted is None:
        raise CurationError("E_NOT_FOUND", "which task? None is named", fix=f"--task, one of: {', '.join(names)}")
    if wanted not in names:
        raise CurationError(
            "E_NOT_FOUND", f"no task {wanted!r} in {root.folder('tasks')}", fix=f"one of: {', '.join(names)}"
        )
    folder = root.folder("tasks") / wanted
    document = read_toml(folder / "task.toml")
    Schemas(root.folder("schemas")).require("task", document, str(folder / "task.toml"))
    if document["name"] != wanted:
        raise CurationError("E_DEFINITION", f"{folder / 'task.toml'}: name is {document['name']!r}, not the folder's")
    return _task(folder, document)


def task_of(folder: Path, document: Mapping[str, Any]) -> Task:
    """The task in a task.toml that satisfies its schema, whose other files stand in `folder`."""
    return _task(folder, document)


def _task(folder: Path, document: Mapping[str, Any]) -> Task:
    return Task(
        name=document["name"],
        version=document["version"],
        title=document["title"],
        description=document["description"],
        folder=folder,
        text_object=document["interface"]["text"],
        span_control=document["interface"].get("labels"),
        labels={name: _label(name, label) for name, label in document.get("labels", {}).items()},
        relations={name: _relation(name, rule) for name, rule in document.get("relations", {}).items()},
        choices={name: _field(name, field) for name, field in document.get("choices", {}).items()},
        contradictions=tuple(
            Contradiction(tuple(rule["relations"]), tuple(rule.get("through", ())))
            for rule in document.get("contradictions", ())
        ),
        published={kind: tuple(names) for kind, names in document.get("published", {}).items()},
    )


def _label(name: str, document: Mapping[str, Any]) -> Label:
    attributes = {key: _field(key, field) for key, field in document.get("attributes", {}).items()}
    holder = _holder(document["holder"]) if "holder" in document else None
    return Label(name, attributes, holder, document.get("adjudication"), document.get("boundaries"))


def _relation(name: str, document: Mapping[str, Any]) -> RelationRule:
    sources, targets = tuple(document["from"]), tuple(document["to"])
    return RelationRule(name, sources, targets, document.get("polarity"), document.get("adjudication"))


def _holder(document: Mapping[str, Any]) -> HolderRule:
    unless = document.get("unless")
    excuse = (unless["attribute"], unless["value"]) if unless else None
    return HolderRule(tuple(document["relations"]), document.get("continuation"), excuse)


def _field(name: str, document: Mapping[str, Any]) -> Field:
    return Field(
        name=name,
        control=document.get("control", name),
        kind=document["kind"],
        values=tuple(document.get("values", ())),
        required=document.get("required", False),
        pattern=document.get("pattern"),
        target=document.get("target"),
        silent=document.get("silent"),
        published=tuple(document.get("published", ())),
        adjudication=document.get("adjudication"),
        agreement=document.get("agreement"),
    )
