"""Which entries of the codebook are unclear: what all confuse, and not what one annotator does.

Three questions are asked, by what an entry is. In each, the counts are of pairs of votes on one item, weighted so that
an item with m votes has the weight of m (as in Krippendorff's coincidences), and compared article by article.

- Two values of a field with three or more: are they confused oftener than the disagreement in the field explains? How
  reliable annotators are says how often they differ; if that were all, it would fall on pairs of values by how common
  these are (as 2 p q) or evenly on the wrong ones (as p + q). The larger of the two is expected.
- The two values of a field with no more: is alpha below .667, from where Krippendorff (2004, p. 241) lets one draw
  tentative conclusions? Here any disagreement is between the two, so that there is nothing to compare it with.
- A label of mentions or relations, a value of a field that takes several: is it disputed whether it is there oftener
  than it is of the others of its kind?

An entry is unclear if the answer is yes with a p-value, adjusted by Holm's method over all entries, of at most .05,
also without any one annotator (the largest of these p-values counts); if the excess is half as much again as expected;
and if it is 1 in 10 votes on the rarer of two values, or 10 in 100 more than of other entries.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from curation.adjudication.asked import Item
from curation.adjudication.confused import Values
from curation.adjudication.disputed import Seen, There, presences
from curation.adjudication.entries import Entry
from curation.adjudication.examples import Scene
from curation.adjudication.rates import holm
from curation.adjudication.rules import Key
from curation.catalog.codebook import Path

_MARKS: Key = ("mention",)


class Entries:
    """Counts of what the entries of a codebook were taken for. They grow with entries and people, not with articles."""

    def __init__(self) -> None:
        self._values: dict[Key, Values] = {}
        self._there: dict[Key, There] = {}

    def add(self, items: Iterable[Item], scene: Scene) -> None:
        """Count everything that was asked of an article."""
        listed: dict[Key, list[Item]] = {}
        there: dict[Key, list[Seen]] = {}
        for item in items:
            if item.question.listed:
                listed.setdefault(item.question.key, []).append(item)
                self._values.setdefault(item.question.key, Values(item.question))
            else:
                for kind, path, people in presences(item):
                    there.setdefault(kind, []).append((path, item, people))
        for key, of_field in listed.items():
            self._values[key].count(of_field, scene)
        for kind, seen in there.items():
            self._there.setdefault(kind, There()).count(seen, scene)
        if _MARKS in there:
            self._there[_MARKS].rivals(there[_MARKS], scene)

    def found(self, places: Mapping[Path, tuple[int, str]]) -> tuple[Entry, ...]:
        """All entries, the unclear ones first. `places` has the line and the wording of each in the codebook."""
        kinds: list[Values | There] = [*self._values.values(), *self._there.values()]
        tests = {test.name: test for kind in kinds for test in kind.tests()}
        asked = [test for test in tests.values() if not test.reason]
        adjusted = {test.name: p for test, p in zip(asked, holm([test.p for test in asked]), strict=True)}
        found = [entry for kind in kinds for entry in kind.entries(tests, adjusted)]
        placed = [replace(one, line=places[one.path][0], wording=places[one.path][1]) if one.path in places else one
                  for one in found]  # fmt: skip
        return tuple(sorted(placed, key=_rank))


def _rank(one: Entry) -> tuple[object, ...]:
    return (
        not one.unclear,
        one.unclear is None,
        round(one.p, 9) if one.unclear and one.p else 0,
        -round(one.contested or 0.0, 9),
        one.path,
        one.question,
    )
