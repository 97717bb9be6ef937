"""Dates as sources write them, in ISO 8601. What is no date, or could be two, is said so and never guessed."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta, timezone

EARLIEST = 1600
"""The year before which nothing was published as news: the first newspaper is of 1605."""

_EARLIEST = str(EARLIEST)
_SHOWN = 60
_PARTIAL = re.compile(r"(\d{4})(?:-(\d\d))?", re.ASCII)
# Year, month and day in this order; a date with slashes that begins with the year has no other reading.
_YEAR_FIRST = re.compile(r"(\d{4})([-/.])(\d{1,2})\2(\d{1,2})(?!\d)|(\d{4})年(\d{1,2})月(\d{1,2})日", re.ASCII)
_YEAR_LAST = re.compile(r"(\d{1,2})([-/.])(\d{1,2})\2(\d{4}|\d\d)(?!\d)", re.ASCII)
_DAY_MONTH = re.compile(
    r"(\d{1,2})(?:st|nd|rd|th|er|º|°|\.)?\s*(?:of\s|de\s|-)?\s*([^\W\d_]+)\.?,?\s*(?:de\s|del\s|-)?\s*(\d{4})(?!\d)"
)
_MONTH_DAY = re.compile(r"([^\W\d_]+)\.?\s+(\d{1,2})(?:st|nd|rd|th)?,?\s+(\d{4})(?!\d)")
_MONTH_YEAR = re.compile(r"([^\W\d_]+)\.?,?\s+(?:de\s+|of\s+)?(\d{4})")
_WEEKDAY = re.compile(r"(?:([^\W\d_]+)\.?,\s*|(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*\.?\s)(?=\S)", re.IGNORECASE)
_COMPACT = re.compile(r"(\d{4})(\d\d)(\d\d)(?:T?(\d\d)(\d\d)(\d\d)(Z|[+-]\d{4})?)?", re.ASCII)
_TIME = re.compile(
    r"(?:\s*[T,]\s*|\s+)(?:(?:at|um|à|-)\s+)?(\d{1,2})[:.](\d\d)(?:[:.](\d\d)(?:[.,](\d{1,6})\d*)?)?\s*([AP]\.?M\.?)?"
    r"\s*(?:([+-])(\d\d):?(\d\d)|\(?([A-Z]{1,4})\)?)?",
    re.IGNORECASE | re.ASCII,
)
# The names of zones that RFC 2822, 4.3, gives a meaning, and a few others that have only one; hours from Greenwich.
_ZONES = {"Z": 0, "UT": 0, "UTC": 0, "GMT": 0} | {
    "EDT": -4, "EST": -5, "CDT": -5, "CST": -6, "MDT": -6, "MST": -7, "PDT": -7, "PST": -8,
    "CET": 1, "CEST": 2, "EET": 2, "EEST": 3, "JST": 9,
}  # fmt: skip
_EPOCH = re.compile(r"(\d{9,10}|\d{12,13})(?:\.0+)?", re.ASCII)
# Spreadsheets count days; these lie between 1954 and 2064.
_DAY_NUMBER = re.compile(r"([2-5]\d{4})(?:\.\d+)?", re.ASCII)
_DAY_ZERO = date(1899, 12, 30)
_EPOCH_FROM = datetime(1990, 1, 1, tzinfo=UTC)
_NAMES = """
january february march april may june july august september october november december
jan feb mar apr may jun jul aug sep oct nov dec
januar februar märz april mai juni juli august september oktober november dezember
janvier février mars avril mai juin juillet août septembre octobre novembre décembre
enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre
janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro
gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre
januari februari maart april mei juni juli augustus september oktober november december
jänner feber maerz abr mai jun juil aout sept okt nov dez
"""
_MONTHS = {name: number for line in _NAMES.split("\n") for number, name in enumerate(line.split(), start=1)}


class _Doubt(Exception):
    """Why a value is no date that can be relied on."""


def parse(value: str) -> tuple[str | None, str | None]:
    """The date in `value` in ISO 8601, None where there is none; and what is doubtful about it, None if nothing is.

    A date without a day, or with a time and zone, stays so. Read are ISO 8601 and RFC 2822, a day written with the
    month's name in English, German, French, Spanish, Portuguese, Italian or Dutch, and numbers in an order that leaves
    no doubt: 25/03/2020, 12.03.2020, but not 03/04/2020. A date before 1600 or later than tomorrow is none. Seconds or
    milliseconds since 1970 are a date in UTC, with a note.
    """
    if len(value) == 10 and value[4] == value[7] == "-":
        # The usual case, a day in ISO 8601: read without a regular expression.
        try:
            date.fromisoformat(value)
        except ValueError:
            pass
        else:
            if _EARLIEST <= value <= _latest():
                return value, None
    text = " ".join(value.split())
    try:
        found, note = _epoch(text) or (_read(text), None)
        return _checked(found), note
    except (_Doubt, ValueError, OverflowError) as doubt:
        shown = repr(text if len(text) <= _SHOWN else text[:_SHOWN] + "…")
        return None, f"{shown} {doubt if isinstance(doubt, _Doubt) else 'is no day of the calendar'}"


def _latest() -> str:
    """Tomorrow: somewhere on Earth it is that day already."""
    return date.fromordinal(date.today().toordinal() + 1).isoformat()


def _checked(found: str) -> str:
    """`found`, if it lies between the first newspaper and tomorrow."""
    if found < _EARLIEST:
        raise _Doubt(f"lies before {EARLIEST}")
    if found[:10] > _latest()[: len(found[:10])]:
        raise _Doubt("lies in the future")
    return found


def _read(text: str) -> str:
    partial = _PARTIAL.fullmatch(text)
    if partial is not None:
        date(int(partial[1]), int(partial[2] or 1), 1)
        return text
    compact = _COMPACT.fullmatch(text)
    if compact is not None:
        return _iso(int(compact[1]), int(compact[2]), int(compact[3]), _compact_time(compact))
    weekday = _WEEKDAY.match(text)
    if weekday is not None and (weekday[1] or "").casefold() not in _MONTHS:
        text = text[weekday.end() :]
    for pattern, order in _ORDERS:
        found = pattern.match(text)
        if found is not None:
            return _iso(*order(found), text[found.end() :])
    month = _MONTH_YEAR.fullmatch(text)
    if month is not None:
        return f"{int(month[2]):04d}-{_month(month[1]):02d}"
    days = _DAY_NUMBER.fullmatch(text)
    if days is not None:
        day = _DAY_ZERO + timedelta(days=int(days[1]))
        raise _Doubt(f"is no date; it may be a spreadsheet's number of the day {day.isoformat()}")
    raise _Doubt("is no date that can be read")


def _iso(year: int, month: int, day: int, time: str) -> str:
    """The date, and with `time`, what stands behind it, the moment. Raises `_Doubt`, `ValueError`."""
    found = date(year, month, day).isoformat()
    if not time.strip(" ."):
        return found
    clock = _TIME.fullmatch(time)
    if clock is None:
        raise _Doubt("is no date that can be read")
    hour, minute, second = int(clock[1]), int(clock[2]), int(clock[3] or 0)
    if clock[5]:
        if not 1 <= hour <= 12:
            raise _Doubt("has an hour that is none")
        hour = hour % 12 + (12 if clock[5][0] in "pP" else 0)
    moment = datetime(year, month, day, hour, minute, second, int((clock[4] or "0").ljust(6, "0")), _zone(clock))
    return moment.isoformat()


def _zone(clock: re.Match[str]) -> timezone | None:
    if clock[6]:
        sign = -1 if clock[6] == "-" else 1
        return timezone(sign * timedelta(hours=int(clock[7]), minutes=int(clock[8])))
    if not clock[9]:
        return None
    hours = _ZONES.get(clock[9].upper())
    if hours is None:
        raise _Doubt(f"names the time zone {clock[9]}, which is not known")
    return timezone(timedelta(hours=hours))


def _compact_time(compact: re.Match[str]) -> str:
    return f" {compact[4]}:{compact[5]}:{compact[6]}{compact[7] or ''}" if compact[4] else ""


def _year_first(found: re.Match[str]) -> tuple[int, int, int]:
    year, month, day = found.group(1, 3, 4) if found[1] else found.group(5, 6, 7)
    return int(year), int(month), int(day)


def _year_last(found: re.Match[str]) -> tuple[int, int, int]:
    """Day and month in the order that numbers and dots leave: dots stand behind the day."""
    first, second, year = int(found[1]), int(found[3]), int(found[4])
    if len(found[4]) == 2:
        raise _Doubt("has a year of two digits")
    if second > 12 >= first:
        return year, first, second
    if first != second and first <= 12 and found[2] != ".":
        raise _Doubt("may begin with the day or the month")
    return year, second, first


def _day_month(found: re.Match[str]) -> tuple[int, int, int]:
    return int(found[3]), _month(found[2]), int(found[1])


def _month_day(found: re.Match[str]) -> tuple[int, int, int]:
    return int(found[3]), _month(found[1]), int(found[2])


_ORDERS = (
    (_YEAR_FIRST, _year_first),
    (_YEAR_LAST, _year_last),
    (_DAY_MONTH, _day_month),
    (_MONTH_DAY, _month_day),
)


def _month(name: str) -> int:
    number = _MONTHS.get(name.casefold())
    if number is None:
        raise _Doubt("is no date that can be read")
    return number


def _epoch(text: str) -> tuple[str, str] | None:
    """The moment that a count since 1970 stands for, and the note that it was one."""
    digits = _EPOCH.fullmatch(text)
    if digits is None:
        return None
    milliseconds = len(digits[1]) > 10
    moment = datetime.fromtimestamp(int(digits[1]) / (1000 if milliseconds else 1), UTC)
    if moment < _EPOCH_FROM:
        return None
    unit = "milliseconds" if milliseconds else "seconds"
    return moment.isoformat(), f"{text!r} was read as {unit} since 1970"
