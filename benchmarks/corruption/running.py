"""Break many annotations, find what is wrong with them, and count what was missed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from random import Random

from benchmarks.corruption.breaking import WAYS, Broken, broken
from benchmarks.corruption.grip import Way
from benchmarks.corruption.valid import Case, valid
from curation.catalog import Task
from curation.records import Finding

Judge = Callable[[Case], Collection[Finding]]
_KEPT = 100


@dataclass(slots=True)
class Tally:
    """How often each way was tried and caught, and how valid annotations fared.

    `missed` shows the first few annotations that were misjudged: in which ways they were broken (none: a valid one),
    what must be found and what was.
    """

    tried: Counter[str] = field(default_factory=Counter)
    caught: Counter[str] = field(default_factory=Counter)
    pairs: int = 0
    pairs_caught: int = 0
    valid: int = 0
    false_alarms: int = 0
    crashes: int = 0
    missed: list[str] = field(default_factory=list)

    @property
    def mutated(self) -> int:
        """How many annotations were broken."""
        return self.tried.total() + self.pairs

    @property
    def is_clean(self) -> bool:
        """Whether everything was caught, and nothing beside it."""
        return self.tried == self.caught and self.pairs == self.pairs_caught and not self.false_alarms + self.crashes

    def __add__(self, other: Tally) -> Tally:
        return Tally(
            self.tried + other.tried,
            self.caught + other.caught,
            self.pairs + other.pairs,
            self.pairs_caught + other.pairs_caught,
            self.valid + other.valid,
            self.false_alarms + other.false_alarms,
            self.crashes + other.crashes,
            [*self.missed, *other.missed][:_KEPT],
        )


def run(
    judge: Judge,
    task: Task,
    *,
    seed: int,
    mutated: int,
    valid_ones: int,
    pairs: float = 0.25,
    ways: Sequence[Way] = WAYS,
    counted: bool = True,
) -> Tally:
    """Judge so many broken annotations, each way in turn, and so many valid ones.

    `pairs` is the share of the broken ones that are broken in two ways at once. Unless `counted`, one finding of a code
    stands for several.
    """
    random = Random(seed)
    tally = Tally()
    for one in _broken(random, task, mutated, pairs, ways):
        found = _judged(judge, one.case, tally, one.ways)
        caught = found is not None and not one.missed(found, counted=counted)
        if not caught and found is not None:
            _tell(tally, one.ways, f"{dict(one.must)}, found {dict(found)}")
        if len(one.ways) == 1:
            tally.tried[one.ways[0].name] += 1
            tally.caught[one.ways[0].name] += caught
        else:
            tally.pairs += 1
            tally.pairs_caught += caught
    for number in range(valid_ones):
        found = _judged(judge, valid(random, task, rich=number % 4 == 0), tally, ())
        tally.valid += 1
        if found:
            tally.false_alarms += 1
            _tell(tally, (), f"nothing, found {dict(found)}")
    return tally


def _broken(random: Random, task: Task, mutated: int, pairs: float, ways: Sequence[Way]) -> Iterator[Broken]:
    made = 0
    while made < mutated:
        way = ways[made % len(ways)]
        made += 1
        both = random.random() < pairs
        one = broken(random, task, way, random.choice(ways)) if both else None
        # Some ways do not go together.
        one = one or broken(random, task, way)
        if one is None:
            raise ValueError(f"no annotation could be broken in the way {way.name!r}")
        yield one


def _judged(judge: Judge, case: Case, tally: Tally, ways: Sequence[Way]) -> Counter[str] | None:
    try:
        return Counter(found.code for found in judge(case))
    except Exception as error:
        tally.crashes += 1
        _tell(tally, ways, f"no crash, found {type(error).__name__}: {error}")
        return None


def _tell(tally: Tally, ways: Sequence[Way], told: str) -> None:
    if len(tally.missed) < _KEPT:
        tally.missed.append(f"{' + '.join(way.name for way in ways) or 'a valid one'}: must find {told}")
