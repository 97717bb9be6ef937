"""Drift says who changed the screen, and shows what differs."""

from __future__ import annotations

import pytest

from curation.store import Project
from curation.studio.drift import drift
from curation.studio.interface import canonical
from curation.studio.results import PullResult


def binding(pushed: str) -> Project:
    return Project("s", "press", 5, canonical(pushed), "", "3")


@pytest.fixture
def edited(press):
    """The task's interface with another value and another hotkey."""
    return press.interface.replace('"person" hotkey="1"', '"human" hotkey="1"').replace('hotkey="c"', 'hotkey="z"')


def test_the_same_screen_in_another_layout_has_none(press):
    there = press.interface.replace("\n", "\n\t ")
    assert drift(press, binding(press.interface), {"label_config": there}) is None


@pytest.mark.parametrize(
    ("pushed", "words"),
    [("here", "project 5 was changed in Label Studio"), ("there", "has changed since"), ("neither", "both changed")],
)
def test_who_changed_it(press, edited, pushed, words):
    known = {"here": press.interface, "there": edited, "neither": "<View/>"}[pushed]
    assert words in drift(press, binding(known), {"label_config": edited}).summary


def test_the_diff_goes_from_label_studio_to_the_workspace(press, edited):
    found = drift(press, binding(press.interface), {"label_config": edited})
    assert found.diff[:2] == ("--- project 5 in Label Studio", "+++ press/interface.xml")
    changed = [line.replace("  ", "") for line in found.diff[2:] if line[0] in "+-"]
    assert changed == [
        '-<Label hotkey="z" value="Claim"/>',
        '+<Label hotkey="c" value="Claim"/>',
        '-<Choice hotkey="1" value="human"/>',
        '+<Choice hotkey="1" value="person"/>',
    ]
    assert found.message.endswith(
        'Label Studio has <Label hotkey="z" value="Claim"/>; the workspace has <Label hotkey="c" value="Claim"/>; '
        'Label Studio has <Choice hotkey="1" value="human"/>; and 1 more such lines'
    )


@pytest.mark.parametrize("there", ["", "<View", "a\nb", f"<View>{'x' * 500}</View>"])
def test_whatever_stands_there_the_message_is_one_line(press, there):
    found = drift(press, binding(press.interface), {"label_config": there})
    assert len(found.diff) > 3
    assert "\n" not in found.message
    assert len(found.message) < 600


def test_the_first_drift_is_kept_when_results_add_up():
    one, two = PullResult(items=1, poisoned=(3,)), PullResult(items=2, poisoned=(4,), drift="differs")
    assert (one + two).drift == (two + one).drift == "differs"
    assert ((one + two).items, (one + two).poisoned) == (3, (3, 4))
