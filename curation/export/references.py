"""Whether rows name what is there: an annotation as it is, its mentions, and who annotated an article.

What is held are digests: 56 bytes an annotation, 8 bytes a mention of an annotation or of `gold`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from curation.export.digests import Digests, digests_of, mixed
from curation.export.leaves import leaves, stored

if TYPE_CHECKING:
    from curation.export.reading import Dataset
    from curation.export.soundness import Faults

_WHOSE = ("article_id", "annotator", "round", "task_version")
"""What rows about an annotation say as it does."""

_NOTHING: Digests = np.zeros(0, np.uint64)


class References:
    """The annotations and mentions of a dataset. Of a config that is not there nothing is asked."""

    def __init__(self, dataset: Dataset) -> None:
        self._ids, self._whose, self._made = _annotations(dataset)
        self._mentions = _mentions(dataset, "annotations", "id", "mentions")
        self._decided = _mentions(dataset, "gold", "article_id", "mentions")
        self._methods = _methods(dataset)
        self._pairs: Digests | None = None
        if self._ids is not None:
            self._pairs = np.unique(_mixed(self._whose["article_id"], self._whose["annotator"]))
        self.marks = None if self._mentions is None else len(self._mentions)

    @property
    def annotators(self) -> int | None:
        """How many people made the annotations; None where these are not published."""
        return None if self._ids is None else len(np.unique(self._whose["annotator"]))

    def check(self, config: str, place: str, first: int, batch: Any, faults: Faults) -> None:
        """Note what the rows of a batch name that is not there; `first` is the number of its first row."""
        for kind, number, named in self._missing(config, batch):
            faults.add(place, kind, f": {named} (row {first + number})")

    def _missing(self, config: str, batch: Any) -> Iterator[tuple[str, int, Any]]:
        """What is wrong, in which row of the batch, and what it names."""
        names = batch.schema.names
        if "annotation" in names:
            yield from self._whose_it_is(batch)
            yield from self._marked(config, batch)
        if "relations" in names and "mentions" in names:
            yield from _unrelated(batch)
        if config == "tokens" and "mentions" in names:
            kind = "a mention that `gold` does not have"
            yield from _not_in(self._decided, kind, batch["article_id"], *_inner(batch["mentions"], _SPAN))
        if config == "tokens":
            rows: NDArray[np.int64] = np.arange(len(batch))
            yield from _not_in(
                self._methods,
                "another method or task_version than in `gold`",
                batch["article_id"],
                rows,
                _decision(batch),
            )
        if "revisions" in names:
            yield from self._origins(batch)
        elif "annotators" in names:
            kind = "an annotator who has no annotation of the article"
            yield from _not_in(self._pairs, kind, batch["article_id"], *_items(batch["annotators"]))

    def _whose_it_is(self, batch: Any) -> Iterator[tuple[str, int, Any]]:
        if self._ids is None:
            return
        named = batch["annotation"]
        given = _valid(named)
        digests = digests_of(named)
        places = np.searchsorted(self._ids, digests).clip(max=max(len(self._ids) - 1, 0))
        there = self._ids[places] == digests if len(self._ids) else np.zeros(len(digests), bool)
        yield from (("no such annotation", number, named[number]) for number in np.flatnonzero(given & ~there).tolist())
        for column in _WHOSE:
            if column in batch.schema.names:
                other = self._whose[column][places] != digests_of(batch[column]) if len(self._ids) else ~there
                kind = f"another {column} than the annotation's"
                yield from ((kind, number, named[number]) for number in np.flatnonzero(given & there & other).tolist())

    def _marked(self, config: str, batch: Any) -> Iterator[tuple[str, int, Any]]:
        import pyarrow as pa

        kind = "a mention that the annotation does not have"
        names, annotation = batch.schema.names, batch["annotation"]
        if config == "mentions":
            rows: NDArray[np.int64] = np.arange(len(batch))
            yield from _not_in(self._mentions, kind, annotation, rows, [batch[name] for name in _SPAN])
        if "claim_fragments" in names:
            yield from _not_in(self._mentions, kind, annotation, *_inner(batch["claim_fragments"], _SPAN))
        if "holder_id" in names:
            rows = np.flatnonzero(_valid(batch["holder_id"]))
            holder = [batch[f"holder_{name}"].take(pa.array(rows)) for name in _SPAN]
            yield from _not_in(self._mentions, kind, annotation, rows, holder)

    def _origins(self, batch: Any) -> Iterator[tuple[str, int, Any]]:
        """A row of `gold` rests on annotations that are there, in the revisions that it names."""
        rows, (people,) = _items(batch["annotators"])
        others, (revisions,) = _items(batch["revisions"])
        if not np.array_equal(rows, others):
            counts = [np.bincount(one, minlength=len(batch)) for one in (rows, others)]
            for number in np.flatnonzero(counts[0] != counts[1]).tolist():
                yield "annotators and revisions of another number", number, batch["article_id"][number]
            return
        kind = "an annotator who has no such revision of the article"
        yield from _not_in(self._made, kind, batch["article_id"], rows, [people, revisions])


_SPAN = ("id", "start", "end")


def _annotations(dataset: Dataset) -> tuple[Digests | None, Mapping[str, Digests], Digests | None]:
    """The ids of all annotations, in order; what each says, in the same order; by whom which revision is of what."""
    if "annotations" not in dataset.configs:
        return None, {}, None
    columns = ["id", *_WHOSE, "revision"]
    batches = list(_digested(dataset, columns))
    ids, *whose, revisions = (np.concatenate([_NOTHING, *(one[place] for one in batches)]) for place in range(6))
    order = np.argsort(ids)
    said = dict(zip(_WHOSE, (one[order] for one in whose), strict=True))
    made = np.sort(_mixed(said["article_id"], said["annotator"], revisions[order]))
    return ids[order], said, made


def _digested(dataset: Dataset, columns: Sequence[str]) -> Iterator[list[Digests]]:
    for split in dataset.configs["annotations"]:
        for batch in dataset.batches("annotations", split, columns=columns):
            yield [digests_of(batch[name]) for name in columns]


def _mentions(dataset: Dataset, config: str, owner: str, column: str) -> Digests | None:
    """The places and ids of the mentions in a config, by what they belong to; None where it has none."""
    if config not in dataset.configs or column not in dataset.schema(config).names:
        return None
    schema = dataset.schema(config)
    there = leaves(dataset.features(config))
    columns = [owner, *(stored(schema, there[f"{column}.{name}"]) for name in _SPAN)]
    found: list[Digests] = [_NOTHING]
    for split in dataset.configs[config]:
        for batch in dataset.batches(config, split, columns=columns):
            rows, spans = _inner(batch[column], _SPAN)
            found.append(_mixed(digests_of(batch[owner])[rows], *map(digests_of, spans)))
    return np.sort(np.concatenate(found))


def _methods(dataset: Dataset) -> Digests | None:
    """How each article in `gold` was decided, and by which versions of the codebook; None without such a config."""
    if "gold" not in dataset.configs:
        return None
    columns = ["article_id", "method", "task_version"]
    batches = (one for split in dataset.configs["gold"] for one in dataset.batches("gold", split, columns=columns))
    found = (_mixed(digests_of(one["article_id"]), *map(digests_of, _decision(one))) for one in batches)
    return np.sort(np.concatenate([_NOTHING, *found]))


def _decision(batch: Any) -> list[Any]:
    return [batch["method"], batch["task_version"]]


def _unrelated(batch: Any) -> Iterator[tuple[str, int, Any]]:
    """Relations one end of which is no mention of the same row."""
    owners, (ids,) = _inner(batch["mentions"], ("id",))
    there = np.sort(_mixed(owners.astype(np.uint64), digests_of(ids)))
    rows, ends = _inner(batch["relations"], ("source", "target"))
    for end in ends:
        missing = ~_is_in(there, _mixed(rows.astype(np.uint64), digests_of(end)))
        for place in np.flatnonzero(missing).tolist():
            yield "a relation of a mention that is not there", int(rows[place]), end[place]


def _not_in(
    known: Digests | None, kind: str, owners: Any, rows: NDArray[np.int64], columns: Sequence[Any]
) -> Iterator[tuple[str, int, Any]]:
    """What is not among what is `known` of the owners of rows; `columns` have a value for each of `rows`."""
    if known is None or not len(rows):
        return
    missing = ~_is_in(known, _mixed(digests_of(owners)[rows], *map(digests_of, columns)))
    for place in np.flatnonzero(missing).tolist():
        yield kind, int(rows[place]), columns[0][place]


def _is_in(known: Digests, digests: Digests) -> NDArray[np.bool_]:
    """Which digests are among those that are known, in their order."""
    if not len(known):
        return np.zeros(len(digests), bool)
    return np.asarray(known[np.searchsorted(known, digests).clip(max=len(known) - 1)] == digests)


def _items(lists: Any) -> tuple[NDArray[np.int64], list[Any]]:
    """What stands in lists, and for each the number of the row that it stands in."""
    import pyarrow.compute as pc

    lengths = pc.fill_null(pc.list_value_length(lists), 0).to_numpy(zero_copy_only=False)
    return np.repeat(np.arange(len(lists)), lengths), [pc.list_flatten(lists)]


def _inner(lists: Any, names: Sequence[str]) -> tuple[NDArray[np.int64], list[Any]]:
    """Columns of what stands in lists of structs, and for each the number of the row that it stands in."""
    import pyarrow.compute as pc

    rows, (structs,) = _items(lists)
    return rows, [pc.struct_field(structs, name) for name in names]


def _valid(array: Any) -> NDArray[np.bool_]:
    return np.asarray(array.is_valid().to_numpy(zero_copy_only=False))


def _mixed(*digests: Digests) -> Digests:
    """The digests of rows that have these, column by column."""
    made: Digests = np.zeros(len(digests[0]), np.uint64)
    for one in digests:
        made = mixed(made + one)
    return made
