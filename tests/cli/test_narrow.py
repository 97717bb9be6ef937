"""What `progress --watch` shows on a narrow terminal: all of it that matters, on lines that fit."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from curation.cli.annotators import _folded, _report
from curation.studio.progress import Person, Work
from curation.studio.survey import Standing

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)


WORK = Work(6, 0, 3, 3, {3: 6}, 5, 0, 13, 5.0, 7.0, 2.6, 0.5, 0.2)
PEOPLE = tuple(
    Person(f"annotator-0{number}", f"{name}@example.org", False, 2, 0, 0, 4, 0.5, 2, 2, NOW)
    for number, name in enumerate(("anna", "ben"), 1)
)
WHERE = "http://127.0.0.1:8080/projects/1/data"
WHY = "no answer from http://127.0.0.1:8080 (connection refused). Fix: curation studio serve"


@pytest.fixture
def standing() -> Standing:
    return Standing("news-stance", "embedded", 1, WHERE, NOW, "server", NOW, WHY, WORK, PEOPLE)


@pytest.mark.parametrize("width", [40, 80])
def test_no_figure_is_cut_off(standing, width):
    lines = list(_folded(standing, width))
    assert max(map(len, lines)) <= width
    words = " ".join(lines).split()
    wanted = " ".join(line for line in _report(standing) if not line.startswith(("annotator ", "annotator-"))).split()
    assert [word for word in wanted if word not in words] == []
    head = next(line for line in lines if "address" in line).split()
    assert head[:3] == ["address", "done", "left"] if width == 40 else head[:3] == ["annotator", "address", "done"]


def test_a_wide_terminal_shows_every_column(standing):
    assert list(_folded(standing, 200)) == list(_report(standing))
