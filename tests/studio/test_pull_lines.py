"""What the command line says of a pull: what came, what is gone or somebody else's, what is missing, and what to do."""

from __future__ import annotations

import uuid

import pytest

from benchmarks.sync.poison import poison
from curation.errors import Exit
from curation.store import Store
from curation.studio.accounts import invite
from curation.studio.client import Client
from curation.studio.credentials import Credentials

pytestmark = pytest.mark.server


@pytest.mark.poison
def test_a_pull_tells_in_which_state_things_are(study, run, client, annotators, label_studio):
    items = sorted(client.items_where(study.push().project_id))
    token = invite(label_studio.url, label_studio.token, f"{uuid.uuid4().hex[:10]}@example.com", "long-enough-1")
    with Client(annotators[0]) as first, Client(annotators[1]) as second:
        with Client(Credentials(label_studio.url, token, "test")) as leaver:
            leaver.annotate(items[0], [])
            gone = leaver.whoami()["id"]
        given, deleted = first.annotate(items[1], []), first.annotate(items[2], [])
        second.annotate(items[1], [])
        told = run("studio", "pull")
        assert told.exit == Exit.OK
        assert told.out.splitlines() == [
            "4 new",
            "Label Studio counts 4 annotations, the workspace holds the same",
            "next: curation validate",
        ]
        client.change_annotation(given, completed_by=second.whoami()["id"])
        first.annotate(items[3], [])
    client.delete("annotations", deleted)
    client.delete("users", gone)
    poison(client, items[3], {"article_id": "p", "text": "a \ud800 b"})
    told = run("studio", "pull")
    assert told.exit == Exit.FINDINGS
    lines = told.out.splitlines()
    assert lines[0].startswith("2 changed, ")
    assert lines[0].endswith("1 deleted")
    with Store(study.path) as store:
        names = {one.raw["id"]: one.annotator for one in store.annotations.all()}
        [tomb] = store.annotations.all(status="deleted")
        former = next(one.annotator for one in store.annotations.all() if one.raw["completed_by"] is None)
    assert f"1 annotation gone from Label Studio, kept in the workspace and marked as deleted: {tomb.id}" in lines
    assert f"{former}'s account was deleted: 1 annotation stays under that name" in lines
    assert f"1 annotation of {tomb.annotator} is {names[given]}'s now" in lines
    assert any(
        line.startswith(f"  poisoned: item {items[3]} makes Label Studio fail; curation studio") for line in lines
    )
    assert lines[-4:] == [
        "  incomplete: Label Studio counts 4 annotations, the workspace holds 3",
        f"    they differ in item {items[3]}",
        "    Fix: curation studio push mends those of this workspace's articles; repair or delete others over Label"
        " Studio's API, for its pages fail on them too; then curation studio pull",
        "next: curation validate",
    ]

    again = run("studio", "pull", "--json")
    assert again.exit == Exit.FINDINGS
    assert again.json["poisoned"] == [items[3]]
    assert (again.json["counted"]["server"], again.json["counted"]["held"]) == (4, 3)
    assert again.json["counted"]["items"] == [items[3]]
    assert "nothing to do" not in run("studio", "pull").out
    client.delete("tasks", items[3])
    told = run("studio", "pull")
    assert (told.exit, told.out.splitlines()[-1].partition(":")[0]) == (Exit.OK, "nothing to do")
