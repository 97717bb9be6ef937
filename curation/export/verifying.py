"""Whether a built dataset is what was built, byte for byte, and whether what it says of itself fits together.

What can be counted in its rows without the workspace is held against them; figures that were measured when it was built
(agreement, similarity, what was left out) and prose are not measured again.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from curation.errors import CurationError
from curation.export.reading import batches_of
from curation.export.soundness import Fault, Faults, check_rows
from curation.folders.manifest import VerifyResult, facts_of, verify
from curation.records import Progress

if TYPE_CHECKING:
    from curation.export.reading import Dataset

CARD, CROISSANT = "README.md", "croissant.json"
_CHECKSUM = re.compile(r"^\| `([^`]+\.parquet)` \| `([0-9a-f]{64})` \|$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class DeepResult:
    """What was found in a dataset: how its files differ from the manifest, and `faults` in what they say.

    `rows` were read; they are None where nothing but bytes was looked at, since that was not asked for, files are
    changed or missing, or the folder is what `curation export write` made in a format without Parquet: `written_as`.
    """

    files: VerifyResult
    faults: tuple[Fault, ...] = ()
    rows: int | None = None
    written_as: str | None = None

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong."""
        return self.files.ok and not self.faults


def verify_deep(folder: Path, *, progress: Progress | None = None) -> DeepResult:
    """Hold a dataset against its manifest, then read all of it: every page with its checksum, every row.

    Held against the tables are: of the card its YAML (files, columns, classes, rows, sizes, the default config) and its
    table of checksums, but no figure in its text and no plot; of Croissant its files with their hashes, columns and
    classes; of the manifest its files, rows, articles, annotations and annotators. What holds of rows is in
    `soundness`, `references` and `within`. Of what `curation convert` made, the files are read and the rows counted; of
    what `curation export write` made, Parquet is read, and nothing of other formats. Raises `E_NOT_FOUND` without a
    manifest, `E_DISK`.
    """
    from curation.export.reading import Dataset

    files = verify(folder)
    if files.changed or files.missing:
        return DeepResult(files)
    faults = Faults()
    facts = facts_of(folder) or {}
    paths = sorted(path for path in facts["files"] if path.endswith(".parquet"))
    counted: dict[str, int] = {}
    for done, path in enumerate(paths, start=1):
        rows = _read_all(folder, path, faults)
        name = Path(path).parent.name
        counted[name] = counted.get(name, 0) + rows
        if progress:
            progress(done, len(paths))
    written_as = facts.get("written_as")
    if written_as is not None:
        return DeepResult(files, faults.all(), sum(counted.values()) if paths else None, written_as)
    if "rows" not in facts:
        _check_counts(facts, counted, faults)
    elif not faults.found:
        dataset = Dataset(folder)
        try:
            _check_card(dataset, paths, faults)
            _check_croissant(dataset, faults)
            check_rows(dataset, faults)
        except CurationError as error:
            faults.add(error.code, error.message)
    return DeepResult(files, faults.all(), sum(counted.values()))


def _read_all(folder: Path, path: str, faults: Faults) -> int:
    """Read every page of a file, and return its rows."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    rows = 0
    try:
        with pq.ParquetFile(folder / path, page_checksum_verification=True) as opened:
            for batch in batches_of(opened):
                rows += batch.num_rows
            said = opened.metadata.num_rows
    except (pa.ArrowException, OSError) as error:
        faults.add(path, "it cannot be read", f": {' '.join(str(error).split())}")
        return rows
    if rows != said:
        faults.add(path, "rows", f": its footer says {said:,}, and it holds {rows:,}")
    return rows


def _check_counts(facts: Mapping[str, Any], counted: Mapping[str, int], faults: Faults) -> None:
    """The tables of a conversion have the rows that its report says."""
    said = facts.get("report", {}).get("tables", {})
    for table in dict.fromkeys((*said, *counted)):
        if said.get(table, 0) != counted.get(table, 0):
            detail = f": the report says {said.get(table, 0):,}, the files hold {counted.get(table, 0):,}"
            faults.add(table, "rows", detail)


def _check_card(dataset: Dataset, paths: list[str], faults: Faults) -> None:
    parts = _parts(dataset.folder / CARD)
    if parts is None:
        faults.add(CARD, "its header is no YAML")
        return
    header, body = parts
    _check_checksums(dataset, body, faults)
    first = [config.get("config_name") for config in _list(header.get("configs")) if config.get("default")]
    if len(first) != 1 or first[0] not in dataset.configs:
        faults.add(CARD, "default", f": the config that is loaded unasked is {', '.join(map(str, first)) or 'none'}")
    listed = set(_listed(header))
    for path in sorted(listed ^ set(paths)):
        faults.add(CARD, "data_files", f": {path} is {'not listed' if path in paths else 'not there'}")
    described = {info.get("config_name"): info for info in _list(header.get("dataset_info"))}
    for config, splits in dataset.configs.items():
        info = described.get(config)
        if info is None:
            faults.add(CARD, "dataset_info", f": nothing of {config}")
            continue
        _check_features(dataset, config, info, faults)
        said = {one["name"]: one["num_examples"] for one in info.get("splits", ())}
        if said != splits:
            faults.add(CARD, "num_examples", f" of {config}: the card says {said}, the manifest {splits}")
        _check_sizes(dataset, config, info, faults)


def _check_sizes(dataset: Dataset, config: str, info: Mapping[str, Any], faults: Faults) -> None:
    """A config is as large as its files are, and in memory as its splits together."""
    stored = sum(file.stat().st_size for split in dataset.configs[config] for file in dataset.files(config, split))
    sizes = {"download_size": stored, "dataset_size": sum(one.get("num_bytes", 0) for one in info.get("splits", ()))}
    for name, size in sizes.items():
        if info.get(name) != size:
            faults.add(CARD, name, f" of {config}: the card says {info.get(name)}, and it is {size}")


def _check_checksums(dataset: Dataset, body: str, faults: Faults) -> None:
    """Where the card has the checksum of a file, it is that of the manifest."""
    from curation.export.rehydrated_card import ABOUT_PUBLISHED

    if "rehydrated" in dataset.facts and ABOUT_PUBLISHED in body:
        return
    for path, said in _CHECKSUM.findall(body):
        if dataset.facts["files"].get(path, {}).get("sha256") != said:
            faults.add(CARD, "checksum", f" of {path}: not that of the file")


def _check_features(dataset: Dataset, config: str, info: Mapping[str, Any], faults: Faults) -> None:
    """The card and every file of a config name the same columns, of the same types, with the same classes in order."""
    import pyarrow.parquet as pq
    from datasets import Features

    try:
        said = Features._from_yaml_list(info["features"])
    except (KeyError, TypeError, ValueError) as error:
        faults.add(CARD, "features", f" of {config} cannot be read: {error}")
        return
    for split in dataset.configs[config]:
        for file in dataset.files(config, split):
            there = Features.from_arrow_schema(pq.read_schema(file))
            if there != said or list(there) != list(said):
                differing = [name for name in dict.fromkeys((*said, *there)) if said.get(name) != there.get(name)]
                named = ", ".join(differing) or "their order"
                faults.add(f"{config}/{file.name}", "features that are not the card's", f": {named}")


def _check_croissant(dataset: Dataset, faults: Faults) -> None:
    """Croissant has each file with its hash, each column, and each class with its id."""
    from curation.export.card.croissant import described, with_ids

    path = dataset.folder / CROISSANT
    if not path.is_file():
        return
    declared = dataset.facts["files"]
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        distribution, records = (_list(document.get(name, [])) for name in ("distribution", "recordSet"))
    except (ValueError, AttributeError):
        faults.add(CROISSANT, "it is no JSON object")
        return
    for one in distribution:
        if "sha256" in one and declared.get(one.get("contentUrl"), {}).get("sha256") != one["sha256"]:
            faults.add(CROISSANT, "sha256", f" of {one.get('contentUrl')}: not that of the file")
    listed = {one.get("contentUrl") for one in distribution}
    for name in sorted(name for name in declared if name.endswith(".parquet") and name not in listed):
        faults.add(CROISSANT, "distribution", f": {name} is not listed")
    there = described({config: dataset.features(config) for config in dataset.configs})
    said = dict(with_ids(records))
    for name in dict.fromkeys((*said, *there)):
        if name not in said or name not in there:
            faults.add(CROISSANT, "recordSet", f": {name} is not {'told' if name in there else 'there'}")
        elif said[name] != there[name]:
            faults.add(CROISSANT, "recordSet", f": {name} are not those of the tables")


def _parts(card: Path) -> tuple[dict[str, Any], str] | None:
    from curation.export.card.metadata import parts_of

    try:
        return parts_of(card.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def _listed(header: Mapping[str, Any]) -> Iterator[str]:
    """The files that a card lists for its configs."""
    for config in _list(header.get("configs")):
        for part in _list(config.get("data_files")):
            paths = part.get("path")
            yield from [paths] if isinstance(paths, str) else paths or ()


def _list(value: Any) -> list[dict[str, Any]]:
    """The objects in a value that may be one of them or a list."""
    items = value if isinstance(value, list) else [value]
    return [item for item in items if isinstance(item, dict)]
