"""Drift says who changed the screen, and shows what differs."""

from __future__ import annotations

from dataclasses import replace

import pytest

from curation.catalog import Task
from curation.store import Project, Store, Version
from curation.studio.drift import codebook_drift, drift
from curation.studio.instructions import codebook_html
from curation.studio.outline import canonical
from curation.studio.results import PullResult
from curation.studio.screens import keep_versions
from curation.text import content_hash


def binding(pushed: str) -> Project:
    return Project("s", "press", 5, canonical(pushed), "", "3")


def with_interface(task: Task, xml: str) -> Task:
    """The task after its interface.xml was rewritten."""
    (task.folder / "interface.xml").write_text(xml)
    return replace(task)


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
        'Label Studio has <Choice hotkey="1" value="human"/>; and 1 more such line'
    )


def test_lines_in_another_order_are_told_as_such(press):
    here = with_interface(press, '<View><Choice value="a"/><Choice value="b"/></View>')
    there = '<View><Choice value="b"/><Choice value="a"/></View>'
    message = drift(here, binding(here.interface), {"label_config": there}).message
    assert message.endswith('the same lines stand in another order, such as <Choice value="a"/>')


def test_a_long_line_is_cut_around_what_differs(press):
    wide = f"placeholder='{'so much of it ' * 20}' toName='text'"
    there = press.interface.replace('toName="text"', f"{wide} required='true'", 1)
    here = with_interface(press, press.interface.replace('toName="text"', f"{wide} required='no'", 1))
    message = drift(here, binding(there), {"label_config": there}).message
    assert 'required="true"' in message
    assert 'required="no"' in message
    assert len(message) < 400


def test_texts_are_compared_line_by_line(press):
    text = "<Markdown><![CDATA[\n# Help\n\n- one\n- two\n- three\n]]></Markdown></View>"
    here = with_interface(press, f"<View>{text}")
    there = here.interface.replace("- two", "- 2")
    changed = [line for line in drift(here, binding(there), {"label_config": there}).diff[2:] if line[0] in "+-"]
    assert [(line[0], line[1:].strip()) for line in changed] == [("-", "- 2"), ("+", "- two")]


@pytest.fixture
def kept(store, press) -> Store:
    """A store that has kept the task's codebook, and one that it had before."""
    with store.transaction():
        keep_versions(store, press)
        store.versions.keep(Version(press.name, "codebook", "earlier", "# Earlier", "2026-01-01T00:00:00+00:00"))
    return store


@pytest.mark.parametrize(
    ("pushed", "there", "changed"),
    [
        ("now", "<h1>By hand</h1>", "server"),
        ("now", "<h1>Earlier</h1>", "server"),
        ("# Earlier", "<h1>Earlier</h1>", "workspace"),
        ("# Earlier", "<h1>By hand</h1>", "both"),
        ("# Never kept", "<h1>By hand</h1>", "workspace"),
        ("# Never kept", "<h1>Earlier</h1>", "workspace"),
        (None, "<h1>By hand</h1>", "both"),
        (None, "", "workspace"),
    ],
)
def test_who_changed_the_codebook(kept, press, pushed, there, changed):
    """What nobody has but Label Studio is not to be replaced unasked."""
    known = {None: "", "now": content_hash(press.codebook)}.get(pushed) or (content_hash(pushed) if pushed else "")
    bound = replace(binding(press.interface), codebook=known)
    found = codebook_drift(kept, press, bound, {"expert_instruction": f"{there}\n"})
    assert found.changed == changed
    assert "codebook.md" in found.summary + found.fix
    first = found.diff[3]
    assert first == ("-# Earlier" if "Earlier" in there else f"-{there}" if there else first)


def test_instructions_that_show_the_codebook_do_not_differ(kept, press):
    project = {"expert_instruction": codebook_html(press.codebook)}
    assert codebook_drift(kept, press, binding(press.interface), project) is None


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
