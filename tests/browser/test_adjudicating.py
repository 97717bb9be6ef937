"""An adjudicator takes one of two rival versions in a real browser, and gold says so."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import curation
from curation.records import Annotation, Mention, Relation
from curation.store import Store
from curation.studio import accounts
from curation.studio.client import Client
from curation.studio.credentials import Credentials
from curation.studio.encode import encode

if TYPE_CHECKING:
    from annotator import Annotator
    from conftest import Study

pytestmark = [pytest.mark.server, pytest.mark.browser]

TEXT = (
    "Mayor Ines Holt told the council on Monday that the congestion charge would halve the queues within a year.\n\n"
    "Shopkeepers waited outside, and rain fell on the harbour."
)
HOLT = "Mayor Ines Holt"
QUEUES = "the congestion charge would halve the queues within a year"
RAIN = "rain fell on the harbour"


@dataclass(frozen=True)
class Dispute:
    """A study with one article on which two annotators differ, and the project in which it is decided."""

    workspace: curation.Workspace
    project_id: int
    item: int


def said(claim: str, kind: str) -> Annotation:
    """An actor, on whom all agree, and a claim."""
    places = [(words, TEXT.index(words)) for words in (HOLT, claim)]
    spans = [(start, start + len(words), words) for words, start in places]
    return Annotation(
        "", "holt", "0" * 64, "news-stance", "1", "",
        mentions=(
            Mention("a1", "Actor", *spans[0], {"type": "person"}),
            Mention("c1", "Claim", *spans[1], {"kind": kind, "quotation": "indirect"}),
        ),
        relations=(Relation("a1", "c1", "supports"),),
        choices={"stance_congestion_charge": "neutral", "stance_rent_cap": "not_addressed"},
    )  # fmt: skip


@pytest.fixture
def dispute(study: Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Dispute]:
    """Each of two annotators marked a claim that the other did not."""
    monkeypatch.setenv("LABEL_STUDIO_URL", study.url)
    monkeypatch.setenv("LABEL_STUDIO_API_KEY", study.token)
    source = tmp_path / "holt.jsonl"
    source.write_text(json.dumps({"id": "holt", "title": "A charge is weighed", "text": TEXT}), encoding="utf-8")
    workspace = curation.init(tmp_path / "dispute")
    workspace.ingest([source])
    project_id = workspace.push(overlap=2).project_id
    task = workspace.task()
    with ExitStack() as ending:
        for claim, kind in ((QUEUES, "prediction"), (RAIN, "factual")):
            token = accounts.invite(study.url, study.token, f"{uuid.uuid4().hex[:10]}@example.com", uuid.uuid4().hex)
            person = ending.enter_context(Client(Credentials(study.url, token, "test")))
            (item,) = person.find_tasks(project_id, ["holt"])
            person.annotate(item.ls_task_id, encode(said(claim, kind), task), lead_time=300.0)
        workspace.pull()
        workspace.validate()
        submitted = workspace.put_before_adjudicators()
        theirs = submitted.sent.push.project_id
        (item,) = person.find_tasks(theirs, ["holt"])
        yield Dispute(workspace, theirs, item.ls_task_id)


def test_one_of_two_rival_claims_is_taken_and_gold_says_so(
    dispute: Dispute, annotator: Callable[..., Annotator], artefacts: Path
) -> None:
    person = annotator(1400, 900, dispute.project_id)
    assert "Above its text stand the questions that are open" in person.instructions.inner_text()
    person.close_instructions()
    questions = person.page.locator(".open-questions").inner_text()
    assert questions.splitlines() == [
        "2 open questions",
        f"1. Claim “{QUEUES}”, whether it is one: yes (1) | no (1)",
        f"2. Claim “{RAIN}”, whether it is one: yes (1) | no (1)",
    ]
    # To begin with there is what is agreed: the actor, and no claim.
    assert person.marks == 1
    person.screenshot(artefacts / "adjudicating-agreed.png")

    person.open_item(dispute.project_id, dispute.item)
    shown = {}
    for version in ("version 1", "version 2"):
        person.open_suggestion(version, marks=2)
        shown[version] = person.marked()
        person.screenshot(artefacts / f"adjudicating-{version[-1]}.png")
    assert sorted(shown.values()) == sorted([[HOLT, QUEUES], [HOLT, RAIN]])
    chosen = next(version for version, words in shown.items() if RAIN not in words)
    person.open_suggestion(chosen, marks=2)
    person.duplicate_suggestion(chosen)
    number = person.submit()

    result = dispute.workspace.decisions()
    assert (result.made, result.unfounded, dict(result.result.gold)) == (1, (), {"adjudicated": 1})
    with Store(dispute.workspace.path) as store:
        gold = store.gold.get("news-stance", "holt")
        assert gold is not None
        stored = store.annotations.get(gold.annotation.id)
    assert stored is not None
    assert stored.raw["id"] == number
    (claim,) = [one for one in gold.annotation.mentions if one.label == "Claim"]
    assert (claim.text, claim.attributes["kind"]) == (QUEUES, "prediction")
    assert [(one.source, one.label) for one in gold.annotation.relations] == [
        (next(one.id for one in gold.annotation.mentions if one.label == "Actor"), "supports")
    ]
    assert gold.decided_by not in {origin.annotator for origin in gold.origins}
    assert len(gold.origins) == 2
