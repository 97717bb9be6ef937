"""Splits by time: which days an article's date may mean, where the splits are cut, and on which side a date falls."""

from __future__ import annotations

import calendar
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime

_PARTIAL = re.compile(r"(\d{4})(?:-(\d\d))?", re.ASCII)

Days = tuple[str, str]
"""The first and the last day (UTC) that a date may mean, as YYYY-MM-DD."""


def days(published_at: str | None) -> Days | None:
    """The days that a date in ISO 8601 may mean: of a year or a month all of it; None where it is no date.

    A time with a zone is on the day that it was then in UTC, so that no later moment is before an earlier one.
    """
    if published_at is None:
        return None
    try:
        partial = _PARTIAL.fullmatch(published_at)
        if partial:
            year, month = int(partial[1]), partial[2]
            first, last = (int(month), int(month)) if month else (1, 12)
            end = calendar.monthrange(year, last)[1]
            return date(year, first, 1).isoformat(), date(year, last, end).isoformat()
        moment = datetime.fromisoformat(published_at)
        day = (moment.astimezone(UTC) if moment.tzinfo else moment).date().isoformat()
    except (ValueError, OverflowError):
        return None
    return day, day


def day(published_at: str | None) -> str | None:
    """The day (UTC), as YYYY-MM-DD, of a date in ISO 8601; None where it is not known to the day."""
    known = days(published_at)
    return known[0] if known is not None and known[0] == known[1] else None


def cut(dated: Iterable[Days | None], shares: Mapping[str, float]) -> dict[str, str] | None:
    """The first day of every split but the first, so that shares come out as nearly as whole days allow.

    Only dates with a day count. None if there are fewer days than splits.
    """
    counts = Counter(one[0] for one in dated if one is not None and one[0] == one[1])
    found = sorted(counts)
    total, later = counts.total(), list(shares)[1:]
    if len(found) <= len(later):
        return None
    before = [0]
    for day in found:
        before.append(before[-1] + counts[day])
    cuts: dict[str, str] = {}
    place, wanted = 0, 0.0
    for number, (split, share) in enumerate(zip(later, shares.values(), strict=False)):
        wanted += share * total
        possible = range(place + 1, len(found) - (len(later) - number) + 1)
        place = min(possible, key=lambda one: (abs(before[one] - wanted), one))
        cuts[split] = found[place]
    return cuts


def side(dated: Days, cuts: Mapping[str, str], splits: Sequence[str]) -> str | None:
    """The split that a date falls into; None if it may mean days of two splits."""
    first, last = (sum(cuts[split] <= day for split in splits[1:]) for day in dated)
    return splits[first] if first == last else None
