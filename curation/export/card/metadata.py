"""The YAML at the head of the card: what the Hub files the dataset under, and what `datasets` loads it by."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import yaml
from datasets import DatasetInfo, SplitInfo
from datasets.splits import SplitDict

from curation.catalog import Export, Task
from curation.errors import CurationError
from curation.export.card.facts import Built, CardFacts
from curation.export.card.hub import LICENSES
from curation.folders.card import size_category

_TAG = re.compile(r"(?P<language>[a-z]{2,3})(-[A-Za-z0-9]{1,8})*")
_SEPARATORS = frozenset("\x85\u2028\u2029")


def header(facts: CardFacts) -> str:
    """The YAML, without the lines that set it off. Raises `E_DEFINITION` for a language without a code."""
    return as_yaml(_metadata(facts))


def as_yaml(metadata: dict[str, Any]) -> str:
    """A header that is read back just so."""
    # Unescaped, a few rare line separators would come back as spaces and change a class name.
    text = yaml.safe_dump(metadata, allow_unicode=True, sort_keys=False, width=2**31)
    # Reading takes three times as long as writing, and nothing else is read as another text.
    if not _SEPARATORS.isdisjoint(text) and yaml.safe_load(text) != metadata:
        text = yaml.safe_dump(metadata, allow_unicode=False, sort_keys=False, width=2**31)
    return text


def parts_of(card: str) -> tuple[dict[str, Any], str]:
    """The header of a card, read, and what stands below it. Raises `ValueError` for a card without one."""
    # Only behind a line's end: a title may end in three hyphens.
    header, line, body = card.partition("\n---\n")
    try:
        metadata = yaml.safe_load(header.removeprefix("---\n")) if line and header.startswith("---\n") else None
    except yaml.YAMLError as error:
        raise ValueError(str(error)) from None
    if not isinstance(metadata, dict):
        raise ValueError("there is no YAML between lines of three hyphens")
    return metadata, body


def annotations_creators(export: Export) -> list[str]:
    """Who annotated, in the Hub's words; `other` where that is not stated."""
    return _listed(export, "annotations_creators", ["other"])


def languages(export: Export) -> list[str]:
    """The languages as codes of two or three letters. Raises `E_DEFINITION` for what is no tag of BCP 47."""
    found = []
    for tag in export.languages:
        matched = _TAG.fullmatch(tag)
        if matched is None or not _is_known(tag):
            raise CurationError(
                "E_DEFINITION",
                f"{export.folder / 'export.toml'}: /languages: {tag!r} is no language's code",
                fix="Write codes of ISO 639 such as en, de or arz, with more behind a hyphen where needed: pt-BR.",
            )
        found.append(matched["language"])
    return list(dict.fromkeys(found))


def task_ids(task: Task) -> list[str]:
    """What a model can be trained for, in the Hub's words."""
    several = any(field.kind == "choices" for field in task.targets.values())
    single = any(field.kind == "choice" for field in task.targets.values())
    return [
        *(["multi-class-classification"] if single else []),
        *(["multi-label-classification"] if several else []),
        *(["named-entity-recognition"] if task.labels else []),
    ]


def _metadata(facts: CardFacts) -> dict[str, Any]:
    export, task = facts.export, facts.task
    codes = languages(export)
    tagged = [tag for tag in export.languages if tag not in codes]
    default = next(iter(facts.tables))
    rows = facts.tables[default].rows
    return {
        "pretty_name": export.title,
        **_license(export),
        "language": codes,
        **({"language_bcp47": tagged} if tagged else {}),
        "annotations_creators": annotations_creators(export),
        "language_creators": _listed(export, "language_creators", ["found"]),
        "multilinguality": ["multilingual" if len(codes) > 1 else "monolingual"],
        "source_datasets": _listed(export, "source_datasets", ["original"]),
        "task_categories": _categories(task),
        **({"task_ids": ids} if (ids := task_ids(task)) else {}),
        "size_categories": [size_category(rows)],
        "tags": ["news", *(["stance-detection"] if task.polarities else []), *(["spans"] if task.labels else [])],
        "configs": [config_of(name, built, is_default=name == default) for name, built in facts.tables.items()],
        "dataset_info": [info_of(name, built) for name, built in facts.tables.items()],
    }


def _license(export: Export) -> dict[str, str]:
    """A licence that the Hub has no name for is another one, by its own name."""
    if export.license in LICENSES:
        return {"license": export.license}
    link = export.about.get("license_link")
    return {
        "license": "other",
        "license_name": export.license,
        **({"license_link": link} if isinstance(link, str) else {}),
    }


def config_of(name: str, built: Built, *, is_default: bool) -> dict[str, Any]:
    """Which files hold the splits of a config."""
    files = [{"split": split, "path": list(paths)} for split, paths in built.files.items()]
    return {"config_name": name, "data_files": files, **({"default": True} if is_default else {})}


def info_of(name: str, built: Built) -> dict[str, Any]:
    """The columns of a config, and how much its splits hold."""
    splits = SplitDict()
    for split, written in built.splits.items():
        splits.add(SplitInfo(split, num_bytes=written.bytes, num_examples=written.rows))
    info = DatasetInfo(
        features=built.features,
        splits=splits,
        download_size=built.stored,
        dataset_size=sum(written.bytes for written in built.splits.values()),
    )
    described: Mapping[str, Any] = info._to_yaml_dict()
    return {**described, "config_name": name}


def _categories(task: Task) -> list[str]:
    return [
        *(["text-classification"] if task.targets else []),
        *(["token-classification"] if task.labels else []),
    ] or ["other"]


def _listed(export: Export, topic: str, otherwise: list[str]) -> list[str]:
    given = export.about.get(topic)
    return list(otherwise) if given is None else [given] if isinstance(given, str) else list(given)


def _is_known(tag: str) -> bool:
    from langcodes import tag_is_valid

    return tag_is_valid(tag)
