"""Votes in the sparse form that annotator models work on: who gave which item which value."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from curation.adjudication.decisions import Ballot, several
from curation.errors import require_columns

EMPTY = ""
"""How a model calls an empty field: it is one of the values that an annotator may give."""

Codes = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Votes:
    """Votes as three columns of codes of the same length: places in `items`, `annotators` and `values`.

    Items and annotators are sorted by name and the votes by item, annotator and value, so that nothing depends on
    the order of the input. Values stand in codebook order. An annotator may vote on an item more than once.
    """

    items: Sequence[str]
    annotators: tuple[str, ...]
    values: tuple[str, ...]
    item: Codes = field(repr=False)
    annotator: Codes = field(repr=False)
    value: Codes = field(repr=False)

    @classmethod
    def from_frame(
        cls,
        frame: pd.DataFrame,
        *,
        item: str = "item",
        annotator: str = "annotator",
        value: str = "value",
        values: Sequence[str] = (),
    ) -> Votes:
        """The votes of a long-form frame, one row each; rows without a value are no votes.

        `values` is the codebook order. Raises `E_MISSING_COLUMN` for a column that is not there.
        """
        require_columns(frame.columns, (item, annotator, value))
        kept = frame.loc[frame[value].notna(), [item, annotator, value]]
        return _sorted(kept[item], kept[annotator], kept[value], values)

    @classmethod
    def of_ballots(cls, ballots: Mapping[str, Iterable[Ballot]], values: Sequence[str] = ()) -> Votes:
        """The votes on a field that takes one value, by item; an empty field is the value `EMPTY`."""
        rows = [
            (name, ballot.annotator, ", ".join(sorted(several(ballot.value))) or EMPTY)
            for name, each in ballots.items()
            for ballot in each
        ]
        frame = pd.DataFrame(rows, columns=["item", "annotator", "value"], dtype=object)
        return _sorted(frame["item"], frame["annotator"], frame["value"], values)

    def counts(self) -> NDArray[np.float64]:
        """How many votes each value got: items by values."""
        flat = self.item * len(self.values) + self.value
        size = len(self.items) * len(self.values)
        found: NDArray[np.float64] = np.bincount(flat, minlength=size).astype(float)
        return found.reshape(len(self.items), len(self.values))

    def shares(self) -> NDArray[np.float64]:
        """The share of its votes that each value got: items by values. It is where the models begin."""
        counts = self.counts()
        totals: NDArray[np.float64] = np.maximum(counts.sum(axis=1, keepdims=True), 1)
        return counts / totals


def _sorted(items: pd.Series, annotators: pd.Series, values: pd.Series, declared: Sequence[str]) -> Votes:
    item, item_names = pd.factorize(items, sort=True)
    annotator, annotator_names = pd.factorize(annotators, sort=True)
    value, value_names = pd.factorize(values)
    given = [str(name) for name in value_names]
    known = [name for name in dict.fromkeys(declared) if name in given]
    order = [*known, *sorted(set(given) - set(known) - {EMPTY}), *([EMPTY] if EMPTY in set(given) - set(known) else [])]
    places = np.array([order.index(name) for name in given], dtype=np.int64)
    codes = places[value] if len(given) else value.astype(np.int64)
    flat = (item * max(len(annotator_names), 1) + annotator) * max(len(order), 1) + codes
    rank = np.argsort(flat, kind="stable")
    return Votes(
        [str(name) for name in item_names],
        tuple(str(name) for name in annotator_names),
        tuple(order),
        item[rank].astype(np.int64),
        annotator[rank].astype(np.int64),
        codes[rank],
    )
