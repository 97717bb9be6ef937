"""The dataset as Croissant 1.1, with the fields of its vocabulary for responsible AI 1.0 (mlcommons.org/croissant).

JSON-LD that a loader finds files and columns by. Columns of classes hold ids, and each has a record set of its own that
names them. What Croissant cannot say stays in the card: that a list within a list may be null, and which column of
another label is null.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from datasets import ClassLabel, Features, List, Value

from curation.export.card import describing
from curation.export.card.agreeing import written
from curation.export.card.declared import NOT_STATED, TOPICS, said
from curation.export.card.facts import Built, CardFacts, sha256_of
from curation.export.card.statistics import Statistics
from curation.folders.card import shown
from curation.text import counted

FILE = "croissant.json"
PARQUET = "application/x-parquet"

_CONTEXT: dict[str, Any] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    **{
        term: f"cr:{term}"
        for term in (
            "arrayShape", "citeAs", "column", "extract", "field", "fileProperty", "fileObject", "fileSet", "format",
            "includes", "isArray", "isLiveDataset", "jsonPath", "key", "md5", "parentField", "path", "recordSet",
            "references", "regex", "repeated", "replace", "samplingRate", "separator", "source", "subField",
            "transform",
        )
    },
    "cr": "http://mlcommons.org/croissant/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "dct": "http://purl.org/dc/terms/",
    "sc": "https://schema.org/",
    "conformsTo": "dct:conformsTo",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "equivalentProperty": "cr:equivalentProperty",
    "examples": {"@id": "cr:examples", "@type": "@json"},
}  # fmt: skip

_TYPES = {
    "string": "sc:Text", "int32": "cr:Int32", "int64": "cr:Int64", "float64": "cr:Float64", "bool": "sc:Boolean",
    "date32": "sc:Date",
}  # fmt: skip
_ANALYSIS, _LIMITATIONS = "rai:dataAnnotationAnalysis", "rai:dataLimitations"
_PUBLISHED = "Of the published dataset: {}"
_PLAIN = re.compile(r"[\w.-]+", re.ASCII)


def write_croissant(folder: Path, facts: CardFacts, found: Statistics, checksums: Mapping[str, str]) -> None:
    """Write croissant.json into the folder that holds the tables; `checksums` are the SHA-256 of their files."""
    _write(folder, {**_head(facts, found), **files_and_records(folder, facts.tables, checksums)})


def _write(folder: Path, document: Mapping[str, Any]) -> None:
    text = json.dumps(document, ensure_ascii=False, indent=2) + "\n"
    (folder / FILE).write_text(text, encoding="utf-8", newline="\n")


def rewrite_croissant(
    published: Path, folder: Path, tables: Mapping[str, Built], found: Statistics, note: str, *, is_part: bool
) -> None:
    """Write into `folder` what a published dataset's croissant.json says, with the files and columns there are now.

    `note` is put before its description; `is_part` says that articles are missing. Raises `ValueError` if the published
    one is no JSON object, `OSError`.
    """
    document = json.loads((published / FILE).read_text(encoding="utf-8"))
    if not isinstance(document, dict):
        raise ValueError(f"{FILE} is no JSON object")
    checksums = {
        path: sha256_of(folder / path) for built in tables.values() for files in built.files.values() for path in files
    }
    known = {name: one for name, one in _counted(found).items() if one is not None or name.startswith("rai:")}
    if is_part:
        *left_out, declared = _strings(document.get(_LIMITATIONS)) or [NOT_STATED]
        known[_LIMITATIONS] = [*map(_PUBLISHED.format, left_out), declared]
        known[_ANALYSIS] = [*map(_PUBLISHED.format, _strings(document.get(_ANALYSIS)))]
    described = f"{note} {document.get('description', '')}".strip()
    whole = {**document, **known, "description": described, **files_and_records(folder, tables, checksums)}
    _write(folder, {name: value for name, value in whole.items() if value not in (None, [])})


def _strings(given: Any) -> list[str]:
    """The texts of what JSON-LD writes as one or as a list."""
    return [one for one in (given if isinstance(given, list) else [given]) if isinstance(one, str)]


def _counted(found: Statistics) -> dict[str, Any]:
    """What is said of the dataset as a whole that is counted in its rows; None where nothing can be."""
    overlap = ", ".join(f"{number} on {articles:,} articles" for number, articles in sorted(found.overlap.items()))
    suggested = describing.suggested(found)
    return {
        "temporalCoverage": "/".join(found.published) if found.published else None,
        "rai:annotationsPerItem": f"Annotators: {overlap}" if overlap else None,
        "rai:dataCollectionMissingData": _missing(found),
        "rai:machineAnnotationTools": [f"Annotations that began as suggestions: {suggested}"] if suggested else None,
    }


def _missing(found: Statistics) -> str | None:
    """What is not known of articles, where each has a row; None if all is."""
    total = found.articles.total()
    known = (("date", found.months), ("outlet", found.outlets), ("language", found.languages))
    lacking = [f"the {what} of {left:,}" for what, counts in known if (left := total - counts.total())]
    return f"Not known, of {counted(total, 'article')}: {', '.join(lacking)}." if found.characters and lacking else None


def files_and_records(folder: Path, tables: Mapping[str, Built], checksums: Mapping[str, str]) -> dict[str, Any]:
    """What a Croissant document says of files and columns: the part that changes where tables do."""
    distribution: list[dict[str, Any]] = []
    for config, built in tables.items():
        for files in built.files.values():
            distribution += [_file(folder, path, checksums[path]) for path in files]
        distribution.append(
            {
                "@type": "cr:FileSet",
                "@id": f"{config}-files",
                "name": f"{config}-files",
                "description": f"The files of the config {config}, one or more a split.",
                "encodingFormat": PARQUET,
                "includes": f"{config}/*.parquet",
            }
        )
    records = [record for config, built in tables.items() for record in _record_sets(config, built)]
    return {"distribution": distribution, "recordSet": records}


def described(tables: Mapping[str, Features]) -> dict[str, Any]:
    """The ids of all record sets and fields that a dataset of these configs has, each with its data if it has some."""
    return dict(
        pair
        for config, features in tables.items()
        for pair in (
            (config, None),
            (f"{config}/split", None),
            *with_ids([_field(config, name, one) for name, one in features.items()]),
            *with_ids(_classes(config, features)),
        )
    )


def with_ids(records: Iterable[Mapping[str, Any]]) -> Iterator[tuple[str, Any]]:
    """The ids of record sets or fields and of all fields in them, each with its data if it has some."""
    for one in records:
        yield str(one.get("@id")), one.get("data")
        for inner in ("field", "subField"):
            yield from with_ids(one.get(inner) or ())


def _file(folder: Path, path: str, checksum: str) -> dict[str, Any]:
    return {
        "@type": "cr:FileObject",
        "@id": path,
        "name": path,
        "contentUrl": path,
        "contentSize": f"{(folder / path).stat().st_size} B",
        "encodingFormat": PARQUET,
        "sha256": checksum,
    }


def _record_sets(config: str, built: Built) -> Iterator[dict[str, Any]]:
    yield {
        "@type": "cr:RecordSet",
        "@id": config,
        "name": config,
        "description": f"{built.rows:,} rows: "
        + ", ".join(f"{split} {written.rows:,}" for split, written in built.splits.items()),
        "field": [_split(config, built), *(_field(config, name, one) for name, one in built.features.items())],
    }
    yield from _classes(config, built.features)


def _split(config: str, built: Built) -> dict[str, Any]:
    names = "|".join(built.splits)
    return {
        "@type": "cr:Field",
        "@id": f"{config}/split",
        "name": "split",
        "description": "The split, as the file's name says it.",
        "dataType": ["sc:Text", "cr:Split"],
        "source": {
            "fileSet": {"@id": f"{config}-files"},
            "extract": {"fileProperty": "fullpath"},
            "transform": {"regex": rf"(?:.*/)?({names})-\d{{5}}-of-\d{{5}}\.parquet$"},
        },
    }


def _field(config: str, name: str, feature: Any) -> dict[str, Any]:
    """A column; one of structs has a field below it for each part, which takes it out of the column by its path."""
    depth, inner = _unlisted(feature)
    field = {"@type": "cr:Field", "@id": _id(config, name), "name": name, **_arrayed(depth)}
    if isinstance(inner, dict):
        return {**field, "subField": [_part(config, name, (part,), one, depth) for part, one in inner.items()]}
    return {**field, **_typed(config, (name,), inner), "source": _source(config, name)}


def _part(config: str, column: str, path: tuple[str, ...], feature: Any, depth: int) -> dict[str, Any]:
    more, inner = _unlisted(feature)
    name = "/".join(path)
    field = {
        "@type": "cr:Field",
        "@id": _id(config, column, *path),
        "name": f"{column}/{name}",
        **_arrayed(depth + more),
    }
    if isinstance(inner, dict):
        return {
            **field,
            "subField": [_part(config, column, (*path, part), one, depth + more) for part, one in inner.items()],
        }
    json_path = ".".join(f"'{step}'" if not _PLAIN.fullmatch(step) else step for step in path)
    return {
        **field,
        **_typed(config, (column, *path), inner),
        "source": {**_source(config, column), "transform": {"jsonPath": json_path}},
    }


def _source(config: str, column: str) -> dict[str, Any]:
    return {"fileSet": {"@id": f"{config}-files"}, "extract": {"column": column}}


def _typed(config: str, path: tuple[str, ...], feature: Any) -> dict[str, Any]:
    if isinstance(feature, ClassLabel):
        classes = ", ".join(f"{number} {shown(name)}" for number, name in enumerate(feature.names))
        named = f"A class id; the record set {_id(config, *path)}/classes names them: {classes}"
        return {"dataType": "cr:Int64", "description": named}
    assert isinstance(feature, Value)
    return {"dataType": "sc:DateTime" if feature.dtype.startswith("timestamp") else _TYPES[feature.dtype]}


def _classes(config: str, features: Features) -> Iterator[dict[str, Any]]:
    """A record set for each column of classes: which id stands for which name."""
    for path, feature in _labels((), dict(features)):
        own = f"{_id(config, *path)}/classes"
        yield {
            "@type": "cr:RecordSet",
            "@id": own,
            "name": f"{config}: classes of {'/'.join(path)}",
            "dataType": "sc:Enumeration",
            "key": {"@id": f"{own}/id"},
            "field": [
                {"@type": "cr:Field", "@id": f"{own}/id", "name": "id", "dataType": "cr:Int64"},
                {"@type": "cr:Field", "@id": f"{own}/name", "name": "name", "dataType": "sc:Text"},
            ],
            "data": [{f"{own}/id": number, f"{own}/name": name} for number, name in enumerate(feature.names)],
        }


def _labels(path: tuple[str, ...], feature: Any) -> Iterator[tuple[tuple[str, ...], ClassLabel]]:
    _, inner = _unlisted(feature)
    if isinstance(inner, dict):
        for name, part in inner.items():
            yield from _labels((*path, name), part)
    elif isinstance(inner, ClassLabel):
        yield path, inner


def _unlisted(feature: Any) -> tuple[int, Any]:
    """How many lists a feature is in, and what is in them."""
    depth = 0
    while isinstance(feature, List):
        depth, feature = depth + 1, feature.feature
    return depth, feature


def _arrayed(depth: int) -> dict[str, Any]:
    return {"isArray": True, "arrayShape": ",".join(["-1"] * depth)} if depth else {}


def _id(*path: str) -> str:
    """An id without a sign that means something in an address."""
    return "/".join(step if _PLAIN.fullmatch(step) else quote(step, safe="") for step in path)


def _head(facts: CardFacts, found: Statistics) -> dict[str, Any]:
    export = facts.export
    given: dict[str, Any] = {
        "@context": _CONTEXT,
        "@type": "sc:Dataset",
        "name": export.title,
        "description": facts.task.description,
        "conformsTo": ["http://mlcommons.org/croissant/1.1", "http://mlcommons.org/croissant/RAI/1.0"],
        "license": export.license,
        "inLanguage": list(export.languages),
        "version": facts.version or "0.0.0",
        "url": said(export, "homepage"),
        "datePublished": said(export, "released"),
        "temporalCoverage": said(export, "time_span"),
        "citeAs": said(export, "citation"),
        "creator": [{"@type": "sc:Person", "name": name} for name in _list(export.about.get("authors"))],
        "publisher": [{"@type": "sc:Organization", "name": name} for name in _list(export.about.get("publisher"))],
        **_responsible(facts, found),
    }
    given |= {name: value for name, value in _counted(found).items() if value is not None}
    return {name: value for name, value in given.items() if value not in (None, [])}


def _responsible(facts: CardFacts, found: Statistics) -> dict[str, Any]:
    """What the vocabulary for responsible AI asks for; what nobody stated says so."""
    export, task = facts.export, facts.task

    def told(topic: str) -> str:
        return said(export, topic) or NOT_STATED

    left_out = [one.removeprefix("- ") for one in describing.limits(facts).splitlines()]
    return {
        "rai:dataCollection": told("collection"),
        "rai:dataAnnotationProtocol": [
            f"{describing.made_by(found.task_versions, task.name, task.version)} The card has its definitions.",
            told("annotation"),
            *(f"{TOPICS[topic]}: {told(topic)}" for topic in ("recruitment", "training", "pay")),
        ],
        "rai:dataAnnotationPlatform": ["Label Studio"],
        _ANALYSIS: [_analysis(facts)],
        "rai:annotatorDemographics": [told("demographics"), f"Languages: {told('annotator_languages')}"],
        "rai:dataPreprocessingProtocol": [
            "Texts were normalised once, before annotation; offsets count its code points."
        ],
        "rai:dataUseCases": _list(export.about.get("uses")) or [NOT_STATED],
        "rai:dataBiases": [told("biases")],
        _LIMITATIONS: [*left_out, told("limitations")],
        "rai:dataSocialImpact": told("social_impact"),
        "rai:personalSensitiveInformation": [told("personal_data")],
        "rai:dataReleaseMaintenancePlan": told("maintenance"),
    }


def _analysis(facts: CardFacts) -> str:
    if facts.agreement is None:
        return "Agreement was not measured for this release."
    if facts.agreement.reason is not None:
        return f"There are no figures of agreement: {facts.agreement.reason}."
    alphas = [one for one in facts.agreement.figures if one.measure == "krippendorff_alpha"]
    listed = "; ".join(
        f"{one.of} {written(one.value)}" for one in alphas if one.scope == "field" and one.value is not None
    )
    return f"Krippendorff's alpha of the fields of an article: {listed or 'none'}. The card has further figures."


def _list(given: str | tuple[str, ...] | None) -> list[str]:
    return [] if given is None else [given] if isinstance(given, str) else list(given)
