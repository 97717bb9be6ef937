"""The arithmetic of progress, on cases counted by hand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from curation.studio.progress import Mark, Tally

NOW = datetime(2026, 12, 2, 15, 0, tzinfo=UTC)
"""A Wednesday."""


def mark(item: int, who: str | None, status="submitted", *, ago: float = 1, seconds: float | None = None) -> Mark:
    """Something done so many hours before NOW."""
    return Mark(item, who, status, at=NOW - timedelta(hours=ago), touched=None, seconds=seconds)


def tally(*marks: Mark, overlaps=None, items: int | None = None, default: int = 2, now=NOW, **more) -> Tally:
    overlaps = dict.fromkeys(range(1, 5), default) if overlaps is None else overlaps
    return Tally(marks, now=now, overlaps=overlaps, items=len(overlaps) if items is None else items, default=default,
                 **more)  # fmt: skip


def person(found: Tally, who: str | None, deleted: bool | None = False):
    return found.person(who, pseudonym=who, email=None, deleted=deleted)


def test_articles_are_done_at_the_overlap_that_each_was_planned_for():
    marks = [mark(1, "a"), mark(1, "b"), mark(2, "a"), mark(2, "b"), mark(3, "a"), mark(4, "a", "skipped"),
             mark(4, "b", "draft")]  # fmt: skip
    work = tally(*marks, overlaps={1: 2, 2: 4, 3: 1, 4: 2, 5: 2}).work()
    assert (work.articles, work.done, work.begun, work.untouched) == (5, 2, 1, 2)
    assert (work.submitted, work.skipped, work.missing) == (5, 1, 2 + 2 + 2)
    assert work.overlaps == {1: 1, 2: 3, 4: 1}


def test_the_same_person_twice_is_one_annotator_and_more_than_planned_fill_no_other_article():
    work = tally(mark(1, "a"), mark(1, "a"), mark(2, "a"), mark(2, "b"), mark(2, "c")).work()
    assert (work.done, work.begun, work.missing, work.submitted) == (1, 1, 1 + 2 + 2, 5)


def test_what_deleted_accounts_did_counts_one_by_one():
    found = tally(mark(1, None), mark(1, None), mark(2, None))
    assert found.has_nameless
    assert found.people == []
    assert (found.work().done, found.work().begun) == (1, 1)
    nobody = found.person(None, pseudonym=None, email=None, deleted=True)
    assert (nobody.submitted, nobody.left) == (3, 0)


def test_left_is_what_the_server_can_still_hand_to_somebody():
    marks = [mark(1, "a"), mark(1, "b"), mark(2, "a"), mark(3, "a", "skipped"), mark(4, "b", "draft")]
    found = tally(*marks, items=6)
    assert person(found, "a").left == 3  # 4 and the two that others sent; not 1, 2 and 3
    assert person(found, "b").left == 5  # all but 1, which is done; a draft is not handed in
    assert person(found, "new").left == 5
    assert person(found, "a", deleted=True).left == 0


def test_skips_are_taken_as_the_project_takes_them():
    marks = (mark(3, "a", "skipped"), mark(3, "b"))
    for skips, left, done, missing in (("pass", 3, 0, 7), ("return", 4, 0, 7), ("count", 3, 1, 6)):
        found = tally(*marks, skips=skips)
        assert (person(found, "a").left, found.work().done, found.work().missing) == (left, done, missing)


def test_minutes_are_the_median_so_that_a_lunch_break_changes_little():
    spent = [120, 180, 240, 3 * 3600, None, 0, -5]
    found = person(tally(*(mark(1, "a", seconds=one) for one in spent)), "a")
    assert found.minutes == 3.5
    assert person(tally(mark(1, "a")), "a").minutes is None
    assert person(tally(mark(1, "a", "skipped", seconds=60), mark(2, "a", "draft", seconds=60)), "a").minutes is None


def test_today_begins_at_midnight_where_the_curator_is_and_the_week_on_monday():
    marks = [mark(1, "a", ago=1), mark(2, "a", ago=15.5), mark(3, "a", ago=62.9), mark(4, "a", ago=63.1)]
    found = person(tally(*marks), "a")
    assert (found.today, found.week, found.submitted) == (1, 3, 4)
    east = NOW.astimezone(timezone(timedelta(hours=2)))
    assert person(tally(*marks, now=east), "a").today == 2
    assert person(tally(*marks, now=east), "a").week == 4


def test_last_is_the_last_of_whatever_was_done_changes_and_drafts_too():
    found = tally(
        Mark(1, "a", "submitted", at=NOW - timedelta(days=3), touched=NOW - timedelta(days=1)),
        Mark(2, "a", "draft", at=NOW - timedelta(days=2), touched=NOW - timedelta(hours=2)),
        Mark(3, "b", "submitted"),
    )
    assert person(found, "a").last == NOW - timedelta(hours=2)
    assert person(found, "b").last is None
    assert (person(found, "b").today, person(found, "b").submitted) == (0, 1)


@pytest.mark.parametrize(
    ("ages", "pace", "days"),
    [
        ([1], 1.0, 1.0),  # begun an hour ago: a day's work so far, not 24 times as much
        ([1, 20, 47, 48], 2.0, 2.0),
        ([1, 2, 100, 24 * 30], round(3 / 7, 2), 7.0),
        ([24 * 8], None, 7.0),
        ([], None, 7.0),
    ],
)
def test_the_pace_is_that_of_the_last_seven_days_or_since_the_beginning(ages, pace, days):
    work = tally(*(mark(1, f"p{number}", ago=ago) for number, ago in enumerate(ages))).work()
    assert (work.pace, work.pace_days) == (pace, days)


def test_what_is_left_takes_days_at_the_pace_and_hours_at_the_median():
    marks = [mark(1, "a", ago=24, seconds=300), mark(1, "b", ago=2, seconds=300)]
    work = tally(*marks, overlaps=dict.fromkeys(range(1, 12), 2)).work()
    assert (work.missing, work.pace, work.days_left, work.hours_left) == (20, 2.0, 10.0, 1.67)
    done = tally(*marks, overlaps={1: 2}).work()
    assert (done.missing, done.days_left, done.hours_left) == (0, 0.0, 0.0)
    assert tally().work().days_left is None


def test_counts_alone_leave_the_pace_open():
    work = tally(mark(1, "a", seconds=60)).work().with_counts(done=1, begun=1, submitted=3, skipped=2)
    assert (work.done, work.begun, work.untouched, work.missing, work.skipped) == (1, 1, 2, 5, 2)
    assert (work.pace, work.days_left, work.hours_left) == (None, None, 0.08)


def test_a_project_without_articles_is_counted_too():
    work = tally(overlaps={}).work()
    assert (work.articles, work.missing, work.overlaps, work.days_left) == (0, 0, {}, 0.0)
