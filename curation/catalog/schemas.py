"""JSON Schemas by name: load, check, and never fetch a remote reference.

Two libraries read the same schema files: jsonschema-rs says fast whether a document fits, jsonschema what does not fit.
They differ on what is no JSON: NaN and the infinities are numbers to jsonschema alone, and the stricter counts. Of lone
surrogates jsonschema-rs says nothing where it must look at them; jsonschema, to which they are characters, is asked.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from curation.catalog.complaints import complaint
from curation.errors import CurationError
from curation.pointers import SchemaProblem, pointer

if TYPE_CHECKING:
    import jsonschema_rs
    from jsonschema import Draft202012Validator, FormatChecker
    from referencing import Registry

DIALECT = "https://json-schema.org/draft/2020-12/schema"


class Schemas:
    """The schemas in one folder (`NAME.json`, and `rows/NAME.json` as `rows/NAME`), checked on first use."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._validators: dict[str, Draft202012Validator] = {}
        self._fast: dict[str, jsonschema_rs.Draft202012Validator | None] = {}

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The names of all schemas, sorted."""
        found = self.folder.rglob("*.json")
        return tuple(sorted(str(path.relative_to(self.folder).with_suffix("").as_posix()) for path in found))

    def document(self, name: str) -> dict[str, Any]:
        """The schema `name` as written. Raises `E_NOT_FOUND`, or `E_DEFINITION` if it is not a JSON object."""
        if name not in self.names:
            raise CurationError(
                "E_NOT_FOUND", f"no schema {name!r} in {self.folder}", fix=f"one of: {', '.join(self.names)}"
            )
        path = self.folder / f"{name}.json"
        try:
            document = json.loads(path.read_text(encoding="utf-8"))
        except ValueError as error:
            raise CurationError("E_DEFINITION", f"{path}: it is no JSON in UTF-8: {error}") from None
        except RecursionError:
            raise CurationError("E_DEFINITION", f"{path}: it is nested too deeply") from None
        if not isinstance(document, dict):
            raise CurationError("E_DEFINITION", f"{path}: a schema is a JSON object")
        if not isinstance(document.get("$id", ""), str):
            raise CurationError("E_DEFINITION", f"{path}: /$id: an id is text")
        return document

    def problems(self, name: str, document: Any) -> list[SchemaProblem]:
        """What in `document`, a JSON value, breaks the schema `name`, in its order; empty if nothing does."""
        fits = self._fits(name, document)
        if fits:
            return []
        try:
            explained = self._explained(name, document)
        except (RecursionError, ValueError):
            # A message would quote what no Python can write out: lists in lists without end, endless numbers.
            return [SchemaProblem("", "it holds what is nested too deeply, or a number too long")]
        return explained if explained or fits is None else self._found_fast(name, document)

    def _fits(self, name: str, document: Any) -> bool | None:
        """Whether `document` breaks nothing; None where that cannot be told fast, as of what is no JSON."""
        validator = self._fast_validator(name)
        try:
            return None if validator is None else validator.is_valid(document)
        except (ValueError, RecursionError):
            return None

    def _found_fast(self, name: str, document: Any) -> list[SchemaProblem]:
        validator = self._fast_validator(name)
        errors = validator.iter_errors(document) if validator is not None else ()
        return [SchemaProblem(pointer(error.instance_path), complaint(error)) for error in errors]

    def _explained(self, name: str, document: Any) -> list[SchemaProblem]:
        from referencing.exceptions import Unresolvable

        try:
            errors = sorted(self._validator(name).iter_errors(document), key=lambda error: list(map(str, error.path)))
        except Unresolvable as error:
            message = f"reference {error.ref!r} is not in {self.folder}; none is fetched"
            raise CurationError("E_DEFINITION", message) from None
        return [SchemaProblem(pointer(error.absolute_path), complaint(error)) for error in errors]

    def require(
        self, name: str, document: Any, where: str, code: str = "E_DEFINITION", *, fix: str | None = None
    ) -> None:
        """Raise `code` with the first problem if `document` breaks the schema `name`."""
        problems = self.problems(name, document)
        if problems:
            more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
            raise CurationError(code, f"{where}: {problems[0]}{more}", fix=fix)

    def _validator(self, name: str) -> Draft202012Validator:
        if name not in self._validators:
            from jsonschema import Draft202012Validator

            schema = self.document(name)
            flaw = _flaw(schema)
            if flaw is not None:
                raise CurationError("E_DEFINITION", f"{self.folder / name}.json: {flaw}")
            self._validators[name] = Draft202012Validator(
                schema, registry=self._registry, format_checker=Draft202012Validator.FORMAT_CHECKER
            )
        return self._validators[name]

    def _fast_validator(self, name: str) -> jsonschema_rs.Draft202012Validator | None:
        """None for a schema that the fast library cannot read, as where it refers to what is not in the folder."""
        if name not in self._fast:
            import jsonschema_rs

            formats = _formats(self._validator(name).format_checker)
            try:
                self._fast[name] = jsonschema_rs.Draft202012Validator(
                    self.document(name), formats=formats, validate_formats=True, registry=self._fast_registry
                )
            except (ValueError, jsonschema_rs.ReferencingError):
                self._fast[name] = None
        return self._fast[name]

    @cached_property
    def _fast_registry(self) -> jsonschema_rs.Registry:
        import jsonschema_rs

        documents = map(self.document, self.names)
        resources = [(document["$id"], document) for document in documents if "$id" in document]
        return jsonschema_rs.Registry(resources, retriever=_fetch_nothing)

    @cached_property
    def _registry(self) -> Registry[Any]:
        from referencing import Registry, Resource
        from referencing.jsonschema import DRAFT202012

        documents = map(self.document, self.names)
        resources = [Resource.from_contents(each, default_specification=DRAFT202012) for each in documents]
        registry: Registry[Any] = Registry()
        return registry.with_resources((resource.id() or "", resource) for resource in resources)


def examples(schema: Mapping[str, Any]) -> list[Any]:
    """The examples that a schema gives of itself."""
    found = schema.get("examples", [])
    return list(found) if isinstance(found, list) else []


def _flaw(schema: Mapping[str, Any]) -> SchemaProblem | None:
    """What of a document is no JSON Schema; None for a schema."""
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import SchemaError

    # jsonschema takes a hundred times as long, and every command reads schemas.
    with suppress(ValueError, RecursionError):
        if _schema_of_schemas().is_valid(schema):
            return None
    try:
        Draft202012Validator.check_schema(schema)
    except SchemaError as error:
        return SchemaProblem(pointer(error.absolute_path), complaint(error))
    return None


@cache
def _schema_of_schemas() -> jsonschema_rs.Draft202012Validator:
    import jsonschema_rs
    from jsonschema import Draft202012Validator

    formats = _formats(Draft202012Validator.FORMAT_CHECKER)
    meta = dict(Draft202012Validator.META_SCHEMA)
    return jsonschema_rs.Draft202012Validator(meta, formats=formats, validate_formats=True)


def _fetch_nothing(uri: str) -> Any:
    raise LookupError(uri)


def _formats(checker: FormatChecker | None) -> dict[str, Callable[[str], bool]]:
    return {} if checker is None else {each: _conforms(checker, each) for each in checker.checkers}


def _conforms(checker: Any, name: str) -> Callable[[str], bool]:
    """A format as jsonschema understands it, so that both libraries do."""

    def conforms(value: str) -> bool:
        return bool(checker.conforms(value, name))

    return conforms
