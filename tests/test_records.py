"""What records say of time."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curation.records import moment


@given(st.datetimes(timezones=st.timezones() | st.none(), allow_imaginary=False))
def test_a_moment_is_what_was_written(made):
    found = moment(made.isoformat())
    assert found is not None
    assert found.tzinfo is not None
    # Times that a clock shows twice a year equal no time of another zone.
    assert found.astimezone(UTC) == (made if made.tzinfo else made.replace(tzinfo=UTC)).astimezone(UTC)


@pytest.mark.parametrize("written", [None, "", "yesterday", "2026-13-01T00:00:00Z", 1_700_000_000, ["2026-03-02"]])
def test_what_is_no_moment(written):
    assert moment(written) is None


def test_zulu_time_is_utc():
    assert moment("2026-03-02T09:00:00Z") == datetime(2026, 3, 2, 9, tzinfo=UTC)
