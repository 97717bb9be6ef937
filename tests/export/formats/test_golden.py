"""Each format makes the same files of the same dataset: to the byte, and to the value where a library writes them."""

from __future__ import annotations

import pytest

from curation.export.formats import FORMATS
from tests.export.formats.golden_files import CASES, REPAIR, golden, written


@pytest.mark.parametrize("case", CASES)
def test_what_is_written_is_as_it_was(small, case, tmp_path):
    found, kept = written(small, case, tmp_path / case), golden(case)
    differing = [path for path in sorted(found.keys() | kept.keys()) if found.get(path) != kept.get(path)]
    assert not differing, f"{case}: {', '.join(differing)} differ. If that is meant: {REPAIR}, then read the diff"


def test_every_format_has_golden_files():
    assert {form for form, _ in CASES.values()} == set(FORMATS)
