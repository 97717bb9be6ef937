"""Choose the articles of a workspace that go to annotators."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import combinations, islice
from typing import TYPE_CHECKING, NoReturn

from curation.articles.selection.filters import REASONS, day_of, folded, speaks
from curation.articles.selection.overlap import Assigned
from curation.articles.selection.request import Request, SelectResult, Share, Workload
from curation.articles.selection.sampling import VARIABLES, Stratum, rank, sequence, stratum
from curation.errors import CurationError
from curation.records import Progress
from curation.store import Candidate, Chosen

if TYPE_CHECKING:
    from curation.store import Store

_TOLD = 1000


def select(store: Store, request: Request, *, dry_run: bool = False, progress: Progress | None = None) -> SelectResult:
    """Choose articles as `request` says and, unless `dry_run`, write down the choice for the next push.

    Reads every whole article once without its text, and for keywords the texts of those that passed the other filters,
    one at a time. Candidates wait on disk; memory grows with the sample alone. A second run changes nothing.

    Raises `E_USAGE` for a stratum variable that no article has, and if nothing is left to choose: no choice would mean
    that every article goes to annotators. So does a dry run.
    """
    _require_variables(store, request.by)
    passing = _Passing(store, request)
    copies = store.selection.consider(passing.candidates(progress), keep_copies=request.keep_duplicates)
    strata = list(passing.numbers)
    sizes = {strata[number]: count for number, count in store.selection.sizes().items()}
    order = sequence(sizes, seed=request.seed, shares=request.shares, minimum=request.minimum)
    drawn = Counter[Stratum]()
    store.selection.draw(passing.numbers[key] for key in _counted(islice(order, request.size), drawn))
    on_server = store.selection.pushed()
    kept = [] if request.drop_pushed else on_server
    assigned = tuple(_assigned(request, [*store.selection.drawn(), *kept]))
    left_out = {reason: passing.left_out[reason] for reason in REASONS if passing.left_out[reason]}
    if not assigned:
        _refuse(len(store.articles), left_out, passing.unmatched())
    added, removed, changed = _settle(store, request, assigned, dry_run)
    return SelectResult(
        articles=len(store.articles),
        left_out=left_out,
        copies=copies,
        stand_ins=0 if request.keep_duplicates else store.selection.drawn_copies(),
        pool=store.selection.profile("candidates"),
        sample=store.selection.profile("drawn"),
        strata={name: shares(place, sizes, drawn) for place, name in enumerate(request.by)},
        assigned=assigned,
        kept=tuple(kept),
        dropped=tuple(on_server) if request.drop_pushed else (),
        overlap=request.overlap,
        calibration=sum(one.calibration for one in assigned),
        workload=_workload(request, assigned),
        added=added,
        removed=removed,
        changed=changed,
        written=changed and not dry_run,
        short={" / ".join(key): drawn[key] for key in sizes if drawn[key] < request.minimum},
        unmatched=passing.unmatched(),
    )


class _Passing:
    """The articles that pass the filters, with their strata by number, and a count of those that do not."""

    def __init__(self, store: Store, request: Request) -> None:
        self._store = store
        self._request = request
        self.left_out = Counter[str]()
        self.numbers: dict[Stratum, int] = {}
        self._outlets = dict.fromkeys(request.filters.outlets)
        self._languages = dict.fromkeys(request.filters.languages)

    def unmatched(self) -> tuple[str, ...]:
        """The outlets and languages that were asked for and that no article has, in words."""
        return (*(f"outlet {name!r}" for name in self._outlets), *(f"language {name!r}" for name in self._languages))

    def candidates(self, progress: Progress | None) -> Iterator[tuple[Candidate, int, int, str | None]]:
        """Each article that passes, with the number of its stratum, its rank and its date."""
        total = len(self._store.articles)
        for done, one in enumerate(self._store.selection.wholes(), start=1):
            if progress is not None and done % _TOLD == 0:
                progress(done, total)
            self._meet(one)
            reason = self._reason(one)
            if reason is not None:
                self.left_out[reason] += 1
                continue
            key = stratum(
                self._request.by,
                outlet=one.outlet,
                published_at=one.published_at,
                lang=one.lang,
                license=one.license,
                meta=one.meta,
            )
            number = self.numbers.setdefault(key, len(self.numbers))
            yield one, number, rank(one.id, self._request.seed), day_of(one.published_at)

    def _meet(self, one: Candidate) -> None:
        """Strike what the article has off the list of what was asked for."""
        for name in [name for name in self._outlets if folded(name) == folded(one.outlet or "")]:
            del self._outlets[name]
        for name in [name for name in self._languages if speaks(one.lang, name)]:
            del self._languages[name]

    def _reason(self, one: Candidate) -> str | None:
        filters = self._request.filters
        reason = filters.by_fields(
            published_at=one.published_at, outlet=one.outlet, lang=one.lang, characters=one.characters
        )
        if reason is None and filters.reads_texts:
            reason = filters.by_words(*self._store.selection.words(one.id))
        return reason


def _require_variables(store: Store, by: Sequence[str]) -> None:
    columns = [*VARIABLES, *(name for name in store.selection.columns() if name not in VARIABLES)] if by else []
    unknown = [name for name in by if name not in columns]
    if unknown:
        there = ", ".join(columns)
        raise CurationError("E_USAGE", f"no article has a {unknown[0]!r}", fix=f"sample by one of: {there}")


def _refuse(articles: int, left_out: Mapping[str, int], unmatched: Sequence[str]) -> NoReturn:
    if not articles:
        raise CurationError("E_USAGE", "there are no articles yet", fix="curation ingest FOLDER")
    reasons = [f"{number} {reason}" for reason, number in left_out.items()]
    why = ", ".join([*reasons, *(f"no article has the {name}" for name in unmatched)])
    raise CurationError("E_USAGE", f"nothing is left of {articles} articles ({why})", fix="loosen the filters")


def _counted(keys: Iterable[Stratum], tally: Counter[Stratum]) -> Iterator[Stratum]:
    for key in keys:
        tally[key] += 1
        yield key


def _assigned(request: Request, article_ids: Sequence[str]) -> Iterator[Assigned]:
    plan = request.plan
    if plan is not None:
        return plan.assign(article_ids)
    return (Assigned(article_id, (), calibration=False) for article_id in article_ids)


def _settle(store: Store, request: Request, assigned: Sequence[Assigned], dry_run: bool) -> tuple[int, int, bool]:
    """How many articles are new in the choice, how many are gone from it, and whether it differs at all."""
    chosen = [Chosen(one.article_id, len(one.annotators) or request.overlap, one.calibration) for one in assigned]
    before = store.selection.chosen()
    old, new = ({one.article_id for one in choice} for choice in (before, chosen))
    changed = chosen != before
    if changed and not dry_run:
        with store.transaction():
            store.selection.choose(chosen, request.as_json())
    return len(new - old), len(old - new), changed


def shares(place: int, sizes: Mapping[Stratum, int], drawn: Mapping[Stratum, int]) -> tuple[Share, ...]:
    """The stratum variable at that place: how its values share pool and sample, by their number in the pool."""
    pool, sample = Counter[str](), Counter[str]()
    for key, size in sizes.items():
        pool[key[place]] += size
        sample[key[place]] += drawn.get(key, 0)
    return tuple(
        Share(value, number, sample[value]) for value, number in sorted(pool.items(), key=lambda x: (-x[1], x[0]))
    )


def _workload(request: Request, assigned: Sequence[Assigned]) -> Workload | None:
    if not request.annotators:
        return None
    work = Counter(name for one in assigned for name in one.annotators)
    met = Counter(pair for one in assigned for pair in combinations(one.annotators, 2))
    pairs = [met[pair] for pair in combinations(request.annotators, 2)] or [0]
    return Workload({name: work[name] for name in request.annotators}, min(pairs), max(pairs))
