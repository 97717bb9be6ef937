"""Put the texts back into a dataset that was published without them.

The tables are read and written one row group at a time, as they were when they were built: where all articles are
there, they are the same bytes as those of a build with texts. Texts that were found lie in an unnamed file beside the
new dataset until they are needed; of each article some 300 bytes are held.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Literal

from curation.errors import CurationError
from curation.export.account import Account
from curation.export.offsets import TITLE_HASH, restorer
from curation.export.reading import Dataset
from curation.folders.manifest import digest_of, facts_of, verify, write_manifest
from curation.folders.staging import publish, staging
from curation.records import Article, Progress, Reject
from curation.text import content_hash

if TYPE_CHECKING:
    from datasets import Features

_ITS_OWN = ("format", "files", "digest", "text", "columns", "rows", "inputs", "built_from", "card")
"""What the manifest of a dataset says of its own files, and of what it was built from."""


@dataclass(frozen=True, slots=True)
class Missing:
    """An article whose text could not be put back: no text has its hash, though one of its id or address may be there.

    Such a text `differs`: it was edited since, or cleaned otherwise.
    """

    article_id: str
    url: str | None
    reason: Literal["absent", "differs"]


@dataclass(frozen=True, slots=True)
class Rehydrated:
    """What became of a dataset without texts.

    `left_out` rows are about `missing` articles. `untitled` are articles whose title is null though they have one, as
    no title that was there has the published hash. `unread` documents were refused, and `others` are no articles of the
    dataset. `changed` is False if the dataset stood there already, byte for byte.
    """

    name: str
    path: Path
    articles: int
    restored: int
    missing: tuple[Missing, ...]
    untitled: tuple[str, ...]
    rows: Mapping[str, Mapping[str, int]]
    left_out: int
    unread: int
    others: int
    changed: bool

    @property
    def is_whole(self) -> bool:
        """Whether everything is there that was published of, texts and titles."""
        return not (self.missing or self.untitled)


@dataclass(frozen=True, slots=True)
class _Wanted:
    sha256: str
    title: str | None
    url: str | None


@dataclass(slots=True)
class _Found:
    """The texts that were found: where each begins in the spool and how long it is in bytes, and its title."""

    spool: IO[bytes]
    places: dict[str, tuple[int, int]] = field(default_factory=dict)
    titles: dict[str, str] = field(default_factory=dict)
    differing: set[str] = field(default_factory=set)
    unread: int = 0
    others: int = 0


def rehydrate(
    source: Path, documents: Iterable[Article | Reject], out: Path, *, progress: Progress | None = None
) -> Rehydrated:
    """Write the dataset in `source`, with the texts of `documents` where their hashes are the published ones, to `out`.

    Rows about articles that are not there are left out. `progress` is told of articles that were found. Raises
    `E_USAGE` for a dataset that has its texts, `E_NO_INPUT` if no article of it is there, `E_EXISTS` if `out` holds
    anything but a copy of that dataset, such as a build or a release of the same name, `E_LOCKED`, `E_DISK`.
    """
    dataset = Dataset(source)
    if dataset.facts.get("text") != "offsets":
        raise CurationError("E_USAGE", f"{source} has its texts", fix="name a dataset that was built without them")
    out = out.absolute()
    if out.resolve().is_relative_to(source.resolve()):
        raise CurationError("E_USAGE", f"{out} is the dataset itself or lies in it", fix="name another folder")
    wanted = {
        row["article_id"]: _Wanted(row["sha256"], row[TITLE_HASH], row["url"])
        for row in dataset.rows("articles", columns=["article_id", "sha256", TITLE_HASH, "url"])
    }
    name = dataset.facts["name"]
    try:
        with staging(out, name) as folder, tempfile.TemporaryFile(dir=out.parent) as spool:
            _require_copy(out, dataset)
            found = _collect(documents, wanted, _Found(spool), progress)
            if not found.places:
                raise CurationError("E_NO_INPUT", f"no article of {name} is there: no text has a hash of one")
            written, left_out = _write(dataset, folder, found)
            missing = tuple(
                Missing(one, at.url, "differs" if one in found.differing else "absent")
                for one, at in wanted.items()
                if one not in found.places
            )
            untitled = tuple(
                one
                for one, at in wanted.items()
                if one in found.places and at.title is not None and one not in found.titles
            )
            facts = {key: fact for key, fact in dataset.facts.items() if key not in _ITS_OWN}
            facts["rows"] = {config: {split: rows for split, (rows, _) in of.items()} for config, of in written.items()}
            account = _account(Dataset(folder, facts))
            facts |= {"articles": account.articles, "annotations": account.annotations}
            facts |= {"annotators": len(account.annotators)}
            facts["rehydrated"] = {
                "from": dataset.facts["digest"],
                "articles": len(found.places),
                "missing": [{"article_id": one.article_id, "reason": one.reason} for one in missing],
                "untitled": list(untitled),
            }
            from curation.export.rehydrated_card import write_card

            write_card(dataset, folder, written, account, missing, untitled)
            digest = write_manifest(folder, facts)
            changed = not (digest_of(out) == digest and verify(out).ok)
            if changed:
                publish(folder, out)
    except OSError as error:
        raise CurationError("E_DISK", f"{out}: {error}") from None
    return Rehydrated(
        name=name,
        path=out,
        articles=len(wanted),
        restored=len(found.places),
        missing=missing,
        untitled=untitled,
        rows=facts["rows"],
        left_out=left_out,
        unread=found.unread,
        others=found.others,
        changed=changed,
    )


def _require_copy(out: Path, dataset: Dataset) -> None:
    """Raise `E_EXISTS` where another dataset stands of the same name: a build, a release, a copy of one of these."""
    there = facts_of(out)
    if there is None or there.get("rehydrated", {}).get("from") == dataset.facts["digest"]:
        return
    what = "a copy of another version of" if "rehydrated" in there else "a build or release of"
    raise CurationError(
        "E_EXISTS",
        f"{out} holds {what} {dataset.facts['name']}, and no copy of {dataset.folder}",
        fix="name another folder, or move that one away",
    )


def _account(dataset: Dataset) -> Account:
    """What can be counted of the work in the articles that are there, and in the annotations where these are."""
    account = Account()
    for row in dataset.rows("articles", columns=["annotators", "method"]):
        account.articles += 1
        account.annotations += len(row["annotators"])
        account.annotators.update(row["annotators"])
        account.methods.update([] if row["method"] == "votes" else [row["method"]])
    if "annotations" in dataset.configs:
        account.annotations = sum(dataset.configs["annotations"].values())
    return account


def _collect(
    documents: Iterable[Article | Reject], wanted: Mapping[str, _Wanted], found: _Found, progress: Progress | None
) -> _Found:
    """Spool the texts that have a published hash. Of several with one text, the title counts that has its hash too."""
    by_hash: dict[str, list[str]] = {}
    by_url: dict[str, list[str]] = {}
    for article_id, one in wanted.items():
        by_hash.setdefault(one.sha256, []).append(article_id)
        if one.url is not None:
            by_url.setdefault(one.url, []).append(article_id)
    for document in documents:
        if isinstance(document, Reject):
            found.unread += 1
            continue
        ids = by_hash.get(document.sha256, [])
        if not ids:
            alike = [*by_url.get(document.url or "", []), *([document.id] if document.id in wanted else [])]
            found.differing.update(alike)
            found.others += not alike
            continue
        if ids[0] not in found.places:
            data = document.text.encode()
            place = found.spool.seek(0, 2), len(data)
            found.spool.write(data)
            found.places.update(dict.fromkeys(ids, place))
        if document.title is not None:
            hashed = content_hash(document.title)
            found.titles.update({one: document.title for one in ids if wanted[one].title == hashed})
        if progress:
            progress(len(found.places), len(wanted))
    return found


Written = dict[str, dict[str, tuple[int, int]]]
"""By config and split, the rows that were written and their bytes once they are read."""


def _write(dataset: Dataset, folder: Path, found: _Found) -> tuple[Written, int]:
    """Write all tables with their texts; what was written, and how many rows were left out."""
    from datasets import Features

    text = lru_cache(maxsize=16)(lambda article: _text(found, article))
    written: Written = {}
    left_out = 0
    for config, splits in dataset.configs.items():
        features = Features._from_yaml_list(dataset.facts["columns"][config])
        for split, before in splits.items():
            groups = _groups(dataset, config, split, features, found, text)
            rows, size = _write_split(folder / config, groups, features)
            left_out += before - rows
            if rows:
                written.setdefault(config, {})[split] = rows, size
    return written, left_out


def _text(found: _Found, article: str) -> str:
    start, length = found.places[article]
    found.spool.seek(start)
    return found.spool.read(length).decode()


def _groups(
    dataset: Dataset, config: str, split: str, features: Features, found: _Found, text: Any
) -> Iterator[tuple[str, Any]]:
    """The row groups of a split with their texts, each with the name of its file; empty ones are left out."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    restore = restorer(features)
    for file in dataset.files(config, split):
        with pq.ParquetFile(file, page_checksum_verification=True) as opened:
            for group in range(opened.num_row_groups):
                rows = opened.read_row_group(group).to_pylist()
                if "article_id" in features:
                    rows = [row for row in rows if row["article_id"] in found.places]
                if restore is not None:
                    rows = [restore(row, text(row["article_id"]), found.titles.get(row["article_id"])) for row in rows]
                if rows:
                    yield file.name, pa.Table.from_pylist(rows, schema=features.arrow_schema)


def _write_split(folder: Path, groups: Iterator[tuple[str, Any]], features: Features) -> tuple[int, int]:
    """Write the row groups of a split to files of the names that they had; its rows, and their size in bytes."""
    from curation.export.tables import writer

    rows = size = 0
    current: str | None = None
    with ExitStack() as stack:
        opened: Any = None
        for name, table in groups:
            if name != current:
                stack.close()
                folder.mkdir(exist_ok=True)
                opened = stack.enter_context(writer(folder / name, features.arrow_schema))
                current = name
            opened.write_table(table)
            rows += table.num_rows
            size += table.nbytes
    return rows, size
