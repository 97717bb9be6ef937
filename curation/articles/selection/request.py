"""What is asked of a selection, and what came of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field

from curation.articles.selection.filters import Filters
from curation.articles.selection.overlap import Assigned, Plan
from curation.articles.selection.sampling import Shares
from curation.errors import CurationError
from curation.store import Profile


@dataclass(frozen=True, slots=True)
class Request:
    """Which articles are to go to annotators, how many, and to how many of them.

    Without `size` all that the filters let through are chosen, in an order of which every beginning is a sample. `by`
    are the stratum variables (see `sampling.stratum`); of every stratum `minimum` articles come first. `annotators` are
    names, of whom `overlap` get each article and all get the first `calibration` ones; `overlap` alone says how many
    get an article without saying who. What is in Label Studio already stays chosen unless `drop_pushed` is set.

    Raises `E_USAGE` for numbers below zero and for a plan that lacks annotators or an overlap.
    """

    size: int | None = None
    by: tuple[str, ...] = ()
    shares: Shares = "proportional"
    minimum: int = 0
    seed: int = 0
    filters: Filters = field(default_factory=Filters)
    annotators: tuple[str, ...] = ()
    overlap: int | None = None
    calibration: int = 0
    keep_duplicates: bool = False
    drop_pushed: bool = False

    def __post_init__(self) -> None:
        for name, least in (("size", 1), ("minimum", 0), ("overlap", 1), ("calibration", 0)):
            value = getattr(self, name)
            if value is not None and value < least:
                raise CurationError("E_USAGE", f"{name} is {value}; it is at least {least}")
        if self.annotators and self.overlap is None:
            raise CurationError("E_USAGE", "annotators are named, but not how many of them get an article (overlap)")
        if self.calibration and not self.annotators:
            raise CurationError("E_USAGE", "a calibration set goes to all annotators: say how many there are")
        _ = self.plan

    @property
    def plan(self) -> Plan | None:
        """Who is to annotate what, where annotators are named."""
        if not self.annotators or self.overlap is None:
            return None
        return Plan(self.annotators, self.overlap, self.calibration, self.seed)

    def as_json(self) -> str:
        """What was asked for, without what was left at its default."""
        asked, default = asdict(self), asdict(Request())
        asked["filters"] = {k: v for k, v in asked["filters"].items() if v != default["filters"][k]}
        return json.dumps({k: v for k, v in asked.items() if v and v != default[k]}, ensure_ascii=False)


@dataclass(frozen=True, slots=True)
class Share:
    """How many articles of the pool and of the sample have one value of a variable."""

    value: str
    pool: int
    sample: int


@dataclass(frozen=True, slots=True)
class Workload:
    """What a plan gives to each annotator, and how many articles the two of a pair share (least and most)."""

    articles: Mapping[str, int]
    least_shared: int
    most_shared: int


@dataclass(frozen=True, slots=True)
class SelectResult:
    """What was chosen, beside what it was chosen from.

    Of the workspace's `articles`, `left_out` counts those that filters dropped, by reason, and `copies` those that
    stand back for another one; `stand_ins` are copies in the sample because the article that they copy was left out.
    `pool` is the rest, `sample` what was drawn of it, and `strata` compares both by each stratum variable. `kept` were
    not drawn and are in Label Studio already: they stay chosen, or are `dropped` on request. `assigned` are all that
    are chosen, in order. `added` and `removed` count what changed against the choice before; `changed` says whether
    anything did, be it the order or the plan, and `written` whether it was written down. `short` are the strata that
    could not give the minimum, and how many articles they gave; `unmatched` says which outlets and languages that were
    asked for no article has.
    """

    articles: int
    left_out: Mapping[str, int]
    copies: int
    stand_ins: int
    pool: Profile
    sample: Profile
    strata: Mapping[str, tuple[Share, ...]]
    assigned: tuple[Assigned, ...]
    kept: tuple[str, ...]
    dropped: tuple[str, ...]
    overlap: int | None
    calibration: int
    workload: Workload | None
    added: int
    removed: int
    changed: bool
    written: bool
    short: Mapping[str, int]
    unmatched: tuple[str, ...]
