"""The codebook defines exactly what the task asks."""

from __future__ import annotations

import dataclasses

import pytest

from curation.catalog.codebook import PARTS, check_codebook, read_codebook


def with_codebook(task, text: str):
    changed = dataclasses.replace(task)
    changed.__dict__["codebook"] = text
    return changed


def test_the_flagship_codebook_agrees(task):
    assert check_codebook(task) == []


def test_every_value_has_the_four_parts(task):
    entries = read_codebook(task.codebook)
    for label, field in task.fields:
        above = ("Labels", label.name) if label else ("Choices",)
        for value in field.values:
            assert set(entries[(*above, field.name, value)]) == set(PARTS)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("##### person\n", "##### human\n", "Labels / Actor / type / person has no entry"),
        ("##### person\n", "##### human\n", "Labels / Actor / type / human is not in task.toml"),
        ("### same_as\n", "### same as\n", "Relations / same_as has no entry"),
        ("- **Exclude:** The government that a party leads", "- The government", "party lacks Exclude"),
        ("- **Include:** Alliances that stand for election under one name; nicknames of a party.", "- **Include:**",
         "party lacks Include"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named(task, old, new, message):
    assert old in task.codebook
    problems = check_codebook(with_codebook(task, task.codebook.replace(old, new)))
    assert any(message in problem.message for problem in problems), problems


def test_the_order_is_that_of_the_task(task):
    swapped = task.codebook.replace("##### party\n", "##### X\n").replace("##### person\n", "##### party\n")
    problems = check_codebook(with_codebook(task, swapped.replace("##### X\n", "##### person\n")))
    assert [problem.message for problem in problems] == [
        "Labels / Actor / type / party does not stand in the order of task.toml"
    ]
