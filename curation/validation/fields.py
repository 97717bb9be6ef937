"""Rules on fields: attributes of mentions and choices of the whole article, against what task.toml declares."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from curation.catalog import Field, Task
from curation.findings import finding
from curation.pointers import pointer
from curation.records import Annotation, Article, Finding, Mention, Value
from curation.validation.spans import ambiguous
from curation.validation.wording import exactly, listing, name


class _Form(NamedTuple):
    """What one mention, or the article, was given; `fields` is None where the label is unknown."""

    mention: Mention | None
    path: tuple[str | int, ...]
    fields: Mapping[str, Field] | None
    values: Mapping[str, Value]

    @property
    def region(self) -> str | None:
        """The mention's id; None for the article's form."""
        return None if self.mention is None else self.mention.id

    def finding(self, code: str, message: str, *path: str | int) -> Finding:
        """A finding about a place in this form."""
        title = "The article's form" if self.mention is None else name(self.mention)
        return finding(code, f"{title}: {message}", region=self.region, json_pointer=pointer((*self.path, *path)))


def declared(record: Annotation, article: Article | None, task: Task) -> Iterator[Finding]:
    """Every field is declared, and an attribute belongs to its mention's label."""
    for form in _forms(record, task):
        if form.fields is None or form.values.keys() <= form.fields.keys():
            continue
        for field in form.values:
            if field in form.fields:
                continue
            owners = _owners(form, field, task)
            if owners:
                message = f"{field!r} is an attribute of {listing(owners)} alone"
                yield form.finding("F_ATTRIBUTE_LABEL", message, field)
            else:
                message = f"there is no field {field!r}; declared are {listing(form.fields)}"
                yield form.finding("F_CONTROL_UNKNOWN", message, field)


def cardinalities(record: Annotation, article: Article | None, task: Task) -> Iterator[Finding]:
    """One value on a field of one, at least one on a field of several, none of them empty or doubled."""
    for form, field, value in _filled(record, task):
        problem = _cardinality(field, value)
        if problem:
            yield form.finding("F_CARDINALITY", f"{field.name!r} holds {problem}", field.name)


def values(record: Annotation, article: Article | None, task: Task) -> Iterator[Finding]:
    """Every value is in the field's codebook."""
    for form, field, value in _filled(record, task):
        if field.kind == "text" or (isinstance(value, str) and value in field.values) or _cardinality(field, value):
            continue
        for position, one in enumerate(_several(value)):
            if one not in field.values:
                place = (field.name,) if isinstance(value, str) else (field.name, position)
                message = f"{field.name!r} holds {exactly(one)}; its values are {listing(field.values)}"
                yield form.finding("F_VALUE_UNKNOWN", message, *place)


def patterns(record: Annotation, article: Article | None, task: Task) -> Iterator[Finding]:
    """Every text matches its field's pattern as a whole."""
    for form, field, value in _filled(record, task):
        if field.pattern is None or field.kind != "text" or not isinstance(value, str) or _cardinality(field, value):
            continue
        if not re.fullmatch(field.pattern, value):
            message = f"{field.name!r} holds {exactly(value)}, which does not match {field.pattern}"
            yield form.finding("F_PATTERN", message, field.name)


def required(record: Annotation, article: Article | None, task: Task) -> Iterator[Finding]:
    """Every required field has a value. Silent about mentions that are to be deleted and marked again."""
    doubtful = ambiguous(record)
    for form in _forms(record, task):
        lacking = [one for one in (form.fields or {}).values() if one.required and one.name not in form.values]
        if not lacking or form.region in doubtful or any(_owners(form, field, task) for field in form.values):
            continue
        for field in lacking:
            message = f"{field.name!r} is required and has no value"
            yield form.finding("F_REQUIRED_MISSING", message, field.name)


def _forms(record: Annotation, task: Task) -> Iterator[_Form]:
    for position, mention in enumerate(record.mentions):
        label = task.labels.get(mention.label)
        fields = None if label is None else label.attributes
        yield _Form(mention, ("mentions", position, "attributes"), fields, mention.attributes)
    yield _Form(None, ("choices",), task.choices, record.choices)


def _owners(form: _Form, field: str, task: Task) -> list[str]:
    """The other labels that `field` is an attribute of; none for a field that is the form's own."""
    if form.mention is None or form.fields is None or field in form.fields:
        return []
    return [label.name for label in task.labels.values() if field in label.attributes]


def _filled(record: Annotation, task: Task) -> Iterator[tuple[_Form, Field, Value]]:
    for form in _forms(record, task):
        if form.fields is None:
            continue
        for key, value in form.values.items():
            field = form.fields.get(key)
            if field is not None:
                yield form, field, value


def _cardinality(field: Field, value: Value) -> str | None:
    if isinstance(value, str):
        return None if value.strip() else "an empty value"
    several = _several(value)
    if not several:
        return "no value"
    if not all(one.strip() for one in several):
        return "an empty value"
    if field.kind != "choices":
        return f"a list ({listing(map(exactly, several))}) where one value belongs"
    if len(set(several)) < len(several):
        return f"a value twice ({listing(map(exactly, several))})"
    return None


def _several(value: Value) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)
