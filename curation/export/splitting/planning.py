"""Plan which article goes into which split: what was in one stays there, and nothing that is tied stands in two."""

from __future__ import annotations

import hashlib
import json
from collections import Counter, deque
from collections.abc import Callable, Iterable, Mapping, Sequence

from curation.catalog import GroupedBy
from curation.errors import CurationError
from curation.export.splitting.apportioning import Apportioning
from curation.export.splitting.days import cut, days, side
from curation.export.splitting.members import Member, Plan, Reason
from curation.export.splitting.ties import Ties, groups, loosened, ties

Near = Callable[[str, str], bool]

LEAST = 0.5
"""The part of its share that a split must get, else groups by outlet, actor, topic or time are refused."""


def rules(shares: Mapping[str, float], seed: str, by: Sequence[GroupedBy], *, stratify: bool) -> str:
    """A hash of what an export says about its splits: while it is the same, no article moves."""
    said = [list(shares.items()), seed, sorted(by), stratify]
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()


def require_possible(by: Sequence[GroupedBy]) -> None:
    """Raise `E_DEFINITION` for groups that contradict each other."""
    others = [one for one in by if one != "time"]
    if "time" in by and others:
        raise CurationError(
            "E_DEFINITION",
            f"splits by time and by {' and '.join(others)} contradict each other: who was in the news before the cut is"
            " in the news after it, and all of that would be held out",
            fix="Keep one of them in [split] by; the card says how far the splits overlap in the others.",
        )


def plan(
    members: Iterable[Member],
    *,
    shares: Mapping[str, float],
    seed: str,
    by: Sequence[GroupedBy] = (),
    stratify: bool = True,
    before: Mapping[str, str] | None = None,
    cuts: Mapping[str, str] | None = None,
    near: Near | None = None,
) -> Plan:
    """The splits of `members`, whatever their order, by `shares` that sum to 1, in the order of the splits.

    `before` says which split articles were in by an earlier plan of the same `rules`, and `cuts` where that one cut the
    time: none of them moves, and others join what they are tied to. What is tied to several splits is held out, and so
    is what was published already, on the side where there is less of it, when a change of the article ties it to
    another split. `near` says whether two articles are copies; it is asked where a cluster has come to stand in several
    splits, and without it all of such a cluster count as copies of each other.

    Raises `E_DEFINITION` for groups that contradict each other, `E_SPLIT_GROUPS` where no article was split before and
    they leave a split less than half of its share.
    """
    require_possible(by)
    known = {member.article_id: member for member in sorted(members, key=lambda one: one.article_id)}
    placed = {one: before[one] for one in known if one in before} if before else {}
    asked = [one for one in by if one != "time"]
    found = ties(known.values(), asked)
    if near is not None and placed:
        found = loosened(found, known.values(), placed, near)
    planning = _Planning(known, shares, found, placed)
    if "time" in by:
        cuts = planning.by_time(cuts)
    else:
        planning.untie()
        planning.join()
        planning.apportion(found, seed, stratify=stratify)
        if asked and not placed and planning.poor():
            # Wire copy ties all outlets together: rather than that, copies in other splits are held out.
            planning = _Planning(known, shares, found, {})
            planning.apportion(ties(known.values(), asked, copies=False), seed, stratify=stratify)
            planning.untie()
    if by and not placed:
        planning.require_shares(by, ties(known.values(), asked, copies=False))
    return Plan(
        {one: planning.splits[one] for one in known if one in planning.splits},
        {one: planning.held_out[one] for one in known if one in planning.held_out},
        dict(cuts or {}),
    )


class _Planning:
    """A plan while it is made. `owner` has the split of every tie that an article in a split has."""

    def __init__(
        self, known: Mapping[str, Member], shares: Mapping[str, float], found: Ties, placed: Mapping[str, str]
    ) -> None:
        self.known = known
        self.shares = shares
        self.splits = dict(placed)
        self.held_out: dict[str, Reason] = {}
        self.owner: dict[str, str] = {}
        self.ties = found

    def untie(self) -> None:
        """Hold out what was published and is tied to another split by now, so that each tie has one owner."""
        torn: set[str] = set()
        for one, split in self.splits.items():
            torn.update(tie for tie in self.ties[one] if self.owner.setdefault(tie, split) != split)
        if not torn:
            return
        holders: dict[str, list[str]] = {tie: [] for tie in sorted(torn)}
        for one in self.splits:
            for tie in torn.intersection(self.ties[one]):
                holders[tie].append(one)
        for ids in holders.values():
            there = Counter(self.splits[one] for one in ids if one in self.splits)
            if not there:
                continue
            # Of as many, the smaller split keeps its own: what models are tested with is rarer.
            owner = min(there, key=lambda split: (-there[split], self.shares[split], split))
            for one in ids:
                if self.splits.get(one, owner) != owner:
                    del self.splits[one]
                    self.held_out[one] = "tied"
        self.owner = {tie: split for one, split in self.splits.items() for tie in self.ties[one]}

    def join(self) -> None:
        """Put what is tied to one split into it, and hold out what is tied to several."""
        if not self.owner:
            return
        holders: dict[str, list[str]] = {}
        for one in self._open():
            for tie in self.ties[one]:
                holders.setdefault(tie, []).append(one)
        queue = deque(one for one in self._open() if any(tie in self.owner for tie in self.ties[one]))
        while queue:
            one = queue.popleft()
            if one in self.splits or one in self.held_out:
                continue
            owners = {self.owner[tie] for tie in self.ties[one] if tie in self.owner}
            if len(owners) > 1:
                self.held_out[one] = "tied"
                continue
            self.splits[one] = next(iter(owners))
            for tie in self.ties[one]:
                if tie not in self.owner:
                    self.owner[tie] = self.splits[one]
                    queue.extend(holders[tie])

    def apportion(self, found: Ties, seed: str, *, stratify: bool) -> None:
        """Put what is in no split yet into one, in the groups that `found` ties together."""
        strata = {
            one: member.strata if stratify else () for one, member in self.known.items() if one not in self.held_out
        }
        apportioning = Apportioning(self.shares, strata.values())
        for split in self.shares:
            apportioning.add(split, [strata[one] for one, where in self.splits.items() if where == split])
        made = groups(self._open(), found)
        named = [(group[0], [strata[one] for one in group]) for group in made]
        for group, split in zip(made, apportioning.place(named, seed), strict=True):
            self.splits.update(dict.fromkeys(group, split))

    def by_time(self, cuts: Mapping[str, str] | None) -> Mapping[str, str]:
        """Put every article where its date belongs, but for copies of what stands elsewhere; returns the cuts."""
        dated = {one: days(member.published_at) for one, member in self.known.items()}
        found = cuts or cut(dated.values(), self.shares)
        if found is None:
            distinct = len({one for one in dated.values() if one is not None and one[0] == one[1]})
            raise CurationError(
                "E_SPLIT_GROUPS",
                f"{len(self.shares)} splits by time need articles of as many days, and there are {distinct}",
                fix="Take `time` out of [split] by in export.toml, or publish more articles.",
            )
        order = list(self.shares)
        sides = {one: when and side(when, found, order) for one, when in dated.items()}
        for one, split in list(self.splits.items()):
            if sides[one] != split:
                del self.splits[one]
                self.held_out[one] = "redated"
        self.untie()
        # The earlier split comes first, so that of copies in two splits the earlier ones stay.
        for one in sorted(self._open(), key=lambda one: (order.index(sides[one] or order[0]), one)):
            where = sides[one]
            if where is None:
                self.held_out[one] = "undated" if dated[one] is None else "vague_date"
            elif any(self.owner.get(tie, where) != where for tie in self.ties[one]):
                self.held_out[one] = "later_copy"
            else:
                self.splits[one] = where
                self.owner.update(dict.fromkeys(self.ties[one], where))
        return found

    def poor(self) -> list[str]:
        """The splits that have less than half of their share, of one article or more, the poorest first."""
        has, total = Counter(self.splits.values()), len(self.splits)
        due = {split: share * total for split, share in self.shares.items()}
        found = [split for split in due if due[split] >= 1 and has[split] < LEAST * due[split]]
        return sorted(found, key=lambda split: has[split] / due[split])

    def require_shares(self, by: Sequence[GroupedBy], found: Ties) -> None:
        """Raise `E_SPLIT_GROUPS` if groups leave a split too little; `found` has the ties that make the groups."""
        poor, total = self.poor(), len(self.splits)
        if not poor:
            return
        has = sum(split == poor[0] for split in self.splits.values()) / total
        what = "too many articles are of one day"
        if "time" not in by:
            sizes = [len(group) for group in groups(self.known, found)]
            what = (
                f"{len(self.known)} articles hang together in {len(sizes)} groups, the largest with"
                f" {max(sizes) / len(self.known):.0%} of them"
            )
        raise CurationError(
            "E_SPLIT_GROUPS",
            f"by {' and '.join(by)}, {what}: {poor[0]} would have {has:.0%} in the place of {self.shares[poor[0]]:.0%}",
            fix=f"Take {' or '.join(f'`{one}`' for one in by)} out of [split] by in export.toml (the card says how far"
            " the splits overlap then), or declare fewer splits.",
        )

    def _open(self) -> list[str]:
        return [one for one in self.known if one not in self.splits and one not in self.held_out]
