"""Who has annotated how much and how fast, and what is left: the arithmetic, whatever it was read from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from statistics import median
from typing import Literal

PACE_DAYS = 7
"""So many days back count for the pace at which work is expected to go on."""

Skips = Literal["pass", "return", "count"]
"""What a project does with an article that somebody skipped.

It goes to others in their place, comes back to them, or counts as if they had submitted it.
"""

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Mark:
    """What one person has of an item.

    `who` is their key, None once the account is deleted; `at` when it was handed in, `touched` when it was changed
    last, `seconds` how long the screen was open for it.
    """

    item: int
    who: str | None
    status: Literal["submitted", "skipped", "draft"]
    at: datetime | None = None
    touched: datetime | None = None
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Person:
    """What one annotator has done of a task. The address stays in the workspace.

    Without a pseudonym: somebody of whom nothing was pulled yet, or all accounts that were deleted, which Label Studio
    no longer tells apart. `deleted` is None where the server was not asked. `left` articles can still come to them;
    `minutes` is the median time of an article, None if none was measured.
    """

    pseudonym: str | None
    email: str | None
    deleted: bool | None
    submitted: int
    skipped: int
    drafts: int
    left: int
    minutes: float | None
    today: int
    week: int
    last: datetime | None


@dataclass(frozen=True, slots=True)
class Work:
    """How far the articles of a project are, parts of long ones counted as articles.

    An article is `done` once as many people as planned have submitted it, `begun` once anybody has, `untouched` before
    that. `overlaps` says how many articles go to how many people. Of the annotations planned, `missing` are still to be
    made. `pace` is how many were submitted a day over the last `pace_days`, None if none was; at that pace it takes
    `days_left`. `minutes` is the median time of an article, and `hours_left` what the missing ones take at that.
    """

    articles: int
    done: int
    begun: int
    untouched: int
    overlaps: Mapping[int, int]
    submitted: int
    skipped: int
    missing: int
    pace: float | None
    pace_days: float
    days_left: float | None
    minutes: float | None
    hours_left: float | None

    def with_counts(self, *, done: int, begun: int, submitted: int, skipped: int) -> Work:
        """The same by counts alone, where annotations could not be looked at one by one: so the pace is not known."""
        missing = max(0, sum(overlap * number for overlap, number in self.overlaps.items()) - submitted)
        return replace(
            self,
            done=done,
            begun=begun,
            untouched=max(0, self.articles - done - begun),
            submitted=submitted,
            skipped=skipped,
            missing=missing,
            pace=None,
            days_left=None if missing else 0.0,
            hours_left=_hours(missing, self.minutes),
        )


@dataclass(slots=True)
class _Item:
    """Who has submitted an item, who has skipped it; deleted accounts count one by one."""

    submitted: set[object] = field(default_factory=set)
    skipped: set[object] = field(default_factory=set)

    def filled(self, skips: Skips) -> int:
        """How many of the people planned it has had."""
        return len(self.submitted | self.skipped if skips == "count" else self.submitted)

    def met(self, skips: Skips) -> set[object]:
        """To whom it is not given again."""
        return self.submitted if skips == "return" else self.submitted | self.skipped


class Tally:
    """Counts marks. `overlaps` are the items known and to how many people each goes; more items go to `default`.

    `now` is the time by which days are counted, in the time zone in which they begin.
    """

    def __init__(
        self,
        marks: Iterable[Mark],
        *,
        now: datetime,
        overlaps: Mapping[int, int],
        items: int,
        default: int,
        skips: Skips = "pass",
    ) -> None:
        self._marks: dict[str | None, list[Mark]] = {}
        self._items: dict[int, _Item] = {number: _Item() for number in overlaps}
        for mark in marks:
            self._marks.setdefault(mark.who, []).append(mark)
            item = self._items.setdefault(mark.item, _Item())
            if mark.status != "draft":
                met = item.submitted if mark.status == "submitted" else item.skipped
                met.add(mark.who if mark.who is not None else len(self._marks[None]))
        self._now = now
        self._overlaps = {number: overlaps.get(number, default) for number in self._items}
        self._unknown = max(0, items - len(self._items))
        self._default = default
        self._articles = items
        self._skips = skips
        self._open = {
            number: item for number, item in self._items.items() if item.filled(skips) < self._overlaps[number]
        }
        self._met = Counter(who for item in self._open.values() for who in item.met(skips) if isinstance(who, str))

    @property
    def people(self) -> list[str]:
        """The keys of everybody who has done anything, deleted accounts aside."""
        return sorted(who for who in self._marks if who is not None)

    @property
    def has_nameless(self) -> bool:
        """Whether anything was done by an account that is deleted."""
        return None in self._marks

    def person(self, who: str | None, *, pseudonym: str | None, email: str | None, deleted: bool | None) -> Person:
        """What somebody has done."""
        marks = self._marks.get(who, [])
        submitted = [mark for mark in marks if mark.status == "submitted"]
        times = [mark.at for mark in submitted if mark.at is not None]
        midnight = self._now.replace(hour=0, minute=0, second=0, microsecond=0)
        monday = midnight - self._now.weekday() * _DAY
        left = len(self._open) + self._unknown - self._met[who or ""]
        return Person(
            pseudonym=pseudonym,
            email=email,
            deleted=deleted,
            submitted=len(submitted),
            skipped=sum(mark.status == "skipped" for mark in marks),
            drafts=sum(mark.status == "draft" for mark in marks),
            left=0 if deleted else left,
            minutes=_minutes(submitted),
            today=sum(at >= midnight for at in times),
            week=sum(at >= monday for at in times),
            last=max((time for mark in marks for time in (mark.at, mark.touched) if time is not None), default=None),
        )

    def work(self) -> Work:
        """How far the articles are."""
        submitted = [mark for marks in self._marks.values() for mark in marks if mark.status == "submitted"]
        overlaps = Counter(self._overlaps.values())
        overlaps[self._default] += self._unknown
        begun = sum(bool(item.submitted) for item in self._open.values())
        missing = sum(self._overlaps[number] - item.filled(self._skips) for number, item in self._open.items())
        missing += self._unknown * self._default
        pace, days = self._pace([mark.at for mark in submitted if mark.at is not None])
        done, minutes = len(self._items) - len(self._open), _minutes(submitted)
        return Work(
            articles=self._articles,
            done=done,
            begun=begun,
            untouched=max(0, self._articles - done - begun),
            overlaps={overlap: number for overlap, number in sorted(overlaps.items()) if number},
            submitted=len(submitted),
            skipped=sum(mark.status == "skipped" for marks in self._marks.values() for mark in marks),
            missing=missing,
            pace=pace,
            pace_days=days,
            days_left=_days(missing, pace),
            minutes=minutes,
            hours_left=_hours(missing, minutes),
        )

    def _pace(self, times: Sequence[datetime]) -> tuple[float | None, float]:
        """Annotations a day over the last days, or since the first one if that is later, but at least over a day."""
        recent = [at for at in times if self._now - PACE_DAYS * _DAY <= at]
        if not recent:
            return None, float(PACE_DAYS)
        days = min(max((self._now - min(times)) / _DAY, 1.0), float(PACE_DAYS))
        return round(len(recent) / days, 2), round(days, 2)


def _minutes(marks: Iterable[Mark]) -> float | None:
    """The median: whoever left the screen open over lunch changes little."""
    seconds = [mark.seconds for mark in marks if mark.seconds is not None and mark.seconds > 0]
    return round(median(seconds) / 60, 1) if seconds else None


def _days(missing: int, pace: float | None) -> float | None:
    """How long it takes at that pace; None if that cannot be said."""
    if not missing:
        return 0.0
    return round(missing / pace, 1) if pace else None


def _hours(missing: int, minutes: float | None) -> float | None:
    return None if minutes is None else round(missing * minutes / 60, 2)
