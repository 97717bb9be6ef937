"""Counts what Label Studio's rows say, from their JSON alone: nothing of the package takes part in it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

Rows = Iterable[Mapping[str, Any]]


def said(results: Mapping[Any, Rows]) -> dict[str, Counter[tuple[Any, ...]]]:
    """Each mention, value and relation of the annotations, by the annotation's id, where it stands, and its name.

    Values have no control: a migration may give them another one.
    """
    mentions: Counter[tuple[Any, ...]] = Counter()
    values: Counter[tuple[Any, ...]] = Counter()
    relations: Counter[tuple[Any, ...]] = Counter()
    for annotation, rows in results.items():
        for row in rows:
            if row["type"] == "relation":
                relations.update((annotation, row["from_id"], row["to_id"], one) for one in row["labels"])
            elif row["type"] == "labels":
                mentions.update((annotation, row["id"], one) for one in row["value"]["labels"])
            else:
                given = row["value"].get("choices") or row["value"].get("text")
                given = [given] if isinstance(given, str) else given
                values.update((annotation, row["id"], one) for one in given)
    return {"mention": mentions, "value": values, "relation": relations}


def named(counts: Counter[tuple[Any, ...]], *names: str) -> int:
    """How many have one of these names."""
    return sum(number for key, number in counts.items() if key[-1] in names)


def fewer(before: dict[str, Counter[tuple[Any, ...]]], after: dict[str, Counter[tuple[Any, ...]]]) -> dict[str, int]:
    """How many mentions, values and relations there are less than before."""
    return {kind: before[kind].total() - after[kind].total() for kind in before}


def told(losses: Mapping[str, int], ending: str = "dropped") -> dict[str, int]:
    """What a report says of losses, summed up: of what is dropped, or merged with something else."""
    sums = dict.fromkeys(("mention", "value", "relation"), 0)
    for what, count in losses.items():
        if ("told from" in what) == (ending == "merged"):
            sums[what.split()[0]] += count
    return sums
