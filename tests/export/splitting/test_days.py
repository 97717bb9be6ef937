"""Splits by time: where they are cut, which dates are held out, and that cuts stay."""

from __future__ import annotations

from collections import Counter

import pytest

from curation.errors import CurationError
from curation.export.splitting import Member, plan
from curation.export.splitting.days import cut, day, days, side

SHARES = {"train": 0.6, "validation": 0.2, "test": 0.2}


def dated(*dates: str | None) -> list[Member]:
    return [Member(f"a{number:03d}", f"a{number:03d}", published_at=date) for number, date in enumerate(dates)]


@pytest.mark.parametrize(
    ("date", "meant"),
    [
        ("2026-03-02", ("2026-03-02", "2026-03-02")),
        ("2026-03-02T09:14:00Z", ("2026-03-02", "2026-03-02")),
        ("2026-03-02T23:30:00-05:00", ("2026-03-03", "2026-03-03")),
        ("2026-03-02T00:30:00+02:00", ("2026-03-01", "2026-03-01")),
        ("2026-03-02T23:30:00", ("2026-03-02", "2026-03-02")),
        ("2024-02", ("2024-02-01", "2024-02-29")),
        ("2026", ("2026-01-01", "2026-12-31")),
        ("2026-13", None),
        ("spring 2026", None),
        ("0001-01-01T00:00:00+10:00", None),
        ("", None),
        (None, None),
    ],
)
def test_the_days_that_a_date_may_mean(date, meant):
    assert days(date) == meant
    assert day(date) == (meant[0] if meant and meant[0] == meant[1] else None)


def test_cuts_are_between_days_as_near_to_the_shares_as_can_be():
    found = [(f"2026-01-{day:02d}",) * 2 for day in range(1, 11)]
    assert cut(found, SHARES) == {"validation": "2026-01-07", "test": "2026-01-09"}
    assert cut(found[:3], SHARES) == {"validation": "2026-01-02", "test": "2026-01-03"}
    assert cut(found[:2], SHARES) is None
    assert cut([*found, None, ("2026-01-01", "2026-12-31")], SHARES) == cut(found, SHARES)
    assert cut([found[0]] * 90 + found[1:3], SHARES) == {"validation": "2026-01-02", "test": "2026-01-03"}


def test_a_date_that_may_mean_days_of_two_splits_falls_into_none():
    cuts, order = {"validation": "2026-03-10", "test": "2026-04-01"}, list(SHARES)
    assert side(("2026-03-09", "2026-03-09"), cuts, order) == "train"
    assert side(("2026-03-10", "2026-03-10"), cuts, order) == "validation"
    assert side(("2026-04-01", "2026-04-30"), cuts, order) == "test"
    assert side(("2026-03-01", "2026-03-31"), cuts, order) is None


def test_the_earliest_come_first_and_the_rest_is_held_out_with_its_reason():
    found = dated(*(f"2026-01-{day:02d}" for day in range(1, 31)), None, "2026-01", "2025")
    made = plan(found, shares=SHARES, seed="s", by=["time"])
    assert made.cuts == {"validation": "2026-01-19", "test": "2026-01-25"}
    assert Counter(made.splits.values()) == {"train": 19, "validation": 6, "test": 6}
    assert made.splits["a032"] == "train", "a year that lies wholly before the first cut"
    assert made.held_out == {"a030": "undated", "a031": "vague_date"}
    assert made.reasons == {"undated": 1, "vague_date": 1}


def test_of_copies_in_two_splits_the_earlier_ones_stay():
    found = dated(*(f"2026-01-{day:02d}" for day in range(1, 31)))
    for late, early in ((29, 2), (28, 20), (21, 3)):
        found[late] = Member(f"a{late:03d}", f"a{early:03d}", published_at=found[late].published_at)
    made = plan(found, shares=SHARES, seed="s", by=["time"])
    assert made.held_out == {"a021": "later_copy", "a028": "later_copy", "a029": "later_copy"}


def test_cuts_stay_when_later_articles_come_and_a_changed_date_holds_out():
    found = dated(*(f"2026-01-{day:02d}" for day in range(1, 31)))
    first = plan(found, shares=SHARES, seed="s", by=["time"])
    more = [*found[1:], Member("a000", "a000", published_at="2026-01-30"), Member("new", "new", published_at="2027")]
    again = plan(more, shares=SHARES, seed="s", by=["time"], before=first.splits, cuts=first.cuts)
    assert again.cuts == first.cuts
    assert again.splits == {**{one: split for one, split in first.splits.items() if one != "a000"}, "new": "test"}
    assert again.held_out == {"a000": "redated"}


@pytest.mark.parametrize(
    ("dates", "message"),
    [
        (["2026-01-01"] * 20 + ["2026-01-02"] * 20, "3 splits by time need articles of as many days, and there are 2"),
        ([None, "2026"], "and there are 0"),
        (["2026-01-01"] * 50 + ["2026-01-02", "2026-01-03"], "validation would have 2% in the place of 20%"),
    ],
)
def test_what_cannot_be_cut_is_refused(dates, message):
    with pytest.raises(CurationError, match=message) as caught:
        plan(dated(*dates), shares=SHARES, seed="s", by=["time"])
    assert caught.value.code == "E_SPLIT_GROUPS"
