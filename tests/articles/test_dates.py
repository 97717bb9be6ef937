"""Dates: what a source writes is read, kept as exact as it is, or noted; nothing is invented."""

from __future__ import annotations

import email.utils
from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curation.articles.dates import EARLIEST, parse

TODAY = date.today()
MONTHS = {
    "en": "January February March April May June July August September October November December",
    "de": "Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
    "fr": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    "es": "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
    "pt": "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro",
    "it": "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre",
    "nl": "januari februari maart april mei juni juli augustus september oktober november december",
}
days = st.dates(date(EARLIEST, 1, 1), TODAY)
zones = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
moments = st.datetimes(datetime(EARLIEST, 1, 2), datetime.combine(TODAY, datetime.min.time()))


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2020-03-12", "2020-03-12"),
        ("2020-03", "2020-03"),
        ("2020", "2020"),
        ("20200312", "2020-03-12"),
        ("20200312101500", "2020-03-12T10:15:00"),
        ("20200312T101500+0900", "2020-03-12T10:15:00+09:00"),
        ("2020-03-12T10:15:00EET", "2020-03-12T10:15:00+02:00"),
        ("2020/3/4", "2020-03-04"),
        ("12.03.2020", "2020-03-12"),
        ("25/03/2020", "2020-03-25"),
        ("03/25/2020", "2020-03-25"),
        ("4/4/2020", "2020-04-04"),
        ("12 March 2020", "2020-03-12"),
        ("March 12, 2020", "2020-03-12"),
        ("Mar. 12, 2020", "2020-03-12"),
        ("1st of May 2020", "2020-05-01"),
        ("Thursday 12 March 2020 10.30 GMT", "2020-03-12T10:30:00+00:00"),
        ("Monday, March 2, 2020, 5:30 pm", "2020-03-02T17:30:00"),
        ("12. März 2020 um 08:15", "2020-03-12T08:15:00"),
        ("12 de marzo de 2020", "2020-03-12"),
        ("March 2020", "2020-03"),
        ("2020年3月12日", "2020-03-12"),
        ("2020-03-12T10:00:00Z", "2020-03-12T10:00:00+00:00"),
        ("2020-03-12 10:00:00.5+05:30", "2020-03-12T10:00:00.500000+05:30"),
        ("Thu, 12 Mar 2020 10:00:00 EST", "2020-03-12T10:00:00-05:00"),
        (" 12  March\n2020 ", "2020-03-12"),
    ],
)
def test_dates_that_leave_no_doubt(value, expected):
    assert parse(value) == (expected, None)


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ("03/04/2020", "the day or the month"),
        ("03-04-2020", "the day or the month"),
        ("7/23/17", "two digits"),
        ("2020-02-30", "no day of the calendar"),
        ("2019-02-29", "no day of the calendar"),
        ("0000-00-00", "no day of the calendar"),
        ("31 April 2020", "no day of the calendar"),
        ("2020-13", "no day of the calendar"),
        ("2020-03-12T25:00", "no day of the calendar"),
        ("12 Brumaire 2020", "no date that can be read"),
        ("yesterday", "no date that can be read"),
        ("", "no date that can be read"),
        ("123456", "no date that can be read"),
        ("12 March 2020 10:00 XKCD", "time zone XKCD"),
        ("12 March 2020 17:00 pm", "hour"),
        ("1500", "before 1600"),
        ("1599-12-31", "before 1600"),
        ("9999-12-31", "in the future"),
        (str(TODAY.year + 1), "in the future"),
        ((TODAY + timedelta(days=2)).isoformat(), "in the future"),
        ((TODAY + timedelta(days=2)).strftime("%d.%m.%Y"), "in the future"),
    ],
)
def test_what_is_no_date_is_said_so(value, why):
    found, note = parse(value)
    assert found is None
    assert why in note
    assert repr(value) in note


def test_tomorrow_is_today_somewhere():
    tomorrow = (TODAY + timedelta(days=1)).isoformat()
    assert parse(tomorrow) == (tomorrow, None)


@pytest.mark.parametrize("unit", ["seconds", "milliseconds"])
def test_seconds_since_1970_are_read_with_a_note(unit):
    moment = datetime(2020, 3, 12, 10, tzinfo=UTC)
    count = str(int(moment.timestamp()) * (1000 if unit == "milliseconds" else 1))
    assert parse(count) == (moment.isoformat(), f"{count!r} was read as {unit} since 1970")


def test_a_count_that_may_be_anything_is_none():
    assert parse("123456789")[0] is None
    assert parse("9999999999")[0] is None
    assert parse("12345678901")[0] is None


def test_what_is_long_is_shown_short():
    assert len(parse("x" * 10_000)[1]) < 120


@given(days, st.sampled_from(["%d.%m.%Y", "%Y/%m/%d", "%Y%m%d", "%d %B %Y", "%B %d, %Y", "%d-%b-%Y", "%A, %d %B %Y"]))
def test_written_days_come_back(day, form):
    assert parse(day.strftime(form.replace("%Y", f"{day.year:04d}"))) == (day.isoformat(), None)


@given(days, st.sampled_from(sorted(MONTHS)))
def test_months_in_seven_languages(day, language):
    name = MONTHS[language].split()[day.month - 1]
    assert parse(f"{day.day} {name} {day.year}") == (day.isoformat(), None)


@given(moments, zones | st.none())
def test_moments_keep_their_zone(moment, zone):
    moment = moment.replace(tzinfo=zone)
    found, note = parse(moment.isoformat())
    assert note is None
    assert datetime.fromisoformat(found) == moment
    assert datetime.fromisoformat(found).utcoffset() == moment.utcoffset()


@given(moments.map(lambda moment: moment.replace(microsecond=0)), zones)
def test_mail_dates(moment, zone):
    written = email.utils.format_datetime(moment.replace(tzinfo=zone))
    assert datetime.fromisoformat(parse(written)[0]) == email.utils.parsedate_to_datetime(written)


digits = st.text("0123456789-/.:TZ+ ", max_size=30)


@given(st.text(max_size=40) | digits)
def test_any_text_is_a_date_or_has_a_note_and_reading_it_twice_changes_nothing(value):
    found, note = parse(value)
    assert found is not None or note
    if found is not None:
        assert parse(found) == (found, None)
        assert f"{EARLIEST}" <= found[:4] <= f"{TODAY.year + 1}"
