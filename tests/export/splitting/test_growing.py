"""A dataset that grows: whatever comes, nothing that was published moves, and nothing alike stands in two splits."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import replace

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from curation.errors import CurationError
from curation.export.splitting import Member, plan

SHARES = {"train": 0.6, "validation": 0.2, "test": 0.2}


dice = st.integers(0, 2**32).map(random.Random)


class Growing(RuleBasedStateMachine):
    """Texts are points on a line, copies those at most 1 apart; clusters hang together by way of any article there is.

    Articles come, go, come back and change; some of them are never annotated, so that they are in no dataset.
    """

    def __init__(self) -> None:
        super().__init__()
        self.points: dict[str, int] = {}
        self.known: dict[str, Member] = {}
        self.away: set[str] = set()
        self.changed = False
        self.splits: dict[str, str] = {}
        self.cuts: Mapping[str, str] = {}

    @initialize(by=st.sampled_from([(), ("time",), ("outlet",), ("actor", "topic")]), dice=dice)
    def begin(self, by, dice):
        self.by = by
        self.grow(dice)

    @rule(dice=dice)
    def grow(self, dice):
        for _ in range(dice.randrange(1, 16)):
            one = f"a{dice.randrange(1000):03d}-{len(self.known)}"
            self.points[one], name = dice.randrange(80), dice.randrange(40)
            date = f"2026-02-{dice.randrange(1, 29):02d}" if dice.random() < 0.9 else None
            self.known[one] = Member(one, "", f"o{name}", date, (f"p{name}",), (f"t{name % 30}",), dice.choice("ab"))
            if dice.random() < 0.2:
                self.away.add(one)
        self.build()

    @rule(dice=dice)
    def change(self, dice):
        one, name = dice.choice(sorted(self.known)), dice.randrange(40)
        self.points[one] = dice.randrange(80)
        date = f"2026-02-{dice.randrange(1, 29):02d}"
        self.known[one] = replace(self.known[one], outlet=f"o{name}", actors=(f"p{name}", "p1"), published_at=date)
        self.changed = True
        self.build()

    @rule(dice=dice)
    def come_or_go(self, dice):
        some = set(dice.sample(sorted(self.known), min(3, len(self.known))))
        self.away ^= some
        # What comes while an article is away may be tied to it when it is back.
        self.changed = self.changed or not some.isdisjoint(self.splits)
        self.build()

    def build(self):
        """What a build does: plan, look whether all is as promised, keep the plan."""
        members = {
            one: replace(self.known[one], cluster=name) for one, name in self.clusters().items() if one not in self.away
        }
        before = self.splits.keys() & members.keys()
        kept = {"before": self.splits, "cuts": self.cuts, "near": self.near}
        try:
            made = plan(members.values(), shares=SHARES, seed="s", by=self.by, **kept)
        except CurationError:
            assert self.by
            assert not before, "what was published once is never refused later"
            return
        assert made.splits.keys() | made.held_out.keys() == members.keys()
        assert not made.splits.keys() & made.held_out.keys()
        assert {one: self.splits[one] for one in before - made.held_out.keys()}.items() <= made.splits.items(), "moved"
        self.require_apart(made.splits, members)
        if not self.changed and self.by in ((), ("time",)):
            assert not before & made.held_out.keys(), "what was published stays, where nothing changed"
        if not self.changed and not self.by:
            for one in made.held_out:
                sides = {made.splits[other] for other in made.splits if self.near(one, other)}
                assert len(sides) > 1, "only what has copies in two splits is held out"
        assert not self.cuts or made.cuts == self.cuts
        self.splits = {**made.splits, **self.splits}
        self.cuts = made.cuts

    def require_apart(self, splits: Mapping[str, str], members: Mapping[str, Member]) -> None:
        """Nothing that is tied stands in two splits."""
        where: dict[object, set[str]] = {}
        for one, split in splits.items():
            member = members[one]
            keys = [("outlet", member.outlet)] * ("outlet" in self.by)
            keys += [("actor", name) for name in member.actors if "actor" in self.by]
            keys += [("topic", name) for name in member.topics if "topic" in self.by]
            for key in keys:
                where.setdefault(key, set()).add(split)
        assert all(len(found) == 1 for found in where.values())
        ordered = sorted(splits, key=self.points.__getitem__)
        for place, one in enumerate(ordered):
            for other in ordered[place + 1 :]:
                if not self.near(one, other):
                    break
                assert splits[one] == splits[other]
        if "time" in self.by:
            days = {name: [members[one].published_at or "" for one in splits if splits[one] == name] for name in SHARES}
            assert all("" not in found for found in days.values())
            assert max(days["train"], default="") < min(days["validation"], default="x")
            assert max([*days["train"], *days["validation"]], default="") < min(days["test"], default="x")

    def near(self, one: str, other: str) -> bool:
        return abs(self.points[one] - self.points[other]) <= 1

    def clusters(self) -> dict[str, str]:
        """Every article with the name of its cluster."""
        names: dict[str, str] = {}
        last = None
        for one in sorted(self.points, key=lambda one: (self.points[one], one)):
            names[one] = names[last] if last is not None and self.near(last, one) else f"c-{one}"
            last = one
        return names


TestGrowing = Growing.TestCase
TestGrowing.settings = settings(max_examples=60, stateful_step_count=12, deadline=None)
