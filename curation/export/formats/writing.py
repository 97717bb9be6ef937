"""Write a built dataset in another format, into a folder of its own that is whole or not there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from curation import __version__
from curation.errors import CurationError
from curation.export.formats.format import Format, Options
from curation.export.reading import Dataset
from curation.folders.manifest import facts_of, verify, write_manifest
from curation.folders.staging import publish, staging
from curation.text import counted


@dataclass(frozen=True, slots=True)
class WriteResult:
    """What was written. `lost` counts what of this dataset has no place in the format, `loses` says what never has.

    `changed` is False if it stood there already. `digest` is the SHA-256 of the folder's content.
    """

    name: str
    format: str
    path: Path
    files: int
    bytes: int
    loses: str
    changed: bool
    digest: str
    options: Mapping[str, str] = field(default_factory=dict)
    lost: Mapping[str, int] = field(default_factory=dict)


def write(dataset: Dataset, form: Format, out: Path, options: Options | None = None) -> WriteResult:
    """Write `dataset` as `form` into the folder `out`, or leave it as it is if that was done before.

    The same dataset, options and libraries give the same bytes. Raises `E_USAGE` for an option that the format does not
    have or a dataset without the texts that it needs, `E_NOT_FOUND` for one without a config that it needs,
    `E_EXTRA_MISSING` if its library is not installed, `E_EXISTS` if `out` holds anything else, `E_LOCKED`, `E_DISK`,
    `E_EXPORT_UNREADABLE`.
    """
    chosen = form.chosen(options or {})
    _require_library(form)
    _require_columns(dataset, form, chosen)
    out = out.absolute()
    if out.is_relative_to(dataset.folder.absolute()):
        raise CurationError("E_EXISTS", f"{out} lies in the dataset itself", fix="name a folder beside it")
    name = f"{dataset.facts['name']}.{form.name}"
    facts = _facts(dataset, form, name, chosen)
    try:
        with staging(out, name) as folder:
            held = facts_of(out) or {}
            changed = any(held.get(key) != value for key, value in facts.items()) or not verify(out).ok
            if changed:
                lost = {what: count for what, count in sorted(form.write(dataset, folder, chosen).items()) if count}
                (folder / "README.md").write_text(_readme(dataset, form, chosen, lost), encoding="utf-8")
                write_manifest(folder, {**facts, "lost": lost})
                publish(folder, out)
                held = facts_of(out) or {}
    except OSError as error:
        raise CurationError("E_DISK", f"{out}: {error}") from None
    files: Mapping[str, Mapping[str, Any]] = held["files"]
    return WriteResult(
        name=dataset.facts["name"],
        format=form.name,
        path=out,
        files=len(files),
        bytes=sum(file["bytes"] for file in files.values()),
        loses=form.loses,
        changed=changed,
        digest=held["digest"],
        options=chosen,
        lost=held["lost"],
    )


def write_folder(folder: Path, form: Format, out: Path | None = None, options: Options | None = None) -> WriteResult:
    """`write` the dataset in `folder`, by default into NAME.FORMAT beside it. Raises `E_NOT_FOUND` if there is none."""
    folder = folder.absolute()
    return write(Dataset(folder), form, out or folder.with_name(f"{folder.name}.{form.name}"), options)


def _require_library(form: Format) -> None:
    if form.library and find_spec(form.library) is None:
        fix = f"pip install 'curation[{form.extra}]'"
        raise CurationError("E_EXTRA_MISSING", f"the format {form.name} needs {form.library}", fix=fix)


def _require_columns(dataset: Dataset, form: Format, options: Options) -> None:
    for config, columns in form.needs(options).items():
        if config not in dataset.configs:
            raise CurationError(
                "E_NOT_FOUND",
                f"{dataset.folder} has no config {config!r}, which {form.name} is made from",
                fix=f'Add "{config}" to configs in export.toml and build again; it stays out if it has no row.',
            )
        if not set(columns) <= set(dataset.schema(config).names):
            raise CurationError(
                "E_USAGE",
                f"{dataset.folder} comes without the texts, which {form.name} holds",
                fix="Put the texts back first: `curation rehydrate DATASET --articles DIR`.",
            )


def _facts(dataset: Dataset, form: Format, name: str, options: Mapping[str, str]) -> dict[str, Any]:
    made_with = {"curation": __version__}
    if form.library:
        try:
            made_with[form.library] = version(form.library)
        except PackageNotFoundError:
            made_with[form.library] = "unknown"
    return {
        "name": name,
        "written_as": form.name,
        "made_from": {"name": dataset.facts["name"], "digest": dataset.facts["digest"]},
        "options": dict(options),
        "made_with": made_with,
    }


def _readme(dataset: Dataset, form: Format, options: Options, lost: Mapping[str, int]) -> str:
    """What the files are, how they are read, and what is not in them. Holds nothing that others wrote."""
    used = "".join(f"- `{name}` = `{value}`\n" for name, value in options.items())
    told = "".join(f"- {counted(count, 'time')}: {what}\n" for what, count in lost.items())
    return (
        f"{form.header(dataset)}# {form.title}\n\n"
        f"The dataset `{dataset.facts['name']}` as `curation export write` wrote it. The dataset itself, in Parquet "
        "with its card, is the source; `manifest.json` names its digest.\n\n"
        f"## Files\n\n{form.files}\n\n## Reading\n\n{form.reading}\n\n"
        + (f"## Options\n\n{used}\n" if used else "")
        + f"## What is not in it\n\n{form.loses}\n"
        + (f"\nOf this dataset:\n\n{told}" if told else "")
    )
